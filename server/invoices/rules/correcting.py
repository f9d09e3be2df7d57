"""What puts an issued invoice right: the lines of a credit note or of a corrective invoice. Pure; an issued line never changes."""

from collections.abc import Mapping, Sequence
from typing import Any

Line = dict[str, Any]


def current(lines: Sequence[Mapping[str, Any]], corrections: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The lines of an invoice as its corrections left them; `corrections` in the order in which they were issued.

    A correcting line says in its reason which position it is about (``of``), and what stands there since.
    """
    found = {line["position"]: {**dict(line)} for line in lines}
    for one in corrections:
        said = one["why"] or {}
        if said.get("of") in found:
            line = found[said["of"]]
            line |= {"quantity": said["quantity"], "unit_cents": said["unit_cents"]}
            line["amount_cents"] += one["amount_cents"]
    return [found[position] for position in sorted(found)]


def differences(lines: Sequence[Mapping[str, Any]], wanted: Mapping[int, tuple[int, int]]) -> list[Line]:
    """What to write down so that each position comes to the quantity and unit price that it should have had.

    A line whose price stays is corrected by pieces, one whose quantity stays by the difference of the price; both at once by
    the difference of the amounts.
    """
    found = []
    for line in lines:
        quantity, unit = wanted.get(line["position"], (line["quantity"], line["unit_cents"]))
        change = quantity * unit - line["amount_cents"]
        if not change:
            continue
        pieces, each = 1, change
        if unit == line["unit_cents"] and unit and change % unit == 0:
            pieces, each = abs(change // unit), unit if change > 0 else -unit
        elif quantity == line["quantity"] and quantity and change % quantity == 0:
            pieces, each = quantity, change // quantity
        why = {"kind": "correction", "decision": "", "of": line["position"], "quantity": quantity, "unit_cents": unit}
        found.append({
            "child": line["child"], "unit": line["unit"], "label": line["label"], "category": line["category"], "quantity": pieces,
            "unit_cents": each, "amount_cents": change, "days": None, "why": why,
        })  # fmt: skip
    return found
