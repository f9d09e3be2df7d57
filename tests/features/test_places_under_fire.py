"""Two hundred at the last place, an agent who goes over the count, and any mixture of acts: the books always add up."""

import asyncio
import random
from typing import Any

import pytest
from quart import Quart

from server.bookings.service import book, cancel, confirm, expire_holds, leave_waiting_list
from server.bookings.service.closing import resize
from server.bookings.service.desk import Desk, book_for
from server.database import Database, Transaction
from server.traces.service import Who
from tests.conftest import PARIS, Clock
from tests.features.booking import FREE_EVENING, SOIR, taken
from tests.features.test_the_last_places import POOL, ask, capacity, command, counted, crowd

MANY = 200
STEPS, SEEDS = 60, (1, 2)
SYLVIE = Who("acc_sylvie", "Sylvie Laurent", "enfance-education")
OTHER = f"pasteur-matin:{FREE_EVENING[-10:]}"


async def test_two_hundred_at_the_last_place(app: Quart, database: Database, clock: Clock) -> None:
    families = await crowd(database, MANY)
    before = await taken(database, POOL)
    await capacity(database, POOL, before + 1)
    now = clock()
    outcomes = await asyncio.gather(*(ask(database, account, child, FREE_EVENING, now) for account, child in families))
    assert (outcomes.count("accepted"), outcomes.count("refused")) == (1, MANY - 1)
    assert await taken(database, POOL) == before + 1 == await counted(database, POOL)


async def test_an_agent_goes_over_the_count_and_nobody_slips_in_behind(app: Quart, database: Database, clock: Clock) -> None:
    families = await crowd(database, 12)
    before = await taken(database, POOL)
    await capacity(database, POOL, before + 1)
    await ask(database, *families[0], FREE_EVENING, clock())
    desk = Desk(SYLVIE, SYLVIE.service, clock(), PARIS, "Fratrie déjà accueillie")
    asked = [ask(database, account, child, FREE_EVENING, clock(), "waitlist") for account, child in families[1:-1]]
    over, *outcomes = await asyncio.gather(book_for(database, desk, "fam_f11", "chd_f11", FREE_EVENING), *asked)
    assert over and set(outcomes) == {"waitlisted"}
    assert await taken(database, POOL) == before + 2 == await counted(database, POOL)
    rid = f"r_chd_f0_{FREE_EVENING[:12]}"
    await database.retrying(lambda tx: cancel(tx, command(families[0][0], "reservation.cancel@1", {"items": [{"rid": rid}]}, clock())))
    offered = await database.all("SELECT id FROM booking WHERE opening_id = ? AND state = 'to_confirm'", FREE_EVENING)
    assert (offered, await taken(database, POOL)) == ([], before + 1), "the place given beyond the count comes back first"


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_the_books_add_up(app: Quart, database: Database, clock: Clock, seed: int) -> None:
    """Random acts of parents, siblings, agents and the clock on one evening; looked at after each."""
    families = await crowd(database, 12)
    chance = random.Random(seed)
    base = await taken(database, POOL)
    places, now = base + 4, clock()
    await capacity(database, POOL, places)
    for number in range(STEPS):
        now += chance.choice((1, 1000, 3_600_000))
        held = await _held(database)
        act = chance.choice(("ask", "ask", "together", "cancel", "cancel", "confirm", "leave", "expire", "resize"))
        if act in ("ask", "together"):
            await _ask(database, chance, families, act == "together", now, number)
        elif act == "expire":
            await expire_holds(database, now, PARIS)
        elif act == "resize":
            places = base + chance.randrange(2, 7)
            await resize(database, Desk(SYLVIE, SYLVIE.service, now, PARIS, ""), POOL, places)
        elif held:
            row = chance.choice(held)
            args: dict[str, Any] = {"items": [{"rid": row["id"]}]}
            if act == "confirm":
                args["items"][0]["max_price_cents"] = 10_000
            do = {"cancel": cancel, "confirm": confirm, "leave": leave_waiting_list}[act]
            kind = {"cancel": "reservation.cancel@1", "confirm": "reservation.confirm@1", "leave": "waitlist.leave@1"}[act]

            told = command(row["account"], kind, args, now)

            async def run(tx: Transaction, do: Any = do, told: Any = told) -> None:
                await do(tx, told)

            await database.retrying(run)
        await _look(database, places, now)


async def _ask(database: Database, chance: random.Random, families: list[tuple[str, str]], together: bool, now: int, number: int) -> None:
    account, child = chance.choice(families)
    sessions = (FREE_EVENING, OTHER) if together else (FREE_EVENING,)
    items = [{"rid": f"r_{number:03}_{at}", "child": child, "session": session} for at, session in enumerate(sessions)]
    args = {"items": items, "mode": "each", "if_full": chance.choice(("waitlist", "ask")), "together": "yes" if together else "no"}
    await database.retrying(lambda tx: book(tx, command(account, "reservation.book@1", args, now)))


async def _held(database: Database) -> list[Any]:
    return list(await database.all(
        "SELECT id, account FROM booking WHERE opening_id = ? AND active IS NOT NULL AND account LIKE 'acc_f%' ORDER BY id", FREE_EVENING
    ))  # fmt: skip


async def _look(database: Database, places: int, now: int) -> None:
    """None lost, none invented, none beyond what there was when it was given; a place is free only when nobody waits for it."""
    used = await taken(database, POOL)
    assert used == await counted(database, POOL)
    waiting = await database.all(
        "SELECT b.id FROM booking b JOIN opening o ON o.id = b.opening_id WHERE b.opening_id = ? AND b.state = 'waiting'"
        " AND b.together IS NULL AND o.add_until >= ?",
        FREE_EVENING, now,
    )  # fmt: skip
    assert used >= places or not waiting, "somebody waits beside a free place"
    assert SOIR in POOL
