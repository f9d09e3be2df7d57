"""Everything that may go wrong on the way to FranceConnect and back: it opens nothing, and is said plainly."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from quart import Quart

from server.config import Config
from server.database import Database
from server.simulators.franceconnect import Knobs
from tests.cast import Client
from tests.conftest import Clock, SignIn
from tests.features.identity import Outside, query, served
from tests.features.test_franceconnect import LETTER, linked, links, who

BAD_TOKENS = ("wrong_kid", "wrong_key", "hs256", "none", "bad_nonce", "wrong_aud", "expired", "wrong_iss", "no_acr")
BAD_PEOPLE = ("json", "sub_mismatch", "wrong_kid", "wrong_key", "expired", "wrong_aud", "none")


@pytest.fixture
async def app(config: Config, clock: Clock, world: Outside) -> AsyncIterator[Quart]:
    async with served(config, clock, world.settings) as app:
        yield app


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
