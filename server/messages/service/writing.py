"""What families do: commands of the exchange, written perhaps days before they arrive."""

from collections.abc import Mapping
from typing import Any

from server.attachments.service import hold
from server.commands import Answer, Command, Item
from server.database import Row, Transaction
from server.families.service import families_of, scope_of
from server.feed.service import Changes
from server.messages import models, rules
from server.messages.service.rows import holder_of, rows_of, thread_row


async def send(tx: Transaction, command: Command) -> Answer:
    """``message.send``: one message; the first of a thread names its service and its subject."""
    args = command.args
    family = await _family(tx, command)
    told: Item = {"thread": args["thread"], "message": args["message"]}
    if family is None:
        return _answer(command, None, {**told, "outcome": "refused", "code": "NOT_YOURS"})
    found = await models.locked_thread(tx, args["thread"])
    if found is None:
        if args.get("service") not in rules.MAILBOXES or not args.get("subject"):
            return _answer(command, family, {**told, "outcome": "refused", "code": "THREAD_UNKNOWN"})
        await _begin(tx, command, family)
    elif found["family_id"] != family:
        return _answer(command, family, {**told, "outcome": "refused", "code": "THREAD_UNKNOWN"})
    return await _add(tx, command, family, told)


async def _add(tx: Transaction, command: Command, family: str, told: Item) -> Answer:
    args = command.args
    author = await tx.one("SELECT name FROM account WHERE id = ?", command.account)
    assert author is not None
    new = await models.add_message(
        tx, args["message"], args["thread"], "family", command.account, author["name"], args["body"], command.received_at
    )
    thread = await models.thread(tx, args["thread"])
    assert thread is not None
    missing: list[str] = []
    if new:
        holder = holder_of(args["message"])
        files = args.get("files", ())
        _, missing = await hold(tx, files, command.account, holder=holder, family=family, service=thread["service"])
        # Writing reopens: a parent never has to know whether the service had closed the subject. A question that came while this
        # message waited on a phone without network was not seen yet: it still waits for its answer.
        seen = thread["family_read_at"] >= await models.latest(tx, args["thread"], "town")
        await models.change(
            tx, args["thread"], updated_at=command.received_at, closed=False, needs_answer=bool(thread["needs_answer"]) and not seen
        )
    outcome: Item = {**told, "outcome": "accepted", "number": thread["number"]}
    if missing:
        outcome["code"] = "FILES_MISSING"
    rows = await rows_of(tx, thread, command.zone, args["message"])
    return _answer(command, family, outcome if new else {**outcome, "code": "ALREADY"}, rows)


async def read(tx: Transaction, command: Command) -> Answer:
    """``thread.read``: the family has seen everything up to a message."""
    thread, family = await _own(tx, command)
    seen = await models.message(tx, command.args["message"])
    if thread is None or seen is None or seen["thread_id"] != thread["id"]:
        return _answer(command, family, {"thread": command.args["thread"], "outcome": "void", "code": "THREAD_UNKNOWN"})
    if seen["sent_at"] > thread["family_read_at"]:
        await models.change(tx, thread["id"], family_read_at=seen["sent_at"])
    return _answer(command, family, {"thread": thread["id"], "outcome": "accepted"}, await thread_row(tx, thread["id"], command.zone))


async def close(tx: Transaction, command: Command) -> Answer:
    """``thread.close``: the parent needs nothing more."""
    thread, family = await _own(tx, command)
    if thread is None:
        return _answer(command, family, {"thread": command.args["thread"], "outcome": "void", "code": "THREAD_UNKNOWN"})
    await models.change(tx, thread["id"], closed=True, needs_answer=False)
    return _answer(command, family, {"thread": thread["id"], "outcome": "accepted"}, await thread_row(tx, thread["id"], command.zone))


async def _begin(tx: Transaction, command: Command, family: str) -> None:
    args, at = command.args, command.received_at
    number = rules.number_of(args["thread"], at)
    row = (args["thread"], family, args["service"], number, args["subject"].strip(), args.get("about"), False, False, at, at, 0, 0)
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
    found = await models.locked_thread(tx, command.args["thread"])
    if found is None or found["family_id"] not in families:
        return None, families[0] if families else None
    return found, found["family_id"]


def _answer(command: Command, family: str | None, item: Item, rows: Mapping[str, Mapping[str, Any]] | None = None) -> Answer:
    scope = scope_of(family) if family else f"a:{command.account}"
    changes: Changes = {scope: dict(rows)} if rows else {}
    return Answer(scope, [item], changes)
