"""A parent asks for places; the town decides, and says why."""

from server.database import Database
from tests.cast import Phone
from tests.conftest import Clock, NewPhone
from tests.features.booking import FREE_EVENING, SOIR, book, item, places, send, states, taken


async def test_a_free_place_is_booked_and_the_receipt_says_so(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    receipt = await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    assert receipt["outcome"] == "accepted" and receipt["items"][0]["cents"] == 200
    assert receipt["number"].startswith("R-261123-")
    assert await taken(database, FREE_EVENING) == before + 1
    row = (await nadias_phone.rows())["f:fam_benali"][f"resa/{wanted['rid']}"]
    assert (row["state"], row["mine"], row["receipt"]["n"]) == ("booked", True, 1)


async def test_a_receipt_comes_after_what_it_did(nadias_phone: Phone) -> None:
    await nadias_phone.exchange()
    answer = await nadias_phone.exchange(
        nadias_phone.command(
            "reservation.book@1",
            {"items": [item("chd_lea", FREE_EVENING)], "mode": "each", "if_full": "ask"},
        )
    )
    family = next(change for change in answer["changes"] if change["scope"] == "f:fam_benali")
    assert [row["k"].split("/")[0] for row in family["rows"]] == ["resa", "receipt"]
    assert family["rows"][-1]["b"] == answer["receipts"][0]


async def test_several_children_and_days_get_an_answer_each(nadias_phone: Phone) -> None:
    receipt = await book(
        nadias_phone,
        item("chd_lea", FREE_EVENING),
        item("chd_noe", f"{SOIR}:2027-01-05"),
        item("chd_lea", f"{SOIR}:2026-12-06"),  # a Sunday: nothing opens
    )
    assert receipt["outcome"] == "mixed"
    assert [one["outcome"] for one in receipt["items"]] == ["accepted", "accepted", "refused"]
    assert receipt["items"][2]["code"] == "SESSION_UNKNOWN"


async def test_all_or_nothing_books_nothing_when_one_day_is_refused(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    receipt = await book(
        nadias_phone, item("chd_lea", FREE_EVENING), item("chd_lea", f"{SOIR}:2026-12-06"), mode="all"
    )
    assert [one["code"] for one in receipt["items"]] == ["ALL_OR_NOTHING", "SESSION_UNKNOWN"]
    assert await taken(database, FREE_EVENING) == before
    assert "chd_lea" not in await states(database, FREE_EVENING)


async def test_the_limit_itself_is_in_time_and_a_second_later_is_not(
    nadias_phone: Phone, clock: Clock, database: Database
) -> None:
    # Two open days before Friday 4 December, at noon: Wednesday 2 December, 12:00.
    clock.set("2026-12-02T12:00:01")
    late = (await book(nadias_phone, item("chd_lea", FREE_EVENING)))["items"][0]
    assert (late["outcome"], late["code"], late["deadline"]) == ("refused", "DEADLINE_PASSED", "2026-12-02T12:00:00+01:00")
    clock.set("2026-12-02T12:00:00")
    assert (await book(nadias_phone, item("chd_lea", FREE_EVENING)))["outcome"] == "accepted"


async def test_what_the_phone_says_of_the_time_decides_nothing(nadias_phone: Phone, clock: Clock) -> None:
    clock.set("2026-12-03T08:00")
    args = {"items": [item("chd_lea", FREE_EVENING)], "mode": "each", "if_full": "ask"}
    claimed = nadias_phone.command("reservation.book@1", args, at="2026-12-01T09:00:00+01:00")
    receipt = (await nadias_phone.exchange(claimed))["receipts"][0]
    assert receipt["code"] == "DEADLINE_PASSED"
    assert (receipt["made_at"], receipt["received_at"]) == ("2026-12-01T09:00:00+01:00", "2026-12-03T08:00:00+01:00")


async def test_a_parent_cannot_cancel_after_the_deadline(nadias_phone: Phone, clock: Clock, database: Database) -> None:
    await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    clock.set("2026-12-02T12:00:01")
    late = (await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]}))["items"][0]
    assert (late["outcome"], late["code"]) == ("refused", "DEADLINE_PASSED")
    assert (await states(database, FREE_EVENING))["chd_lea"] == "booked"


async def test_cancelling_gives_the_place_back_and_removes_the_row(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    receipt = await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]})
    assert receipt["outcome"] == "accepted"
    assert await taken(database, FREE_EVENING) == before
    assert f"resa/{wanted['rid']}" not in (await nadias_phone.rows())["f:fam_benali"]


async def test_cancelling_what_is_not_there_is_void(nadias_phone: Phone) -> None:
    receipt = await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": "r_never"}]})
    assert (receipt["outcome"], receipt["code"]) == ("void", "NOTHING_TO_CANCEL")


