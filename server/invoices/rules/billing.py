"""From a month of care to invoices. Pure: what was booked and how the days went, in; lines, out."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Charge:
    """One day of one child in one unit, priced. ``package``: due once a month, whatever the number of days."""

    family: str
    child: str
    unit: str
    label: str
    category: str
    date: str
    cents: int
    why: dict[str, Any] = field(hash=False)
    package: bool = False


@dataclass
class Draft:
    """What a family would be invoiced."""

    family: str
    lines: list[dict[str, Any]]

    @property
    def total_cents(self) -> int:
        return sum(line["amount_cents"] for line in self.lines)


def drafts(charges: Iterable[Charge]) -> list[Draft]:
    """One per family, by family; one line per child, unit, price and reason, with its days."""
    groups: dict[str, dict[tuple[str, str, int, str], list[Charge]]] = defaultdict(lambda: defaultdict(list))
    for charge in charges:
        steps = str(charge.why.get("steps", ""))
        groups[charge.family][charge.child, charge.label, charge.cents, steps].append(charge)
    found = []
    for family in sorted(groups):
        lines = [_line(some) for _, some in sorted(groups[family].items(), key=lambda item: item[0])]
        lines = [line for line in lines if line["amount_cents"]]
        if lines:
            found.append(Draft(family, lines))
    return found


def _line(charges: list[Charge]) -> dict[str, Any]:
    first = charges[0]
    quantity = 1 if first.package else len(charges)
    return {
        "child": first.child,
        "unit": first.unit,
        "label": first.label,
        "category": first.category,
        "quantity": quantity,
        "unit_cents": first.cents,
        "amount_cents": quantity * first.cents,
        "days": sorted(charge.date for charge in charges),
        "why": first.why,
    }


def due_date(issued_on: str, days: int = 25) -> str:
    """Payable until the end of the month, or `days` days when that is later."""
    issued = date.fromisoformat(issued_on)
    last = issued.replace(day=monthrange(issued.year, issued.month)[1])
    return max(last, date.fromordinal(issued.toordinal() + days)).isoformat()
