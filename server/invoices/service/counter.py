"""Money at the régie's counter, and the credit that a family has with it."""

from server.database import Connection, Database, Transaction
from server.errors import Refusal
from server.invoices.service.paying import enter_money
from server.invoices.service.reading import due, publish
from server.traces.service import Who, note


async def at_counter(
    tx: Transaction, invoice: str, cents: int, mode: str, paid_on: str, reference: str | None, key: str, who: Who, now: int
) -> None:
    """Cash, a cheque, CESU or a transfer, entered once by its `key`; what is above the invoice becomes the family's credit.

    Raises:
        Refusal: ``not_found``, ``entered_before``.
    """
    found = await tx.one("SELECT family_id, number, kind FROM invoice WHERE id = ?", invoice)
    if found is None or found["kind"] != "invoice":
        raise Refusal("not_found")
    made = await enter_money(
        tx, found["family_id"], invoice, cents, mode, paid_on, source=f"counter/{key}", reference=reference, agent=who.account, now=now
    )
    if not made:
        raise Refusal("entered_before")
    await note(tx, found["family_id"], who, "invoice.counter", now, found["number"])
    await publish(tx, [invoice], now)


async def credit_of(reader: Connection | Database | Transaction, family: str) -> int:
    """What the town holds for a family and no invoice took yet."""
    found = await reader.one("SELECT COALESCE(SUM(cents), 0) AS cents FROM ledger_entry WHERE family_id = ? AND invoice_id IS NULL", family)
    return int(found["cents"]) if found else 0


async def use_credit(tx: Transaction, invoice: str, key: str, who: Who, now: int, today: str) -> int:
    """Pays what it can of an invoice with the family's credit; how much.

    Raises:
        Refusal: ``not_found``; ``nothing_due`` when nothing is due or there is no credit; ``entered_before``.
    """
    await tx.lock("invoice", [invoice])
    found = await tx.one("SELECT family_id, number, kind FROM invoice WHERE id = ?", invoice)
    if found is None or found["kind"] != "invoice":
        raise Refusal("not_found")
    await tx.lock("family", [found["family_id"]])
    cents = min(await credit_of(tx, found["family_id"]), await due(tx, invoice))
    if cents <= 0:
        raise Refusal("nothing_due")
    sql = (
        "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, reference, source, agent, entered_at)"
        " VALUES (?, ?, ?, ?, 'credit', ?, ?, ?, ?, ?) ON CONFLICT (source) DO NOTHING RETURNING id"
    )
    for where, amount, side in ((invoice, cents, "to"), (None, -cents, "from")):
        entry = (f"led_{key}_{side}"[:40], found["family_id"], where, amount, today, found["number"], f"use/{key}/{side}", who.account, now)
        if await tx.one(sql, *entry) is None:
            raise Refusal("entered_before")
    await note(tx, found["family_id"], who, "invoice.counter", now, found["number"])
    await publish(tx, [invoice], now)
    return cents
