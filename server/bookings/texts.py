"""What a parent is told the evening before a limit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from server.database import Row

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def not_booked_yet(rows: Sequence[Row], now: int, zone: ZoneInfo) -> str:
    """One sentence for all: « Léa : étude de jeudi 26/11. Limite : demain, 12 h. »"""
    parts = sorted({f"{row['first_name']} : {_lower(row['unit'])}, {_day(row['date'])}" for row in rows})
    said = " ; ".join(parts[:4]) + (f" et {len(parts) - 4} de plus" if len(parts) > 4 else "")
    return f"Pas encore réservé, comme d’habitude : {said}. Limite : {_limit(min(row['add_until'] for row in rows), now, zone)}."


def _limit(instant: int, now: int, zone: ZoneInfo) -> str:
    that, today = (datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (instant, now))
    day = "ce soir" if that.date() == today.date() else "demain"
    return f"{day}, {that.hour} h{f' {that.minute:02}' if that.minute else ''}"


def _day(day: str) -> str:
    that = date.fromisoformat(day)
    return f"{DAYS[that.weekday()]} {that.day}/{that.month:02}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
