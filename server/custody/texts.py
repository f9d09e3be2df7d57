"""A plan read back in French, to a parent (« vous ») and to an agent (by the names of the files)."""

from collections.abc import Mapping
from datetime import date

from server.custody.rules import Plan, Split

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def sentence(plan: Plan, names: Mapping[str, str]) -> str:
    """« Une semaine sur deux : chez vous la semaine du lundi 31 août 2026, puis en alternance. Vacances : … »"""
    said = [_cycle(plan, names)]
    for name, split in sorted(plan.holidays.items(), key=lambda one: (one[0] != "*", one[0])):
        which = "Vacances scolaires" if name == "*" else name
        if name != "*" or split.how != "cycle":
            said.append(f"{which}\u00a0: {_split(split, plan, names)}.")
    return " ".join(said)


def _cycle(plan: Plan, names: Mapping[str, str]) -> str:
    first, second = names[plan.first], names[plan.second]
    day = _day(plan.anchor)
    if plan.cycle in ("A" * 7 + "B" * 7, "B" * 7 + "A" * 7):
        begins = first if plan.cycle[0] == "A" else second
        return f"Une semaine sur deux\u00a0: {begins} pendant les sept jours à partir du {day}, puis en alternance."
    if set(plan.cycle) == {"A"}:
        return f"Tous les jours {first}."
    if set(plan.cycle) == {"B"}:
        return f"Tous les jours {second}."
    if len(plan.cycle) == 7:
        theirs = [DAYS[(plan.anchor.weekday() + at) % 7] for at, letter in enumerate(plan.cycle) if letter == "B"]
        return f"Chaque semaine\u00a0: {second} le {' et le '.join(theirs)}, les autres jours {first}."
    turns = " puis ".join(f"{n} jour{'s' if n > 1 else ''} {first if letter == 'A' else second}" for letter, n in _turns(plan.cycle))
    return f"À partir du {day}\u00a0: {turns}, et ainsi de suite."


def _turns(cycle: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for letter in cycle:
        if found and found[-1][0] == letter:
            found[-1] = (letter, found[-1][1] + 1)
        else:
            found.append((letter, 1))
    return found


def _split(split: Split, plan: Plan, names: Mapping[str, str]) -> str:
    if split.how == "cycle":
        return "comme le reste de l’année"
    even, odd = names[split.even], names[plan.other(split.even)]
    if split.how == "whole":
        return f"en entier {even} les années paires, {odd} les années impaires"
    part = "première moitié" if split.how == "halves" else "par quinzaines, la première"
    return f"{part} {even} les années paires, {odd} les années impaires"


def _day(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{DAYS[day.weekday()]} {number} {MONTHS[day.month - 1]} {day.year}"
