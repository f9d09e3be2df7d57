"""Inscription from both sides: asked without a network, a paper is missing, it comes, the service accepts, it shows without a network."""

import re
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import expect

from tests.browsers.phone import PASSWORD, SOON, Phone
from tests.browsers.portal import Portal

DESK = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}


def a_photo() -> dict[str, object]:
    """A picture as a phone takes one."""
    content = BytesIO()
    Image.new("RGB", (320, 240), "white").save(content, "JPEG")
    return {"name": "assurance.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}



def test_from_the_wish_to_the_right_to_book(portal: Portal, new_phone: Callable[..., Phone]) -> None:
    nadia = new_phone(portal)
    page = nadia.sign_in("nadia")
    page = nadia.open("/inscription/activites")
    expect(page.get_by_role("heading", name="Atelier de modelage")).to_be_visible(timeout=SOON)
    nadia.context.set_offline(True)
    page = nadia.open("/inscription/activites?enfant=chd_lea&jour=5")
    page.get_by_role("button", name="Voir Atelier de modelage").click()
    expect(page.get_by_role("heading", name="Atelier de modelage", level=1)).to_be_focused()
    page.get_by_role("checkbox", name=re.compile("Léa")).check()
    page.get_by_role("button", name=re.compile("Demander l’inscription")).click()
    expect(page.get_by_role("alert")).to_contain_text("Il manque une réponse")
    page.get_by_label("Un peu").check()
    page.get_by_label("Non", exact=True).check()
    page.get_by_role("button", name=re.compile("Demander l’inscription")).click()
    request = page.get_by_role("article").filter(has_text="Léa, Atelier de modelage")
    expect(request).to_contain_text("Sur ce téléphone")
    nadia.context.set_offline(False)
    expect(request).to_contain_text("Reçue", timeout=SOON)

    ines = new_phone(portal, **DESK)
    desk = ines.open("/agents/inscriptions")
    desk.get_by_label("Nom d’utilisateur").fill("ines")
    desk.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Se connecter", exact=True).click()
    desk.get_by_role("button", name="Ouvrir la demande de Léa Benali").click()
    expect(desk.get_by_text("12, rue des Marronniers")).to_be_visible()  # the family's file, beside
    desk.get_by_role("button", name=re.compile("Redemander.*assurance")).click()
    desk.get_by_label("Pourquoi ?").fill("La date est illisible")
    desk.get_by_role("button", name="Demander", exact=True).last.click()

    expect(request).to_contain_text("La date est illisible", timeout=SOON)
    expect(request).to_contain_text("Pièce manquante")
    request.locator("input[type=file]").first.set_input_files(a_photo())  # type: ignore[arg-type]
    request.get_by_role("button", name="Envoyer la pièce").click()
    expect(request).not_to_contain_text("Pièce manquante", timeout=SOON)

    desk.goto(portal.url + "/agents/inscriptions?texte=Benali")
    desk.get_by_role("checkbox", name="Choisir Léa Benali").check()
    desk.get_by_role("button", name=re.compile("Accepter 1")).click()
    expect(desk.get_by_text("Aucune demande n’attend votre décision.")).to_be_visible()

    expect(request).to_contain_text("Acceptée", timeout=SOON)
    nadia.context.set_offline(True)
    page = nadia.open("/inscription")
    expect(page.get_by_role("heading", name="Atelier de modelage", exact=True)).to_be_visible()
