"""The invoices of families as rows of their scopes; who may see one; what is still due."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.families.service import families_of, scope_of
from server.feed.service import Changes, put_changes
from server.invoices.rules import invoice_body

Rows = dict[str, dict[str, Any]]


async def invoice_rows(reader: Connection | Database, family: str) -> Rows:
    """Every row ``invoice/<id>`` of a family, and ``credit/<family>`` when the town holds money of theirs; five queries."""
    found = await reader.all("SELECT * FROM invoice WHERE family_id = ? ORDER BY period, id", family)
    rows = {f"invoice/{id}": body for id, body in (await bodies(reader, found)).items()}
    credit = (await in_favour(reader, [family]))[family]
    return rows | ({f"credit/{family}": {"cents": credit}} if credit else {})


async def in_favour(reader: Connection | Database, families: Iterable[str]) -> dict[str, int]:
    """Family → what came in and belongs to no invoice: in their favour."""
    sums = dict.fromkeys(families, 0)
    for row in await reader.all(
        f"SELECT family_id, SUM(cents) AS cents FROM ledger_entry WHERE invoice_id IS NULL AND family_id IN ({marks(sums)})"
        " GROUP BY family_id",
        *sums,
    ) if sums else []:  # fmt: skip
        sums[row["family_id"]] = int(row["cents"])
    return sums


async def bodies(reader: Connection | Database, invoices: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """invoice → its row as devices hold it; a handful of queries."""
    by_id = {invoice["id"]: invoice for invoice in invoices}
    if not by_id:
        return {}
    among = f"IN ({marks(by_id)})"
    lines = _grouped(await reader.all(f"SELECT * FROM invoice_line WHERE invoice_id {among} ORDER BY position", *by_id))
    ledger = f"SELECT * FROM ledger_entry WHERE invoice_id {among} ORDER BY entered_at, id"
    entries = _grouped(await reader.all(ledger, *by_id))
    live = {row["active"]: row for row in await reader.all(f"SELECT id, active, cents FROM card_payment WHERE active {among}", *by_id)}
    debits = {
        row["active"]: {"cents": row["cents"], "on": row["collect_on"]}
        for row in await reader.all(
            f"SELECT d.active, d.cents, r.collect_on FROM debit d JOIN debit_run r ON r.id = d.run_id WHERE d.active {among}", *by_id
        )
    }
    numbers = await _numbers(reader, {invoice["corrects"] for invoice in by_id.values() if invoice["corrects"]})
    return {
        id: invoice_body(invoice, lines[id], entries[id], live.get(id), debits.get(id), numbers.get(invoice["corrects"]))
        for id, invoice in by_id.items()
    }


async def _numbers(reader: Connection | Database, invoices: Iterable[str]) -> dict[str, str]:
    wanted = sorted(invoices)
    if not wanted:
        return {}
    return {row["id"]: row["number"] for row in await reader.all(f"SELECT id, number FROM invoice WHERE id IN ({marks(wanted)})", *wanted)}


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["invoice_id"]].append(row)
    return found


async def publish(tx: Transaction, invoices: Iterable[str], now: int) -> None:
    """Writes the rows of these invoices into their families' scopes, as the tables say by now."""
    wanted = sorted(set(invoices))
    if not wanted:
        return
    found = await tx.all(f"SELECT * FROM invoice WHERE id IN ({marks(wanted)})", *wanted)
    rows = await bodies(tx, found)
    changes: Changes = {}
    for invoice in found:
        changes.setdefault(scope_of(invoice["family_id"]), {})[f"invoice/{invoice['id']}"] = rows[invoice["id"]]
    for family, cents in (await in_favour(tx, {invoice["family_id"] for invoice in found})).items():
        changes[scope_of(family)][f"credit/{family}"] = {"cents": cents} if cents else None
    await put_changes(tx, changes, now)


async def due(reader: Connection | Database, invoice: str) -> int:
    """What is still to be paid; derived from the ledger, never stored."""
    found = await reader.one(
        "SELECT i.total_cents - COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0) AS due"
        " FROM invoice i WHERE i.id = ?",
        invoice,
    )
    return int(found["due"]) if found else 0


async def invoice_of(reader: Connection, account: str, invoice: str, today: str) -> Row:
    """An invoice of a family that the account may act for.

    Raises:
        Refusal: ``not_found`` for anybody else's, as for none.
    """
    found = await reader.one("SELECT * FROM invoice WHERE id = ?", invoice)
    if found is None or found["family_id"] not in await families_of(reader, account, today):
        raise Refusal("not_found")
    return found
