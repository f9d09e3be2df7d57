"""Bookings as events of a calendar (RFC 5545). Pure. Nothing about money, quotient or health leaves by this way."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

STATUS = {"booked": "CONFIRMED", "waiting": "TENTATIVE", "to_confirm": "TENTATIVE", "requested": "TENTATIVE", "cancelled": "CANCELLED"}
WORDS = {"waiting": "liste d’attente", "to_confirm": "à confirmer", "requested": "demandé", "cancelled": "annulé"}
REFRESH = timedelta(hours=6)


@dataclass(frozen=True)
class Place:
    """One booking as an event needs it. Instants are UTC milliseconds."""

    rid: str
    child: str
    unit: str
    where: str
    date: str
    starts: str
    ends: str
    state: str
    requested_at: int
    decided_at: int


def address(key: bytes, account: str, version: int) -> str:
    """The secret of an address: 43 letters and digits that nobody guesses."""
    return urlsafe_b64encode(hmac.digest(key, f"agenda/{account}/{version}".encode(), "sha256")).decode().rstrip("=")


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def calendar(places: Iterable[Place], town: str, public_url: str, zone: ZoneInfo) -> bytes:
    """The whole calendar. An event keeps its UID for life and counts its SEQUENCE up with each decision about it."""
    found = Calendar()
    found.add("prodid", "-//Portail famille//FR")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", f"Accueils, {town}")
    found.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    found.add("x-published-ttl", REFRESH)
    host = public_url.partition("//")[2].partition("/")[0].partition(":")[0]
    for place in places:
        found.add_component(_event(place, host, public_url, zone))
    if found.events:
        found.add_missing_timezones()
    return found.to_ical()


def _event(place: Place, host: str, public_url: str, zone: ZoneInfo) -> Event:
    day = date.fromisoformat(place.date)
    decided = datetime.fromtimestamp(place.decided_at // 1000, UTC)
    said = WORDS.get(place.state)
    event = Event()
    event.add("uid", f"{place.rid}@{host}")
    event.add("dtstamp", decided)
    event.add("last-modified", decided)
    event.add("sequence", max(0, (place.decided_at - place.requested_at) // 1000))
    event.add("summary", f"{place.child} : {place.unit}{f' ({said})' if said else ''}")
    event.add("dtstart", datetime.combine(day, time.fromisoformat(place.starts), zone))
    event.add("dtend", datetime.combine(day, time.fromisoformat(place.ends), zone))
    event.add("location", place.where)
    event.add("status", STATUS[place.state])
    event.add("url", f"{public_url}/planning?jour={place.date}")
    return event
