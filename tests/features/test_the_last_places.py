"""Places under fire: many phones at the last places, a cancelling against a queue, two units on one pool. Never one too many."""

import asyncio
import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

from quart import Quart

from server.bookings.service import book, cancel
from server.commands import Command
from server.database import Database, Transaction
from server.instants import day_of
from tests.conftest import PARIS, Clock
from tests.features.booking import FREE_EVENING, SOIR, taken

POOL = f"{SOIR}:{FREE_EVENING[-10:]}"
FAMILIES = 30
_numbers = itertools.count(1)


async def crowd(database: Database, families: int = FAMILIES) -> list[tuple[str, str]]:
    """Families with one child each, enrolled like Léa: (account, child)."""
    rows = []
    async with database.transaction() as tx:
        found = await tx.one(
            "SELECT units, activity_id FROM enrolment WHERE child_id = 'chd_lea' AND CAST(units AS TEXT) LIKE ?", f"%{SOIR}%"
        )
        assert found is not None
        for n in range(families):
            account, family, child = f"acc_f{n}", f"fam_f{n}", f"chd_f{n}"
            await tx.run(
                "INSERT INTO account (id, username, password_hash, role, name, created_at) VALUES (?, ?, '-', 'parent', ?, 0)",
                account, account, account,
            )
            await tx.run(
                "INSERT INTO family (id, file_number, file_label, resident) VALUES (?, ?, ?, ?)", family, f"9{n:05}", f"F{n}", True
            )
            await tx.run(
                "INSERT INTO child (id, first_name, last_name, born_on, grade, school) VALUES (?, 'E', ?, '2019-01-01', 'CE1', 'pasteur')",
                child, f"F{n}",
            )
            await tx.run("INSERT INTO family_child (id, family_id, child_id) VALUES (?, ?, ?)", f"fc{n}", family, child)
            await tx.run(
                "INSERT INTO guardianship (id, account_id, family_id, since) VALUES (?, ?, ?, '2026-09-01')", f"g{n}", account, family
            )
            await tx.run(
                "INSERT INTO enrolment (id, child_id, activity_id, units, since, until) VALUES (?, ?, ?, ?, '2026-09-01', '2027-08-31')",
                f"e{n}", child, found["activity_id"], found["units"],
            )
            rows.append((account, child))
    return rows


def command(account: str, kind: str, args: dict[str, Any], now: int) -> Command:
    return Command(account, f"d_{account}", next(_numbers), kind, args, now, PARIS)


async def ask(database: Database, account: str, child: str, session: str, now: int, if_full: str = "ask") -> str:
    args = {"items": [{"rid": f"r_{child}_{session[:12]}", "child": child, "session": session}], "mode": "each", "if_full": if_full}

    async def run(tx: Transaction) -> str:
        answer = await book(tx, command(account, "reservation.book@1", args, now))
        return str(answer.items[0]["outcome"])

    return await database.retrying(run)


async def capacity(database: Database, pool: str, places: int) -> None:
    async with database.transaction() as tx:
        await tx.run("UPDATE place_pool SET capacity = ? WHERE id = ?", places, pool)


async def counted(database: Database, pool: str) -> int:
    """How many bookings hold a place of the pool, counted from the bookings themselves."""
    day = pool.rpartition(":")[2]
    rows = await database.all(
        "SELECT o.pools FROM booking b JOIN opening o ON o.id = b.opening_id WHERE b.date = ? AND b.state IN ('booked', 'to_confirm')", day
    )
    return sum(pool in json.loads(row["pools"]) for row in rows)


async def test_the_last_places_go_to_as_many_as_there_are(app: Quart, database: Database, clock: Clock) -> None:
    families = await crowd(database)
    before = await taken(database, POOL)
    await capacity(database, POOL, before + 7)
    now = clock()
    outcomes = await asyncio.gather(*(ask(database, account, child, FREE_EVENING, now) for account, child in families))
    assert (outcomes.count("accepted"), outcomes.count("refused")) == (7, FAMILIES - 7)
    assert await taken(database, POOL) == before + 7 == await counted(database, POOL)


async def test_a_cancelling_races_the_queue_and_no_place_is_lost_or_jumped(app: Quart, database: Database, clock: Clock) -> None:
    families = await crowd(database)
    before = await taken(database, POOL)
    await capacity(database, POOL, before + 5)
    now = clock()
    for account, child in families[:15]:
        await ask(database, account, child, FREE_EVENING, now, "waitlist")
        now += 1
    holders = await database.all(
        "SELECT id, account FROM booking WHERE opening_id = ? AND id LIKE 'r_chd_f%' AND state = 'booked'", FREE_EVENING
    )

    async def give_up(rid: str, account: str) -> str:
        async def run(tx: Transaction) -> str:
            args = {"items": [{"rid": rid}]}
            return str((await cancel(tx, command(account, "reservation.cancel@1", args, now))).items[0]["outcome"])

        return await database.retrying(run)

    acts = [give_up(row["id"], row["account"]) for row in holders]
    acts += [ask(database, account, child, FREE_EVENING, now, "waitlist") for account, child in families[15:]]
    random.Random(1).shuffle(acts)
    await asyncio.gather(*acts)
    held: Sequence[Any] = await database.all(
        "SELECT child_id, state FROM booking WHERE opening_id = ? AND id LIKE 'r_chd_f%' AND state <> 'cancelled'"
        " ORDER BY requested_at, id",
        FREE_EVENING,
    )
    assert await taken(database, POOL) == before + 5 == await counted(database, POOL)
    # The five freed places are kept for the first five who waited, whoever asked in the meantime.
    assert [row["child_id"] for row in held if row["state"] == "to_confirm"] == [f"chd_f{n}" for n in range(5, 10)]
    assert {row["state"] for row in held if row["child_id"] not in {f"chd_f{n}" for n in range(5, 10)}} == {"waiting"}


async def test_two_units_on_one_pool_never_exceed_it_together(app: Quart, database: Database, clock: Clock) -> None:
    families = await crowd(database)
    other = f"pasteur-etude:{FREE_EVENING[-10:]}"
    async with database.transaction() as tx:
        # The study takes its children out of the same places as the evening care.
        await tx.run("UPDATE opening SET pools = ? WHERE id = ?", json.dumps([POOL]), other)
        await tx.run("UPDATE enrolment SET units = ? WHERE id LIKE 'e%' AND child_id LIKE 'chd_f%'", json.dumps([SOIR, "pasteur-etude"]))
    before = await counted(database, POOL)
    async with database.transaction() as tx:
        await tx.run("UPDATE place_pool SET taken = ?, capacity = ? WHERE id = ?", before, before + 9, POOL)
    now = clock()
    asks = [ask(database, account, child, (FREE_EVENING, other)[n % 2], now) for n, (account, child) in enumerate(families)]
    outcomes = await asyncio.gather(*asks)
    assert outcomes.count("accepted") == 9
    assert await taken(database, POOL) == before + 9 == await counted(database, POOL)
    assert day_of(now, PARIS) == "2026-11-23"
