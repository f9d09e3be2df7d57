"""On what terms a unit is booked: from when, until when, what happens past that, and who decides. Pure."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from server.activities.rules.calendar import Calendar
from server.activities.rules.deadlines import Deadline, cutoff

Then = Literal["accept", "ask", "waiting"]


@dataclass(frozen=True)
class Late:
    """What a request past the deadline gets, until a later limit; after that it is refused.

    ``accept``: done, at a surcharge if there is one; ``ask``: the service decides; ``waiting``: the waiting list, from
    which the service takes. `percent` and `cents` are added to the price of a late booking; of a late cancelling they
    are what remains owed: a share of the price, and an amount.
    """

    then: Then
    until: Deadline
    percent: int = 0
    cents: int = 0

    def surcharge(self, cents: int) -> int:
        """What is added to (booking) or remains of (cancelling) a price, in cents, half a cent rounded up."""
        return (cents * self.percent + 50) // 100 + self.cents


@dataclass(frozen=True)
class Terms:
    """Adding and removing have separate rules. Without ``opens`` a unit can be booked as soon as it is published."""

    add: Deadline
    remove: Deadline
    opens: Deadline | None = None
    opens_outside: Deadline | None = None
    """When families from outside the town may book; None: with the others."""
    late_add: Late | None = None
    late_remove: Late | None = None
    decided: bool = False
    """The service accepts or refuses each wish (« pré-réservation »)."""
    prepaid: bool = False
    """To be paid in full before the limit; said to the parent."""

    @cached_property
    def alike(self) -> bool:
        """Whether adding and removing have the same limit."""
        return self.add == self.remove

    @cached_property
    def plain(self) -> bool:
        """Whether there is nothing but these two limits."""
        return not (self.opens or self.opens_outside or self.late_add or self.late_remove)


class Limits(msgspec.Struct, frozen=True):
    """What terms give for one day: UTC milliseconds, bounds included; None: no such limit."""

    add: int
    remove: int
    opens: int | None = None
    opens_outside: int | None = None
    late_add: int | None = None
    late_remove: int | None = None


def limits(terms: Terms, day: date, starts: str, calendar: Calendar, zone: ZoneInfo) -> Limits:
    """The instants of one day.

    Raises:
        NoLimit: one of the rules has a hole where the day lies.
    """
    where = (day, starts, calendar, zone)
    add = cutoff(terms.add, *where)
    remove = add if terms.alike else cutoff(terms.remove, *where)
    if terms.plain:
        return Limits(add, remove)
    return Limits(
        add,
        remove,
        cutoff(terms.opens, *where) if terms.opens else None,
        cutoff(terms.opens_outside, *where) if terms.opens_outside else None,
        cutoff(terms.late_add.until, *where) if terms.late_add else None,
        cutoff(terms.late_remove.until, *where) if terms.late_remove else None,
    )


Stage = Literal["not_yet", "open", "late", "closed"]
"""Where a request falls: before the opening, in time, past the limit but before the later one, or too late."""