async def test_a_queued_booking_can_be_cancelled_in_the_same_sending(nadias_phone: Phone, database: Database) -> None:
    wanted = item("chd_lea", FREE_EVENING)
    args = {"items": [wanted], "mode": "each", "if_full": "ask"}
    answer = await nadias_phone.exchange(
        nadias_phone.command("reservation.book@1", args),
        nadias_phone.command("reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]}),
    )
    assert [receipt["outcome"] for receipt in answer["receipts"]] == ["accepted", "accepted"]
    assert "chd_lea" not in await states(database, FREE_EVENING)


async def test_the_same_evening_is_not_booked_twice(nadias_phone: Phone, database: Database) -> None:
    await book(nadias_phone, item("chd_lea", FREE_EVENING))
    before = await taken(database, FREE_EVENING)
    receipt = await book(nadias_phone, item("chd_lea", FREE_EVENING))
    assert receipt["code"] == "ALREADY_BOOKED"
    assert await taken(database, FREE_EVENING) == before


async def test_a_whole_wednesday_excludes_its_halves(nadias_phone: Phone) -> None:
    day = "2027-01-06"
    await book(nadias_phone, item("chd_noe", f"centre-pasteur-mercredi-matin-repas:{day}"))
    receipt = await book(nadias_phone, item("chd_noe", f"centre-pasteur-mercredi-journee:{day}"))
    assert receipt["code"] == "INCOMPATIBLE"


async def test_two_items_of_one_command_exclude_each_other_too(nadias_phone: Phone) -> None:
    receipt = await book(
        nadias_phone, item("chd_lea", FREE_EVENING), item("chd_lea", "pasteur-etude:2026-12-04")
    )
    assert [one["outcome"] for one in receipt["items"]] == ["accepted", "refused"]


async def test_formulas_share_their_places(nadias_phone: Phone, database: Database) -> None:
    day = "2027-01-06"
    await places(database, f"centre-pasteur-mercredi-repas:{day}", 0)
    receipt = await book(nadias_phone, item("chd_noe", f"centre-pasteur-mercredi-journee:{day}"))
    assert receipt["code"] == "FULL"
    assert await taken(database, f"centre-pasteur-mercredi-matin:{day}") == 0, "a refused day keeps none of its halves"
    assert (await book(nadias_phone, item("chd_noe", f"centre-pasteur-mercredi-apres-midi:{day}")))["outcome"] == "accepted"


async def test_school_meals_are_shown_and_never_booked_here(nadias_phone: Phone) -> None:
    assert (await book(nadias_phone, item("chd_lea", "pasteur-repas:2026-12-04")))["code"] == "NOT_BOOKABLE"


async def test_a_child_books_only_where_it_is_enrolled(nadias_phone: Phone) -> None:
    assert (await book(nadias_phone, item("chd_noe", "pasteur-etude:2026-12-04")))["code"] == "NOT_ENROLLED"


async def test_a_closed_day_is_refused(nadias_phone: Phone, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE opening SET closed = ? WHERE id = ?", True, FREE_EVENING)
    assert (await book(nadias_phone, item("chd_lea", FREE_EVENING)))["code"] == "SESSION_CLOSED"


async def test_somebody_elses_child_is_unknown(new_phone: NewPhone, database: Database) -> None:
    aminata = await new_phone("aminata")
    receipt = await book(aminata, item("chd_lea", FREE_EVENING))
    assert receipt["code"] == "CHILD_UNKNOWN"
    assert "chd_lea" not in await states(database, FREE_EVENING)


async def test_a_price_above_what_was_agreed_is_asked_about_while_the_place_is_kept(
    nadias_phone: Phone, database: Database
) -> None:
    before = await taken(database, FREE_EVENING)
    wanted = item("chd_lea", FREE_EVENING, max_price_cents=150)
    asked = (await book(nadias_phone, wanted))["items"][0]
    assert (asked["outcome"], asked["code"]) == ("needs_confirmation", "PRICE_CHANGED")
    assert (asked["cents"], asked["limit_cents"], asked["until"]) == (200, 150, "2026-11-25T08:00:00+01:00")
    assert await taken(database, FREE_EVENING) == before + 1
    too_little = await send(
        nadias_phone, "reservation.confirm@1", {"items": [{"rid": wanted["rid"], "max_price_cents": 199}]}
    )
    assert too_little["outcome"] == "needs_confirmation"
    confirmed = await send(nadias_phone, asked["next"]["kind"], asked["next"]["args"])
    assert confirmed["outcome"] == "accepted"
    assert (await states(database, FREE_EVENING))["chd_lea"] == "booked"


async def test_a_lower_price_needs_no_question(nadias_phone: Phone) -> None:
    receipt = await book(nadias_phone, item("chd_lea", FREE_EVENING, max_price_cents=500))
    assert (receipt["outcome"], receipt["items"][0]["cents"]) == ("accepted", 200)


async def test_a_held_place_that_nobody_confirms_comes_back(nadias_phone: Phone, clock: Clock, database: Database) -> None:
    wanted = item("chd_lea", FREE_EVENING, max_price_cents=150)
    await book(nadias_phone, wanted)
    before = await taken(database, FREE_EVENING)
    clock.set("2026-11-25T08:00:01")
    late = await send(nadias_phone, "reservation.confirm@1", {"items": [{"rid": wanted["rid"], "max_price_cents": 900}]})
    assert late["code"] == "OFFER_EXPIRED"
    assert await taken(database, FREE_EVENING) == before - 1
