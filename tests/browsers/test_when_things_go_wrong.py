"""Captive portals, ended sessions, lost phones, power cuts, new versions: nothing lost, nothing twice, and the parent knows."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browsers.phone import SOON, Phone
from tests.browsers.portal import ROOT, Portal
from tests.browsers.test_a_booking_without_network import WAITING, booked_from_phones

NewPhone = Callable[..., Phone]
OLD_VERSION = r"(?<=shell-)[0-9a-f]{12}"
NEW_VERSION = "b" * 12
HOTEL = "<!doctype html><title>Wi-Fi de la gare</title><h1>Acceptez nos conditions</h1>"


def test_a_wifi_that_answers_everything_with_its_own_page_is_no_answer(phone: Phone, portal: Portal) -> None:
    before = booked_from_phones(portal)
    phone.sign_in("nadia")
    phone.open_planning()

    def hotel(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=HOTEL)

    phone.context.route("**/api/**", hotel)
    phone.book("Léa")
    page = phone.open("/envois")
    # Asked, and answered by nobody who counts: it may have left, and the page says just that.
    expect(page.get_by_text(WAITING).or_(page.get_by_text("Envoi interrompu")).first).to_be_visible()
    expect(page.get_by_text("Acceptez nos conditions")).to_have_count(0)
    phone.context.unroute("**/api/**", hotel)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Réservé", exact=True)).to_be_visible(timeout=SOON)
    assert booked_from_phones(portal) == sorted([*before, "Léa"])


def test_a_session_that_ended_keeps_the_requests_until_the_parent_signs_in_again(phone: Phone, portal: Portal) -> None:
    before = booked_from_phones(portal)
    phone.sign_in("nadia")
    phone.open_planning()
    phone.context.set_offline(True)
    phone.book("Noé")
    phone.context.clear_cookies()
    phone.context.set_offline(False)
    page = phone.page
    expect(page.get_by_text(re.compile("Reconnectez-vous pour envoyer"))).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Se reconnecter").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Mot de passe", exact=True).fill("vigneux-demo-2026")
    dialog.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_text(re.compile("^Réservé à")).first).to_be_visible(timeout=SOON)
    assert booked_from_phones(portal) == sorted([*before, "Noé"])


def test_a_lost_phone_that_was_revoked_is_emptied(new_phone: NewPhone, portal: Portal) -> None:
    lost, other = new_phone(portal), new_phone(portal)
    lost.sign_in("nadia")
    lost.open_planning()
    assert "Léa" in lost.everything_stored()
    other.sign_in("nadia")
    page = other.open("/parametres")
    page.get_by_role("button", name=re.compile("^Déconnecter")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Déconnecter").click()
    expect(page.get_by_role("button", name=re.compile("^Déconnecter"))).to_have_count(0, timeout=SOON)
    lost.page.reload()
    expect(lost.page.get_by_label("Mot de passe", exact=True)).to_be_visible(timeout=SOON)
    assert "Léa" not in lost.everything_stored()


def test_signing_out_leaves_nothing_behind(phone: Phone) -> None:
    phone.sign_in("nadia")
    phone.open_planning()
    assert "Léa" in phone.everything_stored()
    page = phone.open("/parametres")
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("dialog").get_by_role("button", name="Me déconnecter").click()
    expect(page).to_have_url(phone.portal.url + "/")
    expect(page.get_by_text("Cet appareil ne garde plus rien")).to_be_visible()
    assert "Léa" not in phone.everything_stored()


def test_a_server_that_dies_in_the_middle_of_a_send_has_each_booking_once(phone: Phone, portal: Portal) -> None:
    """Kill −9 as soon as the request is on its way, again and again; what was booked is booked once."""
    before = booked_from_phones(portal)
    phone.sign_in("nadia")
    for round_number in range(3):
        phone.open_planning(weeks=3 + round_number)
        phone.context.set_offline(True)
        phone.book("Léa", "Noé")
        sent = threading.Event()
        phone.page.on("request", lambda request, seen=sent: seen.set() if request.url.endswith("/exchange") else None)
        phone.context.set_offline(False)
        phone.page.evaluate("dispatchEvent(new Event('online'))")
        for _ in range(200):
            if sent.is_set():
                break
            phone.page.wait_for_timeout(10)
        portal.kill()
        portal.start()
        page = phone.open("/envois")
        expect(page.get_by_text("Réservé", exact=True)).to_have_count(2 * (round_number + 1), timeout=SOON)
        expect(page.get_by_text(WAITING)).to_have_count(0)
    assert booked_from_phones(portal) == sorted([*before, *["Léa", "Noé"] * 3])
    doubled = portal.ask("SELECT active FROM booking WHERE active IS NOT NULL GROUP BY active HAVING COUNT(*) > 1")
    assert doubled == []


@pytest.fixture
def updatable(demo_data: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal whose app can be given a new version."""
    app = Path(shutil.copytree(ROOT / "pwa" / "dist", tmp_path / "app"))
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path / "data")), PORTAIL_STATIC=str(app))
    try:
        yield portal.start()
    finally:
        portal.stop()


