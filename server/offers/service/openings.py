"""The openings of a unit, made from the school calendar and its exceptions; what is booked stays open."""

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from server.activities.rules import Limits, NoLimit, RulePair, fault_in, limits, terms_of
from server.activities.service import opening_month, openings_scope, school_year
from server.activities.service.ruling import town_calendar
from server.database import Transaction
from server.errors import Refusal
from server.feed.service import Changes, put_changes
from server.offers import rules
from server.offers.service.reading import unit_of

if TYPE_CHECKING:
    from server.offers.service.editing import Editor

NEVER = Limits(0, 0)


async def reopen_unit(tx: Transaction, editor: "Editor", id: str) -> dict[str, Any]:
    """Makes the openings from today on those that the unit's pattern says: ``{openings, kept}``.

    Raises:
        Refusal: ``unit_impossible``, the unit's limits cannot be true on one of the days.
    """
    row = await tx.one("SELECT * FROM unit WHERE id = ?", id)
    assert row is not None
    unit, calendar = unit_of(row), await town_calendar(tx)
    terms = terms_of(msgspec.convert(json.loads(row["terms"]), RulePair)) if row["terms"] else None
    first = max(editor.first, editor.today)
    days = rules.days_of(unit, date.fromisoformat(first), date.fromisoformat(editor.last), calendar)
    if terms is not None:
        fault = fault_in(terms, days, unit["starts"], calendar, editor.zone)
        if fault is not None:
            raise Refusal("unit_impossible", why=str(fault))
    held = {one["date"]: one["id"] for one in await tx.all("SELECT id, date FROM opening WHERE unit_id = ? AND date >= ?", id, first)}
    kept = await _close_others(tx, id, {day for day in held if day not in {one.isoformat() for one in days}})
    for day in days:
        try:
            found = limits(terms, day, unit["starts"], calendar, editor.zone) if terms is not None else NEVER
        except NoLimit as error:  # pragma: no cover, fault_in looked at every day
            raise Refusal("unit_impossible", why=str(error)) from error
        await _put_opening(tx, id, day.isoformat(), found, unit["counts"])
    await _publish_months(tx, editor, unit["place"], id, {day[:7] for day in (*held, *(one.isoformat() for one in days))})
    return {"openings": len(days), "kept": kept}


async def _put_opening(tx: Transaction, unit: str, day: str, found: Limits, counts: list[str]) -> None:
    pools = sorted(f"{code}:{day}" for code in counts)
    for pool in pools:
        await tx.run(
            "INSERT INTO place_pool (id, capacity, taken, level) SELECT ?, capacity, 0, 0 FROM capacity_unit WHERE id = ?"
            " ON CONFLICT (id) DO NOTHING",
            pool, pool.rpartition(":")[0],
        )  # fmt: skip
    await tx.run(
        "INSERT INTO opening (id, unit_id, date, closed, add_until, remove_until, opens_at, opens_outside_at, late_add_until,"
        " late_remove_until, pools) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " add_until = excluded.add_until, remove_until = excluded.remove_until, opens_at = excluded.opens_at,"
        " opens_outside_at = excluded.opens_outside_at, late_add_until = excluded.late_add_until,"
        " late_remove_until = excluded.late_remove_until, pools = excluded.pools",
        f"{unit}:{day}", unit, day, False, found.add, found.remove, found.opens, found.opens_outside, found.late_add,
        found.late_remove, json.dumps(pools),
    )  # fmt: skip


async def _close_others(tx: Transaction, unit: str, days: set[str]) -> list[str]:
    """Takes away the days that are no more in the pattern; those on which anything happened stay, and are told."""
    kept = []
    for day in sorted(days):
        opening = f"{unit}:{day}"
        used = await tx.one("SELECT id FROM booking WHERE opening_id = ? LIMIT 1", opening)
        used = used or await tx.one("SELECT id FROM attendance WHERE opening_id = ? LIMIT 1", opening)
        if used:
            kept.append(day)
        else:
            await tx.run("DELETE FROM opening WHERE id = ?", opening)
    return kept


async def _publish_months(tx: Transaction, editor: "Editor", place: str, unit: str, months: set[str]) -> None:
    changes: Changes = {}
    for month in sorted(months):
        scope = openings_scope(school_year(date.fromisoformat(f"{month}-01")), place)
        rows: dict[str, Any] = dict(await opening_month(tx, unit, month))
        changes.setdefault(scope, {}).update(rows or {f"open/{unit}/{month}": None})
    await put_changes(tx, changes, editor.now)


