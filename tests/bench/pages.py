"""What a parent waits for: bytes over the wire and time until the page can be used, cold, warm, slow and offline."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.browsers.conftest import FRENCH, UPRIGHT
from tests.browsers.portal import Portal

USERNAME, PASSWORD = "famille01", "vigneux-demo-2026"
# A weak mobile connection and a phone a quarter as fast as this machine.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
SLOWDOWN = 4
# The reference town opens on 30 November 2026: a week in which everything can be booked.
PLANNING = "/planning?semaine=2026-12-14"
MARKS = {
    "/connexion": "input[type=password]",
    "/accueil": "main h2",
    PLANNING: ".slot input:not(:disabled)",
    "/factures": "main li",
    "/envois": "main h1",
}
# Milliseconds from the start of the navigation to the frame after the element has a box.
VISIBLE = """(selector) => new Promise((resolve) => {
  const look = () => {
    const node = document.querySelector(selector);
    if (node && node.getClientRects().length) requestAnimationFrame(() => resolve(performance.now()));
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass
class Wire:
    """What one page exchanged with the network."""

    requests: int = 0
    down: float = 0
    up: list[int] = field(default_factory=list)

    def listen(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.requestWillBeSent", self._sent)

    def _finished(self, event: dict[str, Any]) -> None:
        self.requests += 1
        self.down += event["encodedDataLength"]

    def _sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].endswith("/exchange"):
            self.up.append(len(event["request"].get("postData", "").encode()))


@contextmanager
def phone(browser: Browser, slow: bool = False, **options: Any) -> Iterator[tuple[BrowserContext, Page, CDPSession]]:
    context = browser.new_context(**(UPRIGHT | FRENCH | options))
    page = context.new_page()
    session = context.new_cdp_session(page)
    if slow:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    try:
        yield context, page, session
    finally:
        context.close()


def sign_in(page: Page, portal: Portal) -> None:
    page.goto(portal.url + "/connexion")
    page.get_by_label("Nom d’utilisateur").fill(USERNAME)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(portal.url + "/accueil")
    expect(page.get_by_role("status").filter(has_text="À jour").first).to_be_visible()


def walk_to_planning(page: Page) -> None:
    """From the home page, without loading anything again, to a week in which the town is open."""
    page.get_by_role("navigation").get_by_role("link", name="Planning").first.click()
    for _ in range(8):
        page.get_by_role("button", name="Semaine suivante").click()
        page.wait_for_timeout(300)
        if page.locator(MARKS[PLANNING]).count():
            return
    raise RuntimeError("no week of the reference town is open")


def weights(browser: Browser, portal: Portal) -> dict[str, tuple[int, float]]:
    """Requests and bytes: of each page with an empty cache, and of the way from signing in to the planning."""
    found = {}
    with phone(browser, service_workers="block") as (_, page, session):
        way = Wire()
        way.listen(session)
        sign_in(page, portal)
        walk_to_planning(page)
        page.wait_for_timeout(1000)
        found["sign-in → home → planning"] = (way.requests, way.down)
    with phone(browser) as (_, page, session):
        sign_in(page, portal)
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.wait_for_timeout(1500)
        again = Wire()
        again.listen(session)
        page.goto(portal.url + PLANNING)
        page.wait_for_selector(MARKS[PLANNING])
        page.wait_for_timeout(1000)
        found["planning, second visit"] = (again.requests, again.down)
    return found


def visible(browser: Browser, portal: Portal, path: str, slow: bool, cold: int, warm: int) -> dict[str, float]:
    """Median milliseconds until a page can be used: cold (nothing stored but the session), and warm (the load after)."""
    cold_times, warm_times = [], []
    with phone(browser) as (context, page, _):
        sign_in(page, portal)
        state = context.storage_state()
    cookies = {"cookies": state["cookies"], "origins": []}
    for _ in range(cold):
        with phone(browser, slow, storage_state=cookies) as (_, page, _session):
            page.goto(portal.url + path, wait_until="commit")
            cold_times.append(page.evaluate(VISIBLE, MARKS[path]))
    with phone(browser, slow, storage_state=cookies) as (_, page, _session):
        page.goto(portal.url + path)
        page.evaluate(VISIBLE, MARKS[path])
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.wait_for_timeout(1500)
        for _ in range(warm):
            page.goto(portal.url + path, wait_until="commit")
            warm_times.append(page.evaluate(VISIBLE, MARKS[path]))
    return {"cold": statistics.median(cold_times), "warm": statistics.median(warm_times)}


def offline_start(browser: Browser, portal: Portal, slow: bool, rounds: int = 5) -> float:
    """Median milliseconds from opening the app to a usable planning, without network and with the worker asleep."""
    times = []
    with phone(browser) as (context, page, session):
        sign_in(page, portal)
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.wait_for_timeout(1500)
        context.set_offline(True)
        if slow:
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        session.send("ServiceWorker.enable")
        for _ in range(rounds):
            page.goto("about:blank")
            session.send("ServiceWorker.stopAllWorkers")
            page.goto(portal.url + PLANNING, wait_until="commit")
            times.append(page.evaluate(VISIBLE, MARKS[PLANNING]))
    return statistics.median(times)


def one_booking(browser: Browser, portal: Portal, slow: bool) -> dict[str, float]:
    """One free place ticked and saved: milliseconds until it shows, until the town confirmed it; requests; bytes up."""
    with phone(browser, slow) as (_, page, session):
        sign_in(page, portal)
        walk_to_planning(page)
        box = page.locator(".slot").filter(has=page.get_by_role("checkbox", disabled=False, checked=False)).first
        slot = page.locator(".slot").nth(box.evaluate("(node) => [...document.querySelectorAll('.slot')].indexOf(node)"))
        slot.get_by_role("checkbox").check()
        wire = Wire()
        wire.listen(session)
        started = page.evaluate("performance.now()")
        page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(slot.get_by_text("À envoyer").or_(slot.get_by_text("Envoyé")).or_(slot.get_by_text("Réservé")).first).to_be_visible()
        shown = page.evaluate("performance.now()") - started
        expect(slot.get_by_text("Réservé")).to_be_visible()
        confirmed = page.evaluate("performance.now()") - started
        page.wait_for_timeout(1000)
        return {"shown": shown, "confirmed": confirmed, "requests": len(wire.up), "up": sum(wire.up)}


def grid(browser: Browser, portal: Portal) -> dict[str, Any]:
    """The planning at 390 px: sideways scroll, and the height at which the first box stands."""
    with phone(browser) as (_, page, _session):
        sign_in(page, portal)
        page.goto(portal.url + PLANNING)
        page.wait_for_selector(MARKS[PLANNING])
        box = "document.querySelector('.slot label').getBoundingClientRect()"
        return {
            "sideways": page.evaluate("document.documentElement.scrollWidth > innerWidth"),
            "target": page.evaluate(f"(() => {{ const box = {box}; return [Math.round(box.width), Math.round(box.height)]; }})()"),
        }
