"""S-COST: an exchange reads what changed and the heads of its scopes, however long the history of the scopes is."""

import asyncio
import json
from typing import Any

import pytest

from server.database import Connection
from tests.sync.servers import town_on
from tests.sync.town_server import TownServer
from tests.sync.world import DAY, START

LENGTHS = (1, 10, 100)


async def read_by_exchanges(town: TownServer, rows_read: list[int], times: int) -> list[int]:
    """Rows that the database handed over for three exchanges — nothing new, one row changed, three — after a history ``times`` as long."""
    await town.reset()
    made = await town.register("nadia", START)
    cursors: dict[str, str] = {}
    costs = []
    for i in range(4 * times):
        await town.post_news(f"old{i % 4}", None if i % 3 else f"titre {i}", START + i)
    for changes in (40, 0, 1, 3):
        for i in range(min(changes, 3)):
            await town.post_news(f"new{i}", f"{changes}", START + DAY)
        request = {
            "proto": 1, "schema": 1, "app": "1", "req": "q", "device": made["device"], "actor": "nadia", "cursors": cursors, "ops": [],
        }  # fmt: skip
        rows_read.clear()
        told = await answered(town, request)
        costs.append(sum(rows_read))
        cursors |= {change["scope"]: change["to"] for change in told["changes"]}
    return costs[1:]


async def answered(town: TownServer, request: dict[str, Any]) -> dict[str, Any]:
    status, body = await town.exchange("nadia", request, START + DAY)
    assert status == 200, body
    return dict(json.loads(body))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_an_exchange_reads_what_changed_however_long_the_history(
    dialect: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_read: list[int] = []
    read = Connection.all

    async def counted(self: Connection, sql: str, *values: Any) -> Any:
        found = await read(self, sql, *values)
        rows_read.append(len(found))
        return found

    monkeypatch.setattr(Connection, "all", counted)

    async def run() -> list[list[int]]:
        async with town_on(dialect, tmp_path_factory.mktemp("cost")) as town:
            return [await read_by_exchanges(town, rows_read, times) for times in LENGTHS]

    short, longer, longest = asyncio.run(run())
    assert short == longer == longest
    nothing, one, three = short
    assert nothing <= 8
    assert one - nothing <= 2
    assert three - nothing <= 4
