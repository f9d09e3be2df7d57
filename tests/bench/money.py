"""The régie's month in a town of real size, and what families notice of it meanwhile.

    python -m tests.bench money

2,600 invented families with all that they booked in two months, moved into one month that is over: about 3,900 children and
90,000 priced days. PORTAIL_BENCH_FAMILIES: fewer, for a quick look.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.bench.devices import PASSWORD, Device
from tests.bench.load import Client
from tests.bench.prices import prices_a_second
from tests.browsers.portal import ROOT, Portal

FAMILIES = os.environ.pop("PORTAIL_BENCH_FAMILIES", "") or "2600"
READERS, EVERY = 3, 0.05
QUIET_SECONDS = 5.0
SETTINGS = {"PORTAIL_LOG_LEVEL": "error", "PORTAIL_WORK": "no"}


def measure(folder: Path) -> dict[str, Any]:
    """Everything, in one folder that is the caller's to remove."""
    figures: dict[str, Any] = {"prices": prices_a_second()}
    town = folder / "town"
    _portail(town, "demo", "--families", FAMILIES, "--build-only")
    period = _one_full_month(town / "portail.db")
    figures["town"] = _size(town / "portail.db", period)
    figures["typed"] = asyncio.run(_beside(_copy(town, folder), lambda portal: _typed(portal, period, folder / "papers")))
    figures["page"] = asyncio.run(_beside(_copy(town, folder), lambda portal: _on_the_page(portal, period)))
    return figures


def _portail(data: Path, *words: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "server", *words]
    subprocess.run(command, cwd=ROOT, env=os.environ | SETTINGS | {"PORTAIL_DATA": str(data)}, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _copy(town: Path, folder: Path) -> Path:
    return Path(shutil.copytree(town, Path(tempfile.mkdtemp(dir=folder)) / "data"))


def _one_full_month(file: Path) -> str:
    """Moves every booking into last month, and takes back what was invoiced for it."""
    period = (date.today().replace(day=1) - timedelta(days=1)).isoformat()[:7]
    with closing(sqlite3.connect(file)) as books:
        books.execute("UPDATE booking SET date = ? || substr(date, 8)", (period,))
        ours = "(SELECT id FROM invoice WHERE period = ?)"
        for table in ("invoice_line", "ledger_entry", "card_payment"):
            books.execute(f"DELETE FROM {table} WHERE invoice_id IN {ours}", (period,))
        books.execute("DELETE FROM invoice WHERE period = ?", (period,))
        books.commit()
    return period


def _size(file: Path, period: str) -> dict[str, int]:
    with closing(sqlite3.connect(file)) as books:
        found = books.execute(
            "SELECT COUNT(*), COUNT(DISTINCT child_id), COUNT(DISTINCT family_id) FROM booking WHERE state = 'booked' AND date LIKE ?",
            (f"{period}-%",),
        ).fetchone()
    return {"lines": found[0], "children": found[1], "families": found[2]}


async def _beside(data: Path, work: Callable[[Portal], Any]) -> Any:
    portal = Portal(data, **SETTINGS)
    await asyncio.to_thread(portal.start)
    try:
        return await work(portal)
    finally:
        await asyncio.to_thread(portal.stop)


@asynccontextmanager
async def _families_at_it(portal: Portal, times: list[float]) -> AsyncIterator[None]:
    """Some phones that ask for news twenty times a second each, and one that books and cancels: milliseconds go into `times`."""
    devices = [await Device(Client(portal.port)).open(f"parent{rank:04d}") for rank in range(1, READERS + 2)]
    for device in devices:
        await device.learn(time.time())

    async def live(device: Device, writes: bool) -> None:
        while True:
            began = time.perf_counter()
            await (_ask_or_cancel(device) if writes else device.exchange())
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(EVERY)

    tasks = [asyncio.create_task(live(device, rank == 0)) for rank, device in enumerate(devices)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        for device in devices:
            await device.client.close()


async def _ask_or_cancel(device: Device) -> None:
    """One command of either kind; whatever the town decides, it is written and answered."""
    if device.booked:
        rid, child, session = device.booked.pop()
        op = device.command("reservation.cancel@1", {"items": [{"rid": rid}]})
        device.free.insert(0, (child, session))
    else:
        op = device.booking(*device.free.pop())
    answer = (await device.exchange(op)).json()
    device.cursors |= {change["scope"]: change["to"] for change in answer["changes"]}


async def _timed(portal: Portal, work: Callable[[], Any]) -> dict[str, float]:
    """How long the work took, and the exchanges meanwhile."""
    times: list[float] = []
    async with _families_at_it(portal, times):
        began = time.perf_counter()
        await work()
        took = time.perf_counter() - began
    times.sort()
    return {"seconds": took, "exchanges": len(times), "p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)], "max": times[-1]}


async def _typed(portal: Portal, period: str, papers: Path) -> dict[str, Any]:
    return {
        "quiet": await _timed(portal, lambda: asyncio.sleep(QUIET_SECONDS)),
        "bill": await _timed(portal, lambda: asyncio.to_thread(_portail, portal.data, "bill", period)),
        "papers": await _timed(portal, lambda: asyncio.to_thread(_portail, portal.data, "papers", period, str(papers), "--all")),
        "made": len(list(papers.glob("*.pdf"))),
    }


async def _on_the_page(portal: Portal, period: str) -> dict[str, Any]:
    """The same by the agent's page: the server's own loop does it, between two families' requests."""
    agent = Client(portal.port)
    await agent.call("POST", "/api/session", {"username": "marc", "password": PASSWORD})

    async def draft() -> None:
        answer = await agent.call("GET", f"/api/agents/billing?period={period}")
        assert answer.status == 200, answer.body[:300]

    async def issue() -> None:
        left = 1
        while left:
            answer = await agent.call("POST", "/api/agents/billing", {"period": period})
            assert answer.status == 200, answer.body[:300]
            left = answer.json()["left"]

    try:
        return {"draft": await _timed(portal, draft), "issue": await _timed(portal, issue)}
    finally:
        await agent.close()
