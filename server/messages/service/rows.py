"""Threads and messages as the family's devices and the agents' pages show them."""

from typing import Any
from zoneinfo import ZoneInfo

from server.attachments.service import files_of
from server.database import Connection, Database, Row, Transaction
from server.instants import iso
from server.messages import models, rules

Reader = Connection | Database
Rows = dict[str, dict[str, Any]]


def holder_of(message: str) -> str:
    """Under what name attachments belong to a message."""
    return f"message/{message}"


async def message_rows(reader: Reader, family: str, zone: ZoneInfo) -> Rows:
    """Every ``thread/…`` and ``message/…`` of a family."""
    rows: Rows = {}
    for thread in await models.threads_of_family(reader, family):
        rows |= await thread_row(reader, thread["id"], zone)
        for message in await told(reader, await models.messages_of(reader, thread["id"], notes=False), zone):
            rows[f"message/{message.pop('id')}"] = message
    return rows


async def rows_of(tx: Transaction, thread: Row, zone: ZoneInfo, message: str) -> Rows:
    """What changes when a message is added."""
    found = await models.message(tx, message)
    assert found is not None
    (body,) = await told(tx, [found], zone)
    return {**await thread_row(tx, thread["id"], zone), f"message/{body.pop('id')}": body}


async def thread_row(reader: Reader, thread: str, zone: ZoneInfo) -> Rows:
    found = await models.thread(reader, thread)
    assert found is not None
    messages = await models.messages_of(reader, thread, notes=False)
    last = messages[-1] if messages else None
    body = {
        "service": found["service"],
        "number": found["number"],
        "subject": found["subject"],
        "about": found["about"],
        "closed": bool(found["closed"]),
        "needs_answer": bool(found["needs_answer"]),
        "unread": sum(m["side"] == "town" and m["sent_at"] > found["family_read_at"] for m in messages),
        "read_by_town": bool(last) and found["town_read_at"] >= max((m["sent_at"] for m in messages if m["side"] == "family"), default=0),
        "created_at": iso(found["created_at"], zone),
        "updated_at": iso(found["updated_at"], zone),
        "last": {"side": last["side"], "excerpt": rules.excerpt(last["body"])} if last else None,
    }
    return {f"thread/{thread}": body}


async def told(reader: Reader, messages: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Messages with their files, each with its id."""
    files = await files_of(reader, [holder_of(message["id"]) for message in messages])
    return [
        {
            "id": message["id"],
            "thread": message["thread_id"],
            "side": message["side"],
            "author": message["author"],
            "body": message["body"],
            "at": iso(message["sent_at"], zone),
            **({"files": files[holder_of(message["id"])]} if holder_of(message["id"]) in files else {}),
        }
        for message in messages
    ]


def listed(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """A line of the inbox."""
    return {
        "thread": row["id"],
        "service": row["service"],
        "number": row["number"],
        "subject": row["subject"],
        "about": row["about"],
        "file_number": row["file_number"],
        "file_label": row["file_label"],
        "closed": bool(row["closed"]),
        "needs_answer": bool(row["needs_answer"]),
        "assigned": row["assigned"],
        "assigned_name": row["assigned_name"],
        "unread": row["unread"],
        "waits_for": None if row["closed"] else "family" if row["last_side"] == "town" else "town",
        "created_at": iso(row["created_at"], zone),
        "updated_at": iso(row["updated_at"], zone),
    }
