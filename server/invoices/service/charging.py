"""A month of care as charges: what was booked and how the days went, each priced with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.database import Connection, Database, Row, marks
from server.invoices.rules import Charge, due_date
from server.tariffs.service import Household, UnitTariff, households, unit_tariffs

BOOKED = """
    SELECT b.id, b.family_id, b.child_id, b.date, b.cents, o.unit_id, t.state AS ticked
    FROM booking b JOIN opening o ON o.id = b.opening_id
    LEFT JOIN attendance t ON t.child_id = b.child_id AND t.opening_id = b.opening_id
    WHERE b.family_id IN ({families}) AND b.date >= ? AND b.date <= ? AND b.state = 'booked'
    ORDER BY b.family_id, b.child_id, b.date, o.unit_id
"""
UNBOOKED = """
    SELECT t.child_id, t.date, o.unit_id, fc.family_id FROM family_child fc JOIN attendance t ON t.child_id = fc.child_id
    JOIN opening o ON o.id = t.opening_id
    WHERE fc.family_id IN ({families}) AND t.date >= ? AND t.date <= ? AND t.state = 'present' AND NOT EXISTS
        (SELECT 1 FROM booking b WHERE b.child_id = t.child_id AND b.opening_id = t.opening_id AND b.state = 'booked')
        AND NOT EXISTS (SELECT 1 FROM family_child other WHERE other.child_id = fc.child_id AND other.family_id < fc.family_id)
    ORDER BY fc.family_id, t.child_id, t.date
"""


@dataclass(frozen=True)
class Care:
    """What a month of care comes to, and what stands against invoicing it."""

    charges: list[Charge]
    unticked: int
    unpriced: list[str]
    """Units without a price list in force."""


@dataclass(frozen=True)
class Book:
    """The price lists of a month and what stands on its lines: read once for all families."""

    period: str
    tariffs: dict[str, UnitTariff]
    labels: dict[str, tuple[str, str]]


async def book_of(reader: Connection | Database, period: str) -> Book:
    return Book(period, await unit_tariffs(reader, last_day(period)), await labels_of_units(reader))


async def care_of(reader: Connection | Database, book: Book, families: Sequence[str]) -> Care:
    """A month of some families. Prices are those agreed when booking; absences follow the tariff's own rules."""
    among, bounds = {"families": marks(families)}, (f"{book.period}-01", f"{book.period}-31")
    booked = await reader.all(BOOKED.format(**among), *families, *bounds)
    present = await reader.all(UNBOOKED.format(**among), *families, *bounds)
    priced = book.tariffs
    concerned = sorted({row["family_id"] for row in (*booked, *present)})
    homes = await households(reader, concerned, last_day(book.period))
    charges = [_booked(row, priced, homes, book.labels) for row in booked if row["unit_id"] in priced]
    charges += _unbooked(present, priced, homes, book.labels)
    unpriced = sorted({row["unit_id"] for row in (*booked, *present) if row["unit_id"] not in priced})
    unticked = sum(row["ticked"] is None for row in booked)
    return Care(charges, unticked, unpriced)


def last_day(period: str) -> str:
    return due_date(f"{period}-01", 0)


async def labels_of_units(reader: Connection | Database) -> dict[str, tuple[str, str]]:
    """unit → what stands on the line, and the category of its activity."""
    rows = await reader.all("SELECT u.id, u.name, a.name AS activity, a.category FROM unit u JOIN activity a ON a.code = u.activity_id")
    return {
        row["id"]: (row["activity"] if row["name"] == row["activity"] else f"{row['activity']} – {row['name']}", row["category"])
        for row in rows
    }


def _booked(
    row: Row, tariffs: dict[str, UnitTariff], homes: dict[str, Household], labels: dict[str, tuple[str, str]]
) -> Charge:
    tariff = tariffs[row["unit_id"]]
    outcome = row["ticked"] or "present"
    now = tariff.price(homes[row["family_id"]], row["child_id"])
    package = now.of_one_booking != now.cents
    # What was agreed when booking stands; its reasons are told while they still lead to it.
    agreed = now.why if now.cents == row["cents"] else {"kind": "agreed", "decision": ""}
    cents, why = (now.cents, now.why) if package else (row["cents"], agreed)
    if outcome != "present" and not package:
        share = getattr(tariff.tariff.terms.outcomes, outcome)
        cents = (2 * cents * share + 100) // 200
        why = {**why, "steps": [*why.get("steps", []), {"label": outcome, "share": share}]}
    label, category = labels[row["unit_id"]]
    return Charge(row["family_id"], row["child_id"], row["unit_id"], label, category, row["date"], cents, why, package)


def _unbooked(
    rows: Sequence[Row], tariffs: dict[str, UnitTariff], homes: dict[str, Household], labels: dict[str, tuple[str, str]]
) -> list[Charge]:
    """Present without a booking. A child of two homes is charged to the first only: a person decides otherwise by a credit note."""
    found: list[Charge] = []
    for row in rows:
        if row["unit_id"] not in tariffs:
            continue
        price = tariffs[row["unit_id"]].price(homes[row["family_id"]], row["child_id"], outcome="unbooked")
        label, category = labels[row["unit_id"]]
        package = price.of_one_booking != price.cents
        whose = (row["family_id"], row["child_id"], row["unit_id"])
        found.append(Charge(*whose, label, category, row["date"], price.cents, price.why, package))
    return found
