"""The data of `make bench`: always the same, so that any portal can be measured on the same work (docs/bench.md).

50 families (40 with two children, 10 with one), 4 units on 65 weekdays, 35 % of the cells booked at random, the last
three days of the last unit with 5 places and nothing booked, 12 invoices of 8 lines per family, 10 of them paid.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from tqdm import tqdm

from server.accounts.service import hash_password
from server.database import Database
from server.invoices.rules import amount, total
from server.towns.billing import Month, invoice_row, money_tables
from server.towns.crowd import AGE_IN_PS
from server.towns.demo import write
from server.towns.households import GRADES, Adult, Child, Household, household_rows
from server.towns.ledger import SEED, Ledger
from server.towns.loader import Town, load_town

TOWN = "reference"
PASSWORD = "vigneux-demo-2026"
FAMILIES, WITH_TWO_CHILDREN = 50, 40
BOOKED_SHARE = 0.35
RACE_UNIT, RACE_DAYS, RACE_PLACES = "ecole-soir", 3, 5
LAST_MONTH, INVOICES, LINES, UNPAID = Month(2026, 10), 12, 8, 2


async def build(database: Database, town: Town, *, now_ms: int, progress: "tqdm[Any] | None" = None) -> None:
    """Fills an empty database with the reference town, whatever town is served: ``famille01`` to ``famille50``."""
    bar = progress if progress is not None else tqdm(disable=True)
    reference = town if town.identity.code == TOWN else load_town(TOWN)
    ledger = Ledger(reference, now_ms)
    homes = list(_households(ledger.town.year))
    _keep_days_for_the_race(ledger)
    _book_at_random(ledger, homes)
    invoices, lines = _invoices(ledger, homes)
    tables = household_rows(ledger.town, homes, hash_password(PASSWORD), ledger.now_ms) | {
        "booking": ledger.bookings,
        **money_tables(invoices, lines, ledger.now_ms),
    }
    await write(database, ledger, homes, tables, {}, bar)


def _households(year: int) -> Iterator[Household]:
    for rank in range(1, FAMILIES + 1):
        code = f"famille{rank:02d}"
        children = []
        for order in range(1, 3 if rank <= WITH_TWO_CHILDREN else 2):
            grade = GRADES[(rank + 4 * order) % len(GRADES)]
            born = f"{year - AGE_IN_PS - GRADES.index(grade)}-05-15"
            children.append(Child(f"chd_{code}_{order}", f"Enfant{order}", f"Famille{rank:02d}", born, grade, "ecole"))
        yield Household(
            id=f"fam_{code}",
            number=f"{300000 + rank}",
            label=code.upper(),
            resident=True,
            quotient=100 + 37 * rank,
            source="CAF",
            read_on="2026-09-01",
            address=None,
            adults=(Adult(f"adu_{code}", "Parent", f"Famille{rank:02d}", code, f"acc_{code}"),),
            children=tuple(children),
        )


def _keep_days_for_the_race(ledger: Ledger) -> None:
    """Twenty families will run for these few places: nobody has one yet."""
    for day in ledger.days[RACE_UNIT][-RACE_DAYS:]:
        ledger.shorten(RACE_UNIT, day, RACE_PLACES)


def _book_at_random(ledger: Ledger, homes: Sequence[Household]) -> None:
    """Each cell of the grid (child, day, unit) with the same chance; one that finds no place stays free."""
    random = Random(SEED)
    kept = {(RACE_UNIT, day) for day in ledger.days[RACE_UNIT][-RACE_DAYS:]}
    for home in homes:
        for child in home.children:
            for unit, days in ledger.days.items():
                for day in days:
                    if random.random() < BOOKED_SHARE and (unit, day) not in kept:
                        ledger.book(home.payer, child.id, unit, day)


def _invoices(ledger: Ledger, homes: Sequence[Household]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    random = Random(SEED)
    invoices: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    units = list(ledger.units.values())
    for home in homes:
        month = LAST_MONTH
        for back in range(INVOICES):
            id = f"inv_{home.id.removeprefix('fam_')}_{month}"
            found = []
            for position in range(LINES):
                unit = units[position % len(units)]
                child = home.children[position // len(units) % len(home.children)]
                cents, days = ledger.price(unit, home.payer, child.id, str(month.last)).cents, random.randrange(1, 20)
                found.append(
                    {
                        "id": f"{id}_{position}",
                        "invoice_id": id,
                        "position": position,
                        "child": child.id,
                        "label": f"Accueil de l’école – {unit.written.name}",
                        "category": "care",
                        "quantity": days,
                        "unit_cents": cents,
                        "amount_cents": amount(days, cents),
                    }
                )
            invoices.append(invoice_row(id, home, month, len(invoices) + 1, total(found), paid=back >= UNPAID))
            lines.extend(found)
            month = month.previous
    return invoices, lines
