"""What happens to an issued invoice at the régie's desk: it is corrected by another paper, and money comes in for it."""

from secrets import token_hex

from server.database import Transaction
from server.errors import Refusal
from server.invoices.rules import invoice_number
from server.invoices.service.numbering import REGIE, insert, numbers
from server.invoices.service.paying import enter_money
from server.invoices.service.reading import bodies, publish
from server.traces.service import Who, note


async def credit(tx: Transaction, invoice: str, reason: str, who: Who, now: int, today: str) -> str:
    """A credit note of a whole invoice: what is still due is cleared, what was paid becomes the family's credit. Its id.

    Raises:
        Refusal: ``not_found``; ``nothing_due`` when it was credited before, or is a credit note itself.
    """
    await tx.lock("invoice", [invoice])
    found = await tx.one("SELECT * FROM invoice WHERE id = ?", invoice)
    if found is None:
        raise Refusal("not_found")
    if found["kind"] != "invoice" or await tx.one("SELECT id FROM invoice WHERE corrects = ?", invoice):
        raise Refusal("nothing_due")
    number = await numbers(tx, int(today[:4])) + 1
    id = f"inv_{token_hex(10)}"
    lines = [
        {**line, "unit_cents": -line["unit_cents"], "amount_cents": -line["amount_cents"]}
        for line in (await bodies(tx, [found]))[invoice]["lines"]
    ]
    await insert(tx, {
        "id": id, "family_id": found["family_id"], "number": invoice_number(int(today[:4]), number), "kind": "credit", "corrects": invoice,
        "reason": reason, "source": f"credit/{invoice}", "period": found["period"], "issued_on": today, "due_on": today,
        "total_cents": -found["total_cents"],
    }, lines)  # fmt: skip
    await tx.run("UPDATE invoice_counter SET last_number = ? WHERE id = ?", number, f"{REGIE}:{today[:4]}")
    await enter_money(
        tx, found["family_id"], invoice, found["total_cents"], "credit", today,
        source=f"credit/{invoice}", reference=invoice_number(int(today[:4]), number), agent=who.account, now=now,
    )  # fmt: skip
    await note(tx, found["family_id"], who, "invoice.credited", now, found["number"])
    await publish(tx, [invoice, id], now)
    return id


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
