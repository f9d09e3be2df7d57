"""When the CAF does not answer, the portal asks again by itself, and says when its own right to ask is about to end."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from quart import Quart

from server.app import create_app
from server.config import Config
from server.database import Database
from server.quotient.rules import token_alarm, token_ends
from server.simulators.api_particulier import Knobs
from tests.cast import PASSWORD, Client, Phone
from tests.conftest import Clock
from tests.features.identity import Outside, served
from tests.features.test_consents_and_quotient import consent, family_rows, fetch, forget_the_quotient

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
async def app(config: Config, clock: Clock, world: Outside) -> AsyncIterator[Quart]:
    async with served(config, clock, world.settings) as app:
        yield app


async def listed(agent: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await (await agent.get("/api/agents/quotients")).get_json())["requests"]
    return found


@pytest.mark.parametrize("error", [(502, "37999"), (504, "37002"), (429, "00429")])
async def test_it_is_asked_again_until_it_answers(
    app: Quart, nadias_phone: Phone, as_sylvie: Client, world: Outside, error: tuple[int, str], clock: Clock
) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    world.particulier.knobs = Knobs(error=error, errors=2, retry_after=1)
    app.extensions["portail"].quotients.clock = iter(range(0, 10_000, 60)).__next__
    status, body = await fetch(as_sylvie)
    assert (status, "rien à refaire" in body["error"]["message"]) == (502, True)
    await app.extensions["portail-retries"].settled()
    assert (await family_rows(nadias_phone))["family"]["quotient"]["value"] == 900
    assert await listed(as_sylvie) == []
    assert app.extensions["waited"][:2] == [30.0, 120.0]


async def test_after_a_quarter_of_an_hour_an_agent_is_told(
    app: Quart, nadias_phone: Phone, as_sylvie: Client, world: Outside, database: Database
) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    world.particulier.knobs = Knobs(error=(504, "37002"))
    await fetch(as_sylvie)
    (waits,) = await listed(as_sylvie)
    assert waits["state"] == "retrying"
    assert (await family_rows(nadias_phone))["quotient"]["waiting"]["state"] == "retrying"
    await app.extensions["portail-retries"].settled()
    assert sum(app.extensions["waited"]) == 900
    (waits,) = await listed(as_sylvie)
    assert (waits["state"], waits["code"]) == ("failed", "37002")
    assert "DUPONT" not in str([dict(row) for row in await database.all("SELECT * FROM quotient_request")])


async def test_a_withdrawn_consent_ends_it(app: Quart, nadias_phone: Phone, as_sylvie: Client, world: Outside) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    world.particulier.knobs = Knobs(error=(502, "37999"), errors=1)
    withdrawn = asyncio.Event()
    app.extensions["portail-retries"].pause = lambda seconds: withdrawn.wait()
    await fetch(as_sylvie)
    asked = len(world.particulier.asked)
    await consent(nadias_phone, False)
    withdrawn.set()
    await app.extensions["portail-retries"].settled()
    assert len(world.particulier.asked) == asked
    assert (await family_rows(nadias_phone))["family"]["quotient"] is None


async def test_attempts_that_a_restart_forgot_are_on_the_list(
    nadias_phone: Phone, as_sylvie: Client, database: Database, clock: Clock
) -> None:
    await forget_the_quotient(nadias_phone)
    await consent(nadias_phone, True)
    async with database.transaction() as tx:
        await tx.run("UPDATE quotient_request SET state = 'retrying', tried_at = ?", clock())
    clock.set("2026-11-23T08:20:01")
    assert [one["state"] for one in await listed(as_sylvie)] == ["failed"]


def token(expires: Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, {"exp": expires})]
    return ".".join([*parts, "signature"])


async def test_agents_are_warned_two_months_before_the_towns_token_ends(config: Config, clock: Clock) -> None:
    ends = token(1_800_000_000)  # 15 January 2027
    assert str(token_ends(ends)) == "2027-01-15"
    assert [token_alarm(ends, day) for day in ("2026-11-15", "2026-11-16", "2027-01-14", "2027-01-20")] == [None, 60, 1, -5]
    assert [token_ends(odd) for odd in ("", "opaque", "a.b.c", token("soon"), token(10**18))] == [None] * 5
    app = create_app(replace(config, particulier_token=ends), now=clock)
    async with app.test_app():
        client = app.test_client()
        await client.post("/api/session", json={"username": "sylvie", "password": PASSWORD})
        assert (await (await client.get("/api/agents/quotients")).get_json())["token_days"] == 53
