"""A parent pays an invoice at the bank's page: the real client, over real HTTP, against a stand-in that keeps PayFiP's contract."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import httpx2 as httpx
import pytest
from quart import Quart

from server.app import create_app
from server.config import Config
from server.database import Database
from server.gateways.payments import BankRefused, BankUnavailable, PayFiP
from server.invoices.routes import cashier
from server.simulators.beside import Beside, free_port
from server.simulators.payfip import Treasury
from server.simulators.payfip.page import make_page
from tests.cast import Client
from tests.conftest import Clock, SignIn

INVOICE = "inv_benali_2026-10"
MINUTE = 60_000


@pytest.fixture(scope="module")
def served() -> Any:
    beside, treasury = Beside(), Treasury()
    address = beside.web(make_page(treasury), free_port())
    yield treasury, address
    beside.stop()


@pytest.fixture
def treasury(served: Any, clock: Clock) -> Treasury:
    """A service with an empty memory, on the town's clock; its notifications have nowhere to arrive here."""
    bank: Treasury = served[0]
    fresh = Treasury(clock=lambda: clock() / 1000)
    fresh.knobs.notifications = 0
    bank.__dict__.update(fresh.__dict__)
    return bank


@pytest.fixture
def config(config: Config, served: Any) -> Config:
    return replace(config, payfip_url=f"{served[1]}/tpa", payfip_client="090909", payfip_mode="T")


@pytest.fixture
def bank(config: Config) -> PayFiP:
    home = config.public_url
    return PayFiP(config.payfip_url, "090909", "T", f"{home}/return", f"{home}/notify")


async def pay(client: Client, invoice: str = INVOICE) -> Any:
    response = await client.post("/api/payments", json={"invoice": invoice})
    return response.status_code, await response.get_json()


async def press(url: str, result: str) -> str:
    """The parent at the bank: opens the page, presses a button; where the bank sends the browser back."""
    idop = url.partition("idop=")[2]
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(url)).status_code == 200
        back = await browser.post(url.partition("?")[0], data={"idop": idop, "result": result})
    assert back.status_code == 303
    return str(back.headers["location"])


