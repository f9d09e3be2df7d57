"""Families as the demo makes them, and the rows of the tables that hold them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from server.consents.texts import TEXTS
from server.custody.rules import Plan, owner
from server.instants import day_of
from server.quotient.rules import valid_until
from server.tariffs.service import traits_of_grade
from server.towns.ledger import Ledger, Payer
from server.towns.loader import Town, TownUnit
from server.towns.shape import Grade

GRADES: tuple[Grade, ...] = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")


@dataclass(frozen=True)
class Child:
    id: str
    first_name: str
    last_name: str
    born_on: str
    grade: str
    school: str
    also: frozenset[str] = frozenset()
    """Codes of units of workshops and sports that the child is enrolled in besides school and leisure centre."""


@dataclass(frozen=True)
class Adult:
    id: str
    first_name: str
    last_name: str
    username: str | None = None
    account: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Household:
    id: str
    number: str
    label: str
    resident: bool
    quotient: int | None
    source: str | None
    read_on: str | None
    address: str | None
    adults: tuple[Adult, ...]
    children: tuple[Child, ...]

    @cached_property
    def payer(self) -> Payer:
        account = next((adult.account for adult in self.adults if adult.account), "")
        siblings = sorted(self.children, key=lambda child: (child.born_on, child.id))
        # As tariffs.service reads them from the tables.
        fund = {"CAF": "caf", "MSA": "msa"}.get(self.source or "")
        own = frozenset((fund,) if fund else ())
        children = tuple((child.id, own | traits_of_grade(child.grade)) for child in siblings)
        return Payer(self.id, account or "", self.resident, self.quotient, children)


@dataclass(frozen=True)
class Habit:
    """What a family usually books for a child: a unit, on some weekdays (0 Monday), in all, even or odd ISO weeks."""

    household: Household
    child: Child
    unit: TownUnit
    weekdays: tuple[int, ...]
    weeks: str = "all"


def units_of(town: Town, child: Child) -> list[TownUnit]:
    """The units a child is enrolled in: its school's, its leisure centre's, and those it asked for."""
    centre = next((place.centre for place in town.places if place.code == child.school), None)
    schools = {place.code for place in town.places if place.kind == "school"}
    centres = {place.code for place in town.places if place.kind == "centre"}
    found = []
    for unit in town.units:
        near = unit.place in (child.school, centre)
        elsewhere = unit.place not in schools | centres and unit.written.code in child.also
        if (near or elsewhere) and (not unit.written.grades or child.grade in unit.written.grades):
            found.append(unit)
    return found


def book_habits(
    ledger: Ledger, habits: Iterable[Habit], days_before: int, days_after: int, plans: Mapping[str, Plan] | None = None
) -> None:
    """Books what is usual around today. A day that is full stays free for that child, as in life.

    `plans`: of children who share their days between two homes; each books its own.
    """
    first, last = ledger.day_from_today(-days_before), ledger.day_from_today(days_after)
    for habit in habits:
        plan = (plans or {}).get(habit.child.id)
        for day in ledger.usual_days(habit.unit.id, habit.weekdays, first, last, "all" if plan else habit.weeks):
            if plan is None or owner(plan, date.fromisoformat(day), ledger.holidays) in (None, habit.household.id):
                ledger.book(habit.household.payer, habit.child.id, habit.unit.id, day)


def household_rows(
    town: Town, households: Sequence[Household], password_hash: str, now_ms: int
) -> dict[str, list[dict[str, Any]]]:
    """Table → rows, in an order that foreign keys allow."""
    since, until = town.identity.year.starts_on, town.identity.year.ends_on
    rows: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in (
            "account", "family", "adult", "child", "family_child", "guardianship", "enrolment", "quotient_reading", "consent",
            "family_proof",
        )
    }
    seen: set[str] = set()
    for home in households:
        rows["family"].append(
            {
                "id": home.id,
                "file_number": home.number,
                "file_label": home.label,
                "resident": home.resident,
                "quotient": home.quotient,
                "quotient_source": home.source,
                "quotient_read_on": home.read_on,
                "address": home.address,
                "phone_mobile": next((adult.phone for adult in home.adults if adult.phone), None),
            }
        )
        _add_papers(rows, home, now_ms, until)
        for adult in home.adults:
            # Parents may look at their file before the town's year begins, whatever the day on which the demo is made.
            _add_adult(rows, home, adult, password_hash, now_ms, min(since, day_of(now_ms, town.zone)))
        for child in home.children:
            rows["family_child"].append({"id": f"{home.id}|{child.id}", "family_id": home.id, "child_id": child.id})
            if child.id not in seen:  # a child of two homes is one child
                seen.add(child.id)
                rows["child"].append(_child(child))
                rows["enrolment"].extend(_enrolments(town, child, since, until))
    return rows


def _add_papers(rows: Mapping[str, list[dict[str, Any]]], home: Household, now_ms: int, until: str) -> None:
    """Each child is insured; who has a quotient allowed the town to ask for it, on paper, at the start of the year."""
    for child in home.children:
        rows["family_proof"].append(
            {
                "id": f"{home.id}.insurance.{child.id}", "family_id": home.id, "child": child.id, "kind": "insurance",
                "label": "Assurance de démonstration", "valid_until": until, "seen_at": now_ms,
            }
        )  # fmt: skip
    account = next((adult.account for adult in home.adults if adult.account), None)
    if home.quotient is None or home.read_on is None:
        return
    rows["quotient_reading"].append(
        {
            "id": home.id.replace("fam_", "qf_", 1), "family_id": home.id, "value": home.quotient, "source": home.source or "CAF",
            "channel": "certificate" if home.source == "tax_notice" else "cdap", "month": home.read_on[:7], "computed": None,
            "read_on": home.read_on, "until": valid_until(home.read_on), "account": account, "made_at": now_ms,
        }
    )  # fmt: skip
    for purpose, text in TEXTS.items() if account else ():
        rows["consent"].append(
            {
                "account": account, "purpose": purpose, "given": purpose == "quotient", "text_version": text.version,
                "text_hash": text.hash, "channel": "paper", "at": now_ms,
            }
        )  # fmt: skip


def _add_adult(
    rows: Mapping[str, list[dict[str, Any]]], home: Household, adult: Adult, password_hash: str, now_ms: int, since: str
) -> None:
    name = f"{adult.first_name} {adult.last_name}"
    if adult.account:
        rows["account"].append(account_row(adult.account, adult.username or "", name, "parent", password_hash, now_ms))
        rows["guardianship"].append(
            {
                "id": f"{adult.account}|{home.id}",
                "account_id": adult.account,
                "family_id": home.id,
                "since": since,
                "until": None,
            }
        )
    rows["adult"].append(
        {
            "id": adult.id,
            "family_id": home.id,
            "account_id": adult.account,
            "first_name": adult.first_name,
            "last_name": adult.last_name,
            "phone": adult.phone,
        }
    )


def account_row(
    id: str, username: str, name: str, role: str, password_hash: str, now_ms: int, service: str | None = None
) -> dict[str, Any]:
    return {
        "id": id,
        "username": username,
        "password_hash": password_hash,
        "role": role,
        "name": name,
        "email": f"{username}@demo.example",
        "service": service,
        "created_at": now_ms,
    }


def _child(child: Child) -> dict[str, Any]:
    return {
        "id": child.id,
        "first_name": child.first_name,
        "last_name": child.last_name,
        "born_on": child.born_on,
        "grade": child.grade,
        "school": child.school,
    }


def _enrolments(town: Town, child: Child, since: str, until: str) -> list[dict[str, Any]]:
    units: dict[str, list[str]] = defaultdict(list)
    for unit in units_of(town, child):
        units[unit.written.activity].append(unit.id)
    return [
        {
            "id": f"{child.id.replace('chd_', 'enr_')}_{activity}",
            "child_id": child.id,
            "activity_id": activity,
            "units": ids,
            "since": since,
            "until": until,
        }
        for activity, ids in units.items()
    ]
