"""Anyone simulates, without an account; and the simulated price is the one of a booking."""

from typing import Any

import pytest

from server.tariffs.rules import evaluate
from tests.cast import Client
from tests.conftest import NewPhone


def wishes(**times: int) -> list[dict[str, Any]]:
    return [{"unit": code.replace("_", "-"), "times": count} for code, count in times.items()]


async def simulate(client: Client, **asked: Any) -> Any:
    response = await client.post("/api/public/simulation", json=asked)
    assert response.status_code == 200, await response.get_data()
    return await response.get_json()


async def test_a_stranger_simulates(client: Client) -> None:
    children = [{"rank": 1, "wishes": wishes(matin=2, vacances_journee=10)}, {"rank": 2, "wishes": wishes(vacances_journee=10)}]
    found = await simulate(client, resident=True, quotient=642, children=children)
    assert (found["contractual"], found["notice"]) == (False, "À titre indicatif, non contractuel.")
    matin, eldest, second = found["lines"]
    assert (matin["cents"], matin["why"]["bracket"], matin["why"]["quotient"]) == (100, "C", 642)
    assert (eldest["cents"], second["cents"]) == (786, 707)
    assert second["why"]["steps"] == [{"label": "Deuxième enfant", "percent": -10, "cents": 0}]
    assert matin["year_cents"] == matin["days"] * 100
    assert 60 < matin["days"] < 76, "two days a week in a school year of some 36 weeks"
    assert found["year_cents"] == sum(line["year_cents"] for line in found["lines"])


async def test_without_a_quotient_the_highest_and_from_elsewhere_the_outside_price(client: Client) -> None:
    for resident, quotient, cents in ((True, None, 190), (False, None, 430), (False, 100, 430)):
        found = await simulate(client, resident=resident, quotient=quotient, children=[{"rank": 1, "wishes": wishes(matin=1)}])
        assert found["lines"][0]["cents"] == cents


async def test_what_is_simulated_is_what_a_booking_costs(client: Client, new_phone: NewPhone) -> None:
    phone = await new_phone("nadia")
    rows = (await phone.rows())["f:fam_benali"]
    children = [key.partition("/")[2] for key in rows if key.startswith("child/")]
    checked = 0
    for key, row in rows.items():
        for unit, price in row["units"].items() if key.startswith("enrol/") else ():
            code = unit.partition("-")[2] if not unit.startswith("centre-") else unit.split("-", 2)[2]
            asked = [{"rank": children.index(row["child"]) + 1, "wishes": [{"unit": code, "times": 1}]}]
            found = await simulate(client, resident=True, quotient=642, children=asked)
            assert found["lines"][0]["cents"] == price["cents"], unit
            checked += 1
    assert checked > 8


async def test_the_catalogue_carries_the_facts_and_they_give_the_same_price(client: Client, new_phone: NewPhone) -> None:
    shown = {one["code"]: one for one in (await (await client.get("/api/public/prices")).get_json())["prices"]}
    rows = (await (await new_phone("nadia")).rows())["t:catalog:2026"]
    # A row of the catalogue names its tariff, the public list names the unit.
    assert {key.partition("/")[2] for key in rows if key.startswith("price/")} == set(shown)
    for code in shown:
        found = await simulate(client, resident=True, quotient=642.5, children=[{"rank": 1, "wishes": wishes(**{code: 1})}])
        assert evaluate(rows[f"price/{code}"], True, 642.5)[0] == found["lines"][0]["cents"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"resident": True, "children": []}, {"resident": True, "children": [{"rank": 0, "wishes": []}]},
     {"resident": True, "quotient": -1, "children": [{"rank": 1, "wishes": []}]},
     {"resident": True, "children": [{"rank": 1, "wishes": [{"unit": "nowhere", "times": 1}]}]}],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    response = await client.post("/api/public/simulation", json=wrong)
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (400, "malformed")
