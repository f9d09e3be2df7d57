"""The service enters how the days of a child are shared, from the judgment or from what both parents signed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.activities.service import school_holidays
from server.custody import rules, texts
from server.custody.rules import Plan, Split
from server.custody.service.reading import changed_rows, plans
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.families.service import lock_children, scope_of
from server.feed.service import live_keys, put_changes, put_rows
from server.instants import day_of
from server.traces.service import Who, note

PREVIEW_DAYS = 56


@dataclass(frozen=True)
class Written:
    """A plan as an agent writes it. `days`: single days that differ, by date."""

    anchor: str
    cycle: str
    since: str
    holidays: Mapping[str, Mapping[str, str]]
    days: Mapping[str, str]
    note: str
    version: int


async def plan_of(reader: Database, child: str, today: str, draft: Written | None = None) -> dict[str, Any]:
    """What the agents' page shows of a child: its families, the plan in words, the next eight weeks.

    Raises:
        Refusal: ``not_found``; ``custody_wrong`` for a draft that cannot be true.
    """
    families = await _families(reader, child)
    row = await reader.one("SELECT * FROM custody WHERE id = ?", child)
    named = await reader.one("SELECT first_name, last_name FROM child WHERE id = ?", child)
    assert named is not None
    holidays = await school_holidays(reader)
    plan = _checked(families, draft, holidays) if draft else (await plans(reader, [child])).get(child)
    told: dict[str, Any] = {
        "child": f"{named['first_name']} {named['last_name']}",
        "families": [{"id": one["id"], "label": one["file_label"], "number": one["file_number"]} for one in families],
        "holidays": list(dict.fromkeys(name for name, _, _ in holidays)), "plan": None,
    }  # fmt: skip
    if row is not None:
        own = await reader.all("SELECT date, family FROM custody_day WHERE child = ? AND date >= ? ORDER BY date", child, today)
        told["plan"] = {
            "anchor": row["anchor"], "cycle": row["cycle"], "since": row["since"], "holidays": json.loads(row["holidays"]),
            "note": row["note"] or "", "days": {day["date"]: day["family"] for day in own}, "version": row["version"],
            "by": row["entered_by"],
        }  # fmt: skip
    if plan is not None:
        names = {one["id"]: f"chez {one['file_label']}" for one in families}
        first = date.fromisoformat(today)
        coming = [first - timedelta(days=first.weekday()) + timedelta(days=at) for at in range(PREVIEW_DAYS)]
        told["sentence"] = texts.sentence(plan, names)
        told["days"] = [[day.isoformat(), rules.owner(plan, day, holidays)] for day in coming]
    return told


async def enter(database: Database, who: Who, child: str, written: Written, now: int, zone: ZoneInfo) -> None:
    """Writes a plan; from its first day on each family books its own days. What is booked stays booked.

    Raises:
        Refusal: ``not_found``, ``custody_wrong``, ``custody_changed`` when another agent was quicker.
    """
    await database.retrying(partial(_enter, who=who, child=child, written=written, now=now, zone=zone))


async def _enter(tx: Transaction, who: Who, child: str, written: Written, now: int, zone: ZoneInfo) -> None:
    families = await _families(tx, child)
    await lock_children(tx, [child])
    plan = _checked(families, written, await school_holidays(tx))
    done = await tx.one(
        "INSERT INTO custody (id, family_a, family_b, anchor, cycle, holidays, since, note, version, entered_by, entered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET family_a = excluded.family_a,"
        " family_b = excluded.family_b,"
        " anchor = excluded.anchor, cycle = excluded.cycle, holidays = excluded.holidays, since = excluded.since,"
        " note = excluded.note, version = custody.version + 1, entered_by = excluded.entered_by, entered_at = excluded.entered_at"
        " WHERE custody.version = ? RETURNING version",
        child, plan.first, plan.second, written.anchor, written.cycle, json.dumps(dict(written.holidays)), written.since,
        written.note or None, who.name, now, written.version,
    )  # fmt: skip
    if done is None:
        raise Refusal("custody_changed")
    today = day_of(now, zone)
    await tx.run("DELETE FROM custody_day WHERE child = ? AND date >= ?", child, today)
    for day, family in sorted(written.days.items()):
        await tx.run(
            "INSERT INTO custody_day (id, child, date, family, origin) VALUES (?, ?, ?, ?, 'service')"
            " ON CONFLICT (id) DO NOTHING",
            f"{child}|{day}", child, day, family,
        )
    await _publish(tx, who, child, families, "custody.entered", now, zone)


async def remove(database: Database, who: Who, child: str, now: int, zone: ZoneInfo) -> None:
    """The plan does not count any more: both parents book any day again.

    Raises:
        Refusal: ``not_found``.
    """
    await database.retrying(partial(_remove, who=who, child=child, now=now, zone=zone))


async def _remove(tx: Transaction, who: Who, child: str, now: int, zone: ZoneInfo) -> None:
    families = await _families(tx, child)
    await lock_children(tx, [child])
    await tx.run("UPDATE custody_ask SET state = 'withdrawn', open = NULL, decided_at = ? WHERE child = ? AND state = 'asked'", now, child)
    await tx.run("DELETE FROM custody_day WHERE child = ?", child)
    await tx.run("DELETE FROM custody WHERE id = ?", child)
    for scope in sorted(scope_of(one["id"]) for one in families):
        swaps = [row["id"] for row in await tx.all("SELECT id FROM custody_ask WHERE child = ?", child)]
        gone = {f"custody/{child}", *(f"swap/{rid}" for rid in swaps)}
        await put_rows(tx, scope, {key: None for key in await live_keys(tx, scope, "custody", "swap") if key in gone}, now)
    for one in families:
        await note(tx, one["id"], who, "custody.removed", now, child)


async def _publish(tx: Transaction, who: Who, child: str, families: list[Row], what: str, now: int, zone: ZoneInfo) -> None:
    pair = [one["id"] for one in families]
    for family in pair:
        await note(tx, family, who, what, now, child)
    await put_changes(tx, await changed_rows(tx, child, pair, day_of(now, zone), zone), now)


async def _families(reader: Any, child: str) -> list[Row]:
    """The two files that hold a child; a child of one file has nothing to share."""
    rows = await reader.all(
        "SELECT f.id, f.file_label, f.file_number FROM family_child fc JOIN family f ON f.id = fc.family_id"
        " WHERE fc.child_id = ? ORDER BY f.id",
        child,
    )
    if len(rows) != 2:
        raise Refusal("not_found")
    return list(rows)


def _checked(families: list[Row], written: Written, holidays: list[rules.Holiday]) -> Plan:
    first, second = families[0]["id"], families[1]["id"]
    splits = {name: Split(one.get("how", "cycle"), one.get("even", "")) for name, one in written.holidays.items()}  # type: ignore[arg-type]
    fault = rules.fault_in(written.cycle, splits, (first, second), (name for name, _, _ in holidays))
    try:
        anchor, since = date.fromisoformat(written.anchor), date.fromisoformat(written.since)
        days = {date.fromisoformat(day): family for day, family in written.days.items()}
    except ValueError:
        raise Refusal("custody_wrong", why="un des jours écrits n’existe pas") from None
    if fault is None and set(days.values()) - {first, second}:
        fault = "un des jours particuliers n’est chez aucun des deux parents"
    if fault is not None:
        raise Refusal("custody_wrong", why=fault)
    return Plan(first, second, anchor, written.cycle, since, splits, days)
