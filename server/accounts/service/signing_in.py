"""The password, and what it opens."""

from typing import Any

from server.accounts import rules
from server.accounts.service.passkeys import factor_of
from server.accounts.service.passwords import NOBODY, password_fits
from server.accounts.service.sessions import open_session
from server.accounts.service.throttle import count_failure, forget_failures, key_of, refuse_if_blocked
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal


async def sign_in(
    database: Database,
    username: str,
    password: str,
    *,
    address: str | None,
    agent: str,
    shared: bool,
    now: int,
    agents_need_factor: bool = True,
) -> tuple[Row, str, str | None]:
    """The account, the secret of a new session, and what that session still waits for (`factor_of`), or nothing.

    An unknown name and a wrong password take the same time and get the same answer.

    Raises:
        Refusal: ``wrong_credentials``; ``too_many_attempts`` (also for a right password: blocked means blocked);
            ``not_activated``: the password is right, the activation mail was not followed yet.
    """
    username = username.strip().lower()
    keys = [key_of("account", username[:80]), key_of("address", rules.throttled_address(address))]
    await refuse_if_blocked(database, keys, now)
    account = await database.one("SELECT * FROM account WHERE username = ?", username)
    if not await password_fits(account["password_hash"] if account else NOBODY, password) or account is None:
        await database.retrying(lambda tx: count_failure(tx, keys, now))
        await refuse_if_blocked(database, keys, now)
        raise Refusal("wrong_credentials")
    if account["pending_since"] is not None:
        raise Refusal("not_activated")
    waits = account["role"] == "agent" and agents_need_factor

    async def write(tx: Transaction) -> str:
        await forget_failures(tx, keys[0])
        return await open_session(tx, account["id"], agent, now, shared=shared, awaits_factor=waits)

    secret = await database.retrying(write)
    if not waits:
        return account, secret, None
    return account, secret, await factor_of(database, account["id"])


async def prove_again(database: Database, account: str, password: str, now: int) -> Row:
    """The account, once its password was given again: asked before anything that decides who may sign in (ASVS 7.5.1).

    Raises:
        Refusal: ``wrong_password``, ``too_many_attempts``
    """
    found = await database.one("SELECT * FROM account WHERE id = ?", account)
    assert found is not None
    keys = [key_of("account", found["username"])]
    await refuse_if_blocked(database, keys, now)
    if not await password_fits(found["password_hash"], password):
        await database.retrying(lambda tx: count_failure(tx, keys, now))
        raise Refusal("wrong_password")
    return found


async def has_password(connection: Connection | Database, account: str) -> bool:
    """False: made through FranceConnect, and no password was chosen since."""
    found = await connection.one("SELECT password_hash FROM account WHERE id = ?", account)
    return found is not None and found["password_hash"] != "!"


async def prove_holder(database: Database, account: str, session: str, password: str, now: int) -> Row:
    """As `prove_again`; who has no password must have signed in just now.

    Raises:
        Refusal: ``wrong_password``, ``too_many_attempts``, ``sign_in_freshly``
    """
    if await has_password(database, account):
        return await prove_again(database, account, password, now)
    found = await database.one(
        "SELECT a.* FROM account a JOIN session s ON s.account_id = a.id WHERE a.id = ? AND s.id = ? AND s.created_at > ?",
        account, session, now - rules.FRESH,
    )  # fmt: skip
    if found is None:
        raise Refusal("sign_in_freshly")
    return found


async def account_rows(connection: Connection, account: str) -> dict[str, dict[str, Any]]:
    """The account as its own devices hold it."""
    found = await connection.one("SELECT id, username, name, email, role FROM account WHERE id = ?", account)
    assert found is not None
    return {f"account/{found['id']}": {key: found[key] for key in ("username", "name", "email", "role")}}
