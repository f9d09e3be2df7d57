"""Changing one's password or e-mail: the password again first, a word to the mailbox after."""

from typing import Any

from server.accounts import texts
from server.accounts.service.links import hashed, make_link, use_link
from server.accounts.service.passwords import hash_off_loop, refuse_weak
from server.accounts.service.recovering import store_password
from server.accounts.service.signing_in import account_rows, prove_again
from server.database import Database, Transaction
from server.errors import Refusal
from server.feed.service import put_rows
from server.mail.service import address_of, send_mail, veiled


async def change_password(
    database: Database, account: str, session: str, current: str, password: str, town: str, now: int
) -> None:
    """Sets another password; every other session of the account ends.

    Raises:
        Refusal: ``wrong_password``, ``too_many_attempts``, ``password_refused``
    """
    found = await prove_again(database, account, current, now)
    refuse_weak(password, [found["name"], found["username"], found["email"] or "", town], found["role"])
    password_hash = await hash_off_loop(password)
    await database.retrying(lambda tx: store_password(tx, found, password_hash, now, keep_session=session))


async def ask_new_email(database: Database, account: str, current: str, email: str, base_url: str, now: int) -> str:
    """Sends a link to the new address, and a warning to the old one; nothing changes before the link is followed.

    Returns the address it went to. Raises:
        Refusal: ``wrong_password``, ``too_many_attempts``, ``fields`` (``email_invalid``)
    """
    found = await prove_again(database, account, current, now)
    address = address_of(email)
    if address is None:
        raise Refusal("fields", fields={"email": "email_invalid"})

    async def write(tx: Transaction) -> None:
        secret = await make_link(tx, account, "email", now, address)
        subject, paragraphs, action = texts.confirm_email(found["username"], f"{base_url}/adresse#{secret}")
        await send_mail(tx, f"email/{hashed(secret)[:32]}", address, subject, paragraphs, now, action)
        if found["email"]:
            subject, paragraphs = texts.email_changing(veiled(address))
            await send_mail(tx, f"email-changing/{hashed(secret)[:32]}", found["email"], subject, paragraphs, now)

    await database.retrying(write)
    return address


async def confirm_email(database: Database, secret: str, now: int) -> dict[str, Any]:
    """Takes the new address of a followed link: ``{email}``. Its devices hear of it.

    Raises:
        Refusal: ``link_unknown``, ``link_used``, ``link_expired``
    """

    async def write(tx: Transaction) -> dict[str, Any]:
        link = await use_link(tx, secret, "email", now)
        account = link["account_id"]
        await tx.run("UPDATE account SET email = ? WHERE id = ?", link["email"], account)
        # Links of other purposes went to the old mailbox.
        await tx.run("DELETE FROM one_time_link WHERE account_id = ? AND used_at IS NULL", account)
        await put_rows(tx, f"a:{account}", await account_rows(tx, account), now)
        return {"email": link["email"]}

    return await database.retrying(write)
