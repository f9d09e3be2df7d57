"""A piece of news reaches the families it is for, and is read without a network; so is a document that was kept."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browsers.phone import SOON, Phone
from tests.browsers.portal import Portal

DESKTOP = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}


def test_from_the_agents_desk_to_a_parent_without_network(new_phone: Callable[..., Phone], portal: Portal) -> None:
    nadia, visitor, sylvie = new_phone(portal), new_phone(portal), new_phone(portal, **DESKTOP)
    nadia.sign_in("nadia")

    desk = sylvie.sign_in_as_agent("sylvie")
    sylvie.open("/agents/actualites")
    desk.get_by_role("button", name="Écrire une actualité").click()
    desk.get_by_label("Titre").fill("Photo de classe")
    desk.get_by_label("Résumé, en une phrase").fill("Vendredi matin, dans la cour.")
    desk.get_by_label("Texte", exact=True).fill("Venez **à l’heure** !\n\n<script>alert(1)</script>")
    preview = desk.get_by_role("region", name="Photo de classe")
    expect(preview.locator("strong")).to_have_text("à l’heure")
    expect(preview).to_contain_text("<script>alert(1)</script>")
    desk.get_by_label("Groupe scolaire Pasteur").check()
    desk.get_by_role("button", name="Publier maintenant").click()
    expect(desk.get_by_role("row").filter(has_text="Photo de classe")).to_contain_text("En ligne")

    page = nadia.open("/actualites")
    article = page.get_by_role("article", name="Photo de classe")
    expect(article).to_contain_text("Pour : Groupe scolaire Pasteur", timeout=SOON)
    outside = visitor.open("/actualites")
    expect(outside.get_by_role("article").first).to_be_visible()
    expect(outside.get_by_role("article", name="Photo de classe")).to_have_count(0)

    nadia.open("/documents")
    page.get_by_role("button", name=re.compile("^Garder hors connexion")).first.click()
    kept = page.get_by_role("button", name=re.compile("^Ouvrir"))
    expect(kept).to_have_count(1)

    nadia.context.set_offline(True)
    nadia.open("/actualites")
    expect(article.locator("strong")).to_have_text("à l’heure")
    nadia.open("/documents")
    with page.expect_download() as saved:
        kept.click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")
    page.get_by_role("button", name=re.compile("^Ne plus garder")).click()
    expect(kept).to_have_count(0)
