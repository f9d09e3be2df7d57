"""From the town's letter to the first page, by what a parent sees: five steps, a mail, a click."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.simulators.beside import Beside
from server.simulators.mailbox import Mailbox
from tests.browsers.phone import Phone
from tests.browsers.portal import Portal
from tests.browsers.test_accessibility import faults

GOOD = "tambour abeille 7 gazon"
LINK = re.compile(r"https?://\S+")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    beside, box = Beside(), Mailbox()
    box.port = beside.run(box.start())  # type: ignore[attr-defined]
    yield box
    beside.run(box.stop())
    beside.stop()


@pytest.fixture
def posting_portal(demo_data: Path, tmp_path: Path, mailbox: Mailbox) -> Iterator[Portal]:
    """A portal with a mail server."""
    portal = Portal(
        Path(shutil.copytree(demo_data, tmp_path / "data")),
        PORTAIL_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}",  # type: ignore[attr-defined]
    )
    try:
        yield portal.start()
    finally:
        portal.stop()


def latest_link(mailbox: Mailbox, page: Page, subject: str) -> str:
    for _ in range(100):
        found = [mail for mail in mailbox.received if subject in mail.subject]
        if found:
            return LINK.findall(found[-1].body("plain"))[0]
        page.wait_for_timeout(100)
    raise AssertionError(f"no mail « {subject} » came")


def fill_person(page: Page) -> None:
    for label, text in {
        "Nom": "Moreau", "Prénom": "Claire", "E-mail": "claire@example.org", "Confirmation de l’e-mail": "claire@example.org",
        "Nom d’utilisateur": "claire.m", "Mot de passe": GOOD, "Confirmation du mot de passe": GOOD,
    }.items():  # fmt: skip
        page.get_by_label(re.compile(rf"^{label}(\s\*)?$")).fill(text)


def step(page: Page, number: int, name: str) -> None:
    expect(page.get_by_role("heading", level=2, name=f"Étape {number} sur 5 : {name}")).to_be_visible()
    assert faults(page) == [], f"step {number}"


def test_from_the_letter_to_the_account(new_phone: Callable[..., Phone], posting_portal: Portal, mailbox: Mailbox) -> None:
    phone = new_phone(posting_portal, reduced_motion="reduce")
    page = phone.open("/inscription-compte?dossier=105412")
    step(page, 1, "Informations personnelles")
    fill_person(page)
    page.get_by_role("button", name="Étape suivante").click()
    step(page, 2, "Références du dossier")
    expect(page.get_by_label("Numéro de dossier")).to_have_value("105412")
    page.get_by_label("Nom du dossier").fill("dupont")
    page.get_by_role("button", name="Étape suivante").click()
    expect(page.get_by_role("alert")).to_contain_text("ne permettent pas d’ouvrir un compte")
    page.get_by_label("Nom du dossier").fill("moreau")
    page.get_by_role("button", name="Étape suivante").click()
    step(page, 3, "Conditions générales d’utilisation")
    page.reload()  # each step is kept by the town
    step(page, 3, "Conditions générales d’utilisation")
    page.get_by_role("checkbox", name="J’ai lu et j’accepte les conditions").check()
    page.get_by_role("button", name="Accepter").click()
    step(page, 4, "Confidentialité")
    page.get_by_role("checkbox", name="J’ai lu la politique de confidentialité").check()
    page.get_by_role("button", name="Accepter").click()
    step(page, 5, "Récapitulatif")
    expect(page.get_by_text("claire@example.org")).to_be_visible()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("valable 24 heures")).to_be_visible()
    expect(page.get_by_text("01 69 52 46 35")).to_be_visible()
    assert faults(page) == []
    page.goto(latest_link(mailbox, page, "Activez votre compte"))
    expect(page.get_by_text("Votre compte est activé")).to_be_visible()
    assert page.evaluate("location.hash") == "", "the secret does not stay in the address"
    expect(page.get_by_label("Nom d’utilisateur")).to_have_value("claire.m")
    page.get_by_label("Mot de passe", exact=True).fill(GOOD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(f"{posting_portal.url}/accueil")
    page.goto(f"{posting_portal.url}/dossier")
    expect(page.get_by_text("105412").first).to_be_visible()
    expect(page.get_by_text("Jules Moreau").first).to_be_visible()


def test_refusing_the_privacy_policy_begins_again(new_phone: Callable[..., Phone], posting_portal: Portal) -> None:
    page = new_phone(posting_portal, reduced_motion="reduce").open("/inscription-compte")
    fill_person(page)
    page.get_by_role("button", name="Étape suivante").click()
    page.get_by_label("Numéro de dossier").fill("105733")
    page.get_by_label("Nom du dossier").fill("garnier costa")
    page.get_by_role("button", name="Étape suivante").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Accepter").click()
    page.get_by_role("button", name="Refuser et annuler l’inscription").click()
    expect(page.get_by_role("status").filter(has_text="l’inscription est annulée")).to_be_visible()
    expect(page.get_by_label(re.compile(r"^Nom(\s\*)?$"))).to_have_value("")
    assert posting_portal.ask("SELECT COUNT(*) FROM sign_up") == [(0,)]


def test_a_forgotten_password_is_chosen_anew(new_phone: Callable[..., Phone], posting_portal: Portal, mailbox: Mailbox) -> None:
    page = new_phone(posting_portal, reduced_motion="reduce").open("/connexion")
    page.get_by_role("link", name="Recevez-les par message").click()
    page.get_by_label("Nom d’utilisateur ou adresse électronique").fill("nadia")
    page.get_by_role("button", name="Recevoir le message").click()
    expect(page.get_by_text("Si un compte correspond")).to_be_visible()
    page.goto(latest_link(mailbox, page, "mot de passe"))
    page.get_by_label("Nouveau mot de passe").fill("motdepasse2026")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("l’un des premiers que l’on essaierait")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Nouveau mot de passe").fill(GOOD)
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_label("Mot de passe", exact=True).fill(GOOD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(f"{posting_portal.url}/accueil")
    page.goto(f"{posting_portal.url}/compte")
    expect(page.get_by_text("Ce navigateur", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="BENALI")).to_be_visible()
    assert faults(page) == []
