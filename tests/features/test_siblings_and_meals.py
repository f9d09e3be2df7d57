"""Siblings who want to stay together, and places that go with another one: a lunch with a half-day."""

import json
from typing import Any

import pytest

from server.database import Database
from tests.cast import Phone
from tests.conftest import NewPhone
from tests.features.booking import book, item, places, send, states, taken

STUDIO = "emap-atelier:2027-01-13"
CENTRE = "centre-pasteur-mercredi"
DAY = "2027-01-06"


async def together(phone: Phone, *items: dict[str, Any]) -> dict[str, Any]:
    args = {"items": list(items), "mode": "each", "if_full": "waitlist", "together": "yes"}
    return await send(phone, "reservation.book@1", args)


async def test_siblings_get_places_together_or_wait_as_one_and_are_offered_together(new_phone: NewPhone, database: Database) -> None:
    aminata, nadia = await new_phone("aminata"), await new_phone("nadia")
    before = await taken(database, STUDIO)
    await places(database, STUDIO, before + 2)
    lea = item("chd_lea", STUDIO)
    await book(nadia, lea)
    # One place is left, two siblings ask for it together: neither takes it, and both wait.
    fatou, moussa, ibrahim = item("chd_fatou", STUDIO), item("chd_moussa", STUDIO), item("chd_ibrahim", STUDIO)
    told = await together(aminata, fatou, moussa)
    assert [(one["outcome"], one["rank"]) for one in told["items"]] == [("waitlisted", 1), ("waitlisted", 2)]
    assert await taken(database, STUDIO) == before + 1
    rows = (await aminata.rows())["f:fam_diallo"]
    assert all(rows[f"resa/{one['rid']}"]["together"] is True for one in (fatou, moussa))
    # One who asks alone may have the one place: the pair is skipped, never split.
    assert (await book(aminata, ibrahim))["outcome"] == "accepted"
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    found = await states(database, STUDIO)
    assert (found["chd_fatou"], found["chd_moussa"]) == ("waiting", "waiting")
    # A second place: now both fit, and both are offered at once.
    await send(nadia, "reservation.cancel@1", {"items": [{"rid": lea["rid"]}]})
    found = await states(database, STUDIO)
    assert (found["chd_fatou"], found["chd_moussa"]) == ("to_confirm", "to_confirm")
    assert await taken(database, STUDIO) == before + 2
    yes = [{"rid": one["rid"], "max_price_cents": 2000} for one in (fatou, moussa)]
    assert (await send(aminata, "reservation.confirm@1", {"items": yes}))["outcome"] == "accepted"


async def test_siblings_who_all_fit_are_simply_booked(new_phone: NewPhone, database: Database) -> None:
    aminata = await new_phone("aminata")
    told = await together(aminata, item("chd_fatou", STUDIO), item("chd_moussa", STUDIO), item("chd_ibrahim", "bashung-soir:2027-01-12"))
    assert {one["outcome"] for one in told["items"]} == {"accepted"}
    rows = await database.all("SELECT together FROM booking WHERE account = 'acc_aminata' AND date >= '2027-01-12' AND state = 'booked'")
    assert {row["together"] for row in rows} == {None}


@pytest.fixture
async def lunch_apart(database: Database) -> None:
    """The lunch of Wednesdays is a unit of its own here, which goes with a half-day or the afternoon."""
    async with database.transaction() as tx:
        needed = json.dumps([f"{CENTRE}-apres-midi"])
        await tx.run("UPDATE unit SET requires = ?, excludes = '[]' WHERE id = ?", needed, f"{CENTRE}-matin-repas")
        await tx.run("UPDATE unit SET excludes = '[]' WHERE id = ?", f"{CENTRE}-apres-midi")


@pytest.mark.usefixtures("lunch_apart")
async def test_a_lunch_goes_with_its_half_day(nadias_phone: Phone, database: Database) -> None:
    lunch, half = item("chd_noe", f"{CENTRE}-matin-repas:{DAY}"), item("chd_noe", f"{CENTRE}-apres-midi:{DAY}")
    alone = await book(nadias_phone, item("chd_noe", f"{CENTRE}-matin-repas:{DAY}"))
    assert (alone["outcome"], alone["code"]) == ("refused", "NEEDS_ANOTHER")
    told = await book(nadias_phone, lunch, half)
    assert [one["outcome"] for one in told["items"]] == ["accepted", "accepted"], "asked in whatever order"
    kept = await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": half["rid"]}]})
    assert (kept["outcome"], kept["code"]) == ("refused", "NEEDED")
    both = await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": half["rid"]}, {"rid": lunch["rid"]}]})
    assert both["outcome"] == "accepted"
    assert await states(database, f"{CENTRE}-matin-repas:{DAY}") == await states(database, f"{CENTRE}-apres-midi:{DAY}") == {}
