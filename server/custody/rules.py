"""Whose day it is. Pure: the plan, the day and the school holidays are arguments.

The alternation is anchored to a day and goes on by its own length: the parity of ISO weeks breaks after a week 53.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

How = Literal["cycle", "halves", "whole", "fortnights"]
Holiday = tuple[str, date, date]
"""Name, first and last day."""
FORTNIGHT = 14
LONGEST_CYCLE = 56


@dataclass(frozen=True)
class Split:
    """How school holidays are shared.

    ``cycle``: as at any other time; ``halves``: one half each, the middle day in the first; ``whole``: one year each;
    ``fortnights``: fourteen days each, in turns. `even`: who begins (has all) when the first day lies in an even year.
    """

    how: How
    even: str = ""


@dataclass(frozen=True)
class Plan:
    first: str
    second: str
    anchor: date
    cycle: str
    since: date
    holidays: Mapping[str, Split] = field(default_factory=dict)
    """By the name of the holidays; ``*`` for those without a line of their own."""
    days: Mapping[date, str] = field(default_factory=dict)
    """Single days that differ."""

    def other(self, family: str) -> str:
        return self.second if family == self.first else self.first


def owner(plan: Plan, day: date, holidays: Sequence[Holiday]) -> str | None:
    """The family whose day it is; None before the plan begins."""
    if day < plan.since:
        return None
    if day in plan.days:
        return plan.days[day]
    within = next((one for one in holidays if one[1] <= day <= one[2]), None)
    split = within and (plan.holidays.get(within[0]) or plan.holidays.get("*"))
    if within and split and split.how != "cycle":
        return _in_holidays(plan, split, within, day)
    letter = plan.cycle[(day - plan.anchor).days % len(plan.cycle)]
    return plan.first if letter == "A" else plan.second


def _in_holidays(plan: Plan, split: Split, within: Holiday, day: date) -> str:
    _, first, last = within
    begins = split.even if first.year % 2 == 0 else plan.other(split.even)
    gone = (day - first).days
    if split.how == "whole":
        return begins
    if split.how == "fortnights":
        return begins if gone // FORTNIGHT % 2 == 0 else plan.other(begins)
    length = (last - first).days + 1
    return begins if gone < (length + 1) // 2 else plan.other(begins)


def runs(plan: Plan, family: str, first: date, last: date, holidays: Sequence[Holiday]) -> list[int]:
    """How many days in a row are the family's, then the other's, and so on from `first`; the first number may be 0.

    Days before the plan begins are everybody's: they count as the family's own.
    """
    found, mine = [0], True
    day = first
    while day <= last:
        if (owner(plan, day, holidays) in (None, family)) != mine:
            mine = not mine
            found.append(0)
        found[-1] += 1
        day += timedelta(days=1)
    return found


def fault_in(cycle: str, holidays: Mapping[str, Split], families: Iterable[str], names: Iterable[str]) -> str | None:
    """Why a plan cannot be true, in French; None when it can."""
    if not 1 <= len(cycle) <= LONGEST_CYCLE or set(cycle) - {"A", "B"}:
        return f"l’alternance s’écrit avec A et B, un par jour, {LONGEST_CYCLE} au plus"
    known = {"*", *names}
    for name, split in holidays.items():
        if name not in known:
            return f"« {name} » n’est le nom d’aucunes vacances de l’année"
        if split.how != "cycle" and split.even not in set(families):
            return "il manque le parent qui commence les années paires"
    return None
