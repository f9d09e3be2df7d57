"""Which dates a restriction may have, and which state they put it in. Pure."""

from datetime import date, timedelta

FARTHEST = timedelta(days=366)


def dates_fit(since: str, until: str | None, today: str) -> bool:
    """A real first day, at most a year ahead, and a last day not before it and not over yet."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until) if until else None
    except ValueError:
        return False
    now = date.fromisoformat(today)
    return first <= now + FARTHEST and (last is None or (last >= first and last >= now))


def state_on(since: str, until: str | None, today: str) -> str:
    """``coming``, ``in_force`` or ``over``."""
    if today < since:
        return "coming"
    return "over" if until and today > until else "in_force"
