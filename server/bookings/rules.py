"""Whether a place may be asked for, in what order the reasons are said, and how long a held place waits.

Pure: the instant, the price and what is already booked are arguments.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from server.activities.rules import Stage

HOUR = 3_600_000
PRICE_HOLD = 48 * HOUR
OFFER_HOLD = 24 * HOUR
SHORTEST_HOLD = 2 * HOUR


@dataclass(frozen=True)
class Slot:
    """One opening, as far as a booking is concerned. Instants are UTC milliseconds."""

    id: str
    unit: str
    date: str
    bookable: bool
    closed: bool
    add_until: int
    remove_until: int
    excludes: frozenset[str]
    pools: tuple[str, ...]
    opens_at: int | None = None
    opens_outside_at: int | None = None
    late_add: "LateTerms | None" = None
    late_remove: "LateTerms | None" = None
    decided: bool = False
    """Each wish is accepted or refused by the service."""
    requires: frozenset[str] = frozenset()
    """Units of which the child must have one that day."""
    activity: str = ""

    def opens(self, resident: bool) -> int | None:
        """From when this family may book; None: as soon as it is published."""
        return self.opens_at if resident or self.opens_outside_at is None else self.opens_outside_at

    def stage(self, act: Literal["add", "remove"], now: int, resident: bool = True) -> Stage:
        """Where a request that arrives at `now` falls."""
        opens = self.opens(resident)
        until, late = (self.add_until, self.late_add) if act == "add" else (self.remove_until, self.late_remove)
        if act == "add" and opens is not None and now < opens:
            return "not_yet"
        if now <= until:
            return "open"
        return "late" if late is not None and now <= late.until else "closed"


@dataclass(frozen=True)
class LateTerms:
    """What a request past the limit gets on one day: see activities.rules.Late."""

    then: Literal["accept", "ask", "waiting"]
    until: int
    percent: int
    cents: int

    def surcharge(self, cents: int) -> int:
        """What is added to a price, or remains of it, in cents, half a cent rounded up."""
        return (cents * self.percent + 50) // 100 + self.cents


def refusal(
    slot: Slot | None,
    *,
    enrolled: bool,
    taken_units: Collection[str],
    excluded_by: Collection[str],
    arrived: int,
    resident: bool = True,
    own_day: bool = True,
) -> str | None:
    """The code of the first reason that forbids a booking, or None.

    `taken_units`: the units the child already has that day; `excluded_by`: units among them that exclude this one;
    `own_day`: no plan of shared custody gives the day to the other parent.
    The deadline counts to the millisecond: arrived at the limit is in time. Only the server's clock is asked.
    """
    if slot is None:
        return "SESSION_UNKNOWN"
    if not slot.bookable:
        return "NOT_BOOKABLE"
    if slot.closed:
        return "SESSION_CLOSED"
    if not enrolled:
        return "NOT_ENROLLED"
    if slot.unit in taken_units:
        return "ALREADY_BOOKED"
    if not own_day:
        return "OTHER_PARENT_DAY"
    stage = slot.stage("add", arrived, resident)
    if stage == "not_yet":
        return "NOT_OPEN_YET"
    if stage == "closed":
        return "DEADLINE_PASSED"
    if excluded_by or slot.excludes.intersection(taken_units):
        return "INCOMPATIBLE"
    if slot.requires and not slot.requires.intersection(taken_units):
        return "NEEDS_ANOTHER"
    return None


def left_alone(gone: str, held: Mapping[str, Collection[str]]) -> list[str]:
    """The units that a child could not keep without the unit that goes: they need it, and nothing else that stays will do.

    `held`: the child's units of that day → the units of which each needs one.
    """
    stays = held.keys() - {gone}
    return sorted(unit for unit in stays if held[unit] and not stays.intersection(held[unit]))


def needs_confirmation(cents: int, most: int | None) -> bool:
    """Whether the price is above what the parent agreed to; cheaper is always fine."""
    return most is not None and cents > most


def held_until(reason: str, add_until: int, now: int) -> int:
    """Until when a place is kept for an answer: one or two days, not past the deadline, and never less than two hours.

    The two hours go past a deadline that is about to fall: the request itself arrived in time.
    """
    hold = PRICE_HOLD if reason == "PRICE_CHANGED" else OFFER_HOLD
    return max(min(now + hold, add_until), now + SHORTEST_HOLD)
