"""Giving places up, confirming them, and handing freed ones to who waits."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings import models, rules
from server.bookings.rules import Slot
from server.bookings.service.rows import answer, publish
from server.commands import Answer, Command, Item
from server.database import Database, Row, Transaction
from server.families.service import families_of, lock_children


async def cancel(tx: Transaction, command: Command) -> Answer:
    """``reservation.cancel``: gives up a booking, a held place or a place in the waiting list."""
    return await _give_up(tx, command, models.ACTIVE)


async def leave_waiting_list(tx: Transaction, command: Command) -> Answer:
    """``waitlist.leave``: no longer waits, or declines the place that was freed."""
    return await _give_up(tx, command, ("waiting", "to_confirm"))


async def _give_up(tx: Transaction, command: Command, states: Sequence[str]) -> Answer:
    mine, slots, family = await _own(tx, command)
    touched: set[str] = set()
    outcomes: list[Item] = []
    for item in command.args["items"]:
        booking = mine.get(item["rid"])
        if booking is None or booking["state"] not in states:
            outcomes.append({"rid": item["rid"], "outcome": "void", "code": "NOTHING_TO_CANCEL"})
            continue
        told = {"rid": item["rid"], "child": booking["child_id"], "session": booking["opening_id"]}
        slot = slots[booking["opening_id"]]
        stage = slot.stage("remove", command.received_at) if booking["state"] == "booked" else "open"
        if stage == "closed":
            limit = command.iso(slot.late_remove.until if slot.late_remove else slot.remove_until)
            outcomes.append({**told, "outcome": "refused", "code": "DEADLINE_PASSED", "deadline": limit})
            continue
        if booking["state"] == "booked" and await _needed(tx, booking, slot, command):
            outcomes.append({**told, "outcome": "refused", "code": "NEEDED"})
            continue
        owed = slot.late_remove.surcharge(booking["cents"]) if stage == "late" and slot.late_remove else None
        await end(tx, booking, slot, "cancelled", command, touched, owed_cents=owed)
        # Read again: the place that this freed may have been offered to another booking of the same command.
        mine = await models.by_ids(tx, mine)
        outcomes.append({**told, "outcome": "accepted", **({} if owed is None else {"code": "LATE", "cents": owed})})
    return await answer(tx, command, family, outcomes, touched)


async def _needed(tx: Transaction, booking: Row, slot: Slot, command: Command) -> bool:
    """Whether something else of that day would be left without what it needs, and is not given up in the same breath."""
    leaving = {item["rid"] for item in command.args["items"]} - {booking["id"]}
    held = await models.needs_of_day(tx, booking["child_id"], booking["date"], leaving)
    return bool(rules.left_alone(slot.unit, held))


async def confirm(tx: Transaction, command: Command) -> Answer:
    """``reservation.confirm``: accepts a changed price, or the place that was freed for one who waited."""
    mine, slots, family = await _own(tx, command)
    touched: set[str] = set()
    outcomes: list[Item] = []
    for item in command.args["items"]:
        booking = mine.get(item["rid"])
        if booking is None or booking["state"] != "to_confirm":
            outcomes.append({"rid": item["rid"], "outcome": "void", "code": "NOTHING_TO_CONFIRM"})
            continue
        told = {"rid": item["rid"], "child": booking["child_id"], "session": booking["opening_id"], "cents": booking["cents"]}
        if command.received_at > booking["hold_until"]:
            await end(tx, booking, slots[booking["opening_id"]], "expired", command, touched)
            until = command.iso(booking["hold_until"])
            outcomes.append({**told, "outcome": "refused", "code": "OFFER_EXPIRED", "until": until})
        elif booking["cents"] > item["max_price_cents"]:
            again = {"kind": command.kind, "args": {"items": [{"rid": item["rid"], "max_price_cents": booking["cents"]}]}}
            outcomes.append({
                **told, "outcome": "needs_confirmation", "code": "PRICE_CHANGED", "limit_cents": item["max_price_cents"],
                "until": command.iso(booking["hold_until"]), "next": again,
            })  # fmt: skip
        else:
            await models.decide(
                tx, item["rid"], state="booked", reason=None, hold_until=None, max_cents=item["max_price_cents"],
                decided_at=command.received_at, account=command.account, device=command.device, n=command.n,
            )  # fmt: skip
            touched.add(item["rid"])
            outcomes.append({**told, "outcome": "accepted"})
        mine = await models.by_ids(tx, mine)
    return await answer(tx, command, family, outcomes, touched)


async def _own(tx: Transaction, command: Command) -> tuple[dict[str, Row], dict[str, Slot], str]:
    """The bookings that the command names and that its sender's families pay for, their slots, and who reads the answer.

    Read again once everything is locked: until then a freed place may have been offered to one of them.
    """
    families = await families_of(tx, command.account, command.today)
    rids = [item["rid"] for item in command.args["items"]]
    mine = {rid: found for rid, found in (await models.by_ids(tx, rids)).items() if found["family_id"] in families}
    await lock_children(tx, (booking["child_id"] for booking in mine.values()))
    slots = await lock_places(tx, mine.values())
    mine = await models.by_ids(tx, mine)
    payer = next((booking["family_id"] for booking in mine.values()), families[0] if families else "")
    return mine, slots, payer


async def lock_places(tx: Transaction, bookings: Iterable[Row]) -> dict[str, Slot]:
    openings = [booking["opening_id"] for booking in bookings]
    slots = await models.slots(tx, openings) if openings else {}
    await tx.lock("place_pool", (pool for slot in slots.values() for pool in slot.pools))
    return slots


async def end(
    tx: Transaction,
    booking: Row,
    slot: Slot,
    state: str,
    command: Command | None,
    touched: set[str],
    now: int = 0,
    **more: Any,
) -> None:
    """Ends a booking; the place it held goes to who waits first, and everybody behind moves up.

    The place pools of the slot are locked by who calls. `more`: other columns to write, as ``owed_cents`` or ``note``.
    """
    who: dict[str, Any] = {}
    if command is not None:
        now = command.received_at
        who = {"account": command.account, "device": command.device, "n": command.n}
    await models.decide(tx, booking["id"], state=state, decided_at=now, hold_until=None, **who, **more)
    touched.add(booking["id"])
    if booking["state"] == "requested":
        return
    if booking["state"] == "waiting":
        touched.update(await models.waiting_after(tx, slot.id, booking["requested_at"], booking["id"]))
        return
    await models.release(tx, slot.pools)
    await offer_freed_places(tx, slot, touched, now)


async def offer_freed_places(
    tx: Transaction, freed: Slot, touched: set[str], now: int, pools: Collection[str] | None = None
) -> None:
    """Keeps each freed place for the first who waits and can still book it: nobody jumps the queue, no place is lost.

    `pools`: where places came free; as a rule, all that the slot counts in.
    """
    pools = set(freed.pools if pools is None else pools)
    offered: set[str] = set()
    for waiting in await models.waiting_on_day(tx, freed.date):
        if waiting["id"] in offered or now > waiting["add_until"]:
            continue
        # Siblings who wait as one: a place for each of them, or the next in line.
        group = await models.waiting_together(tx, waiting["together"]) if waiting["together"] else [waiting]
        needed = [tuple(json.loads(one["pools"])) for one in group]
        if not any(pools.intersection(one) for one in needed) or not await _take_all(tx, needed):
            continue
        until = rules.held_until("PLACE_FREED", waiting["add_until"], now)
        for one in group:
            await models.decide(tx, one["id"], state="to_confirm", reason="PLACE_FREED", hold_until=until, decided_at=now)
            offered.add(one["id"])
            touched.update(await models.waiting_after(tx, one["opening_id"], one["requested_at"], one["id"]))
    touched.update(offered)


async def _take_all(tx: Transaction, needed: Sequence[tuple[str, ...]]) -> bool:
    """A place in every pool for everybody, or nothing for anybody."""
    for i, pools in enumerate(needed):
        if not await models.take(tx, pools):
            for taken in needed[:i]:
                await models.release(tx, taken)
            return False
    return True


async def expire_holds(database: Database, now: int, zone: ZoneInfo, limit: int = 200) -> int:
    """Gives places that nobody confirmed in time to the next who waits; returns how many. Safe to run twice at once."""
    ended = await models.holds_that_ended(database, now, limit)  # type: ignore[arg-type]
    done = 0
    for rid in ended:
        done += await database.retrying(partial(_expire, rid=rid, now=now, zone=zone))
    return done


async def _expire(tx: Transaction, rid: str, now: int, zone: ZoneInfo) -> int:
    found = await models.by_ids(tx, [rid])
    await lock_children(tx, [found[rid]["child_id"]])
    slots = await lock_places(tx, found.values())
    booking = (await models.by_ids(tx, [rid]))[rid]
    if booking["state"] != "to_confirm" or booking["hold_until"] >= now:
        return 0
    touched: set[str] = set()
    await end(tx, booking, slots[booking["opening_id"]], "expired", None, touched, now)
    await publish(tx, touched, zone, now)
    return 1
