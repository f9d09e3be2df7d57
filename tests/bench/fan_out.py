"""One piece of news to ten thousand subscriptions: how fast, beside the exchanges of parents, and after a worker was killed."""

import asyncio
import base64
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import psutil
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import webpush_async

from server.database import Database
from server.instants import now_ms
from server.news import service as news
from server.traces.service import Who
from tests.bench import push_sink, server_side
from tests.browsers.portal import ROOT, Portal

READERS = 10_000
BESIDE = 1_000
PARIS = ZoneInfo("Europe/Paris")
LONGEST_SECONDS = 240


@contextmanager
def sink(pause_ms: float = 0) -> Iterator[int]:
    """A push service of its own process; its port."""
    command = [sys.executable, "-m", "tests.bench.push_sink", str(pause_ms)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


async def add_readers(database: Database, number: int, port: int) -> None:
    """Parents who agreed to pushes, each on a device of their own with keys of its own."""
    names = [f"bench_{rank:05}" for rank in range(number)]
    async with database.transaction() as tx:
        await tx.many(
            "INSERT INTO account (id, username, password_hash, role, name, created_at) VALUES (?, ?, 'none', 'parent', 'Mesure', 0)",
            [(name, name) for name in names],
        )
        await tx.many("INSERT INTO sync_grant (account, scope) VALUES (?, 't:news')", [(name,) for name in names])
        await tx.many(
            "INSERT INTO sync_device (id, account, label, platform, app, clone_guard, last_n, ack_n, created_at, seen_at)"
            " VALUES (?, ?, 'Mesure', 'bench', '1', ?, 0, 0, 0, 0)",
            [(f"d_{name}", name, f"g_{name}") for name in names],
        )
        await tx.many(
            "INSERT INTO push_subscription (id, account, device, endpoint, p256dh, auth, created_at) VALUES (?, ?, ?, ?, ?, ?, 0)",
            [(f"ps_{name}", name, f"d_{name}", f"http://127.0.0.1:{port}/{name}", *keys()) for name in names],
        )


def keys() -> tuple[str, str]:
    """What a browser gives with its subscription: a public key of its own, and a secret."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    public = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(public).decode().rstrip("="), "BTBZMqHH6r4Tts7J_aSIgg"


async def publish(database: Database) -> None:
    who = Who("bench", "Mesure")
    said = news.News("Mesure", "Une phrase.", "Un texte.", False, (), None)
    item = await news.draft(database, said, None, 0, who, now_ms())
    await news.publish(database, item, 1, None, who, now_ms(), PARIS)


async def one_by_one(port: int, number: int = BESIDE, side_by_side: int = 1) -> tuple[float, float]:
    """Messages a second, and a second of processor time, by `webpush_async` in a loop, as its documentation shows it; or some loops
    side by side on one session."""
    vapid = Vapid02()
    vapid.generate_keys()
    number_of_key = vapid.private_key.private_numbers().private_value
    key = base64.urlsafe_b64encode(number_of_key.to_bytes(32, "big")).decode().rstrip("=")
    made = [keys() for _ in range(number)]
    left = iter(
        {"endpoint": f"http://127.0.0.1:{port}/{side_by_side}/{rank}", "keys": {"p256dh": public, "auth": secret}}
        for rank, (public, secret) in enumerate(made)
    )

    async def loop(session: aiohttp.ClientSession | None) -> None:
        for one in left:
            claims = {"sub": "mailto:mesure@exemple.fr"}
            await webpush_async(one, "x" * 117, vapid_private_key=key, vapid_claims=claims, ttl=60, aiohttp_session=session)

    started, burnt = time.perf_counter(), time.process_time()
    if side_by_side == 1:
        await loop(None)
    else:
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(loop(session) for _ in range(side_by_side)))
    return number / (time.perf_counter() - started), number / (time.process_time() - burnt)


async def measure(portal: Portal, port: int) -> dict[str, Any]:
    """The whole fan-out of a running portal: messages a second, its memory, and exchanges before and meanwhile (milliseconds)."""
    devices = await server_side.devices(portal, 2)
    quiet = await _exchanges(devices, lambda: True, at_least=200)
    memory = [_memory(portal)]
    database = await Database(f"sqlite:///{portal.data / 'portail.db'}").open()
    started, burnt = time.perf_counter(), _processor(portal)
    await publish(database)

    looked = [0.0, False]

    def over() -> bool:
        if time.perf_counter() - looked[0] > 0.5:
            memory.append(_memory(portal))
            looked[:] = [time.perf_counter(), _waiting(portal) == 0 or time.perf_counter() - started > LONGEST_SECONDS]
        return bool(looked[1])

    meanwhile = await _exchanges(devices, over)
    await database.close()
    await server_side.close(devices)
    told = push_sink.ask(port)
    return {
        "rate": told["readers"] / told["seconds"], "by_processor": told["readers"] / (_processor(portal) - burnt),
        "readers": told["readers"],
        "repeated": told["repeated"], "memory": (memory[0], max(memory)), "quiet": quiet, "meanwhile": meanwhile,
    }  # fmt: skip


async def killed(portal: Portal, port: int) -> dict[str, float]:
    """The same, its process killed in the middle and started again."""
    database = await Database(f"sqlite:///{portal.data / 'portail.db'}").open()
    await publish(database)
    await database.close()
    while push_sink.ask(port)["readers"] < READERS / 3:
        await asyncio.sleep(0.02)
    portal.kill()
    before = push_sink.ask(port)["readers"]
    portal.start()
    started = time.perf_counter()
    while _waiting(portal) and time.perf_counter() - started < LONGEST_SECONDS:
        await asyncio.sleep(0.2)
    return push_sink.ask(port) | {"before": before}


async def _exchanges(devices: list[Any], over: Any, at_least: int = 100) -> tuple[float, float]:
    """p50 and p99 (milliseconds) of exchanges that two phones ask for, each some five a second."""
    took: list[float] = []

    async def ask(device: Any) -> None:
        while len(took) < at_least or not over():
            started = time.perf_counter()
            await device.exchange()
            took.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(0.2)

    await asyncio.gather(*(ask(device) for device in devices))
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def _waiting(portal: Portal) -> int:
    """Pushes still to be sent, and the portions that will ask for more."""
    return int(portal.ask("SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND kind IN ('push', 'fanout')")[0][0])


def _processor(portal: Portal) -> float:
    """Seconds of processor time that the server's processes have used."""
    assert portal._process is not None
    parent = psutil.Process(portal._process.pid)
    return float(sum(sum(one.cpu_times()[:2]) for one in [parent, *parent.children(recursive=True)]))


def _memory(portal: Portal) -> float:
    """Resident megabytes of the server's processes."""
    total = 0
    assert portal._process is not None
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(portal._process.pid)
        total = sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)])
    return total / 1e6


