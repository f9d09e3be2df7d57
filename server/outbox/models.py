"""What must happen outside the database, written in the transaction that decided it: mails, pushes, calls to others."""

from collections.abc import Sequence

from tortoise import fields
from tortoise.models import Model

from server.database import Database, Row, Transaction


class OutboxItem(Model):
    """One thing to do. It is done at least once, and its key makes sure that it is asked for only once."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=160, unique=True, description="what this is about: the same key is never written twice")
    kind = fields.CharField(max_length=40, description="mail | push | … see server/app.py")
    payload = fields.TextField(description="JSON")
    state = fields.CharField(max_length=10, description="waiting | done | dead | dropped")
    run_at = fields.BigIntField(db_index=True)
    lease_until = fields.BigIntField(default=0)
    attempts = fields.IntField(default=0)
    error = fields.TextField(null=True)
    created_at = fields.BigIntField()
    done_at = fields.BigIntField(null=True)
    decided_by = fields.CharField(max_length=160, null=True, description="the agent who had it tried again or dropped it")
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "outbox"
        indexes = (("state", "run_at"),)


async def add(tx: Transaction, kind: str, key: str, payload: str, run_at: int, now: int) -> bool:
    """False when the key is there already."""
    return bool(
        await tx.one(
            "INSERT INTO outbox (key, kind, payload, state, run_at, lease_until, attempts, created_at)"
            " VALUES (?, ?, ?, 'waiting', ?, 0, 0, ?) ON CONFLICT (key) DO NOTHING RETURNING id",
            key, kind, payload, run_at, now,
        )
    )  # fmt: skip


async def add_many(tx: Transaction, kind: str, items: Sequence[tuple[str, str, int]], now: int) -> None:
    """Items (key, payload, run_at) in bulk; those whose key is there already stay as they are."""
    await tx.many(
        "INSERT INTO outbox (key, kind, payload, state, run_at, lease_until, attempts, created_at)"
        " VALUES (?, ?, ?, 'waiting', ?, 0, 0, ?) ON CONFLICT (key) DO NOTHING",
        [(key, kind, payload, run_at, now) for key, payload, run_at in items],
    )


async def claim(tx: Transaction, kinds: Sequence[str], now: int, lease: int, limit: int) -> Sequence[Row]:
    """Takes what is due and that nobody else holds; a worker that dies lets go when its lease ends."""
    skip = "FOR UPDATE SKIP LOCKED" if tx.dialect == "postgresql" else ""
    marks = ", ".join("?" * len(kinds))
    return await tx.all(
        "UPDATE outbox SET lease_until = ?, attempts = attempts + 1 WHERE id IN ("
        f" SELECT id FROM outbox WHERE state = 'waiting' AND run_at <= ? AND lease_until < ? AND kind IN ({marks})"
        f" ORDER BY run_at, id LIMIT ? {skip}) RETURNING id, key, kind, payload, attempts",
        lease, now, now, *kinds, limit,
    )  # fmt: skip


async def finish(tx: Transaction, items: Sequence[int], now: int) -> None:
    """Notes what is done, and forgets what it said: payloads hold names and one-time links."""
    await tx.many(
        "UPDATE outbox SET state = 'done', payload = '{}', done_at = ?, lease_until = 0 WHERE id = ?", [(now, id) for id in items]
    )


async def postpone(tx: Transaction, item: int, run_at: int, error: str) -> None:
    await tx.run("UPDATE outbox SET run_at = ?, lease_until = 0, error = ? WHERE id = ?", run_at, error, item)


async def bury(tx: Transaction, item: int, error: str) -> None:
    await tx.run("UPDATE outbox SET state = 'dead', lease_until = 0, error = ? WHERE id = ?", error, item)


async def dead(database: Database) -> Sequence[Row]:
    """What was given up, newest first, and after it what agents decided lately."""
    return await database.all(
        "SELECT id, key, kind, payload, state, attempts, error, created_at, decided_by, decided_at FROM outbox"
        " WHERE state = 'dead' OR decided_at IS NOT NULL"
        " ORDER BY CASE state WHEN 'dead' THEN 0 ELSE 1 END, decided_at DESC, id DESC LIMIT 300"
    )


async def decide(tx: Transaction, item: int, by: str, now: int, *, again: bool) -> bool:
    """False when somebody else has decided, or there is no such item."""
    change = "state = 'waiting', attempts = 0, run_at = ?" if again else "state = 'dropped', payload = '{}', done_at = ?"
    return bool(
        await tx.one(
            f"UPDATE outbox SET {change}, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'dead' RETURNING id", now, by, now, item
        )
    )
