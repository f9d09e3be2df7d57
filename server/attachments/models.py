"""Files on their way, files that are kept, and the bytes behind them."""

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise import fields
from tortoise.models import Model

from server.database import Connection, Database, Row, Transaction, marks

Reader = Connection | Database


class Attachment(Model):
    """A file that somebody sends, by the id that their phone made."""

    id = fields.CharField(primary_key=True, max_length=40)
    account = fields.CharField(max_length=40, db_index=True, description="who sends it")
    name = fields.CharField(max_length=120)
    sent_size = fields.IntField(description="bytes announced")
    sent_sha256 = fields.CharField(max_length=64, description="of the bytes announced")
    received = fields.IntField(default=0, description="bytes that are here, without a gap")
    state = fields.CharField(max_length=10, description="coming | stored | refused")
    why = fields.CharField(max_length=20, null=True, description="of a refusal, a key of texts")
    blob = fields.CharField(max_length=64, null=True, db_index=True)
    preview = fields.CharField(max_length=64, null=True, db_index=True, description="blob of a small picture")
    mime = fields.CharField(max_length=100, null=True)
    size = fields.IntField(null=True, description="bytes kept, which are not the bytes sent for pictures")
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    holder = fields.CharField(max_length=140, null=True, db_index=True, description="message/<id> and the like, null: nothing yet")
    family = fields.CharField(max_length=40, null=True, db_index=True, description="who may read it at home")
    service = fields.CharField(max_length=40, null=True, description="whose agents may read it")
    created_at = fields.BigIntField()

    class Meta:
        table = "attachment"


class Blob(Model):
    """Bytes in the storage, by their fingerprint, several attachments may have the same."""

    sha256 = fields.CharField(primary_key=True, max_length=64)
    size = fields.IntField()
    stored_at = fields.BigIntField()
    going_at = fields.BigIntField(null=True, description="being removed since then, nobody may count on it")

    class Meta:
        table = "blob"


class Piece(Model):
    """A part of a file on its way."""

    id = fields.CharField(primary_key=True, max_length=60, description="<attachment>/<offset>")
    attachment = fields.CharField(max_length=40, db_index=True)
    start = fields.IntField()
    length = fields.IntField()

    class Meta:
        table = "attachment_piece"


async def attachment(reader: Reader, id: str) -> Row | None:
    return await reader.one("SELECT * FROM attachment WHERE id = ?", id)


async def announce(tx: Transaction, id: str, account: str, name: str, size: int, sha256: str, at: int) -> None:
    await tx.run(
        "INSERT INTO attachment (id, account, name, sent_size, sent_sha256, received, state, created_at)"
        " VALUES (?, ?, ?, ?, ?, 0, 'coming', ?) ON CONFLICT (id) DO NOTHING",
        id, account, name, size, sha256, at,
    )  # fmt: skip


async def waiting(reader: Reader, account: str) -> tuple[int, int]:
    """How many files of an account nothing holds, and their bytes."""
    found = await reader.one(
        "SELECT COUNT(*) AS n, COALESCE(SUM(sent_size), 0) AS bytes FROM attachment"
        " WHERE account = ? AND holder IS NULL AND state <> 'refused'",
        account,
    )
    assert found is not None
    return found["n"], found["bytes"]


async def add_piece(tx: Transaction, id: str, start: int, length: int) -> bool:
    """Notes a part that is in the storage; False when somebody else was quicker."""
    moved = await tx.one(
        "UPDATE attachment SET received = ? WHERE id = ? AND received = ? AND state = 'coming' RETURNING id", start + length, id, start
    )
    if moved:
        await tx.run(
            "INSERT INTO attachment_piece (id, attachment, start, length) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET length = excluded.length",
            f"{id}/{start}", id, start, length,
        )  # fmt: skip
    return bool(moved)


async def pieces(reader: Reader, id: str) -> dict[int, int]:
    rows = await reader.all("SELECT start, length FROM attachment_piece WHERE attachment = ?", id)
    return {row["start"]: row["length"] for row in rows}


async def begin_again(tx: Transaction, id: str) -> None:
    await tx.run("DELETE FROM attachment_piece WHERE attachment = ?", id)
    await tx.run("UPDATE attachment SET received = 0 WHERE id = ? AND state = 'coming'", id)


async def settle(tx: Transaction, id: str, **values: Any) -> None:
    """The end of its way: stored or refused; a second one who ends it changes nothing."""
    await tx.run("DELETE FROM attachment_piece WHERE attachment = ?", id)
    names = ", ".join(f"{name} = ?" for name in values)
    await tx.run(f"UPDATE attachment SET {names} WHERE id = ? AND state = 'coming'", *values.values(), id)


async def claim_blob(tx: Transaction, sha256: str, size: int, at: int) -> bool:
    """Before the bytes are written; False while the same bytes are being removed."""
    return bool(
        await tx.one(
            "INSERT INTO blob (sha256, size, stored_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET stored_at = excluded.stored_at"
            " WHERE blob.going_at IS NULL RETURNING sha256",
            sha256, size, at,
        )
    )  # fmt: skip


async def doom_blobs(tx: Transaction, before: int, at: int, again: int, limit: int) -> list[str]:
    """Bytes that nothing refers to any more, marked as going; also those whose removal was broken off before `again`."""
    await tx.run(
        "UPDATE blob SET going_at = ? WHERE going_at IS NULL AND stored_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.blob = blob.sha256 OR a.preview = blob.sha256)",
        at, before,
    )  # fmt: skip
    rows = await tx.all("SELECT sha256 FROM blob WHERE going_at = ? OR going_at < ? ORDER BY sha256 LIMIT ?", at, again, limit)
    return [row["sha256"] for row in rows]


async def forget_blobs(tx: Transaction, blobs: Sequence[str]) -> None:
    await tx.run(f"DELETE FROM blob WHERE going_at IS NOT NULL AND sha256 IN ({marks(blobs)})", *blobs)


async def unheld(reader: Reader, before: int, limit: int) -> Sequence[Row]:
    return await reader.all(
        "SELECT id FROM attachment WHERE holder IS NULL AND created_at < ? ORDER BY created_at LIMIT ?", before, limit
    )


async def held(reader: Reader, holders: Iterable[str]) -> Sequence[Row]:
    wanted = sorted(set(holders))
    if not wanted:
        return []
    return await reader.all(f"SELECT * FROM attachment WHERE holder IN ({marks(wanted)}) ORDER BY created_at, id", *wanted)
