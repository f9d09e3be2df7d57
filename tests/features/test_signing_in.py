"""Signing in and out, and what happens to somebody who guesses."""

from typing import Any

from quart import Quart

from server.accounts.rules import FREE_FAILURES, blocked_for, throttled_address
from server.database import Database
from tests.cast import PASSWORD, Client
from tests.conftest import Clock, SignIn


async def _try(client: Client, username: str, password: str) -> Any:
    return await client.post("/api/session", json={"username": username, "password": password})


async def test_the_name_is_found_whatever_its_capitals_and_spaces(client: Client) -> None:
    assert (await _try(client, "  NADIA ", PASSWORD)).status_code == 200


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(client: Client) -> None:
    unknown, wrong = await _try(client, "nobody", "x"), await _try(client, "nadia", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert await unknown.get_json() == await wrong.get_json()


async def test_guessing_is_slowed_down_for_the_name_even_with_the_right_password(client: Client, clock: Clock) -> None:
    for _ in range(FREE_FAILURES["account"]):
        last = await _try(client, "nadia", "wrong")
    assert last.status_code == 429
    blocked = await _try(client, "nadia", PASSWORD)
    assert blocked.status_code == 429 and int(blocked.headers["Retry-After"]) == 60
    assert (await blocked.get_json())["error"]["facts"] == {"minutes": 1}
    assert (await _try(client, "aminata", PASSWORD)).status_code == 200, "others are not blocked with her"
    clock.set("2026-11-23T08:01:01")
    assert (await _try(client, "nadia", PASSWORD)).status_code == 200


async def test_a_session_ends_when_it_is_signed_out(as_nadia: Client) -> None:
    assert (await as_nadia.get("/api/session")).status_code == 200
    left = await as_nadia.delete("/api/session")
    assert left.status_code == 204 and left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert (await as_nadia.get("/api/session")).status_code == 401


async def test_a_session_on_a_shared_computer_ends_the_same_day(app: Quart, clock: Clock) -> None:
    client = app.test_client()
    body = {"username": "nadia", "password": PASSWORD, "shared": True}
    answer = await client.post("/api/session", json=body)
    assert "Max-Age" not in answer.headers["Set-Cookie"] and "Expires" not in answer.headers["Set-Cookie"]
    clock.set("2026-11-23T14:00:01")
    assert (await client.get("/api/session")).status_code == 401


async def test_a_session_lives_on_while_it_is_used(as_nadia: Client, clock: Clock) -> None:
    for day in ("2026-12-10T08:00", "2027-01-05T08:00", "2027-02-01T08:00"):
        clock.set(day)
        assert (await as_nadia.get("/api/session")).status_code == 200, day
    clock.set("2027-03-10T08:00")
    assert (await as_nadia.get("/api/session")).status_code == 401


async def test_the_database_knows_no_secret_that_signs_in(sign_in: SignIn, database: Database) -> None:
    client = await sign_in("nadia")
    cookie = next(iter(client.cookie_jar)).value  # type: ignore[union-attr]
    rows = await database.all("SELECT id FROM session")
    assert rows and all(row["id"] not in str(cookie) for row in rows)


def test_the_waits_grow_and_end() -> None:
    assert [blocked_for("account", n) // 60_000 for n in (1, 4, 5, 6, 7, 8, 99)] == [0, 0, 1, 2, 4, 8, 30]


def test_an_ipv6_household_is_one_address() -> None:
    assert throttled_address("2001:db8:1:2:aaaa::1") == throttled_address("2001:db8:1:2:bbbb::9")
    assert throttled_address("192.0.2.7") == "192.0.2.7"
    assert throttled_address(None) == "unknown"
