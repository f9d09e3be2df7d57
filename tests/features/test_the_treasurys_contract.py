"""The stand-in for PayFiP keeps the published contract, and misbehaves in every way that the service is known for."""

import asyncio
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import eopayment
import httpx2 as httpx
import pytest
from eopayment import payfip_ws
from lxml import etree
from quart import Quart, request

from server.gateways import payments
from server.gateways.payments import BankUnavailable, PayFiP
from server.simulators.beside import Beside, free_port
from server.simulators.payfip import NAMESPACE, Treasury
from server.simulators.payfip.page import CONTRACT, make_page

# SHA-256 of the four documents as the DGFiP publishes them.
PUBLISHED = {
    "?wsdl": "461e94ed4870ef5708fc300bc6598f0beafaa683b7551345830c13e53593b170",
    "PaiementSecuriseService_schema1.xsd": "4c3562dbe4246fd5bc773893b68852d601164993c6701e2f69b8624e01f836a2",
    "PaiementSecuriseService_schema2.xsd": "b6a1912a00a87485c28b97f85ad136de4074b9463ba53441cbf5035df92a334e",
    "PaiementSecuriseService_schema3.xsd": "6726d27412f610021b77d9afc189165c2735b902ef6e8ac063dff8604279a760",
}
ASKED = {
    "exer": "2026", "mel": "nadia@demo.example", "montant": "1342", "numcli": "090909", "objet": "Facture", "refdet": "2026abc123",
    "saisie": "T", "urlnotif": "http://127.0.0.1:9/notify", "urlredirect": "http://127.0.0.1:9/return",
}  # fmt: skip
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class Served:
    """The stand-in on a socket, and a town that only counts what it is told."""

    def __init__(self) -> None:
        self.beside, self.treasury, self.told = Beside(), Treasury(), list[str]()
        town = Quart(__name__, static_folder=None)

        @town.post("/notify")
        async def notify() -> str:
            self.told.append((await request.form)["idop"])
            return ""

        self.town = self.beside.web(town, free_port())
        self.url = f"{self.beside.web(make_page(self.treasury), free_port())}/tpa"
        self.now = 1_795_424_400.0

    def reset(self) -> None:
        self.treasury.__dict__.update(Treasury(clock=lambda: self.now).__dict__)
        self.told.clear()

    def opened(self) -> str:
        _, body = self.treasury.answer(_soap("creerPaiementSecurise", {**ASKED, "urlnotif": f"{self.town}/notify"}))
        return str(etree.fromstring(body).findtext(".//idOp"))

    def press(self, idop: str, result: str) -> httpx.Response:
        return httpx.post(f"{self.url}/paiementws.web", data={"idop": idop, "result": result})


def _soap(name: str, fields: dict[str, str]) -> bytes:
    inside = "".join(f"<{field}>{value}</{field}>" for field, value in fields.items())
    call = f'<n:{name} xmlns:n="{NAMESPACE}"><arg0>{inside}</arg0></n:{name}>'
    return f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{call}</e:Body></e:Envelope>'.encode()


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    served = Served()
    yield served
    served.beside.stop()


@pytest.fixture
def bank(running: Served) -> Served:
    running.reset()
    return running


@pytest.fixture
def client(bank: Served) -> PayFiP:
    return PayFiP(bank.url, "090909", "T", "http://127.0.0.1:9/return", "http://127.0.0.1:9/notify")


def test_the_contract_that_is_served_is_the_published_one(bank: Served) -> None:
    for name, digest in PUBLISHED.items():
        address = f"{bank.url}/services/securite?wsdl" if name == "?wsdl" else f"{bank.url}/services/{name}"
        text = httpx.get(address).text.replace(bank.url, "https://www.payfip.gouv.fr/tpa")
        assert hashlib.sha256(text.encode()).hexdigest() == digest, name


def test_every_answer_is_valid_by_the_published_schema(bank: Served) -> None:
    schema = etree.XMLSchema(file=str(CONTRACT / "PaiementSecuriseService_schema1.xsd"))
    idop = bank.opened()
    bank.treasury.operations[idop].result = "P"
    detail, client = ("recupererDetailPaiementSecurise", {"idOp": idop}), ("recupererDetailClient", {"numCli": "090909"})
    calls = [("creerPaiementSecurise", ASKED), detail, client]
    for name, fields in calls:
        assert schema.validate(etree.fromstring(_soap(name, fields))[0][0]), (name, schema.error_log)
        status, body = bank.treasury.answer(_soap(name, fields))
        answer = etree.fromstring(body)[0][0]
        assert status == 200
        assert schema.validate(answer), (name, schema.error_log)
    for kind in ("TechIndisponibiliteErreur", "TechDysfonctionnementErreur", "TechProtocolaireErreur", "FonctionnelleErreur"):
        bank.treasury.knobs.fault = "" if kind.startswith("Fonc") else kind
        status, body = bank.treasury.answer(_soap("recupererDetailPaiementSecurise", {"idOp": "unknown"}))
        detail = etree.fromstring(body).find(".//detail")
        assert status == 500
        assert detail is not None
        assert etree.QName(detail[0]).localname == kind
        assert schema.validate(detail[0]), (kind, schema.error_log)


