"""Rules read back in French, so that what parents read cannot say something else than what is computed."""

from collections.abc import Sequence
from datetime import date

from server.activities.rules import (
    Among,
    Anchored,
    ByDate,
    BySeason,
    ByWeekday,
    Count,
    DaysBefore,
    Deadline,
    LastWeekday,
    Late,
    MonthDay,
    MonthsBefore,
    NthOfMonth,
    OnDate,
    Shifted,
    Terms,
    TimeBefore,
    UntilStart,
    WeekdayBefore,
)

NBSP = "\u00a0"
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
ANCHORS = {
    "week": "le lundi de la semaine",
    "month": "le 1er du mois",
    "period": "le premier jour des vacances",
    "period_opening": "le premier jour ouvré des vacances",
    "term": "le premier jour de la période (de vacances à vacances)",
    "year": "le 1er septembre",
}
COUNTED_DAY = {
    "calendar": "jour", "weekdays": "jour du lundi au vendredi", "open": "jour ouvré", "working": "jour ouvrable", "school": "jour d’école",
}  # fmt: skip
OUTSIDE = {"open": "des jours ouvrés", "school": "des jours d’école", "working": "des jours ouvrables", "weekdays": "de la semaine"}
THEN = {"accept": "accepté", "ask": "sur accord du service", "waiting": "en liste d’attente"}


def terms_sentence(terms: Terms) -> str:
    """« Réserver ou annuler : jusqu’à 2 jours ouvrés avant, à 12 h. », with the opening and what comes past the limit."""
    said = [deadline_sentence(terms.add, terms.remove)]
    if terms.opens is not None:
        opens = f"Ouverture des réservations{NBSP}: {_when(terms.opens)}"
        if terms.opens_outside is not None:
            opens += f", et pour les familles extérieures {_when(terms.opens_outside)}"
        said.insert(0, f"{opens}.")
    elif terms.opens_outside is not None:
        said.insert(0, f"Familles extérieures{NBSP}: à partir de {_when(terms.opens_outside)}.")
    if terms.late_add is not None:
        said.append(f"Réserver plus tard{NBSP}: {_late(terms.late_add, 'de majoration')}.")
    if terms.late_remove is not None:
        said.append(f"Annuler plus tard{NBSP}: {_late(terms.late_remove, 'du prix reste dû', 'restent dus')}.")
    if terms.decided:
        said.append("Le service accepte ou refuse chaque demande selon les places.")
    if terms.prepaid:
        said.append("À régler en totalité avant la limite.")
    return " ".join(said)


def deadline_sentence(add: Deadline, remove: Deadline) -> str:
    """« Réserver ou annuler : jusqu’à 2 jours ouvrés avant, à 12 h. »"""
    if add == remove:
        return f"Réserver ou annuler{NBSP}: {until(add)}."
    return f"Réserver{NBSP}: {until(add)}. Annuler{NBSP}: {until(remove)}."


def _late(late: Late, share: str, owed: str = "de majoration") -> str:
    extra = [f"{late.percent}{NBSP}% {share}"] if late.percent else []
    extra += [f"{late.cents // 100},{late.cents % 100:02d}{NBSP}€ {owed}"] if late.cents else []
    said = f"{THEN[late.then]} {until(late.until)}"
    return f"{said}, {' et '.join(extra)}" if extra else said


def until(rule: Deadline) -> str:
    """« jusqu’au jeudi de la semaine précédente, à 12 h »"""
    match rule:
        case UntilStart():
            return "jusqu’au début"
        case DaysBefore(0, at, _, False):
            return f"jusqu’au jour même{_at(at)}"
        case DaysBefore() | TimeBefore() | MonthsBefore():
            return f"jusqu’à {_when(rule)}"
        case WeekdayBefore() | LastWeekday() | MonthDay() | NthOfMonth() | OnDate():
            return f"jusqu’au {_when(rule)}"
        case Anchored(inner, anchor):
            return f"{until(inner)} {_from_anchor(inner, anchor)}"
        case Shifted(inner, to, on):
            return f"{until(inner)} {_shift(to, on)}"
        case BySeason(school, holidays):
            return f"en période scolaire {until(school)}{NBSP}; pendant les vacances {until(holidays)}"
        case ByWeekday(rules, otherwise):
            said = [f"pour {days} {until(one)}" for days, one in _by_rule(rules)]
            return f"{NBSP}; ".join([*said, *_otherwise(otherwise)])
        case ByDate(spans, otherwise):
            said = [f"du {_day(first)} au {_day(last)} {until(one)}" for first, last, one in spans]
            return f"{NBSP}; ".join([*said, *_otherwise(otherwise)])
        case Among(which, rules):
            first = "première" if which == "earliest" else "dernière"
            return f"jusqu’à la {first} de ces limites{NBSP}: {' / '.join(until(one) for one in rules)}"
    raise AssertionError(rule)


