"""The days of one family's month, priced: the tariff and the quotient of each day, the siblings who were there, packages, limits.

No database here: what was booked and ticked goes in, charges come out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from server.invoices.rules import BillingRules, Charge, Known, quotient_on
from server.tariffs.rules import overrun_cents
from server.tariffs.service import Household, UnitTariff

ABSENT = ("excused", "unexcused", "cancelled")
PENALTY = "penalty"
"""The category of what is no care: it counts for no tax credit."""


@dataclass(frozen=True)
class Day:
    """One day of one child in one unit. ``agreed``: cents when it was booked, None: it was not. ``outcome``: how it went."""

    child: str
    unit: str
    date: str
    agreed: int | None
    outcome: str = "present"
    late_cents: int = 0
    """Added because it was booked late."""
    late_minutes: int = 0
    """The child was fetched so long after closing time."""


@dataclass(frozen=True)
class Book:
    """The price lists of a month, what stands on its lines, the town's settings: read once for all families."""

    period: str
    versions: dict[str, list[UnitTariff]]
    labels: dict[str, tuple[str, str]]
    rules: BillingRules
    holiday_ends: list[str]

    def tariff(self, unit: str, day: str) -> UnitTariff | None:
        """The price list in force on a day."""
        for one in reversed(self.versions.get(unit, ())):
            if one.tariff.since <= day and (one.tariff.until is None or day <= one.tariff.until):
                return one
        return None

    def packages(self) -> list[str]:
        """Units that are due once for longer than a month."""
        return self._long

    @cached_property
    def _long(self) -> list[str]:
        return [unit for unit, some in self.versions.items() if any(one.tariff.terms.per in ("period", "year") for one in some)]

    def window(self, per: str, day: str) -> str:
        """The first day of the time that a package on this day stands for."""
        if per == "month":
            return f"{day[:7]}-01"
        september = f"{int(day[:4]) - (day[5:7] < '09')}-09-01"
        ended = [end for end in self.holiday_ends if september <= end < day]
        return max(ended) if per == "period" and ended else september


def charges_of(
    book: Book, family: str, home: Household, history: Sequence[Known], days: Sequence[Day], paid: Mapping[tuple[str, str], str]
) -> list[Charge]:
    """Everything that a family owes for these days. `paid`: packages invoiced before, with the last day that they stand for."""
    days = [day for day in days if book.tariff(day.unit, day.date) is not None]
    return _Month(book, family, home, history, days, paid).charges()


