"""A worker is killed in the middle of telling many people; another one goes on, and each is told once."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from server.database import Database
from server.instants import now_ms
from server.outbox.rules import SHORT_LEASE
from server.outbox.service import MANY_AT_ONCE
from tests.bench import push_sink
from tests.bench.fan_out import add_readers, publish, sink
from tests.conftest import ROOT

PEOPLE = 1200
WAITING = "SELECT id FROM outbox WHERE kind IN ('push', 'fanout') AND state = 'waiting' LIMIT 1"


async def _until(port: int, readers: int) -> None:
    while push_sink.ask(port)["readers"] < readers:
        await asyncio.sleep(0.01)


def _worker(data: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PORTAIL_DATA": str(data), "PORTAIL_PUSH_HOSTS": f"127.0.0.1:{port}", "PORTAIL_LOG_LEVEL": "error"}
    return subprocess.Popen([sys.executable, "-m", "server", "work"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


async def test_a_worker_killed_in_the_middle_is_followed_by_another(demo_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(demo_data, tmp_path / "data"))
    database = await Database(f"sqlite:///{data / 'portail.db'}").open()
    with sink(pause_ms=20) as port:
        await add_readers(database, PEOPLE, port)
        await publish(database)
        first = _worker(data, port)
        await _until(port, 2 * MANY_AT_ONCE)
        first.send_signal(signal.SIGKILL)
        first.wait()
        async with database.transaction() as tx:  # the time that a lease lasts goes by
            await tx.run("UPDATE outbox SET lease_until = lease_until - ? WHERE lease_until > ?", SHORT_LEASE, now_ms())
        second = _worker(data, port)
        while await database.all(WAITING):
            await asyncio.sleep(0.05)
        second.terminate()
        second.wait()
        told = push_sink.ask(port)
    given_up = await database.all("SELECT id FROM outbox WHERE kind IN ('push', 'fanout') AND state <> 'done'")
    await database.close()
    assert told["readers"] == PEOPLE and given_up == []
    assert told["repeated"] <= MANY_AT_ONCE, "only what was on its way is posted again"
    assert told["shown_twice"] == 0, "under the same Topic and tag: a device replaces the first by the second"
