"""A full evening: waiting, the freed place, its time-limited offer. Nobody jumps the queue, and nobody is booked silently."""

import pytest

from server.bookings.service import expire_holds
from server.database import Database
from tests.cast import Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import book, item, places, send, states, taken

STUDIO = "emap-atelier:2027-01-13"


@pytest.fixture
async def one_place(database: Database) -> None:
    """The studio has exactly one place more than it has children that day."""
    await places(database, STUDIO, await taken(database, STUDIO) + 1)


async def _queue(new_phone: NewPhone) -> tuple[Phone, Phone, dict, dict, dict]:  # type: ignore[type-arg]
    """Ibrahim has the last place; then Léa waits, then Fatou."""
    aminata, nadia = await new_phone("aminata"), await new_phone("nadia")
    ibrahim, lea, fatou = item("chd_ibrahim", STUDIO), item("chd_lea", STUDIO), item("chd_fatou", STUDIO)
    assert (await book(aminata, ibrahim))["outcome"] == "accepted"
    assert (await book(nadia, lea, if_full="waitlist"))["items"][0]["rank"] == 1
    assert (await book(aminata, fatou, if_full="waitlist"))["items"][0]["rank"] == 2
    return aminata, nadia, ibrahim, lea, fatou


async def _wait_rows(phone: Phone, scope: str) -> dict[str, tuple[str, int | None]]:
    rows = (await phone.rows())[scope]
    return {row["child"]: (row["state"], row.get("rank")) for row in rows.values() if row.get("session") == STUDIO}


@pytest.mark.usefixtures("one_place")
async def test_full_and_asked_first_is_refused_with_an_offer_to_wait(new_phone: NewPhone) -> None:
    aminata, nadia = await new_phone("aminata"), await new_phone("nadia")
    await book(aminata, item("chd_ibrahim", STUDIO))
    full = (await book(nadia, item("chd_lea", STUDIO), if_full="ask"))["items"][0]
    assert (full["outcome"], full["code"], full["rank"]) == ("refused", "FULL", 1)
    joined = await send(nadia, full["next"]["kind"], full["next"]["args"])
    assert (joined["outcome"], joined["items"][0]["rank"]) == ("waitlisted", 1)


@pytest.mark.usefixtures("one_place")
async def test_a_freed_place_is_offered_to_the_first_who_waits(new_phone: NewPhone, database: Database) -> None:
    aminata, nadia, ibrahim, lea, _ = await _queue(new_phone)
    before = await taken(database, STUDIO)
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    assert await states(database, STUDIO) == {**await states(database, STUDIO), "chd_lea": "to_confirm", "chd_fatou": "waiting"}
    assert await taken(database, STUDIO) == before, "the place is kept for the one it is offered to"
    assert (await _wait_rows(aminata, "f:fam_diallo"))["chd_fatou"] == ("waiting", 1), "who waits behind moves up"
    confirmed = await send(nadia, "reservation.confirm@1", {"items": [{"rid": lea["rid"], "max_price_cents": 900}]})
    assert confirmed["outcome"] == "accepted"


@pytest.mark.usefixtures("one_place")
async def test_nobody_takes_a_place_that_is_being_offered(new_phone: NewPhone) -> None:
    aminata, _, ibrahim, _, _ = await _queue(new_phone)
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    again = await book(aminata, item("chd_ibrahim", STUDIO), if_full="waitlist")
    assert (again["outcome"], again["items"][0]["rank"]) == ("waitlisted", 2)


@pytest.mark.usefixtures("one_place")
async def test_a_declined_offer_goes_to_the_next(new_phone: NewPhone, database: Database) -> None:
    aminata, nadia, ibrahim, lea, _ = await _queue(new_phone)
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    assert (await send(nadia, "waitlist.leave@1", {"items": [{"rid": lea["rid"]}]}))["outcome"] == "accepted"
    assert (await states(database, STUDIO))["chd_fatou"] == "to_confirm"


@pytest.mark.usefixtures("one_place")
async def test_an_offer_that_nobody_answers_goes_to_the_next(
    new_phone: NewPhone, clock: Clock, database: Database
) -> None:
    aminata, nadia, ibrahim, lea, _ = await _queue(new_phone)
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    clock.set("2026-11-24T08:00:01")
    assert await expire_holds(database, clock(), PARIS) == 1
    assert await expire_holds(database, clock(), PARIS) == 0
    found = await states(database, STUDIO)
    assert (found["chd_lea"], found["chd_fatou"]) == ("expired", "to_confirm")
    too_late = await send(nadia, "reservation.confirm@1", {"items": [{"rid": lea["rid"], "max_price_cents": 900}]})
    assert too_late["outcome"] == "void"


@pytest.mark.usefixtures("one_place")
async def test_leaving_the_list_moves_the_others_up(new_phone: NewPhone) -> None:
    aminata, nadia, _, lea, _ = await _queue(new_phone)
    await send(nadia, "waitlist.leave@1", {"items": [{"rid": lea["rid"]}]})
    assert (await _wait_rows(aminata, "f:fam_diallo"))["chd_fatou"] == ("waiting", 1)


@pytest.mark.usefixtures("one_place")
async def test_a_booked_place_is_not_left_by_leaving_the_list(new_phone: NewPhone, database: Database) -> None:
    aminata, _, ibrahim, _, _ = await _queue(new_phone)
    receipt = await send(aminata, "waitlist.leave@1", {"items": [{"rid": ibrahim["rid"]}]})
    assert receipt["outcome"] == "void"
    assert (await states(database, STUDIO))["chd_ibrahim"] == "booked"


@pytest.mark.usefixtures("one_place")
async def test_no_offer_is_made_after_the_deadline(new_phone: NewPhone, clock: Clock, database: Database) -> None:
    aminata, _, ibrahim, _, _ = await _queue(new_phone)
    async with database.transaction() as tx:
        await tx.run("UPDATE opening SET add_until = ? WHERE id = ?", clock() - 1, STUDIO)
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": ibrahim["rid"]}]})
    assert (await states(database, STUDIO))["chd_lea"] == "waiting"
