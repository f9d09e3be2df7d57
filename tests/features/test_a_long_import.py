"""A whole billing base takes a while: whoever waits is told how far it got, and who hangs up has imported nothing."""

import asyncio
import json

import pytest

from server.admissions import routes
from server.admissions.service import import_base
from server.database import Database
from server.traces.service import Who
from tests.cast import Client
from tests.conftest import PARIS, Clock
from tests.features.test_admissions import HEADER, families

MANY = HEADER + "".join(f"2{number:05};Famille {number};oui;;adulte;Petit;Zoé {number};;;;;\n" for number in range(400))


async def test_the_way_is_told_line_by_line_and_the_report_comes_last(
    as_sylvie: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "TOLD_EVERY", 0.001)
    before = await families(database)
    for dry_run, more in ((True, 0), (False, 400)):
        asked = {"csv": MANY, "dry_run": dry_run}
        answer = await as_sylvie.post("/api/agents/import", json=asked, headers={"Accept": "application/x-ndjson"})
        words = [json.loads(line) for line in (await answer.get_data()).splitlines()]
        assert words[0] == {"done": 0, "total": 400}
        steps = [word["done"] for word in words[:-1]]
        assert steps == sorted(steps)
        assert any(0 < step < 400 for step in steps), "something was told on the way"
        assert (words[-1]["report"]["created"], words[-1]["report"]["written"]) == (400, not dry_run)
        assert await families(database) == before + more
    asked = {"csv": "nothing of a base", "dry_run": True}
    answer = await as_sylvie.post("/api/agents/import", json=asked, headers={"Accept": "application/x-ndjson"})
    assert json.loads((await answer.get_data()).splitlines()[-1])["error"]["code"] == "base_unreadable"


async def test_who_hangs_up_in_the_middle_has_imported_nothing(database: Database, clock: Clock) -> None:
    before, far = await families(database), asyncio.Event()
    lines = 0

    def progress(done: int) -> None:
        nonlocal lines
        lines += done
        if lines > 100:
            far.set()

    who = Who("acc_sylvie", "Sylvie Laurent", "enfance-education")
    task = asyncio.create_task(import_base(database, MANY, who, PARIS, clock(), dry_run=False, progress=progress))
    await far.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert 100 < lines < 400
    assert await families(database) == before
