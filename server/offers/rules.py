"""What cannot be true of a unit that an agent enters, and which days it opens. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from server.activities.rules import Calendar, Slot, clashes, opening_days


def slug(name: str, taken: Collection[str], most: int = 24) -> str:
    """A code of a name: small letters without accents, digits and dashes; numbered when it is taken."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-") or "sans-nom"
    found, number = base, 2
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found


def faults(unit: Mapping[str, Any], first: str, last: str) -> list[str]:
    """Why a unit cannot be as it is written, as sentences for who enters it."""
    found = []
    if unit["ends"] <= unit["starts"]:
        found.append("l’accueil finirait avant de commencer")
    if not unit["weekdays"] and not unit["extra_days"]:
        found.append("aucun jour d’ouverture n’est choisi")
    for day in (*unit["extra_days"], *unit["skipped_days"]):
        if not _is_day(day):
            found.append(f"le jour « {day} » n’existe pas")
        elif not first <= day <= last:
            found.append(f"le {day} est hors de l’année scolaire")
    if set(unit["extra_days"]) & set(unit["skipped_days"]):
        found.append("un même jour est à la fois ajouté et retiré")
    if not unit["counts"]:
        found.append("dites où les places sont comptées, même si elles sont sans limite")
    return found


def days_of(unit: Mapping[str, Any], first: date, last: date, calendar: Calendar) -> list[date]:
    extra, skipped = unit["extra_days"], unit["skipped_days"]
    return list(opening_days(unit["during"], unit["weekdays"], first, last, calendar, extra, skipped))


def slot_of(unit: Mapping[str, Any], in_school: bool) -> Slot:
    return Slot(
        unit["id"], unit["place"], in_school, unit["during"], frozenset(unit["weekdays"]), unit["starts"], unit["ends"],
        frozenset(unit["grades"]),
    )  # fmt: skip


def excluded_by_hours(unit: Slot, others: Iterable[Slot]) -> set[str]:
    """The units whose hours overlap with this one's, for a child that could use both."""
    return {other.id for other in others if other.id != unit.id and list(clashes([unit, other]))}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
