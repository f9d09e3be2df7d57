"""What the town does by itself: gives back places that nobody confirmed, publishes how many are left, forgets old traces.

Every job may run in several processes at once: each step is a conditional update, and the second finds nothing to do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

import structlog

from server.attachments.service import Files
from server.bookings.service import expire_holds, follow_tariffs, publish_levels, remind
from server.database import Database
from server.feed.service import purge_tombstones
from server.invoices.service import Cashier, nightly_check, tell_soon_due
from server.news.service import publish_due, refresh_readers
from server.privacy.service import apply_retention
from server.quotient.service import expire as expire_quotients
from server.registration.service import forget_unfinished
from server.restrictions.service import turn as turn_restrictions

log = structlog.get_logger("portail.jobs")
Job = Callable[[], Awaitable[int]]


class Jobs:
    def __init__(
        self, database: Database, zone: ZoneInfo, now: Callable[[], int], cashier: Cashier | None = None, files: Files | None = None
    ) -> None:
        self._every: list[tuple[str, float, Job]] = [
            ("expire_holds", 15, lambda: expire_holds(database, now(), zone)),
            ("publish_due", 15, lambda: publish_due(database, now(), zone)),
            ("follow_tariffs", 60, lambda: follow_tariffs(database, now(), zone)),
            ("publish_levels", 60, lambda: publish_levels(database, now(), zone)),
            ("expire_quotients", 3_600, lambda: expire_quotients(database, now(), zone)),
            ("turn_restrictions", 900, lambda: turn_restrictions(database, now(), zone)),
            ("forget_unfinished", 3_600, lambda: forget_unfinished(database, now())),
            ("apply_retention", 3_600, lambda: apply_retention(database, now(), zone)),
            ("remind", 900, lambda: remind(database, now(), zone)),
            ("tell_soon_due", 900, lambda: tell_soon_due(database, now(), zone)),
            ("refresh_readers", 3_600, lambda: refresh_readers(database, now(), zone)),
            ("nightly_check", 900, lambda: nightly_check(database, now(), zone)),
            ("purge_tombstones", 86_400, lambda: purge_tombstones(database, now())),
        ]
        if cashier:
            self._every.append(("check_payments", 30, lambda: cashier.check_due(now())))
        if files:
            self._every.append(("clear_files", 86_400, lambda: files.clear(now())))
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._repeat(*job)) for job in self._every]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, name: str, seconds: float, job: Job) -> None:
        while True:
            await asyncio.sleep(min(seconds, 60))
            try:
                done = await job()
                if done:
                    log.info("job", name=name, done=done)
            except Exception as error:
                # The next round tries again; a job that keeps failing shows in the log.
                log.error("job failed", name=name, error=type(error).__name__, exc_info=error)
            await asyncio.sleep(max(0, seconds - 60))
