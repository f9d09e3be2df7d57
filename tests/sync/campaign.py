"""Many histories, and what to do when one fails: make it short, and print it so that it can be run again."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from tests.sync.checks import Broken
from tests.sync.contract import Server
from tests.sync.phone import Phone
from tests.sync.simulator import Simulation
from tests.sync.steps import History, Step, history

MOST_TRIES = 600
Try = Callable[[History], Awaitable[Exception | None]]


class Failure(NamedTuple):
    """``ran``: how many histories it took, this one included."""

    seed: int
    ran: int
    history: History
    error: Exception

    def __str__(self) -> str:
        steps = json.dumps([self.history.cast, self.history.steps])
        again = f"python -m tests.sync.simulate --replay '{steps}'"
        return f"seed {self.seed}: {self.error!r}\n{len(self.history.steps)} steps are enough:\n{again}"


async def one(server: Server, told: History, phone_class: type[Phone] = Phone) -> Exception | None:
    """Runs a history; what broke, or None. An error of any kind is a failure."""
    try:
        await Simulation(server, told, phone_class).run()
    except Exception as error:
        return error
    return None


async def campaign(server: Server, seeds: Iterable[int], phone_class: type[Phone] = Phone) -> Failure | None:
    """The first history that fails, made as short as it can be."""
    for ran, seed in enumerate(seeds, 1):
        error = await one(server, history(seed), phone_class)
        if error is not None:
            short = await shrunk(history(seed), error, lambda told: one(server, told, phone_class))
            return Failure(seed, ran, *short)
    return None


async def shrunk(told: History, error: Exception, attempt: Try) -> tuple[History, Exception]:
    """Leaves steps out, in ever smaller parts, as long as the same thing breaks (delta debugging)."""
    steps, tries = list(told.steps), 0
    size = max(1, len(steps) // 2)
    while tries < MOST_TRIES:
        left, error, used = await _without_parts(told.cast, steps, error, size, attempt)
        tries += used
        if len(left) == len(steps) and size == 1:
            break
        size = max(1, size // 2) if len(left) == len(steps) else size
        steps = left
    return History(told.cast, tuple(steps)), error


async def _without_parts(
    cast: tuple[str, ...], steps: Sequence[Step], error: Exception, size: int, attempt: Try
) -> tuple[list[Step], Exception, int]:
    kept, at, tries = list(steps), 0, 0
    while at < len(kept):
        shorter = kept[:at] + kept[at + size :]
        tries += 1
        found = await attempt(History(cast, tuple(shorter)))
        if found is not None and same(found, error):
            kept, error = shorter, found
        else:
            at += size
    return kept, error, tries


def same(one: Exception, other: Exception) -> bool:
    if isinstance(one, Broken) and isinstance(other, Broken):
        return one.invariant == other.invariant
    return type(one) is type(other)
