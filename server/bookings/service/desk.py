"""What an agent does for a family at the counter: book, cancel, answer a request. Each act is traced with its reason."""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.bookings import models, rules
from server.bookings.service.ending import end, lock_places
from server.bookings.service.rows import publish
from server.custody.service import owners
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.families.service import families_of_children, lock_children
from server.tariffs.service import households, unit_tariffs
from server.traces.service import Who, note

# What an agent may override, with a reason; the rest is not theirs to grant.
OVERRIDABLE = ("DEADLINE_PASSED", "NOT_OPEN_YET", "SESSION_CLOSED", "OTHER_PARENT_DAY")
WHY = {
    "DEADLINE_PASSED": "la limite est passée",
    "NOT_OPEN_YET": "les réservations ne sont pas ouvertes",
    "SESSION_CLOSED": "l’accueil est fermé ce jour-là",
    "OTHER_PARENT_DAY": "ce jour est celui de l’autre parent",
    "FULL": "il n’y a plus de place",
    "NOT_BOOKABLE": "cette activité ne se réserve pas ici",
    "NOT_ENROLLED": "l’enfant n’est pas inscrit à cette activité à cette date",
    "ALREADY_BOOKED": "l’enfant a déjà une réservation ou une demande pour ce créneau",
    "NEEDS_ANOTHER": "il faut d’abord réserver ce dont ce créneau dépend",
    "INCOMPATIBLE": "une autre réservation du même jour ne va pas avec celle-ci",
}


@dataclass(frozen=True)
class Desk:
    """Who acts, when, and why; `reason` is written when the act goes past a rule, and the family reads it."""

    who: Who
    service: str | None
    now: int
    zone: ZoneInfo
    reason: str = ""
    over_capacity: bool = True
    """Whether a reason goes past the capacity too."""


async def book_for(database: Database, desk: Desk, family: str, child: str, opening: str) -> str:
    """Books a place in the family's name; returns the booking.

    Raises:
        Refusal: ``not_found``; ``not_possible`` with its reason; ``reason_needed`` when a rule would be set aside and no
            reason is given.
    """
    return await database.retrying(partial(book_in, desk=desk, family=family, child=child, opening=opening))


async def book_in(tx: Transaction, desk: Desk, family: str, child: str, opening: str) -> str:
    """The same inside a transaction."""
    if family not in (await families_of_children(tx, [child])).get(child, []):
        raise Refusal("not_found")
    slot = await _slot_of_service(tx, desk, opening)
    await lock_children(tx, [child])
    await tx.lock("place_pool", slot.pools)
    home = (await households(tx, [family], slot.date))[family]
    code = await _refusal(tx, slot, child, family, desk.now, home.resident)
    if code is not None and code not in OVERRIDABLE:
        raise Refusal("not_possible", why=WHY[code])
    tariff = (await unit_tariffs(tx, slot.date, slot.unit)).get(slot.unit)
    if tariff is None:
        raise Refusal("not_possible", why=WHY["NOT_BOOKABLE"])
    full = not await models.take(tx, slot.pools)
    if full and not desk.over_capacity:
        raise Refusal("not_possible", why=WHY["FULL"])
    _want_reason(desk, [code or "", "FULL" if full else ""])
    if full:
        await models.take_over_capacity(tx, slot.pools)
    price = tariff.price(home, child)
    rid = f"r_{secrets.token_hex(12)}"
    stored = await models.add(tx, {
        "id": rid, "child_id": child, "family_id": family, "opening_id": opening, "date": slot.date, "state": "booked",
        "reason": None, "active": f"{child}|{opening}", "cents": price.of_one_booking, "price_version": price.version,
        "max_cents": None, "requested_at": desk.now, "decided_at": desk.now, "hold_until": None, "account": desk.who.account,
        "device": "", "n": 0, "note": desk.reason or None,
    })  # fmt: skip
    if not stored:
        raise Refusal("not_possible", why=WHY["ALREADY_BOOKED"])
    await note(tx, family, desk.who, "booking.made", desk.now, opening)
    await publish(tx, [rid], desk.zone, desk.now)
    return rid


async def cancel_for(database: Database, desk: Desk, rid: str, owed_cents: int | None) -> None:
    """Cancels in the family's name; past the limit with a reason. `owed_cents`: what remains due, None: nothing.

    Raises:
        Refusal: ``not_found``, ``already_decided``, ``reason_needed``.
    """
    await database.retrying(partial(_cancel, desk=desk, rid=rid, owed_cents=owed_cents))


