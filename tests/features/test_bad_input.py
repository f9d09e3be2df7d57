"""Malformed, oversized, foreign and hostile requests: a coded refusal in JSON, never a 500, never a partial effect."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart import Quart

from server.database import Database
from server.errors import STATUSES
from server.web.limits import bound_of
from tests.cast import Client, Phone

SignedIn = Callable[[str], Awaitable[Client]]
JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 20_000 + b"]" * 20_000
HOSTILE: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", JSON),
    "not UTF-8": (b'{"username": "\xff\xfe"}', JSON),
    "not JSON": (b"username=nadia", JSON),
    "cut short": (b'{"username": "nadia", "pass', JSON),
    "a list": (b"[]", JSON),
    "a null": (b"null", JSON),
    "a number": (b"1e999", JSON),
    "nested 20,000 deep": (DEEP, JSON),
    "a form": (b"username=nadia&password=x", {"Content-Type": "application/x-www-form-urlencoded"}),
    "no content type": (b"{}", {}),
    "an unknown charset": (b"{}", {"Content-Type": "application/json; charset=klingon"}),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", {"Content-Type": "application/xml"}),
    "lone surrogates": (b'{"username": "\\ud800", "password": "\\udfff"}', JSON),
    "a null byte": (b'{"username": "nad\\u0000ia", "password": "x"}', JSON),
    "a boolean for a text": (b'{"username": true, "password": {}}', JSON),
}


NEEDS_NO_BODY = {"/api/notifications/trial", "/api/agenda", "/api/session/passkey/question"}
# A bank posts there, by itself or through the browser it sends back: it is no site of ours, and its word is only a reason to ask it.
FROM_THE_BANK = {"/api/public/payments/notify", "/api/public/payments/return"}


def writes(app: Quart) -> list[tuple[str, str]]:
    """Every method and address that takes a body."""
    taking = ("PATCH", "POST", "PUT")
    return sorted((method, rule.rule) for rule in app.url_map.iter_rules() for method in taking if method in (rule.methods or ()))


async def refusal(response: Any) -> str:
    """The code of a refusal, having checked its shape: JSON, a code, a French sentence."""
    assert 400 <= response.status_code < 500, (response.status_code, await response.get_data())
    error = (await response.get_json())["error"]
    assert set(error) == {"code", "message", "facts"}
    assert error["message"].endswith((".", " !"))
    return str(error["code"])


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_body_gets_a_coded_refusal(app: Quart, as_nadia: Client, name: str) -> None:
    body, headers = HOSTILE[name]
    assert ("POST", "/api/sync/v1/exchange") in writes(app)
    for method, address in writes(app):
        response = await as_nadia.open(address, method=method, data=body, headers=headers)
        if address in FROM_THE_BANK and response.status_code == 303:
            assert response.headers["Location"] == "/factures"
            continue
        if response.status_code < 300:
            # Some addresses need no body at all: what came with the request was not looked at.
            assert name in ("nothing", "no content type") or address in NEEDS_NO_BODY, address
            continue
        assert await refusal(response) in STATUSES, address


async def test_a_body_announced_too_large_is_refused_unread(app: Quart, as_nadia: Client) -> None:
    for method, address in writes(app):
        headers = {**JSON, "Content-Length": str(bound_of(method, address) + 1)}
        response = await as_nadia.open(address, method=method, data=b"", headers=headers)
        assert (response.status_code, await refusal(response)) == (413, "too_large"), address


async def test_a_body_that_never_says_how_large_it_is_is_cut_off(app: Quart, as_nadia: Client) -> None:
    """Chunked or in HTTP/2 frames: no Content-Length to believe."""
    for method, address in writes(app):
        async with as_nadia.request(address, method=method, headers=JSON) as connection:
            for _ in range(60):
                await connection.send(b" " * 10_000)
            await connection.send_complete()
        response = await connection.as_response()
        # Who may not call it at all is told so before the body is looked at.
        assert await refusal(response) in {"too_large", "not_allowed", "sign_in", "not_found"}, address


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
async def test_another_site_cannot_act_for_a_signed_in_parent(
    app: Quart, as_nadia: Client, headers: dict[str, str]
) -> None:
    for method, address in writes(app):
        response = await as_nadia.open(address, method=method, json={}, headers=headers)
        if address in FROM_THE_BANK:
            assert response.status_code in (303, 400), address
            continue
        assert (response.status_code, await refusal(response)) == (403, "cross_site"), address
    assert (await as_nadia.get("/api/session")).status_code == 200


async def test_an_address_that_does_not_exist_and_a_method_that_does_not_fit(client: Client) -> None:
    assert await refusal(await client.get("/api/nowhere")) == "not_found"
    assert await refusal(await client.get("/api/sync/v1/exchange")) == "method_not_allowed"
    assert await refusal(await client.delete("/api/sync/v1/devices/../../../etc/passwd")) in {"not_found", "sign_in"}


async def test_a_name_that_is_written_twice_counts_once(as_nadia: Client, nadias_phone: Phone) -> None:
    """Parsers disagree on duplicate names; ours keeps the last, for the signature of a request as for its content."""
    request = json.dumps(nadias_phone.request())
    doubled = request[:-1] + ', "device": "d_of_somebody_else"}'
    response = await as_nadia.post("/api/sync/v1/exchange", data=doubled.encode(), headers=JSON)
    assert await refusal(response) in {"device_unknown", "malformed"}


@pytest.mark.parametrize(
    "change",
    [
        {"proto": 2},
        {"proto": "1"},
        {"device": ""},
        {"device": 7},
        {"cursors": ["f:benali"]},
        {"cursors": {"f:benali": 12}},
        {"limit": -1},
        {"limit": 1e9},
        {"ack": -5},
        {"ops": {}},
        {"ops": [None]},
        {"ops": [{"n": 1}]},
        {"ops": [{"n": -1, "kind": "reservation.book@1", "at": "hier", "args": {}}]},
        {"ops": [{"n": 2**63, "kind": "reservation.book@1", "at": "2026-11-23T08:00:00+01:00", "args": {}}]},
        {"ops": [{"n": 1, "kind": "x" * 5000, "at": "2026-11-23T08:00:00+01:00", "args": {}}]},
    ],
    ids=str,
)
async def test_an_exchange_that_breaks_the_contract_changes_nothing(
    nadias_phone: Phone, database: Database, change: dict[str, Any]
) -> None:
    before = await database.all("SELECT device, n FROM sync_receipt")
    response = await nadias_phone.post(nadias_phone.request() | change)
    assert await refusal(response) in {"malformed", "upgrade_required", "device_unknown", "too_large"}
    assert await database.all("SELECT device, n FROM sync_receipt") == before


async def test_too_many_commands_at_once_are_refused_whole(nadias_phone: Phone, database: Database) -> None:
    commands = [nadias_phone.command("device.rename@1", {"device": nadias_phone.device, "label": f"{n}"}) for n in range(51)]
    assert await refusal(await nadias_phone.post(nadias_phone.request(*commands))) in {"malformed", "too_large"}
    assert await database.all("SELECT n FROM sync_receipt WHERE device = ?", nadias_phone.device) == []


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("reservation.book@1", {}),
        ("reservation.book@1", {"items": []}),
        ("reservation.book@1", {"items": "tous"}),
        ("reservation.book@1", {"items": [{"rid": "r_x"}]}),
        ("reservation.book@1", {"items": [{"rid": "'; DROP TABLE booking; --", "child": "lea", "session": "x:2026-12-01"}]}),
        ("reservation.book@1", {"items": [{"rid": "r_1", "child": "lea", "session": "a:2026-99-99"}], "mode": "each", "if_full": "ask"}),
        ("reservation.cancel@1", {"items": [{"rid": None}]}),
        ("reservation.confirm@1", {"items": [{"rid": "r_1", "max_price_cents": -1}]}),
        ("reservation.fly@1", {"items": []}),
        ("device.revoke@1", {"device": "d_of_somebody_else"}),
    ],
)
async def test_a_refused_command_keeps_its_number_and_its_receipt(nadias_phone: Phone, kind: str, args: dict[str, Any]) -> None:
    """The request as a whole is in order; what it asks for is not."""
    asked = nadias_phone.command(kind, args)
    response = await nadias_phone.post(nadias_phone.request(asked))
    assert response.status_code == 200
    answer = await response.get_json()
    assert answer["last_n"] == asked["n"]
    assert [(receipt["n"], receipt["outcome"]) for receipt in answer["receipts"]] == [(asked["n"], "refused")]
    again = await (await nadias_phone.post(nadias_phone.request(asked))).get_json()
    assert again["receipts"] == answer["receipts"]
