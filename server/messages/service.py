"""Échange avec les services: what families write, what agents answer, and who has read it.

Messages are only ever added. A thread belongs to one family and one service; the other parent of a shared child, and agents of
other services, do not see it.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.commands import Answer, Command, Item
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.families.service import accounts_of, families_of, scope_of
from server.feed.service import Changes, put_changes
from server.instants import day_of, iso
from server.messages import models, rules
from server.notifications.service import notify
from server.traces.service import Who, note

Rows = dict[str, dict[str, Any]]
MOST_LISTED = 200


async def send(tx: Transaction, command: Command) -> Answer:
    """``message.send``: one message; the first of a thread names its service and its subject."""
    args = command.args
    family = await _family(tx, command)
    told: Item = {"thread": args["thread"], "message": args["message"]}
    if family is None:
        return _answer(command, None, {**told, "outcome": "refused", "code": "NOT_YOURS"})
    found = await models.thread(tx, args["thread"])
    if found is None:
        if args.get("service") not in rules.MAILBOXES or not args.get("subject"):
            return _answer(command, family, {**told, "outcome": "refused", "code": "THREAD_UNKNOWN"})
        await _begin(tx, command, family)
    elif found["family_id"] != family:
        return _answer(command, family, {**told, "outcome": "refused", "code": "THREAD_UNKNOWN"})
    author = await tx.one("SELECT name FROM account WHERE id = ?", command.account)
    assert author is not None
    new = await models.add_message(
        tx, args["message"], args["thread"], "family", command.account, author["name"], args["body"], command.received_at
    )
    if new:
        # Writing reopens: a parent never has to know whether the service had closed the subject.
        await models.change(
            tx, args["thread"], updated_at=command.received_at, family_read_at=command.received_at, closed=False, needs_answer=False
        )
    thread = await models.thread(tx, args["thread"])
    assert thread is not None
    outcome: Item = {**told, "outcome": "accepted", "number": thread["number"]}
    rows = await _rows(tx, thread, command.zone, args["message"])
    return _answer(command, family, outcome if new else {**outcome, "code": "ALREADY"}, rows)


async def read(tx: Transaction, command: Command) -> Answer:
    """``thread.read``: the family has seen everything up to a message."""
    thread, family = await _own(tx, command)
    seen = await models.message(tx, command.args["message"])
    if thread is None or seen is None or seen["thread_id"] != thread["id"]:
        return _answer(command, family, {"thread": command.args["thread"], "outcome": "void", "code": "THREAD_UNKNOWN"})
    if seen["sent_at"] > thread["family_read_at"]:
        await models.change(tx, thread["id"], family_read_at=seen["sent_at"])
    return _answer(command, family, {"thread": thread["id"], "outcome": "accepted"}, await _thread_row(tx, thread["id"], command.zone))


async def close(tx: Transaction, command: Command) -> Answer:
    """``thread.close``: the parent needs nothing more."""
    thread, family = await _own(tx, command)
    if thread is None:
        return _answer(command, family, {"thread": command.args["thread"], "outcome": "void", "code": "THREAD_UNKNOWN"})
    await models.change(tx, thread["id"], closed=True, needs_answer=False)
    return _answer(command, family, {"thread": thread["id"], "outcome": "accepted"}, await _thread_row(tx, thread["id"], command.zone))


async def message_rows(reader: Connection | Database, family: str, zone: ZoneInfo) -> Rows:
    """Every ``thread/…`` and ``message/…`` of a family."""
    rows: Rows = {}
    for thread in await models.threads_of_family(reader, family):
        rows |= await _thread_row(reader, thread["id"], zone)
        for message in await models.messages_of(reader, thread["id"], notes=False):
            rows[f"message/{message['id']}"] = _message(message, zone)
    return rows


async def inbox(database: Database, service: str, state: str, words: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What an agent's list shows: the latest first, at most two hundred."""
    return [_listed(row, zone) for row in await models.inbox(database, service, state, words, MOST_LISTED)]


