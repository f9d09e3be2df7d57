"""Direct debits: a run is chosen, sent to the bank as a file, counted as paid once its day has come, and taken back where rejected."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from secrets import token_hex
from typing import Any

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.gateways.sepa import Creditor, Order, is_bank_day, pain008
from server.invoices.service.paying import enter_money
from server.invoices.service.reading import due, publish
from server.traces.service import Who, note

DEBITABLE = """
    SELECT i.id, i.number, i.family_id, f.file_number, f.file_label, m.id AS mandate,
        i.total_cents - COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0) AS cents
    FROM mandate m JOIN family f ON f.id = m.family_id JOIN invoice i ON i.family_id = m.family_id
    WHERE m.active IS NOT NULL AND i.kind = 'invoice' AND i.issued_on <= ?
        AND NOT EXISTS (SELECT 1 FROM debit d WHERE d.active = i.id)
        AND NOT EXISTS (SELECT 1 FROM card_payment p WHERE p.active = i.id)
    ORDER BY f.file_label, i.number
"""
RUNS = """
    SELECT r.id, r.collect_on, r.settled_on, d.id AS debit, d.cents, d.sequence, d.state, d.reason, d.rejected_on, i.number, f.file_number,
        f.file_label
    FROM debit_run r JOIN debit d ON d.run_id = r.id JOIN invoice i ON i.id = d.invoice_id JOIN family f ON f.id = i.family_id
    ORDER BY r.collect_on DESC, r.id DESC, f.file_label, i.number
