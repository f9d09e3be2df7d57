"""Tells listening browsers that a scope moved: a hint without content, so losing one costs a poll, never a row.

Within a process the hint is immediate. Between processes: PostgreSQL's NOTIFY, or SQLite's change counter, looked at
once a second.
"""

import asyncio
from collections.abc import Iterable

from server.database import Database

LOOK_EVERY_SECONDS = 1.0


class Heads:
    """The listeners of this process."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Queue[None], frozenset[str]] = {}
        self._watching: asyncio.Task[None] | None = None
        self.closing = False

    def listen(self, scopes: Iterable[str]) -> asyncio.Queue[None]:
        """A queue that gets an item when one of the scopes moved; hints that nobody took yet are merged."""
        queue: asyncio.Queue[None] = asyncio.Queue(maxsize=1)
        self._listeners[queue] = frozenset(scopes)
        return queue

    def leave(self, queue: asyncio.Queue[None]) -> None:
        self._listeners.pop(queue, None)

    def moved(self, scopes: Iterable[str]) -> None:
        """Wakes whoever listens to one of the scopes."""
        moved = frozenset(scopes)
        for queue, wanted in list(self._listeners.items()):
            if moved & wanted and not queue.full():
                queue.put_nowait(None)

    def everyone(self) -> None:
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(None)

    def start(self, database: Database) -> None:
        """Begins to look for what other processes changed."""
        self._watching = asyncio.create_task(self._watch(database))

    async def stop(self) -> None:
        """Ends the streams: an open one would hold the server's shutdown for its whole grace time."""
        self.closing = True
        self.everyone()
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self, database: Database) -> None:
        if database.dialect == "postgresql":
            await self._listen_to_postgresql(database)
        seen = None
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if self._listeners:
                version = await database.change_counter()
                if seen is not None and version != seen:
                    self.everyone()
                seen = version

    async def _listen_to_postgresql(self, database: Database) -> None:
        while True:
            try:
                async with database.client.acquire_connection() as connection:
                    await connection.add_listener("scopes_moved", lambda *args: self.moved(args[3].split(" ")))
                    try:
                        while not connection.is_closed():
                            await asyncio.sleep(LOOK_EVERY_SECONDS)
                    finally:
                        if not connection.is_closed():
                            await connection.reset()
            except (OSError, ConnectionError):
                await asyncio.sleep(LOOK_EVERY_SECONDS)
