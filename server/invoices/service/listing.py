"""What the régie's agents look at: invoices by state, the month's run, the day's journal, and reminders."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from server.database import Connection, Database, Transaction, marks
from server.errors import Refusal
from server.invoices import texts
from server.invoices.service.charging import labels_of_units
from server.invoices.service.reading import publish
from server.invoices.service.running import Month
from server.mail.service import send_mail
from server.tariffs.service import households, unit_tariffs
from server.traces.service import Who, note

MOST = 200
PAID = "COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0)"
INVOICES = f"""
    SELECT i.id, i.number, i.kind, i.corrects, i.reason, i.period, i.issued_on, i.due_on, i.total_cents, f.file_number, f.file_label,
        {PAID} AS paid_cents,
        (SELECT MAX(c.number) FROM invoice c WHERE c.corrects = i.id) AS corrected_by,
        (SELECT COALESCE(SUM(c.total_cents), 0) FROM invoice c WHERE c.corrects = i.id) AS corrected_cents,
        (SELECT COALESCE(SUM(l.cents), 0) FROM ledger_entry l WHERE l.family_id = i.family_id AND l.invoice_id IS NULL) AS credit_cents
    FROM invoice i JOIN family f ON f.id = i.family_id
"""


async def invoices(reader: Connection | Database, state: str, period: str, words: str, today: str) -> dict[str, Any]:
    """Invoices, latest first, and what they come to; `state`: all, due, late."""
    where, values = ["i.kind <> ''"], []
    if state in ("due", "late"):
        where.append(f"i.kind = 'invoice' AND i.total_cents > {PAID}")
    if state == "late":
        where.append("i.due_on < ?")
        values.append(today)
    if period:
        where.append("i.period = ?")
        values.append(period)
    if words:
        where.append("(i.number LIKE ? OR f.file_number LIKE ? OR LOWER(f.file_label) LIKE LOWER(?))")
        values += [f"%{words}%"] * 3
    rows = await reader.all(f"{INVOICES} WHERE {' AND '.join(where)} ORDER BY i.issued_on DESC, i.number DESC", *values)
    shown = [{**dict(row), "due_cents": max(0, row["total_cents"] - row["paid_cents"])} for row in rows]
    return {
        "count": len(shown),
        "total_cents": sum(row["total_cents"] for row in shown),
        "due_cents": sum(row["due_cents"] for row in shown if row["kind"] == "invoice"),
        "invoices": shown[:MOST],
    }


async def run(reader: Connection | Database, found: Month, unticked_blocks: bool) -> dict[str, Any]:
    """A month before it is issued: drafts, what blocks, what is worth a look."""
    waiting = found.to_issue
    families = sorted({draft.family for draft in waiting})
    names: dict[str, Any] = {}
    for start in range(0, len(families), 400):
        some = families[start : start + 400]
        rows = await reader.all(f"SELECT id, file_number, file_label FROM family WHERE id IN ({marks(some)})", *some)
        names |= {row["id"]: row for row in rows}
    return {
        "period": found.period,
        "issued": len(found.issued),
        "left": len(waiting),
        "total_cents": sum(draft.total_cents for draft in waiting),
        "unticked": found.unticked,
        "blocked": blocked(found, unticked_blocks),
        "unpriced": found.unpriced,
        "drafts": [
            {
                "file_number": names[draft.family]["file_number"],
                "file_label": names[draft.family]["file_label"],
                "lines": len(draft.lines),
                "total_cents": draft.total_cents,
            }
            for draft in sorted(waiting, key=lambda draft: -draft.total_cents)[:MOST]
        ],
    }


def blocked(found: Month, unticked_blocks: bool) -> str | None:
    """Why a month cannot be issued, in one sentence."""
    if found.unpriced:
        return f"aucun tarif en vigueur pour {', '.join(found.unpriced)}."
    if unticked_blocks and found.unticked:
        return f"{found.unticked} présences ne sont pas pointées, et la ville demande que tout le soit."
    return None


async def journal(reader: Connection | Database, day: str) -> str:
    """What came in on a day, as CSV for the accountant: one line per entry, as it was entered, then totals by way of paying."""
    rows = await reader.all(
        "SELECT l.paid_on, l.entered_at, l.mode, l.cents, l.reference, i.number, f.file_number, f.file_label, a.name AS agent"
        " FROM ledger_entry l JOIN family f ON f.id = l.family_id LEFT JOIN invoice i ON i.id = l.invoice_id"
        " LEFT JOIN account a ON a.id = l.agent WHERE l.paid_on = ? ORDER BY l.entered_at, l.id",
        day,
    )
    file = io.StringIO()
    out = csv.writer(file, delimiter=";")
    out.writerow(["Date", "Mode", "Montant", "Facture", "Dossier", "Nom", "Référence", "Saisi par"])
    sums: dict[str, int] = {}
    for row in rows:
        sums[row["mode"]] = sums.get(row["mode"], 0) + row["cents"]
        out.writerow([
            row["paid_on"], texts.MODES[row["mode"]], _plain(row["cents"]), row["number"] or "avoir du dossier", row["file_number"],
            _safe(row["file_label"]), _safe(row["reference"] or ""), _safe(row["agent"] or "portail"),
        ])  # fmt: skip
    for mode, cents in sorted(sums.items()):
        out.writerow([day, f"Total {texts.MODES[mode]}", _plain(cents), "", "", "", "", ""])
    return "\ufeff" + file.getvalue()  # the mark by which spreadsheets know UTF-8


def _plain(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def _safe(cell: str) -> str:
    """A cell that begins like a formula is text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