def _when(rule: Deadline) -> str:
    """A rule as the moment itself: « 2 jours ouvrés avant, à 12 h », « jeudi précédent, à 12 h »."""
    match rule:
        case DaysBefore(days, at, count, clear):
            weeks = days // 7 if days and days % 7 == 0 and count == "calendar" and not clear and days > 7 else 0
            span = f"{weeks} semaines" if weeks else _days(days, count, clear)
            return f"{span} avant{_at(at)}"
        case TimeBefore(minutes, count):
            hours, rest = divmod(minutes, 60)
            span = f"{hours}{NBSP}heure{'s' if hours > 1 else ''}" if hours else ""
            span += f"{' ' if span and rest else ''}{rest}{NBSP}minutes" if rest else ""
            return f"{span} avant{'' if count == 'calendar' else ' (comptées les ' + _counted(count) + ')'}"
        case WeekdayBefore(weekday, weeks, at):
            week = ("de la même semaine", "de la semaine précédente")[weeks] if weeks < 2 else f"{weeks} semaines avant"
            return f"{WEEKDAYS[weekday]} {week}{_at(at)}"
        case LastWeekday(weekday, at):
            return f"{WEEKDAYS[weekday]} précédent{_at(at)}"
        case MonthDay(day, months, at):
            number = "1er" if day == 1 else "dernier jour" if day == 31 else day
            return f"{number} {_month(months)}{_at(at)}"
        case NthOfMonth(nth, months, at, count):
            return f"{_nth(nth, count)} {_month(months)}{_at(at)}"
        case MonthsBefore(months, at):
            return f"{months} mois avant, jour pour jour{_at(at)}"
        case OnDate(day, at):
            return f"{_day(day)}{_at(at)}"
        case ByDate(spans, None):
            return f"{NBSP}; ".join(f"pour la période du {_day(first)} au {_day(last)}, {_from(one)}" for first, last, one in spans)
        case Anchored(inner, anchor):
            return f"{_when(inner)} {_from_anchor(inner, anchor)}"
        case Shifted(inner, to, on):
            return f"{_when(inner)} {_shift(to, on)}"
    return until(rule).removeprefix("jusqu’à ").removeprefix("jusqu’au ")


def _shift(to: str, on: Count) -> str:
    if to == "week_earlier":
        outside = OUTSIDE.get(on, "des jours comptés") if isinstance(on, str) else "des jours comptés"
        return f"(ou le même jour d’une semaine précédente, s’il tombe en dehors {outside})"
    which = "suivant" if to == "later" else "précédent"
    if on == "open":
        return f"(ou le jour ouvré {which}, si ce jour est férié ou chômé)"
    if isinstance(on, frozenset):
        return f"(ou le {_list([WEEKDAYS[day] for day in sorted(on)])} {which}, si ce jour n’en est pas un)"
    return f"(ou le {COUNTED_DAY[on]} {which}, si ce jour n’en est pas un)"


def _otherwise(rule: Deadline | None) -> list[str]:
    return [] if rule is None else [f"les autres jours {until(rule)}"]


def _month(months: int) -> str:
    return ("du même mois", "du mois précédent")[months] if months < 2 else f"{months} mois avant"


def _nth(nth: int, count: Count) -> str:
    kind = COUNTED_DAY[count] if isinstance(count, str) else _list([WEEKDAYS[day] for day in sorted(count)])
    if nth == -1:
        return f"dernier {kind}"
    number = "1er" if abs(nth) == 1 else f"{abs(nth)}e"
    return f"{number} {kind}" if nth > 0 else f"{number} {kind} avant la fin"


def _from(rule: Deadline) -> str:
    said = _when(rule)
    return f"le {said}" if isinstance(rule, OnDate | WeekdayBefore | LastWeekday | MonthDay | NthOfMonth) else said


def _from_anchor(inner: Deadline, anchor: str) -> str:
    return f"(compté{'s' if isinstance(inner, DaysBefore | TimeBefore) else ''} depuis {ANCHORS[anchor]})"


def _days(days: int, count: Count, clear: bool) -> str:
    s = "s" if days > 1 else ""
    plain = f"{days} jour{s}"
    francs = f" franc{s}" if clear else ""
    match count:
        case "calendar":
            return plain + francs
        case "open":
            return f"{plain} ouvré{s}{francs}"
        case "working":
            return f"{plain} ouvrable{s}{francs}"
        case "school":
            return f"{plain} d’école{francs}"
        case "weekdays":
            return f"{plain}{francs}, week-end exclu,"
    return f"{plain}{francs} (comptés les {_counted(count)})"


def _counted(count: Count) -> str:
    if isinstance(count, frozenset):
        return _list([f"{WEEKDAYS[day]}s" for day in sorted(count)]) + " non fériés"
    return {
        "weekdays": "jours du lundi au vendredi",
        "open": "jours ouvrés",
        "working": "jours ouvrables",
        "school": "jours d’école",
    }[count]


def _by_rule(rules: Sequence[tuple[int, Deadline]]) -> list[tuple[str, Deadline]]:
    """Weekdays that share a rule are said together: « le lundi et le mardi »."""
    grouped: dict[Deadline, list[int]] = {}
    for weekday, rule in sorted(rules, key=lambda one: one[0]):
        grouped.setdefault(rule, []).append(weekday)
    return [(_list([f"le {WEEKDAYS[day]}" for day in days]), rule) for rule, days in grouped.items()]


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def _at(at: str) -> str:
    return ", à minuit" if at == "24:00" else f", à {hour(at)}"


def hour(at: str) -> str:
    """``12:00`` → « 12 h », ``08:30`` → « 8 h 30 »."""
    hours, minutes = at.split(":")
    return f"{int(hours)}{NBSP}h" + (f"{NBSP}{minutes}" if minutes != "00" else "")
