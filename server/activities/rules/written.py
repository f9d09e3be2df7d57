"""Rules as a town writes them, in a file or on the agents' page, turned into rules. Pure.

One table has one form, known by its keys (docs/rules.md shows each): what mixes two forms is refused.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.activities.rules import deadlines as forms
from server.activities.rules.calendar import MIDNIGHT, WEEKDAYS, Count, Kind
from server.activities.rules.deadlines import Anchor, Deadline
from server.activities.rules.terms import Late, Terms

Hour = Annotated[str, Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Percent = Annotated[int, Meta(ge=0, le=500)]
Cents = Annotated[int, Meta(ge=0, le=100_000)]


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A misspelt key is refused, never ignored."""


class Span(Written, frozen=True, rename={"first": "from", "last": "to"}):
    """One line of a calendar of published dates."""

    first: Day
    last: Day
    on: Day
    at: Hour


class Rule(Written, frozen=True):
    """One rule. What cannot be None says which form it is."""

    days: Annotated[int, Meta(ge=0, le=366)] | None = None
    clear_days: Annotated[int, Meta(ge=0, le=366)] | None = None
    count: Kind | list[Weekday] | None = None
    weekday: Weekday | None = None
    weeks: Annotated[int, Meta(ge=0, le=52)] | None = None
    last: Weekday | None = None
    month_day: Annotated[int, Meta(ge=1, le=31)] | None = None
    nth: Annotated[int, Meta(ge=-31, le=31)] | None = None
    months: Annotated[int, Meta(ge=0, le=12)] | None = None
    months_before: Annotated[int, Meta(ge=1, le=12)] | None = None
    hours: Annotated[int, Meta(ge=0, le=2000)] | None = None
    minutes: Annotated[int, Meta(ge=0, le=59)] | None = None
    on: Day | None = None
    until: Literal["start"] | None = None
    at: Hour | None = None
    dates: list[Span] | None = None
    by_day: dict[Weekday, "Rule"] | None = None
    school: "Rule | None" = None
    holidays: "Rule | None" = None
    earliest: list["Rule"] | None = None
    latest: list["Rule"] | None = None
    anchor: Anchor | None = None
    """Counted from the week, the month or the holidays of the day, instead of the day."""
    shift: Literal["earlier", "later", "week_earlier"] | None = None
    """Moved to an open day when it falls on one that is not."""
    shift_on: Kind | list[Weekday] | None = None
    """To a day of this kind instead of an open one."""
    otherwise: "Rule | None" = None
    """Of by_day and dates: for the days that have no line."""


class LateRule(Written, frozen=True):
    then: Literal["accept", "ask", "waiting"]
    until: Rule
    percent: Percent = 0
    cents: Cents = 0


class RulePair(Written, frozen=True):
    """The terms of some units: until when one may add and remove, and what surrounds that."""

    code: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)]
    add: Rule
    remove: Rule
    opens: Rule | None = None
    opens_outside: Rule | None = None
    late_add: LateRule | None = None
    late_remove: LateRule | None = None
    decided: bool = False
    prepaid: bool = False


# Required keys → keys that may go with them.
FORMS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"days", "at"}), frozenset({"count"})),
    (frozenset({"clear_days"}), frozenset({"count", "at"})),
    (frozenset({"weekday", "weeks", "at"}), frozenset()),
    (frozenset({"last", "at"}), frozenset()),
    (frozenset({"month_day", "months", "at"}), frozenset()),
    (frozenset({"nth", "months", "at"}), frozenset({"count"})),
    (frozenset({"months_before", "at"}), frozenset()),
    (frozenset({"hours"}), frozenset({"minutes", "count"})),
    (frozenset({"minutes"}), frozenset({"count"})),
    (frozenset({"on", "at"}), frozenset()),
    (frozenset({"until"}), frozenset()),
    (frozenset({"dates"}), frozenset({"otherwise"})),
    (frozenset({"by_day"}), frozenset({"otherwise"})),
    (frozenset({"school", "holidays"}), frozenset()),
    (frozenset({"earliest"}), frozenset()),
    (frozenset({"latest"}), frozenset()),
)
WITHOUT_SHIFT = ("hours", "minutes", "until", "dates", "by_day", "school", "earliest", "latest")
NO_FORM = (
    "aucune règle ne s’écrit ainsi : days + at, clear_days, weekday + weeks + at, last + at, month_day + months + at, nth + months + at, "
    "months_before + at, hours, on + at, until, dates, by_day, school + holidays, earliest ou latest"
)


class Unwritable(Exception):
    """What is written is no rule; `key` says where, `said` why, in French."""

    def __init__(self, key: str, said: str) -> None:
        super().__init__(f"{key} : {said}" if key else said)
        self.key, self.said = key, said


def terms_of(pair: RulePair) -> Terms:
    """The terms that are written.

    Raises:
        Unwritable: one of the rules mixes forms, or says something that no calendar knows.
    """
    return Terms(
        add=rule_of(pair.add, "add"),
        remove=rule_of(pair.remove, "remove"),
        opens=rule_of(pair.opens, "opens") if pair.opens else None,
        opens_outside=rule_of(pair.opens_outside, "opens_outside") if pair.opens_outside else None,
        late_add=_late(pair.late_add, "late_add"),
        late_remove=_late_remove(pair.late_remove),
        decided=pair.decided,
        prepaid=pair.prepaid,
    )


