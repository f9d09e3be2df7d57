"""The main story: a parent books in a corridor without signal, and knows all along what is booked and what is not."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browsers.phone import SOON, Phone
from tests.browsers.portal import Portal

NewPhone = Callable[..., Phone]
WAITING = re.compile("pas encore envoyé")
BOOKED_BY_DEVICE = """SELECT child.first_name FROM booking JOIN child ON child.id = booking.child_id
    WHERE booking.n > 0 AND booking.state = 'booked' ORDER BY child.first_name"""


def booked_from_phones(portal: Portal) -> list[str]:
    """Children for whom some installation of the app has booked, once for each booking."""
    return [child for (child,) in portal.ask(BOOKED_BY_DEVICE)]


def test_book_offline_for_two_children_close_start_again_come_back(phone: Phone, portal: Portal) -> None:
    before = booked_from_phones(portal)
    page = phone.sign_in("nadia")
    phone.open_planning()
    phone.context.set_offline(True)

    phone.book("Léa", "Noé")
    expect(page.get_by_text("À envoyer", exact=True)).to_have_count(2)

    page = phone.restart()
    expect(page).to_have_url(portal.url + "/accueil")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"Hors connexion\s: .* au retour du réseau"))).to_be_visible()
    page = phone.open("/envois")
    expect(page.get_by_text(WAITING).first).to_be_visible()
    assert booked_from_phones(portal) == before

    phone.context.set_offline(False)
    expect(page.get_by_text(re.compile("Reçu R-")).first).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Réservé", exact=True)).to_have_count(2)
    expect(page.get_by_text(WAITING)).to_have_count(0)
    assert booked_from_phones(portal) == sorted([*before, "Léa", "Noé"])


def syncs_registered(phone: Phone) -> list[str]:
    """Tags of the syncs that the browser has safely noted, as it says so itself; the list grows while the test runs."""
    tags: list[str] = []

    def heard(message: dict[str, Any]) -> None:
        event = message["backgroundServiceEvent"]
        if event["eventName"] == "Registered sync":
            tags.append(event["instanceId"])

    browser = phone.context.new_cdp_session(phone.page)
    browser.send("BackgroundService.setRecording", {"shouldRecord": True, "service": "backgroundSync"})
    browser.send("BackgroundService.startObserving", {"service": "backgroundSync"})
    browser.on("BackgroundService.backgroundServiceEventReceived", heard)
    return tags


def test_the_queue_leaves_with_no_tab_open(phone: Phone, portal: Portal) -> None:
    """Background Sync, where the browser has it: the phone is in the pocket, the app closed."""
    before = booked_from_phones(portal)
    page = phone.sign_in("nadia")
    registered = syncs_registered(phone)
    phone.open_planning()
    phone.context.set_offline(True)
    phone.book("Léa")
    # Chromium lists a sync some 40 ms before it has written it down, and forgets it with a page that is left in between.
    for _ in range(SOON // 50):
        if registered:
            break
        page.wait_for_timeout(50)
    assert "outbox" in registered
    page.goto("about:blank")
    phone.context.set_offline(False)
    for _ in range(80):
        if booked_from_phones(portal) != before:
            break
        page.wait_for_timeout(250)
    assert booked_from_phones(portal) == sorted([*before, "Léa"])
    page = phone.open("/envois")
    expect(page.get_by_text(re.compile("Reçu R-")).first).to_be_visible()
    expect(page.get_by_text(WAITING)).to_have_count(0)


def test_the_other_parent_sees_it_and_a_foreign_family_does_not(new_phone: NewPhone, portal: Portal) -> None:
    nadia, paul, aminata = (new_phone(portal) for _ in range(3))
    nadia.sign_in("nadia")
    nadia.open_planning()
    nadia.context.set_offline(True)
    nadia.book("Noé")
    nadia.context.set_offline(False)
    expect(nadia.page.get_by_text(re.compile("^Réservé à")).first).to_be_visible(timeout=SOON)

    paul.sign_in("paul")
    # It is a week of Nadia's: Paul has nothing to tick in it, and sees what she booked.
    page = paul.open(nadia.page.url.removeprefix(portal.url))
    expect(page.get_by_text("Réservé par l’autre parent").first).to_be_visible()

    aminata.sign_in("aminata")
    page = aminata.open_planning()
    expect(page.get_by_text("Fatou").first).to_be_visible()
    held = aminata.everything_stored()
    assert "Fatou" in held
    assert not [word for word in ("Noé", "Léa", "Benali", "benali") if word in held]


def test_two_tabs_show_the_same_and_send_once(phone: Phone, portal: Portal) -> None:
    before = booked_from_phones(portal)
    first = phone.sign_in("nadia")
    second = phone.context.new_page()
    second.goto(portal.url + "/envois")
    phone.open_planning()
    phone.context.set_offline(True)
    phone.book("Léa", "Noé")
    expect(second.get_by_text(WAITING).first).to_be_visible()
    phone.context.set_offline(False)
    for page in (first, second):
        page.bring_to_front()
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(second.get_by_text("Réservé", exact=True)).to_have_count(2, timeout=SOON)
    assert booked_from_phones(portal) == sorted([*before, "Léa", "Noé"])


def test_every_page_opens_without_a_network(phone: Phone) -> None:
    phone.sign_in("nadia")
    phone.context.set_offline(True)
    headings = {
        "/accueil": "Accueil", "/planning": "Planning", "/factures": "Facturation", "/envois": "Mes envois",
        "/dossier": "Mon dossier", "/inscription": "Inscription", "/parametres": "Paramètres",
        "/messages": "Échange avec les services", "/actualites": "Actualités", "/accessibilite": "Accessibilité",
    }  # fmt: skip
    for path, heading in headings.items():
        page = phone.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page).to_have_title(re.compile(f"^{heading}"))
        expect(page.get_by_text("n’a pas pu être ouverte")).to_have_count(0)


def test_an_installed_app_starts_offline_after_the_browser_was_closed(
    lasting_profile: Callable[..., BrowserContext], portal: Portal
) -> None:
    context = lasting_profile()
    Phone(context, portal).sign_in("nadia")
    context.close()
    context = lasting_profile(offline=True)
    page: Page = context.new_page()
    page.goto(portal.url + "/")
    expect(page).to_have_url(portal.url + "/accueil")
    expect(page.get_by_text("Léa").first).to_be_visible()
