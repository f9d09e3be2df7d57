"""Closing days, and changing how many places there are: what is booked is cancelled and told, what is freed is offered."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from server.activities.service import opening_month, openings_scope, school_year
from server.bookings import models
from server.bookings.service.desk import Desk
from server.bookings.service.ending import end, offer_freed_places
from server.bookings.service.rows import publish
from server.database import Database, Transaction
from server.errors import Refusal
from server.families.service import lock_children
from server.feed.service import put_rows
from server.instants import day_of
from server.traces.service import note


async def close(database: Database, desk: Desk, openings: Sequence[str]) -> int:
    """Closes openings of the agent's service; returns how many bookings were cancelled, each family reading why.

    Raises:
        Refusal: ``not_found`` for an unknown opening, ``reason_needed``, ``day_is_past``.
    """
    if not desk.reason.strip():
        raise Refusal("reason_needed", why="les familles liront votre raison")
    done = 0
    for opening in sorted(openings):
        done += await database.retrying(partial(_close, desk=desk, opening=opening))
    return done


async def _close(tx: Transaction, desk: Desk, opening: str) -> int:
    await _check(tx, desk, opening)
    children = await models.children_of(tx, opening)
    await lock_children(tx, children)
    slot = (await models.slots(tx, [opening]))[opening]
    await tx.lock("place_pool", slot.pools)
    await tx.run("UPDATE opening SET closed = ?, closed_why = ? WHERE id = ?", True, desk.reason, opening)
    touched: set[str] = set()
    held = await models.active_in(tx, opening)
    # Who waits first: nobody is offered a place of a closed day.
    for booking in sorted(held, key=lambda one: one["state"] in models.HOLDING):
        await end(tx, booking, slot, "cancelled", None, touched, desk.now, reason="CLOSED", note=desk.reason)
        await note(tx, booking["family_id"], desk.who, "opening.closed", desk.now, opening)
    await publish(tx, touched, desk.zone, desk.now, decided=[booking["id"] for booking in held])
    await _publish_month(tx, opening, desk.now)
    return len(held)


async def reopen(database: Database, desk: Desk, opening: str) -> None:
    """Opens a day again. What was cancelled stays cancelled: families book anew.

    Raises:
        Refusal: ``not_found``, ``day_is_past``.
    """
    await database.retrying(partial(_reopen, desk=desk, opening=opening))


async def _reopen(tx: Transaction, desk: Desk, opening: str) -> None:
    await _check(tx, desk, opening)
    await tx.run("UPDATE opening SET closed = ?, closed_why = NULL WHERE id = ?", False, opening)
    await _publish_month(tx, opening, desk.now)


async def resize(database: Database, desk: Desk, pool: str, capacity: int | None) -> dict[str, Any]:
    """Changes the places of one capacity unit on one day (None: unlimited). Places that appear are offered to who waits.

    Fewer places than are taken takes nobody's place away; nothing more is given until there is room.

    Raises:
        Refusal: ``not_found``.
    """
    return await database.retrying(partial(_resize, desk=desk, pool=pool, capacity=capacity))


async def _resize(tx: Transaction, desk: Desk, pool: str, capacity: int | None) -> dict[str, Any]:
    day = pool.rpartition(":")[2]
    fed = [opening for opening in await models.openings_on(tx, day) if pool in opening.pools]
    if not fed or not await models.is_of_service(tx, fed[0].id, desk.service):
        raise Refusal("not_found")
    waiting = await models.waiting_on_day(tx, day)
    await lock_children(tx, {one["child_id"] for one in waiting})
    await tx.lock("place_pool", {name for opening in fed for name in opening.pools})
    await tx.run("UPDATE place_pool SET capacity = ? WHERE id = ?", capacity, pool)
    touched: set[str] = set()
    await offer_freed_places(tx, fed[0], touched, desk.now, pools={pool})
    await publish(tx, touched, desk.zone, desk.now)
    found = await tx.one("SELECT capacity, taken FROM place_pool WHERE id = ?", pool)
    assert found is not None
    return {"capacity": found["capacity"], "taken": found["taken"], "offered": len(touched)}


async def _check(tx: Transaction, desk: Desk, opening: str) -> None:
    if not await models.is_of_service(tx, opening, desk.service):
        raise Refusal("not_found")
    if opening.rpartition(":")[2] < day_of(desk.now, desk.zone):
        raise Refusal("day_is_past")


async def _publish_month(tx: Transaction, opening: str, now: int) -> None:
    """The month of the opening, published again."""
    unit, _, day = opening.rpartition(":")
    place = await tx.one("SELECT place_id FROM unit WHERE id = ?", unit)
    assert place is not None
    scope = openings_scope(school_year(date.fromisoformat(day)), place["place_id"])
    rows = await opening_month(tx, unit, day[:7])
    # A month whose last open day was closed has no row any more.
    await put_rows(tx, scope, rows or {f"open/{unit}/{day[:7]}": None}, now)
