"""Plans read from the tables, and the rows that devices hold of them."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.activities.service import school_holidays, school_year, year_bounds
from server.custody import rules, texts
from server.custody.rules import Plan, Split
from server.database import Connection, Database, Row, marks
from server.families.service import scope_of
from server.feed.service import Changes
from server.instants import iso

Reader = Connection | Database
Rows = dict[str, dict[str, Any]]
KEPT_DAYS = 60


async def plans(reader: Reader, children: Iterable[str]) -> dict[str, Plan]:
    """child → its plan, for those that have one."""
    wanted = sorted(set(children))
    if not wanted:
        return {}
    found = await reader.all(f"SELECT * FROM custody WHERE id IN ({marks(wanted)})", *wanted)
    if not found:
        return {}
    days: dict[str, dict[date, str]] = {}
    for row in await reader.all(f"SELECT child, date, family FROM custody_day WHERE child IN ({marks(wanted)})", *wanted):
        days.setdefault(row["child"], {})[date.fromisoformat(row["date"])] = row["family"]
    return {row["id"]: _plan(row, days.get(row["id"], {})) for row in found}


def _plan(row: Row, days: Mapping[date, str]) -> Plan:
    splits = {name: Split(one["how"], one.get("even", "")) for name, one in json.loads(row["holidays"]).items()}
    since, anchor = date.fromisoformat(row["since"]), date.fromisoformat(row["anchor"])
    return Plan(row["family_a"], row["family_b"], anchor, row["cycle"], since, splits, days)


async def owners(reader: Reader, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(child, date) → the family whose day it is; what no plan decides is left out."""
    pairs = set(wanted)
    found = await plans(reader, {child for child, _ in pairs})
    if not found:
        return {}
    holidays = await school_holidays(reader)
    told = {}
    for child, day in pairs:
        family = rules.owner(found[child], date.fromisoformat(day), holidays) if child in found else None
        if family is not None:
            told[child, day] = family
    return told


async def custody_rows(reader: Reader, family: str, today: str, zone: ZoneInfo) -> Rows:
    """``custody/<child>`` and ``swap/<request>`` of a family's children."""
    held = await reader.all("SELECT child_id FROM family_child WHERE family_id = ?", family)
    return await rows_of(reader, family, [row["child_id"] for row in held], today, zone)


async def rows_of(reader: Reader, family: str, children: Iterable[str], today: str, zone: ZoneInfo) -> Rows:
    found = await plans(reader, children)
    if not found:
        return {}
    holidays = await school_holidays(reader)
    first, last = (date.fromisoformat(day) for day in year_bounds(school_year(date.fromisoformat(today))))
    rows: Rows = {}
    for child, plan in found.items():
        names = {family: "chez vous", plan.other(family): "chez l’autre parent"}
        rows[f"custody/{child}"] = {
            "from": first.isoformat(), "runs": rules.runs(plan, family, first, last, holidays), "words": texts.sentence(plan, names),
        }  # fmt: skip
    wanted = sorted(found)
    since = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
    for row in await reader.all(f"SELECT * FROM custody_ask WHERE child IN ({marks(wanted)}) AND date >= ?", *wanted, since):
        rows[f"swap/{row['id']}"] = _ask_row(row, family, zone)
    return rows


def _ask_row(row: Row, family: str, zone: ZoneInfo) -> dict[str, Any]:
    """`mine`: this family asked. What was written is read by both: it is meant for the other one."""
    body = {
        "child": row["child"], "date": row["date"], "mine": row["asker"] == family, "state": row["state"],
        "asked_at": iso(row["asked_at"], zone),
    }  # fmt: skip
    if row["note"]:
        body["note"] = row["note"]
    if row["decided_at"]:
        body["decided_at"] = iso(row["decided_at"], zone)
    return body


async def changed_rows(reader: Reader, child: str, families: Iterable[str], today: str, zone: ZoneInfo) -> Changes:
    """What both families hold of a child's days, after something changed."""
    return {scope_of(family): dict(await rows_of(reader, family, [child], today, zone)) for family in families}
