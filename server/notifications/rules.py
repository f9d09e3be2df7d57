"""Which notification goes where, when, and how long a push service should keep it. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = 3600
DAY = 24 * HOUR
CHANNELS = ("push", "mail")


@dataclass(frozen=True)
class Topic:
    """How a class of notifications travels: seconds that a push service keeps it, its urgency, and the channels by default."""

    ttl: int
    urgency: str
    channels: tuple[str, ...]
    waits: bool = True
    """Whether a quiet time holds it back; what cannot wait until the morning does not."""


# Classes of docs: RFC 8030; a reminder is worth nothing after its deadline, so its TTL is given with it.
TOPICS: dict[str, Topic] = {
    "news": Topic(DAY, "low", ("push",)),
    "messages": Topic(7 * DAY, "normal", ("push", "mail")),
    "answers": Topic(2 * DAY, "high", ("push",)),
    "invoices": Topic(7 * DAY, "normal", ("push", "mail")),
    "deadlines": Topic(12 * HOUR, "high", ("push",)),
    "places": Topic(DAY, "high", ("push", "mail"), waits=False),
    "custody": Topic(2 * DAY, "normal", ("push", "mail")),
}


def chosen(topics: Mapping[str, list[str]] | None) -> dict[str, list[str]]:
    """Topic → channels: what the person chose, the default for topics that they never saw."""
    known = topics or {}
    return {name: [c for c in known.get(name, topic.channels) if c in CHANNELS] for name, topic in TOPICS.items()}


def replaces(topic: str, about: str) -> str:
    """The Topic header: a later push about the same thing replaces one that still waits. 32 characters of base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"{topic}/{about}".encode()).digest()).decode()[:32]


def not_before(now: int, quiet: tuple[str | None, str | None], zone: ZoneInfo) -> int:
    """The first instant (UTC milliseconds) outside the quiet time, which may span midnight: ``("21:00", "07:00")``."""
    begins, ends = quiet
    if not begins or not ends or begins == ends:
        return now
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    start, end = time.fromisoformat(begins), time.fromisoformat(ends)
    at = local.time()
    inside = start <= at < end if start < end else at >= start or at < end
    if not inside:
        return now
    day = local.date() + timedelta(days=1 if start > end and at >= start else 0)
    return int(datetime.combine(day, end, zone).timestamp() * 1000)
