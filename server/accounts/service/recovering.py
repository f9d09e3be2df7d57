"""A forgotten user name or password: by mail, and never a word about who has an account."""

from server.accounts import rules, texts
from server.accounts.service.links import hashed, make_link, use_link
from server.accounts.service.passwords import hash_off_loop, refuse_weak
from server.accounts.service.sessions import end_sessions
from server.accounts.service.throttle import forget_failures, key_of, refuse_then_count
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.mail.service import send_mail


async def ask_recovery(database: Database, said: str, address: str | None, base_url: str, now: int) -> None:
    """Sends what helps to everybody whom a user name or an e-mail names: user names, and a link to choose a new password.

    Nothing in the answer says whether anybody was found.

    Raises:
        Refusal: ``too_many_attempts``
    """
    said = said.strip().lower()[:254]
    keys = [key_of("asking", said), key_of("asking_address", rules.throttled_address(address))]
    await refuse_then_count(database, keys, now)

    async def write(tx: Transaction) -> None:
        found = await tx.all(
            "SELECT id, username, name, email FROM account WHERE (username = ? OR LOWER(email) = ?)"
            " AND email IS NOT NULL AND pending_since IS NULL ORDER BY username",
            said, said,
        )  # fmt: skip
        for account in found:
            await send_password_link(tx, account, base_url, now)

    await database.retrying(write)


async def send_password_link(tx: Transaction, account: Row, base_url: str, now: int) -> None:
    """Mails a link for a new password to an account's own address: at its holder's wish, or an agent's at the counter."""
    secret = await make_link(tx, account["id"], "password", now)
    subject, paragraphs, action = texts.recovery(account["username"], f"{base_url}/mot-de-passe#{secret}")
    await send_mail(tx, f"password/{hashed(secret)[:32]}", account["email"], subject, paragraphs, now, action)


async def set_password_by_link(database: Database, secret: str, password: str, town: str, now: int) -> str:
    """A new password for the one who followed the link; every session ends. The user name, for signing in.

    Raises:
        Refusal: ``password_refused`` (the link stays good), ``link_unknown``, ``link_used``, ``link_expired``
    """
    refuse_weak(password, [town])
    if not await database.one("SELECT 1 AS yes FROM one_time_link WHERE id = ? AND purpose = 'password'", hashed(secret)):
        raise Refusal("link_unknown")  # before the hash, which costs
    password_hash = await hash_off_loop(password)

    async def write(tx: Transaction) -> str:
        link = await use_link(tx, secret, "password", now)
        account = await tx.one("SELECT id, username, name, email, role FROM account WHERE id = ?", link["account_id"])
        assert account is not None
        # Judged again, now that we know whose it is: refusing rolls the link's use back.
        refuse_weak(password, [account["name"], account["username"], account["email"] or "", town], account["role"])
        await store_password(tx, account, password_hash, now)
        return str(account["username"])

    return await database.retrying(write)


async def store_password(tx: Transaction, account: Row, password_hash: str, now: int, keep_session: str | None = None) -> None:
    """Writes the new password, ends the (other) sessions, lifts the waits, and tells the account's mailbox."""
    await tx.run("UPDATE account SET password_hash = ? WHERE id = ?", password_hash, account["id"])
    await end_sessions(tx, account["id"], keep_session)
    await tx.run("DELETE FROM one_time_link WHERE account_id = ? AND purpose = 'password' AND used_at IS NULL", account["id"])
    await forget_failures(tx, key_of("account", account["username"]))
    if account["email"]:
        subject, paragraphs = texts.password_changed()
        await send_mail(tx, f"password-changed/{account['id']}/{now}", account["email"], subject, paragraphs, now)


async def refuse_if_taken(tx: Transaction, username: str) -> None:
    if await tx.one("SELECT 1 AS yes FROM account WHERE username = ?", username):
        raise Refusal("fields", fields={"username": "username_taken"})
