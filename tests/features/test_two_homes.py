"""Noé has two homes: both parents see his planning, neither sees the other's money, and strangers see nothing."""

from server.database import Database
from tests.cast import Phone
from tests.conftest import NewPhone
from tests.features.booking import SOIR, book, item, send

EVENING = f"{SOIR}:2027-01-05"  # one of Nadia’s days: Noé’s weeks alternate


async def _rows(phone: Phone, scope: str) -> dict[str, dict]:  # type: ignore[type-arg]
    return {row["session"]: row for row in (await phone.rows())[scope].values() if row.get("session") == EVENING}


async def test_the_other_parents_phone_shows_the_outcome(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await paul.exchange()
    await book(nadia, item("chd_noe", EVENING))
    answer = await paul.exchange()
    told = [row for change in answer["changes"] for row in change["rows"] if change["scope"] == "f:fam_martin"]
    assert [row["b"]["session"] for row in told] == [EVENING]


async def test_the_other_parent_reads_no_price_and_no_receipt(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await book(nadia, item("chd_noe", EVENING, max_price_cents=900))
    seen = (await _rows(paul, "f:fam_martin"))[EVENING]
    assert seen["mine"] is False
    assert not {"cents", "max_cents", "receipt", "asked_at"} & seen.keys()


async def test_the_other_parent_cannot_cancel_it(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await book(nadia, wanted := item("chd_noe", EVENING))
    assert (await send(paul, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]}))["outcome"] == "void"
    assert (await _rows(nadia, "f:fam_benali"))[EVENING]["state"] == "booked"


async def test_the_other_parent_cannot_book_it_again(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    await book(nadia, item("chd_noe", EVENING))
    assert (await book(paul, item("chd_noe", EVENING)))["code"] == "ALREADY_BOOKED"


async def test_each_parent_pays_their_own_price(new_phone: NewPhone) -> None:
    nadia, paul = await new_phone("nadia"), await new_phone("paul")
    hers = (await book(nadia, item("chd_noe", EVENING)))["items"][0]["cents"]
    his = (await book(paul, item("chd_noe", f"{SOIR}:2027-01-12")))["items"][0]["cents"]
    assert hers != his


async def test_lea_is_not_pauls_child(new_phone: NewPhone) -> None:
    paul = await new_phone("paul")
    held = await paul.rows()
    assert "chd_lea" not in str(held) and "Léa" not in str(held)
    assert (await book(paul, item("chd_lea", EVENING)))["code"] == "CHILD_UNKNOWN"


async def test_a_stranger_holds_nothing_of_it(new_phone: NewPhone) -> None:
    nadia, aminata = await new_phone("nadia"), await new_phone("aminata")
    await aminata.exchange()
    await book(nadia, item("chd_noe", EVENING))
    assert (await aminata.exchange())["changes"] == []
    assert "fam_benali" not in str(await aminata.rows())


async def test_a_right_that_is_taken_away_takes_the_copy_away(new_phone: NewPhone, database: Database) -> None:
    paul = await new_phone("paul")
    await paul.exchange()
    async with database.transaction() as tx:
        await tx.run("DELETE FROM sync_grant WHERE account = 'acc_paul' AND scope = 'f:fam_martin'")
        await tx.run("DELETE FROM guardianship WHERE account_id = 'acc_paul'")
    answer = await paul.exchange()
    assert answer["scopes"]["removed"] == ["f:fam_martin"]
    assert (await book(paul, item("chd_noe", EVENING)))["code"] == "CHILD_UNKNOWN"
