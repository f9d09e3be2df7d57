"""Asking for places: booking them, or waiting for them."""

from collections.abc import Sequence
from typing import Any

from server.bookings import models, rules
from server.bookings.rules import Slot
from server.bookings.service.rows import answer
from server.commands import Answer, Command, Item
from server.custody.service import owners
from server.database import Row, Transaction
from server.families.service import families_of, families_of_children, lock_children
from server.tariffs.rules import Price
from server.tariffs.service import Household, UnitTariff, households, unit_tariffs

GRANTED = ("accepted", "requested", "late_request")


class _Undo(Exception):
    """Rolls the savepoint of an all-or-nothing command back."""


async def book(tx: Transaction, command: Command) -> Answer:
    """``reservation.book``: a place for each item, or what the parent chose for the case that it is full."""
    return await _ask(tx, command, command.args["if_full"], all_or_nothing=command.args["mode"] == "all")


async def join_waiting_list(tx: Transaction, command: Command) -> Answer:
    """``waitlist.join``: waits for a place, or takes it when one is there by now."""
    return await _ask(tx, command, "waitlist", all_or_nothing=False)


async def _ask(tx: Transaction, command: Command, if_full: str, *, all_or_nothing: bool) -> Answer:
    items: Sequence[Item] = command.args["items"]
    desk = await _Desk.open(tx, command, items)
    outcomes: list[Item] = []
    try:
        async with tx.savepoint():
            outcomes = await _ask_all(desk, items, if_full, command.args.get("together") == "yes")
            if all_or_nothing and any(outcome["outcome"] not in GRANTED for outcome in outcomes):
                raise _Undo
    except _Undo:
        desk.touched.clear()
        outcomes = [_undone(outcome) for outcome in outcomes]
    return await answer(tx, command, desk.payer, outcomes, desk.touched)


async def _ask_all(desk: "_Desk", items: Sequence[Item], if_full: str, together: bool) -> list[Item]:
    """The outcomes in the order of the items; what needs another unit is judged after the others."""
    told: dict[str, Item] = {}
    for group in desk.groups(items, together):
        told |= await (_ask_together(desk, group) if len(group) > 1 else _each(desk, group, if_full))
    return [told[item["rid"]] for item in items]


async def _each(desk: "_Desk", items: Sequence[Item], if_full: str, together: str | None = None) -> dict[str, Item]:
    return {item["rid"]: await desk.ask(item, if_full, together) for item in items}


async def _ask_together(desk: "_Desk", items: Sequence[Item]) -> dict[str, Item]:
    """Siblings on one day: a place for each of them, or all of them wait as one."""
    before = desk.remembered()
    try:
        async with desk.tx.savepoint():
            told = await _each(desk, items, "waitlist")
            found = {one["outcome"] for one in told.values() if one["outcome"] != "refused"}
            if "waitlisted" in found:
                raise _Undo
    except _Undo:
        desk.restore(before)
        told = await _each(desk, items, "waitlist", desk.together_id(items[0]))
    return told


def _undone(outcome: Item) -> Item:
    """What an item reads after the whole was undone: its own reason when it had one."""
    if outcome["outcome"] == "refused":
        return outcome
    kept: Item = {name: outcome[name] for name in ("rid", "child", "session") if name in outcome}
    code = "ALL_OR_NOTHING" if outcome["outcome"] in GRANTED else outcome["code"]
    return {**kept, "outcome": "refused", "code": code}