def _late(written: LateRule | None, key: str) -> Late | None:
    if written is None:
        return None
    return Late(written.then, rule_of(written.until, f"{key}.until"), written.percent, written.cents)


def _late_remove(written: LateRule | None) -> Late | None:
    if written is not None and written.then != "accept":
        raise Unwritable("late_remove.then", "une annulation tardive est acceptée, avec ce qui reste dû, ou refusée")
    return _late(written, "late_remove")


def rule_of(written: Rule, key: str = "") -> Deadline:
    """One rule.

    Raises:
        Unwritable: it mixes forms, or says something that no calendar knows.
    """
    said = {name for name in written.__struct_fields__ if getattr(written, name) is not None}
    core = said - {"anchor", "shift", "shift_on"}
    if not any(needed <= core <= needed | may for needed, may in FORMS):
        raise Unwritable(key, NO_FORM)
    rule = _core(written, key)
    if written.anchor is not None:
        rule = forms.Anchored(rule, written.anchor)
    if written.shift is not None:
        if core & set(WITHOUT_SHIFT):
            raise Unwritable(key, "« shift » déplace un jour : il ne va pas avec cette forme")
        rule = forms.Shifted(rule, written.shift, _count(written.shift_on or "open", f"{key}.shift_on"))  # type: ignore[arg-type]
    elif written.shift_on is not None:
        raise Unwritable(key, "« shift_on » dit vers quels jours « shift » déplace : écrivez aussi « shift »")
    return rule


def _core(written: Rule, key: str) -> Deadline:
    match written:
        case Rule(until="start"):
            return forms.UntilStart()
        case Rule(clear_days=int(days)):
            return forms.DaysBefore(days, written.at or MIDNIGHT, _count(written.count, key), clear=True)
        case Rule(days=int(days), at=str(at)):
            return forms.DaysBefore(days, at, _count(written.count, key))
        case Rule(weekday=str(weekday), weeks=int(weeks), at=str(at)):
            return forms.WeekdayBefore(WEEKDAYS.index(weekday), weeks, at)
        case Rule(last=str(weekday), at=str(at)):
            return forms.LastWeekday(WEEKDAYS.index(weekday), at)
        case Rule(month_day=int(day), months=int(months), at=str(at)):
            return forms.MonthDay(day, months, at)
        case Rule(nth=int(nth), months=int(months), at=str(at)):
            if nth == 0:
                raise Unwritable(f"{key}.nth", "1 est le premier jour compté du mois, -1 le dernier ; 0 n’en est aucun")
            return forms.NthOfMonth(nth, months, at, _count(written.count or "open", key))
        case Rule(months_before=int(months), at=str(at)):
            return forms.MonthsBefore(months, at)
        case Rule(on=str(on), at=str(at)):
            return forms.OnDate(_day(on, f"{key}.on"), at)
    if written.hours is not None or written.minutes is not None:
        return forms.TimeBefore((written.hours or 0) * 60 + (written.minutes or 0), _count(written.count, key))
    return _combined(written, key)


def _combined(written: Rule, key: str) -> Deadline:
    otherwise = rule_of(written.otherwise, f"{key}.otherwise") if written.otherwise is not None else None
    if written.dates is not None:
        return forms.ByDate(_spans(written.dates, f"{key}.dates"), otherwise)
    if written.by_day is not None:
        days = ((WEEKDAYS.index(day), rule_of(one, f"{key}.by_day.{day}")) for day, one in written.by_day.items())
        return forms.ByWeekday(tuple(days), otherwise)
    if written.school is not None and written.holidays is not None:
        return forms.BySeason(rule_of(written.school, f"{key}.school"), rule_of(written.holidays, f"{key}.holidays"))
    which: Literal["earliest", "latest"] = "earliest" if written.earliest is not None else "latest"
    several = written.earliest or written.latest or []
    if len(several) < 2:
        raise Unwritable(f"{key}.{which}", "il faut au moins deux règles")
    return forms.Among(which, tuple(rule_of(one, f"{key}.{which}[{rank}]") for rank, one in enumerate(several)))


def _spans(written: Sequence[Span], key: str) -> tuple[tuple[date, date, Deadline], ...]:
    spans: list[tuple[date, date, Deadline]] = []
    for rank, span in enumerate(written):
        where = f"{key}[{rank}]"
        first, last = _day(span.first, f"{where}.from"), _day(span.last, f"{where}.to")
        if last < first:
            raise Unwritable(f"{where}.to", "la période finit avant de commencer")
        clash = next((one for one in spans if one[0] <= last and first <= one[1]), None)
        if clash is not None:
            raise Unwritable(where, f"recouvre la période du {clash[0].isoformat()} au {clash[1].isoformat()}")
        spans.append((first, last, forms.OnDate(_day(span.on, f"{where}.on"), span.at)))
    return tuple(spans)


def _count(written: Any, key: str) -> Count:
    if not isinstance(written, list):
        return written or "calendar"
    if not written:
        raise Unwritable(f"{key}.count", "aucun jour ne compte : la règle n’aurait pas de fin")
    return frozenset(WEEKDAYS.index(day) for day in written)


def _day(written: str, key: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Unwritable(key, f"le jour « {written} » n’existe pas") from None
