"""The data of the measures are exactly what the measures say they are."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Database
from server.database.migrating import migrate
from server.towns import benchmark
from server.towns.loader import load_town

PARIS = ZoneInfo("Europe/Paris")
NOW = int(datetime(2026, 11, 23, 8, 0, tzinfo=PARIS).timestamp() * 1000)


async def rows_of(database: Database, scope: str, kind: str = "") -> dict[str, Any]:
    found = await database.all("SELECT key, body FROM sync_row WHERE scope = ? ORDER BY seq", scope)
    return {row["key"]: json.loads(row["body"]) for row in found if row["key"].startswith(kind)}


async def test_the_reference_town_of_the_measures(tmp_path: Path) -> None:
    measured = await Database(f"sqlite:///{tmp_path / 'reference.db'}").open()
    await migrate(measured)
    await benchmark.build(measured, load_town("vigneux"), now_ms=NOW)
    counts = {
        table: (await measured.all(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"]
        for table in ("family", "child", "unit", "opening", "invoice", "invoice_line")
    }
    assert counts == {"family": 50, "child": 90, "unit": 4, "opening": 260, "invoice": 600, "invoice_line": 4800}
    booked = (await measured.all("SELECT COUNT(*) AS n FROM booking"))[0]["n"]
    assert 0.33 < booked / (90 * 65 * 4) < 0.36
    race = await measured.all(
        "SELECT capacity, taken FROM place_pool WHERE id LIKE 'ecole-soir:%' ORDER BY id DESC LIMIT 4"
    )
    assert [(row["capacity"], row["taken"]) for row in race[:3]] == [(5, 0)] * 3
    assert race[3]["capacity"] == 30
    rows = list((await rows_of(measured, "f:fam_famille07", "invoice/")).values())
    assert sorted(row["paid_on"] is None for row in rows) == [False] * 10 + [True] * 2
    assert {len(row["lines"]) for row in rows} == {8}
    days = (await rows_of(measured, "t:openings:2026:ecole"))["open/ecole-midi/2026-12"]["days"]
    cutoff = int(datetime(2026, 12, 5, 9, 0, tzinfo=PARIS).timestamp())
    assert days["07"][:2] == [cutoff, cutoff]  # a Monday: two days before, all days counted
    await measured.close()
