"""An invoice as its family reads it. Pure. Money is whole cents; a total is the sum of its lines, never typed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def amount(quantity: int, unit_cents: int) -> int:
    """Whole cents need no rounding."""
    return quantity * unit_cents


def total(lines: Sequence[Row]) -> int:
    return sum(line["amount_cents"] for line in lines)


def invoice_number(year: int, rank: int) -> str:
    """``F-2026-000042``: gapless within a year, `rank` from 1."""
    return f"F-{year}-{rank:06d}"


def invoice_body(
    invoice: Row, lines: Sequence[Row], entries: Sequence[Row], live: Row | None, debit: Row | None = None, number: str | None = None
) -> dict[str, Any]:
    """The row ``invoice/<id>``: `entries` are its ledger, `live` its card payment and `debit` its direct debit that wait for the bank,
    `number` the one of the invoice that it corrects."""
    paid = sum(entry["cents"] for entry in entries)
    settled = paid >= invoice["total_cents"] > 0
    body = {
        "number": invoice["number"],
        "kind": invoice["kind"],
        "period": invoice["period"],
        "issued_on": invoice["issued_on"],
        "due_on": invoice["due_on"],
        "total_cents": invoice["total_cents"],
        "paid_cents": paid,
        "paid_on": max(entry["paid_on"] for entry in entries) if settled and entries else None,
        "lines": [_line(line) for line in lines],
        "payments": [
            {"id": entry["id"], "cents": entry["cents"], "mode": entry["mode"], "on": entry["paid_on"], "reference": entry["reference"]}
            for entry in entries
        ],
    }
    if invoice["corrects"]:
        body |= {"corrects": invoice["corrects"], "corrects_number": number, "reason": invoice["reason"]}
    if invoice["reminded_on"]:
        body["reminded_on"] = invoice["reminded_on"]
    if debit:
        body["debit"] = dict(debit)
    return body | ({"live": {"payment": live["id"], "cents": live["cents"]}} if live else {})


def _line(line: Row) -> dict[str, Any]:
    body = {name: line[name] for name in ("child", "label", "quantity", "unit_cents", "amount_cents")}
    for name in ("days", "why"):
        if line[name] is not None:
            body[name] = json.loads(line[name]) if isinstance(line[name], str) else line[name]
    return body
