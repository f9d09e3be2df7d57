"""Pushes in Firefox, through a push service of our own: shown with no tab open, a click that opens the thread, wrong keys, the end."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.browsers.bidi import Firefox
from tests.browsers.phone import PASSWORD
from tests.browsers.portal import Portal
from tests.browsers.push_service import SHOWN, PushService
from tests.browsers.test_three_engines import do, says, wait_for, wait_until

SUBJECT, ANSWER = "Goûter de Léa", "Léa peut apporter son goûter mercredi."
THREAD = "t_gouter0001"
_numbers = itertools.count(1)


@pytest.fixture
def push_service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.stop()


@pytest.fixture
def portal(demo_data: Path, tmp_path: Path, push_service: PushService) -> Iterator[Portal]:
    """A portal that may also push to the service of the test. Its public address is not the one that the browser knows it by."""
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    here = {"PORTAIL_PUSH_HOSTS": f"127.0.0.1:{push_service.port}", "PORTAIL_PUBLIC_URL": "http://famille.vigneux.example"}
    portal = Portal(data, **here)
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture
def firefox(push_service: PushService, tmp_path: Path) -> Iterator[Firefox]:
    with Firefox(tmp_path / "firefox", preferences=push_service.preferences) as found:
        yield found


def subscriptions(portal: Portal) -> list[tuple[Any, ...]]:
    return portal.ask("SELECT endpoint, last_ok_at, last_error FROM push_subscription")


def agree(firefox: Firefox, portal: Portal) -> None:
    """Nadia signs in and turns notifications on, by the button."""
    firefox.open(f"{portal.url}/connexion")
    wait_for(firefox, "field('Mot de passe')")
    do(firefox, "type(field('Nom d’utilisateur'), 'nadia')")
    do(firefox, f"type(field('Mot de passe'), '{PASSWORD}')")
    do(firefox, "button('Se connecter').click()")
    wait_for(firefox, "location.pathname === '/accueil'")
    wait_for(firefox, says("À jour"))
    firefox.open(f"{portal.url}/parametres")
    wait_for(firefox, "button('Activer sur cet appareil')")
    do(firefox, "button('Activer sur cet appareil').click()")
    wait_for(firefox, says("Activées sur cet appareil"))


def parent_writes(portal: Portal) -> None:
    """Nadia begins a thread, from a tablet: sent over the same exchange as the app's."""
    described = {"label": "Tablette", "platform": "android", "app": "2026.11.0", "clone_guard": "g_00000000000000000001"}
    letter = {"thread": THREAD, "message": "m_lettre0001", "service": "enfance-education", "subject": SUBJECT}
    now = datetime.now(ZoneInfo("Europe/Paris")).isoformat()
    command = {"n": 1, "kind": "message.send@1", "at": now, "args": letter | {"body": "Est-ce possible ?"}}
    with signed_in(portal, "nadia") as nadia:
        device = nadia.post("/api/sync/v1/devices", json=described).raise_for_status().json()["device"]
        said = {"proto": 1, "schema": 1, "app": "2026.11.0", "req": "q_00000000000000000001", "device": device}
        said |= {"actor": "acc_nadia", "ack": 0, "cursors": {}, "limit": 500, "ops": [command]}
        answer = nadia.post("/api/sync/v1/exchange", json=said).raise_for_status().json()
    assert [receipt["outcome"] for receipt in answer["receipts"]] == ["accepted"]


def agent_answers(portal: Portal) -> None:
    with signed_in(portal, "sylvie") as sylvie:
        words = {"message": f"m_reponse{next(_numbers):04}", "body": ANSWER}
        sylvie.post(f"/api/agents/messages/{THREAD}/replies", json=words).raise_for_status()


@contextmanager
def signed_in(portal: Portal, username: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url, timeout=60) as http:
        http.post("/api/session", json={"username": username, "password": PASSWORD}).raise_for_status()
        yield http


def until(firefox: Firefox, come: Callable[[], bool]) -> None:
    wait_until(come, "it never came; the page shows: {}", firefox)


# Headless, Firefox draws notifications in windows of its own.
ALERTS = """[...Services.wm.getEnumerator('alert:alert')].map((one) => [
  one.document.getElementById('alertTitleLabel').getAttribute('value'), one.document.getElementById('alertTextLabel').textContent])"""
CLICK = "[...Services.wm.getEnumerator('alert:alert')].forEach((one) => one.document.getElementById('alertBox').click())"


def test_an_answer_is_shown_with_no_tab_open_and_the_click_opens_its_thread(
    firefox: Firefox, portal: Portal, push_service: PushService
) -> None:
    agree(firefox, portal)
    parent_writes(portal)
    firefox.open("about:blank")
    agent_answers(portal)
    until(firefox, lambda: push_service.acknowledged == [SHOWN])
    nothing_private = [["Nouveau message de la mairie", "Un service vous a écrit."]]
    assert firefox.run_in_the_browser(ALERTS) == nothing_private
    agent_answers(portal)
    until(firefox, lambda: push_service.acknowledged == [SHOWN, SHOWN])
    until(firefox, lambda: firefox.run_in_the_browser(ALERTS) == nothing_private)  # the second takes the place of the first

    firefox.run_in_the_browser(CLICK)
    thread = f"{portal.url}/messages?fil={THREAD}"
    until(firefox, lambda: thread in firefox.addresses())
    firefox.look_at(thread)
    wait_for(firefox, says(ANSWER))
    until(firefox, lambda: portal.ask("SELECT family_read_at > 0 FROM thread WHERE id = ?", THREAD) == [(1,)])

    push_service.expire()
    agent_answers(portal)
    until(firefox, lambda: subscriptions(portal) == [])
    assert push_service.statuses == [201, 201, 404]


def test_a_town_that_lost_its_key_is_refused_until_the_app_starts_again(
    firefox: Firefox, portal: Portal, push_service: PushService
) -> None:
    agree(firefox, portal)
    parent_writes(portal)
    portal.stop()
    (portal.data / "push-key").unlink()
    portal.start()
    agent_answers(portal)
    until(firefox, lambda: push_service.statuses == [401])
    until(firefox, lambda: [error for _, _, error in subscriptions(portal)] == ["refused (401)"])

    old = set(push_service.channels)
    firefox.open(f"{portal.url}/parametres")
    until(firefox, lambda: bool(push_service.channels) and not old & set(push_service.channels))
    until(firefox, lambda: [error for _, _, error in subscriptions(portal)] == [None])
    agent_answers(portal)
    until(firefox, lambda: push_service.acknowledged == [SHOWN])

    # Taken back in the browser's own settings: nobody tells the town, the push service does at the next push.
    do(firefox, "navigator.serviceWorker.ready.then((one) => one.pushManager.getSubscription()).then((one) => one.unsubscribe())")
    until(firefox, lambda: not push_service.channels)
    assert len(subscriptions(portal)) == 1
    agent_answers(portal)
    until(firefox, lambda: subscriptions(portal) == [])
    assert push_service.statuses == [401, 201, 410]


def test_what_is_turned_off_is_forgotten_at_once(firefox: Firefox, portal: Portal, push_service: PushService) -> None:
    agree(firefox, portal)
    do(firefox, "button('Envoyer un essai').click()")
    until(firefox, lambda: push_service.acknowledged == [SHOWN])
    do(firefox, "button('Désactiver').click()")
    wait_for(firefox, "button('Activer sur cet appareil')")
    assert subscriptions(portal) == [] and push_service.channels == {}
