"""Numbers without a gap whatever happens to the run, and a nightly check that works every balance out again."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from server.database import Database
from server.invoices.service import Letterhead, check_balances, issue, nightly_check, print_month
from server.traces.service import PORTAL
from tests.cast import Client
from tests.conftest import PARIS, ROOT, Clock, SignIn


def _portail(data: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "server", *words]
    environment = os.environ | {"PORTAIL_DATA": str(data), "PORTAIL_LOG_LEVEL": "error"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def _ask(data: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'portail.db'}?mode=ro", uri=True)) as books:
        return books.execute(sql).fetchall()


def _more_families(books: sqlite3.Connection, number: int) -> None:
    """Families like the Benalis, each with Léa's bookings."""
    books.row_factory = sqlite3.Row

    def add(table: str, row: dict[str, Any]) -> None:
        books.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))

    family = dict(books.execute("SELECT * FROM family WHERE id = 'fam_benali'").fetchone())
    child = dict(books.execute("SELECT * FROM child WHERE id = 'chd_lea'").fetchone())
    bookings = [dict(row) for row in books.execute("SELECT * FROM booking WHERE child_id = 'chd_lea' AND state = 'booked'")]
    for rank in range(number):
        mine = {"family_id": f"fam_{rank:03d}", "child_id": f"chd_{rank:03d}"}
        add("family", {**family, "id": mine["family_id"], "file_number": f"9{rank:05d}"})
        add("child", {**child, "id": mine["child_id"]})
        add("family_child", {"id": f"fc_{rank:03d}", **mine})
        for at, booking in enumerate(bookings):
            add("booking", {**booking, **mine, "id": f"r_{rank}_{at}", "active": None})
    books.commit()


async def test_a_run_that_is_killed_goes_on_with_neither_gap_nor_double(demo_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    today = datetime.now(PARIS).date()
    period = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    with closing(sqlite3.connect(data / "portail.db")) as books:
        _more_families(books, 30)
    run = f"SELECT number FROM invoice WHERE source LIKE 'run/{period}/fam_0%' ORDER BY number"
    cut = _portail(data, "bill", period, "--together", "1")
    while not _ask(data, run) and cut.poll() is None:
        await asyncio.sleep(0.001)
    cut.send_signal(signal.SIGKILL)
    cut.communicate()
    half = len(_ask(data, run))
    assert 0 < half < 30
    database = await Database(f"sqlite:///{data / 'portail.db'}").open()
    try:
        issued, left = await issue(database, period, PORTAL, 0, today.isoformat(), zone=PARIS)
        numbers = [int(number.rpartition("-")[2]) for (number,) in _ask(data, run)]
        assert numbers == list(range(numbers[0], numbers[0] + 30)), "one for each family: neither gap nor double"
        assert (issued, left) == (30 - half, 0)
        assert (await issue(database, period, PORTAL, 0, today.isoformat(), zone=PARIS))[0] == 0
        folder = tmp_path / "papers"
        folder.mkdir()
        head = await Letterhead("Vigneux-sur-Seine", "#0b4f6c", "").on(database, today.isoformat())
        made = [await print_month(database, period, head, None, folder) for _ in range(2)]
        assert made[0] == len(list(folder.glob("F-*.pdf"))) >= 30
        assert made[1] == 0, "what is there is not made again"
    finally:
        await database.close()


async def test_what_the_nightly_check_finds_is_read_by_the_regie(
    sign_in: SignIn, as_sylvie: Client, database: Database, clock: Clock
) -> None:
    clock.set("2026-11-23T03:10")
    assert await nightly_check(database, clock(), PARIS) == 0
    async with database.transaction() as tx:
        await tx.run("UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE id = 'inv_benali_2026-10_0'")
        await tx.run("UPDATE invoice_counter SET last_number = last_number + 1")
        await tx.run(
            "INSERT INTO ledger_entry (id, family_id, invoice_id, cents, mode, paid_on, source, entered_at)"
            " VALUES ('led_1', 'fam_benali', 'inv_benali_2026-10', 900000, 'cash', '2026-11-23', 'test', 0)"
        )
        await tx.run(
            "INSERT INTO card_payment (id, invoice_id, family_id, account, cents, state, refdet, created_at, checks)"
            " VALUES ('pay_1', 'inv_benali_2026-10', 'fam_benali', 'acc_nadia', 1200, 'paid', '2026lost', 0, 0)"
        )
    assert await nightly_check(database, clock(), PARIS) == 0, "once a night"
    clock.set("2026-11-23T23:00")
    assert await nightly_check(database, clock(), PARIS) == 0, "not by day"
    clock.set("2026-11-24T02:20")
    counters = len(await database.all("SELECT id FROM invoice_counter"))
    assert await nightly_check(database, clock(), PARIS) == 3 + counters + 1
    marc = await sign_in("marc")
    (latest, before) = (await (await marc.get("/api/agents/balance-checks")).get_json())["checks"]
    assert (before["wrong"], before["mended"], latest["wrong"], latest["mended"]) == (0, 0, 3 + counters, 1)
    said = " ".join(latest["said"])
    for word in ("somme des lignes", "9 000,00", "Numéros de 2026", "2026lost : 12,00"):
        assert word in said.replace("\u202f", " "), said
    again = await (await marc.post("/api/agents/balance-checks")).get_json()
    assert again == {"invoices": latest["invoices"], "wrong": 3 + counters}, "devices hold what the books say by now"
    assert (await as_sylvie.get("/api/agents/balance-checks")).status_code == 403


async def test_a_server_that_was_down_at_night_checks_by_day(database: Database, clock: Clock) -> None:
    clock.set("2026-11-23T03:10")
    await check_balances(database, clock())
    clock.set("2026-11-24T04:00")
    clock.set("2026-11-24T14:00")
    await nightly_check(database, clock(), PARIS)
    assert len(await database.all("SELECT id FROM balance_check")) == 2
