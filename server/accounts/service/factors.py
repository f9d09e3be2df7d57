"""The second factor of an agent: a code of six digits from an authenticator app (TOTP), each good once."""

import pyotp

from server.accounts.service.passkeys import factor_of
from server.accounts.service.sessions import open_session
from server.accounts.service.throttle import count_failure, forget_failures, key_of, refuse_if_blocked
from server.database import Database, Transaction
from server.errors import Refusal

STEP_SECONDS = 30


async def begin_enrolment(database: Database, account: str, username: str, town: str) -> tuple[str, str]:
    """A new secret and its address for an authenticator app (``otpauth://``). It counts once a first code confirmed it.

    Raises:
        Refusal: ``factor_known``: there is one already; only the one who administers the portal takes it away.
    """
    secret = pyotp.random_base32()

    async def write(tx: Transaction) -> None:
        if await factor_of(tx, account) != "enrol":
            raise Refusal("factor_known")
        await tx.run(
            "INSERT INTO second_factor (id, account_id, secret, confirmed_at, last_step) VALUES (?, ?, ?, NULL, 0)"
            " ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, last_step = 0",
            account, account, secret,
        )  # fmt: skip

    await database.retrying(write)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=f"Portail famille {town}")


async def pass_factor(database: Database, session: str, account: str, code: str, agent: str, now: int) -> str:
    """Turns a session that waits into a signed-in one; its new secret (a new session: the old one ends).

    Raises:
        Refusal: ``wrong_code`` (also for a code that was taken before), ``too_many_attempts``
    """
    keys = [key_of("factor", account)]
    await refuse_if_blocked(database, keys, now)

    async def write(tx: Transaction) -> str | None:
        step = await _matching_step(tx, account, code, now)
        if step is None:
            await count_failure(tx, keys, now)
            return None
        await tx.run(
            "UPDATE second_factor SET last_step = ?, confirmed_at = COALESCE(confirmed_at, ?) WHERE account_id = ?",
            step, now, account,
        )  # fmt: skip
        await forget_failures(tx, keys[0])
        await tx.run("DELETE FROM session WHERE id = ?", session)
        return await open_session(tx, account, agent, now, shared=True)

    secret = await database.retrying(write)
    if secret is None:
        raise Refusal("wrong_code")
    return secret


async def _matching_step(tx: Transaction, account: str, code: str, now: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour, and later than the last one taken."""
    await tx.lock("account", [account])
    found = await tx.one("SELECT secret, last_step FROM second_factor WHERE account_id = ?", account)
    if found is None:
        return None
    totp, present = pyotp.TOTP(found["secret"]), now // 1000 // STEP_SECONDS
    steps = (step for step in (present - 1, present, present + 1) if step > found["last_step"])
    return next((step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), code.strip())), None)


async def remove_factor(database: Database, username: str) -> bool:
    """Takes the second factors of an agent away (a lost phone): the next sign-in enrols a new one. False: nobody of that name."""

    async def write(tx: Transaction) -> bool:
        found = await tx.one("SELECT id FROM account WHERE username = ? AND role = 'agent'", username)
        if found is None:
            return False
        await tx.run("DELETE FROM second_factor WHERE account_id = ?", found["id"])
        await tx.run("DELETE FROM passkey WHERE account_id = ?", found["id"])
        await tx.run("DELETE FROM session WHERE account_id = ?", found["id"])
        return True

    return await database.retrying(write)
