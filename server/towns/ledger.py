"""Books places in memory while a demo is made, by the town's own limits: no pool over capacity, nothing twice."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from server.activities.rules import WEEKDAYS, instant
from server.tariffs.rules import Price, Situation, in_force, price, ranks_of
from server.tariffs.service import minutes_of
from server.towns import tables
from server.towns.loader import Town, TownUnit

HOUR_MS = 3_600_000
TWO_MONTHS = timedelta(days=60)
SEED = 20261123


@dataclass(frozen=True)
class Payer:
    """The family that books: what its prices depend on, and in whose name it is done."""

    family: str
    account: str
    resident: bool
    quotient: int | None
    children: tuple[tuple[str, frozenset[str]], ...] = ()
    """Its children and their traits, the eldest first."""


class Ledger:
    """The openings of a school year with the bookings made so far.

    ``now_ms`` is the moment that the demo shows. A demo made outside its school year (and the two months before)
    shows the nearest day of that time.
    """

    def __init__(self, town: Town, now_ms: int) -> None:
        first, last = (date.fromisoformat(day) for day in (town.identity.year.starts_on, town.identity.year.ends_on))
        earliest, latest = instant(first - TWO_MONTHS, "12:00", town.zone), instant(last, "12:00", town.zone)
        self.town, self.now_ms = town, min(max(now_ms, earliest), latest)
        self.today = datetime.fromtimestamp(self.now_ms / 1000, town.zone).date()
        self.units = {unit.id: unit for unit in town.units}
        self.openings = {opening["id"]: opening for opening in tables.opening_rows(town)}
        self.days: dict[str, list[str]] = defaultdict(list)
        self.capacity: dict[str, int | None] = {}
        for opening in self.openings.values():
            self.days[opening["unit_id"]].append(opening["date"])
            for pool in opening["pools"]:
                self.capacity[pool] = town.capacity[pool.rpartition(":")[0]]
        self.taken: dict[str, int] = defaultdict(int)
        self.bookings: list[dict[str, Any]] = []
        self._busy: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._prices: dict[tuple[Any, ...], Price] = {}
        self._random = Random(SEED)

    @property
    def holidays(self) -> list[tuple[str, date, date]]:
        """Name, first and last day of the school holidays."""
        found = [one for one in self.town.periods if one.kind == "school_holiday"]
        return [(one.name, date.fromisoformat(one.starts_on), date.fromisoformat(one.ends_on)) for one in found]

    def day_from_today(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def coming(self, unit: str, rank: int) -> str | None:
        """The rank-th day from now (1: the next) on which the unit can still be booked; None when there is none."""
        open_days = [day for day in self.days[unit] if self.openings[f"{unit}:{day}"]["add_until"] > self.now_ms]
        return open_days[rank - 1] if rank <= len(open_days) else None

    def usual_days(self, unit: str, weekdays: Iterable[int], first: date, last: date, weeks: str = "all") -> list[str]:
        """The unit's opening days on some weekdays between two days, in all, even or odd ISO weeks."""
        wanted = set(weekdays)
        found = []
        for day in self.days[unit]:
            parsed = date.fromisoformat(day)
            parity = ("even", "odd")[parsed.isocalendar().week % 2]
            if parsed.weekday() in wanted and first <= parsed <= last and weeks in ("all", parity):
                found.append(day)
        return found

    def price(self, unit: TownUnit, payer: Payer, child: str, on: str) -> Price:
        rank = next((at for at, (id, _) in enumerate(payer.children, 1) if id == child), 1)
        traits = frozenset().union(*(held for id, held in payer.children if id == child))
        key = (unit.written.tariff, on[:7], payer.resident, payer.quotient, rank, len(payer.children), traits)
        if key not in self._prices:
            tariff = in_force(self.town.tariffs, unit.written.tariff, on)
            assert tariff is not None, (unit.id, on)
            # Everybody's children are enrolled alike in a demo: the two ways to rank siblings agree only within the family.
            assert tariff.terms.ranks_among == "family" or len(ranks_of(tariff.terms)) == 1, tariff.code
            minutes = minutes_of(unit.written.ends) - minutes_of(unit.written.starts)
            who = Situation(payer.resident, payer.quotient, rank, len(payer.children) or 1, traits, minutes)
            self._prices[key] = price(tariff, who)
        return self._prices[key]

    def book(self, payer: Payer, child: str, unit_id: str, day: str) -> bool:
        """A place, unless the day is full or the child is elsewhere; whether it was taken."""
        opening = self.openings[f"{unit_id}:{day}"]
        if not self._free(child, unit_id, day) or not self._places_left(opening["pools"]):
            return False
        for pool in opening["pools"]:
            self.taken[pool] += 1
        self._note(payer, child, unit_id, day, "booked")
        return True

    def wait(self, payer: Payer, child: str, unit_id: str, day: str) -> None:
        """A wish, behind those who wait already."""
        assert self._free(child, unit_id, day), (child, unit_id, day)
        self._note(payer, child, unit_id, day, "waiting")

    def shorten(self, unit_id: str, day: str, capacity: int) -> None:
        """Fewer places than usual on one day."""
        for pool in self.openings[f"{unit_id}:{day}"]["pools"]:
            self.capacity[pool] = capacity

    def _free(self, child: str, unit_id: str, day: str) -> bool:
        busy = self._busy[child, day]
        return unit_id not in busy and not busy.intersection(self.units[unit_id].excludes)

    def _places_left(self, pools: list[str]) -> bool:
        limits = ((self.taken[pool], self.capacity[pool]) for pool in pools)
        return all(capacity is None or taken < capacity for taken, capacity in limits)

    def _note(self, payer: Payer, child: str, unit_id: str, day: str, state: str) -> None:
        opening = self.openings[f"{unit_id}:{day}"]
        paid = self.price(self.units[unit_id], payer, child, day)
        latest = min(self.now_ms, opening["add_until"])
        # Those who wait asked yesterday, in the order of this list; the others before them.
        asked = latest - (24 if state == "waiting" else self._random.randrange(40, 500)) * HOUR_MS
        self._busy[child, day].add(unit_id)
        number = len(self.bookings)
        self.bookings.append(
            {
                "id": f"r_demo{number:07d}",
                "child_id": child,
                "family_id": payer.family,
                "opening_id": opening["id"],
                "date": day,
                "state": state,
                "active": f"{child}|{opening['id']}",
                "cents": paid.of_one_booking,
                "price_version": paid.version,
                "requested_at": asked + number,
                "decided_at": asked + number,
                "account": payer.account,
                "device": "",
                "n": 0,
            }
        )


def weekday_numbers(names: Iterable[str]) -> list[int]:
    return [WEEKDAYS.index(name) for name in names]