async def bench(reader: Connection | Database, file: str, day: str) -> dict[str, Any]:
    """This family, this day: what it pays and why, for each child and unit it is enrolled in.

    Raises:
        Refusal: ``not_found``.
    """
    family = await reader.one("SELECT id, file_label, resident, quotient FROM family WHERE file_number = ?", file)
    if family is None:
        raise Refusal("not_found")
    home = (await households(reader, [family["id"]], day))[family["id"]]
    names = {
        row["id"]: row["first_name"]
        for row in await reader.all(
            "SELECT c.id, c.first_name FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE fc.family_id = ?", family["id"]
        )
    }
    labels = await labels_of_units(reader)
    lines = [
        {"child": names[child], "unit": unit, "label": labels[unit][0], **found.price(home, child).row()}
        for unit, found in (await unit_tariffs(reader, day)).items()
        for child in home.enrolled.get(found.activity, ())
    ]
    facts = {"label": family["file_label"], "resident": bool(family["resident"]), "quotient": family["quotient"]}
    return {"family": facts, "lines": sorted(lines, key=lambda line: (line["child"], line["unit"]))}


async def remind(tx: Transaction, ids: Sequence[str], who: Who, now: int, today: str, address: str) -> dict[str, int]:
    """A mail about each invoice that is late, once a day at most: ``{sent, without_mail}``."""
    sent = without = 0
    rows = await tx.all(
        f"{INVOICES} WHERE i.id IN ({marks(ids)}) AND i.due_on < ? AND i.kind = 'invoice'", *ids, today
    ) if ids else []  # fmt: skip
    for row in rows:
        if row["total_cents"] <= row["paid_cents"]:
            continue
        family = await tx.one("SELECT family_id FROM invoice WHERE id = ?", row["id"])
        assert family is not None
        people = await tx.all(
            "SELECT a.id, a.email FROM guardianship g JOIN account a ON a.id = g.account_id WHERE g.family_id = ? AND g.since <= ?"
            " AND (g.until IS NULL OR g.until >= ?) AND a.email IS NOT NULL ORDER BY a.id",
            family["family_id"], today, today,
        )  # fmt: skip
        without += not people
        late = (date.fromisoformat(today) - date.fromisoformat(row["due_on"])).days
        words = [
            f"La facture {row['number']} ({texts.month(row['period'])}) devait être payée avant le {texts.day(row['due_on'])},"
            f" il y a {late} jours.",
            f"Il reste {texts.euros(row['total_cents'] - row['paid_cents'])} à payer."
            " Si vous avez payé entre-temps, ne tenez pas compte de ce message.",
        ]
        for person in people:
            key = f"reminder/{row['id']}/{today}/{person['id']}"
            sent += await send_mail(tx, key, person["email"], "Facture à payer", words, now, ("Voir la facture", f"{address}/factures"))
        await note(tx, family["family_id"], who, "invoice.reminded", now, row["number"])
        await tx.run("UPDATE invoice SET reminded_on = ? WHERE id = ?", today, row["id"])
        await publish(tx, [row["id"]], now)
    return {"sent": sent, "without_mail": without}
