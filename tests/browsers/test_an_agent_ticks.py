"""An agent opens the day's list by its address, ticks a child, and the parent sees it in the planning."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browsers.phone import PASSWORD, Phone
from tests.browsers.portal import Portal

DESK = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}
LONGEST_HOLIDAYS = 20


def day_with(desk: Page, name: str) -> Locator:
    """Moves from day to day until the child is on a list: its first line."""
    for _ in range(LONGEST_HOLIDAYS):
        expect(desk.get_by_text("Lecture de la liste")).to_have_count(0)
        expect(desk.locator(".desk-page .empty, .desk-page section").first).to_be_visible()
        line = desk.get_by_role("row").filter(has_text=re.compile(f"{name}.*Réservé")).first
        if line.count():
            return line
        before = desk.locator(".figures").inner_text()
        desk.get_by_role("button", name="Suivant", exact=True).click()
        expect(desk.locator(".figures")).not_to_have_text(before)
        desk.wait_for_load_state("networkidle")
    raise AssertionError(f"{name} is on no list")


def test_a_tick_goes_from_the_list_to_the_parents_planning(portal: Portal, new_phone: Callable[..., Phone]) -> None:
    sylvie = new_phone(portal, **DESK)
    desk = sylvie.open("/agents/pointage?lieu=pasteur")
    desk.get_by_label("Nom d’utilisateur").fill("sylvie")
    desk.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Se connecter").click()
    expect(desk.get_by_role("heading", name="Listes du jour et pointage")).to_be_visible()
    line = day_with(desk, "Benali Léa")
    line.get_by_role("button", name="Présent", exact=True).click()
    expect(line.get_by_role("button", name="Présent", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(line).to_contain_text("Sylvie")

    nadia = new_phone(portal)
    nadia.sign_in("nadia")
    day = parse_qs(urlsplit(desk.url).query)["jour"][0]
    page = nadia.open(f"/planning?semaine={day}")
    expect(page.locator(".slot").filter(has_text=re.compile("Présent")).first).to_be_visible()
