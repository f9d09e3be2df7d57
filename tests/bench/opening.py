"""Opening morning: every family of a town of real size books for three children and four weeks, as fast as it is answered.

    python -m tests.bench opening

2,600 families, one command per child of eight evenings and mornings each: 7,800 commands, 62,400 places asked for, and half of the
evenings have too few. In life that lasts ten minutes; here the next command follows the answer (a closed loop of 32 phones), at most
PORTAIL_OPENING_SECONDS (60) per engine. PORTAIL_BENCH_FAMILIES: fewer, for a quick look.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quart_auth.extension import _AuthSerializer

from server.accounts.service import open_session
from server.database import Database
from server.database.migrating import migrate
from server.instants import now_ms
from server.towns import crowd, demo
from server.towns.loader import load_town
from tests.bench.devices import Device
from tests.bench.load import Client
from tests.bench.money import FAMILIES, SETTINGS
from tests.browsers.portal import Portal
from tests.databases import PostgresEngine

SECONDS = float(os.environ.pop("PORTAIL_OPENING_SECONDS", "") or 60)
CLIENTS = 32
CHILDREN, WEEKS = 3, 4
MINUTES = 10
"""In which the families come, in life."""


@dataclass
class Family:
    account: str
    secret: str
    cursors: dict[str, str] = field(default_factory=dict)
    wishes: list[list[tuple[str, str]]] = field(default_factory=list)
    """Per child: (child, session)."""


def measure(folder: Path) -> dict[str, Any]:
    """Both engines, each on a town of its own, in a folder that is the caller's to remove."""
    figures = {"sqlite": asyncio.run(_one(folder, f"sqlite:///{folder / 'opening.db'}"))}
    engine = PostgresEngine(on_disk=True)
    try:
        figures["postgresql"] = asyncio.run(_one(folder, engine.url("postgres"), PORTAIL_WORKERS="2"))
    finally:
        engine.stop()
    return figures


async def _one(folder: Path, url: str, **environment: str) -> dict[str, Any]:
    database = await Database(url).open()
    try:
        await _build(database)
        families = await _families(database)
        data = Path(tempfile.mkdtemp(dir=folder))
        portal = Portal(data, **(SETTINGS | {"PORTAIL_DATABASE_URL": url} | environment))
        await asyncio.to_thread(portal.start)
        try:
            figures = await _morning(portal, families, (data / "secret").read_text())
        finally:
            await asyncio.to_thread(portal.stop)
        return figures | await _books(database)
    finally:
        await database.close()


async def _build(database: Database) -> None:
    """The demo town with families of three children; nothing is booked yet in the weeks that open."""
    await migrate(database)
    before = crowd.CHILDREN_PER_FAMILY, demo.CROWD_DAYS, demo.invoice_tables
    # A year of invoices has no part in this, and takes longest to make.
    crowd.CHILDREN_PER_FAMILY, demo.CROWD_DAYS, demo.invoice_tables = (CHILDREN,), (0, 7), lambda *_, **__: {}  # type: ignore[assignment]
    try:
        await demo.build(database, load_town("vigneux"), families=int(FAMILIES), now_ms=now_ms())
    finally:
        crowd.CHILDREN_PER_FAMILY, demo.CROWD_DAYS, demo.invoice_tables = before


async def _families(database: Database) -> list[Family]:
    """Each family signed in, with what its phone holds already and what it will ask for."""
    days: dict[str, list[str]] = {}
    rows = await database.all(
        "SELECT unit_id, date FROM opening WHERE NOT closed AND add_until > ? ORDER BY date", now_ms() + 21 * 86_400_000
    )
    for row in rows:
        days.setdefault(row["unit_id"], []).append(row["date"])
    heads = {row["id"]: f"{row['gen']}.{row['seq']}" for row in await database.all("SELECT id, gen, seq FROM sync_scope")}
    granted: dict[str, dict[str, str]] = {}
    for row in await database.all("SELECT account, scope FROM sync_grant WHERE account LIKE 'acc_0%'"):
        if row["scope"] in heads:
            granted.setdefault(row["account"], {})[row["scope"]] = heads[row["scope"]]
    children: dict[str, list[tuple[str, str]]] = {}
    for row in await database.all(
        "SELECT g.account_id, c.id, c.school FROM guardianship g JOIN family_child fc ON fc.family_id = g.family_id"
        " JOIN child c ON c.id = fc.child_id WHERE g.account_id LIKE 'acc_0%' ORDER BY c.id"
    ):
        children.setdefault(row["account_id"], []).append((row["id"], row["school"]))
    made = []
    async with database.transaction() as tx:
        for account, theirs in sorted(children.items()):
            family = Family(account, await open_session(tx, account, "bench", now_ms()), dict(granted[account]))
            family.wishes = [list(_wishes(child, school, days)) for child, school in theirs]
            made.append(family)
    return made


