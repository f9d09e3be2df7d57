"""Agents sign in with a code besides their password, unless the demo says otherwise."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from quart import Quart

from server.accounts.rules import FREE_FAILURES
from server.accounts.service import remove_factor
from server.app import create_app
from server.config import Config
from server.database import Database
from tests.cast import PASSWORD, Client
from tests.conftest import Clock


@pytest.fixture
async def strict(config: Config, clock: Clock) -> AsyncIterator[Quart]:
    """The portal as a town runs it."""
    app = create_app(replace(config, agent_second_factor=True), now=clock)
    async with app.test_app():
        yield app


async def password(client: Client, username: str = "sylvie") -> Any:
    answer = await client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200
    return await answer.get_json()


async def give(client: Client, code: str) -> Any:
    return await client.post("/api/session/factor", json={"code": code})


async def enrol(client: Client) -> pyotp.TOTP:
    answer = await client.post("/api/session/factor/enrolment")
    assert answer.status_code == 200
    return pyotp.TOTP((await answer.get_json())["secret"])


def code_at(totp: pyotp.TOTP, clock: Clock) -> str:
    return totp.at(int(clock.moment.timestamp()))


async def test_the_first_time_an_app_is_added_and_confirmed(strict: Quart, clock: Clock) -> None:
    client = strict.test_client()
    assert (await password(client))["waits_for"] == "enrol"
    assert (await client.get("/api/session")).status_code == 401, "a password alone opens nothing"
    assert (await client.get("/api/account/sessions")).status_code == 401
    totp = await enrol(client)
    assert (await give(client, "000000")).status_code == 400
    assert (await give(client, code_at(totp, clock))).status_code == 200
    assert (await (await client.get("/api/session")).get_json())["account"]["username"] == "sylvie"


async def test_afterwards_a_code_is_asked_each_time_and_taken_once(strict: Quart, clock: Clock) -> None:
    first = strict.test_client()
    await password(first)
    totp = await enrol(first)
    code = code_at(totp, clock)
    await give(first, code)
    second = strict.test_client()
    assert (await password(second))["waits_for"] == "totp"
    assert (await give(second, code)).status_code == 400, "the same code twice"
    clock.set("2026-11-23T08:00:40")
    assert (await give(second, code_at(totp, clock))).status_code == 200


async def test_a_known_app_is_not_replaced_by_who_has_the_password(strict: Quart, clock: Clock) -> None:
    first = strict.test_client()
    await password(first)
    await give(first, code_at(await enrol(first), clock))
    thief = strict.test_client()
    await password(thief)
    refused = await thief.post("/api/session/factor/enrolment")
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (400, "factor_known")


async def test_guessing_codes_is_slowed_down(strict: Quart, clock: Clock) -> None:
    client = strict.test_client()
    await password(client)
    totp = await enrol(client)
    right = code_at(totp, clock)
    wrong = "000000" if right != "000000" else "111111"
    answers = [(await give(client, wrong)).status_code for _ in range(FREE_FAILURES["factor"])]
    assert set(answers) == {400}
    assert (await give(client, right)).status_code == 429


async def test_who_waits_too_long_begins_again(strict: Quart, clock: Clock) -> None:
    client = strict.test_client()
    await password(client)
    totp = await enrol(client)
    clock.set("2026-11-23T08:15:01")
    late = await give(client, code_at(totp, clock))
    assert (late.status_code, (await late.get_json())["error"]["code"]) == (401, "sign_in_again")


async def test_parents_sign_in_with_their_password_alone(strict: Quart) -> None:
    assert (await password(strict.test_client(), "nadia"))["waits_for"] is None


async def test_a_lost_telephone_is_replaced_by_who_runs_the_portal(strict: Quart, database: Database, clock: Clock) -> None:
    client = strict.test_client()
    await password(client)
    await give(client, code_at(await enrol(client), clock))
    assert await remove_factor(database, "sylvie")
    assert not await remove_factor(database, "nadia")
    assert (await client.get("/api/session")).status_code == 401
    assert (await password(client))["waits_for"] == "enrol"
