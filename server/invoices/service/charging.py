"""A month of care as charges: what was booked and how the days went, each day priced with its reasons."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.database import Connection, Database, Row, marks
from server.families.service import quotients_of
from server.invoices.rules import BillingRules, Charge, Known, due_date
from server.invoices.service.pricing import Book, Day, charges_of
from server.tariffs.service import households, unit_versions

BOOKED = """
    SELECT b.family_id, b.child_id, b.date, b.state, b.cents, b.late_cents, b.owed_cents, o.unit_id, t.state AS ticked, t.late_minutes
    FROM booking b JOIN opening o ON o.id = b.opening_id
    LEFT JOIN attendance t ON t.child_id = b.child_id AND t.opening_id = b.opening_id
    WHERE b.family_id IN ({families}) AND b.date >= ? AND b.date <= ?
        AND (b.state = 'booked' OR (b.state = 'cancelled' AND b.owed_cents > 0))
    ORDER BY b.family_id, b.child_id, b.date, o.unit_id
"""
UNBOOKED = """
    SELECT t.child_id, t.date, o.unit_id, fc.family_id, t.late_minutes FROM family_child fc JOIN attendance t ON t.child_id = fc.child_id
    JOIN opening o ON o.id = t.opening_id
    WHERE fc.family_id IN ({families}) AND t.date >= ? AND t.date <= ? AND t.state = 'present' AND NOT EXISTS
        (SELECT 1 FROM booking b WHERE b.child_id = t.child_id AND b.opening_id = t.opening_id AND b.state = 'booked')
        AND NOT EXISTS (SELECT 1 FROM family_child other WHERE other.child_id = fc.child_id AND other.family_id < fc.family_id)
    ORDER BY fc.family_id, t.child_id, t.date
"""
PACKAGES = """
    SELECT i.family_id, l.child, l.unit, l.days FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
    WHERE i.family_id IN ({families}) AND i.kind = 'invoice' AND i.period >= ? AND i.period < ? AND l.unit IN ({units})
"""


@dataclass(frozen=True)
class Care:
    """What a month of care comes to, and what stands against invoicing it."""

    charges: list[Charge]
    unticked: int
    unpriced: list[str]
    """Units without a price list in force."""


async def book_of(reader: Connection | Database, period: str, rules: BillingRules | None = None) -> Book:
    """What is read once for all families of a month."""
    holidays = await reader.all("SELECT ends_on FROM calendar_period WHERE kind = 'school_holiday' ORDER BY ends_on")
    versions = await unit_versions(reader, f"{period}-01", last_day(period))
    return Book(period, versions, await labels_of_units(reader), rules or BillingRules(), [row["ends_on"] for row in holidays])


async def care_of(reader: Connection | Database, book: Book, families: Sequence[str]) -> Care:
    """A month of some families. What was agreed when booking is the most that is charged, unless the town says otherwise."""
    among, bounds = {"families": marks(families)}, (f"{book.period}-01", f"{book.period}-31")
    booked = await reader.all(BOOKED.format(**among), *families, *bounds)
    present = await reader.all(UNBOOKED.format(**among), *families, *bounds)
    concerned = sorted({row["family_id"] for row in (*booked, *present)})
    homes = await households(reader, concerned, last_day(book.period))
    history = await quotients_of(reader, concerned)  # type: ignore[arg-type]
    paid = await _packages_before(reader, book, concerned)
    days: dict[str, list[Day]] = defaultdict(list)
    for row in booked:
        days[row["family_id"]].append(_day(row))
    for row in present:
        some = (row["child_id"], row["unit_id"], row["date"])
        days[row["family_id"]].append(Day(*some, None, outcome="unbooked", late_minutes=row["late_minutes"] or 0))
    charges: list[Charge] = []
    for family in concerned:
        known = [Known(row["value"], row["known_on"], row["own_from"]) for row in history[family]]
        charges += charges_of(book, family, homes[family], known, days[family], paid.get(family, {}))
    unpriced = sorted({day.unit for some in days.values() for day in some if book.tariff(day.unit, day.date) is None})
    unticked = sum(row["ticked"] is None for row in booked if row["state"] == "booked")
    return Care(charges, unticked, unpriced)


def _day(row: Row) -> Day:
    some = (row["child_id"], row["unit_id"], row["date"])
    if row["state"] == "cancelled":
        return Day(*some, row["owed_cents"], outcome="cancelled")
    late = row["late_cents"] or 0
    return Day(*some, row["cents"] - late, row["ticked"] or "present", late, row["late_minutes"] or 0)


async def _packages_before(reader: Connection | Database, book: Book, families: Sequence[str]) -> dict[str, Mapping[tuple[str, str], str]]:
    """family → (child, unit) → the last day that a package invoiced since September stands for."""
    units = book.packages()
    if not units or not families:
        return {}
    year = int(book.period[:4]) - (int(book.period[5:]) < 9)
    found: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    sql = PACKAGES.format(families=marks(families), units=marks(units))
    for row in await reader.all(sql, *families, f"{year}-09", book.period, *units):
        days = _json(row["days"]) or [""]
        key = (row["child"], row["unit"])
        found[row["family_id"]][key] = max(found[row["family_id"]].get(key, ""), days[-1])
    return dict(found)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def last_day(period: str) -> str:
    return due_date(f"{period}-01", 0)


async def labels_of_units(reader: Connection | Database) -> dict[str, tuple[str, str]]:
    """unit → what stands on the line, and the category of its activity."""
    rows = await reader.all("SELECT u.id, u.name, a.name AS activity, a.category FROM unit u JOIN activity a ON a.code = u.activity_id")
    return {
        row["id"]: (row["activity"] if row["name"] == row["activity"] else f"{row['activity']} – {row['name']}", row["category"])
        for row in rows
    }
