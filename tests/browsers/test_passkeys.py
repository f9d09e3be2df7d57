"""A finger instead of a password, in Chromium with an authenticator of its own: a parent's way in, an agent's second factor."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.phone import PASSWORD, Phone
from tests.browsers.portal import Portal
from tests.browsers.test_accessibility import faults


@pytest.fixture
def named_portal(demo_data: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal as a town runs it, at an address with a name: passkeys are bound to one."""
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path / "data")), PORTAIL_AGENT_SECOND_FACTOR="yes")
    portal.url = portal.url.replace("127.0.0.1", "localhost")
    try:
        yield portal.start()
    finally:
        portal.stop()


def with_authenticator(phone: Phone) -> Page:
    """The telephone's own keeper of keys, whose holder always shows a finger."""
    devtools = phone.context.new_cdp_session(phone.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return phone.page


def sign_out(page: Page, portal: Portal) -> None:
    page.goto(portal.url + "/parametres")
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("dialog").get_by_role("button", name="Me déconnecter").click()
    expect(page.get_by_text("Vous êtes déconnecté")).to_be_visible()


def test_a_parent_opens_the_account_with_a_finger(new_phone: Callable[..., Phone], named_portal: Portal) -> None:
    phone = new_phone(named_portal, reduced_motion="reduce")
    page = with_authenticator(phone)
    phone.sign_in("nadia")
    phone.open("/compte")
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nom de la clé").fill("Mon téléphone")
    dialog.get_by_role("button", name="Continuer").click()
    expect(dialog.get_by_text("Écrivez votre mot de passe.")).to_be_visible()
    assert faults(page) == []
    dialog.get_by_label("Mot de passe").fill(PASSWORD)
    dialog.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Mon téléphone")).to_be_visible()
    expect(page.get_by_text("Jamais utilisée.")).to_be_visible()
    assert faults(page) == []

    sign_out(page, named_portal)
    phone.open("/connexion")
    page.get_by_role("button", name="Utiliser une clé d’accès").press("Enter")
    expect(page).to_have_url(named_portal.url + "/accueil")
    expect(page.get_by_text("Léa").first).to_be_visible()

    phone.open("/compte")
    page.get_by_role("button", name="Retirer la clé Mon téléphone").click()
    dialog.get_by_label("Mot de passe").fill(PASSWORD)
    dialog.get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Aucune clé d’accès")).to_be_visible()
    sign_out(page, named_portal)
    phone.open("/connexion")
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_role("alert")).to_contain_text("n’ouvre aucun compte")


def test_an_agents_second_factor_is_a_key(new_phone: Callable[..., Phone], named_portal: Portal) -> None:
    desk = new_phone(named_portal, viewport={"width": 1280, "height": 900}, is_mobile=False, has_touch=False)
    page = with_authenticator(desk)
    for button in ("Ajouter plutôt une clé d’accès", "Utiliser ma clé d’accès"):
        desk.open("/connexion")
        page.get_by_label("Nom d’utilisateur").fill("sylvie")
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        expect(page.get_by_role("button", name=button)).to_be_visible()
        assert faults(page) == []
        page.get_by_role("button", name=button).click()
        expect(page).to_have_url(named_portal.url + "/agents/")
        sign_out(page, named_portal)
