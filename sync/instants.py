"""Instants as the wire writes them: ISO 8601 with an offset, or Z."""

import re

_SHAPE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def instant_of(text: object) -> int | None:
    """Milliseconds since 1970 in UTC, or None when the text is no such instant or lies before 1970."""
    found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign, zone_hour, zone_minute = found.groups()[6:]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] + (leap and month == 2):
        return None
    if hour > 23 or minute > 59 or second > 59 or int(zone_hour or 0) > 23 or int(zone_minute or 0) > 59:
        return None
    offset = (int(zone_hour or 0) * 60 + int(zone_minute or 0)) * (-1 if sign == "-" else 1)
    minutes = (_days_before(year) + sum(_DAYS[: month - 1]) + (leap and month > 2) + day - 1) * 1440 + hour * 60 + minute - offset
    instant = minutes * 60_000 + second * 1000 + int((fraction or "0").ljust(3, "0")[:3])
    return instant if instant >= 0 else None


def _days_before(year: int) -> int:
    past = year - 1
    return (year - 1970) * 365 + (past // 4 - past // 100 + past // 400) - (1969 // 4 - 1969 // 100 + 1969 // 400)