def figures(template: Path, folder: Path, **environment: str) -> dict[str, Any]:
    """Both stories, each on data of its own, and what it is compared with."""
    found: dict[str, Any] = {}
    loops = [_beside(1)]
    for name, story in (("whole", measure), ("killed", killed)):
        data = folder / f"fan-out-{name}" / "data"
        shutil.copytree(template, data)
        with sink() as port:
            asyncio.run(_prepare(data, port))
            portal = Portal(data, **environment | {"PORTAIL_WORK": "yes", "PORTAIL_PUSH_HOSTS": f"127.0.0.1:{port}"})
            try:
                found[name] = asyncio.run(story(portal.start(), port))
            finally:
                portal.stop()
        if name == "whole":
            loops.append(_beside(1))  # before and after: whatever else the machine does meanwhile counts for both
    found["loop"] = (statistics.mean(wall for wall, _ in loops), statistics.mean(cpu for _, cpu in loops))
    found["loops"] = _beside(64)
    return found


def _beside(side_by_side: int) -> tuple[float, float]:
    with sink() as port:
        return asyncio.run(one_by_one(port, side_by_side=side_by_side))


async def _prepare(data: Path, port: int) -> None:
    database = await Database(f"sqlite:///{data / 'portail.db'}").open()
    await add_readers(database, READERS, port)
    await database.close()
