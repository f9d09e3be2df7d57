"""Quotients that came after the invoice: what a month would cost by now, and the credit note of the difference.

Only where the town's setting says ``late_quotient = "credit"``, only downwards, and only by an agent's hand.
"""

from collections import defaultdict
from typing import Any

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.invoices.rules import BillingRules, drafts
from server.invoices.service.charging import book_of, care_of
from server.invoices.service.correcting import correct, current_lines
from server.traces.service import Who

REASON = "Quotient familial connu après la facture"
CONCERNED = """
    SELECT DISTINCT i.id, i.number, i.period, i.family_id, i.total_cents, f.file_number, f.file_label
    FROM family_quotient q JOIN invoice i ON i.family_id = q.family_id JOIN family f ON f.id = i.family_id
    WHERE q.value IS NOT NULL AND q.known_on > '0001-01-01' AND q.known_on >= i.issued_on AND i.kind = 'invoice' AND i.source LIKE 'run/%'
        AND SUBSTR(q.own_from, 1, 7) <= i.period ORDER BY i.number
"""
Key = tuple[str | None, str | None, str]


async def to_regularise(reader: Connection | Database, rules: BillingRules) -> list[dict[str, Any]]:
    """The invoices that a late quotient makes too dear, and by how much."""
    if rules.late_quotient != "credit":
        return []
    found = []
    for invoice in await reader.all(CONCERNED):
        lower = sum(one["unit_cents"] for one in await _lower(reader, invoice, rules))
        if lower:
            names = ("id", "number", "period", "file_number", "file_label")
            found.append({**{name: invoice[name] for name in names}, "cents": -lower})
    return found


async def regularise(tx: Transaction, invoice: str, rules: BillingRules, who: Who, now: int, today: str) -> tuple[str, int]:
    """Issues the credit note of one of them; its number and its amount.

    Raises:
        Refusal: ``not_found`` for an invoice that no late quotient makes dearer.
    """
    await tx.lock("invoice", [invoice])
    concerned = next((row for row in await tx.all(CONCERNED) if row["id"] == invoice), None)
    lines = await _lower(tx, concerned, rules) if concerned and rules.late_quotient == "credit" else []
    if not lines:
        raise Refusal("not_found")
    _, number, total = await correct(tx, invoice, REASON, {}, lines, who, now, today)
    return number, total


async def _lower(reader: Connection | Database | Transaction, invoice: Row, rules: BillingRules) -> list[dict[str, Any]]:
    """A line for each child and activity that would cost less by now, with what stands on the invoice and on its corrections taken in."""
    book = await book_of(reader, invoice["period"], rules)  # type: ignore[arg-type]
    care = await care_of(reader, book, [invoice["family_id"]])  # type: ignore[arg-type]
    by_now: dict[Key, int] = defaultdict(int)
    for draft in drafts(care.charges):
        for line in draft.lines:
            by_now[line["child"], line["unit"], line["label"]] += line["amount_cents"]
    stands: dict[Key, int] = defaultdict(int)
    about: dict[Key, dict[str, Any]] = {}
    for line in await current_lines(reader, invoice["id"], added=True):
        key = (line["child"], line["unit"], line["label"])
        stands[key] += line["amount_cents"]
        about[key] = line
    return [
        {
            "child": key[0], "unit": key[1], "label": key[2], "category": about[key]["category"], "quantity": 1,
            "unit_cents": by_now[key] - cents,
        }
        for key, cents in sorted(stands.items(), key=str)
        if key[1] and by_now[key] < cents
    ]  # fmt: skip