def test_the_library_reads_every_outcome(bank: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payfip_ws, "PayFiP", lambda **_: payments._client(f"{bank.url}/services/securite"))
    options = {"numcli": "090909", "saisie": "T", "normal_return_url": "http://x/r", "automatic_return_url": "http://x/n"}
    library = eopayment.Payment("payfip_ws", options)
    idop, how, page = library.request(Decimal("13.42"), email="nadia@demo.example", orderid="F20261234", subject="Facture n° 12")
    assert (how, page.endswith(idop)) == (eopayment.URL, True)
    assert bank.treasury.operations[idop].asked["montant"] == "1342"
    expected = {"": eopayment.WAITING, "P": eopayment.PAID, "V": eopayment.PAID, "R": eopayment.DENIED, "Z": eopayment.DENIED}
    for letter, outcome in expected.items():
        bank.treasury.operations[idop].result, bank.treasury.operations[idop].ended_at = letter, bank.now
        assert library.response(urlencode({"idop": idop})).result == outcome, letter
    bank.treasury.operations.clear()
    assert library.response(urlencode({"idop": idop})).result == eopayment.EXPIRED
    service = payments._client(f"{bank.url}/services/securite")
    assert service.get_info_client("090909").libelleN1 == "REGIE DE DEMONSTRATION"


@pytest.mark.parametrize(("times", "after"), [(0, 0.0), (1, 0.0), (5, 0.0), (1, 0.3)])
def test_notifications_come_never_once_five_times_or_late(bank: Served, times: int, after: float) -> None:
    bank.treasury.knobs.notifications, bank.treasury.knobs.notify_after = times, after
    idop = bank.opened()
    back = bank.press(idop, "P")
    assert (back.status_code, back.headers["location"].partition("?")[2]) == (303, f"idOp={idop}")
    late = list(bank.told) if after else []

    async def settled() -> None:
        await asyncio.gather(*bank.treasury._notifying)

    bank.beside.run(settled())
    assert late == [], "not before its time"
    assert bank.told == [idop] * times


def test_the_page_is_open_for_a_quarter_of_an_hour_and_forgotten_at_night(bank: Served) -> None:
    idop = bank.opened()
    page = httpx.get(f"{bank.url}/paiementws.web?idop={idop}")
    assert all(f'value="{letter}"' in page.text for letter in "PVRZA")
    assert "fermer l’onglet" in page.text
    bank.press(idop, "A")
    assert httpx.get(f"{bank.url}/paiementws.web?idop={idop}").status_code == 200, "given up: it may be tried again"
    bank.now += 15 * 60
    assert httpx.get(f"{bank.url}/paiementws.web?idop={idop}").status_code == 404
    assert bank.press(idop, "P").status_code == 404
    unused = bank.opened()
    bank.treasury.purge()
    assert unused not in bank.treasury.operations
    assert idop in bank.treasury.operations


async def test_a_bank_that_hangs_holds_nobody_up(bank: Served, client: PayFiP, monkeypatch: pytest.MonkeyPatch) -> None:
    idop = bank.opened()
    monkeypatch.setattr(payments, "SECONDS", 0.2)
    bank.treasury.knobs.hang = 2.0
    with pytest.raises(BankUnavailable):
        await client.find(idop)


@pytest.mark.parametrize(
    ("knob", "outcome"),
    [({"latin": True}, "paid"), ({"exer": "20"}, "paid"), ({"result": "Q"}, "unreadable"), ({"result": "A"}, "cancelled"),
     ({"amount": "1,5"}, "unreadable")],
)  # fmt: skip
async def test_what_is_odd_in_an_answer_is_read_as_it_must(bank: Served, client: PayFiP, knob: dict[str, Any], outcome: str) -> None:
    idop = bank.opened()
    bank.treasury.operations[idop].result = "P"
    bank.treasury.knobs.__dict__.update(knob)
    assert (await client.find(idop)).outcome == outcome


@pytest.mark.parametrize(
    "knob", [{"truncated": True}, *({"fault": f"Tech{kind}Erreur"} for kind in ("Indisponibilite", "Dysfonctionnement", "Protocolaire"))]
)
async def test_what_cannot_be_read_changes_nothing(bank: Served, client: PayFiP, knob: dict[str, Any]) -> None:
    idop = bank.opened()
    bank.treasury.knobs.__dict__.update(knob)
    with pytest.raises(BankUnavailable):
        await client.find(idop)
    with pytest.raises(BankUnavailable):
        await client.create("2026abc124", 2026, 1342, "nadia@demo.example", "Facture")


def test_an_entity_in_a_message_is_not_resolved(bank: Served) -> None:
    call = _soap("recupererDetailPaiementSecurise", {"idOp": "&secret;"})
    bomb = b'<!DOCTYPE e [<!ENTITY secret SYSTEM "file:///etc/hostname">]>' + call
    status, body = bank.treasury.answer(bomb)
    assert status == 500
    assert b"IdOp incorrect" in body or "illisible" in body.decode()
