"""A term of a family: enrolled, booked one week in two without a network, waiting, an offer, an absence, a day of the other parent's."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browsers.phone import PASSWORD, SOON, Phone
from tests.browsers.portal import Portal

DESK = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}
TODAY = f"pasteur-soir:{date.today()}"
ON_THE_PHONE = re.compile("Enregistrée? sur ce téléphone|enregistrée sur ce téléphone")


@pytest.fixture
def town(demo_data: Path, tmp_path: Path) -> Iterator[Portal]:
    """The demo town, whose evening care is open today whatever day this is."""
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    with closing(sqlite3.connect(data / "portail.db")) as books:
        books.execute(
            "INSERT INTO opening (id, unit_id, date, closed, add_until, remove_until, pools) VALUES (?, 'pasteur-soir', ?, 0, 0, 0, '[]')"
            " ON CONFLICT (id) DO NOTHING",
            (TODAY, str(date.today())),
        )
        books.commit()
    portal = Portal(data)
    try:
        yield portal.start()
    finally:
        portal.stop()


class Desk:
    """Somebody signed in without a screen: an agent at the counter, another family."""

    def __init__(self, portal: Portal, username: str) -> None:
        self.http = httpx.Client(base_url=portal.url, timeout=30)
        self.account = self.http.post("/api/session", json={"username": username, "password": PASSWORD}).json()["account"]["id"]
        self.device, self.n = "", 0

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def command(self, kind: str, args: dict[str, Any]) -> str:
        """Sends one command as the app does; its outcome."""
        if not self.device:
            named = {"label": "Autre", "platform": "test", "app": "2026.11.0", "clone_guard": f"g_{self.account}"}
            self.device = self.post("/api/sync/v1/devices", named)["device"]
        self.n += 1
        op = {"n": self.n, "kind": kind, "at": "2026-11-23T08:00:00+01:00", "args": args}
        envelope = {"proto": 1, "schema": 1, "app": "2026.11.0", "req": f"q_{self.n}", "limit": 1, "cursors": {}}
        request = {**envelope, "device": self.device, "actor": self.account, "ops": [op]}
        return str(self.post("/api/sync/v1/exchange", request)["receipts"][0]["outcome"])


    def leave(self) -> None:
        self.http.close()


def saved(page: Page) -> None:
    expect(page.locator(".toast").filter(has_text=ON_THE_PHONE).last).to_be_visible()


def one(portal: Portal, sql: str, *values: Any) -> Any:
    rows = portal.ask(sql, *values)
    return rows[0][0] if rows else None


def wait_for(page: Page, said: Callable[[], bool]) -> None:
    """Until the town's books say so."""
    for _ in range(100):
        if said():
            return
        page.wait_for_timeout(200)
    raise AssertionError("the town's books never said so")


def enrol(nadia: Phone, new_phone: Callable[..., Phone], town: Portal) -> None:
    page = nadia.open("/inscription/activites?enfant=chd_lea&jour=5")
    page.get_by_role("button", name="Voir Atelier de modelage").click()
    page.get_by_role("checkbox", name=re.compile("Léa")).check()
    page.get_by_label("Un peu").check()
    page.get_by_label("Non", exact=True).check()
    page.get_by_role("button", name=re.compile("Demander l’inscription")).click()
    request = page.get_by_role("article").filter(has_text="Léa, Atelier de modelage")
    expect(request).to_contain_text("Reçue", timeout=SOON)
    desk = new_phone(town, **DESK).open("/agents/inscriptions")
    desk.get_by_label("Nom d’utilisateur").fill("ines")
    desk.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Se connecter", exact=True).click()
    desk.get_by_role("checkbox", name="Choisir Léa Benali").check()
    desk.get_by_role("button", name=re.compile("Accepter 1")).click()
    expect(request).to_contain_text("Acceptée", timeout=SOON)


def one_week_in_two(nadia: Phone, town: Portal) -> None:
    """Without a network: every second Saturday to the end of the year, with the recap before, and the town's answer after."""
    page = nadia.open_planning()
    nadia.context.set_offline(True)
    page.get_by_role("button", name="Réserver plusieurs jours").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("checkbox", name=re.compile("^Léa")).check()
    sheet.get_by_role("checkbox", name=re.compile("modelage")).first.check()
    sheet.get_by_role("checkbox", name="samedi", exact=True).check()
    sheet.get_by_role("radio", name=re.compile("Une sur deux")).check()
    sheet.get_by_role("button", name="Fin de l’année scolaire").click()
    sheet.get_by_role("button", name="Voir le récapitulatif").click()
    said = sheet.get_by_role("button", name=re.compile("Enregistrer .* réservation")).inner_text()
    many = int(re.findall(r"\d+", said)[0])
    assert many > 1
    expect(sheet.get_by_text("À réserver").first).to_be_visible()
    sheet.get_by_role("button", name=said).click()
    saved(page)
    held = "SELECT COUNT(*) FROM booking WHERE child_id = 'chd_lea' AND opening_id LIKE 'emap-modelage%' AND state = 'booked'"
    assert one(town, held) == 0
    nadia.context.set_offline(False)
    wait_for(page, lambda: one(town, held) == many)
    page = nadia.open("/envois")
    expect(page.get_by_text(re.compile("Reçu R-")).first).to_be_visible(timeout=SOON)


