"""Which quotient counts on a day, when one came late. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.invoices.rules.settings import BillingRules


@dataclass(frozen=True)
class Known:
    """A quotient that the town learnt on a day (``known_on``), for the time since ``own_from``; value None: there is none any more."""

    value: int | None
    known_on: str
    own_from: str


def quotient_on(history: Sequence[Known], day: str, rules: BillingRules) -> int | None:
    """The quotient that prices a day; `history` in the order in which the town learnt it, the first one without a beginning."""
    value = history[0].value if history else None
    for known in history:
        if begins(known, rules) <= day:
            value = known.value
    return value


def begins(known: Known, rules: BillingRules) -> str:
    """The first day that a quotient prices. One that ended never ends before the day on which it did."""
    if rules.late_quotient == "next_month":
        year, month = int(known.known_on[:4]), int(known.known_on[5:7])
        return f"{year + 1}-01-01" if month == 12 else f"{year}-{month + 1:02d}-01"
    if rules.late_quotient == "from_reading" or known.value is None:
        return known.known_on
    return min(known.own_from, known.known_on)
