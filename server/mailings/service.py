"""One message to the families of a group: each gets a thread of its own with the service, once, and can answer in it.

A portion of families is one transaction: its threads, their rows, their notifications, and the note that they have been reached.
Whatever stops in between, the next portion goes on with those that have no note.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.families.service import accounts_of, scope_of
from server.feed.service import put_changes
from server.instants import day_of, iso
from server.mailings import rules, texts
from server.mailings.rules import Audience
from server.messages.service.first import write_first
from server.notifications.service import notify, reach
from server.outbox.service import enqueue
from server.traces.service import Who, note

__all__ = ["Audience", "Letter", "MailingSender", "choices", "families_reached", "go_on", "mailings", "preview", "send", "stop"]

PORTION = 20
MOST_SHOWN = 300
REGIE = "regie"


@dataclass(frozen=True)
class Letter:
    """What is sent. `id`: made by the page, so that a repeated click sends once."""

    id: str
    subject: str
    body: str
    needs_answer: bool


async def choices(database: Database, who: Who) -> dict[str, Any]:
    """The activities that are this service's business, and the schools."""
    activities = await database.all("SELECT code, name, service_id FROM activity ORDER BY position")
    schools = await database.all("SELECT code, name FROM place WHERE kind = 'school' ORDER BY name, code")
    return {
        "activities": [{"code": row["code"], "name": row["name"]} for row in activities if who.service in (row["service_id"], REGIE)],
        "schools": [dict(row) for row in schools],
    }


async def preview(database: Database, audience: Audience, who: Who, today: str) -> dict[str, Any]:
    """Who would get it and how: counts by way, and the first families with theirs.

    Raises:
        Refusal: ``not_found`` for an activity or money that is not this service's business; ``malformed`` for an empty group.
    """
    async with database.snapshot() as reader:
        found = await _families(reader, audience, who, today)
        ways = await _ways(reader, [row["id"] for row in found], today)
    listed = [_listed(row, ways[row["id"]]) for row in found[:MOST_SHOWN]]
    return {"count": len(found), "by": _counted(ways.values()), "families": listed}


async def send(database: Database, letter: Letter, audience: Audience, expected: int, who: Who, now: int, zone: ZoneInfo) -> None:
    """Begins to send to the group as it is now. `expected`: how many the agent saw.

    Raises:
        Refusal: as `preview`; ``audience_changed`` when there are more or fewer by now.
    """
    today = day_of(now, zone)

    async def write(tx: Transaction) -> None:
        if await tx.one("SELECT id FROM mailing WHERE id = ?", letter.id):
            return
        found = await _families(tx, audience, who, today)
        if len(found) != expected or not found:
            raise Refusal("audience_changed", count=len(found))
        words = texts.in_words(audience, await _name(tx, "activity", audience.activity), await _name(tx, "place", audience.school))
        await tx.run(
            "INSERT INTO mailing (id, service, account, author, subject, body, needs_answer, audience, state, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?)",
            letter.id, who.service, who.account, who.name, letter.subject, letter.body, letter.needs_answer, words, now,
        )  # fmt: skip
        await tx.many(
            "INSERT INTO mailing_family (id, mailing_id, family) VALUES (?, ?, ?)",
            [(f"{letter.id}.{row['id']}", letter.id, row["id"]) for row in found],
        )
        await enqueue(tx, "mailing", f"mailing/{letter.id}/0", {"mailing": letter.id}, now)

    await database.retrying(write)


