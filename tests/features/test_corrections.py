"""An issued invoice is put right by credit notes and corrective invoices only; a family's credit pays another invoice."""

import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from quart import Quart

from server.database import Database
from server.invoices.rules import BillingRules, current, differences
from server.invoices.service import month
from tests.cast import Client
from tests.conftest import Clock, NewPhone, SignIn

INVOICE = "inv_benali_2026-10"


@pytest.fixture
async def marc(sign_in: SignIn, clock: Clock) -> Client:
    clock.set("2026-12-03T09:00")
    return await sign_in("marc")


async def correct(client: Client, reason: str, **more: Any) -> Any:
    return await (await client.post(f"/api/agents/invoices/{INVOICE}/corrections", json={"reason": reason, **more})).get_json()


async def test_a_part_is_credited_and_what_was_forgotten_is_invoiced(
    marc: Client, as_nadia: Client, database: Database, new_phone: NewPhone
) -> None:
    before = await (await marc.get(f"/api/agents/invoices/{INVOICE}")).get_json()
    first = before["lines"][0]
    fewer = {"position": first["position"], "quantity": first["quantity"] - 2, "unit_cents": first["unit_cents"]}
    told = await correct(marc, "Deux jours non consommés", lines=[fewer])
    assert told["total_cents"] == -2 * first["unit_cents"]
    assert (await correct(marc, "Deux jours non consommés", lines=[fewer]))["error"]["code"] == "not_possible", "it is right by now"
    after = await (await marc.get(f"/api/agents/invoices/{INVOICE}")).get_json()
    assert (after["lines"][0]["quantity"], len(after["corrections"])) == (first["quantity"] - 2, 1)
    dearer = {**fewer, "unit_cents": first["unit_cents"] + 50}
    forgotten = {"child": "chd_lea", "label": "Sortie au musée", "category": "leisure", "quantity": 1, "unit_cents": 600}
    more = await correct(marc, "Sortie oubliée", lines=[dearer], added=[forgotten])
    assert more["total_cents"] == (first["quantity"] - 2) * 50 + 600

    rows = (await (await new_phone("nadia")).rows())["f:fam_benali"]
    held = {row["number"]: {**row, "id": key[8:]} for key, row in rows.items() if key.startswith("invoice/")}
    assert (held[told["number"]]["kind"], held[more["number"]]["kind"]) == ("credit", "invoice")
    assert held[more["number"]]["corrects_number"] == before["number"]
    assert held[more["number"]]["total_cents"] == sum(line["amount_cents"] for line in held[more["number"]]["lines"])
    assert held[before["number"]]["total_cents"] == before["total_cents"], "what was issued stands"
    assert held[before["number"]]["paid_cents"] == 2 * first["unit_cents"]
    pdf = await (await as_nadia.get(f"/api/invoices/{held[more['number']]['id']}/pdf")).get_data()
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "Facture rectificative" in text and before["number"] in text and "Sortie oubliée" in text

    assert (await marc.post(f"/api/agents/invoices/{INVOICE}/credit", json={"reason": "Tout est à reprendre"})).status_code == 200
    whole = await (await marc.get(f"/api/agents/invoices/{INVOICE}")).get_json()
    assert sum(line["amount_cents"] for line in whole["lines"]) == 0
    assert (await marc.post(f"/api/agents/invoices/{INVOICE}/credit", json={"reason": "Encore une fois"})).status_code == 409
    numbers = await database.all("SELECT number FROM invoice WHERE number LIKE 'F-2026-%' ORDER BY number")
    assert [int(row["number"][7:]) for row in numbers] == list(range(1, len(numbers) + 1)), "no gap"


async def test_a_familys_credit_pays_another_invoice_once(marc: Client, database: Database) -> None:
    paid = {"cents": 100_000, "mode": "cheque", "on": "2026-12-03", "key": "page-0001"}
    await marc.post(f"/api/agents/invoices/{INVOICE}/payments", json=paid)
    (owed,) = (await (await marc.get("/api/agents/invoices?state=all&q=104217&period=2026-10")).get_json())["invoices"]
    credit = 100_000 - owed["total_cents"]
    assert owed["credit_cents"] == credit > 0
    assert (await marc.post(f"/api/agents/invoices/{INVOICE}/credit-use", json={"key": "page-0002"})).status_code == 409, "paid"
    told = await correct(marc, "Sortie oubliée", added=[{"label": "Sortie au musée", "quantity": 2, "unit_cents": 600}])
    row = await database.one("SELECT id FROM invoice WHERE number = ?", told["number"])
    assert row is not None
    path = f"/api/agents/invoices/{row['id']}/credit-use"
    assert await (await marc.post(path, json={"key": "page-0003"})).get_json() == {"cents": 1200}
    assert (await marc.post(path, json={"key": "page-0003"})).status_code == 409
    (left,) = [
        one for one in (await (await marc.get("/api/agents/invoices?q=104217")).get_json())["invoices"] if one["number"] == told["number"]
    ]
    assert (left["due_cents"], left["credit_cents"]) == (0, credit - 1200)


async def test_a_quotient_that_came_after_the_invoice_gives_a_credit_note_where_the_town_says_so(
    marc: Client, app: Quart, database: Database
) -> None:
    while (await (await marc.post("/api/agents/billing", json={"period": "2026-11"})).get_json())["left"]:
        pass
    read = {"value": 300, "source": "CAF", "channel": "certificate", "month": "2026-11"}
    await marc.post("/api/agents/quotients/fam_benali/reading", json=read)
    assert (await (await marc.get("/api/agents/regularisations")).get_json())["invoices"] == []
    here = app.extensions["portail"]
    here.town = msgspec.structs.replace(here.town, billing=BillingRules(late_quotient="credit"))
    (one,) = (await (await marc.get("/api/agents/regularisations")).get_json())["invoices"]
    assert one["period"] == "2026-11" and one["cents"] > 0
    path = f"/api/agents/invoices/{one['id']}/regularisation"
    assert (await (await marc.post(path)).get_json())["total_cents"] == -one["cents"]
    assert (await marc.post(path)).status_code == 404, "once"
    issued = await database.one("SELECT SUM(total_cents) AS cents FROM invoice WHERE family_id = 'fam_benali' AND period = '2026-11'")
    again = await month(database, "2026-11", here.town.billing)
    assert issued is not None
    assert issued["cents"] == next(draft.total_cents for draft in again.drafts if draft.family == "fam_benali")


lines = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 2000)).map(lambda one: {"quantity": one[0], "unit_cents": one[1]}), min_size=1, max_size=5
)


@given(lines, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 20), st.integers(0, 2000)), max_size=6))
def test_after_any_corrections_the_sum_of_all_papers_is_what_should_have_been_invoiced(
    some: list[dict[str, int]], steps: list[tuple[int, int, int]]
) -> None:
    more = {"child": None, "unit": None, "label": "x", "category": "care"}
    issued = [{**more, **one, "position": at, "amount_cents": one["quantity"] * one["unit_cents"]} for at, one in enumerate(some)]
    corrections: list[dict[str, Any]] = []
    for at, quantity, unit in steps:
        if at < len(issued):
            made = differences(current(issued, corrections), {at: (quantity, unit)})
            assert all(one["amount_cents"] == one["quantity"] * one["unit_cents"] for one in made)
            corrections += made
            stands = current(issued, corrections)
            assert stands[at]["amount_cents"] == quantity * unit
            assert sum(one["amount_cents"] for one in (*issued, *corrections)) == sum(one["amount_cents"] for one in stands)
