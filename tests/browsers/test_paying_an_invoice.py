"""From the simulation to the receipt: the same price all along, a bank whose tab is closed half-way, and the régie's month."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from server.simulators.beside import Beside, free_port
from server.simulators.payfip import Treasury
from server.simulators.payfip.page import make_page
from tests.browsers.phone import Phone
from tests.browsers.portal import Portal
from tests.browsers.test_accessibility import faults

WIDE = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}


@pytest.fixture
def bank() -> Iterator[str]:
    beside = Beside()
    yield beside.web(make_page(Treasury()), free_port())
    beside.stop()


@pytest.fixture
def paying_portal(demo_data: Path, tmp_path: Path, bank: str) -> Iterator[Portal]:
    """A portal whose régie has a contract with the bank."""
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    contract = {"PORTAIL_PAYFIP_URL": f"{bank}/tpa", "PORTAIL_PAYFIP_CLIENT": "090909", "PORTAIL_AGENT_SECOND_FACTOR": "no"}
    portal = Portal(data, **contract)
    try:
        yield portal.start()
    finally:
        portal.stop()



def test_a_stranger_simulates_without_a_network(new_phone: Callable[..., Phone], paying_portal: Portal) -> None:
    phone = new_phone(paying_portal)
    page = phone.open("/simulation")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.get_by_label("Je le connais").check()
    page.get_by_label("Votre quotient familial, en euros").fill("642")
    page.get_by_label(re.compile("^Accueil du matin")).select_option("2")
    estimate = page.locator("section", has=page.get_by_role("heading", name="Votre estimation"))
    expect(estimate.locator("tbody .money").first).to_have_text(re.compile(r"1,00"))
    expect(estimate).to_contain_text("non contractuelle")
    estimate.get_by_text("Pourquoi ce prix").click()
    expect(estimate).to_contain_text("tranche C")
    online = estimate.locator("tfoot").inner_text()
    assert faults(page) == []
    phone.context.set_offline(True)
    page.reload()
    page.get_by_label("Je le connais").check()
    page.get_by_label("Votre quotient familial, en euros").fill("642")
    page.get_by_label(re.compile("^Accueil du matin")).select_option("2")
    expect(page.locator("tfoot")).to_have_text(online.replace("\n", "").replace("\t", ""), use_inner_text=False)


def test_the_price_of_the_simulation_is_booked_invoiced_and_paid(new_phone: Callable[..., Phone], paying_portal: Portal) -> None:
    """A stranger simulates, signs in, sees the same price on a booking, finds it on the invoice, pays with the tab closed half-way."""
    phone = new_phone(paying_portal)
    page = phone.open("/simulation")
    page.get_by_label("Je le connais").check()
    page.get_by_label("Votre quotient familial, en euros").fill("642")
    page.get_by_label(re.compile("^Accueil du matin")).select_option("4")
    price = re.sub(r"\s", " ", page.locator("section", has_text="Votre estimation").locator("tbody .money").first.inner_text())
    assert re.fullmatch(r"\d+,\d\d €", price)
    said = re.compile(re.escape(price).replace("\\ ", r"\s"))
    phone.sign_in("nadia")
    phone.open_planning()
    slot = page.locator(".slot", has_text="Accueil du matin").first
    slot.locator("summary").first.click()
    expect(slot).to_contain_text(said)
    phone.open("/factures")
    line = page.locator("article").first.locator("tbody tr", has_text="Accueil du matin").first
    page.locator("article").first.get_by_text("Le détail").click()
    expect(line).to_contain_text(re.compile(said.pattern + r"\sl’unité"))
    expect(line).to_contain_text("jours :")
    button = page.get_by_role("button", name=re.compile("^Payer .* par carte"))
    phone.context.set_offline(True)
    expect(button).to_be_disabled()
    expect(page.get_by_text("le paiement par carte reprendra avec le réseau")).to_be_visible()
    phone.context.set_offline(False)
    expect(button).to_be_enabled(timeout=20_000)
    button.click()
    expect(page.get_by_role("heading", name="Banque de démonstration")).to_be_visible()
    idop = page.url.partition("idop=")[2]
    assert faults(page) == []
    # The parent pays, and the tab is gone before the bank can send it back.
    answer = httpx.post(page.url.partition("?")[0], data={"idop": idop, "result": "P"}, follow_redirects=False)
    assert answer.status_code == 303
    page.close()
    phone.page = phone.context.new_page()
    page = phone.open("/factures")
    paid = page.locator("article").first
    expect(paid).to_contain_text("Payée le", timeout=20_000)
    paid.get_by_text("Le détail").click()
    with page.expect_download() as receipt:
        paid.get_by_role("button", name=re.compile("^Reçu")).click()
    assert Path(receipt.value.path()).read_bytes().startswith(b"%PDF")
    with page.expect_download() as invoice:
        paid.get_by_role("button", name=re.compile("^Facture en PDF")).click()
    assert invoice.value.suggested_filename.startswith("F-")
    phone.context.set_offline(True)
    with page.expect_download() as kept:
        paid.get_by_role("button", name=re.compile("^Facture en PDF")).click()
    assert Path(kept.value.path()).read_bytes() == Path(invoice.value.path()).read_bytes(), "opened once, it is on the device"
    assert faults(page) == []


def test_two_invoices_are_paid_in_turn(new_phone: Callable[..., Phone], paying_portal: Portal) -> None:
    phone = new_phone(paying_portal)
    page = phone.sign_in("aminata")
    phone.open("/factures")
    page.get_by_text("Payer plusieurs factures").click()
    assert faults(page) == []
    page.get_by_role("button", name=re.compile("^Payer ces 2 factures")).click()
    page.get_by_role("button", name="Refuser (carte refusée)").click()
    expect(page).to_have_url(re.compile("/factures\\?paiement="))
    expect(page.get_by_text("La banque a refusé le paiement")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name=re.compile("^Payer la suivante")).click()
    page.get_by_role("button", name="Payer par carte").click()
    expect(page.get_by_text("Le paiement est reçu")).to_be_visible(timeout=15_000)
    # The one that was refused is still to be paid, and offered again.
    page.get_by_role("button", name=re.compile("^Payer la suivante")).click()
    page.get_by_role("button", name="Payer par carte").click()
    expect(page.get_by_text("Le paiement est reçu")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name=re.compile("^Payer"))).to_have_count(0)
    assert faults(page) == []
