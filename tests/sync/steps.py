"""Histories: a cast of phones and a list of steps, each a name, a phone and a number from which the step draws its choices.

A step means something after whatever came before, so that any part of a history is a history too: that is what shrinking needs.
"""

import random
from typing import NamedTuple


class Step(NamedTuple):
    name: str
    phone: int
    choice: int


class History(NamedTuple):
    cast: tuple[str, ...]
    steps: tuple[Step, ...]


CASTS = (("nadia", "paul"), ("nadia", "nadia", "paul"), ("nadia", "paul", "aminata"))
# Step → how often. The first group is life, the second the network, the third phones, the last the town.
WEIGHTS = {
    "ask": 300, "take_back": 12, "agree": 6, "time": 60,
    "sync": 240, "send": 140, "arrive": 150, "answer": 150, "twice": 25, "lose": 30, "garble": 60,
    "kill": 25, "abort": 8, "quota": 8, "clone": 3, "clock": 10, "session_ends": 8, "sign_in": 16, "switch": 8, "logout": 2,
    "crash": 25, "locked": 8, "price": 10, "expire": 12, "news": 20, "purge": 16, "revoke_grant": 4, "give_grant": 6,
    "revoke_device": 2, "backup": 12, "restore": 6, "sleep": 1,
}  # fmt: skip
_NAMES, _ODDS = list(WEIGHTS), list(WEIGHTS.values())


def history(seed: int, length: int = 50) -> History:
    """The history of a seed."""
    draw = random.Random(seed)
    cast = draw.choice(CASTS)
    names = draw.choices(_NAMES, _ODDS, k=draw.randint(length // 3, length))
    return History(cast, tuple(Step(name, draw.randrange(6), draw.randrange(2**24)) for name in names))
