"""The régie enters a tariff: tries it on a family, publishes it from a day, and phones and bookings follow; nothing issued changes."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.bookings.service import follow_tariffs
from server.database import Database
from tests.cast import Client
from tests.conftest import Clock, NewPhone, SignIn

PARIS = ZoneInfo("Europe/Paris")
BRACKETS = [{"label": "A", "from": 0, "to": 600, "cents": 50}, {"label": "B", "from": 600, "cents": 150}]
TERMS = {
    "grids": [
        {"when": {"resident": False}, "amount": {"method": "flat", "cents": 500}},
        {"amount": {"method": "brackets", "brackets": BRACKETS}},
    ],
    "changes": [{"label": "Deuxième enfant", "percent": -20, "when": {"ranks": [2]}}],
}


@pytest.fixture
async def marc(sign_in: SignIn) -> Client:
    return await sign_in("marc")


async def trial(client: Client, terms: dict[str, Any], **more: Any) -> Any:
    response = await client.post("/api/agents/tariffs/trial", json={"code": "accueil-matin", "terms": terms, "date": "2026-12-01", **more})
    assert response.status_code == 200, await response.get_data()
    return await response.get_json()


async def publish(client: Client, since: str, after: int = 2, terms: dict[str, Any] | None = None) -> tuple[int, Any]:
    asked = {"code": "accueil-matin", "since": since, "decision": "Délibération 2026-118 du 20 novembre 2026", "after": after}
    response = await client.post("/api/agents/tariffs", json={**asked, "terms": terms or TERMS})
    return response.status_code, await response.get_json()


async def test_every_price_list_is_there_with_its_decisions(marc: Client) -> None:
    found = {one["code"]: one for one in (await (await marc.get("/api/agents/tariffs")).get_json())["tariffs"]}
    matin = found["accueil-matin"]
    assert matin["labels"] == ["Accueil du matin"]
    assert [(one["version"], one["state"], one["until"]) for one in matin["versions"]] == [
        (2, "current", None), (1, "past", "2026-08-31"),
    ]  # fmt: skip
    assert matin["versions"][0]["decision"].startswith("Délibération")


async def test_the_bench_says_what_this_family_would_pay_and_why(marc: Client) -> None:
    found = await trial(marc, TERMS, file="104217")
    assert found["faults"] == []
    assert found["family"] == {"label": "BENALI", "resident": True, "quotient": 642}
    assert {(line["child"], line["cents"]) for line in found["lines"]} == {("Léa", 150), ("Noé", 120)} or len(found["lines"]) == 2
    assert found["lines"][0]["why"]["bracket"] == "B"
    first = found["situations"][0]
    assert first["pieces"] == [[0.0, 600.0, 50, 50], [600.0, None, 150, 150]]
    made_up = await trial(marc, TERMS, person={"resident": True, "quotient": 599.99, "rank": 2, "children": 2})
    assert made_up["lines"][0]["cents"] == 40
    nobody = {"code": "x", "terms": TERMS, "date": "2026-12-01", "file": "0"}
    assert (await marc.post("/api/agents/tariffs/trial", json=nobody)).status_code == 404


@pytest.mark.parametrize(
    ("brackets", "says"),
    [([BRACKETS[0], {**BRACKETS[1], "from": 601}], "ne tombe dans aucune tranche"),
     ([BRACKETS[0], {**BRACKETS[1], "from": 599}], "tombe dans deux tranches"),
     ([BRACKETS[0]], "la dernière doit rester ouverte")],
)  # fmt: skip
async def test_a_quotient_in_no_bracket_or_in_two_is_refused(marc: Client, brackets: list[Any], says: str) -> None:
    wrong = {"grids": [{"amount": {"method": "brackets", "brackets": brackets}}]}
    assert says in (await trial(marc, wrong))["faults"][0]["sentence"]
    status, body = await publish(marc, "2026-12-01", terms=wrong)
    assert (status, body["error"]["code"]) == (409, "tariff_wrong")
    assert says in body["error"]["message"]
    nonsense = await trial(marc, {"grids": [{"amount": {"method": "guess"}}]})
    assert nonsense["faults"][0]["code"] == "shape"


async def test_dates_that_overlap_or_are_past_are_refused(marc: Client, clock: Clock) -> None:
    for since in ("2026-09-01", "2026-08-15", "2026-11-01"):
        status, body = await publish(marc, since)
        assert (status, body["error"]["code"]) == (409, "tariff_wrong"), since
    assert "quelqu’un d’autre" in (await publish(marc, "2026-12-01", after=1))[1]["error"]["message"]
    assert (await publish(marc, "2027-01-01"))[0] == 200
    assert "deux tarifs" in (await publish(marc, "2027-01-01", after=3))[1]["error"]["message"]


async def test_a_version_counts_from_its_day_on_for_bookings_and_phones(
    marc: Client, database: Database, new_phone: NewPhone, clock: Clock
) -> None:
    nadia = await new_phone("nadia")
    issued = await database.all("SELECT id, total_cents FROM invoice ORDER BY id")
    assert await publish(marc, "2026-12-01") == (200, {"version": 3})
    assert await follow_tariffs(database, clock(), PARIS) == 1, "the version before ends: the catalogue says so"
    assert matin_of(await nadia.rows()) == 100

    clock.set("2026-12-01T00:05")
    assert await follow_tariffs(database, clock(), PARIS) == 1
    assert await follow_tariffs(database, clock(), PARIS) == 0, "once"
    rows = await nadia.rows()
    assert matin_of(rows) == 150
    assert rows["t:catalog:2026"]["price/matin"]["version"] == 3
    assert await database.all("SELECT id, total_cents FROM invoice ORDER BY id") == issued


def matin_of(rows: dict[str, dict[str, Any]]) -> int:
    return next(row["units"]["pasteur-matin"]["cents"] for row in rows["f:fam_benali"].values() if "pasteur-matin" in row.get("units", {}))


async def test_a_version_to_come_can_be_taken_back_and_one_in_force_cannot(marc: Client, database: Database) -> None:
    await publish(marc, "2027-01-01")
    assert (await marc.delete("/api/agents/tariffs/accueil-matin/3")).status_code == 204
    row = await database.one("SELECT version, until, terms FROM tariff WHERE code = 'accueil-matin' ORDER BY version DESC LIMIT 1")
    assert row is not None
    assert (row["version"], row["until"]) == (2, None)
    assert json.loads(row["terms"])["grids"]
    assert (await marc.delete("/api/agents/tariffs/accueil-matin/2")).status_code == 409
    assert (await marc.delete("/api/agents/tariffs/nothing/1")).status_code == 404


async def test_tariffs_are_the_regies(as_sylvie: Client, as_nadia: Client) -> None:
    for other in (as_sylvie, as_nadia):
        assert (await other.get("/api/agents/tariffs")).status_code == 403
