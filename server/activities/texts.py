"""A deadline rule read back in French, so that what parents read cannot say something else than what is computed."""

from server.activities.rules import DaysBefore, Deadline, UntilStart, WeekdayBefore

NBSP = "\u00a0"
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def deadline_sentence(add: Deadline, remove: Deadline) -> str:
    """« Réserver ou annuler : jusqu’à 2 jours ouvrés avant, à 12 h. »"""
    if add == remove:
        return f"Réserver ou annuler{NBSP}: {_until(add)}."
    return f"Réserver{NBSP}: {_until(add)}. Annuler{NBSP}: {_until(remove)}."


def _until(rule: Deadline) -> str:
    match rule:
        case UntilStart():
            return "jusqu’au début"
        case DaysBefore(0, at, _):
            return f"jusqu’au jour même, à {hour(at)}"
        case DaysBefore(days, at, count):
            plural = "s" if days > 1 else ""
            kind = f" ouvré{plural}" if count == "open" else ""
            return f"jusqu’à {days} jour{plural}{kind} avant, à {hour(at)}"
        case WeekdayBefore(weekday, weeks, at):
            week = ("de la même semaine", "de la semaine précédente")[weeks] if weeks < 2 else f"{weeks} semaines avant"
            return f"jusqu’au {WEEKDAYS[weekday]} {week}, à {hour(at)}"
    raise AssertionError(rule)


def hour(at: str) -> str:
    """``12:00`` → « 12 h », ``08:30`` → « 8 h 30 »."""
    hours, minutes = at.split(":")
    return f"{int(hours)}{NBSP}h" + (f"{NBSP}{minutes}" if minutes != "00" else "")
