"""Terms that cannot be true are refused when they are entered, with the reason and the first day that shows it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from server.activities.rules.calendar import Calendar, instant
from server.activities.rules.deadlines import NoLimit
from server.activities.rules.terms import Limits, Terms, limits

Key = Literal["add", "remove", "opens", "opens_outside", "late_add", "late_remove"]
HOLES = {
    "no_weekday": "aucune limite n’est écrite pour ce jour de la semaine",
    "no_date": "aucune des périodes écrites ne contient ce jour",
    "no_period": "la règle compte depuis des vacances scolaires, et ce jour n’est dans aucunes vacances",
}
AFTER_START = "la limite tombe après le début de l’accueil"
OPENS_LATE = "les réservations ouvriraient après leur clôture"
OUTSIDE_FIRST = "les familles extérieures réserveraient avant celles de la commune"
NEVER_LATE = "le délai supplémentaire finit avant la limite : il ne servirait jamais"
FREE_PASS = "sans majoration ni avis du service, la limite ne limiterait rien : écrivez plutôt la limite plus tardive"


@dataclass(frozen=True)
class Fault:
    """What cannot be true. `day`: the first opening day that shows it; None when every day does."""

    key: Key
    said: str
    day: date | None = None

    def __str__(self) -> str:
        return f"{self.said} (le {self.day:%d/%m/%Y})" if self.day else self.said


def fault_in(terms: Terms, days: Iterable[date], starts: str, calendar: Calendar, zone: ZoneInfo) -> Fault | None:
    """The first reason why these terms cannot be true on the given opening days; None when they can."""
    for key, late in (("late_add", terms.late_add), ("late_remove", terms.late_remove)):
        if late is not None and late.then == "accept" and not late.percent and not late.cents and key == "late_add":
            return Fault("late_add", FREE_PASS)
    for day in days:
        try:
            found = limits(terms, day, starts, calendar, zone)
        except NoLimit as hole:
            return Fault(_where(terms, day, starts, calendar, zone), HOLES[hole.code], day)
        wrong = _wrong(found, instant(day, starts, zone))
        if wrong is not None:
            return Fault(wrong[0], wrong[1], day)
    return None


def _wrong(found: Limits, begins: int) -> tuple[Key, str] | None:
    late_add, late_remove = found.late_add, found.late_remove
    for key, limit in (("add", found.add), ("remove", found.remove), ("late_add", late_add), ("late_remove", late_remove)):
        if limit is not None and limit > begins:
            return key, AFTER_START  # type: ignore[return-value]
    if late_add is not None and late_add <= found.add:
        return "late_add", NEVER_LATE
    if late_remove is not None and late_remove <= found.remove:
        return "late_remove", NEVER_LATE
    if found.opens is not None and found.opens >= found.add:
        return "opens", OPENS_LATE
    if found.opens_outside is not None and found.opens_outside >= found.add:
        return "opens_outside", OPENS_LATE
    if found.opens_outside is not None and found.opens_outside < (found.opens or 0):
        return "opens_outside", OUTSIDE_FIRST
    return None


def _where(terms: Terms, day: date, starts: str, calendar: Calendar, zone: ZoneInfo) -> Key:
    """Which of the rules has the hole: each is tried alone."""
    alone: tuple[tuple[Key, Terms], ...] = (
        ("add", Terms(terms.add, terms.add)),
        ("remove", Terms(terms.remove, terms.remove)),
        ("opens", Terms(terms.add, terms.add, opens=terms.opens)),
        ("opens_outside", Terms(terms.add, terms.add, opens=terms.opens_outside)),
        ("late_add", Terms(terms.add, terms.add, late_add=terms.late_add)),
    )
    for key, one in alone:
        try:
            limits(one, day, starts, calendar, zone)
        except NoLimit:
            return key
    return "late_remove"
