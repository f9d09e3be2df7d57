"""A parent writes without network, with a photo; an agent answers from the inbox; the parent's phone shows the push and the thread."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browsers.phone import PASSWORD, Phone
from tests.browsers.portal import Portal
from tests.browsers.push_service import PushService
from tests.browsers.pushed import Pushed
from tests.browsers.test_accessibility import faults
from tests.browsers.test_an_agent_ticks import DESK
from tests.features.files import paper, photo

WORDS = "Ce manteau rouge est-il à l’accueil de loisirs ?"
ANSWER = "Oui, il vous attend à l’accueil. Remplissez cette fiche."


@pytest.fixture
def pushed() -> Iterator[Pushed]:
    service = PushService()
    yield Pushed(service)
    service.stop()


@pytest.fixture
def portal(demo_data: Path, tmp_path: Path, pushed: Pushed) -> Iterator[Portal]:
    """A portal that may push to the service of the test."""
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    portal = Portal(data, PORTAIL_PUSH_HOSTS=f"127.0.0.1:{pushed.service.port}")
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture
def photographed(tmp_path: Path) -> Path:
    """A photo as a telephone takes it: large, and it says where."""
    path = tmp_path / "manteau.jpg"
    path.write_bytes(photo(size=(3000, 2000), quality=90))
    return path


def write_without_network(phone: Phone, picture: Path) -> Page:
    phone.sign_in("nadia")
    page = phone.open("/messages?ecrire=enfance-education")
    expect(page.get_by_role("heading", name="Nouveau message")).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_label("Objet *").fill("Manteau perdu")
    page.get_by_label("Message *").fill(WORDS)
    page.get_by_label("Photo ou document").set_input_files(picture)
    chosen = page.get_by_role("list", name="Fichiers choisis")
    expect(chosen).to_contain_text("Sur cet appareil")
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_text("Sur ce téléphone, pas encore envoyé")).to_be_visible()
    expect(page.get_by_role("list", name="Pièces jointes").locator("img")).to_have_js_property("complete", True)
    return page


def answer_from_the_inbox(agent: Phone, paper_file: Path) -> Page:
    desk = agent.open("/agents/messages")
    desk.get_by_label("Nom d’utilisateur").fill("sylvie")
    desk.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Se connecter").click()
    desk.get_by_role("button", name="Manteau perdu").click()
    expect(desk.get_by_text(WORDS)).to_be_visible()
    picture = desk.get_by_role("list", name="Pièces jointes").locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 360
    assert faults(desk) == []
    desk.get_by_label("Réponse à la famille").fill(ANSWER)
    desk.get_by_label("Joindre un document").set_input_files(paper_file)
    expect(desk.get_by_text("Reçu par la mairie")).to_be_visible()
    desk.get_by_role("button", name="Envoyer", exact=True).click()
    expect(desk.locator(".said").filter(has_text=ANSWER)).to_be_visible()
    return desk


def test_written_without_network_with_a_photo_answered_and_pushed(
    new_phone: Callable[..., Phone], portal: Portal, pushed: Pushed, photographed: Path, tmp_path: Path
) -> None:
    nadia = new_phone(portal)
    page = write_without_network(nadia, photographed)
    assert faults(page) == []
    nadia.context.set_offline(False)
    expect(page.get_by_text("Reçu par le service, pas encore lu.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Accusé de réception n° E-\d{6}-"))).to_be_visible()
    # Made smaller on the phone, drawn anew by the town: no place, and no more pixels than a screen shows.
    [(width, height, kept)] = portal.ask("SELECT width, height, blob FROM attachment WHERE name = 'manteau.jpg'")
    assert (width, height) == (2560, 1707)
    with Image.open(portal.data / "files/blobs" / kept[:2] / kept) as image:
        assert not image.getexif()

    pushed.subscribe(nadia)
    form = tmp_path / "fiche.pdf"
    form.write_bytes(paper())
    answer_from_the_inbox(new_phone(portal, **DESK), form)

    nadia.open("/accueil")
    shown = pushed.deliver(nadia)
    assert shown == [{"title": "Nouveau message de la mairie", "body": "Un service vous a écrit."}]
    pushed.click(nadia)
    expect(page).to_have_url(re.compile(r"/messages\?fil="))
    expect(page.locator(".said.town")).to_contain_text(ANSWER)
    expect(page.get_by_role("link", name="fiche.pdf")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="fiche.pdf").click()
    assert saved.value.suggested_filename == "fiche.pdf" and saved.value.path().read_bytes() == form.read_bytes()
    assert faults(page) == []