async def _cancel(tx: Transaction, desk: Desk, rid: str, owed_cents: int | None) -> None:
    booking, slot = await _locked(tx, desk, rid, models.ACTIVE)
    _want_reason(desk, ["DEADLINE_PASSED" if slot.stage("remove", desk.now) != "open" and booking["state"] == "booked" else ""])
    touched: set[str] = set()
    # What the agent writes is read by the family, on the row that stays.
    told = {"reason": "TOWN", "note": desk.reason} if desk.reason else {}
    await end(tx, booking, slot, "cancelled", None, touched, desk.now, owed_cents=owed_cents, **told)
    await note(tx, booking["family_id"], desk.who, "booking.cancelled", desk.now, booking["opening_id"])
    await publish(tx, touched, desk.zone, desk.now)


async def answer_request(database: Database, desk: Desk, rid: str, accept: bool) -> str:
    """Accepts or refuses a request, or takes a child off the waiting list; returns the booking's state.

    A price above what the parent agreed to is asked again. Over capacity needs a reason, so does a refusal.

    Raises:
        Refusal: ``not_found``, ``already_decided``, ``reason_needed``.
    """
    return await database.retrying(partial(_answer, desk=desk, rid=rid, accept=accept))


async def _answer(tx: Transaction, desk: Desk, rid: str, accept: bool) -> str:
    booking, slot = await _locked(tx, desk, rid, ("requested", "waiting"))
    touched = {rid}
    if not accept:
        _want_reason(desk, ["REFUSED"])
        state = "refused"
        await end(tx, booking, slot, state, None, touched, desk.now, note=desk.reason)
    else:
        if not await models.take(tx, slot.pools):
            _want_reason(desk, ["FULL"])
            await models.take_over_capacity(tx, slot.pools)
        dearer = rules.needs_confirmation(booking["cents"], booking["max_cents"])
        state = "to_confirm" if dearer else "booked"
        hold = max(desk.now + rules.PRICE_HOLD, desk.now) if dearer else None
        await models.decide(
            tx, rid, state=state, reason="PRICE_CHANGED" if dearer else None, hold_until=hold, decided_at=desk.now,
            note=desk.reason or None,
        )  # fmt: skip
        if booking["state"] == "waiting":
            touched.update(await models.waiting_after(tx, slot.id, booking["requested_at"], rid))
    await note(tx, booking["family_id"], desk.who, f"request.{'accepted' if accept else 'refused'}", desk.now, slot.id)
    await publish(tx, touched, desk.zone, desk.now, decided=[rid])
    return state


async def _locked(tx: Transaction, desk: Desk, rid: str, states: tuple[str, ...]) -> tuple[Row, rules.Slot]:
    """The booking, everything it touches locked, still in one of the states."""
    found = await models.by_ids(tx, [rid])
    if rid not in found:
        raise Refusal("not_found")
    await lock_children(tx, [found[rid]["child_id"]])
    await lock_places(tx, found.values())
    slot = await _slot_of_service(tx, desk, found[rid]["opening_id"])
    booking = (await models.by_ids(tx, [rid]))[rid]
    if booking["state"] not in states:
        raise Refusal("already_decided")
    return booking, slot


async def _slot_of_service(tx: Transaction, desk: Desk, opening: str) -> rules.Slot:
    """An opening of the agent's own service; another service's is not found."""
    if not await models.is_of_service(tx, opening, desk.service):
        raise Refusal("not_found")
    return (await models.slots(tx, [opening]))[opening]


async def _refusal(tx: Transaction, slot: rules.Slot, child: str, family: str, now: int, resident: bool) -> str | None:
    held = (await models.units_of_days(tx, [child], [slot.date])).get((child, slot.date), {})
    enrolments = await models.enrolled_units(tx, [child])
    return rules.refusal(
        slot,
        enrolled=any(slot.unit in units and since <= slot.date <= until for _, units, since, until in enrolments),
        taken_units=held.keys(),
        excluded_by=[unit for unit, excludes in held.items() if slot.unit in excludes],
        arrived=now,
        resident=resident,
        own_day=(await owners(tx, [(child, slot.date)])).get((child, slot.date), family) == family,
    )


def _want_reason(desk: Desk, codes: list[str]) -> None:
    against: list[Any] = [WHY.get(code, "") for code in codes if code]
    if against and not desk.reason.strip():
        said = " et ".join(one for one in against if one) or "la famille lira votre raison"
        raise Refusal("reason_needed", why=said)
