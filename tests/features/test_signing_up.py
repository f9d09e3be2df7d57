"""From the town's letter to an account: five steps, a mail, a click."""

from typing import Any

import pytest
from quart import Quart

from server.accounts.rules import FREE_FAILURES
from server.database import Database
from server.registration.service import forget_unfinished
from tests.cast import Client, Phone
from tests.conftest import Clock
from tests.features.mails import link_of, mails

GOOD = "tambour abeille 7 gazon"
PERSON = {
    "last_name": "Moreau", "first_name": "Claire", "email": "claire@example.org", "email_again": "claire@example.org",
    "username": "claire.m", "password": GOOD, "password_again": GOOD,
}  # fmt: skip
FILE = {"number": "105412", "label": "MOREAU", "email": "claire@example.org"}


async def put(client: Client, step: str, body: dict[str, Any]) -> Any:
    return await client.put(f"/api/sign-up/{step}", json=body)


async def code_of(answer: Any) -> tuple[str, dict[str, Any]]:
    error = (await answer.get_json())["error"]
    return error["code"], error["facts"]


async def accept(client: Client, *texts: str) -> None:
    legal = await (await client.get("/api/public/legal")).get_json()
    for text in texts:
        answer = await put(client, text, {"version": legal[text]["version"], "accept": True})
        assert answer.status_code == 200, await answer.get_data()


async def sign_up(client: Client, **changes: Any) -> Any:
    """All five steps."""
    person = PERSON | {key: value for key, value in changes.items() if key in PERSON}
    assert (await put(client, "person", person)).status_code == 200
    file = FILE | {"email": person["email"]} | {key: value for key, value in changes.items() if key in FILE}
    answer = await put(client, "file", file)
    assert answer.status_code == 200, await answer.get_data()
    await accept(client, "terms", "privacy")
    return await client.post("/api/sign-up/validation")


async def sign_in(client: Client, username: str = "claire.m", password: str = GOOD) -> Any:
    return await client.post("/api/session", json={"username": username, "password": password})


async def activate(client: Client, secret: str) -> Any:
    return await client.post("/api/activation", json={"link": secret})


async def test_a_stranger_with_the_letter_gets_an_account(client: Client, app: Quart, database: Database) -> None:
    assert (await sign_up(client)).status_code == 200
    assert (await (await client.get("/api/sign-up")).get_json())["waiting"] is True
    waiting = await sign_in(client)
    assert (waiting.status_code, (await code_of(waiting))[0]) == (403, "not_activated")
    done = await activate(app.test_client(), await link_of(database, "claire@example.org"))
    assert (done.status_code, await done.get_json()) == (200, {"username": "claire.m"})
    assert (await sign_in(client)).status_code == 200
    account = (await (await client.get("/api/session")).get_json())["account"]["id"]
    rows = await (await Phone(client, account).register()).rows()
    assert rows["f:fam_moreau"]["family/fam_moreau"]["number"] == "105412"
    assert [body["first_name"] for key, body in rows["f:fam_moreau"].items() if key.startswith("child/")] == ["Jules"]
    adults = await database.all("SELECT first_name, account_id FROM adult WHERE family_id = 'fam_moreau'")
    assert [(one["first_name"], one["account_id"]) for one in adults] == [("Claire", account)]
    kept = await database.all("SELECT text, version FROM acceptance WHERE account_id = ? ORDER BY text", account)
    assert [one["text"] for one in kept] == ["privacy", "terms"]


@pytest.mark.parametrize(("number", "label"), [("105 733", "garnier costa"), ("105733", "Gárnier-Costa"), (" 105.733 ", "GARNIERCOSTA")])
async def test_the_dossier_is_recognised_however_it_is_typed(client: Client, number: str, label: str) -> None:
    assert (await sign_up(client, number=number, label=label)).status_code == 200


