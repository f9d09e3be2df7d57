"""What a price comes to over a month and a year, and a quotient worked out from a family's resources: for information only.

The same in pwa/src/simulation/evaluate.ts; tests/rules/vectors/simulation.json holds both to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SCHOOL_MONTHS, ALL_MONTHS = 10, 12
PACKAGES_A_YEAR = {"month": SCHOOL_MONTHS, "period": 5, "year": 1}
"""A school year has five periods between its holidays."""


@dataclass(frozen=True)
class Estimate:
    days: int
    """Days of care in the school year."""
    year_cents: int
    month_cents: int
    days_a_month: int
    """Of the months that count, at least 1."""


def estimate(cents: int, per: str, counts: Sequence[int], holidays: bool, times: int) -> Estimate:
    """`counts`: openings in the school year by weekday, the most frequent first; `times`: days a week, in the holidays days a year."""
    days = min(times, sum(counts)) if holidays else sum(counts[:times])
    due = (days if per == "unit" else PACKAGES_A_YEAR[per]) if days else 0
    year = cents * due
    months = ALL_MONTHS if holidays else SCHOOL_MONTHS
    return Estimate(days, year, (2 * year + months) // (2 * months), max((2 * days + months) // (2 * months), 1))


def caf_quotient(resources: int, benefits: int, children: int, disabled: int = 0) -> int:
    """The CAF's formula, in whole euros: a twelfth of the year's resources plus the month's benefits, by the parts.

    Parts: 2 for the parents or the lone parent; ½ for the first child and for the second, 1 for the third, ½ for each further
    one; ½ more for each disabled child. Source: caf.fr, « le quotient familial ».
    """
    halves = 4 + sum(2 if child == 3 else 1 for child in range(1, children + 1)) + disabled
    return (2 * (resources + 12 * benefits) + 6 * halves) // (12 * halves)
