"""500 rows of a scope by hand-written SQL over ready JSON, and by ORM objects, on the same SQLite file."""

import json
import statistics
import time
from pathlib import Path

import msgspec

from server.database import Database
from server.feed.models import SyncRow
from server.feed.service import pages

ROUNDS = 15


async def measure(data: Path) -> dict[str, float]:
    """Milliseconds per page of 500 rows, medians: ``hand``, ``orm``; and ``ratio``."""
    database = await Database(f"sqlite:///{data / 'portail.db'}").open()
    try:
        found = await database.one(
            "SELECT g.account, g.scope FROM sync_grant g JOIN sync_row r ON r.scope = g.scope WHERE g.scope LIKE 'f:%'"
            " GROUP BY 1, 2 ORDER BY COUNT(*) DESC LIMIT 1"
        )
        assert found
        by_hand, by_objects = [], []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            async with database.snapshot() as snapshot:
                told = await pages(snapshot, found["account"], {}, 500)
                page = msgspec.json.encode(told)
            by_hand.append((time.perf_counter() - started) / sum(len(change["rows"]) for change in told["changes"]) * 500)
            started = time.perf_counter()
            async with database.orm():
                objects = await SyncRow.filter(scope=found["scope"], seq__gt=0).order_by("seq").limit(500)
                rows = [{"k": row.key, "s": row.seq, "b": json.loads(row.body) if row.body else None} for row in objects]
            encoded = json.dumps({"rows": rows})
            by_objects.append((time.perf_counter() - started) / max(len(objects), 1) * 500)
            assert len(page) > 1000 < len(encoded)
    finally:
        await database.close()
    hand, orm = statistics.median(by_hand) * 1000, statistics.median(by_objects) * 1000
    return {"hand": hand, "orm": orm, "ratio": orm / hand}
