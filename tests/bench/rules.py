"""How long the deadlines of one child's year take: every unit that a child of the demo town could book."""

import time
from datetime import date

from server.activities.rules import WEEKDAYS, Calendar, limits, opening_days
from server.towns.loader import load_town

RUNS = 15


def one_childs_year() -> dict[str, float]:
    """``openings`` and the processor time for all their limits: ``first_ms`` with nothing counted before, then ``median_ms``."""
    town = load_town("vigneux")
    first, last = (date.fromisoformat(day) for day in (town.identity.year.starts_on, town.identity.year.ends_on))
    places = {"pasteur", "centre-pasteur", "emap", "gymnase"}
    units = [unit for unit in town.units if unit.place in places and unit.conditions]
    days = [
        (unit.conditions, unit.written.starts, day)
        for unit in units
        for day in opening_days(unit.written.during, map(WEEKDAYS.index, unit.written.days), first, last, town.calendar)
    ]
    taken = []
    for _ in range(RUNS):
        calendar = Calendar(town.calendar.closed, town.calendar.school_holidays) if not taken else town.calendar
        begun = time.process_time()
        for terms, starts, day in days:
            assert terms is not None
            limits(terms, day, starts, calendar, town.zone)
        taken.append((time.process_time() - begun) * 1000)
    return {"openings": len(days), "first_ms": taken[0], "median_ms": sorted(taken)[RUNS // 2]}


if __name__ == "__main__":
    print(one_childs_year())
