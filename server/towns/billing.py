"""A year of invoices for the demo: the months of this school year count real days, those before it are invented."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.invoices.rules import amount, invoice_number, total
from server.towns.households import GRADES, Habit, Household
from server.towns.ledger import Ledger

# INVENTED: weeks of school and of holiday centre in each month of the year before.
WEEKS_BEFORE = {
    1: (4, 0), 2: (2, 2), 3: (4, 0), 4: (2, 2), 5: (4, 0), 6: (4, 0),
    7: (0, 4), 8: (0, 3), 9: (4, 0), 10: (2, 2), 11: (4, 0), 12: (3, 1),
}  # fmt: skip
MONTHS = 11
REGIE = "regie"
Rows = list[dict[str, Any]]
ISSUED_DAY = 5  # of the following month; due on that month's last day


@dataclass(frozen=True)
class Month:
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def next(self) -> "Month":
        following = self.last + timedelta(days=1)
        return Month(following.year, following.month)

    @property
    def previous(self) -> "Month":
        before = self.first - timedelta(days=1)
        return Month(before.year, before.month)


def months_invoiced(today: date) -> list[Month]:
    """The months whose invoices are out, oldest first; at most `MONTHS`."""
    month = Month(today.year, today.month).previous
    if today.day < ISSUED_DAY:
        month = month.previous
    found = [month]
    while len(found) < MONTHS:
        found.append(found[-1].previous)
    return found[::-1]


def invoice_tables(
    ledger: Ledger, homes: Sequence[Household], habits: Sequence[Habit], late: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """The tables of money: one invoice per family and month that has something to pay.

    Everybody has still to pay the last month, and the families in `late` the month before too.
    """
    habits_of: Mapping[str, list[Habit]] = defaultdict(list)
    for habit in habits:
        habits_of[habit.household.id].append(habit)
    months = months_invoiced(ledger.today)
    counter = _Counter(ledger)
    invoices: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    ranks: dict[int, int] = defaultdict(int)
    for month in months:
        year = month.next.year
        for home in homes:
            id = f"inv_{home.id.removeprefix('fam_')}_{month}"
            found = list(_lines(ledger, counter, id, month, habits_of[home.id]))
            if found:
                ranks[year] += 1
                paid = month not in months[-2:] or (month != months[-1] and home.id not in late)
                invoices.append(invoice_row(id, home, month, ranks[year], total(found), paid))
                lines.extend(found)
    return money_tables(invoices, lines, ledger.now_ms)


def invoice_row(id: str, home: Household, month: Month, rank: int, cents: int, paid: bool) -> dict[str, Any]:
    issued = month.next.first.replace(day=ISSUED_DAY)
    return {
        "id": id,
        "family_id": home.id,
        "number": invoice_number(issued.year, rank),
        "kind": "invoice",
        "corrects": None,
        "source": f"run/{month}/{home.id}",
        "period": str(month),
        "issued_on": issued.isoformat(),
        "due_on": month.next.last.isoformat(),
        "total_cents": cents,
        "paid_on": (issued + timedelta(days=9)).isoformat() if paid else None,
    }


def money_tables(invoices: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], now_ms: int) -> dict[str, Rows]:
    """The tables of what was invoiced and paid, from invoices that say ``paid_on``, and the last numbers given."""
    entries = [
        {
            "id": f"led_{invoice['id']}",
            "family_id": invoice["family_id"],
            "invoice_id": invoice["id"],
            "cents": invoice["total_cents"],
            "mode": "transfer",
            "paid_on": invoice["paid_on"],
            "reference": None,
            "source": f"demo/{invoice['id']}",
            "agent": None,
            "entered_at": now_ms,
        }
        for invoice in invoices
        if invoice["paid_on"]
    ]
    last: dict[str, int] = {}
    for invoice in invoices:
        year, rank = invoice["number"].split("-")[1:]
        last[year] = max(last.get(year, 0), int(rank))
    issued = [{name: value for name, value in invoice.items() if name != "paid_on"} for invoice in invoices]
    counters = [{"id": f"{REGIE}:{year}", "last_number": number} for year, number in last.items()]
    return {"invoice": issued, "invoice_line": list(lines), "ledger_entry": entries, "invoice_counter": counters}


def _lines(
    ledger: Ledger, counter: "_Counter", invoice: str, month: Month, habits: Sequence[Habit]
) -> Iterator[dict[str, Any]]:
    position = 0
    for habit in habits:
        quantity = counter.days(habit, month)
        if quantity:
            price = ledger.price(habit.unit, habit.household.payer, habit.child.id, month.last.isoformat())
            cents, days = price.cents, counter.dates(habit, month)
            yield {
                "id": f"{invoice}_{position}",
                "invoice_id": invoice,
                "position": position,
                "child": habit.child.id,
                "label": counter.labels[habit.unit.id],
                "category": counter.categories[habit.unit.id],
                "quantity": quantity,
                "unit_cents": cents,
                "amount_cents": amount(quantity, cents),
                "days": days or None,
                "why": price.why if days else None,
            }
            position += 1


class _Counter:
    """How many days of a habit fall in a month; many families share the same habits."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[tuple[str, tuple[int, ...], str, Month], list[str]] = {}
        self._begins = date.fromisoformat(ledger.town.identity.year.starts_on)
        activities = {activity.code: activity.name for activity in ledger.town.offer.activities}
        kinds = {activity.code: activity.category for activity in ledger.town.offer.activities}
        self.categories = {unit.id: kinds[unit.written.activity] for unit in ledger.town.units}
        self.labels = {
            unit.id: _label(activities[unit.written.activity], unit.written.name) for unit in ledger.town.units
        }

    def days(self, habit: Habit, month: Month) -> int:
        return self._days_before(habit, month) if month.last < self._begins else len(self.dates(habit, month))

    def dates(self, habit: Habit, month: Month) -> list[str]:
        """The days themselves; none are known of the year before."""
        if month.last < self._begins:
            return []
        key = (habit.unit.id, habit.weekdays, habit.weeks, month)
        if key not in self._known:
            self._known[key] = self._ledger.usual_days(habit.unit.id, habit.weekdays, month.first, month.last, habit.weeks)
        return self._known[key]

    def _days_before(self, habit: Habit, month: Month) -> int:
        """The year before: a child who has just begun school, or was too young for the unit, was not there."""
        grade = GRADES.index(habit.child.grade) - 1
        grades = habit.unit.written.grades
        if grade < 0 or (grades and GRADES[grade] not in grades):
            return 0
        weeks = WEEKS_BEFORE[month.month][habit.unit.written.during == "holidays"]
        return len(habit.weekdays) * weeks // (1 if habit.weeks == "all" else 2)


def _label(activity: str, unit: str) -> str:
    """« Centre de loisirs du mercredi – Journée », but « Accueil du matin » once."""
    return activity if unit == activity else f"{activity} – {unit}"
