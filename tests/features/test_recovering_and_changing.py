"""A forgotten name or password, a new password, a new address, sessions: always the mailbox or the password decides."""

from typing import Any

import pytest
from quart import Quart

from server.accounts.rules import FREE_FAILURES
from server.database import Database
from tests.cast import PASSWORD, Client
from tests.conftest import Clock, SignIn
from tests.features.mails import link_of, mails

NADIA = "nadia@demo.example"
GOOD = "tambour abeille 7 gazon"


async def ask(client: Client, said: str) -> Any:
    return await client.post("/api/recovery", json={"said": said})


async def choose(client: Client, link: str, password: str = GOOD) -> Any:
    return await client.post("/api/recovery/password", json={"link": link, "password": password})


async def session(client: Client, password: str) -> int:
    answer = await client.post("/api/session", json={"username": "nadia", "password": password})
    return int(answer.status_code)


async def code_of(answer: Any) -> str:
    return str((await answer.get_json())["error"]["code"])


@pytest.mark.parametrize("said", ["nadia", " NADIA ", "Nadia@demo.example"])
async def test_a_mail_brings_the_user_name_and_a_link(client: Client, database: Database, said: str) -> None:
    assert (await ask(client, said)).status_code == 202
    (mail,) = await mails(database, NADIA)
    assert "nadia" in " ".join(mail["paragraphs"])
    done = await choose(client, await link_of(database, NADIA))
    assert await done.get_json() == {"username": "nadia"}
    assert (await session(client, PASSWORD), await session(client, GOOD)) == (401, 200)


async def test_nobody_learns_who_has_an_account(client: Client, database: Database) -> None:
    known, unknown = await ask(client, "nadia"), await ask(client, "personne@example.org")
    assert (known.status_code, await known.get_data()) == (unknown.status_code, await unknown.get_data())
    assert len(await mails(database)) == 1


async def test_asking_again_and_again_is_slowed_down(client: Client, database: Database) -> None:
    answers = [(await ask(client, "nadia")).status_code for _ in range(FREE_FAILURES["asking"] + 1)]
    assert answers == [202] * FREE_FAILURES["asking"] + [429]


async def test_a_new_password_ends_every_session_and_is_told(as_nadia: Client, client: Client, database: Database) -> None:
    await ask(client, "nadia")
    await choose(client, await link_of(database, NADIA))
    assert (await as_nadia.get("/api/session")).status_code == 401
    assert (await mails(database, NADIA))[-1]["subject"] == "Votre mot de passe a changé"


async def test_the_link_works_once_for_an_hour_and_the_latest_only(client: Client, database: Database, clock: Clock) -> None:
    await ask(client, "nadia")
    first = await link_of(database, NADIA)
    clock.set("2026-11-23T08:10")
    await ask(client, "nadia")
    second = await link_of(database, NADIA)
    assert await code_of(await choose(client, first)) == "link_unknown"
    assert (await choose(client, second)).status_code == 200
    assert await code_of(await choose(client, second)) == "link_used"
    await ask(client, "nadia")
    late = await link_of(database, NADIA)
    clock.set("2026-11-23T09:10:01")
    assert await code_of(await choose(client, late)) == "link_expired"


async def test_a_weak_password_is_refused_and_the_link_stays_good(client: Client, database: Database) -> None:
    await ask(client, "nadia")
    link = await link_of(database, NADIA)
    for weak in ("court", "motdepasse12345", "Nadia-Benali-2026"):
        assert await code_of(await choose(client, link, weak)) == "password_refused"
    assert (await choose(client, link)).status_code == 200


async def test_changing_the_password_keeps_this_session_and_ends_the_others(sign_in: SignIn, client: Client, database: Database) -> None:
    here, elsewhere = await sign_in("nadia"), await sign_in("nadia")
    wrong = await here.put("/api/account/password", json={"current": "autre chose", "password": GOOD})
    assert (wrong.status_code, await code_of(wrong)) == (400, "wrong_password")
    assert (await here.put("/api/account/password", json={"current": PASSWORD, "password": GOOD})).status_code == 204
    assert (await here.get("/api/session")).status_code == 200
    assert (await elsewhere.get("/api/session")).status_code == 401
    assert (await session(client, PASSWORD), await session(client, GOOD)) == (401, 200)


async def test_guessing_the_present_password_from_inside_is_slowed_down(as_nadia: Client) -> None:
    body = {"current": "autre", "password": GOOD}
    answers = [(await as_nadia.put("/api/account/password", json=body)).status_code for _ in range(FREE_FAILURES["account"] + 1)]
    assert answers == [400] * FREE_FAILURES["account"] + [429]


async def test_a_new_address_counts_once_it_confirmed(as_nadia: Client, client: Client, database: Database) -> None:
    answer = await as_nadia.put("/api/account/email", json={"current": PASSWORD, "email": "nadia.b@example.org"})
    assert answer.status_code == 202
    warned = (await mails(database, NADIA))[0]
    assert "nadia.b@" not in str(warned), "the old mailbox reads a veiled address"
    before = await database.one("SELECT email FROM account WHERE username = 'nadia'")
    assert before == {"email": NADIA}
    link = await link_of(database, "nadia.b@example.org")
    done = await client.post("/api/account/email/confirmation", json={"link": link})
    assert await done.get_json() == {"email": "nadia.b@example.org"}
    again = await client.post("/api/account/email/confirmation", json={"link": link})
    assert await code_of(again) == "link_used"
    row = await database.one("SELECT body FROM sync_row WHERE scope = 'a:acc_nadia' AND key = 'account/acc_nadia'")
    assert row is not None
    assert "nadia.b@example.org" in row["body"]


async def test_a_link_of_one_purpose_serves_no_other(as_nadia: Client, client: Client, database: Database) -> None:
    await as_nadia.put("/api/account/email", json={"current": PASSWORD, "email": "nadia.b@example.org"})
    link = await link_of(database, "nadia.b@example.org")
    assert await code_of(await choose(client, link)) == "link_unknown"
    assert await code_of(await client.post("/api/activation", json={"link": link})) == "link_unknown"


async def test_sessions_are_listed_and_ended_one_by_one(sign_in: SignIn, as_aminata: Client) -> None:
    here, elsewhere = await sign_in("nadia"), await sign_in("nadia")
    listed = (await (await here.get("/api/account/sessions")).get_json())["sessions"]
    assert [one["current"] for one in listed].count(True) == 1
    other = next(one["id"] for one in listed if not one["current"])
    assert (await as_aminata.delete(f"/api/account/sessions/{other}")).status_code == 404
    assert (await here.delete(f"/api/account/sessions/{other}")).status_code == 204
    assert (await elsewhere.get("/api/session")).status_code == 401
    assert (await here.get("/api/session")).status_code == 200


async def test_a_session_ends_after_half_a_year_however_often_it_is_used(app: Quart, sign_in: SignIn, clock: Clock) -> None:
    client = await sign_in("nadia")
    for day in ("2026-12-20", "2027-01-15", "2027-02-10", "2027-03-08", "2027-04-03", "2027-04-29", "2027-05-20"):
        clock.set(f"{day}T08:00")
        assert (await client.get("/api/session")).status_code == 200, day
    clock.set("2027-05-23T08:00")
    assert (await client.get("/api/session")).status_code == 401


async def test_signing_in_again_ends_the_session_of_this_browser(app: Quart, database: Database) -> None:
    client = app.test_client()
    for _ in range(3):
        assert await session(client, PASSWORD) == 200
    assert len(await database.all("SELECT id FROM session WHERE account_id = 'acc_nadia'")) == 1
