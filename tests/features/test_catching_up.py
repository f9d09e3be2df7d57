"""A phone catches up from wherever it stands: what changed and nothing more, whatever happened meanwhile."""

from typing import Any

from server.database import Database
from server.feed.service import KEPT_TOMBSTONES, begin_epoch, purge_tombstones, put_rows
from server.syncing.service import family_scope
from sync.checksum import digest_of, digest_text
from tests.cast import Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import FREE_EVENING, book, item, send

FAMILY = "f:fam_benali"


def _family(answer: dict[str, Any]) -> dict[str, Any]:
    return next(change for change in answer["changes"] if change["scope"] == FAMILY)


async def test_nothing_new_is_said_in_a_few_words(nadias_phone: Phone) -> None:
    await nadias_phone.exchange()
    response = await nadias_phone.post(nadias_phone.request())
    assert (await response.get_json())["changes"] == []
    assert len(await response.get_data()) < 600


async def test_small_pages_bring_the_same_rows_as_one_large_page(nadias_phone: Phone) -> None:
    whole = await nadias_phone.rows()
    for limit in (1, 7, 40):
        held: dict[str, dict[str, Any]] = {}
        nadias_phone.cursors, more, pages = {}, True, 0
        while more:
            response = await nadias_phone.post(nadias_phone.request() | {"limit": limit})
            answer = await response.get_json()
            assert sum(len(change["rows"]) for change in answer["changes"]) <= limit
            for change in answer["changes"]:
                held.setdefault(change["scope"], {}).update({row["k"]: row["b"] for row in change["rows"]})
                nadias_phone.cursors[change["scope"]] = change["to"]
            more = any(change["more"] for change in answer["changes"])
            pages += 1
            assert pages < 2000
        assert held == whole, limit


async def test_the_digest_is_that_of_the_live_rows(nadias_phone: Phone) -> None:
    await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]})
    nadias_phone.cursors = {}
    for change in (await nadias_phone.exchange())["changes"]:
        rows = [row for row in change["rows"] if "b" in row]
        assert change["count"] == len(rows)
        assert change["digest"] == digest_text(sum(digest_of(row["k"], row["s"]) for row in rows)), change["scope"]


async def test_the_feed_kept_up_with_the_tables(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    await book(nadias_phone, item("chd_lea", FREE_EVENING), item("chd_noe", "pasteur-soir:2027-01-05"))
    await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": "r_never"}]})
    held = {key: body for key, body in (await nadias_phone.rows())[FAMILY].items() if not key.startswith("receipt/")}
    async with database.snapshot() as snapshot:
        assert held == await family_scope(snapshot, "fam_benali", "2026-11-23", PARIS)


async def test_after_a_restored_backup_the_copy_is_made_anew(nadias_phone: Phone, database: Database) -> None:
    await nadias_phone.exchange()
    await begin_epoch(database, "b2")
    answer = await nadias_phone.exchange()
    assert answer["epoch"] == "b2"
    assert all(change["reset"] and change["from"] is None for change in answer["changes"])
    assert _family(answer)["to"].startswith("b2.")


async def test_a_cursor_from_the_future_is_answered_with_a_reset(nadias_phone: Phone) -> None:
    await nadias_phone.exchange()
    nadias_phone.cursors[FAMILY] = "a1.999999"
    assert _family(await nadias_phone.exchange())["reset"] is True


async def test_a_phone_asleep_for_a_year_never_keeps_what_was_deleted(
    nadias_phone: Phone, database: Database, clock: Clock
) -> None:
    await book(nadias_phone, wanted := item("chd_lea", FREE_EVENING))
    await nadias_phone.exchange()
    asleep = dict(nadias_phone.cursors)
    await send(nadias_phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]})
    assert await purge_tombstones(database, clock() + KEPT_TOMBSTONES + 1) == 1
    nadias_phone.cursors = asleep
    woken = _family(await nadias_phone.exchange())
    assert woken["reset"] is True
    assert f"resa/{wanted['rid']}" not in [row["k"] for row in woken["rows"]]


async def test_a_row_deleted_while_a_reset_is_paged_does_not_stay(new_phone: NewPhone, database: Database, clock: Clock) -> None:
    phone = await new_phone("nadia")
    first = await (await phone.post(phone.request() | {"limit": 20})).get_json()
    page = _family(first) if any(change["scope"] == FAMILY for change in first["changes"]) else None
    while page is None or not page["rows"]:
        phone.cursors |= {change["scope"]: change["to"] for change in first["changes"] if change["to"]}
        first = await (await phone.post(phone.request() | {"limit": 20})).get_json()
        page = next((change for change in first["changes"] if change["scope"] == FAMILY), None)
    gone = page["rows"][0]["k"]
    async with database.transaction() as tx:
        await put_rows(tx, FAMILY, {gone: None}, clock())
    phone.cursors |= {change["scope"]: change["to"] for change in first["changes"] if change["to"]}
    held = {row["k"] for row in page["rows"]}
    while page["more"]:
        answer = await phone.exchange()
        page = _family(answer)
        held |= {row["k"] for row in page["rows"] if "b" in row}
        held -= {row["k"] for row in page["rows"] if row.get("del")}
    assert gone not in held
    assert len(held) == page["count"]
