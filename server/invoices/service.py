"""The invoices of families as rows of their scopes."""

from collections import defaultdict
from typing import Any

from server.database import Connection, Database, Row
from server.invoices.rules import invoice_body

Rows = dict[str, dict[str, Any]]


async def invoice_rows(reader: Connection | Database, family: str) -> Rows:
    """Every row ``invoice/<id>`` of a family; two queries."""
    lines: dict[str, list[Row]] = defaultdict(list)
    query = (
        "SELECT l.* FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE i.family_id = ?"
        " ORDER BY l.invoice_id, l.position"
    )
    for line in await reader.all(query, family):
        lines[line["invoice_id"]].append(line)
    found = await reader.all("SELECT * FROM invoice WHERE family_id = ? ORDER BY period, id", family)
    return {f"invoice/{invoice['id']}": invoice_body(invoice, lines[invoice["id"]]) for invoice in found}
