"""The public library: documents by heading, each in its newest version, the former ones still to be had."""

import secrets
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from server.attachments.service import Files, files_of, hold
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.feed.service import put_rows
from server.instants import iso
from server.news import rules
from server.traces.service import Who

Rows = dict[str, dict[str, Any]]
CURRENT = (
    "SELECT d.*, v.number, v.file, v.name, v.mime, v.size, v.author, v.published_at FROM document d JOIN document_version v"
    " ON v.document_id = d.id WHERE v.number = (SELECT MAX(w.number) FROM document_version w WHERE w.document_id = d.id)"
)


def holder_of(document: str, number: int) -> str:
    return f"document/{document}.{number}"


async def document_rows(reader: Connection | Database, zone: ZoneInfo) -> Rows:
    """``document/<id>`` of ``t:news``."""
    rows = await reader.all(f"{CURRENT} AND NOT d.withdrawn ORDER BY d.heading, d.title, d.id")
    return {f"document/{row['id']}": _row(row, zone) for row in rows}


async def public_documents(reader: Connection | Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """By heading and title, each with its ``id``, the address of its file, and its former versions."""
    found = await document_rows(reader, zone)
    versions = await _versions(reader)
    listed = []
    for key, row in found.items():
        id = key.removeprefix("document/")
        own = [_version(one, zone) for one in versions if one["document_id"] == id]
        listed.append({"id": id, **row, "url": address(id, row["version"]), "versions": own})
    return listed


def address(document: str, number: int) -> str:
    return f"/api/public/documents/{document}/{number}"


async def document_file(database: Database, files: Files, document: str, number: int) -> tuple[Row, bytes]:
    """A version of a document that is in the library, for everybody.

    Raises:
        Refusal: ``not_found``, also once it is withdrawn.
    """
    found = await database.one(
        "SELECT v.* FROM document_version v JOIN document d ON d.id = v.document_id WHERE d.id = ? AND v.number = ? AND NOT d.withdrawn",
        document, number,
    )  # fmt: skip
    if found is None:
        raise Refusal("not_found")
    _, content = await files.shown_to_all(found["file"], holder_of(document, number))
    return found, content


async def documents_for_agents(database: Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """All of them, withdrawn ones too, with who published the newest version."""
    rows = await database.all(f"{CURRENT} ORDER BY d.withdrawn, d.heading, d.title, d.id LIMIT 500")
    return [{"id": row["id"], **_row(row, zone), "withdrawn": bool(row["withdrawn"]), "author": row["author"]} for row in rows]


async def add_document(database: Database, heading: str, title: str, summary: str, file: str, who: Who, now: int, zone: ZoneInfo) -> str:
    """Puts a file that the agent has sent into the library; asking again with the same file changes nothing."""
    document = f"doc_{secrets.token_urlsafe(9)}"

    async def write(tx: Transaction) -> None:
        await tx.run(
            "INSERT INTO document (id, heading, title, summary, withdrawn, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
            document, heading, title, summary, False, now,
        )  # fmt: skip
        await _add_version(tx, document, 1, file, who, now)
        await _publish(tx, document, now, zone)

    await database.retrying(write)
    return document


async def replace_document(database: Database, document: str, file: str, who: Who, now: int, zone: ZoneInfo) -> int:
    """A new version; the former ones stay. Returns its number."""

    async def write(tx: Transaction) -> int:
        await _locked(tx, document)
        last = await tx.one("SELECT MAX(number) AS n FROM document_version WHERE document_id = ?", document)
        number = int(last["n"] if last else 0) + 1
        await _add_version(tx, document, number, file, who, now)
        await _publish(tx, document, now, zone)
        return number

    return await database.retrying(write)


async def describe_document(
    database: Database, document: str, heading: str, title: str, summary: str, withdrawn: bool, now: int, zone: ZoneInfo
) -> None:
    """Its words and its place; `withdrawn`: nobody can load it any more, and it leaves the phones' lists."""

    async def write(tx: Transaction) -> None:
        await _locked(tx, document)
        await tx.run(
            "UPDATE document SET heading = ?, title = ?, summary = ?, withdrawn = ?, changed_at = ? WHERE id = ?",
            heading, title, summary, withdrawn, now, document,
        )  # fmt: skip
        await _publish(tx, document, now, zone)

    await database.retrying(write)


async def _add_version(tx: Transaction, document: str, number: int, file: str, who: Who, now: int) -> None:
    kept, _ = await hold(tx, [file], who.account or "", holder=holder_of(document, number), family="", service="")
    if not kept:
        raise Refusal("not_found")
    (held,) = (await files_of(tx, [holder_of(document, number)]))[holder_of(document, number)]
    await tx.run(
        "INSERT INTO document_version (id, document_id, number, file, name, mime, size, author, published_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        f"{document}.{number}", document, number, file, held["name"], held["mime"], held["size"], who.name, now,
    )  # fmt: skip


async def _publish(tx: Transaction, document: str, now: int, zone: ZoneInfo) -> None:
    found = await tx.one(f"{CURRENT} AND d.id = ?", document)
    row = None if found is None or found["withdrawn"] else _row(found, zone)
    await put_rows(tx, rules.EVERYBODY, {f"document/{document}": row}, now)


async def _locked(tx: Transaction, document: str) -> None:
    await tx.lock("document", [document])
    if await tx.one("SELECT id FROM document WHERE id = ?", document) is None:
        raise Refusal("not_found")


async def _versions(reader: Connection | Database) -> Sequence[Row]:
    return await reader.all("SELECT * FROM document_version ORDER BY document_id, number DESC")


def _version(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    number = row["number"]
    return {"version": number, "at": iso(row["published_at"], zone), "size": row["size"], "url": address(row["document_id"], number)}


def _row(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "heading": row["heading"],
        "title": row["title"],
        "summary": row["summary"],
        "name": row["name"],
        "mime": row["mime"],
        "size": row["size"],
        "version": row["number"],
        "at": iso(row["published_at"], zone),
    }
