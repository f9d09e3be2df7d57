"""What families hear of their invoices: a push when one is out and before it is due, and the invoice itself by mail if they asked."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction, marks
from server.errors import Refusal
from server.instants import day_of
from server.invoices import texts
from server.invoices.service.papers import Letterhead, invoice_pdf
from server.mail.service import Attachment, Mailer
from server.notifications.service import notify
from server.outbox.service import enqueue

PAGE = "/factures"
DAYS_BEFORE = 3
FROM_HOUR = 17
"""People are told of a coming due date in the evening, when they may have the time to pay."""
AT_ONCE = 50
SOON_DUE = """
    SELECT i.* FROM invoice i WHERE i.kind = 'invoice' AND i.due_told_at IS NULL AND i.due_on >= ? AND i.due_on <= ?
        AND i.total_cents > COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0)
    ORDER BY i.due_on, i.id LIMIT ?
"""


async def announce(tx: Transaction, invoices: Sequence[str], now: int, zone: ZoneInfo) -> None:
    """Tells the families of invoices that have just been issued; the same invoice never tells anybody twice."""
    for invoice, people, by_mail in await _concerned(tx, invoices, day_of(now, zone)):
        detail = texts.invoice_out(invoice)
        accounts = [person["id"] for person in people]
        event = f"invoice/{invoice['id']}"
        await notify(tx, accounts, "invoices", event, PAGE, now, zone, detail=detail, about=event, mail=not by_mail)
        if not by_mail:
            continue
        for address, account in {person["email"].lower(): person["id"] for person in people if person["email"]}.items():
            key = f"invoice_mail/{invoice['id']}/{account}"
            await enqueue(tx, "invoice_mail", key, {"invoice": invoice["id"], "account": account, "to": address}, now)


async def tell_soon_due(database: Database, now: int, zone: ZoneInfo) -> int:
    """The evening's job: who has still to pay an invoice of the next days is told once; returns how many invoices."""
    if datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).hour < FROM_HOUR:
        return 0
    told = 0
    while some := await database.retrying(partial(_tell_some, now=now, zone=zone)):
        told += some
    return told


async def _tell_some(tx: Transaction, now: int, zone: ZoneInfo) -> int:
    today = day_of(now, zone)
    last = (date.fromisoformat(today) + timedelta(days=DAYS_BEFORE)).isoformat()
    found = await tx.all(SOON_DUE, today, last, AT_ONCE)
    ids = [invoice["id"] for invoice in found]
    for invoice, people, _ in await _concerned(tx, ids, today):
        event = f"due/{invoice['id']}"
        accounts = [person["id"] for person in people]
        await notify(
            tx, accounts, "invoices", event, PAGE, now, zone,
            detail=texts.invoice_soon_due(invoice), about=f"invoice/{invoice['id']}", generic=texts.SOON_DUE,
        )  # fmt: skip
    await tx.many("UPDATE invoice SET due_told_at = ? WHERE id = ?", [(now, id) for id in ids])
    return len(ids)


async def _concerned(tx: Connection, invoices: Sequence[str], today: str) -> list[tuple[Row, list[Row], bool]]:
    """Each invoice with the people of its family, and whether the family asked for its invoices by mail; two queries."""
    if not invoices:
        return []
    found = await tx.all(
        f"SELECT i.*, f.email_invoices FROM invoice i JOIN family f ON f.id = i.family_id WHERE i.id IN ({marks(invoices)}) ORDER BY i.id",
        *invoices,
    )
    families = sorted({invoice["family_id"] for invoice in found})
    people: dict[str, list[Row]] = defaultdict(list)
    for person in await tx.all(
        "SELECT g.family_id, a.id, a.email FROM guardianship g JOIN account a ON a.id = g.account_id"
        f" WHERE g.family_id IN ({marks(families)}) AND g.since <= ? AND (g.until IS NULL OR g.until >= ?) ORDER BY a.id",
        *families, today, today,
    ):  # fmt: skip
        people[person["family_id"]].append(person)
    return [(invoice, people[invoice["family_id"]], bool(invoice["email_invoices"])) for invoice in found]


class InvoiceMailer:
    """What the outbox does with an invoice that is to be mailed: the paper is set in type when the mail leaves, not before.

    `online`: where cards are taken, None: nowhere.
    """

    def __init__(
        self, database: Database, mailer: Mailer, letterhead: Letterhead, online: str | None, zone: ZoneInfo, now: Callable[[], int]
    ) -> None:
        self._database, self._mailer, self._letterhead = database, mailer, letterhead
        self._online, self._zone, self._now = online, zone, now

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Sends one invoice with its PDF; to nobody who may not see it any more, or no longer wants it.

        Raises:
            what `Mailer.hand_over` raises.
        """
        today = day_of(self._now(), self._zone)
        found = await self._database.one(
            "SELECT i.number, i.period, i.due_on, i.total_cents, i.kind, f.email_invoices FROM invoice i JOIN family f"
            " ON f.id = i.family_id WHERE i.id = ?",
            payload["invoice"],
        )
        if found is None or not found["email_invoices"]:
            return
        town = await self._letterhead.on(self._database, today)
        try:
            pdf = await invoice_pdf(self._database, payload["account"], payload["invoice"], today, town, self._online)
        except Refusal:
            return
        subject, paragraphs = texts.invoice_mail(found, self._online is not None)
        mail = {"to": payload["to"], "subject": subject, "paragraphs": paragraphs, "action": ["Voir la facture", PAGE]}
        await self._mailer.hand_over(mail, [Attachment(f"{found['number']}.pdf", "application/pdf", pdf)])
