"""The small town of the simulations: three accounts, two families that share a child, one foreign family, scarce places."""

from dataclasses import dataclass
from datetime import UTC, datetime

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_795_161_600_000  # 2026-11-20 08:00 UTC
MONTHS_14 = 430 * DAY
KEPT_TOMBSTONES = 400 * DAY

FAMILIES = {"f_nadia": ("lea", "noe"), "f_paul": ("noe",), "f_aminata": ("awa", "issa")}
GUARDIANS = {"nadia": ("f_nadia",), "paul": ("f_paul",), "aminata": ("f_aminata",)}
CHILDREN = ("awa", "issa", "lea", "noe")
PRICE = 310


@dataclass(frozen=True)
class Session:
    id: str
    unit: str
    date: str
    capacity: int | None
    add_until: int
    remove_until: int


def _sessions() -> dict[str, Session]:
    made = {}
    for i, (unit, date, capacity) in enumerate(
        [
            ("soir", "2026-11-23", 1),
            ("soir", "2026-11-24", 1),
            ("soir", "2026-11-25", 2),
            ("loisirs", "2026-11-25", None),
        ]
    ):
        until = START + (i + 1) * 9 * HOUR
        made[f"{unit}:{date}"] = Session(f"{unit}:{date}", unit, date, capacity, until, until + 3 * HOUR)
    return made


SESSIONS = _sessions()


def families_of(account: str) -> tuple[str, ...]:
    return GUARDIANS[account]


def families_of_child(child: str) -> list[str]:
    return [family for family, children in FAMILIES.items() if child in children]


def town_scopes() -> tuple[str, ...]:
    return ("t:news",)


def iso(instant: int) -> str:
    """UTC, to the millisecond."""
    moment = datetime.fromtimestamp(instant // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1000:03}Z"
