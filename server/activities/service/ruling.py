"""Rules as agents meet them: read back, tried on a day before they count, changed."""

import json
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server.activities.rules import Calendar, Limits, NoLimit, RulePair, Terms, Unwritable, fault_in, limits, terms_of
from server.activities.service.offer import catalog_scope, opening_month, openings_scope, school_year, unit_rows
from server.activities.texts import terms_sentence
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.feed.service import Changes, put_changes
from server.instants import day_of, iso

Reader = Connection | Database
COLUMNS = {
    "opens": "opens_at", "opens_outside": "opens_outside_at", "add": "add_until", "late_add": "late_add_until",
    "remove": "remove_until", "late_remove": "late_remove_until",
}  # fmt: skip


async def rules_of_service(reader: Reader, service: str | None) -> list[dict[str, Any]]:
    """The units of a service that can be booked, with their rule as it reads and as it is written."""
    rows = await reader.all(
        "SELECT u.id, u.name, u.rule, u.terms, u.starts, u.ends, a.name AS activity, p.name AS place FROM unit u"
        " JOIN activity a ON a.code = u.activity_id JOIN place p ON p.code = u.place_id"
        " WHERE a.service_id = ? AND u.terms IS NOT NULL ORDER BY a.position, u.position",
        service or "",
    )
    return [{**dict(row), "terms": json.loads(row["terms"])} for row in rows]


async def preview(
    reader: Reader, service: str | None, unit: str, day: str, written: RulePair | None, zone: ZoneInfo
) -> dict[str, Any]:
    """What a rule gives on a day: from when, until when, in what order. `written`: a rule to try; None: the unit's own.

    The day may be any day, open or not. `fault`: why the rule could not be entered, on the unit's own opening days.

    Raises:
        Refusal: ``not_found``; ``rule_impossible``, what is written is no rule.
    """
    found = await _unit(reader, service, unit)
    terms = _terms(written) if written else terms_of(msgspec.convert(json.loads(found["terms"]), RulePair))
    calendar = await town_calendar(reader)
    days = await _days(reader, unit)
    fault = fault_in(terms, days, found["starts"], calendar, zone)
    target = _day(day)
    told: dict[str, Any] = {
        "sentence": terms_sentence(terms), "opens_that_day": target in days, "starts": found["starts"],
        "fault": None if fault is None else {"key": fault.key, "said": str(fault)},
    }  # fmt: skip
    try:
        instants = limits(terms, target, found["starts"], calendar, zone)
    except NoLimit:
        return {**told, "limits": None}
    return {**told, "limits": {name: _iso(instants, name, zone) for name in COLUMNS}}


async def change_rule(
    database: Database, service: str | None, units: Sequence[str], written: RulePair, now: int, zone: ZoneInfo
) -> dict[str, Any]:
    """Gives units another rule, from today's openings on; what is booked stays booked.

    Raises:
        Refusal: ``not_found``; ``rule_impossible`` with the reason and the day that shows it.
    """
    return await database.retrying(partial(_change, service=service, units=units, written=written, now=now, zone=zone))


async def _change(
    tx: Transaction, service: str | None, units: Sequence[str], written: RulePair, now: int, zone: ZoneInfo
) -> dict[str, Any]:
    terms, calendar, today = _terms(written), await town_calendar(tx), day_of(now, zone)
    sentence, changes, changed = terms_sentence(terms), Changes(), 0
    for unit in sorted(set(units)):
        found = await _unit(tx, service, unit)
        days = [day for day in await _days(tx, unit) if day.isoformat() >= today]
        fault = fault_in(terms, days, found["starts"], calendar, zone)
        if fault is not None:
            raise Refusal("rule_impossible", why=f"{found['name']} : {fault}")
        await tx.run("UPDATE unit SET terms = ?, rule = ? WHERE id = ?", msgspec.json.encode(written).decode(), sentence, unit)
        await tx.many(
            f"UPDATE opening SET {', '.join(f'{column} = ?' for column in COLUMNS.values())} WHERE id = ?",
            [_values(limits(terms, day, found["starts"], calendar, zone), f"{unit}:{day}") for day in days],
        )
        changed += len(days)
        year = school_year(date.fromisoformat(today))
        changes.setdefault(catalog_scope(year), {}).update(await unit_rows(tx, unit))
        for month in sorted({day.isoformat()[:7] for day in days}):
            scope = openings_scope(school_year(date.fromisoformat(f"{month}-01")), found["place_id"])
            changes.setdefault(scope, {}).update(await opening_month(tx, unit, month))
    await put_changes(tx, changes, now)
    return {"sentence": sentence, "openings": changed}


def _values(found: Limits, opening: str) -> list[Any]:
    return [*(getattr(found, name) for name in COLUMNS), opening]


def _iso(found: Limits, name: str, zone: ZoneInfo) -> str | None:
    at = getattr(found, name)
    return None if at is None else iso(at, zone)


def _terms(written: RulePair) -> Terms:
    try:
        return terms_of(written)
    except Unwritable as error:
        raise Refusal("rule_impossible", why=str(error)) from error


def _day(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise Refusal("malformed", path="date") from error


async def _unit(reader: Reader, service: str | None, unit: str) -> Row:
    found = await reader.all(
        "SELECT u.* FROM unit u JOIN activity a ON a.code = u.activity_id WHERE u.id = ? AND a.service_id = ? AND u.terms IS NOT NULL",
        unit, service or "",
    )
    if not found:
        raise Refusal("not_found")
    return found[0]


async def _days(reader: Reader, unit: str) -> list[date]:
    rows = await reader.all("SELECT date FROM opening WHERE unit_id = ? ORDER BY date", unit)
    return [date.fromisoformat(row["date"]) for row in rows]


async def town_calendar(reader: Reader) -> Calendar:
    closed: set[date] = set()
    holidays: set[date] = set()
    for period in await reader.all("SELECT kind, starts_on, ends_on FROM calendar_period"):
        first, last = date.fromisoformat(period["starts_on"]), date.fromisoformat(period["ends_on"])
        days = {date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)}
        (holidays if period["kind"] == "school_holiday" else closed).update(days)
    return Calendar(frozenset(closed), frozenset(holidays))