def a_place_is_offered(nadia: Phone, town: Portal) -> None:
    """Léa waits behind Moussa for a full workshop; a place comes free, Moussa's parent declines, Nadia accepts without a network."""
    waiting = "SELECT id, opening_id FROM booking WHERE child_id = ? AND opening_id LIKE 'emap-atelier%' AND state = ?"
    lea, opening = town.ask(waiting, "chd_lea", "waiting")[0]
    ibrahim = one(town, "SELECT id FROM booking WHERE opening_id = ? AND child_id = 'chd_ibrahim' AND active IS NOT NULL", opening)
    moussa = one(town, "SELECT id FROM booking WHERE opening_id = ? AND child_id = 'chd_moussa' AND active IS NOT NULL", opening)
    aminata = Desk(town, "aminata")
    assert aminata.command("reservation.cancel@1", {"items": [{"rid": ibrahim}]}) == "accepted"
    assert one(town, "SELECT state FROM booking WHERE id = ?", moussa) == "to_confirm"
    assert aminata.command("waitlist.leave@1", {"items": [{"rid": moussa}]}) == "accepted"
    aminata.leave()
    assert one(town, "SELECT state FROM booking WHERE id = ?", lea) == "to_confirm"
    page = nadia.open("/accueil")
    expect(page.get_by_text(re.compile(r"1\splace à confirmer")).first).to_be_visible(timeout=SOON)
    nadia.context.set_offline(True)
    page = nadia.open(f"/planning?jour={opening[-10:]}")
    page.get_by_role("button", name="Confirmer", exact=True).click()
    assert one(town, "SELECT state FROM booking WHERE id = ?", lea) == "to_confirm"
    nadia.context.set_offline(False)
    wait_for(page, lambda: one(town, "SELECT state FROM booking WHERE id = ?", lea) == "booked")


def an_absence(nadia: Phone, town: Portal) -> None:
    """Sylvie books past the limit, with a reason; the child falls ill all the same, and what it costs is said before."""
    sylvie = Desk(town, "sylvie")
    todays = "SELECT id FROM booking WHERE child_id = 'chd_lea' AND date = ? AND active IS NOT NULL"
    for (rid,) in town.ask(todays, str(date.today())):
        sylvie.post(f"/api/agents/bookings/{rid}/cancel", {"reason": "Changement d’emploi du temps"})
    body = {"child": "chd_lea", "session": TODAY, "reason": "Rendez-vous de la mère"}
    sylvie.post("/api/agents/families/fam_benali/bookings", body)
    sylvie.leave()
    page = nadia.open("/planning")
    todays_lines = page.locator(".day.today h3:has-text('Léa') + .slots")
    todays_lines.get_by_role("button", name=re.compile("Signaler une absence : Accueil du soir")).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text(re.compile(r"reste due, sauf si le service excuse"))).to_be_visible()
    sheet.get_by_role("radio", name="Mon enfant est malade").check()
    sheet.get_by_role("button", name="Signaler l’absence").click()
    told = "SELECT announced FROM attendance WHERE child_id = 'chd_lea' AND opening_id = ?"
    wait_for(page, lambda: one(town, told, TODAY) == "illness")
    expect(todays_lines.get_by_text("Absence annoncée").first).to_be_visible(timeout=SOON)


def their_day(nadia: Phone) -> Locator:
    """The first day of the other parent's in the weeks to come."""
    for weeks in range(1, 7):
        page = nadia.open_planning(weeks)
        found = page.get_by_role("button", name=re.compile("Demander ce jour à l’autre parent"))
        page.wait_for_timeout(300)
        if found.count():
            return found.first
    raise AssertionError("no day of six weeks is the other parent's")


def a_day_is_exchanged(nadia: Phone, new_phone: Callable[..., Phone], town: Portal) -> None:
    their_day(nadia).click()
    page = nadia.page
    nadia.context.set_offline(True)
    page.get_by_label(re.compile("Un mot pour l’autre parent")).fill("Son cousin est là")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Demande à envoyer à l’autre parent")).to_be_visible()
    nadia.context.set_offline(False)
    wait_for(page, lambda: one(town, "SELECT state FROM custody_ask") == "asked")

    paul = new_phone(town)
    his = paul.sign_in("paul")
    expect(his.get_by_text(re.compile("L’autre parent vous demande le"))).to_be_visible(timeout=SOON)
    expect(his.get_by_text("Son cousin est là")).to_be_visible()
    assert "Benali" not in his.locator("main").inner_text(), "no name of the other home"
    his.get_by_role("button", name=re.compile("^Accepter")).click()
    wait_for(his, lambda: one(town, "SELECT state FROM custody_ask") == "agreed")

    page = nadia.open("/accueil")
    expect(page.get_by_text("Accepté : ce jour est le vôtre")).to_be_visible(timeout=SOON)


def test_a_term_of_a_family(town: Portal, new_phone: Callable[..., Phone]) -> None:
    nadia = new_phone(town)
    nadia.sign_in("nadia")
    enrol(nadia, new_phone, town)
    one_week_in_two(nadia, town)
    a_place_is_offered(nadia, town)
    an_absence(nadia, town)
    a_day_is_exchanged(nadia, new_phone, town)
