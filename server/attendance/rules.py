"""What a tick and an announced absence mean. Pure."""

REASONS = ("illness", "family", "school_trip", "strike", "other")
STATES = ("present", "excused", "unexcused")
KNOWN_DAYS_AHEAD = 1
"""An absence is announced for today and tomorrow; a later day is simply cancelled."""


def may_announce(date: str, today: str, tomorrow: str) -> bool:
    """Whether an absence of that day is still news."""
    return today <= date <= tomorrow


def summary(states: list[str | None], booked: list[bool]) -> dict[str, int]:
    """How many are ticked in each way, and how many are there without a booking."""
    found = {state: states.count(state) for state in STATES}
    return {
        **found,
        "unticked": sum(state is None for state in states),
        "unbooked": sum(state == "present" and not has for state, has in zip(states, booked, strict=True)),
    }
