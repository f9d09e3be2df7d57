"""What agents do with places: the counter, past a limit or over capacity with a reason, closed days, more places, ticks."""

from typing import Any

from server.database import Database
from tests.cast import Client, Phone
from tests.conftest import Clock
from tests.features.booking import FREE_EVENING, SOIR, book, item, places, send, states, taken

LEA, NOE = "chd_lea", "chd_noe"
BENALI = "fam_benali"


async def code_of(answer: Any) -> str:
    return str((await answer.get_json())["error"]["code"])


async def at_the_desk(agent: Client, **body: Any) -> Any:
    return await agent.post(f"/api/agents/families/{BENALI}/bookings", json={"child": LEA, "session": FREE_EVENING, **body})


async def the_row(phone: Phone, rid: str) -> dict[str, Any] | None:
    rows = await phone.rows()
    (family,) = [rows[scope] for scope in rows if scope.startswith("f:")]
    found: dict[str, Any] | None = family.get(f"resa/{rid}")
    return found


async def test_the_counter_books_and_the_phone_learns_of_it(as_sylvie: Client, nadias_phone: Phone, database: Database) -> None:
    answer = await at_the_desk(as_sylvie)
    assert answer.status_code == 201
    row = await the_row(nadias_phone, (await answer.get_json())["id"])
    assert row is not None
    assert (row["state"], row["mine"], "note" in row) == ("booked", True, False)
    assert await code_of(await at_the_desk(as_sylvie)) == "not_possible"
    trace = await database.one("SELECT name, what, detail FROM trace WHERE family = ? ORDER BY id DESC LIMIT 1", BENALI)
    assert trace is not None
    assert (trace["what"], trace["detail"]) == ("booking.made", FREE_EVENING)


async def test_past_the_limit_and_over_capacity_want_a_reason(
    as_sylvie: Client, nadias_phone: Phone, database: Database, clock: Clock
) -> None:
    pool = f"pasteur-soir:{FREE_EVENING[-10:]}"
    before = await taken(database, pool)
    await places(database, pool, before)
    clock.set("2026-12-03T10:00")
    refused = await at_the_desk(as_sylvie)
    assert await code_of(refused) == "reason_needed"
    assert await taken(database, pool) == before
    answer = await at_the_desk(as_sylvie, reason="Maman hospitalisée")
    assert answer.status_code == 201
    assert await taken(database, pool) == before + 1
    row = await the_row(nadias_phone, (await answer.get_json())["id"])
    assert row is not None
    assert row["note"] == "Maman hospitalisée"
    span = f"place=pasteur&first={FREE_EVENING[-10:]}&last={FREE_EVENING[-10:]}"
    shown = (await (await as_sylvie.get(f"/api/agents/openings?{span}")).get_json())["openings"]
    assert [one["left"] for opening in shown if opening["id"] == FREE_EVENING for one in opening["pools"]] == [0]


async def test_what_an_agent_cannot_grant(as_sylvie: Client, as_marc: Client) -> None:
    answer = await at_the_desk(as_sylvie, child=NOE, reason="malgré tout")
    assert await code_of(answer) == "not_possible"
    assert await code_of(await at_the_desk(as_sylvie, child="chd_fatou")) == "not_found"
    assert await code_of(await at_the_desk(as_marc)) == "not_found"


async def test_a_closed_day_cancels_and_says_why(as_sylvie: Client, nadias_phone: Phone, database: Database) -> None:
    wish = item(LEA, FREE_EVENING)
    await book(nadias_phone, wish)
    pool = f"pasteur-soir:{FREE_EVENING[-10:]}"
    assert await code_of(await as_sylvie.post("/api/agents/openings/close", json={"sessions": [FREE_EVENING]})) == "reason_needed"
    answer = await as_sylvie.post("/api/agents/openings/close", json={"sessions": [FREE_EVENING], "reason": "Grève"})
    assert (await answer.get_json())["cancelled"] >= 1
    assert await states(database, FREE_EVENING) == {}
    assert await taken(database, pool) == 0
    row = await the_row(nadias_phone, wish["rid"])
    assert row is not None
    assert (row["state"], row["note"]) == ("cancelled", "Grève")
    rows = await nadias_phone.rows()
    month = rows["t:openings:2026:pasteur"][f"open/{SOIR}/2026-12"]["days"]
    assert "04" not in month
    assert (await book(nadias_phone, item(LEA, FREE_EVENING)))["items"][0]["code"] == "SESSION_CLOSED"
    assert (await as_sylvie.post(f"/api/agents/openings/{FREE_EVENING}/reopen")).status_code == 200
    assert (await book(nadias_phone, item(LEA, FREE_EVENING)))["outcome"] == "accepted"


