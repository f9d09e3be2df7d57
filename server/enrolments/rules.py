"""Who may ask to enrol, from when, and what is still missing. Pure: the family, the child and the instant are arguments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Who = Literal["residents", "renewals", "siblings", "everyone"]
PRIORITIES: tuple[Who, ...] = ("residents", "renewals", "siblings", "everyone")
GOOD = ("here", "known", "good")
"""A paper that the town has."""


@dataclass(frozen=True)
class Asker:
    """What a priority looks at: lives in the town, was enrolled before, has a brother or a sister there."""

    resident: bool
    renewing: bool
    sibling: bool


@dataclass(frozen=True)
class Group:
    grades: frozenset[str]
    youngest: int | None
    eldest: int | None


def opens_for(windows: Iterable[Sequence[Any]], who: Asker) -> int | None:
    """From when this family may ask: the earliest of the openings that are for it; None: it is never open to it."""
    mine = {"residents": who.resident, "renewals": who.renewing, "siblings": who.sibling, "everyone": True}
    return min((int(at) for name, at in windows if mine.get(name, False)), default=None)


def age_on(born_on: str, day: str) -> int:
    """Whole years."""
    born, then = date.fromisoformat(born_on), date.fromisoformat(day)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def fits(group: Group, grade: str, born_on: str, first_day: str) -> bool:
    """Whether a child is of the classes and ages of a group, counted on the first day."""
    age = age_on(born_on, first_day)
    young = group.youngest is not None and age < group.youngest
    old = group.eldest is not None and age > group.eldest
    return (not group.grades or grade in group.grades) and not young and not old


def refusal(
    *, opens: int | None, closes: int, arrived: int, fitting: bool, enrolled: bool, unanswered: bool
) -> str | None:
    """The code of the first reason that forbids a request, or None. At the closing instant it is still in time."""
    if enrolled:
        return "ALREADY_ENROLLED"
    if not fitting:
        return "NOT_FOR_THIS_CHILD"
    if opens is None or arrived < opens:
        return "NOT_OPEN_YET"
    if arrived > closes:
        return "DEADLINE_PASSED"
    return "ANSWER_NEEDED" if unanswered else None


def unanswered(questions: Iterable[Mapping[str, Any]], answers: Mapping[str, str]) -> list[str]:
    """Codes of the questions that want an answer and have none, or one that is not among the choices."""
    return [one["code"] for one in questions if not _answered(one, answers.get(one["code"], "").strip())]


def _answered(question: Mapping[str, Any], answer: str) -> bool:
    if not answer:
        return not question["needed"]
    if question["kind"] == "yes_no":
        return answer in ("oui", "non")
    return question["kind"] != "choice" or answer in question["choices"]


def is_complete(papers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether nothing needed is missing."""
    return all(paper["state"] in GOOD for paper in papers if paper["needed"])


def moved_key(keys: Sequence[int], rank: int) -> int | None:
    """The order key of one who is put at a rank (1: first) among the others who wait, whose keys are given in order.

    None: there is no room between two neighbours, all have to be numbered anew.
    """
    before = keys[rank - 2] if rank > 1 and keys else None
    after = keys[rank - 1] if rank - 1 < len(keys) else None
    if before is None:
        return (after if after is not None else 0) - 1_000_000
    if after is None:
        return before + 1_000_000
    return (before + after) // 2 if after - before > 1 else None


def faults(written: Mapping[str, Any]) -> list[str]:
    """What cannot be true of a round, as sentences for who enters it."""
    found = []
    if written["until"] < written["since"]:
        found.append("l’inscription finirait avant de commencer")
    if not written["windows"]:
        found.append("personne ne pourrait s’inscrire : il faut au moins une ouverture")
    if any(at >= written["closes_at"] for _, at in written["windows"]):
        found.append("les inscriptions ouvriraient après leur clôture")
    names = [name for name, _ in written["windows"]]
    if len(names) != len(set(names)):
        found.append("une même priorité a deux ouvertures")
    if "everyone" in names and any(at > dict(written["windows"])["everyone"] for _, at in written["windows"]):
        found.append("une priorité ouvrirait après tout le monde")
    if not written["groups"]:
        found.append("il faut au moins un groupe")
    for group in written["groups"]:
        youngest, eldest = group["ages"] or (None, None)
        if youngest is not None and eldest is not None and eldest < youngest:
            found.append(f"le groupe « {group['name']} » n’a aucun âge possible")
        if not group["units"]:
            found.append(f"le groupe « {group['name']} » n’ouvre aucun créneau")
    for many in ("papers", "questions"):
        codes = [one["code"] for one in written[many]]
        if len(codes) != len(set(codes)):
            found.append("deux pièces ou deux questions portent le même nom")
    return found