class _Desk:
    """What is known while the items of one command are judged, read once and kept true as they are."""

    def __init__(self, tx: Transaction, command: Command) -> None:
        self.tx, self.command = tx, command
        self.touched: set[str] = set()
        self.payer = ""
        self._tariffs: dict[tuple[str, str], UnitTariff | None] = {}

    @classmethod
    async def open(cls, tx: Transaction, command: Command, items: Sequence[Item]) -> "_Desk":
        desk = cls(tx, command)
        families = await families_of(tx, command.account, command.today)
        children = {item["child"] for item in items}
        holding = await families_of_children(tx, children)
        wanted = command.args.get("family")
        desk.payers = {
            child: [f for f in families if f in holding[child] and wanted in (None, f)] for child in children
        }
        desk.payer = next((found[0] for found in desk.payers.values() if found), families[0] if families else "")
        await lock_children(tx, [child for child, found in desk.payers.items() if found])
        desk.slots = await models.slots(tx, (item["session"] for item in items))
        await tx.lock("place_pool", (pool for slot in desk.slots.values() for pool in slot.pools))
        # Read again under the lock: an agent may have closed the day while we waited for it.
        desk.slots = await models.slots(tx, desk.slots)
        desk.enrolments = await models.enrolled_units(tx, children)
        desk.days = await models.units_of_days(tx, children, {slot.date for slot in desk.slots.values()} or {""})
        shared = [(item["child"], desk.slots[item["session"]].date) for item in items
                  if len(holding[item["child"]]) > 1 and item["session"] in desk.slots]  # fmt: skip
        desk.owners = await owners(tx, shared) if shared else {}
        desk.known = await models.by_ids(tx, (item["rid"] for item in items))
        desk.homes = await households(tx, {one for found in desk.payers.values() for one in found}, command.today)
        return desk

    payers: dict[str, list[str]]
    slots: dict[str, Slot]
    enrolments: list[tuple[str, frozenset[str], str, str]]
    days: dict[tuple[str, str], dict[str, frozenset[str]]]
    owners: dict[tuple[str, str], str]
    """(child, date) → the family whose day it is, for children of two homes who have a plan."""
    known: dict[str, Row]
    homes: dict[str, Household]

    def groups(self, items: Sequence[Item], together: bool) -> list[list[Item]]:
        """Siblings asked for on one day in one activity, when they are to stay together; else each alone."""
        later = [item for item in items if (slot := self.slots.get(item["session"])) and slot.requires]
        first = [item for item in items if item not in later]
        found: dict[Any, list[Item]] = {}
        for item in [*first, *later]:
            slot = self.slots.get(item["session"])
            found.setdefault((slot.date, slot.activity) if together and slot else item["rid"], []).append(item)
        apart = [group for group in found.values() if len({one["child"] for one in group}) < len(group)]
        kept = [group for group in found.values() if group not in apart]
        return kept + [[item] for group in apart for item in group]

    def together_id(self, item: Item) -> str:
        slot = self.slots[item["session"]]
        return f"{self.command.device}/{self.command.n}/{slot.date}/{slot.activity}"[:120]

    def remembered(self) -> tuple[set[str], dict[tuple[str, str], dict[str, frozenset[str]]]]:
        return set(self.touched), {key: dict(units) for key, units in self.days.items()}

    def restore(self, before: tuple[set[str], dict[tuple[str, str], dict[str, frozenset[str]]]]) -> None:
        self.touched, self.days = before

    async def ask(self, item: Item, if_full: str, together: str | None = None) -> Item:
        """Judges one item and books, holds, queues or refuses it. `together`: it waits with its siblings, whatever is free."""
        told: Item = {name: item[name] for name in ("rid", "child", "session")}
        payers = self.payers[item["child"]]
        if not payers:
            return {**told, "outcome": "refused", "code": "CHILD_UNKNOWN"}
        before = self.known.get(item["rid"])
        if before is not None:
            return await self._decided_before(told, before, payers)
        slot = self.slots.get(item["session"])
        # Somebody who acts for both homes books in the name of the one whose day it is.
        whose = self.owners.get((item["child"], slot.date)) if slot else None
        family = whose if whose in payers else payers[0]
        code = self._refusal(item["child"], family, slot)
        if code is not None or slot is None:
            return {**told, "outcome": "refused", "code": code, **self._when(slot, family, code)}
        price = await self._price(family, item["child"], slot)
        if price is None:
            return {**told, "outcome": "refused", "code": "NOT_BOOKABLE"}
        most = item.get("max_price_cents", self.command.args.get("max_price_cents"))
        late = slot.late_add if slot.stage("add", self.command.received_at, self.homes[family].resident) == "late" else None
        added = late.surcharge(price.of_one_booking) if late else 0
        cents = price.of_one_booking + added
        booking = {**self._booking(item, family, slot, price, most), "cents": cents, "late_cents": added or None}
        if slot.decided or (late and late.then == "ask"):
            return await self._request(told, booking, slot, "LATE" if late else "WISH")
        if late and late.then == "waiting":
            return await self._queue(told, booking, slot, "LATE")
        if together:
            return await self._queue(told, {**booking, "together": together}, slot, "FULL")
        if await models.take(self.tx, slot.pools):
            if rules.needs_confirmation(cents, most):
                return await self._hold(told, booking, slot, cents, most)
            await self._store(booking, slot)
            return {**told, "outcome": "accepted", "cents": cents, **({"code": "LATE"} if late else {})}
        if if_full == "ask":
            rank = await models.rank(self.tx, slot.id, self.command.received_at, item["rid"])
            offer = {"kind": "waitlist.join@1", "args": {"items": [{**told, "max_price_cents": cents}]}}
            return {**told, "outcome": "refused", "code": "FULL", "rank": rank, "cents": cents, "next": offer}
        return await self._queue(told, booking, slot, "FULL")

    async def _queue(self, told: Item, booking: dict[str, Any], slot: Slot, code: str) -> Item:
        rank = await models.rank(self.tx, slot.id, self.command.received_at, told["rid"])
        await self._store({**booking, "state": "waiting"}, slot)
        # Whoever arrived in the same millisecond and has the greater id stands behind this one now.
        self.touched.update(await models.waiting_after(self.tx, slot.id, self.command.received_at, told["rid"]))
        leave = {"kind": "waitlist.leave@1", "args": {"items": [{"rid": told["rid"]}]}}
        return {**told, "outcome": "waitlisted", "code": code, "rank": rank, "cents": booking["cents"], "next": leave}

    async def _request(self, told: Item, booking: dict[str, Any], slot: Slot, reason: str) -> Item:
        """A wish that the service decides: it holds no place, and waits with both its times shown to the agent."""
        await self._store({**booking, "state": "requested", "reason": reason}, slot)
        outcome = "late_request" if reason == "LATE" else "requested"
        return {**told, "outcome": outcome, "code": reason, "cents": booking["cents"]}

    def _when(self, slot: Slot | None, family: str, code: str | None) -> Item:
        """The instant that explains a refusal."""
        if slot is None or code not in ("DEADLINE_PASSED", "NOT_OPEN_YET"):
            return {}
        if code == "NOT_OPEN_YET":
            return {"opens": self.command.iso(slot.opens(self.homes[family].resident) or 0)}
        return {"deadline": self.command.iso(slot.late_add.until if slot.late_add else slot.add_until)}

    def _refusal(self, child: str, family: str, slot: Slot | None) -> str | None:
        if slot is None:
            return "SESSION_UNKNOWN"
        held = self.days.get((child, slot.date), {})
        enrolled = any(
            who == child and slot.unit in units and since <= slot.date <= until
            for who, units, since, until in self.enrolments
        )
        return rules.refusal(
            slot,
            enrolled=enrolled,
            taken_units=held.keys(),
            excluded_by=[unit for unit, excludes in held.items() if slot.unit in excludes],
            arrived=self.command.received_at,
            resident=self.homes[family].resident,
            own_day=self.owners.get((child, slot.date), family) == family,
        )

    async def _price(self, family: str, child: str, slot: Slot) -> Price | None:
        if (slot.unit, slot.date) not in self._tariffs:
            self._tariffs[slot.unit, slot.date] = (await unit_tariffs(self.tx, slot.date, slot.unit)).get(slot.unit)
        tariff = self._tariffs[slot.unit, slot.date]
        return tariff.price(self.homes[family], child) if tariff else None

    def _booking(self, item: Item, family: str, slot: Slot, price: Any, most: int | None) -> dict[str, Any]:
        return {
            "id": item["rid"],
            "child_id": item["child"],
            "family_id": family,
            "opening_id": slot.id,
            "date": slot.date,
            "state": "booked",
            "reason": None,
            "active": f"{item['child']}|{slot.id}",
            "cents": price.of_one_booking,
            "price_version": price.version,
            "max_cents": most,
            "requested_at": self.command.received_at,
            "decided_at": self.command.received_at,
            "hold_until": None,
            "account": self.command.account,
            "device": self.command.device,
            "n": self.command.n,
        }

    async def _hold(self, told: Item, booking: dict[str, Any], slot: Slot, cents: int, most: int | None) -> Item:
        until = rules.held_until("PRICE_CHANGED", slot.add_until, self.command.received_at)
        await self._store({**booking, "state": "to_confirm", "reason": "PRICE_CHANGED", "hold_until": until}, slot)
        confirm = {"kind": "reservation.confirm@1", "args": {"items": [{"rid": told["rid"], "max_price_cents": cents}]}}
        return {
            **told,
            "outcome": "needs_confirmation",
            "code": "PRICE_CHANGED",
            "cents": cents,
            "limit_cents": most,
            "until": self.command.iso(until),
            "next": confirm,
        }

    async def _store(self, booking: dict[str, Any], slot: Slot) -> None:
        if not await models.add(self.tx, booking):
            # The children are locked and their days were read under that lock: this cannot be a second booking.
            raise AssertionError(f"two bookings of one child for {slot.id}")
        self.touched.add(booking["id"])
        self.days.setdefault((booking["child_id"], slot.date), {})[slot.unit] = slot.excludes

    async def _decided_before(self, told: Item, booking: Row, payers: Sequence[str]) -> Item:
        """The very same request again, after a restore or a change of device: its standing answer, and no second place."""
        same = booking["child_id"] == told["child"] and booking["opening_id"] == told["session"]
        if not same or booking["family_id"] not in payers:
            return {**told, "outcome": "refused", "code": "MALFORMED"}
        self.touched.add(booking["id"])
        return {**told, **await _standing(self.tx, self.command, booking), "code": "ALREADY"}


async def _standing(tx: Transaction, command: Command, booking: Row) -> Item:
    if booking["state"] == "waiting":
        rank = await models.rank(tx, booking["opening_id"], booking["requested_at"], booking["id"])
        return {"outcome": "waitlisted", "rank": rank, "cents": booking["cents"]}
    if booking["state"] == "to_confirm":
        confirm = {"items": [{"rid": booking["id"], "max_price_cents": booking["cents"]}]}
        return {
            "outcome": "needs_confirmation",
            "cents": booking["cents"],
            "until": command.iso(booking["hold_until"]),
            "next": {"kind": "reservation.confirm@1", "args": confirm},
        }
    if booking["state"] == "requested":
        return {"outcome": "late_request" if booking["reason"] == "LATE" else "requested", "cents": booking["cents"]}
    return {"outcome": "accepted", "cents": booking["cents"]} if booking["state"] == "booked" else {"outcome": "void"}


