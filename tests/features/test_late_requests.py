"""Past the deadline: refused, at a surcharge, on the waiting list, or on the service's word, as the unit's rule says."""

import json
from typing import Any

import pytest

from server.database import Database
from tests.cast import Phone
from tests.conftest import Clock
from tests.features.booking import FREE_EVENING, SOIR, book, item, send, states, taken

LATE = "2026-12-03T10:00"  # the day before, past two open days before noon
LEA = "chd_lea"


async def late_terms(database: Database, **terms: Any) -> None:
    """The evening's rule hears late requests until it begins."""
    async with database.transaction() as tx:
        found = await tx.one("SELECT terms FROM unit WHERE id = ?", SOIR)
        assert found is not None
        written = {**json.loads(found["terms"]), **{name: {**value, "until": {"until": "start"}} for name, value in terms.items()}}
        begins = Clock()
        begins.set("2026-12-04T16:30")
        await tx.run("UPDATE unit SET terms = ? WHERE id = ?", json.dumps(written), SOIR)
        await tx.run(
            "UPDATE opening SET late_add_until = ?, late_remove_until = ? WHERE id = ?",
            begins() if "late_add" in terms else None, begins() if "late_remove" in terms else None, FREE_EVENING,
        )


async def test_a_late_booking_at_a_surcharge(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    plain = (await book(nadias_phone, item(LEA, f"{SOIR}:2026-12-11")))["items"][0]["cents"]
    await late_terms(database, late_add={"then": "accept", "percent": 50, "cents": 100})
    clock.set(LATE)
    (told,) = (await book(nadias_phone, item(LEA, FREE_EVENING)))["items"]
    assert (told["outcome"], told["code"], told["cents"]) == ("accepted", "LATE", plain + (plain + 1) // 2 + 100)


async def test_a_surcharge_above_what_the_parent_agreed_to_is_asked_first(
    nadias_phone: Phone, database: Database, clock: Clock
) -> None:
    await late_terms(database, late_add={"then": "accept", "cents": 1000})
    clock.set(LATE)
    (told,) = (await book(nadias_phone, item(LEA, FREE_EVENING, max_price_cents=500)))["items"]
    assert (told["outcome"], told["code"], told["limit_cents"]) == ("needs_confirmation", "PRICE_CHANGED", 500)
    assert told["cents"] > 1000


@pytest.mark.parametrize(("then", "outcome", "state"), [("ask", "late_request", "requested"), ("waiting", "waitlisted", "waiting")])
async def test_a_late_request_takes_no_place_by_itself(
    nadias_phone: Phone, database: Database, clock: Clock, then: str, outcome: str, state: str
) -> None:
    await late_terms(database, late_add={"then": then})
    clock.set(LATE)
    before = await taken(database, FREE_EVENING)
    (told,) = (await book(nadias_phone, item(LEA, FREE_EVENING)))["items"]
    assert (told["outcome"], told["code"]) == (outcome, "LATE")
    assert (await states(database, FREE_EVENING))[LEA] == state
    assert await taken(database, FREE_EVENING) == before


async def test_giving_up_late_leaves_a_part_due(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    wish = item(LEA, FREE_EVENING)
    cents = (await book(nadias_phone, wish))["items"][0]["cents"]
    await late_terms(database, late_remove={"then": "accept", "percent": 100})
    clock.set(LATE)
    (told,) = (await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wish["rid"]}]}))["items"]
    assert (told["outcome"], told["code"], told["cents"]) == ("accepted", "LATE", cents)
    owed = await database.one("SELECT owed_cents FROM booking WHERE id = ?", wish["rid"])
    assert owed is not None
    assert owed["owed_cents"] == cents


async def test_before_the_opening_nobody_books_and_families_from_outside_wait_longer(
    nadias_phone: Phone, new_phone: Any, database: Database, clock: Clock
) -> None:
    opens = Clock()
    opens.set("2026-11-23T09:00")
    async with database.transaction() as tx:
        await tx.run("UPDATE opening SET opens_at = ?, opens_outside_at = ? WHERE id = ?", opens(), opens() + 3_600_000, FREE_EVENING)
    clock.set("2026-11-23T08:59")
    (told,) = (await book(nadias_phone, item(LEA, FREE_EVENING)))["items"]
    assert (told["outcome"], told["code"], told["opens"]) == ("refused", "NOT_OPEN_YET", "2026-11-23T09:00:00+01:00")
    async with database.transaction() as tx:
        await tx.run("UPDATE family SET resident = ? WHERE id = 'fam_benali'", False)
    clock.set("2026-11-23T09:30")
    (told,) = (await book(nadias_phone, item(LEA, FREE_EVENING)))["items"]
    assert (told["code"], told["opens"]) == ("NOT_OPEN_YET", "2026-11-23T10:00:00+01:00")
    clock.set("2026-11-23T10:00")
    assert (await book(nadias_phone, item(LEA, FREE_EVENING)))["outcome"] == "accepted"


async def test_a_wish_that_the_service_decides(
    nadias_phone: Phone, as_sylvie: Any, as_marc: Any, database: Database, clock: Clock
) -> None:
    async with database.transaction() as tx:
        found = await tx.one("SELECT terms FROM unit WHERE id = ?", SOIR)
        assert found is not None
        await tx.run("UPDATE unit SET terms = ? WHERE id = ?", json.dumps({**json.loads(found["terms"]), "decided": True}), SOIR)
    wish = item(LEA, FREE_EVENING)
    assert (await book(nadias_phone, wish))["outcome"] == "requested"
    before = await taken(database, FREE_EVENING)
    # Another service's agent does not know of it.
    answer = await as_marc.post(f"/api/agents/asks/{wish['rid']}", json={"accept": True})
    assert answer.status_code == 404
    asks = (await (await as_sylvie.get("/api/agents/asks?states=requested")).get_json())["asks"]
    assert [one["id"] for one in asks] == [wish["rid"]]
    assert (asks[0]["reason"], asks[0]["child"]["name"]) == ("WISH", "Léa Benali")
    answer = await as_sylvie.post(f"/api/agents/asks/{wish['rid']}", json={"accept": True})
    assert (answer.status_code, await answer.get_json()) == (200, {"state": "booked"})
    assert await taken(database, FREE_EVENING) == before + 1
    again = await as_sylvie.post(f"/api/agents/asks/{wish['rid']}", json={"accept": False, "reason": "trop tard"})
    assert (await again.get_json())["error"]["code"] == "already_decided"
    rows = await nadias_phone.rows()
    (family,) = [rows[scope] for scope in rows if scope.startswith("f:")]
    assert family[f"resa/{wish['rid']}"]["state"] == "booked"
