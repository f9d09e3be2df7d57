"""The invoices of families as rows of their scopes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from server.database import Connection, Database, marks
from server.invoices.rules import invoice_body

Rows = dict[str, dict[str, Any]]


async def invoice_rows(reader: Connection | Database, family: str) -> Rows:
    """Every row ``invoice/<id>`` of a family; two queries."""
    return (await invoice_rows_of(reader, [family]))[family]


async def invoice_rows_of(reader: Connection | Database, families: Sequence[str]) -> dict[str, Rows]:
    """The same for several families (a few hundred at most), by family; two queries."""
    found = await reader.all(f"SELECT * FROM invoice WHERE family_id IN ({marks(families)})", *families)
    lines: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    wanted = f"SELECT id FROM invoice WHERE family_id IN ({marks(families)})"
    query = f"SELECT * FROM invoice_line WHERE invoice_id IN ({wanted}) ORDER BY invoice_id, position"
    for line in await reader.all(query, *families):
        lines[line["invoice_id"]].append(line)
    rows: dict[str, Rows] = {family: {} for family in families}
    for invoice in found:
        rows[invoice["family_id"]][f"invoice/{invoice['id']}"] = invoice_body(invoice, lines[invoice["id"]])
    return rows