async def test_a_wrong_number_a_wrong_name_and_a_dossier_in_use_get_the_same_answer(client: Client) -> None:
    await put(client, "person", PERSON)
    answers = [
        await put(client, "file", FILE | wrong)
        for wrong in ({"number": "999999"}, {"label": "DUPONT"}, {"number": "104217", "label": "BENALI"})
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    bodies = [await answer.get_data() for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]


async def test_guessing_names_of_a_dossier_is_slowed_down_even_when_the_guess_is_right(client: Client) -> None:
    await put(client, "person", PERSON)
    for at in range(FREE_FAILURES["dossier"]):
        last = await put(client, "file", FILE | {"label": f"NOM {at}"})
    assert last.status_code == 400
    assert (await put(client, "file", FILE)).status_code == 429
    assert (await put(client, "file", FILE | {"number": "105733", "label": "GARNIER-COSTA"})).status_code == 200


async def test_each_step_is_kept_and_can_be_gone_back_to(client: Client) -> None:
    first = await (await put(client, "person", PERSON)).get_json()
    assert first["step"] == "file"
    assert GOOD not in str(first)
    again = await put(client, "person", PERSON | {"first_name": "Clara", "password": "", "password_again": ""})
    assert (await again.get_json())["person"]["first_name"] == "Clara"
    assert (await (await put(client, "file", FILE)).get_json())["step"] == "terms"
    await accept(client, "terms")
    assert (await (await client.get("/api/sign-up")).get_json())["step"] == "privacy"


async def test_a_step_cannot_be_jumped_over(client: Client) -> None:
    assert (await code_of(await put(client, "file", FILE)))[0] == "sign_up_over"
    await put(client, "person", PERSON)
    assert (await code_of(await put(client, "terms", {"version": "2026-11", "accept": True})))[0] == "step_missing"
    assert (await code_of(await client.post("/api/sign-up/validation")))[0] == "step_missing"


async def test_a_text_that_changed_is_read_again(client: Client) -> None:
    await put(client, "person", PERSON)
    await put(client, "file", FILE)
    answer = await put(client, "terms", {"version": "2019-01", "accept": True})
    assert (answer.status_code, (await code_of(answer))[0]) == (409, "text_changed")


async def test_refusing_the_privacy_policy_cancels_everything(client: Client, database: Database) -> None:
    await put(client, "person", PERSON)
    await put(client, "file", FILE)
    await accept(client, "terms")
    assert (await put(client, "privacy", {"version": "2026-11", "accept": False})).status_code == 204
    assert await database.all("SELECT id FROM sign_up") == []
    assert (await (await client.get("/api/sign-up")).get_json())["step"] == "person"


async def test_cancelling_while_waiting_frees_the_name_and_the_dossier(client: Client, app: Quart, database: Database) -> None:
    await sign_up(client)
    secret = await link_of(database, "claire@example.org")
    assert (await client.delete("/api/sign-up")).status_code == 204
    assert (await code_of(await activate(client, secret)))[0] == "link_unknown"
    assert (await sign_up(app.test_client())).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "claire@", "email_invalid"),
        ("email", "claire@example.org\nBcc: x@example.org", "email_invalid"),
        ("email_again", "clara@example.org", "email_differs"),
        ("username", "é è", "username_form"),
        ("username", "nadia", "username_taken"),
        ("last_name", "  ", "required"),
        ("first_name", "<b>", "name_unreadable"),
        ("password_again", "autre", "password_differs"),
    ],
)
async def test_each_wrong_field_is_named(client: Client, database: Database, field: str, value: str, code: str) -> None:
    code_and_facts = await code_of(await put(client, "person", PERSON | {field: value}))
    assert code_and_facts == ("fields", {"fields": {field: code}})
    assert await database.all("SELECT id FROM sign_up") == [], "nothing is kept of a first step that failed"


@pytest.mark.parametrize(
    ("password", "reasons"),
    [("court", ["too_short", "too_simple"]), ("motdepasse2026!", ["too_common"]), ("Claire-Moreau-91", ["about_you"])],
)
async def test_a_password_that_is_easily_guessed_is_refused_with_reasons(client: Client, password: str, reasons: list[str]) -> None:
    code, facts = await code_of(await put(client, "person", PERSON | {"password": password, "password_again": password}))
    assert (code, facts["reasons"]) == ("password_refused", reasons)


async def test_the_link_works_once(client: Client, database: Database) -> None:
    await sign_up(client)
    secret = await link_of(database, "claire@example.org")
    assert (await activate(client, secret)).status_code == 200
    assert (await code_of(await activate(client, secret)))[0] == "link_used"
    assert (await code_of(await activate(client, "invented")))[0] == "link_unknown"


async def test_the_link_works_for_a_day_and_another_can_be_asked_for(
    client: Client, app: Quart, database: Database, clock: Clock
) -> None:
    await sign_up(client)
    late = await link_of(database, "claire@example.org")
    clock.set("2026-11-24T08:00:01")
    elsewhere = app.test_client()
    assert (await code_of(await activate(elsewhere, late)))[0] == "link_expired"
    assert (await elsewhere.post("/api/activation/mail", json={"link": late})).status_code == 204
    fresh = await link_of(database, "claire@example.org")
    assert fresh != late
    assert (await activate(elsewhere, fresh)).status_code == 200


async def test_mails_are_sent_again_a_few_times(client: Client, database: Database) -> None:
    await sign_up(client)
    answers = [(await client.post("/api/sign-up/mail")).status_code for _ in range(5)]
    assert answers == [204, 204, 204, 204, 429]
    assert len(await mails(database, "claire@example.org")) == 5


async def test_only_the_first_of_two_gets_the_dossier(client: Client, app: Quart, database: Database) -> None:
    await sign_up(client)
    other = app.test_client()
    await sign_up(other, username="clara", email="other@example.org", email_again="other@example.org")
    assert (await activate(client, await link_of(database, "claire@example.org"))).status_code == 200
    late = await activate(other, await link_of(database, "other@example.org"))
    assert (late.status_code, (await code_of(late))[0]) == (409, "file_taken")
    rights = await database.all("SELECT account_id FROM guardianship WHERE family_id = 'fam_moreau'")
    assert len(rights) == 1


async def test_validating_twice_makes_one_account(client: Client, database: Database) -> None:
    await sign_up(client)
    assert (await client.post("/api/sign-up/validation")).status_code in (200, 409)
    assert len(await database.all("SELECT id FROM account WHERE username = 'claire.m'")) == 1


async def test_what_nobody_finishes_is_forgotten(client: Client, app: Quart, database: Database, clock: Clock) -> None:
    await put(client, "person", PERSON | {"username": "unfinished"})
    await sign_up(app.test_client())
    clock.set("2026-11-26T08:00")
    assert await forget_unfinished(database, clock()) == 1
    clock.set("2026-12-01T08:00")
    assert await forget_unfinished(database, clock()) == 1
    assert await database.all("SELECT id FROM account WHERE username = 'claire.m'") == []