async def mailings(database: Database, who: Who, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The service's group messages, the latest first, each with how far it is."""
    rows = await database.all(
        "SELECT m.*, (SELECT COUNT(*) FROM mailing_family f WHERE f.mailing_id = m.id) AS total,"
        " (SELECT COUNT(*) FROM mailing_family f WHERE f.mailing_id = m.id AND f.sent_at IS NOT NULL) AS sent"
        " FROM mailing m WHERE m.service = ? ORDER BY m.created_at DESC, m.id LIMIT 100",
        who.service,
    )
    shown = ("id", "author", "subject", "body", "audience", "state", "total", "sent")
    return [{**{name: row[name] for name in shown}, "at": iso(row["created_at"], zone)} for row in rows]


async def families_reached(database: Database, mailing: str, who: Who) -> dict[str, Any]:
    """How each family of a group was reached, those that nobody could reach first."""
    await _own(database, mailing, who)
    rows = await database.all(
        "SELECT f.id, f.file_number, f.file_label, m.reached_by FROM mailing_family m JOIN family f ON f.id = m.family"
        " WHERE m.mailing_id = ? ORDER BY CASE m.reached_by WHEN 'nobody' THEN 0 ELSE 1 END, f.file_label, f.id",
        mailing,
    )
    listed = [_listed(row, row["reached_by"]) for row in rows[:MOST_SHOWN]]
    return {"by": _counted(row["reached_by"] for row in rows if row["reached_by"]), "families": listed}


async def stop(database: Database, mailing: str, who: Who, now: int) -> None:
    """Those that have not got it do not get it, until somebody goes on."""
    await _own(database, mailing, who)
    await database.retrying(partial(_set_state, mailing=mailing, before="sending", after="stopped", now=now))


async def go_on(database: Database, mailing: str, who: Who, now: int) -> None:
    await _own(database, mailing, who)

    async def write(tx: Transaction) -> None:
        if await _set_state(tx, mailing, "stopped", "sending", None):
            await enqueue(tx, "mailing", f"mailing/{mailing}/again/{now}", {"mailing": mailing}, now)

    await database.retrying(write)


class MailingSender:
    """What the outbox does with a group message: one portion, and asks for the next in the same transaction."""

    def __init__(self, database: Database, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._database, self._zone, self._now = database, zone, now

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        await self._database.retrying(partial(self._portion, mailing=payload["mailing"]))

    async def _portion(self, tx: Transaction, mailing: str) -> None:
        now = self._now()
        await tx.lock("mailing", [mailing])
        found = await tx.one("SELECT * FROM mailing WHERE id = ?", mailing)
        if found is None or found["state"] != "sending":
            return
        left = await tx.all(
            "SELECT family FROM mailing_family WHERE mailing_id = ? AND sent_at IS NULL ORDER BY family LIMIT ?", mailing, PORTION
        )
        families = [row["family"] for row in left]
        ways = await _ways(tx, families, day_of(now, self._zone))
        for family in families:
            await _reach(tx, found, family, now, self._zone)
        await tx.many(
            "UPDATE mailing_family SET sent_at = ?, reached_by = ? WHERE id = ?",
            [(now, ways[family], f"{mailing}.{family}") for family in families],
        )
        if len(families) < PORTION:
            await _set_state(tx, mailing, "sending", "done", now)
        else:
            await enqueue(tx, "mailing", f"mailing/{mailing}/{families[-1]}", {"mailing": mailing}, now)


async def _reach(tx: Transaction, mailing: Row, family: str, now: int, zone: ZoneInfo) -> None:
    key = hashlib.sha256(f"{mailing['id']}/{family}".encode()).hexdigest()[:24]
    who = Who(mailing["account"], mailing["author"], mailing["service"])
    what = (mailing["subject"], mailing["body"], bool(mailing["needs_answer"]))
    number, rows = await write_first(tx, family, mailing["service"], f"g_{key}", f"m_{key}", *what, who, now, zone)
    await put_changes(tx, {scope_of(family): dict(rows)}, now)
    await note(tx, family, who, "message.sent", now, number)
    detail = f"{await _name(tx, 'service', mailing['service'])} : {mailing['subject']}"
    accounts = await accounts_of(tx, family, day_of(now, zone))
    page = f"/messages?fil=g_{key}"
    await notify(tx, accounts, "messages", f"message/m_{key}", page, now, zone, detail=detail, about=f"g_{key}")


async def _families(reader: Connection, audience: Audience, who: Who, today: str) -> Sequence[Row]:
    if audience.empty:
        raise Refusal("malformed")
    if audience.unpaid and who.service != REGIE:
        raise Refusal("not_found")
    if audience.activity:
        activity = await reader.one("SELECT service_id FROM activity WHERE code = ?", audience.activity)
        if activity is None or who.service not in (activity["service_id"], REGIE):
            raise Refusal("not_found")
    sql, values = rules.query(audience, who.service or "", today)
    return await reader.all(sql, *values)


async def _ways(reader: Connection, families: Sequence[str], today: str) -> dict[str, str]:
    """family → push, mail, portal or nobody: the best way of any of its accounts."""
    if not families:
        return {}
    people: dict[str, list[str]] = {}
    for start in range(0, len(families), 500):
        some = families[start : start + 500]
        for row in await reader.all(
            f"SELECT family_id, account_id FROM guardianship WHERE family_id IN ({marks(some)}) AND since <= ?"
            " AND (until IS NULL OR until >= ?)", *some, today, today,
        ):  # fmt: skip
            people.setdefault(row["family_id"], []).append(row["account_id"])
    ways = await reach(reader, sorted({one for some in people.values() for one in some}), "messages")
    best = ("push", "mail", "portal")
    own = {family: [ways[one] for one in people.get(family, ()) if one in ways] for family in families}
    return {family: min(some, key=best.index, default="nobody") for family, some in own.items()}


async def _set_state(tx: Transaction, mailing: str, before: str, after: str, now: int | None) -> bool:
    changed = "UPDATE mailing SET state = ?, ended_at = ? WHERE id = ? AND state = ? RETURNING id"
    return bool(await tx.one(changed, after, now, mailing, before))


async def _own(database: Database, mailing: str, who: Who) -> None:
    if await database.one("SELECT id FROM mailing WHERE id = ? AND service = ?", mailing, who.service) is None:
        raise Refusal("not_found")


async def _name(reader: Connection, table: str, code: str | None) -> str | None:
    found = await reader.one(f"SELECT name FROM {table} WHERE code = ?", code) if code else None
    return found["name"] if found else code


def _listed(row: Row, by: str | None) -> dict[str, Any]:
    return {"family": row["id"], "number": row["file_number"], "label": row["file_label"], "by": by}


def _counted(ways: Any) -> dict[str, int]:
    counted = Counter(ways)
    return {way: counted[way] for way in ("push", "mail", "portal", "nobody")}
