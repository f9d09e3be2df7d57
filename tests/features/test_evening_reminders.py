"""The evening before a limit: who usually books a day and has not yet hears of it once, in the way that they chose."""

import json
from typing import Any

import pytest
from quart import Quart

from server.bookings.service import remind
from server.database import Database
from tests.cast import Phone
from tests.conftest import PARIS, Clock

EVENING = "2026-11-23T18:30"


@pytest.fixture(autouse=True)
async def nobody_else_works(app: Quart) -> None:
    await app.extensions["portail-worker"].stop()


async def _forgotten(database: Database, clock: Clock) -> str:
    """A usual day of Léa whose limit is tomorrow, without its booking: its date."""
    clock.set(EVENING)
    day = 86_400_000
    async with database.transaction() as tx:
        found = await tx.one(
            "SELECT b.id, b.date FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id"
            " JOIN activity a ON a.code = u.activity_id WHERE b.child_id = 'chd_lea' AND b.state = 'booked' AND a.bookable = ?"
            " AND o.add_until > ? AND o.add_until < ? ORDER BY b.date, b.id LIMIT 1",
            True, clock() + day // 4, clock() + day,
        )  # fmt: skip
        assert found, "the demo has a usual day whose limit is tomorrow"
        await tx.run("UPDATE booking SET state = 'cancelled', active = NULL WHERE id = ?", found["id"])
    return str(found["date"])


async def _agreed(phone: Phone, database: Database, **choices: Any) -> None:
    async with database.transaction() as tx:
        await tx.run(
            "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at)"
            " VALUES ('ps', ?, ?, 'https://x', '', '', 0)",
            phone.account, phone.device,
        )  # fmt: skip
    if choices:
        assert (await phone.client.put("/api/notifications", json=choices)).status_code == 204


async def _asked(database: Database) -> list[dict[str, Any]]:
    rows = await database.all("SELECT kind, payload, run_at FROM outbox WHERE key LIKE '%deadlines/%' ORDER BY id")
    return [{**json.loads(row["payload"]), "kind": row["kind"], "run_at": row["run_at"]} for row in rows]


async def test_a_usual_day_that_is_not_booked_is_told_once_in_the_evening(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    await _agreed(nadias_phone, database)
    day = await _forgotten(database, clock)
    clock.set("2026-11-23T17:30")
    assert await remind(database, clock(), PARIS) == 0, "not before the evening"
    for at in (EVENING, "2026-11-23T19:00"):
        clock.set(at)
        await remind(database, clock(), PARIS)
    (told,) = await _asked(database)
    assert (told["title"], told["topic"], told["page"]) == ("Un délai se termine bientôt", "deadlines", f"/planning?jour={day}")
    assert "Léa" not in told["title"] + told["body"] and 0 < told["ttl"] <= 86_400


async def test_nobody_is_told_of_what_is_booked(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    await _agreed(nadias_phone, database)
    clock.set(EVENING)
    await remind(database, clock(), PARIS)
    assert [one for one in await _asked(database) if one["kind"] == "push"] == []


async def test_a_quiet_night_holds_it_back_and_who_wants_a_mail_gets_one(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    choices = {"topics": {"deadlines": ["push", "mail"]}, "quiet": ["18:00", "07:00"]}
    await _agreed(nadias_phone, database, **choices)
    day = await _forgotten(database, clock)
    await remind(database, clock(), PARIS)
    (told,) = await _asked(database)
    clock.set("2026-11-24T07:00")
    assert (told["kind"], told["run_at"]) == ("push", clock()), "the limit is later than the end of the night"
    async with database.transaction() as tx:
        await tx.run("DELETE FROM outbox")
    await nadias_phone.client.put("/api/notifications", json={**choices, "quiet": ["18:00", "17:59"]})
    clock.set(EVENING)
    await remind(database, clock(), PARIS)
    (told,) = await _asked(database)
    assert told["kind"] == "mail" and "Léa" in told["paragraphs"][0], (day, "a push would come after the limit")
