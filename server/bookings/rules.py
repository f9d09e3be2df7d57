"""Whether a place may be asked for, in what order the reasons are said, and how long a held place waits.

Pure: the instant, the price and what is already booked are arguments.
"""

from collections.abc import Collection
from dataclasses import dataclass

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


def refusal(
    slot: Slot | None, *, enrolled: bool, taken_units: Collection[str], excluded_by: Collection[str], arrived: int
) -> str | None:
    """The code of the first reason that forbids a booking, or None.

    `taken_units`: the units the child already has that day; `excluded_by`: units among them that exclude this one.
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
    if arrived > slot.add_until:
        return "DEADLINE_PASSED"
    if excluded_by or slot.excludes.intersection(taken_units):
        return "INCOMPATIBLE"
    return None


def needs_confirmation(cents: int, most: int | None) -> bool:
    """Whether the price is above what the parent agreed to; cheaper is always fine."""
    return most is not None and cents > most


def held_until(reason: str, add_until: int, now: int) -> int:
    """Until when a place is kept for an answer: one or two days, not past the deadline, and never less than two hours.

    The two hours go past a deadline that is about to fall: the request itself arrived in time.
    """
    hold = PRICE_HOLD if reason == "PRICE_CHANGED" else OFFER_HOLD
    return max(min(now + hold, add_until), now + SHORTEST_HOLD)