def publish_new_version(portal: Portal) -> None:
    """What a new version changes: the page, and with it the name of the worker's cache."""
    app = Path(portal.environment["PORTAIL_STATIC"])
    page, worker = (app / "index.html").read_text(), (app / "sw.js").read_text()
    (app / "index.html").write_text(page.replace("<title>", "<title>Version 2 · "))
    (app / "sw.js").write_text(re.sub(OLD_VERSION, NEW_VERSION, worker))
    for name in ("index.html", "sw.js"):
        for ending in (".br", ".gz"):
            (app / (name + ending)).unlink(missing_ok=True)
    assert NEW_VERSION in (app / "sw.js").read_text()
    portal.stop()
    portal.start()


def test_an_update_waits_for_the_parent_and_loses_nothing_that_is_queued(new_phone: NewPhone, updatable: Portal) -> None:
    phone = new_phone(updatable)
    before = booked_from_phones(updatable)
    phone.sign_in("nadia")
    phone.open_planning()
    phone.context.set_offline(True)
    phone.book("Léa")
    publish_new_version(updatable)
    page = phone.page
    # The town's answers fail, so that the request still waits while the new version comes.
    busy = {"error": {"code": "busy", "message": "Le service est très sollicité.", "facts": {}}}
    phone.context.route("**/api/sync/**", lambda route: route.fulfill(status=503, json=busy))
    phone.context.set_offline(False)
    page.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
    update = page.get_by_role("button", name="Mettre à jour")
    expect(update).to_be_visible(timeout=SOON)
    page.reload()
    assert page.evaluate("caches.keys()") != ["shell-" + NEW_VERSION], "a reload alone changes nothing"
    page.get_by_role("button", name="Mettre à jour").click()
    expect(update).to_have_count(0, timeout=SOON)
    page = phone.open("/envois")
    expect(page.get_by_role("heading", name="Sur ce téléphone")).to_be_visible()
    assert page.evaluate("caches.keys()") == ["shell-" + NEW_VERSION]
    phone.context.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Réservé", exact=True)).to_be_visible(timeout=SOON)
    assert booked_from_phones(updatable) == sorted([*before, "Léa"])


def test_the_farewell_worker_removes_the_app_and_keeps_the_queue(new_phone: NewPhone, portal: Portal) -> None:
    phone = new_phone(portal)
    phone.sign_in("nadia")
    phone.open_planning()
    phone.context.set_offline(True)
    phone.book("Léa")
    portal.stop()
    portal.environment["PORTAIL_FAREWELL"] = "yes"
    portal.start()
    phone.context.route("**/api/sync/**", lambda route: route.abort())
    phone.context.set_offline(False)
    page = phone.page
    page.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistrations()).length === 0", timeout=SOON)
    assert "reservation.book@1" in phone.everything_stored()


class Overloaded(BaseHTTPRequestHandler):
    """A proxy's maintenance page."""

    def do_GET(self) -> None:
        body = HOTEL.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_a_whole_network_that_answers_with_its_own_page(phone: Phone, portal: Portal) -> None:
    """As above, but on the wire: even the service worker's own requests get the hotel's page."""
    before = booked_from_phones(portal)
    phone.sign_in("nadia")
    phone.open_planning()
    portal.stop()
    with ThreadingHTTPServer(("127.0.0.1", portal.port), Overloaded) as hotel:
        serving = threading.Thread(target=hotel.serve_forever)
        serving.start()
        try:
            phone.book("Noé")
            page = phone.restart()
            expect(page).to_have_url(portal.url + "/accueil")
            expect(page.get_by_text("Acceptez nos conditions")).to_have_count(0)
        finally:
            hotel.shutdown()
            serving.join()
    portal.start()
    page = phone.open("/envois")
    expect(page.get_by_text("Réservé", exact=True)).to_be_visible(timeout=SOON)
    assert booked_from_phones(portal) == sorted([*before, "Noé"])
