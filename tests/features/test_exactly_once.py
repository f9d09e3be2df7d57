"""A command has one effect, however often it is sent, in whatever order, by however many tabs."""

import asyncio
from typing import Any

import pytest
from quart import Quart

from server.commands import Command
from server.database import Database, Transaction
from server.syncing.service import executing
from tests.cast import Phone
from tests.conftest import NewPhone
from tests.features.booking import FREE_EVENING, SOIR, book, item, send, taken


def _wish(session: str = FREE_EVENING) -> dict[str, Any]:
    return {"items": [item("chd_lea", session)], "mode": "each", "if_full": "ask"}


async def test_the_same_request_ten_times_is_one_booking(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    request = nadias_phone.request(nadias_phone.command("reservation.book@1", _wish()))
    answers = [await (await nadias_phone.post(request)).get_json() for _ in range(10)]
    assert all(answer["receipts"] == answers[0]["receipts"] for answer in answers)
    assert await taken(database, FREE_EVENING) == before + 1


async def test_two_tabs_sending_at_once_are_one_booking(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    request = nadias_phone.request(nadias_phone.command("reservation.book@1", _wish()))
    answers = await asyncio.gather(*(nadias_phone.post(request) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert await taken(database, FREE_EVENING) == before + 1


async def test_two_different_commands_under_one_number_are_a_conflict(nadias_phone: Phone) -> None:
    first = nadias_phone.command("reservation.book@1", _wish())
    await nadias_phone.exchange(first)
    other = {**first, "args": _wish(f"{SOIR}:2026-12-08")}
    answer = await nadias_phone.post(nadias_phone.request(other))
    assert answer.status_code == 409
    assert (await answer.get_json())["error"]["code"] == "identity_conflict"


async def test_a_copied_storage_is_told_apart(nadias_phone: Phone) -> None:
    request = nadias_phone.request() | {"clone_guard": "g_of_another_phone"}
    assert (await nadias_phone.post(request)).status_code == 409


async def test_a_number_that_comes_too_early_waits_for_the_missing_one(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    early = nadias_phone.command("reservation.book@1", _wish()) | {"n": 3}
    answer = await nadias_phone.exchange(early)
    assert answer["stopped"] == {"reason": "gap", "expected_n": 1}
    assert (answer["receipts"], answer["expected_n"]) == ([], 1)
    assert await taken(database, FREE_EVENING) == before


async def test_a_refused_command_keeps_its_number_and_the_next_one_passes(nadias_phone: Phone) -> None:
    answer = await nadias_phone.exchange(
        nadias_phone.command("reservation.book@1", {"items": "all of them"}),
        nadias_phone.command("teleport.child@1", {}),
        nadias_phone.command("reservation.book@1", _wish()),
    )
    assert [receipt.get("code") for receipt in answer["receipts"]] == ["MALFORMED", "UNKNOWN_KIND", None]
    assert answer["last_n"] == 3


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own bug: cancelling writes half of its effect and then fails."""

    async def broken(tx: Transaction, command: Command) -> None:
        await tx.run("UPDATE place_pool SET taken = taken + 7 WHERE id = ?", FREE_EVENING)
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setitem(executing.HANDLERS, "reservation.cancel@1", broken)


@pytest.mark.usefixtures("poison")
async def test_our_own_fault_blocks_nothing_and_is_kept_for_a_human(nadias_phone: Phone, database: Database) -> None:
    before = await taken(database, FREE_EVENING)
    answer = await nadias_phone.exchange(
        nadias_phone.command("reservation.cancel@1", {"items": [{"rid": "r_any"}]}),
        nadias_phone.command("reservation.book@1", _wish()),
    )
    assert [receipt["outcome"] for receipt in answer["receipts"]] == ["failed_internal", "accepted"]
    assert await taken(database, FREE_EVENING) == before + 1, "nothing of the failed command stayed"
    letters = await database.all("SELECT device, n, kind, error FROM sync_deadletter")
    assert [(one["n"], one["kind"]) for one in letters] == [(1, "reservation.cancel@1")]
    assert "ZeroDivisionError" in letters[0]["error"]


async def test_the_same_wish_from_a_new_installation_is_not_a_second_place(new_phone: NewPhone, database: Database) -> None:
    wanted = item("chd_lea", FREE_EVENING)
    await book(await new_phone("nadia"), wanted)
    before = await taken(database, FREE_EVENING)
    again = (await book(await new_phone("nadia"), wanted))["items"][0]
    assert (again["outcome"], again["code"], again["cents"]) == ("accepted", "ALREADY", 200)
    assert await taken(database, FREE_EVENING) == before


async def test_a_wish_that_was_cancelled_does_not_come_back_to_life(new_phone: NewPhone, database: Database) -> None:
    phone, wanted = await new_phone("nadia"), item("chd_lea", FREE_EVENING)
    await book(phone, wanted)
    await send(phone, "reservation.cancel@1", {"items": [{"rid": wanted["rid"]}]})
    before = await taken(database, FREE_EVENING)
    assert (await book(await new_phone("nadia"), wanted))["outcome"] == "void"
    assert await taken(database, FREE_EVENING) == before


async def test_twenty_families_for_five_places(database: Database, new_phone: NewPhone, app: Quart) -> None:
    """Asked at the same instant by twenty accounts: five are booked, fifteen are told, none is forgotten."""
    session = "pasteur-matin:2026-12-10"
    async with database.transaction() as tx:
        await tx.run("UPDATE place_pool SET capacity = taken + 5 WHERE id = ?", session)
        for i in range(20):
            await tx.run(
                "INSERT INTO child (id, first_name, last_name, born_on, grade, school)"
                " VALUES (?, 'A', 'B', '2019-01-01', 'CE1', 'pasteur')",
                f"chd_race{i}",
            )
            await tx.run("INSERT INTO family_child (id, family_id, child_id) VALUES (?, 'fam_benali', ?)", f"fc_race{i}", f"chd_race{i}")
            await tx.run(
                "INSERT INTO enrolment (id, child_id, activity_id, units, since, until)"
                " VALUES (?, ?, 'accueil-matin', '[\"pasteur-matin\"]', '2026-09-01', '2027-08-31')",
                f"enr_race{i}", f"chd_race{i}",
            )
    before = await taken(database, session)
    phones = [await new_phone("nadia") for _ in range(20)]
    wishes = [{"items": [item(f"chd_race{i}", session)], "mode": "each", "if_full": "ask"} for i in range(20)]
    answers = await asyncio.gather(
        *(phone.exchange(phone.command("reservation.book@1", wish)) for phone, wish in zip(phones, wishes, strict=True))
    )
    outcomes = sorted(answer["receipts"][0]["outcome"] for answer in answers)
    assert outcomes == ["accepted"] * 5 + ["refused"] * 15
    assert await taken(database, session) == before + 5
