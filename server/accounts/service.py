"""Signing in and out. Passwords are hashed outside every transaction; sessions live in the database, so they can be ended."""

import asyncio
import hashlib
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.accounts import rules
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal

# OWASP's profile for argon2id: 19 MiB, two passes. Two at a time: each costs its memory and a core.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = asyncio.Semaphore(2)
_NOBODY = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


async def password_fits(password_hash: str, password: str) -> bool:
    async with _hashing:
        return await asyncio.to_thread(_fits, password_hash, password)


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_in(
    database: Database, username: str, password: str, *, address: str | None, agent: str, shared: bool, now: int
) -> tuple[Row, str]:
    """The account and the secret of a new session.

    An unknown name and a wrong password take the same time and get the same answer.

    Raises:
        Refusal: ``wrong_credentials``; ``too_many_attempts`` (also for a right password: blocked means blocked).
    """
    username = username.strip().lower()
    keys = {"account": f"account:{username[:80]}", "address": f"address:{rules.throttled_address(address)}"}
    await _refuse_if_blocked(database, keys, now)
    account = await database.one("SELECT * FROM account WHERE username = ?", username)
    if not await password_fits(account["password_hash"] if account else _NOBODY, password) or account is None:
        await database.retrying(lambda tx: _count_failure(tx, keys, now))
        await _refuse_if_blocked(database, keys, now)
        raise Refusal("wrong_credentials")
    secret = secrets.token_urlsafe(32)
    life = rules.SHARED_SESSION_LIFE if shared else rules.SESSION_LIFE

    async def write(tx: Transaction) -> None:
        await tx.run("DELETE FROM login_throttle WHERE key = ?", keys["account"])
        await tx.run("DELETE FROM session WHERE expires_at < ?", now)
        await tx.run(
            "INSERT INTO session (id, account_id, device, agent, created_at, seen_at, expires_at) VALUES (?,?,NULL,?,?,?,?)",
            session_id(secret), account["id"], agent[:200], now, now, now + life,
        )

    await database.retrying(write)
    return account, secret


async def session_of(database: Database, secret: str, now: int) -> Row | None:
    """The live session of a cookie's secret, with its account's `role`, `name`, `username` and `service`."""
    found = await database.one(
        "SELECT s.id, s.account_id, s.device, s.seen_at, s.created_at, s.expires_at, a.role, a.name, a.username, a.service"
        " FROM session s JOIN account a ON a.id = s.account_id WHERE s.id = ? AND s.expires_at > ?",
        session_id(secret), now,
    )
    if found and now - found["seen_at"] > rules.TOUCH_EVERY:
        await _touch(database, found, now)
    return found


async def _touch(database: Database, session: Row, now: int) -> None:
    """Somebody who comes back stays signed in for as long again."""
    life = session["expires_at"] - session["seen_at"]

    async def write(tx: Transaction) -> None:
        await tx.run("UPDATE session SET seen_at = ?, expires_at = ? WHERE id = ?", now, now + life, session["id"])

    await database.retrying(write)


async def sign_out(database: Database, session: str) -> None:
    await database.retrying(lambda tx: tx.run("DELETE FROM session WHERE id = ?", session))


async def end_sessions_of_device(tx: Transaction, account: str, device: str) -> None:
    await tx.run("DELETE FROM session WHERE account_id = ? AND device = ?", account, device)


async def bind_session_to_device(tx: Transaction, session: str, device: str) -> None:
    await tx.run("UPDATE session SET device = ? WHERE id = ?", device, session)


async def account_rows(connection: Connection, account: str) -> dict[str, dict[str, Any]]:
    """The account as its own devices hold it."""
    found = await connection.one("SELECT id, username, name, email, role FROM account WHERE id = ?", account)
    assert found is not None
    return {f"account/{found['id']}": {key: found[key] for key in ("username", "name", "email", "role")}}


def session_id(secret: str) -> str:
    """What the database knows of a session: a leaked table signs nobody in."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def _refuse_if_blocked(database: Database, keys: dict[str, str], now: int) -> None:
    found = await database.one(
        "SELECT MAX(blocked_until) AS until FROM login_throttle WHERE key IN (?, ?)", *keys.values()
    )
    if found and found["until"] and found["until"] > now:
        wait = found["until"] - now
        raise Refusal("too_many_attempts", retry_after=-(-wait // 1000), minutes=-(-wait // rules.MINUTE))


async def _count_failure(tx: Transaction, keys: dict[str, str], now: int) -> None:
    await tx.run("DELETE FROM login_throttle WHERE forget_at < ?", now)
    for kind, key in sorted(keys.items()):
        counted = await tx.one(
            "INSERT INTO login_throttle (key, failures, blocked_until, forget_at) VALUES (?, 1, 0, ?)"
            " ON CONFLICT (key) DO UPDATE SET failures = login_throttle.failures + 1, forget_at = excluded.forget_at"
            " RETURNING failures",
            key, now + rules.FORGET_FAILURES_AFTER,
        )
        assert counted is not None
        blocked = rules.blocked_for(kind, counted["failures"])
        await tx.run("UPDATE login_throttle SET blocked_until = ? WHERE key = ?", now + blocked if blocked else 0, key)
