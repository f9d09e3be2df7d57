"""Devices, their receipts, and what our own bugs left to a human."""

from collections.abc import Sequence
from typing import Any

import msgspec
from tortoise import fields
from tortoise.models import Model

from server.database import Connection, Database, Row, Transaction


class SyncDevice(Model):
    """One installation of the app. It numbers its commands 1, 2, 3…, last_n is the last one executed."""

    id = fields.CharField(primary_key=True, max_length=40)
    account = fields.CharField(max_length=40, db_index=True)
    label = fields.CharField(max_length=80)
    platform = fields.CharField(max_length=40)
    app = fields.CharField(max_length=20)
    clone_guard = fields.CharField(max_length=60)
    last_n = fields.IntField(default=0)
    ack_n = fields.IntField(default=0)
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()
    revoked_at = fields.BigIntField(null=True)

    class Meta:
        table = "sync_device"


class SyncReceipt(Model):
    """The answer to one command, for ever."""

    id = fields.BigIntField(primary_key=True)
    device = fields.CharField(max_length=40)
    n = fields.IntField()
    hash = fields.CharField(max_length=80)
    kind = fields.CharField(max_length=60)
    outcome = fields.CharField(max_length=30)
    body = fields.TextField()
    scope = fields.CharField(max_length=60)
    received_at = fields.BigIntField()

    class Meta:
        table = "sync_receipt"
        unique_together = (("device", "n"),)


class SyncDeadletter(Model):
    """A command whose handler failed: consumed, answered, and kept for a human."""

    id = fields.BigIntField(primary_key=True)
    device = fields.CharField(max_length=40)
    n = fields.IntField()
    kind = fields.CharField(max_length=60)
    args = fields.TextField()
    error = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "sync_deadletter"


async def device(connection: Connection | Database, device: str) -> Row | None:
    return await connection.one("SELECT * FROM sync_device WHERE id = ?", device)


async def devices_of(connection: Connection | Database, account: str) -> Sequence[Row]:
    return await connection.all("SELECT * FROM sync_device WHERE account = ? ORDER BY seen_at DESC, id", account)


async def receipt(connection: Connection, device: str, n: int) -> Row | None:
    return await connection.one("SELECT hash, body FROM sync_receipt WHERE device = ? AND n = ?", device, n)


async def lock_device(tx: Transaction, device: str, now: int) -> Row | None:
    """The first statement of every command is this write: it takes SQLite's only write lock, and serialises on
    PostgreSQL two tabs that send the same command at once."""
    return await tx.one("UPDATE sync_device SET seen_at = ? WHERE id = ? RETURNING last_n, revoked_at", now, device)


async def add_receipt(tx: Transaction, device: str, n: int, fingerprint: str, answer: dict[str, Any], at: int) -> None:
    body = msgspec.json.encode(answer).decode()
    await tx.run(
        "INSERT INTO sync_receipt (device, n, hash, kind, outcome, body, scope, received_at) VALUES (?,?,?,?,?,?,?,?)",
        device, n, fingerprint, answer["kind"], answer["outcome"], body, answer["scope"], at,
    )  # fmt: skip
    await tx.run("UPDATE sync_device SET last_n = ? WHERE id = ?", n, device)


async def add_deadletter(tx: Transaction, device: str, n: int, kind: str, args: Any, error: str, at: int) -> None:
    await tx.run(
        "INSERT INTO sync_deadletter (device, n, kind, args, error, at) VALUES (?, ?, ?, ?, ?, ?)",
        device, n, kind, msgspec.json.encode(args).decode(), error, at,
    )  # fmt: skip
