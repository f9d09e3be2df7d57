"""The nightly check: works every balance out again from the books, compares, and says what it found to the régie."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from server.database import Database, Row, Transaction, marks
from server.families.service import scope_of
from server.instants import day_of, iso
from server.invoices.service.reading import bodies, publish
from server.invoices.texts import euros

log = structlog.get_logger("portail.invoices")
AT_ONCE = 100
MOST_SAID = 50
NIGHT = range(2, 6)
"""The hours of the town's clock in which nobody minds."""
LATEST = 26 * 3_600_000
"""A server that was down at night makes up for it."""
KEPT = 60


@dataclass
class Report:
    """`said`: what is wrong in the books themselves; `mended`: rows that devices held wrong, published again."""

    invoices: int = 0
    entries: int = 0
    said: list[str] = field(default_factory=list)
    mended: int = 0

    @property
    def wrong(self) -> int:
        return len(self.said) + self.mended


async def check_balances(database: Database, now: int) -> Report:
    """Checks everything, some invoices at a time, and notes the report.

    Totals are the sums of their lines; what came in for an invoice is never above it; numbers have no gap; every card payment
    is in the ledger, once; devices hold what the books say. Rows that differ on devices are published again.
    """
    report = Report()
    last = ""
    while some := await database.all("SELECT * FROM invoice WHERE id > ? ORDER BY id LIMIT ?", last, AT_ONCE):
        last = some[-1]["id"]
        await _check_some(database, some, report, now)
        await asyncio.sleep(0)
    report.said += await _gaps(database)
    report.said += await _cards(database)
    if report.wrong:
        log.error("balances differ", said=len(report.said), mended=report.mended)
    log.info("balances checked", invoices=report.invoices, wrong=report.wrong)
    await database.retrying(partial(_note, report=report, now=now))
    return report


async def _check_some(database: Database, some: Sequence[Row], report: Report, now: int) -> None:
    rows = await bodies(database, some)
    keys = [f"invoice/{invoice['id']}" for invoice in some]
    held = {
        (row["scope"], row["key"]): json.loads(row["body"])
        for row in await database.all(f"SELECT scope, key, body FROM sync_row WHERE key IN ({marks(keys)}) AND body IS NOT NULL", *keys)
    }
    stale = []
    for invoice in some:
        body = rows[invoice["id"]]
        report.invoices += 1
        report.entries += len(body["payments"])
        lines = sum(line["amount_cents"] for line in body["lines"])
        if lines != invoice["total_cents"]:
            report.said.append(f"{invoice['number']} : total {euros(invoice['total_cents'])}, somme des lignes {euros(lines)}")
        if body["paid_cents"] > max(0, invoice["total_cents"]):
            paid = euros(body["paid_cents"])
            report.said.append(f"{invoice['number']} : {paid} encaissés pour un total de {euros(invoice['total_cents'])}")
        if held.get((scope_of(invoice["family_id"]), f"invoice/{invoice['id']}")) != body:
            stale.append(invoice["id"])
    if stale:
        report.mended += len(stale)
        await database.retrying(partial(publish, invoices=stale, now=now))


async def _gaps(database: Database) -> list[str]:
    """Years whose numbers do not run from one to the last given."""
    said = []
    for counter in await database.all("SELECT id, last_number FROM invoice_counter ORDER BY id"):
        year = counter["id"].rpartition(":")[2]
        found = await database.one(
            "SELECT COUNT(*) AS n, MAX(number) AS last FROM invoice WHERE number LIKE ?", f"F-{year}-%"
        )  # fmt: skip
        assert found is not None
        last = int(str(found["last"]).rpartition("-")[2]) if found["last"] else 0
        if not found["n"] == last == counter["last_number"]:
            said.append(f"Numéros de {year} : {found['n']} factures, dernier numéro {last}, compteur à {counter['last_number']}")
    return said


async def _cards(database: Database) -> list[str]:
    """Card payments that the ledger does not hold exactly once, and card money without a payment."""
    unbooked = await database.all(
        "SELECT p.refdet, p.cents FROM card_payment p WHERE p.state = 'paid' AND p.cents <> (SELECT COALESCE(SUM(l.cents), 0)"
        " FROM ledger_entry l WHERE l.source = 'card/' || p.id OR l.source = 'card/' || p.id || '/credit') ORDER BY p.id"
    )
    unpaid = await database.all(
        "SELECT p.refdet, p.cents FROM card_payment p JOIN ledger_entry l ON l.source = 'card/' || p.id"
        " WHERE p.state <> 'paid' ORDER BY p.id"
    )
    return [
        *(f"Paiement {row['refdet']} : {euros(row['cents'])} reçus par carte, absents des comptes" for row in unbooked),
        *(f"Paiement {row['refdet']} : {euros(row['cents'])} dans les comptes, sans paiement par carte" for row in unpaid),
    ]


async def _note(tx: Transaction, report: Report, now: int) -> None:
    await tx.run(
        "INSERT INTO balance_check (at, invoices, entries, mended, wrong, said) VALUES (?, ?, ?, ?, ?, ?)",
        now, report.invoices, report.entries, report.mended, len(report.said), json.dumps(report.said[:MOST_SAID], ensure_ascii=False),
    )  # fmt: skip
    await tx.run("DELETE FROM balance_check WHERE id NOT IN (SELECT id FROM balance_check ORDER BY at DESC, id DESC LIMIT ?)", KEPT)


async def nightly_check(database: Database, now: int, zone: ZoneInfo) -> int:
    """The check of this night, unless it was made: by day only when the night's is missing. Returns how much was wrong."""
    last = await database.one("SELECT MAX(at) AS at FROM balance_check")
    at = last["at"] if last else None
    by_night = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).hour in NIGHT
    made = at is not None and day_of(at, zone) == day_of(now, zone)
    if at is not None and (made or not (by_night or now - at > LATEST)):
        return 0
    return (await check_balances(database, now)).wrong


async def balance_checks(reader: Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The reports, the latest first."""
    rows = await reader.all("SELECT at, invoices, entries, mended, wrong, said FROM balance_check ORDER BY at DESC, id DESC LIMIT ?", KEPT)
    return [{**dict(row), "at": iso(row["at"], zone), "said": json.loads(row["said"])} for row in rows]
