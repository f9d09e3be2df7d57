"""A key instead of a password for parents, and as the second factor of agents."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from quart import Quart

from server.app import create_app
from server.config import Config
from server.database import Database
from tests.cast import PASSWORD, Client
from tests.conftest import Clock
from tests.features.authenticator import Authenticator
from tests.features.mails import mails

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


async def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, (await answer.get_json())["error"]["code"]


async def added(client: Client, key: Authenticator, name: str = "Téléphone") -> Any:
    question = await client.post("/api/account/passkeys/question", json={"current": PASSWORD})
    assert question.status_code == 200, await question.get_data()
    said = key.make(await question.get_json())
    return await client.post("/api/account/passkeys", json={"credential": said, "name": name})


async def signed(client: Client, key: Authenticator, **more: Any) -> Any:
    question = await (await client.post("/api/session/passkey/question")).get_json()
    return await client.post("/api/session/passkey", json={"credential": key.sign(question), **more})


async def mine(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await (await client.get("/api/account/passkeys")).get_json())["passkeys"]
    return found


async def test_a_parent_adds_names_uses_and_removes_a_key(as_nadia: Client, app: Quart, database: Database) -> None:
    key = Authenticator()
    assert (await added(as_nadia, key)).status_code == 201
    (held,) = await mine(as_nadia)
    assert (held["name"], held["used_at"]) == ("Téléphone", None)
    assert (await as_nadia.put(f"/api/account/passkeys/{held['id']}", json={"name": "  Mon   vieux téléphone "})).status_code == 204

    phone = app.test_client()
    answer = await signed(phone, key)
    assert (answer.status_code, (await answer.get_json())["account"]["username"]) == (200, "nadia")
    assert (await phone.get("/api/session")).status_code == 200
    assert (await mine(phone))[0]["name"] == "Mon vieux téléphone"
    assert (await mine(phone))[0]["used_at"] is not None

    wrong = await as_nadia.post(f"/api/account/passkeys/{held['id']}/removal", json={"current": "not it"})
    assert await told(wrong) == (400, "wrong_password")
    assert (await as_nadia.post(f"/api/account/passkeys/{held['id']}/removal", json={"current": PASSWORD})).status_code == 204
    assert await told(await signed(app.test_client(), key)) == (400, "passkey_unknown")
    assert [mail["subject"] for mail in await mails(database)] == ["Une clé d’accès a été ajoutée", "Une clé d’accès a été retirée"]


async def test_adding_a_key_asks_for_the_password_again(as_nadia: Client) -> None:
    assert await told(await as_nadia.post("/api/account/passkeys/question", json={})) == (400, "wrong_password")
    # An answer to a question that nobody asked.
    said = Authenticator().make({"challenge": "bm9ib2R5IGFza2VkIHRoaXM"})
    assert await told(await as_nadia.post("/api/account/passkeys", json={"credential": said, "name": "x"})) == (400, "passkey_refused")


async def test_a_question_of_one_session_is_not_answered_by_another(as_nadia: Client, as_aminata: Client) -> None:
    question = await (await as_nadia.post("/api/account/passkeys/question", json={"current": PASSWORD})).get_json()
    said = {"credential": Authenticator().make(question), "name": "x"}
    assert await told(await as_aminata.post("/api/account/passkeys", json=said)) == (400, "passkey_refused")
    assert await mine(as_nadia) == await mine(as_aminata) == []


async def test_what_is_not_the_key_opens_nothing(as_nadia: Client, app: Quart, clock: Clock) -> None:
    key = Authenticator()
    await added(as_nadia, key)
    client = app.test_client()

    other = Authenticator(id=key.id)
    assert await told(await signed(client, other)) == (400, "passkey_refused"), "another private key"
    key.origin = "https://famille.example.net"
    assert await told(await signed(client, key)) == (400, "passkey_refused"), "another site"
    key.origin, key.site = "http://localhost", "example.net"
    assert await told(await signed(client, key)) == (400, "passkey_refused"), "a key of another site"
    key.site, key.verifies = "localhost", False
    assert await told(await signed(client, key)) == (400, "passkey_refused"), "nobody was verified"
    key.verifies = True

    question = await (await client.post("/api/session/passkey/question")).get_json()
    said = {"credential": key.sign(question)}
    assert (await client.post("/api/session/passkey", json=said)).status_code == 200
    assert await told(await client.post("/api/session/passkey", json=said)) == (400, "passkey_refused"), "the same answer twice"
    key.count = 0
    assert await told(await signed(client, key)) == (400, "passkey_refused"), "a copy of the key counts from an older number"
    key.count = 10
    question = await (await client.post("/api/session/passkey/question")).get_json()
    clock.set("2026-11-23T08:05:01")
    assert await told(await client.post("/api/session/passkey", json={"credential": key.sign(question)})) == (400, "passkey_refused")
    for nonsense in ({}, {"response": {"clientDataJSON": "%%%"}}, {"response": {"clientDataJSON": "W10"}}, {"response": []}):
        assert await told(await client.post("/api/session/passkey", json={"credential": nonsense})) == (400, "passkey_refused")


async def test_nobody_touches_the_key_of_another(as_nadia: Client, as_aminata: Client) -> None:
    await added(as_nadia, Authenticator())
    (held,) = await mine(as_nadia)
    assert (await as_aminata.put(f"/api/account/passkeys/{held['id']}", json={"name": "x"})).status_code == 404
    assert (await as_aminata.post(f"/api/account/passkeys/{held['id']}/removal", json={"current": PASSWORD})).status_code == 404
    assert (await mine(as_nadia))[0]["name"] == "Téléphone"


async def test_who_has_no_password_signs_in_freshly_first(as_nadia: Client, database: Database, clock: Clock) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE account SET password_hash = '!' WHERE id = 'acc_nadia'")
    clock.set("2026-11-23T08:15:01")
    assert await told(await as_nadia.post("/api/account/passkeys/question", json={})) == (409, "sign_in_freshly")
    clock.set("2026-11-23T08:14:59")
    assert (await as_nadia.post("/api/account/passkeys/question", json={})).status_code == 200


async def test_closing_the_account_takes_its_keys(as_nadia: Client, app: Quart) -> None:
    key = Authenticator()
    await added(as_nadia, key)
    assert (await as_nadia.post("/api/privacy/close", json={"password": PASSWORD})).status_code == 204
    assert await told(await signed(app.test_client(), key)) == (400, "passkey_unknown")


@pytest.fixture
async def strict(config: Config, clock: Clock) -> AsyncIterator[Quart]:
    """The portal as a town runs it."""
    app = create_app(replace(config, agent_second_factor=True), now=clock)
    async with app.test_app():
        yield app


async def waiting(app: Quart, expected: str) -> Client:
    client = app.test_client()
    answer = await client.post("/api/session", json={"username": "sylvie", "password": PASSWORD})
    assert (await answer.get_json())["waits_for"] == expected
    return client


async def test_an_agents_second_factor_is_a_key(strict: Quart) -> None:
    key, client = Authenticator(), await waiting(strict, "enrol")
    question = await (await client.post("/api/session/factor/passkey/enrolment/question")).get_json()
    enrolled = await client.post("/api/session/factor/passkey/enrolment", json={"credential": key.make(question), "name": "Clé USB"})
    assert enrolled.status_code == 200, await enrolled.get_data()
    assert (await client.get("/api/session")).status_code == 200

    second = await waiting(strict, "passkey")
    assert (await second.get("/api/session")).status_code == 401, "a password alone opens nothing"
    for begin in ("/api/session/factor/enrolment", "/api/session/factor/passkey/enrolment/question"):
        assert await told(await second.post(begin)) == (400, "factor_known"), "who has the password adds no factor of their own"
    assert await told(await signed(strict.test_client(), key)) == (409, "password_too"), "a key alone opens nothing either"
    question = await (await second.post("/api/session/factor/passkey/question")).get_json()
    assert [one["id"] for one in question["allowCredentials"]] == [key.make({"challenge": "eA"})["id"]]
    thief = await waiting(strict, "passkey")
    said = {"credential": key.sign(question)}
    assert await told(await thief.post("/api/session/factor/passkey", json=said)) == (400, "passkey_refused"), "another session's question"
    question = await (await second.post("/api/session/factor/passkey/question")).get_json()
    assert (await second.post("/api/session/factor/passkey", json={"credential": key.sign(question)})).status_code == 200

    (held,) = await mine(second)
    assert await told(await second.post(f"/api/account/passkeys/{held['id']}/removal", json={"current": PASSWORD})) == (409, "last_factor")
    assert (await added(second, Authenticator(), "Téléphone")).status_code == 201
    assert (await second.post(f"/api/account/passkeys/{held['id']}/removal", json={"current": PASSWORD})).status_code == 204
