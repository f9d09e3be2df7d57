"""Counting failed attempts, in the database: every process of the town counts together."""

from collections.abc import Iterable

from server.accounts import rules
from server.database import Database, Transaction, marks
from server.errors import Refusal


def key_of(kind: str, what: str) -> str:
    """``kind`` is one of `rules.FREE_FAILURES`; ``what`` an account name, a dossier number, an address."""
    return f"{kind}:{what}"[:120]


async def refuse_if_blocked(database: Database, keys: Iterable[str], now: int) -> None:
    """Raises ``too_many_attempts`` with the wait, when one of the keys is blocked."""
    wanted = list(keys)
    found = await database.one(f"SELECT MAX(blocked_until) AS until FROM login_throttle WHERE key IN ({marks(wanted)})", *wanted)
    if found and found["until"] and found["until"] > now:
        wait = found["until"] - now
        raise Refusal("too_many_attempts", retry_after=-(-wait // 1000), minutes=-(-wait // rules.MINUTE))


async def count_failure(tx: Transaction, keys: Iterable[str], now: int) -> None:
    await tx.run("DELETE FROM login_throttle WHERE forget_at < ?", now)
    for key in sorted(keys):
        counted = await tx.one(
            "INSERT INTO login_throttle (key, failures, blocked_until, forget_at) VALUES (?, 1, 0, ?)"
            " ON CONFLICT (key) DO UPDATE SET failures = login_throttle.failures + 1, forget_at = excluded.forget_at"
            " RETURNING failures",
            key, now + rules.FORGET_FAILURES_AFTER,
        )  # fmt: skip
        assert counted is not None
        blocked = rules.blocked_for(key.partition(":")[0], counted["failures"])
        await tx.run("UPDATE login_throttle SET blocked_until = ? WHERE key = ?", now + blocked if blocked else 0, key)


async def refuse_then_count(database: Database, keys: Iterable[str], now: int) -> None:
    """For what costs us something each time it is asked (a mail, a hash): every attempt counts, right or wrong."""
    wanted = list(keys)
    await refuse_if_blocked(database, wanted, now)
    await database.retrying(lambda tx: count_failure(tx, wanted, now))


async def forget_failures(tx: Transaction, key: str) -> None:
    await tx.run("DELETE FROM login_throttle WHERE key = ?", key)
