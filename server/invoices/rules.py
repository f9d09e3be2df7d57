"""An invoice as its family reads it. Pure. Money is whole cents; a total is the sum of its lines, never typed."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def amount(quantity: int, unit_cents: int) -> int:
    """Whole cents need no rounding."""
    return quantity * unit_cents


def total(lines: Sequence[Row]) -> int:
    return sum(line["amount_cents"] for line in lines)


def invoice_number(year_month: str, rank: int) -> str:
    """``F-2026-10-000042``: gapless within a month, `rank` from 1."""
    return f"F-{year_month}-{rank:06d}"


def invoice_body(invoice: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """The row ``invoice/<id>``: `invoice` and `lines` as in the tables, lines in their order."""
    return {
        "number": invoice["number"],
        "period": invoice["period"],
        "issued_on": invoice["issued_on"],
        "due_on": invoice["due_on"],
        "total_cents": invoice["total_cents"],
        "paid_cents": invoice["paid_cents"],
        "paid_on": invoice["paid_on"],
        "lines": [
            {
                "child": line["child"],
                "label": line["label"],
                "quantity": line["quantity"],
                "unit_cents": line["unit_cents"],
                "amount_cents": line["amount_cents"],
            }
            for line in lines
        ],
    }