async def waiting(database: Database) -> dict[str, int]:
    return await models.waiting(database)


async def conversation(database: Database, thread: str, who: Who, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """A thread with its internal notes, for an agent of its service; looking at it marks it as read.

    Raises:
        Refusal: ``not_found``, also for a thread of another service.
    """

    async def write(tx: Transaction) -> dict[str, Any]:
        found = await _desk(tx, thread, who)
        messages = await models.messages_of(tx, thread, notes=True)
        latest = max((m["sent_at"] for m in messages if m["side"] == "family"), default=0)
        if latest > found["town_read_at"]:
            await models.change(tx, thread, town_read_at=latest)
            await put_changes(tx, {scope_of(found["family_id"]): dict(await _thread_row(tx, thread, zone))}, now)
        await note(tx, found["family_id"], who, "message.read", now, found["number"])
        family = await tx.one("SELECT file_number, file_label FROM family WHERE id = ?", found["family_id"])
        assigned = await tx.one("SELECT name FROM account WHERE id = ?", found["assigned"]) if found["assigned"] else None
        assert family is not None
        listed = {**found, **family, "assigned_name": assigned and assigned["name"], "unread": 0, "last_side": None}
        return {
            **_listed(listed, zone),
            "family": found["family_id"],
            "messages": [{"id": m["id"], **_message(m, zone), "side": m["side"]} for m in messages],
        }

    return await database.retrying(write)


async def reply(
    database: Database, thread: str, message: str, body: str, needs_answer: bool, closes: bool, who: Who, now: int, zone: ZoneInfo
) -> None:
    """An agent's answer. `message`: an id made by the page, so that a repeated click writes once."""

    async def write(tx: Transaction) -> None:
        found = await _desk(tx, thread, who)
        if not await models.add_message(tx, message, thread, "town", who.account or "", who.name, body, now):
            return
        has_it = found["assigned"] or who.account
        await models.change(
            tx, thread, updated_at=now, town_read_at=now, needs_answer=needs_answer, closed=closes, assigned=has_it
        )
        rows = await _rows(tx, found, zone, message)
        await put_changes(tx, {scope_of(found["family_id"]): dict(rows)}, now)
        await note(tx, found["family_id"], who, "message.sent", now, found["number"])
        accounts = await accounts_of(tx, found["family_id"], day_of(now, zone))
        detail = f"{await _service_name(tx, found['service'])} : {found['subject']}"
        await notify(tx, accounts, "messages", f"message/{message}", f"/messages?fil={thread}", now, zone, detail=detail, about=thread)

    await database.retrying(write)


async def annotate(database: Database, thread: str, body: str, who: Who, now: int) -> None:
    """An internal note: for the service's agents, never for the family."""

    async def write(tx: Transaction) -> None:
        await _desk(tx, thread, who)
        await models.add_message(tx, f"n_{secrets.token_urlsafe(12)}", thread, "note", who.account or "", who.name, body, now)

    await database.retrying(write)


async def assign(database: Database, thread: str, take: bool, who: Who) -> None:
    """An agent takes the thread, or puts it back."""

    async def write(tx: Transaction) -> None:
        await _desk(tx, thread, who)
        await models.change(tx, thread, assigned=who.account if take else None)

    await database.retrying(write)


async def transfer(database: Database, thread: str, service: str, who: Who, now: int, zone: ZoneInfo) -> None:
    """Hands the thread to another service, which sees it as new; the family reads who has it now.

    Raises:
        Refusal: ``not_found`` for a service without a mailbox.
    """

    async def write(tx: Transaction) -> None:
        found = await _desk(tx, thread, who)
        if service not in rules.MAILBOXES:
            raise Refusal("not_found")
        words = f"Transmis par {await _service_name(tx, found['service'])} à {await _service_name(tx, service)}."
        await models.add_message(tx, f"n_{secrets.token_urlsafe(12)}", thread, "note", who.account or "", who.name, words, now)
        await models.change(tx, thread, service=service, assigned=None, town_read_at=0, updated_at=now)
        await put_changes(tx, {scope_of(found["family_id"]): dict(await _thread_row(tx, thread, zone))}, now)
        await note(tx, found["family_id"], who, "message.transferred", now, found["number"])

    await database.retrying(write)


async def set_closed(database: Database, thread: str, closed: bool, who: Who, now: int, zone: ZoneInfo) -> None:
    async def write(tx: Transaction) -> None:
        found = await _desk(tx, thread, who)
        # Closing is an answer too: what was not opened is not waiting any more.
        await models.change(tx, thread, closed=closed, needs_answer=False, town_read_at=max(now, found["town_read_at"]))
        await put_changes(tx, {scope_of(found["family_id"]): dict(await _thread_row(tx, thread, zone))}, now)

    await database.retrying(write)


async def saved_answers(database: Database, service: str) -> list[dict[str, Any]]:
    rows = await database.all("SELECT id, title, body FROM saved_answer WHERE service = ? ORDER BY title, id", service)
    return [dict(row) for row in rows]


async def save_answer(database: Database, service: str, title: str, body: str) -> str:
    answer = f"sa_{secrets.token_urlsafe(9)}"

    async def write(tx: Transaction) -> None:
        await tx.run("INSERT INTO saved_answer (id, service, title, body) VALUES (?, ?, ?, ?)", answer, service, title, body)

    await database.retrying(write)
    return answer


async def drop_answer(database: Database, service: str, answer: str) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("DELETE FROM saved_answer WHERE id = ? AND service = ?", answer, service)

    await database.retrying(write)


async def _begin(tx: Transaction, command: Command, family: str) -> None:
    args, at = command.args, command.received_at
    number = rules.number_of(args["thread"], at)
    row = (args["thread"], family, args["service"], number, args["subject"].strip(), args.get("about"), False, False, at, at, at, 0)
    await models.add_thread(tx, row)


async def _family(tx: Transaction, command: Command) -> str | None:
    """The sender's family: the one that is named, or the only one there is."""
    families = await families_of(tx, command.account, command.today)
    named = command.args.get("family")
    if named is not None:
        return named if named in families else None
    return families[0] if families else None


async def _own(tx: Transaction, command: Command) -> tuple[Row | None, str | None]:
    families = await families_of(tx, command.account, command.today)
    found = await models.thread(tx, command.args["thread"])
    if found is None or found["family_id"] not in families:
        return None, families[0] if families else None
    return found, found["family_id"]


async def _desk(tx: Transaction, thread: str, who: Who) -> Row:
    """A thread as an agent may touch it: of their own service only. Others' threads do not exist for them."""
    found = await models.thread(tx, thread)
    if found is None or found["service"] != who.service:
        raise Refusal("not_found")
    await tx.lock("thread", [thread])
    return (await models.thread(tx, thread)) or found


async def _service_name(tx: Transaction, code: str) -> str:
    found = await tx.one("SELECT name FROM service WHERE code = ?", code)
    return found["name"] if found else code


def _answer(command: Command, family: str | None, item: Item, rows: Mapping[str, Mapping[str, Any]] | None = None) -> Answer:
    scope = scope_of(family) if family else f"a:{command.account}"
    changes: Changes = {scope: dict(rows)} if rows else {}
    return Answer(scope, [item], changes)


async def _rows(tx: Transaction, thread: Row, zone: ZoneInfo, message: str) -> Rows:
    found = await models.message(tx, message)
    assert found is not None
    return {**await _thread_row(tx, thread["id"], zone), f"message/{message}": _message(found, zone)}


async def _thread_row(reader: Connection | Database, thread: str, zone: ZoneInfo) -> Rows:
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


def _message(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "thread": row["thread_id"],
        "side": row["side"],
        "author": row["author"],
        "body": row["body"],
        "at": iso(row["sent_at"], zone),
    }


def _listed(row: Row, zone: ZoneInfo) -> dict[str, Any]:
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
