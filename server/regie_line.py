"""bill, papers and check-balances: what an operator types for the régie. Errors are sentences, as in `command_line`."""

import argparse
import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tqdm import tqdm

from server.config import Config
from server.database import Database
from server.instants import day_of, now_ms
from server.invoices import service
from server.invoices.service import Letterhead
from server.towns.reading import load_identity
from server.traces.service import Who

OPERATOR = Who(None, "Exploitant", "regie")
EVERYTHING = 10**9


class RunRefused(Exception):
    """The régie has to put something right first; the text is the whole message."""


def add_commands(commands: Any) -> None:
    """Adds them to the parser; each one's `run` takes the settings and the options."""
    bill = commands.add_parser("bill", help="issue a month's invoices and publish them; goes on where it was stopped")
    bill.add_argument("period", type=_period, metavar="YYYY-MM")
    bill.add_argument("--together", type=int, default=25, metavar="N", help="families per transaction (25)")
    bill.set_defaults(run=_bill)

    papers = commands.add_parser("papers", help="a month's invoices as PDF, for the families that did not ask for mail")
    papers.add_argument("period", type=_period, metavar="YYYY-MM")
    papers.add_argument("folder", type=Path)
    papers.add_argument("--all", action="store_true", help="those who get theirs by mail too")
    papers.set_defaults(run=_papers)

    check = commands.add_parser("check-balances", help="work out every balance again from the ledger, and say what differs")
    check.set_defaults(run=_check)


def _period(text: str) -> str:
    return date.fromisoformat(f"{text}-01").isoformat()[:7]


def _bill(settings: Config, options: argparse.Namespace) -> None:
    town = load_identity(settings.town)
    zone = ZoneInfo(town.time_zone)

    async def run(database: Database) -> int:
        now = now_ms()
        today = day_of(now, zone)
        if options.period >= today[:7]:
            raise RunRefused(f"{options.period} : ce mois n’est pas terminé")
        found = await service.month(database, options.period)
        if sentence := service.blocked(found, town.billing.unticked == "blocks"):
            raise RunRefused(sentence)
        with tqdm(total=len(found.to_issue), unit=" factures", disable=None) as bar:
            how = {"at_once": EVERYTHING, "together": options.together, "progress": bar.update}
            issued, _ = await service.issue(database, options.period, OPERATOR, now, today, zone=zone, **how)
        return issued

    print(f"{_with(settings, run)} factures émises pour {options.period}")


def _papers(settings: Config, options: argparse.Namespace) -> None:
    town = load_identity(settings.town)
    options.folder.mkdir(parents=True, exist_ok=True)
    letterhead = Letterhead(town.name, town.colours.brand, settings.particulier_siret)
    online = settings.public_url if settings.payfip_url else None

    async def run(database: Database) -> int:
        head = await letterhead.on(database, day_of(now_ms(), ZoneInfo(town.time_zone)))
        with tqdm(total=0, unit=" PDF", disable=None) as bar:
            begin, more = partial(_reset, bar), partial(bar.update, 1)
            everybody = options.all
            return await service.print_month(
                database, options.period, head, online, options.folder, everybody=everybody, begin=begin, progress=more
            )

    print(f"{_with(settings, run)} PDF écrits dans {options.folder}")


def _reset(bar: "tqdm[Any]", all: int) -> None:
    bar.reset(total=all)


def _check(settings: Config, options: argparse.Namespace) -> None:
    report = _with(settings, lambda database: service.check_balances(database, now_ms()))
    print(f"{report.invoices} factures vérifiées, {report.wrong} écarts")
    if report.wrong:
        raise RunRefused(f"écarts : {', '.join(report.said)}")


def _with(settings: Config, work: Callable[[Database], Any]) -> Any:
    async def run() -> Any:
        database = Database(settings.database_url)
        try:
            await database.open()
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