async def books(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.all("SELECT cents, mode, invoice_id FROM ledger_entry WHERE mode = 'card' ORDER BY invoice_id")
    return [tuple(row.values()) for row in rows]


async def test_a_parent_pays_and_the_invoice_is_settled(as_nadia: Client, treasury: Treasury, database: Database) -> None:
    status, opened = await pay(as_nadia)
    assert status == 200
    back = await press(opened["url"], "P")
    path = back.removeprefix("http://localhost")
    answer = await as_nadia.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/factures?paiement={opened['payment']}")
    shown = await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json()
    assert shown["state"] == "paid"
    assert await books(database) == [(shown["cents"], "card", INVOICE)]
    row = await database.one("SELECT body FROM sync_row WHERE key = ?", f"invoice/{INVOICE}")
    assert row is not None
    assert f'"paid_cents":{shown["cents"]}' in row["body"].replace(" ", "")
    assert (await pay(as_nadia))[1]["error"]["code"] == "nothing_due"


async def test_the_browser_never_comes_back_and_the_poller_finds_out(
    app: Quart, as_nadia: Client, treasury: Treasury, database: Database, clock: Clock
) -> None:
    _, opened = await pay(as_nadia)
    await press(opened["url"], "P")
    assert await books(database) == []
    desk = cashier(app.extensions["portail"])
    assert desk
    assert await desk.check_due(clock() + MINUTE) == 0
    assert await desk.check_due(clock() + 3 * MINUTE) == 1
    assert len(await books(database)) == 1
    assert await desk.check_due(clock() + 600 * MINUTE) == 0, "it is over"


SIGNS = ("return", "notify", "notify again", "poll", "page")


@pytest.mark.parametrize("order", list(permutations(SIGNS))[::31])
async def test_signs_of_life_in_any_order_and_number_give_one_state(
    app: Quart, as_nadia: Client, client: Client, treasury: Treasury, database: Database, clock: Clock, order: tuple[str, ...], dialect: str
) -> None:
    if dialect == "postgresql" and order[0] != "poll":
        order = tuple(reversed(order))
    _, opened = await pay(as_nadia)
    path = (await press(opened["url"], "P")).removeprefix("http://localhost")
    idop = path.partition("=")[2]
    desk = cashier(app.extensions["portail"])
    assert desk
    signs: dict[str, Callable[[], Any]] = {
        "return": lambda: client.get(path),
        "notify": lambda: client.post("/api/public/payments/notify", form={"idop": idop}),
        "notify again": lambda: client.get(f"/api/public/payments/notify?idOp={idop}"),
        "poll": lambda: desk.check_due(clock() + 3 * MINUTE),
        "page": lambda: as_nadia.get(f"/api/payments/{opened['payment']}"),
    }
    for sign in order:
        await signs[sign]()
    await asyncio.gather(*(signs[sign]() for sign in order))
    assert len(await books(database)) == 1
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == "paid"


async def test_a_forged_notification_changes_nothing(as_nadia: Client, client: Client, treasury: Treasury, database: Database) -> None:
    _, opened = await pay(as_nadia)
    idop = opened["url"].partition("idop=")[2]
    before = await database.all("SELECT id, state, active FROM card_payment")
    forged = {"idop": idop, "resultrans": "P", "montant": "1", "refdet": "whatever", "saisie": "T"}
    assert (await client.post("/api/public/payments/notify", form=forged)).status_code == 204
    unknown = await client.post("/api/public/payments/notify", form={"idop": "7f1a"})
    assert (unknown.status_code, (await unknown.get_json())["error"]["code"]) == (404, "not_found")
    assert await database.all("SELECT id, state, active FROM card_payment") == before
    assert await books(database) == []


@pytest.mark.parametrize(("button", "state"), [("R", "refused"), ("Z", "refused"), ("V", "paid")])
async def test_a_refusal_frees_the_invoice(as_nadia: Client, treasury: Treasury, button: str, state: str) -> None:
    _, opened = await pay(as_nadia)
    await as_nadia.get((await press(opened["url"], button)).removeprefix("http://localhost"))
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == state
    status, again = await pay(as_nadia)
    assert (status == 200 and again["payment"] != opened["payment"]) if state == "refused" else status == 409


async def test_giving_up_leaves_the_same_page_open_then_frees_the_invoice(as_nadia: Client, treasury: Treasury, clock: Clock) -> None:
    _, opened = await pay(as_nadia)
    await press(opened["url"], "A")
    assert (await pay(as_nadia))[1] == opened, "at most one live payment: back to the same page"
    clock.set("2026-11-23T08:16")
    status, told = await pay(as_nadia)
    assert (status, told["error"]["code"], told["error"]["facts"]) == (409, "payment_pending", {"minutes": 4})
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == "cancelled"
    assert (await pay(as_nadia))[0] == 200


async def test_two_taps_at_once_open_one_payment(as_nadia: Client, treasury: Treasury, database: Database) -> None:
    await asyncio.gather(*(pay(as_nadia) for _ in range(5)))
    rows = await database.all("SELECT id FROM card_payment WHERE active = ?", INVOICE)
    assert len(rows) == 1
    assert len(treasury.operations) == 1


async def test_a_late_result_for_an_invoice_paid_otherwise_becomes_a_credit(
    app: Quart, as_nadia: Client, treasury: Treasury, database: Database, clock: Clock
) -> None:
    _, opened = await pay(as_nadia)
    await press(opened["url"], "P")
    payment = await database.one("SELECT cents FROM card_payment WHERE id = ?", opened["payment"])
    assert payment is not None
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, source, entered_at)"
            " VALUES ('led_1', 'fam_benali', ?, ?, 'cash', '2026-11-23', 'counter/1', 0)",
            INVOICE, payment["cents"],
        )  # fmt: skip
    desk = cashier(app.extensions["portail"])
    assert desk
    await desk.check_due(clock() + 3 * MINUTE)
    assert await books(database) == [(payment["cents"], "card", None)]


