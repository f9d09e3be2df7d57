"""The régie's month in the browser: a tick, the run, money at the counter, a correction, the journal; then next year's tariff."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.phone import SOON, Phone
from tests.browsers.portal import Portal
from tests.browsers.test_accessibility import faults

DESK = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}


@pytest.fixture
def before_the_run(demo_data: Path, tmp_path: Path) -> Iterator[tuple[Portal, str, str]]:
    """The demo as it was before its last month was invoiced; that month, and a day on which Léa was expected in the morning."""
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    with closing(sqlite3.connect(data / "portail.db")) as base, base:
        (month,) = base.execute("SELECT MAX(period) FROM invoice").fetchone()
        gone = "SELECT id FROM invoice WHERE period = ?"
        base.execute(f"DELETE FROM invoice_line WHERE invoice_id IN ({gone})", (month,))
        base.execute(f"DELETE FROM ledger_entry WHERE invoice_id IN ({gone})", (month,))
        base.execute("DELETE FROM invoice WHERE period = ?", (month,))
        (day,) = base.execute(
            "SELECT MIN(date) FROM booking WHERE child_id = 'chd_lea' AND state = 'booked' AND date LIKE ?"
            " AND opening_id LIKE 'pasteur-matin:%'",
            (f"{month}-%",),
        ).fetchone()
    portal = Portal(data)
    try:
        yield portal.start(), month, day
    finally:
        portal.stop()


def shown(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert faults(page) == [], heading


def test_from_attendance_to_the_journal(new_phone: Callable[..., Phone], before_the_run: tuple[Portal, str, str]) -> None:
    portal, month, day = before_the_run
    sylvie = new_phone(portal, **DESK)
    sylvie.sign_in_as_agent("sylvie")
    page = sylvie.open(f"/agents/pointage?lieu=pasteur&jour={day}")
    line = page.get_by_role("row").filter(has_text="Benali Léa").first
    line.get_by_role("button", name="Absent excusé").click()
    expect(line.get_by_role("button", name="Absent excusé")).to_have_attribute("aria-pressed", "true")

    marc = new_phone(portal, **DESK)
    marc.sign_in_as_agent("marc")
    page = marc.open(f"/agents/facturation?mois={month}")
    shown(page, "Facturation du mois")
    expect(page.get_by_text("journées réservées ne sont pas pointées")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Émettre .* factures?$")).click()
    page.get_by_role("button", name="Émettre", exact=True).click()
    expect(page.get_by_text("Toutes les factures de ce mois sont émises.")).to_be_visible()

    page = marc.open(f"/agents/factures?etat=due&mois={month}&recherche=104217")
    shown(page, "Factures et encaissements")
    row = page.get_by_role("row").filter(has_text="BENALI").first
    row.get_by_role("button", name="Corriger").click()
    quantity = page.get_by_label(re.compile("^Quantité : ")).first
    quantity.fill(str(int(quantity.input_value()) - 1))
    page.get_by_label("Motif, que la famille lira").fill("Une matinée comptée à tort")
    assert faults(page) == []
    page.get_by_role("button", name="Émettre l’avoir").click()
    expect(row).to_contain_text("Corrigée")
    row.get_by_role("button", name="Encaisser").click()
    page.get_by_label("Référence (banque et numéro du chèque…)").fill("Chèque 0042")
    page.get_by_role("button", name=re.compile("^Enregistrer")).click()
    expect(page.get_by_text("Aucune facture ne correspond.")).to_be_visible(timeout=SOON)

    with page.expect_download() as waiting:
        page.get_by_role("link", name="Journal (CSV)").click()
    journal = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert "chèque" in journal and "Chèque 0042" in journal and "avoir" in journal

    nadia = new_phone(portal)
    nadia.sign_in("nadia")
    page = nadia.open("/factures")
    expect(page.get_by_text(re.compile("Une matinée comptée à tort")).first).to_be_visible()


def test_next_years_tariff_is_tried_refused_and_published(new_phone: Callable[..., Phone], portal: Portal) -> None:
    marc = new_phone(portal, **DESK)
    marc.sign_in_as_agent("marc")
    page = marc.open("/agents/tarifs")
    shown(page, "Tarifs")
    page.get_by_role("button", name="Nouvelle version de Accueil du matin").click()
    bench = page.get_by_role("region", name="Banc d’essai")
    expect(bench.get_by_text("1,00 €").first).to_be_visible()
    page.get_by_label("Tranche 2, de").fill("320")
    expect(bench.get_by_text("ne tombe dans aucune tranche")).to_be_visible()
    page.get_by_label("Tranche 2, de").fill("309")
    page.get_by_label("Prix de la tranche 3").fill("1,10")
    bench.get_by_label("Un dossier").check()
    bench.get_by_label("Numéro de dossier").fill("104217")
    expect(bench.get_by_text("1,10 €").first).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Délibération (numéro et date)").fill("Délibération 2026-118 du 20 novembre 2026")
    page.get_by_role("button", name="Publier cette version").click()
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.get_by_text("Délibération 2026-118 du 20 novembre 2026")).to_be_visible()
