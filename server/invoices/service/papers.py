"""The papers that a family may ask for: an invoice, a receipt, the yearly certificate for the care of young children."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from server.database import Connection, Database
from server.errors import Refusal
from server.families.service import families_of
from server.gateways.typesetting import typeset
from server.invoices import texts
from server.invoices.service.reading import bodies, invoice_of

CARE = ("care", "leisure", "holiday", "homework")
"""Categories of activities that are care in the sense of the tax credit; meals, sport and culture are not."""
UNDER = 6


@dataclass(frozen=True)
class Letterhead:
    """What stands at the head of every paper, as far as it is the town's setting."""

    name: str
    brand: str
    siret: str

    async def on(self, reader: Connection | Database, today: str) -> dict[str, Any]:
        """With the régie's own address, on a day."""
        office = await reader.one("SELECT name, address, phones, hours FROM service WHERE code = 'regie'")
        phones = json.loads(office["phones"]) if office else []
        day = date.fromisoformat(today)
        return {
            "name": f"Ville de {self.name}",
            "office": office["name"] if office else "Régie",
            "address": (office["address"] if office else "") or "",
            "hours": (office["hours"] if office else "") or "",
            "phone": phones[0][1] if phones else "",
            "siret": self.siret,
            "brand": self.brand,
            "year": day.year,
            "month": day.month,
            "day": day.day,
        }


async def invoice_pdf(
    database: Database, account: str, invoice: str, today: str, town: Mapping[str, Any], online: str | None
) -> bytes:
    """The paper of an invoice of one's own.

    Raises:
        Refusal: ``not_found``.
    """
    body, family, names = await _read(database, account, invoice, today)
    return await typeset(texts.INVOICE, texts.invoice_paper(body, family, names, town, online))


async def receipt_pdf(database: Database, account: str, invoice: str, entry: str, today: str, town: Mapping[str, Any]) -> bytes:
    """The receipt of one payment of an invoice of one's own.

    Raises:
        Refusal: ``not_found``.
    """
    body, family, _ = await _read(database, account, invoice, today)
    paid = next((one for one in body["payments"] if one["id"] == entry), None)
    if paid is None:
        raise Refusal("not_found")
    return await typeset(texts.RECEIPT, texts.receipt_paper(paid, body, family, town))


async def _read(database: Database, account: str, invoice: str, today: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    async with database.snapshot() as reader:
        found = await invoice_of(reader, account, invoice, today)
        body = (await bodies(reader, [found]))[invoice]
        family = await _family(reader, found["family_id"])
        names = await _children(reader, found["family_id"])
    return body, family, {child: f"{row['first_name']}" for child, row in names.items()}


async def _family(reader: Connection, family: str) -> dict[str, Any]:
    found = await reader.one("SELECT file_number, file_label, address FROM family WHERE id = ?", family)
    assert found is not None, family
    return {"number": found["file_number"], "label": found["file_label"], "address": found["address"] or ""}


async def _children(reader: Connection, family: str) -> dict[str, Any]:
    rows = await reader.all(
        "SELECT c.id, c.first_name, c.last_name, c.born_on FROM family_child fc JOIN child c ON c.id = fc.child_id"
        " WHERE fc.family_id = ? ORDER BY c.born_on, c.id",
        family,
    )
    return {row["id"]: row for row in rows}


async def care_paid(reader: Connection, family: str, year: int) -> list[tuple[str, str, int]]:
    """(name, born on, cents): care really paid in a year for each child under six on its first day.

    A payment of a part of an invoice counts for each line in proportion, credit notes taken off the invoice that they correct;
    cents are rounded down, never claimed too much.
    """
    children = await _children(reader, family)
    paid = await reader.all(
        "SELECT invoice_id, SUM(cents) AS cents FROM ledger_entry WHERE family_id = ? AND invoice_id IS NOT NULL"
        " AND paid_on >= ? AND paid_on <= ? AND (mode <> 'credit' OR source LIKE 'use/%') GROUP BY invoice_id",
        family, f"{year}-01-01", f"{year}-12-31",
    )  # fmt: skip
    share = {row["invoice_id"]: int(row["cents"]) for row in paid}
    lines = await reader.all(
        "SELECT CASE WHEN i.kind = 'credit' THEN i.corrects ELSE i.id END AS invoice, l.child, l.category, l.amount_cents"
        " FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE i.family_id = ?",
        family,
    )
    totals: dict[str, int] = defaultdict(int)
    for line in lines:
        totals[line["invoice"]] += line["amount_cents"]
    cents: dict[str, Fraction] = defaultdict(Fraction)
    for line in lines:
        total = totals[line["invoice"]]
        if line["child"] in children and line["category"] in CARE and total > 0:
            cents[line["child"]] += Fraction(line["amount_cents"] * min(share.get(line["invoice"], 0), total), total)
    return [
        (f"{row['first_name']} {row['last_name']}", row["born_on"], int(cents[child]))
        for child, row in children.items()
        if cents[child] > 0 and young(row["born_on"], year)
    ]


def young(born_on: str, year: int) -> bool:
    """Under six on 1 January; a child whose sixth birthday is that very day is six."""
    born = date.fromisoformat(born_on)
    return (born.year + UNDER, born.month, born.day) > (year, 1, 1)


async def certificate_pdf(database: Database, account: str, year: int, today: str, town: Mapping[str, Any]) -> bytes:
    """The certificate of the first of one's families that has one for that year.

    Raises:
        Refusal: ``not_found`` when nothing was paid for the care of a child under six.
    """
    async with database.snapshot() as reader:
        for family in await families_of(reader, account, today):
            children = await care_paid(reader, family, year)
            if children:
                paper = texts.certificate_paper(year, children, await _family(reader, family), town)
                break
        else:
            raise Refusal("not_found")
    return await typeset(texts.CERTIFICATE, paper)
