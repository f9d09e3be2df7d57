"""What agents do at their service's inbox."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from server.attachments.service import hand_over, hold
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.families.service import accounts_of, scope_of
from server.feed.service import put_changes
from server.instants import day_of
from server.messages import models, rules
from server.messages.service.rows import holder_of, listed, rows_of, thread_row, told
from server.notifications.service import notify
from server.traces.service import Who, note

MOST_LISTED = 200


@dataclass(frozen=True)
class Reply:
    """An agent's answer. `message`: an id made by the page, so that a repeated click writes once; `seen`: the latest message on
    the page when it was written, which is all that it answers."""

    message: str
    body: str
    needs_answer: bool = False
    closes: bool = False
    files: Sequence[str] = ()
    seen: str | None = None


async def inbox(database: Database, service: str, state: str, words: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What an agent's list shows: the latest first, at most two hundred."""
    return [listed(row, zone) for row in await models.inbox(database, service, state, words, MOST_LISTED)]


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
            await _show(tx, found, zone, now)
        await note(tx, found["family_id"], who, "message.read", now, found["number"])
        family = await tx.one("SELECT file_number, file_label FROM family WHERE id = ?", found["family_id"])
        assigned = await tx.one("SELECT name FROM account WHERE id = ?", found["assigned"]) if found["assigned"] else None
        assert family is not None
        row = {**found, **family, "assigned_name": assigned and assigned["name"], "unread": 0, "last_side": None}
        return {**listed(row, zone), "family": found["family_id"], "messages": await told(tx, messages, zone)}

    return await database.retrying(write)


async def reply(database: Database, thread: str, answer: Reply, who: Who, now: int, zone: ZoneInfo) -> None:
    """Sends an answer to the family and tells them.

    Raises:
        Refusal: ``not_found``; ``message_unseen``: it would close the thread over words that the agent has not read; ``file_missing``.
    """

    async def write(tx: Transaction) -> None:
        found = await _desk(tx, thread, who)
        read_at = await _read_up_to(tx, found, answer.seen)
        if answer.closes:
            await _refuse_unseen(tx, thread, read_at)
        if not await models.add_message(tx, answer.message, thread, "town", who.account or "", who.name, answer.body, now):
            return
        _, missing = await hold(
            tx, answer.files, who.account or "", holder=holder_of(answer.message), family=found["family_id"], service=found["service"]
        )
        if missing:
            raise Refusal("file_missing")
        has_it = found["assigned"] or who.account
        await models.change(
            tx, thread, updated_at=now, town_read_at=read_at, needs_answer=answer.needs_answer, closed=answer.closes, assigned=has_it
        )
        await put_changes(tx, {scope_of(found["family_id"]): dict(await rows_of(tx, found, zone, answer.message))}, now)
        await note(tx, found["family_id"], who, "message.sent", now, found["number"])
        await _tell(tx, found, answer.message, now, zone)

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
    """Hands the thread and its files to another service, which sees it as new; the family reads who has it now.

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
        await hand_over(tx, [holder_of(message["id"]) for message in await models.messages_of(tx, thread, notes=False)], service)
        await _show(tx, found, zone, now)
        await note(tx, found["family_id"], who, "message.transferred", now, found["number"])

    await database.retrying(write)


async def set_closed(database: Database, thread: str, closed: bool, who: Who, now: int, zone: ZoneInfo) -> None:
    """Raises:
    Refusal: ``not_found``; ``message_unseen``: the family wrote since the agent looked.
    """

    async def write(tx: Transaction) -> None:
        found = await _desk(tx, thread, who)
        if closed:
            await _refuse_unseen(tx, thread, found["town_read_at"])
        await models.change(tx, thread, closed=closed, needs_answer=False)
        await _show(tx, found, zone, now)

    await database.retrying(write)


async def _read_up_to(tx: Transaction, thread: Row, seen: str | None) -> int:
    """What the service has read when an agent answers: what stood on that agent's page, not what came while they wrote."""
    found = await models.message(tx, seen) if seen else None
    return max(thread["town_read_at"], found["sent_at"] if found and found["thread_id"] == thread["id"] else 0)


async def _refuse_unseen(tx: Transaction, thread: str, read_at: int) -> None:
    if await models.latest(tx, thread, "family") > read_at:
        raise Refusal("message_unseen")


async def _show(tx: Transaction, thread: Row, zone: ZoneInfo, now: int) -> None:
    """The family's devices see the thread as it stands now."""
    await put_changes(tx, {scope_of(thread["family_id"]): dict(await thread_row(tx, thread["id"], zone))}, now)


async def _tell(tx: Transaction, thread: Row, message: str, now: int, zone: ZoneInfo) -> None:
    accounts = await accounts_of(tx, thread["family_id"], day_of(now, zone))
    detail = f"{await _service_name(tx, thread['service'])} : {thread['subject']}"
    page = f"/messages?fil={thread['id']}"
    await notify(tx, accounts, "messages", f"message/{message}", page, now, zone, detail=detail, about=thread["id"])


async def _desk(tx: Transaction, thread: str, who: Who) -> Row:
    """A thread as an agent may touch it: of their own service only. Others' threads do not exist for them."""
    found = await models.locked_thread(tx, thread)
    if found is None or found["service"] != who.service:
        raise Refusal("not_found")
    return found


async def _service_name(tx: Transaction, code: str) -> str:
    found = await tx.one("SELECT name FROM service WHERE code = ?", code)
    return found["name"] if found else code
