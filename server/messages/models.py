"""Conversations of a family with a service of the town."""

from collections.abc import Sequence
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.database import Connection, Database, Row, Transaction


class Thread(Model):
    """A subject that a family and one service write about. Its id is made by the device that began it."""

    id = fields.CharField(primary_key=True, max_length=40)
    family = fields.ForeignKeyField("portail.Family", related_name="threads", db_index=True)
    service = fields.CharField(max_length=40, db_index=True)
    number = fields.CharField(max_length=20, unique=True, description="the acknowledgement of receipt bears it")
    subject = fields.CharField(max_length=120)
    about = fields.CharField(max_length=100, null=True, description="child/<id> | resa/<rid> | invoice/<id>")
    closed = fields.BooleanField(default=False)
    needs_answer = fields.BooleanField(default=False, description="the service waits for the parent")
    assigned = fields.CharField(max_length=40, null=True, description="the agent who has it")
    created_at = fields.BigIntField()
    updated_at = fields.BigIntField(db_index=True)
    family_read_at = fields.BigIntField(default=0)
    town_read_at = fields.BigIntField(default=0)

    class Meta:
        table = "thread"


class Message(Model):
    id = fields.CharField(primary_key=True, max_length=40)
    thread = fields.ForeignKeyField("portail.Thread", related_name="messages", db_index=True)
    side = fields.CharField(max_length=8, description="family | town | note (internal, never leaves the town)")
    account = fields.CharField(max_length=40)
    author = fields.CharField(max_length=160)
    body = fields.TextField()
    sent_at = fields.BigIntField()

    class Meta:
        table = "message"
        indexes = (("thread_id", "sent_at"),)


class SavedAnswer(Model):
    """Words that a service writes often."""

    id = fields.CharField(primary_key=True, max_length=40)
    service = fields.CharField(max_length=40, db_index=True)
    title = fields.CharField(max_length=80)
    body = fields.TextField()

    class Meta:
        table = "saved_answer"


async def thread(reader: Connection | Database, thread: str) -> Row | None:
    return await reader.one("SELECT * FROM thread WHERE id = ?", thread)


async def locked_thread(tx: Transaction, id: str) -> Row | None:
    """A thread that nobody else changes until this transaction is over."""
    await tx.lock("thread", [id])
    return await thread(tx, id)


async def add_thread(tx: Transaction, row: Sequence[Any]) -> None:
    await tx.run(
        "INSERT INTO thread (id, family_id, service, number, subject, about, closed, needs_answer, created_at, updated_at,"
        " family_read_at, town_read_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *row,
    )


async def add_message(tx: Transaction, id: str, thread: str, side: str, account: str, author: str, body: str, at: int) -> bool:
    """False when this very message is there already: sent again after a lost answer.

    Under the thread's lock. Messages of a thread stand in the order in which they were added, each later than the one before: whoever
    has read up to one of them has read all that stand before it, also when the clocks of two servers differ.
    """
    last = await tx.one("SELECT MAX(sent_at) AS at FROM message WHERE thread_id = ?", thread)
    at = max(at, (last["at"] or 0) + 1 if last else 0)
    return bool(
        await tx.one(
            "INSERT INTO message (id, thread_id, side, account, author, body, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO NOTHING RETURNING id",
            id, thread, side, account, author, body, at,
        )
    )  # fmt: skip


async def change(tx: Transaction, thread: str, **values: Any) -> None:
    await tx.run(f"UPDATE thread SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?", *values.values(), thread)


async def message(reader: Connection | Database, message: str) -> Row | None:
    return await reader.one("SELECT * FROM message WHERE id = ?", message)


async def latest(reader: Connection | Database, thread: str, side: str) -> int:
    """When a side wrote last; 0: never."""
    found = await reader.one("SELECT MAX(sent_at) AS at FROM message WHERE thread_id = ? AND side = ?", thread, side)
    return (found["at"] or 0) if found else 0


async def messages_of(reader: Connection | Database, thread: str, *, notes: bool) -> Sequence[Row]:
    """Oldest first; `notes`: with the internal ones, for agents only."""
    return await reader.all(
        "SELECT * FROM message WHERE thread_id = ? AND (side <> 'note' OR ?) ORDER BY sent_at, id", thread, notes
    )


async def threads_of_family(reader: Connection | Database, family: str) -> Sequence[Row]:
    return await reader.all("SELECT * FROM thread WHERE family_id = ? ORDER BY updated_at DESC, id", family)


async def inbox(reader: Connection | Database, service: str, state: str, words: str, limit: int) -> Sequence[Row]:
    """The threads of a service with what a list shows of each; `state`: open, closed or all; `words`: in the subject, the
    number or the family's name."""
    like = f"%{words.lower()}%"
    shown = {"open": (False, False), "closed": (True, True), "all": (False, True)}[state]
    return await reader.all(
        "SELECT t.*, f.file_number, f.file_label, a.name AS assigned_name,"
        " (SELECT COUNT(*) FROM message m WHERE m.thread_id = t.id AND m.side = 'family' AND m.sent_at > t.town_read_at) AS unread,"
        " (SELECT m.side FROM message m WHERE m.thread_id = t.id AND m.side <> 'note'"
        "  ORDER BY m.sent_at DESC, m.id DESC LIMIT 1) AS last_side"
        " FROM thread t JOIN family f ON f.id = t.family_id LEFT JOIN account a ON a.id = t.assigned"
        " WHERE t.service = ? AND t.closed IN (?, ?)"
        " AND (LOWER(t.subject) LIKE ? OR LOWER(t.number) LIKE ? OR LOWER(f.file_label) LIKE ?)"
        " ORDER BY t.closed, t.updated_at DESC, t.id LIMIT ?",
        service, *shown, like, like, like, limit,
    )  # fmt: skip


async def waiting(reader: Connection | Database) -> dict[str, int]:
    """service → how many open threads hold something that no agent read."""
    rows = await reader.all(
        "SELECT t.service, COUNT(DISTINCT t.id) AS n FROM thread t JOIN message m ON m.thread_id = t.id"
        " WHERE NOT t.closed AND m.side = 'family' AND m.sent_at > t.town_read_at GROUP BY t.service"
    )
    return {row["service"]: row["n"] for row in rows}
