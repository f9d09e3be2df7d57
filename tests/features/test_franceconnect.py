"""Signing in through FranceConnect, linking, unlinking, leaving; and everything that may go wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from quart import Quart

from server.config import Config
from server.database import Database
from server.simulators.api_particulier import Knobs as QuotientKnobs
from server.simulators.franceconnect import Knobs
from tests.cast import Client, Phone
from tests.conftest import Clock, SignIn
from tests.features.identity import Outside, query, served
from tests.features.test_consents_and_quotient import consent

BAD_TOKENS = ("wrong_kid", "wrong_key", "hs256", "none", "bad_nonce", "wrong_aud", "expired", "wrong_iss", "no_acr")
BAD_PEOPLE = ("json", "sub_mismatch", "wrong_kid", "wrong_key", "expired", "wrong_aud", "none")
LETTER = {"number": "105412", "label": "Moreau"}


@pytest.fixture
async def app(config: Config, clock: Clock, world: Outside) -> AsyncIterator[Quart]:
    async with served(config, clock, world.settings) as app:
        yield app


async def who(client: Client) -> str | None:
    response = await client.get("/api/session")
    return (await response.get_json())["account"]["username"] if response.status_code == 200 else None


async def links(database: Database) -> list[str]:
    return [row["account_id"] for row in await database.all("SELECT account_id FROM franceconnect_link ORDER BY account_id")]


async def linked(client: Client, world: Outside, person: str = "nadia") -> None:
    assert await world.trip(client, person, "liaison") == "/parametres?fc=lie"


async def test_the_way_there_asks_for_what_franceconnect_wants(client: Client, world: Outside) -> None:
    asked = query(await world.leave(client))
    assert (asked["response_type"], asked["acr_values"], asked["code_challenge_method"]) == ("code", "eidas1", "S256")
    assert asked["scope"] == "openid identite_pivot preferred_username email"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 32


async def test_a_linked_account_opens(as_nadia: Client, client: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    assert await world.trip(client, "nadia") == "/accueil"
    assert await who(client) == "nadia"


async def test_somebody_unknown_gets_no_session_and_no_account(client: Client, world: Outside, database: Database) -> None:
    before = (await database.all("SELECT COUNT(*) AS n FROM account"))[0]["n"]
    assert await world.trip(client, "nadia") == "/connexion/franceconnect"  # same name, same e-mail as an account: no likeness counts
    assert await who(client) is None
    assert (await (await client.get("/api/franceconnect")).get_json())["visitor"] == "Nadia BENALI"
    assert (await database.all("SELECT COUNT(*) AS n FROM account"))[0]["n"] == before


async def test_the_letter_links_a_newcomer_to_a_file(client: Client, world: Outside, database: Database) -> None:
    await world.trip(client, "pierre")
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 204
    assert (await who(client) or "").startswith("pierre-duval-")
    found = await database.one(
        "SELECT file_label FROM family f JOIN guardianship g ON g.family_id = f.id"
        " JOIN franceconnect_link l ON l.account_id = g.account_id"
    )
    assert found is not None
    assert found["file_label"] == "MOREAU"
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 410


async def test_a_wrong_number_and_a_wrong_name_get_one_answer_and_are_counted(client: Client, world: Outside) -> None:
    await world.trip(client, "pierre")
    answers = []
    for letter in ({**LETTER, "label": "DURAND"}, {**LETTER, "number": "999999"}):
        response = await client.post("/api/franceconnect/dossier", json=letter)
        answers.append((response.status_code, (await response.get_json())["error"]["code"]))
    assert answers == [(answers[0][0], "file_unknown")] * 2
    codes = [
        (await (await client.post("/api/franceconnect/dossier", json={**LETTER, "label": "DURAND"})).get_json())["error"]["code"]
        for _ in range(8)
    ]
    assert codes[-1] == "too_many_attempts"


async def test_the_letter_without_franceconnect_opens_nothing(client: Client) -> None:
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 410


async def test_two_first_visits_at_once_make_one_account(app: Quart, world: Outside, database: Database) -> None:
    windows = [app.test_client() for _ in range(3)]
    for window in windows:
        await world.trip(window, "pierre")
    answers = await asyncio.gather(*(window.post("/api/franceconnect/dossier", json=LETTER) for window in windows))
    assert 204 in [answer.status_code for answer in answers]
    assert len(await links(database)) == 1
    assert len(await database.all("SELECT id FROM account WHERE username LIKE 'pierre-%'")) == 1
    again = app.test_client()
    assert await world.trip(again, "pierre") == "/accueil"


async def test_an_identity_opens_one_account_and_an_account_has_one_identity(as_nadia: Client, as_paul: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    assert await world.trip(as_paul, "nadia", "liaison") == "/parametres?fc=autre"
    assert await world.trip(as_nadia, "paul", "liaison") == "/parametres?fc=different"
    assert await world.trip(as_nadia, "nadia", "liaison") == "/parametres?fc=lie"


async def test_unlinking_needs_a_password(as_nadia: Client, client: Client, world: Outside, database: Database) -> None:
    await linked(as_nadia, world)
    assert (await as_nadia.delete("/api/franceconnect")).status_code == 204
    assert await links(database) == []
    assert await world.trip(client, "nadia") == "/connexion/franceconnect"
    await client.post("/api/franceconnect/dossier", json=LETTER)
    response = await client.delete("/api/franceconnect")
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (409, "password_first")


async def test_an_agent_never_comes_in_through_franceconnect(as_sylvie: Client, world: Outside) -> None:
    response = await as_sylvie.get("/api/franceconnect/connexion", query_string={"motif": "liaison"})
    assert response.headers["Location"] == "/connexion"


async def test_the_session_changes_and_the_way_out_ends_it_there_too(as_nadia: Client, client: Client, world: Outside) -> None:
    await linked(as_nadia, world)
    await world.trip(client, "nadia")
    first = client.cookie_jar
    assert (await (await client.get("/api/franceconnect")).get_json())["session"] is True
    await client.delete("/api/session")
    answer = await client.get("/api/franceconnect/deconnexion")
    away = query(answer.headers["Location"])
    assert answer.headers["Location"].startswith(f"{world.franceconnect.issuer}/session/end?")
    assert away["id_token_hint"].count(".") == 2
    assert away["post_logout_redirect_uri"] == "http://localhost/api/franceconnect/fin"
    assert (await client.get("/api/franceconnect/deconnexion")).headers["Location"] == "/"
    assert (await client.get("/api/franceconnect/fin")).headers["Location"] == "/"
    assert first is client.cookie_jar


async def test_giving_up_there_changes_nothing(client: Client, world: Outside) -> None:
    assert await world.trip(client, None) == "/connexion?fc=abandon"


async def test_a_return_is_good_once(as_nadia: Client, client: Client, world: Outside, database: Database) -> None:
    await linked(as_nadia, world)
    back = await world.choose(await world.leave(client), "nadia")
    assert (await client.get(back)).headers["Location"] == "/accueil"
    assert (await client.get(back)).headers["Location"] == "/connexion?fc=recommencer"
    assert world.franceconnect.exchanges == 2
    assert len(await links(database)) == 1


async def test_a_return_belongs_to_the_browser_that_left(as_nadia: Client, client: Client, app: Quart, world: Outside) -> None:
    await linked(as_nadia, world)
    back = await world.choose(await world.leave(client), "nadia")
    victim = app.test_client()
    assert (await victim.get(back)).headers["Location"] == "/connexion?fc=recommencer"
    assert await who(victim) is None


@pytest.mark.parametrize("change", [{"state": "another"}, {"iss": "https://elsewhere.example"}, {"iss": None}, {"state": None}])
async def test_a_return_that_was_tampered_with_opens_nothing(
    as_nadia: Client, client: Client, world: Outside, change: dict[str, Any]
) -> None:
    await linked(as_nadia, world)
    back = query(await world.choose(await world.leave(client), "nadia")) | change
    told = {name: value for name, value in back.items() if value is not None}
    answer = await client.get("/api/franceconnect/retour", query_string=told)
    assert answer.headers["Location"] == "/connexion?fc=recommencer"
    assert await who(client) is None


async def test_signing_in_as_somebody_else_meanwhile_ends_a_linking(sign_in: SignIn, world: Outside, database: Database) -> None:
    nadia = await sign_in("nadia")
    back = await world.choose(await world.leave(nadia, "liaison"), "nadia")
    await nadia.delete("/api/session")
    await nadia.post("/api/session", json={"username": "paul", "password": "vigneux-demo-2026"})
    assert (await nadia.get(back)).headers["Location"] == "/parametres?fc=recommencer"
    assert await links(database) == []


@pytest.mark.parametrize(
    ("knobs", "page"),
    [
        *((Knobs(token=mistake), "refus") for mistake in BAD_TOKENS), *((Knobs(userinfo=mistake), "refus") for mistake in BAD_PEOPLE),
        (Knobs(status={"/token": 500}), "panne"), (Knobs(status={"/token": 503}), "panne"), (Knobs(status={"/userinfo": 500}), "panne"),
        (Knobs(status={"/userinfo": 401}), "recommencer"), (Knobs(status={"/jwks": 500}), "panne"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_goes_wrong_there_opens_nothing_here(as_nadia: Client, client: Client, world: Outside, knobs: Knobs, page: str) -> None:
    world.franceconnect.knobs = knobs
    assert await world.trip(client, "nadia") == f"/connexion?fc={page}"
    assert await who(client) is None


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_wrong_secret_is_our_configuration(app: Quart, client: Client, world: Outside) -> None:
    world.franceconnect.client_secret = "changed over there"
    assert await world.trip(client, "nadia") == "/connexion?fc=refus"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_new_keys_over_there_are_fetched(as_nadia: Client, client: Client, world: Outside, clock: Clock) -> None:
    await linked(as_nadia, world)
    world.franceconnect.rotate()
    assert await world.trip(client, "nadia") == "/connexion?fc=refus"  # asked again only once in half a minute
    clock.set("2026-11-23T08:01")
    assert await world.trip(client, "nadia") == "/accueil"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("late", ["2026-11-23T08:00:31", "2026-11-23T08:09"])
async def test_a_code_lives_thirty_seconds(client: Client, world: Outside, clock: Clock, late: str) -> None:
    back = await world.choose(await world.leave(client), "nadia")
    clock.set(late)
    assert (await client.get(back)).headers["Location"] == "/connexion?fc=recommencer"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_trip_of_more_than_ten_minutes_is_over(client: Client, world: Outside, clock: Clock) -> None:
    away = await world.leave(client)
    clock.set("2026-11-23T08:10:30")
    back = await world.choose(away, "nadia")
    assert (await client.get(back)).headers["Location"] == "/connexion?fc=recommencer"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "missing", [{"email"}, {"given_name"}, {"family_name"}, {"given_name", "family_name", "email", "birthdate", "gender"}]
)
@pytest.mark.parametrize("person", ["pierre", "inconnue", "marge"])
async def test_an_identity_may_lack_almost_everything(client: Client, world: Outside, missing: set[str], person: str) -> None:
    world.franceconnect.knobs = Knobs(missing=missing)
    assert await world.trip(client, person) == "/connexion/franceconnect"
    assert (await client.post("/api/franceconnect/dossier", json=LETTER)).status_code == 204


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "status"),
    [({"client_id": "x"}, 400), ({"redirect_uri": "https://elsewhere.example"}, 400), ({"nonce": "short"}, 400),
     ({"acr_values": "eidas2"}, 400), ({"prompt": "none"}, 400), ({"state": ""}, 400), ({"scope": "profile"}, 303),
     ({"response_type": ""}, 303), ({"response_type": "token"}, 303)],
)  # fmt: skip
async def test_the_stand_in_is_as_strict_as_the_provider(client: Client, world: Outside, change: dict[str, str], status: int) -> None:
    asked = query(await world.leave(client)) | change
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(f"{world.franceconnect.issuer}/authorize", params=asked)
    assert answer.status_code == status
    if status == 303:
        back = answer.headers["Location"].removeprefix("http://localhost")
        assert (await client.get(back)).headers["Location"] == "/connexion?fc=refus"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong", "code": "x"}, 401, "invalid_client"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "unknown"}, 400, "invalid_grant"),
    ],
)
async def test_the_stand_in_answers_with_the_providers_errors(world: Outside, form: dict[str, str], status: int, error: str) -> None:
    body = {"grant_type": "authorization_code", "client_id": "portail-test", "client_secret": "secret-of-the-tests", **form}
    async with httpx.AsyncClient() as caller:
        answer = await caller.post(f"{world.franceconnect.issuer}/token", data=body)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        for headers in ({}, {"Authorization": "Bearer unknown"}):
            refused = await caller.get(f"{world.franceconnect.issuer}/userinfo", headers=headers)
            assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


async def test_the_quotient_comes_inside_the_return_when_it_is_allowed(nadias_phone: Phone, world: Outside) -> None:
    await consent(nadias_phone, False)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == "/dossier?fc=sans-accord"
    await consent(nadias_phone, True)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == "/dossier?fc=quotient"
    rows = (await nadias_phone.rows())["f:fam_benali"]
    assert rows["family/fam_benali"]["quotient"] == {"value": 412, "source": "CAF", "read_on": "2026-11-23"}
    assert (rows["quotient/fam_benali"]["channel"], rows["quotient/fam_benali"]["month"]) == ("franceconnect", "2026-11")


async def test_signing_in_fetches_a_quotient_that_is_wanting(nadias_phone: Phone, client: Client, world: Outside) -> None:
    await linked(nadias_phone.client, world)
    await consent(nadias_phone, False)
    await consent(nadias_phone, True)
    assert await world.trip(client, "nadia") == "/accueil"
    assert (await nadias_phone.rows())["f:fam_benali"]["family/fam_benali"]["quotient"]["value"] == 412


async def test_nobody_fetches_for_the_file_of_others(as_nadia: Client, world: Outside, database: Database) -> None:
    assert await world.trip(as_nadia, "nadia", "quotient", dossier="fam_diallo") == "/dossier?fc=refus"
    assert await database.all("SELECT id FROM quotient_reading WHERE channel = 'franceconnect'") == []


@pytest.mark.parametrize(
    ("knobs", "word"),
    [((404, "37003"), "not_found"), ((401, "00101"), "refused"), ((429, "00429"), "throttled"), ((502, "37999"), "later"),
     ((504, "37002"), "later"), ((422, "00366"), "form")],
)  # fmt: skip
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_quotient_that_does_not_come_is_said_and_an_agent_takes_over(
    nadias_phone: Phone, as_sylvie: Client, world: Outside, knobs: tuple[int, str], word: str
) -> None:
    world.particulier.knobs = QuotientKnobs(error=knobs)
    assert await world.trip(nadias_phone.client, "nadia", "quotient", dossier="fam_benali") == f"/dossier?fc=quotient-{word}"
    (waits,) = (await (await as_sylvie.get("/api/agents/quotients")).get_json())["requests"]
    assert (waits["family"], waits["code"]) == ("fam_benali", knobs[1])
    rows = (await nadias_phone.rows())["f:fam_benali"]
    assert rows["family/fam_benali"]["quotient"]["value"] == 642  # what was known still counts
