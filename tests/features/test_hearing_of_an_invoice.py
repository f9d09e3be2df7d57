"""A family hears of its invoices: once when one is out, once before it is due, and by mail with the paper if it asked for that."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from server.app import create_app, deliveries
from server.config import Config
from server.database import Database
from server.invoices.service import issue, tell_soon_due
from server.outbox.service import Worker
from server.simulators.mailbox import Mailbox
from server.traces.service import PORTAL
from tests.conftest import PARIS, Clock, SignIn
from tests.features.mails import mails

PERIOD = "2026-11"
NADIA = "nadia@demo.example"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    box.port = await box.start()  # type: ignore[attr-defined]
    yield box
    await box.stop()


async def month_issued(database: Database, clock: Clock) -> None:
    clock.set("2026-12-03T09:00")
    while (await issue(database, PERIOD, PORTAL, clock(), "2026-12-03", zone=PARIS))[1]:
        pass


async def asked_for(database: Database, kind: str) -> list[dict[str, Any]]:
    rows = await database.all("SELECT payload FROM outbox WHERE kind = ? AND state = 'waiting' ORDER BY id", kind)
    return [json.loads(row["payload"]) for row in rows]


async def with_a_phone(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO sync_device (id, account, label, platform, app, clone_guard, last_n, ack_n, created_at, seen_at)"
            " VALUES ('d_1', 'acc_nadia', 'Téléphone', 'android', '1', 'g', 0, 0, 0, 0)"
        )
        await tx.run(
            "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at)"
            " VALUES ('ps_1', 'acc_nadia', 'd_1', 'https://push.example/1', 'k', 'a', 0)"
        )


async def by_mail(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE family SET email_invoices = ? WHERE id = 'fam_benali'", True)


async def test_an_invoice_that_is_out_is_pushed_without_a_name_or_an_amount(database: Database, clock: Clock) -> None:
    await with_a_phone(database)
    await month_issued(database, clock)
    (push,) = await asked_for(database, "push")
    assert (push["title"], push["page"]) == ("Une facture vous attend", "/factures")
    assert "€" not in push["body"]
    assert await mails(database, NADIA) == [], "a phone that hears of it needs no mail beside"
    others = [mail for mail in await mails(database) if "novembre 2026" in mail["paragraphs"][0]]
    assert len(others) == 2, "whom no push can reach gets a mail"


async def test_who_asked_for_invoices_by_mail_gets_the_paper_and_no_other_mail(
    config: Config, database: Database, clock: Clock, mailbox: Any
) -> None:
    await by_mail(database)
    await month_issued(database, clock)
    assert await mails(database, NADIA) == []
    app = create_app(replace(config, smtp_url=f"smtp://127.0.0.1:{mailbox.port}"), now=clock)
    here = app.extensions["portail"]
    worker = Worker(database, {"invoice_mail": deliveries(here)["invoice_mail"]}, clock)
    await here.database.open()
    try:
        while await worker.work():
            pass
    finally:
        await here.database.close()
    (mail,) = mailbox.received
    assert (mail.recipients, mail.subject.startswith("Facture F-2026-")) == ((NADIA,), True)
    assert "http://localhost/factures" in mail.body("plain")
    ((name, kind, content),) = mail.files
    assert (name.endswith(".pdf"), kind) == (True, "application/pdf")
    assert "novembre 2026" in PdfReader(io.BytesIO(content)).pages[0].extract_text()
    await month_issued(database, clock)
    assert await asked_for(database, "invoice_mail") == []


async def test_who_changed_their_mind_before_it_left_gets_none(config: Config, database: Database, clock: Clock, mailbox: Any) -> None:
    await by_mail(database)
    await month_issued(database, clock)
    async with database.transaction() as tx:
        await tx.run("UPDATE family SET email_invoices = ? WHERE id = 'fam_benali'", False)
    here = create_app(replace(config, smtp_url=f"smtp://127.0.0.1:{mailbox.port}"), now=clock).extensions["portail"]
    await here.database.open()
    try:
        assert await Worker(database, {"invoice_mail": deliveries(here)["invoice_mail"]}, clock).work() == 1
    finally:
        await here.database.close()
    assert mailbox.received == []


async def test_what_is_soon_due_is_said_once_in_the_evening(database: Database, clock: Clock) -> None:
    await with_a_phone(database)
    clock.set("2026-11-28T16:59")
    assert await tell_soon_due(database, clock(), PARIS) == 0, "in the evening"
    clock.set("2026-11-26T18:00")
    assert await tell_soon_due(database, clock(), PARIS) == 0, "too early"
    clock.set("2026-11-28T18:00")
    due = await database.all("SELECT id FROM invoice WHERE due_on = '2026-11-30'")
    assert await tell_soon_due(database, clock(), PARIS) == len(due) == 3
    assert await tell_soon_due(database, clock(), PARIS) == 0
    clock.set("2026-11-29T18:00")
    assert await tell_soon_due(database, clock(), PARIS) == 0, "nobody twice"
    (push,) = await asked_for(database, "push")
    assert push["title"] == "Une facture est bientôt à payer"
    assert "€" not in push["body"]


async def test_what_is_paid_is_not_asked_for(database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, source, entered_at)"
            " SELECT 'led_all', family_id, id, total_cents, 'cash', '2026-11-20', 'counter/all', 0 FROM invoice"
            " WHERE id = 'inv_benali_2026-10'"
        )
    clock.set("2026-11-28T18:00")
    await tell_soon_due(database, clock(), PARIS)
    assert await mails(database, NADIA) == []


async def test_a_reminder_and_what_is_in_their_favour_reach_the_familys_devices(sign_in: SignIn, database: Database, clock: Clock) -> None:
    clock.set("2026-12-03T09:00")
    marc = await sign_in("marc")
    late = "inv_benali_2026-10"
    await marc.post("/api/agents/reminders", json={"invoices": [late]})
    too_much = {"cents": 900_000, "mode": "cheque", "on": "2026-12-03", "key": "page-0001"}
    await marc.post(f"/api/agents/invoices/{late}/payments", json=too_much)
    rows = {
        row["key"]: json.loads(row["body"])
        for row in await database.all("SELECT key, body FROM sync_row WHERE scope = 'f:fam_benali' AND body IS NOT NULL")
    }
    assert rows[f"invoice/{late}"]["reminded_on"] == "2026-12-03"
    assert rows["credit/fam_benali"] == {"cents": 900_000 - rows[f"invoice/{late}"]["total_cents"]}
    assert "credit/fam_diallo" not in rows
