"""Makes a demo town in an empty database: the town, its cast, any number of invented families, and their copies.

All in one transaction: a demo that fails leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any

from tqdm import tqdm

from server.accounts.service import hash_password
from server.database import Database, Transaction
from server.families.service import scope_of
from server.feed.service import grant, load_scopes
from server.syncing.service.projection import account_scope, family_scope, grants_of_account, town_scopes
from server.towns import crowd
from server.towns.billing import invoice_tables
from server.towns.cast import Cast, custody_rows, load_cast, play_shortages
from server.towns.households import Household, account_row, book_habits, household_rows
from server.towns.ledger import SEED, Ledger
from server.towns.loader import Town
from server.towns.rounds import count_enrolled, demo_requests
from server.towns.tables import insert, pool_rows, town_rows

CAST_DAYS = (120, 42)  # booked days before and after today
CROWD_DAYS = (28, 35)
LATE_IN_THE_CAST = "fam_diallo"
LATE_EVERY = 15  # one family in so many has not paid its last invoice but one
SCOPES_AT_ONCE = 200
Tables = Mapping[str, Sequence[Mapping[str, Any]]]


async def build(
    database: Database, town: Town, *, families: int, now_ms: int, progress: "tqdm[Any] | None" = None
) -> None:
    """Fills an empty database. `families`: how many to invent besides the cast; `progress`: a bar to move."""
    bar = progress if progress is not None else tqdm(disable=True)
    cast = load_cast(town)
    ledger = Ledger(town, now_ms)
    cast = cast.as_of(ledger.today)
    crowded = list(crowd.households(town, families, SEED))
    habits = list(crowd.habits(town, crowded, SEED))
    bar.set_description("Réservations")
    play_shortages(ledger, cast)
    book_habits(ledger, [habit for habit in cast.habits if habit.unit.conditions], *CAST_DAYS, cast.plans)
    book_habits(ledger, [habit for habit in habits if habit.unit.conditions], *CROWD_DAYS)
    password_hash = hash_password(cast.password)  # once: hashing 2,600 passwords would take a minute
    homes = [*cast.households, *crowded]
    tables = _merged(
        household_rows(town, homes, password_hash, ledger.now_ms),
        demo_requests(town, crowded, ledger.now_ms),
        {"custody": custody_rows(cast, ledger.now_ms), "booking": ledger.bookings},
        invoice_tables(ledger, homes, [*cast.habits, *habits], late={LATE_IN_THE_CAST, *(home.id for home in crowded[::LATE_EVERY])}),
    )
    await write(database, ledger, homes, tables, _agents(cast, password_hash, ledger.now_ms), bar)


async def write(
    database: Database, ledger: Ledger, homes: Sequence[Household], tables: Tables, agents: Tables, bar: "tqdm[Any]"
) -> None:
    """Writes the town, the given tables, and the copies of every family, agent and place."""
    town, now_ms = ledger.town, ledger.now_ms
    before = town_rows(town, now_ms)
    places = {"place_pool": pool_rows(ledger.capacity, ledger.taken), "opening": list(ledger.openings.values())}
    rows = sum(len(some) for some in chain(*(group.values() for group in (before, places, agents, tables))))
    bar.reset(total=rows + len(homes))
    bar.set_description("Tables")
    async with database.transaction() as tx:
        for name, some in chain(*(group.items() for group in (before, places, agents, tables))):
            await insert(tx, name, some, bar)
        await count_enrolled(tx)
        bar.set_description("Copies des familles")
        await load_scopes(tx, await town_scopes(tx, town.year, ledger.today.isoformat(), town.zone))
        await _account_scopes(tx, [account["id"] for account in agents.get("account", ())], ledger.today.isoformat())
        homes_left = iter(homes)
        while some_homes := list(islice(homes_left, SCOPES_AT_ONCE)):
            await _family_scopes(tx, ledger, some_homes, bar)


def _merged(*groups: Tables) -> Tables:
    return {name: rows for group in groups for name, rows in group.items()}


async def _family_scopes(tx: Transaction, ledger: Ledger, homes: Sequence[Household], bar: "tqdm[Any]") -> None:
    today, zone = ledger.today.isoformat(), ledger.town.zone
    scopes: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    accounts = []
    for home in homes:
        scopes[scope_of(home.id)] = await family_scope(tx, home.id, today, zone)
        accounts += [adult.account for adult in home.adults if adult.account]
        bar.update(1)
    await load_scopes(tx, scopes)
    await _account_scopes(tx, accounts, today)


async def _account_scopes(tx: Transaction, accounts: Sequence[str], today: str) -> None:
    await load_scopes(tx, {f"a:{account}": await account_scope(tx, account) for account in accounts})
    for account in accounts:
        await grant(tx, [(account, scope) for scope in await grants_of_account(tx, account, today)])


def _agents(cast: Cast, password_hash: str, now_ms: int) -> Tables:
    return {
        "account": [
            account_row(f"acc_{one.username}", one.username, one.name, "agent", password_hash, now_ms, one.service)
            for one in cast.agents
        ]
    }
