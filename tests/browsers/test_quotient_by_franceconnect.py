"""A parent allows the town to ask, goes to FranceConnect, and comes back to a quotient and to other prices; then thinks again."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.simulators.api_particulier import ApiParticulierSimulator
from server.simulators.beside import Beside
from server.simulators.franceconnect import FranceConnectSimulator
from tests.browsers.phone import Phone
from tests.browsers.portal import Portal, free_port


@pytest.fixture
def linked_portal(demo_data: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal with its FranceConnect and its API Particulier beside it."""
    beside = Beside()
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path / "data")))
    back = f"{portal.url}/api/franceconnect"
    provider = FranceConnectSimulator("portail", "secret", f"{back}/retour", f"{back}/fin")
    port = free_port()
    beside.web(provider.app(f"http://127.0.0.1:{port}"), port)
    quotients = beside.web(ApiParticulierSimulator("token", provider.who_has).app(), free_port())
    portal.environment = {
        "PORTAIL_FRANCECONNECT_URL": provider.issuer, "PORTAIL_FRANCECONNECT_CLIENT": "portail", "PORTAIL_FRANCECONNECT_SECRET": "secret",
        "PORTAIL_PARTICULIER_URL": quotients, "PORTAIL_PARTICULIER_TOKEN": "token", "PORTAIL_PARTICULIER_SIRET": "13002526500013",
    }  # fmt: skip
    try:
        yield portal.start()
    finally:
        portal.stop()
        beside.stop()


def evening_price(portal: Portal) -> int:
    """What Nadia's family pays for an evening, as its phones hold it."""
    ((body,),) = portal.ask(
        "SELECT body FROM sync_row WHERE scope = 'f:fam_benali' AND key LIKE 'enrol/%accueil-soir' AND body LIKE '%chd_lea%'"
    )
    found = re.search(r'"pasteur-soir":\{"cents":(\d+)', body)
    assert found
    return int(found[1])


def test_consent_franceconnect_quotient_and_the_price_that_follows(new_phone: Callable[..., Phone], linked_portal: Portal) -> None:
    phone = new_phone(linked_portal)
    page = phone.sign_in("nadia")
    first = evening_price(linked_portal)

    page = phone.open("/consentements")
    page.get_by_role("button", name="Retirer mon autorisation : Mon quotient familial").click()
    expect(page.get_by_text("les tarifs les plus élevés s’appliquent").last).to_be_visible()
    phone.open("/dossier")
    expect(page.get_by_text("le tarif le plus élevé s’applique").first).to_be_visible(timeout=15_000)
    dearest = evening_price(linked_portal)
    assert dearest > first

    phone.open("/consentements")
    page.get_by_role("button", name="J’autorise : Mon quotient familial").click()
    expect(page.get_by_role("button", name="Retirer mon autorisation : Mon quotient familial")).to_be_visible()
    phone.open("/dossier")
    page.get_by_role("link", name="Récupérer mes données avec FranceConnect").click(timeout=15_000)
    page.get_by_role("button", name="Nadia BENALI").click()
    expect(page.get_by_text("votre quotient est à jour")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("412", exact=True)).to_be_visible(timeout=15_000)
    assert evening_price(linked_portal) < first

    other = new_phone(linked_portal)
    page = other.open("/connexion")
    page.get_by_role("link", name="S’identifier avec FranceConnect").click()
    page.get_by_role("button", name="Nadia BENALI").click()
    expect(page).to_have_url(linked_portal.url + "/accueil")
    expect(page.get_by_text("Léa").first).to_be_visible(timeout=15_000)


def test_a_change_of_the_dossier_without_network_reaches_an_agent(new_phone: Callable[..., Phone], portal: Portal) -> None:
    phone = new_phone(portal)
    page = phone.sign_in("nadia")
    phone.open("/dossier")
    expect(page.get_by_role("heading", name="Mes coordonnées")).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_role("button", name="Modifier mes coordonnées").click()
    page.get_by_label("Adresse", exact=True).fill("5, rue Neuve, 91270 Vigneux-sur-Seine")
    page.get_by_label("Travail").fill("01 69 83 56 00")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Sur ce téléphone", exact=True).first).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("La mairie vérifie")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("01 69 83 56 00").first).to_be_visible()
    (change,) = portal.ask("SELECT field, new FROM family_change WHERE state = 'pending'")
    assert change == ("address", '"5, rue Neuve, 91270 Vigneux-sur-Seine"')
