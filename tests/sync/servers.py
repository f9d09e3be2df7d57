"""The real server for the simulator, on a database of its own."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from server.database import Database
from tests.databases import PostgresEngine, SqliteEngine
from tests.sync.town_server import TownServer


async def _nothing(database: Database) -> None:
    """The tables alone: the tiny town is filled in by `TownServer`."""


@asynccontextmanager
async def town_on(dialect: str, folder: Path) -> AsyncIterator[TownServer]:
    """``sqlite`` or ``postgresql``. Commands that fail on purpose are logged by nobody."""
    engine = SqliteEngine(folder) if dialect == "sqlite" else PostgresEngine()
    logged = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        await engine.prepare(_nothing)
        async with engine.copy() as url:
            # What is tested here is the protocol; that a commit reaches the disk is tested elsewhere, by killing the server.
            town = await TownServer(f"{url}?synchronous=OFF" if dialect == "sqlite" else url).open()
            try:
                yield town
            finally:
                await town.close()
    finally:
        structlog.configure(wrapper_class=logged)
        if isinstance(engine, PostgresEngine):
            engine.stop()
