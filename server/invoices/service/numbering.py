"""Numbers without a gap, and invoices written down under them."""

import json
from collections.abc import Sequence
from typing import Any

from server.database import Transaction, marks

REGIE = "regie"


async def numbers(tx: Transaction, year: int) -> int:
    """The last number given this year; from here to the end of the transaction nobody else gives one."""
    key = f"{REGIE}:{year}"
    await tx.run("INSERT INTO invoice_counter (id, last_number) VALUES (?, 0) ON CONFLICT (id) DO NOTHING", key)
    found = await tx.one("UPDATE invoice_counter SET last_number = last_number WHERE id = ? RETURNING last_number", key)
    assert found is not None
    return int(found["last_number"])


async def insert(tx: Transaction, invoice: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    await tx.run(f"INSERT INTO invoice ({', '.join(invoice)}) VALUES ({marks(invoice)})", *invoice.values())
    columns = ("child", "unit", "label", "category", "quantity", "unit_cents", "amount_cents", "days", "why")
    await tx.many(
        f"INSERT INTO invoice_line (id, invoice_id, position, {', '.join(columns)}) VALUES (?, ?, ?, {marks(columns)})",
        (
            [f"{invoice['id']}_{position}", invoice["id"], position, *(_stored(line.get(column)) for column in columns)]
            for position, line in enumerate(lines)
        ),
    )


def _stored(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
