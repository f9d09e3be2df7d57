"""Asking the CAF again when it did not answer: a few times, for a quarter of an hour, from this process's memory alone.

The typed identity is never written down, so a restart forgets the attempts; the family is then on the agents' list as before.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("portail.quotient")
WAITS = (30.0, 120.0, 300.0, 450.0)
OVER_AFTER = 20 * 60_000
"""Milliseconds after which an attempt that nobody finished is known to have been forgotten."""


class Retries:
    """One for a running portal. `pause` is how it waits."""

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.pause = pause
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, family: str, attempt: Callable[[bool], Awaitable[float | None]], at_least: float = 0.0) -> None:
        """Calls `attempt(last)` after each wait until it returns None; it returns seconds when it wants more patience than ours."""
        earlier = self._running.pop(family, None)
        if earlier:
            earlier.cancel()
        self._running[family] = asyncio.create_task(self._run(family, attempt, at_least))

    async def _run(self, family: str, attempt: Callable[[bool], Awaitable[float | None]], at_least: float) -> None:
        for number, wait in enumerate(WAITS, 1):
            await self.pause(max(wait, at_least))
            try:
                more = await attempt(number == len(WAITS))
            except Exception as error:
                log.error("quotient not asked again", error=type(error).__name__, exc_info=error)
                more = None
            if more is None:
                break
            at_least = more
        if self._running.get(family) is asyncio.current_task():
            del self._running[family]

    async def settled(self) -> None:
        """Until nothing waits any more."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def stop(self) -> None:
        for task in self._running.values():
            task.cancel()
        await self.settled()
