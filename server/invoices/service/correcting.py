"""An issued invoice is put right by another paper: a credit note when it was too much, a corrective invoice when it was too little."""

import json
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.invoices.rules import current, differences, due_date, invoice_number
from server.invoices.service.numbering import REGIE, insert, numbers
from server.invoices.service.paying import enter_money
from server.invoices.service.reading import publish
from server.traces.service import Who, note

Reader = Connection | Database | Transaction
Added = Mapping[str, Any]


async def detail(reader: Reader, invoice: str) -> dict[str, Any]:
    """An invoice as it stands after its corrections, for the agent who puts it right.

    Raises:
        Refusal: ``not_found``.
    """
    found = await reader.one(
        "SELECT i.*, f.file_number, f.file_label FROM invoice i JOIN family f ON f.id = i.family_id WHERE i.id = ?", invoice
    )
    if found is None:
        raise Refusal("not_found")
    children = await reader.all(
        "SELECT c.id, c.first_name FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id = ? ORDER BY c.born_on, c.id",
        found["family_id"],
    )
    papers = await reader.all(
        "SELECT id, number, kind, total_cents, reason, issued_on FROM invoice WHERE corrects = ? ORDER BY number", invoice
    )
    names = {row["id"]: row["first_name"] for row in children}
    lines = [
        {name: line[name] for name in ("position", "child", "label", "quantity", "unit_cents", "amount_cents", "days")}
        | {"name": names.get(line["child"], "")}
        for line in await current_lines(reader, invoice)
    ]
    head = {name: found[name] for name in ("id", "number", "kind", "period", "total_cents", "file_number", "file_label")}
    return {**head, "lines": lines, "children": [dict(row) for row in children], "corrections": [dict(row) for row in papers]}


async def credit(tx: Transaction, invoice: str, reason: str, who: Who, now: int, today: str) -> str:
    """A credit note of all that is left of an invoice: what is due is cleared, what was paid becomes the family's credit. Its id.

    Raises:
        Refusal: ``not_found``; ``nothing_due`` when nothing is left of it, or when it is a credit note itself.
    """
    await tx.lock("invoice", [invoice])
    lines = await current_lines(tx, invoice)
    if lines and not any(line["amount_cents"] for line in lines):
        raise Refusal("nothing_due")
    return (await correct(tx, invoice, reason, {line["position"]: (0, line["unit_cents"]) for line in lines}, [], who, now, today))[0]


async def correct(
    tx: Transaction, invoice: str, reason: str, wanted: Mapping[int, tuple[int, int]], added: Sequence[Added],
    who: Who, now: int, today: str,
) -> tuple[str, str, int]:
    """Puts lines of an invoice right (`wanted`: position → quantity and unit price as they should be) and adds others to it.

    Returns the paper's id, its number and its amount: below zero a credit note, else a corrective invoice, to be paid.

    Raises:
        Refusal: ``not_found``; ``nothing_due`` for what is no invoice; ``not_possible`` when nothing would change.
    """
    await tx.lock("invoice", [invoice])
    found = await tx.one("SELECT * FROM invoice WHERE id = ?", invoice)
    if found is None:
        raise Refusal("not_found")
    if found["kind"] != "invoice":
        raise Refusal("nothing_due")
    lines = differences(await current_lines(tx, invoice), wanted) + [_line(one) for one in added]
    if not lines:
        raise Refusal("not_possible", why="rien n’est changé")
    total = sum(line["amount_cents"] for line in lines)
    paper, number = await _issue(tx, found, lines, total, reason, now, today)
    if total < 0:
        await enter_money(
            tx, found["family_id"], invoice, -total, "credit", today,
            source=f"credit/{paper}", reference=number, agent=who.account, now=now,
        )  # fmt: skip
    await note(tx, found["family_id"], who, "invoice.credited" if total <= 0 else "invoice.corrected", now, found["number"])
    await publish(tx, [invoice, paper], now)
    return paper, number, total


async def _issue(
    tx: Transaction, found: Row, lines: Sequence[dict[str, Any]], total: int, reason: str, now: int, today: str
) -> tuple[str, str]:
    number = await numbers(tx, int(today[:4])) + 1
    written, paper = invoice_number(int(today[:4]), number), f"inv_{token_hex(10)}"
    await insert(tx, {
        "id": paper, "family_id": found["family_id"], "number": written, "kind": "invoice" if total > 0 else "credit",
        "corrects": found["id"], "reason": reason, "source": f"correction/{paper}", "period": found["period"], "issued_on": today,
        "due_on": due_date(today) if total > 0 else today, "total_cents": total,
    }, lines)  # fmt: skip
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    return paper, written


def _line(one: Added) -> dict[str, Any]:
    return {
        "child": one["child"], "unit": one.get("unit"), "label": one["label"], "category": one["category"], "quantity": one["quantity"],
        "unit_cents": one["unit_cents"], "amount_cents": one["quantity"] * one["unit_cents"], "days": None,
        "why": {"kind": "correction", "decision": ""},
    }  # fmt: skip


async def current_lines(reader: Reader, invoice: str, *, added: bool = False) -> list[dict[str, Any]]:
    """The lines of an invoice as its corrections left them; `added`: with the lines that corrections added to it."""
    lines = await reader.all("SELECT * FROM invoice_line WHERE invoice_id = ? ORDER BY position", invoice)
    corrections = await reader.all(
        "SELECT l.* FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE i.corrects = ? ORDER BY i.number, l.position", invoice
    )
    read = [_read(line) for line in corrections]
    more = [line for line in read if "of" not in (line["why"] or {})] if added else []
    return current([_read(line) for line in lines], read) + more


def _read(line: Row) -> dict[str, Any]:
    held = dict(line)
    for name in ("days", "why"):
        held[name] = json.loads(held[name]) if isinstance(held[name], str) else held[name]
    return held
