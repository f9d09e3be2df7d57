"""A service writes to a group of families: it sees beforehand who gets it and how, and nobody gets it twice."""

import itertools
from typing import Any

import pytest
from quart import Quart

from server.database import Database
from server.mailings import service as mailings
from server.mailings.service import MailingSender
from server.outbox.service import Worker
from tests.cast import Client
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import send as command

DESK = "/api/agents/mailings"
_ids = itertools.count(1)


@pytest.fixture(autouse=True)
async def nobody_else_works(app: Quart) -> None:
    await app.extensions["portail-worker"].stop()


def _letter(count: int, **more: Any) -> dict[str, Any]:
    return {"id": f"g_test{next(_ids):06}", "subject": "Sortie de jeudi", "body": "Pensez au goûter.", "count": count, **more}


async def _preview(agent: Client, **group: Any) -> dict[str, Any]:
    answer = await agent.post(f"{DESK}/preview", json=group)
    assert answer.status_code == 200, await answer.get_data()
    found: dict[str, Any] = await answer.get_json()
    return found


def _worker(database: Database, clock: Clock) -> Worker:
    return Worker(database, {"mailing": MailingSender(database, PARIS, clock).deliver}, clock)


async def _work(database: Database, clock: Clock) -> None:
    worker = _worker(database, clock)
    while await worker.work():
        pass


async def test_the_preview_says_who_gets_it_and_how(as_sylvie: Client, new_phone: NewPhone, database: Database) -> None:
    phone = await new_phone("aminata")
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at)"
            " VALUES ('ps', ?, ?, 'https://x', '', '', 0)",
            phone.account, phone.device,
        )  # fmt: skip
    bashung = await _preview(as_sylvie, school="bashung")
    assert [(one["label"], one["by"]) for one in bashung["families"]] == [("DIALLO", "push")]
    pasteur = await _preview(as_sylvie, school="pasteur")
    assert {one["label"]: one["by"] for one in pasteur["families"]} == {"BENALI": "mail", "MARTIN": "mail"}
    mandela = await _preview(as_sylvie, school="mandela")
    assert mandela["by"] == {"push": 0, "mail": 0, "portal": 0, "nobody": 1}, "the Moreau family has no account yet"
    day = await _preview(as_sylvie, activity="etude", school="pasteur", date="2026-11-23")
    assert {one["label"] for one in day["families"]} == {"BENALI"}


async def test_a_group_gets_it_once_and_each_family_can_answer(
    as_sylvie: Client, new_phone: NewPhone, database: Database, clock: Clock
) -> None:
    letter = _letter(2, school="pasteur", needs_answer=True)
    for _ in range(2):
        assert (await as_sylvie.post(DESK, json=letter)).status_code == 204
    await _work(database, clock)
    async with database.transaction() as tx:  # a worker died before its note
        await tx.run("UPDATE outbox SET state = 'waiting', payload = ? WHERE kind = 'mailing'", f'{{"mailing": "{letter["id"]}"}}')
    await _work(database, clock)
    nadia = await new_phone("nadia")
    rows = (await nadia.rows())["f:fam_benali"]
    threads = {key: body for key, body in rows.items() if key.startswith("thread/") and body["subject"] == "Sortie de jeudi"}
    (key, shown), = threads.items()  # fmt: skip
    assert (shown["unread"], shown["needs_answer"], shown["service"]) == (1, True, "enfance-education")
    thread = key.removeprefix("thread/")
    receipt = await command(nadia, "message.send@1", {"thread": thread, "message": "m_answer0001", "body": "D’accord."})
    assert receipt["outcome"] == "accepted"
    mails = await database.all("SELECT key FROM outbox WHERE kind = 'mail' AND key LIKE 'mail/message/m_%'")
    assert len(mails) == 2, "one for each parent"
    (told,) = (await (await as_sylvie.get(DESK)).get_json())["mailings"]
    assert (told["state"], told["sent"], told["total"], told["audience"]) == ("done", 2, 2, "école Groupe scolaire Pasteur")
    reached = await (await as_sylvie.get(f"{DESK}/{letter['id']}")).get_json()
    assert reached["by"] == {"push": 0, "mail": 2, "portal": 0, "nobody": 0}


async def test_what_was_stopped_goes_on_with_those_that_are_left(
    as_sylvie: Client, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailings, "PORTION", 1)
    letter = _letter(2, school="pasteur")
    await as_sylvie.post(DESK, json=letter)
    assert await _worker(database, clock).work() == 1
    assert (await as_sylvie.post(f"{DESK}/{letter['id']}/stop")).status_code == 204
    await _work(database, clock)
    (told,) = (await (await as_sylvie.get(DESK)).get_json())["mailings"]
    assert (told["state"], told["sent"]) == ("stopped", 1)
    assert (await as_sylvie.post(f"{DESK}/{letter['id']}/go-on")).status_code == 204
    await _work(database, clock)
    (told,) = (await (await as_sylvie.get(DESK)).get_json())["mailings"]
    assert (told["state"], told["sent"]) == ("done", 2)
    threads = await database.all("SELECT family_id FROM thread WHERE subject = 'Sortie de jeudi' ORDER BY family_id")
    assert [row["family_id"] for row in threads] == ["fam_benali", "fam_martin"]


async def test_a_group_that_changed_is_looked_at_again(as_sylvie: Client, as_marc: Client) -> None:
    answer = await as_sylvie.post(DESK, json=_letter(7, school="pasteur"))
    assert (answer.status_code, (await answer.get_json())["error"]["code"]) == (409, "audience_changed")
    for agent, group, code in (
        (as_sylvie, {"unpaid": True}, "not_found"), (as_sylvie, {"activity": "emap-enfants"}, "not_found"), (as_sylvie, {}, "malformed")
    ):  # fmt: skip
        refused = await agent.post(f"{DESK}/preview", json=group)
        assert (await refused.get_json())["error"]["code"] == code, group
    owing = await _preview(as_marc, unpaid=True)
    assert owing["count"] == len(owing["families"])
    assert (await (await as_marc.get(DESK)).get_json())["mailings"] == []