@pytest.mark.parametrize("knob", [{"amount": "1"}, {"refdet": "ANOTHER99"}, {"result": "Q"}])
async def test_an_answer_that_does_not_agree_is_a_dispute_and_never_money(
    as_nadia: Client, treasury: Treasury, database: Database, knob: dict[str, str]
) -> None:
    _, opened = await pay(as_nadia)
    await press(opened["url"], "P")
    treasury.knobs.__dict__.update(knob)
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == "dispute"
    assert await books(database) == []


@pytest.mark.parametrize("knob", [{"fault": "TechIndisponibiliteErreur"}, {"truncated": True}])
async def test_a_bank_that_fails_loses_nothing(as_nadia: Client, treasury: Treasury, database: Database, knob: dict[str, Any]) -> None:
    treasury.knobs.__dict__.update(knob)
    status, told = await pay(as_nadia)
    assert (status, told["error"]["code"]) == (503, "payment_unavailable")
    treasury.knobs.__dict__.update({"fault": "", "truncated": False})
    _, opened = await pay(as_nadia)
    await press(opened["url"], "P")
    treasury.knobs.__dict__.update(knob)
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == "live"
    treasury.knobs.__dict__.update({"fault": "", "truncated": False, "latin": True, "exer": "20"})
    assert (await (await as_nadia.get(f"/api/payments/{opened['payment']}")).get_json())["state"] == "paid"


async def test_nobody_pays_or_sees_the_payment_of_others(as_nadia: Client, as_aminata: Client, treasury: Treasury) -> None:
    assert (await pay(as_aminata))[0] == 404
    _, opened = await pay(as_nadia)
    assert (await as_aminata.get(f"/api/payments/{opened['payment']}")).status_code == 404


async def test_where_the_town_takes_no_cards(config: Config, database: Database, sign_in: SignIn, clock: Clock) -> None:
    app = create_app(replace(config, payfip_url="", payfip_client=""), now=clock)
    async with app.test_app():
        client = app.test_client()
        await client.post("/api/session", json={"username": "nadia", "password": "vigneux-demo-2026"})
        assert await (await client.get("/api/payments")).get_json() == {"card": False}
        assert (await pay(client))[1]["error"]["code"] == "card_closed"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_client_reads_every_answer_of_the_contract(bank: PayFiP, treasury: Treasury, clock: Clock) -> None:
    asked = ("2026abc123", 2026, 1342, "nadia@demo.example", "Facture n° 12 – Léa")
    idop = await bank.create(*asked)
    assert treasury.operations[idop].asked["montant"] == "1342"
    assert treasury.operations[idop].asked["objet"] == "Facture n 12 Lea"
    assert (await bank.find(idop)).outcome == "waiting"
    assert (await bank.find("no-such")).outcome == "unknown"
    for letter, outcome in (("A", "cancelled"), ("P", "paid")):
        treasury.operations[idop].result = letter
        treasury.operations[idop].ended_at = clock() / 1000
        found = await bank.find(idop)
        assert (found.outcome, found.cents, found.refdet, found.client) == (outcome, 1342, "2026abc123", "090909")
    for wrong, code in (((*asked[:2], 99, *asked[3:]), "M3"), (("AB", *asked[1:]), "R3"), ((*asked[:3], "nobody", asked[4]), "A2")):
        with pytest.raises(BankRefused, match=code):
            await bank.create(*wrong)  # type: ignore[arg-type]
    treasury.knobs.fault = "TechDysfonctionnementErreur"
    with pytest.raises(BankUnavailable):
        await bank.find(idop)


@pytest.fixture(autouse=True)
async def closed(treasury: Treasury) -> AsyncIterator[None]:
    yield
    treasury.knobs.hang = 0
