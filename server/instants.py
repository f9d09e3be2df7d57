"""Instants are UTC milliseconds; a town's calendar and clock name their zone."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def iso(instant: int, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset, to the millisecond: ``2026-11-24T08:02:11.482+01:00``."""
    moment = datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone)
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "seconds")


def day_of(instant: int, zone: ZoneInfo) -> str:
    """The day of the zone's calendar, ``YYYY-MM-DD``."""
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone).date().isoformat()