async def test_more_places_are_offered_to_who_waits_and_a_waiting_child_may_be_let_in(
    as_sylvie: Client, nadias_phone: Phone, database: Database
) -> None:
    pool = f"pasteur-soir:{FREE_EVENING[-10:]}"
    await places(database, pool, await taken(database, pool))
    wish = item(LEA, FREE_EVENING)
    assert (await book(nadias_phone, wish, if_full="waitlist"))["outcome"] == "waitlisted"
    refused = await as_sylvie.post(f"/api/agents/asks/{wish['rid']}", json={"accept": True})
    assert await code_of(refused) == "reason_needed"
    answer = await as_sylvie.put(f"/api/agents/pools/{pool}", json={"capacity": await taken(database, pool) + 1})
    assert (await answer.get_json())["offered"] == 1
    assert (await states(database, FREE_EVENING))[LEA] == "to_confirm"
    told = await send(nadias_phone, "reservation.confirm@1", {"items": [{"rid": wish["rid"], "max_price_cents": 10_000}]})
    assert told["outcome"] == "accepted"


async def a_list(agent: Client, day: str) -> dict[str, dict[str, Any]]:
    shown = await (await agent.get(f"/api/agents/attendance?place=pasteur&date={day}")).get_json()
    (unit,) = [one for one in shown["units"] if one["session"].startswith(SOIR)]
    return {child["child"]: child for child in unit["children"]}


async def test_two_agents_tick_at_once_and_nobody_is_overwritten(
    as_sylvie: Client, sign_in: Any, nadias_phone: Phone, clock: Clock
) -> None:
    await book(nadias_phone, item(LEA, FREE_EVENING))
    clock.set("2026-12-04T16:40")
    other = await sign_in("sylvie")
    mine, theirs = await a_list(as_sylvie, "2026-12-04"), await a_list(other, "2026-12-04")
    body = {"child": LEA, "session": FREE_EVENING}
    first = await as_sylvie.put("/api/agents/attendance", json={**body, "state": "present", "version": mine[LEA]["version"]})
    assert first.status_code == 200
    second = await other.put("/api/agents/attendance", json={**body, "state": "unexcused", "version": theirs[LEA]["version"]})
    assert second.status_code == 409
    facts = (await second.get_json())["error"]["facts"]
    assert (facts["state"], facts["version"]) == ("present", 1)
    again = await other.put("/api/agents/attendance", json={**body, "state": "excused", "version": facts["version"]})
    assert again.status_code == 200
    assert (await a_list(as_sylvie, "2026-12-04"))[LEA]["state"] == "excused"


async def test_there_without_a_booking_is_seen_by_the_parent_and_exported(
    as_sylvie: Client, nadias_phone: Phone, clock: Clock
) -> None:
    clock.set("2026-12-04T16:40")
    body = {"child": LEA, "session": FREE_EVENING, "state": "present", "version": 0}
    assert (await as_sylvie.put("/api/agents/attendance", json=body)).status_code == 200
    line = (await a_list(as_sylvie, "2026-12-04"))[LEA]
    assert (line["booked"], line["state"]) == (False, "present")
    rows = await nadias_phone.rows()
    (family,) = [rows[scope] for scope in rows if scope.startswith("f:")]
    assert family[f"att/{LEA}/{FREE_EVENING}"]["state"] == "present"
    table = await (await as_sylvie.get("/api/agents/attendance.csv?place=pasteur&date=2026-12-04")).get_data(as_text=True)
    assert "Benali Léa;CE1;non;présent" in table


async def test_an_absence_of_today_is_announced_and_the_booking_stays(
    as_sylvie: Client, nadias_phone: Phone, as_aminata: Client, new_phone: Any, clock: Clock
) -> None:
    wish = item(LEA, FREE_EVENING)
    await book(nadias_phone, wish)
    args = {"items": [{"rid": wish["rid"]}], "reason": "illness"}
    assert (await send(nadias_phone, "absence.declare@1", args))["outcome"] == "void"  # eleven days ahead: cancel instead
    clock.set("2026-12-04T08:00")
    assert (await send(await new_phone("aminata"), "absence.declare@1", args))["outcome"] == "void"
    told = await send(nadias_phone, "absence.declare@1", args)
    assert (told["outcome"], told["items"][0]["session"]) == ("accepted", FREE_EVENING)
    line = (await a_list(as_sylvie, "2026-12-04"))[LEA]
    assert (line["booked"], line["announced"], line["state"]) == (True, "illness", None)
