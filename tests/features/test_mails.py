"""Mails leave by SMTP, over a real socket, once; what a server says decides what happens next."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.database import Database
from server.gateways.mail import Smtp
from server.mail.rules import MOST_PER_HOUR
from server.mail.service import Mailer, send_mail
from server.outbox.service import Worker
from server.simulators.mailbox import Mailbox
from server.simulators.mailbox.page import make_page
from tests.conftest import Clock


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    box.port = await box.start()  # type: ignore[attr-defined]
    yield box
    await box.stop()


@pytest.fixture
def worker(database: Database, mailbox: Any, clock: Clock) -> Worker:
    sender = Smtp(f"smtp://127.0.0.1:{mailbox.port}", "portail@ville.example", "Portail famille Vigneux-sur-Seine")
    return Worker(database, {"mail": Mailer(database, sender, "Vigneux-sur-Seine", clock).deliver}, clock)


async def write(database: Database, clock: Clock, to: str = "nadia@demo.example", key: str = "k1") -> None:
    async with database.transaction() as tx:
        await send_mail(tx, key, to, "Réservation confirmée", ["Léa <est> attendue à 16 h 30."], clock(), ("Voir", "http://x.example/a#b"))


async def item(database: Database) -> Any:
    return await database.one("SELECT state, attempts, payload, error, run_at FROM outbox")


async def test_a_mail_arrives_as_text_and_html(database: Database, mailbox: Mailbox, worker: Worker, clock: Clock) -> None:
    await write(database, clock)
    await worker.work()
    (mail,) = mailbox.received
    assert (mail.recipients, mail.subject) == (("nadia@demo.example",), "Réservation confirmée")
    assert "Léa <est> attendue à 16 h 30." in mail.body("plain")
    assert "Léa &lt;est&gt; attendue" in mail.body("html")
    assert "http://x.example/a#b" in mail.body("plain")
    assert "portail@ville.example" in str(mail.message["From"])
    assert (await item(database))["payload"] == "{}", "nothing of a sent mail is kept"


async def test_asking_twice_sends_once(database: Database, mailbox: Mailbox, worker: Worker, clock: Clock) -> None:
    await write(database, clock)
    await write(database, clock)
    await worker.work()
    await worker.work()
    assert len(mailbox.received) == 1


async def test_a_mailbox_that_does_not_exist_is_given_up(database: Database, worker: Worker, clock: Clock) -> None:
    await write(database, clock, "refuse@example.org")
    await worker.work()
    assert (await item(database))["state"] == "dead"


@pytest.mark.parametrize("down", [True, False])
async def test_a_server_that_is_down_or_busy_is_tried_again_later(
    database: Database, mailbox: Mailbox, worker: Worker, clock: Clock, down: bool
) -> None:
    mailbox.down = down
    await write(database, clock, "parent@example.org" if down else "later@example.org")
    await worker.work()
    found = await item(database)
    assert (found["state"], mailbox.received) == ("waiting", [])
    assert found["run_at"] > clock()
    if down:
        mailbox.down = False
        clock.set("2026-11-23T08:01")
        await worker.work()
        assert len(mailbox.received) == 1


async def test_one_mailbox_is_not_flooded(database: Database, mailbox: Mailbox, worker: Worker, clock: Clock) -> None:
    for number in range(MOST_PER_HOUR + 3):
        await write(database, clock, key=f"k{number}")
    await write(database, clock, "paul@demo.example", key="other")
    while await worker.work():
        pass
    assert [mail.recipients[0] for mail in mailbox.received].count("nadia@demo.example") == MOST_PER_HOUR
    assert [mail.recipients[0] for mail in mailbox.received].count("paul@demo.example") == 1
    clock.set("2026-11-23T09:01")
    while await worker.work():
        pass
    assert len(mailbox.received) == MOST_PER_HOUR + 4


async def test_the_demos_page_shows_mails_and_their_links(database: Database, mailbox: Mailbox, worker: Worker, clock: Clock) -> None:
    await write(database, clock)
    await worker.work()
    client = make_page(mailbox, "Vigneux").test_client()
    page = (await (await client.get("/")).get_data()).decode()
    assert '<a href="http://x.example/a#b">' in page
    assert "<est>" not in page
    (listed,) = await (await client.get("/mails.json")).get_json()
    assert listed["links"] == ["http://x.example/a#b"]