"""
MOST_RUNS = 24


async def debitable(reader: Connection | Database | Transaction, today: str) -> list[Row]:
    """What may be debited: due, of a family with a mandate, neither with the bank nor being paid by card."""
    return [row for row in await reader.all(DEBITABLE, today) if row["cents"] > 0]


async def debit_runs(reader: Connection | Database) -> list[dict[str, Any]]:
    runs: dict[str, dict[str, Any]] = {}
    for row in await reader.all(RUNS):
        run = runs.setdefault(row["id"], {"id": row["id"], "collect_on": row["collect_on"], "settled_on": row["settled_on"], "debits": []})
        names = ("debit", "cents", "sequence", "state", "reason", "rejected_on", "number", "file_number", "file_label")
        run["debits"].append({name: row[name] for name in names})
    return list(runs.values())[:MOST_RUNS]


def first_day(today: str, notice: int) -> str:
    """The first day of the banks that leaves the families the notice they are owed."""
    day = date.fromisoformat(today) + timedelta(days=notice)
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day.isoformat()


async def make_run(tx: Transaction, collect_on: str, notice: int, who: Who, now: int, today: str) -> str:
    """Chooses everything that may be debited; families see it at once. The run's id.

    Raises:
        Refusal: ``not_possible`` with the reason.
    """
    if collect_on < first_day(today, notice) or not is_bank_day(date.fromisoformat(collect_on)):
        why = f"les familles sont prévenues {notice} jours avant, et les banques ne travaillent pas tous les jours"
        raise Refusal("not_possible", why=why)
    found = await debitable(tx, today)
    await tx.lock("invoice", [row["id"] for row in found])
    run = f"PF{today.replace('-', '')}{token_hex(5).upper()}"
    sql = "INSERT INTO debit_run (id, collect_on, settled_on, agent, made_at) VALUES (?, ?, NULL, ?, ?)"
    await tx.run(sql, run, collect_on, who.account or "", now)
    known = await tx.all("SELECT DISTINCT mandate_id FROM debit WHERE state <> 'rejected'")
    used = {row["mandate_id"] for row in known}
    chosen = []
    for row in found:
        cents = await due(tx, row["id"])  # again, under the lock
        if cents <= 0:
            continue
        await tx.run(
            "INSERT INTO debit (id, run_id, mandate_id, invoice_id, cents, sequence, state, active) VALUES (?, ?, ?, ?, ?, ?, 'sent', ?)",
            f"{run[:10]}{token_hex(8).upper()}", run, row["mandate"], row["id"], cents, "RCUR" if row["mandate"] in used else "FRST",
            row["id"],
        )  # fmt: skip
        used.add(row["mandate"])
        chosen.append(row["id"])
        await note(tx, row["family_id"], who, "invoice.debited", now, row["number"])
    if not chosen:
        raise Refusal("not_possible", why="aucune facture à prélever")
    await publish(tx, chosen, now)
    return run


async def debit_file(reader: Connection | Database, creditor: Creditor, run: str) -> bytes:
    """The file for the bank, the same each time.

    Raises:
        Refusal: ``not_found``; ``not_possible`` when account numbers were sealed with another key.
    """
    rows = await reader.all(
        "SELECT d.*, r.collect_on, m.holder, m.sealed_iban, m.bic, m.reference, m.signed_on, i.number FROM debit d"
        " JOIN debit_run r ON r.id = d.run_id JOIN mandate m ON m.id = d.mandate_id JOIN invoice i ON i.id = d.invoice_id"
        " WHERE d.run_id = ? ORDER BY d.sequence, d.id",
        run,
    )
    if not rows:
        raise Refusal("not_found")
    try:
        orders = [
            Order(
                row["id"], row["cents"], row["holder"], creditor.open(row["sealed_iban"]), row["bic"], row["reference"], row["signed_on"],
                row["sequence"], f"Facture {row['number']}",
            ) for row in rows
        ]  # fmt: skip
    except ValueError as error:
        raise Refusal("not_possible", why="les comptes ont été scellés avec une autre clé (PORTAIL_SEPA_KEY)") from error
    return await asyncio.to_thread(pain008, creditor, run, rows[0]["collect_on"], orders)  # checking the schema takes seconds


async def settle(tx: Transaction, run: str, who: Who, now: int, today: str) -> int:
    """The day has come and the money is there: each debit that was not rejected counts as paid; how many.

    Raises:
        Refusal: ``not_found``; ``not_possible`` before its day.
    """
    found = await tx.one("SELECT * FROM debit_run WHERE id = ?", run)
    if found is None:
        raise Refusal("not_found")
    if found["collect_on"] > today:
        raise Refusal("not_possible", why="le jour du prélèvement n’est pas venu")
    await tx.run("UPDATE debit_run SET settled_on = ? WHERE id = ? AND settled_on IS NULL", today, run)
    rows = await tx.all(
        "SELECT d.id, d.invoice_id, d.cents, i.family_id, i.number FROM debit d JOIN invoice i ON i.id = d.invoice_id"
        " WHERE d.run_id = ? AND d.state = 'sent' ORDER BY d.invoice_id",
        run,
    )
    for row in rows:
        await enter_money(
            tx, row["family_id"], row["invoice_id"], row["cents"], "debit", found["collect_on"],
            source=f"debit/{row['id']}", reference=row["id"], agent=who.account, now=now,
        )  # fmt: skip
        await tx.run("UPDATE debit SET state = 'paid', active = NULL WHERE id = ?", row["id"])
        await note(tx, row["family_id"], who, "invoice.paid", now, row["number"])
    await publish(tx, [row["invoice_id"] for row in rows], now)
    return len(rows)


async def reject(tx: Transaction, rejected: Sequence[tuple[str, str]], who: Who, now: int, today: str) -> dict[str, int]:
    """The bank gives debits back: (EndToEndId, reason). What was counted as paid is undone, the invoice is due again.

    Returns ``{rejected, unknown}``; one that was rejected before counts in neither.
    """
    told: dict[str, int] = defaultdict(int, rejected=0, unknown=0)
    touched = []
    for debit, reason in sorted(rejected):
        await tx.lock("debit", [debit])
        found = await tx.one(
            "SELECT d.*, i.family_id, i.number FROM debit d JOIN invoice i ON i.id = d.invoice_id WHERE d.id = ?", debit
        )
        if found is None:
            told["unknown"] += 1
            continue
        if found["state"] == "rejected":
            continue
        for entry in await tx.all("SELECT * FROM ledger_entry WHERE source IN (?, ?)", f"debit/{debit}", f"debit/{debit}/credit"):
            await tx.run(
                "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, reference, source, agent, entered_at)"
                " VALUES (?, ?, ?, ?, 'debit', ?, ?, ?, ?, ?) ON CONFLICT (source) DO NOTHING",
                f"led_{token_hex(10)}", found["family_id"], entry["invoice_id"], -entry["cents"], today, f"rejet {reason}",
                f"reject/{entry['source']}", who.account, now,
            )  # fmt: skip
        await tx.run(
            "UPDATE debit SET state = 'rejected', active = NULL, reason = ?, rejected_on = ? WHERE id = ?", reason, today, debit
        )
        await note(tx, found["family_id"], who, "invoice.debit_rejected", now, found["number"])
        told["rejected"] += 1
        touched.append(found["invoice_id"])
    await publish(tx, touched, now)
    return dict(told)
