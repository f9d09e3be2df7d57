"""Signed-in browsers, in the database: each can be seen and ended."""

import hashlib
import secrets
from collections.abc import Sequence

from server.accounts import rules
from server.database import Connection, Database, Row, Transaction


def session_id(secret: str) -> str:
    """What the database knows of a session: a leaked table signs nobody in."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def open_session(tx: Transaction, account: str, agent: str, now: int, *, shared: bool = False, awaits_factor: bool = False) -> str:
    """Signs an account in on one more browser (`agent`: what it calls itself); the secret for its cookie."""
    secret = secrets.token_urlsafe(32)
    life = rules.SHARED_SESSION_LIFE if shared else rules.SESSION_LIFE
    if awaits_factor:
        life = rules.FACTOR_WAITS
    await tx.run("DELETE FROM session WHERE expires_at < ?", now)
    await tx.run(
        "INSERT INTO session (id, account_id, device, agent, awaits_factor, created_at, seen_at, expires_at)"
        " VALUES (?, ?, NULL, ?, ?, ?, ?, ?)",
        session_id(secret), account, agent[:200], awaits_factor, now, now, now + life,
    )  # fmt: skip
    return secret


async def session_of(database: Database, secret: str, now: int, *, awaits_factor: bool = False) -> Row | None:
    """The live session of a cookie's secret, with its account's `role`, `name`, `username` and `service`.

    `revoked`: its device was ended; such a session signs nobody in.

    A session that still waits for its second factor is none, except for who asks for just that.
    """
    found = await database.one(
        "SELECT s.id, s.account_id, s.device, s.seen_at, s.created_at, s.expires_at, s.revoked, a.role, a.name, a.username, a.service"
        " FROM session s JOIN account a ON a.id = s.account_id WHERE s.id = ? AND s.expires_at > ? AND s.awaits_factor = ?",
        session_id(secret), now, awaits_factor,
    )  # fmt: skip
    if found and not awaits_factor and not found["revoked"] and now - found["seen_at"] > rules.TOUCH_EVERY:
        await _touch(database, found, now)
    return found


async def _touch(database: Database, session: Row, now: int) -> None:
    """Somebody who comes back stays signed in for as long again, up to half a year."""
    life = session["expires_at"] - session["seen_at"]
    until = min(now + life, session["created_at"] + rules.LONGEST_SESSION)

    async def write(tx: Transaction) -> None:
        await tx.run("UPDATE session SET seen_at = ?, expires_at = ? WHERE id = ?", now, until, session["id"])

    await database.retrying(write)


async def sign_out(database: Database, session: str) -> None:
    await database.retrying(lambda tx: tx.run("DELETE FROM session WHERE id = ?", session))


async def sessions_of(connection: Connection | Database, account: str, now: int) -> Sequence[Row]:
    """The account's live sessions, the latest used first."""
    return await connection.all(
        "SELECT id, agent, device, created_at, seen_at FROM session"
        " WHERE account_id = ? AND expires_at > ? AND NOT awaits_factor AND revoked IS NULL ORDER BY seen_at DESC, id",
        account, now,
    )  # fmt: skip


async def end_session(tx: Transaction, account: str, session: str) -> bool:
    """False: the account has no such session."""
    ended = await tx.one("DELETE FROM session WHERE account_id = ? AND id = ? RETURNING id", account, session)
    return ended is not None


async def end_sessions(tx: Transaction, account: str, but: str | None = None) -> None:
    """Ends all sessions of an account, or all others."""
    await tx.run("DELETE FROM session WHERE account_id = ? AND id <> ?", account, but or "")


async def end_sessions_of_device(tx: Transaction, account: str, device: str) -> None:
    """They sign nobody in any more, but stay known: the phone hears that it was revoked, and empties itself."""
    await tx.run("UPDATE session SET revoked = ? WHERE account_id = ? AND device = ?", True, account, device)


async def bind_session_to_device(tx: Transaction, session: str, device: str) -> None:
    await tx.run("UPDATE session SET device = ? WHERE id = ?", device, session)
