"""Everybody can use it: axe on every page in four looks, no sideways scroll, the keyboard alone, titles and headings."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers.conftest import FRENCH, UPRIGHT
from tests.browsers.phone import Phone
from tests.browsers.portal import ROOT, Portal

AXE = (ROOT / "pwa/node_modules/axe-core/axe.min.js").read_text()
IN_FRENCH = json.loads((ROOT / "pwa/node_modules/axe-core/locales/fr.json").read_text())
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
PUBLIC = [
    "/", "/connexion", "/simulation", "/actualites", "/messages", "/accessibilite", "/nulle-part",
    "/inscription-compte", "/activation", "/mot-de-passe", "/adresse", "/connexion/franceconnect",
]  # fmt: skip
FAMILY = [
    "/accueil", "/planning", "/planning?mois=2026-12", "/factures", "/envois", "/dossier", "/inscription", "/parametres", "/plus",
    "/messages", "/actualites", "/documents",
]  # fmt: skip
DESK = [
    "/agents/messages", "/agents/actualites", "/agents/actualites?ecrire=nouvelle", "/agents/documents", "/agents/envois?ecrire=oui",
    "/agents/non-remis",
]  # fmt: skip
OF_THE_ACCOUNT = ["/compte", "/rejoindre", "/consentements", "/mes-donnees"]
LOOKS: dict[str, dict[str, Any]] = {
    "phone": {},
    "phone, dark": {"color_scheme": "dark"},
    "320 px": {"viewport": {"width": 320, "height": 640}},
    "desktop": {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False},
    "desktop, dark": {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False, "color_scheme": "dark"},
    "high contrast": {"forced_colors": "active"},
}


@pytest.fixture(scope="module", params=LOOKS)
def looking(request: pytest.FixtureRequest, chromium: Browser, shared_portal: Portal) -> Iterator[tuple[Phone, Phone]]:
    """Two phones of one look: nobody's and Nadia's."""
    options = UPRIGHT | FRENCH | LOOKS[request.param] | {"reduced_motion": "reduce"}
    nobody, nadia = (Phone(chromium.new_context(**options), shared_portal) for _ in range(2))
    nadia.sign_in("nadia")
    yield nobody, nadia
    for phone in (nobody, nadia):
        phone.context.close()
        assert phone.complaints == []


def faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        """([locale, rules]) => { axe.configure({ locale });
           return axe.run(document, { runOnly: rules, resultTypes: ['violations'] }); }""",
        [IN_FRENCH, RULES],
    )
    return [f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes']]}" for one in found["violations"]]


def settle(phone: Phone, path: str) -> Page:
    page = phone.open(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    return page


def check(phone: Phone, paths: list[str]) -> list[str]:
    wrong = []
    for path in paths:
        page = settle(phone, path)
        wrong += [f"{path} {fault}" for fault in faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} scrolls sideways")
    return wrong


def test_no_fault_on_the_public_pages(looking: tuple[Phone, Phone]) -> None:
    assert check(looking[0], PUBLIC) == []


def test_no_fault_on_the_family_pages(looking: tuple[Phone, Phone]) -> None:
    assert check(looking[1], [*FAMILY, *OF_THE_ACCOUNT]) == []


@pytest.mark.parametrize("look", ["desktop", "phone, dark"])
def test_no_fault_where_agents_write_to_families(new_phone: Callable[..., Phone], shared_portal: Portal, look: str) -> None:
    phone = new_phone(shared_portal, **LOOKS[look], reduced_motion="reduce")
    phone.sign_in_as_agent("sylvie")
    assert check(phone, DESK) == []


def test_nothing_is_cut_off_at_twice_the_letter_size(new_phone: Callable[..., Phone], shared_portal: Portal) -> None:
    phone = new_phone(shared_portal)
    phone.sign_in("nadia")
    for path in FAMILY:
        page = settle(phone, path)
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path


def test_every_page_has_a_title_and_a_heading_of_its_own(new_phone: Callable[..., Phone], shared_portal: Portal) -> None:
    phone = new_phone(shared_portal)
    phone.sign_in("nadia")
    titles = {}
    pages = [path for path in FAMILY if "?" not in path]
    for path in pages:
        page = settle(phone, path)
        titles[path] = page.title()
        assert page.locator("h1").count() == 1, path
        assert page.locator("html").get_attribute("lang") == "fr"
    assert len(set(titles.values())) == len(pages), titles


def test_the_keyboard_alone_signs_in_and_books(new_phone: Callable[..., Phone], portal: Portal) -> None:
    phone = new_phone(portal, viewport={"width": 1280, "height": 900}, is_mobile=False, has_touch=False)
    page = phone.open("/connexion")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    press_until(page, lambda: focused(page, "Nom d’utilisateur"))
    page.keyboard.type("nadia")
    press_until(page, lambda: focused(page, "Mot de passe"))
    page.keyboard.type("vigneux-demo-2026")
    page.keyboard.press("Enter")
    expect(page).to_have_url(portal.url + "/accueil")
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    phone.open_planning()
    press_until(page, lambda: page.evaluate("document.activeElement.matches('.slot input:not(:checked)')"))
    assert visibly_focused(page)
    page.keyboard.press("Space")
    press_until(page, lambda: focused(page, "Enregistrer"))
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Réservé à")).first).to_be_visible(timeout=15_000)


def press_until(page: Page, there: Callable[[], bool]) -> None:
    """Presses Tab until the focus is where it should be; a trap or a missing stop ends in a failure."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if there():
            return
    raise AssertionError("the keyboard does not get there")


def focused(page: Page, name: str) -> bool:
    """Whether the element in focus has this accessible name."""
    script = """() => { const at = document.activeElement;
        return (at.labels?.[0]?.textContent || at.getAttribute('aria-label') || at.textContent || '').trim(); }"""
    return str(page.evaluate(script)).startswith(name)


def visibly_focused(page: Page) -> bool:
    """Whether the focus can be seen: an outline on the element in focus or on what frames it."""
    script = """() => { for (let at = document.activeElement; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) return true; } return false; }"""
    return bool(page.evaluate(script))


def test_the_first_tab_leads_past_the_menus(new_phone: Callable[..., Phone], shared_portal: Portal) -> None:
    phone = new_phone(shared_portal)
    phone.sign_in("nadia")
    page = settle(phone, "/planning")
    page.locator("body").press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('main') !== null")
