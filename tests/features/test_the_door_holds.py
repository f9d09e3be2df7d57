"""What security.md promises of the door as a whole: cookies, the log, a rush of sign-ins, answers of others that are not what they seem."""

import asyncio
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import zeep
from quart import Quart
from zeep.loader import parse_xml
from zeep.transports import Transport

from server.accounts.service import passwords
from server.app import create_app
from server.config import Config
from server.gateways.payments import WSDL
from server.web import hooks
from tests.cast import PASSWORD, Phone
from tests.conftest import Clock, NewPhone

ONE_ENGINE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@ONE_ENGINE
async def test_the_cookie_of_an_https_town_is_its_own_and_no_script_reads_it(config: Config, clock: Clock) -> None:
    app = create_app(replace(config, public_url="https://famille.example.net"), now=clock)
    async with app.test_app():
        body = {"username": "nadia", "password": PASSWORD}
        answer = await app.test_client().post("/api/session", scheme="https", json=body)
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-portail=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie


@ONE_ENGINE
async def test_the_log_says_how_somebody_came_in_and_never_who(app: Quart, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(hooks, "log", SimpleNamespace(info=lambda event, **said: lines.append(said)))
    client = app.test_client()
    await client.post("/api/session", json={"username": "nadia", "password": "not the one"})
    await client.post("/api/session", json={"username": "nadia", "password": PASSWORD})
    await client.get("/api/agents/dossiers/fam_diallo")
    await client.post("/api/session/passkey", json={"credential": {}})
    assert [(line["route"], line["status"], line["code"]) for line in lines] == [
        ("/api/session", 401, "wrong_credentials"), ("/api/session", 200, None),
        ("/api/agents/dossiers/<family>", 403, "not_allowed"), ("/api/session/passkey", 400, "passkey_refused"),
    ]  # fmt: skip
    assert not [word for word in ("nadia", PASSWORD, "not the one", "diallo", "127.0.0.1") if word in str(lines)]


@ONE_ENGINE
async def test_a_rush_of_sign_ins_stalls_nobody_who_is_in(
    app: Quart, nadias_phone: Phone, new_phone: NewPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While twenty passwords are being checked, two at a time and off the loop, others exchange as ever."""
    go, inside, most = threading.Event(), 0, 0
    real, count = passwords._fits, threading.Lock()

    def held(password_hash: str, password: str) -> bool:
        nonlocal inside, most
        with count:
            inside += 1
            most = max(most, inside)
        try:
            assert go.wait(60)
            return real(password_hash, password)
        finally:
            with count:
                inside -= 1

    monkeypatch.setattr(passwords, "_fits", held)
    body = {"username": "aminata", "password": PASSWORD}
    rush = [asyncio.create_task(app.test_client().post("/api/session", json=body)) for _ in range(20)]
    try:
        while not inside:
            await asyncio.sleep(0)
        for _ in range(5):
            assert (await nadias_phone.exchange())["receipts"] == []
        assert (await nadias_phone.client.get("/api/session")).status_code == 200
        assert not any(task.done() for task in rush)
    finally:
        go.set()
    assert {(await task).status_code for task in rush} == {200}
    assert most == 2


def test_an_answer_of_the_bank_that_names_files_of_ours_is_refused() -> None:
    client = zeep.Client(WSDL.as_uri())
    hostile = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    with pytest.raises(zeep.exceptions.EntitiesForbidden):
        parse_xml(hostile, Transport(), settings=client.settings)
