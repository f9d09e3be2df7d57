"""The rule engine: calendars, deadlines and windows as data, openings. Pure: day, calendar and time zone are arguments."""

from server.activities.rules.calendar import MIDNIGHT, ONE_DAY, WEEKDAYS, Calendar, Count, During, day_at, instant
from server.activities.rules.checking import Fault, fault_in
from server.activities.rules.deadlines import (
    Among,
    Anchored,
    ByDate,
    BySeason,
    ByWeekday,
    DaysBefore,
    Deadline,
    LastWeekday,
    MonthDay,
    MonthsBefore,
    NoLimit,
    NthOfMonth,
    OnDate,
    Shifted,
    TimeBefore,
    UntilStart,
    WeekdayBefore,
    cutoff,
)
from server.activities.rules.opening import FEW, FULL, MANY, Slot, clashes, level, opening_days, opening_rows
from server.activities.rules.terms import Late, Limits, Stage, Terms, limits
from server.activities.rules.written import LateRule, Rule, RulePair, Unwritable, rule_of, terms_of

__all__ = [
    "FEW", "FULL", "MANY", "MIDNIGHT", "ONE_DAY", "WEEKDAYS", "Among", "Anchored", "ByDate", "BySeason", "ByWeekday", "Calendar",
    "Count", "DaysBefore", "Deadline", "During", "Fault", "LastWeekday", "Late", "LateRule", "Limits", "MonthDay", "MonthsBefore",
    "NoLimit", "NthOfMonth", "OnDate", "Rule", "RulePair", "Shifted", "Slot", "Stage", "Terms", "TimeBefore", "UntilStart",
    "Unwritable", "WeekdayBefore", "clashes", "cutoff", "day_at", "fault_in", "instant", "level", "limits", "opening_days",
    "opening_rows", "rule_of", "terms_of",
]  # fmt: skip