def _wishes(child: str, school: str, days: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Monday's and Thursday's evening for four weeks: all families want the same ones."""
    for unit in (f"{school}-soir", f"{school}-matin"):
        yield from ((child, f"{unit}:{day}") for day in days.get(unit, [])[: 4 * WEEKS : 4])


async def _morning(portal: Portal, families: list[Family], key: str) -> dict[str, Any]:
    tokens = _AuthSerializer(key, "portail session")
    waiting = iter(families)
    times: list[float] = []
    answers: Counter[str] = Counter()
    served = 0
    ends = time.perf_counter() + SECONDS
    began = time.perf_counter()

    async def phone() -> None:
        nonlocal served
        for family in waiting:
            if time.perf_counter() > ends:
                return
            async with _device(portal, family, tokens) as device:
                for wishes in family.wishes:
                    op = _command(device, wishes)
                    started = time.perf_counter()
                    told = (await device.exchange(op)).json()
                    times.append((time.perf_counter() - started) * 1000)
                    device.cursors |= {change["scope"]: change["to"] for change in told["changes"] if change["to"]}
                    answers.update(item.get("code") or item["outcome"] for item in told["receipts"][0]["items"])
            served += 1

    await asyncio.gather(*(phone() for _ in range(CLIENTS)))
    lasted = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100)
    return {
        "families": served, "of": len(families), "seconds": lasted, "commands": len(times), "rate": len(times) / lasted,
        "p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "answers": dict(answers.most_common()),
        "needed": len(families) * CHILDREN / (MINUTES * 60),
    }  # fmt: skip


def _command(device: Device, wishes: list[tuple[str, str]]) -> dict[str, Any]:
    rid = f"r_{device.id[-20:]}_{device.next_n}"
    items = [{"rid": f"{rid}_{at}", "child": child, "session": session} for at, (child, session) in enumerate(wishes)]
    # One family in two would rather wait than be told that it is full.
    if_full = "waitlist" if int(device.account[-1]) % 2 else "ask"
    return device.command("reservation.book@1", {"items": items, "mode": "each", "if_full": if_full})


@asynccontextmanager
async def _device(portal: Portal, family: Family, tokens: _AuthSerializer) -> AsyncIterator[Device]:
    client = Client(portal.port)
    client.cookies["portail"] = str(tokens.dumps(family.secret))
    device = Device(client, family.account, cursors=family.cursors)
    body = {"label": "Mesure", "platform": "bench", "app": "2026.11.0", "clone_guard": f"g_{family.account}"}
    device.id = (await client.call("POST", "/api/sync/v1/devices", body)).json()["device"]
    try:
        yield device
    finally:
        await client.close()


async def _books(database: Database) -> dict[str, int]:
    """What the town's own books say afterwards: places sold twice, and places that the count lost or invented."""
    held: Counter[str] = Counter()
    for row in await database.all(
        "SELECT o.pools FROM booking b JOIN opening o ON o.id = b.opening_id WHERE b.state IN ('booked', 'to_confirm')"
    ):
        held.update(json.loads(row["pools"]))
    pools = await database.all("SELECT id, capacity, taken FROM place_pool")
    return {
        "oversold": sum(max(0, pool["taken"] - pool["capacity"]) for pool in pools if pool["capacity"] is not None),
        "miscounted": sum(pool["taken"] != held[pool["id"]] for pool in pools),
        "full": sum(pool["capacity"] is not None and pool["taken"] >= pool["capacity"] for pool in pools),
    }


def lines(figures: dict[str, Any]) -> list[list[str]]:
    """The rows of the report's table: what, SQLite, PostgreSQL, goal."""
    one, two = figures["sqlite"], figures["postgresql"]

    def row(what: str, said: Any, goal: str = "") -> list[str]:
        return [what, said(one), said(two), goal]

    return [
        row("families served, of", lambda f: f"{f['families']:,} of {f['of']:,} in {f['seconds']:.0f} s"),
        row("commands a second", lambda f: f"{f['rate']:.0f}", f"≥ {one['needed']:.0f}: all families in {MINUTES} minutes"),
        row("a command, p50 / p95 / p99", lambda f: f"{f['p50']:.0f} / {f['p95']:.0f} / {f['p99']:.0f} ms"),
        row("places: booked, waiting list, refused", _said),
        row("pools full in the end", lambda f: str(f["full"])),
        row("places sold twice; pools miscounted", lambda f: f"{f['oversold']}; {f['miscounted']}", "0; 0"),
    ]


def _said(figures: dict[str, Any]) -> str:
    answers = dict(figures["answers"])
    booked = answers.pop("accepted", 0)
    return f"{booked:,}; " + ", ".join(f"{code} {count:,}" for code, count in answers.items())
