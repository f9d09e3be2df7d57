"""Late invoices as revenue orders for the Treasury. The file changes nothing here: it is not validated, nothing was handed over."""

import re

from server.database import Connection, Database
from server.errors import Refusal
from server.gateways.pes import Debt, Town, orders

LEAST_CENTS = 1500
"""Below 15 € no order is made out (D1611-1 CGCT): the sum waits for the next one."""
LATE = """
    SELECT i.number, i.period, f.file_label, f.address,
        i.total_cents - COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0) AS cents,
        (SELECT MIN(a.last_name || '|' || a.first_name) FROM adult a WHERE a.family_id = i.family_id) AS debtor
    FROM invoice i JOIN family f ON f.id = i.family_id WHERE i.kind = 'invoice' AND i.due_on < ? ORDER BY i.number
"""
ADDRESS = re.compile(r"(?P<street>.*?),?\s*(?P<postcode>\d{5})\s+(?P<place>.+)", re.DOTALL)


async def treasury_orders(reader: Connection | Database, name: str, siret: str, codes: tuple[str, str, str], today: str) -> bytes:
    """Everything that is late by 15 € or more, in one slip.

    Raises:
        Refusal: ``not_possible`` when nothing is.
    """
    late = [row for row in await reader.all(LATE, today) if row["cents"] >= LEAST_CENTS]
    if not late:
        raise Refusal("not_possible", why="aucune facture en retard d’au moins 15 €")
    debts = []
    for row in late:
        where = ADDRESS.fullmatch((row["address"] or "").strip())
        last, _, first = (row["debtor"] or row["file_label"]).partition("|")
        debts.append(
            Debt(
                int("".join(re.findall(r"\d", row["number"]))), row["number"], int(row["period"][5:7]), row["cents"],
                f"Prestations {row['period']}", last, first, where["street"] if where else row["address"] or "",
                where["postcode"] if where else "", where["place"] if where else "",
            )
        )  # fmt: skip
    collectivity, budget, office = codes
    return orders(Town(name, siret, collectivity, budget, office), int(today[:4]), 1, today, debts)