class _Month:
    def __init__(
        self, book: Book, family: str, home: Household, history: Sequence[Known], days: Sequence[Day], paid: Mapping[tuple[str, str], str]
    ) -> None:
        self.book, self.family, self.home, self.history, self.days, self.paid = book, family, home, history, days, paid
        self.days_down: dict[tuple[str, str], int] = defaultdict(int)
        self.there: dict[tuple[str, str], set[str]] = defaultdict(set)
        for day in days:
            if day.outcome not in ("excused", "cancelled"):
                self.days_down[day.child, self._tariff(day).tariff.code] += 1
            if day.outcome not in ABSENT:
                self.there[self._tariff(day).activity, day.date].add(day.child)
        self.excused_before: dict[tuple[str, str], int] = defaultdict(int)
        self.sums: dict[tuple[str, str], int] = defaultdict(int)
        self.begun: dict[tuple[str, str], str] = dict(paid)
        self.packages: dict[tuple[str, str, str], tuple[int, dict[str, Any]]] = {}

    def _tariff(self, day: Day) -> UnitTariff:
        found = self.book.tariff(day.unit, day.date)
        assert found is not None, day
        return found

    def charges(self) -> list[Charge]:
        found: list[Charge] = []
        for day in sorted(self.days, key=lambda one: (one.child, one.date, one.unit)):
            charge = self._charge(day)
            if charge is not None:
                found += [charge, *self._limit(day, charge)]
            found += self._overrun(day)
        return found

    def _charge(self, day: Day) -> Charge | None:
        if day.outcome == "cancelled":
            return self._line(day, day.agreed or 0, {"kind": "late_cancel", "decision": ""})
        outcome = self._outcome(day)
        price, package = self._price(day, "present" if outcome == "waiting" else outcome)
        if package is not None:
            return None if outcome == "excused" else self._package(day, price, package)
        cents, why = price
        if day.agreed is None:
            return self._line(day, cents, why)
        full = self._price(day, "present")[0][0] if outcome in ABSENT else cents
        if full > day.agreed and self.book.rules.agreed != "follows":  # the most that is due, whatever changed since
            terms = self._tariff(day).tariff.terms.outcomes
            cents = day.agreed
            steps: list[dict[str, Any]] = []
            if outcome in ("excused", "unexcused"):
                share, added = getattr(terms, outcome), getattr(terms, f"{outcome}_cents", 0)
                cents = (2 * cents * share + 100) // 200 + added
                steps = [{"label": outcome, "share": share, **({"cents": added} if added else {})}]
            why = {"kind": "agreed", "decision": "", **({"steps": steps} if steps else {})}
        if day.late_cents and outcome not in ("excused",):
            cents += day.late_cents
            why = {**why, "steps": [*why.get("steps", []), {"label": "Réservation tardive", "cents": day.late_cents}]}
        return self._line(day, cents, why)

    def _outcome(self, day: Day) -> str:
        """As ticked; a first excused day that is still due is ``waiting``."""
        key = (day.child, day.unit)
        if day.outcome != "excused":
            self.excused_before[key] = 0
            return day.outcome
        self.excused_before[key] += 1
        return "waiting" if self.excused_before[key] <= self._tariff(day).tariff.terms.outcomes.waiting_days else "excused"

    def _price(self, day: Day, outcome: str) -> tuple[tuple[int, dict[str, Any]], str | None]:
        """Cents with their reason, and how long a package lasts, None when each day is due."""
        unit = self._tariff(day)
        more: dict[str, Any] = {"outcome": outcome, "days": max(self.days_down[day.child, unit.tariff.code], 1)}
        if self.history:
            more["quotient"] = quotient_on(self.history, day.date, self.book.rules)
        if unit.tariff.terms.ranks_among == "present":
            there = self.there[unit.activity, day.date] | {day.child}
            among = [child for child in self.home.children if child in there]
            more["rank"] = among.index(day.child) + 1 if day.child in among else 1
        found = unit.price(self.home, day.child, **more)
        per = unit.tariff.terms.per
        return (found.cents, found.why), None if per == "unit" else per

    def _package(self, day: Day, price: tuple[int, dict[str, Any]], per: str) -> Charge | None:
        """Due once for its time; a later day of the same time goes with the first."""
        window, key = self.book.window(per, day.date), (day.child, day.unit)
        before = self.begun.get(key, "")
        self.begun[key] = max(before, day.date)
        if before >= window and before[:7] < self.book.period:
            return None
        return replace(self._line(day, *self.packages.setdefault((*key, window), price)), package=True)

    def _limit(self, day: Day, charge: Charge) -> list[Charge]:
        """Gives back what goes above a child's monthly limit."""
        terms = self._tariff(day).tariff.terms
        if terms.most_cents_a_month is None or charge.package:
            return []
        key = (day.child, self._tariff(day).tariff.code)
        before, self.sums[key] = self.sums[key], self.sums[key] + charge.cents
        above = self.sums[key] - max(before, terms.most_cents_a_month)
        if above <= 0:
            return []
        limited = {"kind": "limit", "decision": self._tariff(day).tariff.decision}
        return [replace(charge, label=f"{charge.label} : plafond du mois", cents=-above, why=limited)]

    def _overrun(self, day: Day) -> list[Charge]:
        terms = self._tariff(day).tariff.terms
        cents = 0 if day.outcome in ABSENT else overrun_cents(terms, day.late_minutes)
        if not cents:
            return []
        why = {"kind": "overrun", "decision": self._tariff(day).tariff.decision}
        line = self._line(day, cents, why)
        return [replace(line, label=f"{line.label} : enfant repris en retard", category=PENALTY)]

    def _line(self, day: Day, cents: int, why: dict[str, Any]) -> Charge:
        label, category = self.book.labels[day.unit]
        return Charge(self.family, day.child, day.unit, label, category, day.date, cents, why)
