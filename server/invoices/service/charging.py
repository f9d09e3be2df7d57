"""A month of care as charges: what was booked and how the days went, each priced with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.database import Connection, Database, Row
from server.invoices.rules import Charge, due_date
from server.tariffs.service import Household, UnitTariff, households, unit_tariffs

BOOKED = """
    SELECT b.id, b.family_id, b.child_id, b.date, b.cents, o.unit_id, t.state AS ticked
    FROM booking b JOIN opening o ON o.id = b.opening_id
    LEFT JOIN attendance t ON t.child_id = b.child_id AND t.opening_id = b.opening_id
    WHERE b.state = 'booked' AND b.date >= ? AND b.date <= ? ORDER BY b.family_id, b.child_id, b.date, o.unit_id
"""
UNBOOKED = """
    SELECT t.child_id, t.date, o.unit_id, fc.family_id FROM attendance t JOIN opening o ON o.id = t.opening_id
    JOIN family_child fc ON fc.child_id = t.child_id
    WHERE t.state = 'present' AND t.date >= ? AND t.date <= ? AND NOT EXISTS
        (SELECT 1 FROM booking b WHERE b.child_id = t.child_id AND b.opening_id = t.opening_id AND b.state = 'booked')
    ORDER BY fc.family_id, t.child_id, t.date
"""


@dataclass(frozen=True)
class Care:
    """What a month of care comes to, and what stands against invoicing it."""

    charges: list[Charge]
    unticked: int
    unpriced: list[str]
    """Units without a price list in force."""


async def care_of(reader: Connection | Database, period: str) -> Care:
    """Everything of one month. Prices are those agreed when booking; absences follow the tariff's own rules."""
    first, last = f"{period}-01", f"{period}-31"
    booked = await reader.all(BOOKED, first, last)
    present = await reader.all(UNBOOKED, first, last)
    tariffs = await unit_tariffs(reader, _last_day(period))
    homes = await _homes(reader, sorted({row["family_id"] for row in (*booked, *present)}), _last_day(period))
    labels = await labels_of_units(reader)
    charges = [_booked(row, tariffs, homes, labels) for row in booked if row["unit_id"] in tariffs]
    charges += _unbooked(present, tariffs, homes, labels)
    unpriced = sorted({row["unit_id"] for row in (*booked, *present) if row["unit_id"] not in tariffs})
    unticked = sum(row["ticked"] is None for row in booked)
    return Care(charges, unticked, unpriced)


def _last_day(period: str) -> str:
    return due_date(f"{period}-01", 0)


async def _homes(reader: Connection | Database, families: Sequence[str], on: str) -> dict[str, Household]:
    found: dict[str, Household] = {}
    for start in range(0, len(families), 400):
        found |= await households(reader, families[start : start + 400], on)
    return found


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
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        key = (row["child_id"], row["date"], row["unit_id"])
        if key in seen or row["unit_id"] not in tariffs:
            continue
        seen.add(key)
        price = tariffs[row["unit_id"]].price(homes[row["family_id"]], row["child_id"], outcome="unbooked")
        label, category = labels[row["unit_id"]]
        package = price.of_one_booking != price.cents
        whose = (row["family_id"], row["child_id"], row["unit_id"])
        found.append(Charge(*whose, label, category, row["date"], price.cents, price.why, package))
    return found
