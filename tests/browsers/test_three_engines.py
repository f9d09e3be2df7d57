"""The same story in Chromium, Firefox and WebKit, by the two verbs they share: offline start, booking, return.

« Offline » is the server stopped: the only absence of a network that every engine and its service worker believe.
"""

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Protocol

from tests.browsers.phone import PASSWORD
from tests.browsers.portal import Portal
from tests.browsers.test_a_booking_without_network import booked_from_phones

PATIENCE_SECONDS = 60
# Finds by what people read, as a person would: labels of fields, words of buttons.
FINDERS = """
const visible = (node) => node.getClientRects().length > 0;
const words = (node) => (node.textContent || '').replace(/\\s+/g, ' ').trim();
const button = (name) => [...document.querySelectorAll('button')].find((node) => visible(node) && words(node) === name && !node.disabled);
const field = (name) => [...document.querySelectorAll('label')].find((node) => words(node) === name)?.control;
const type = (node, text) => { node.focus(); node.value = text; node.dispatchEvent(new Event('input', { bubbles: true })); };
const free = (child) => [...document.querySelectorAll('h3')].filter((node) => words(node).endsWith(child))
  .flatMap((node) => [...node.nextElementSibling.querySelectorAll('input[type=checkbox]:not(:disabled):not(:checked)')])[0];
"""


class Engine(Protocol):
    def open(self, url: str) -> None: ...

    def run(self, expression: str) -> Any: ...


def do(engine: Engine, script: str) -> Any:
    return engine.run(f"(() => {{ {FINDERS} return {script}; }})()")


def wait_for(engine: Engine, script: str) -> None:
    """Until the page shows it."""
    wait_until(lambda: bool(do(engine, f"!!({script})")), f"never came: {script}\n{{}}", engine)


def wait_until(come: Callable[[], bool], message: str, engine: Engine) -> None:
    for _ in range(PATIENCE_SECONDS * 5):
        if come():
            return
        time.sleep(0.2)
    raise AssertionError(message.replace("{}", str(engine.run("document.body.innerText"))[:2000]))


def says(text: str) -> str:
    return f"document.body.innerText.replace(/\\s+/g, ' ').includes({json.dumps(text)})"


# A request that met a closed door may have left the phone or not: nobody can tell, and the page says just that.
NOT_DECIDED = f"{says('pas encore envoyé')} || {says('Envoi interrompu')}"


def test_a_parent_books_offline_and_the_town_decides_once_it_is_back(engine: Engine, portal: Portal) -> None:
    before = booked_from_phones(portal)
    engine.open(f"{portal.url}/connexion")
    wait_for(engine, "field('Mot de passe')")
    do(engine, "type(field('Nom d’utilisateur'), 'nadia')")
    do(engine, f"type(field('Mot de passe'), '{PASSWORD}')")
    do(engine, "button('Se connecter').click()")
    wait_for(engine, "location.pathname === '/accueil'")
    wait_for(engine, says("À jour"))
    assert engine.run("navigator.serviceWorker.ready.then(() => true)")

    portal.stop()
    monday = date.today() + timedelta(days=14 - date.today().weekday())
    engine.open(f"{portal.url}/planning?semaine={monday.isoformat()}")
    for child in ("Léa", "Noé"):
        wait_for(engine, f"free('{child}')")
        do(engine, f"free('{child}').click()")
    wait_for(engine, "button('Enregistrer')")
    do(engine, "button('Enregistrer').click()")
    wait_for(engine, says("Enregistré sur ce téléphone"))

    engine.open(f"{portal.url}/envois")
    wait_for(engine, NOT_DECIDED)
    wait_for(engine, says("Hors connexion"))

    portal.start()
    wait_for(engine, says("Reçu R-"))
    wait_for(engine, f"!({NOT_DECIDED})")
    assert booked_from_phones(portal) == sorted([*before, "Léa", "Noé"])
