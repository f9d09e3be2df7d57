"""Two or three phones, a bad network and a server: whatever happens in which order, every invariant of the protocol holds.

``PORTAIL_HISTORIES`` says how many histories are run in all (2,000), ``PORTAIL_SEED`` where they begin.
"""

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.sync.campaign import Failure, campaign, one, shrunk
from tests.sync.planted import BUGS, Bug
from tests.sync.reference import Reference
from tests.sync.servers import town_on
from tests.sync.steps import History, Step, history

HISTORIES = int(os.environ.get("PORTAIL_HISTORIES", "2000"))
SEED = int(os.environ.get("PORTAIL_SEED", "20261123"))
SHARES = {"reference": 0.5, "sqlite": 0.46, "postgresql": 0.04}
ENOUGH = 1500  # histories in which a planted bug has to show itself
README = Path(__file__).parents[2] / "sync" / "README.md"


# Histories that once broke the real server or the core: what happened, whose phones, the steps.
REGRESSIONS: list[tuple[str, list[str], list[tuple[str, int, int]]]] = [
    (
        "a booking and the wish behind it are cancelled in one command",
        ["nadia", "nadia", "paul"],
        [("ask", 3, 12592428), ("ask", 3, 437367)],
    ),
    (
        "two families queue in the same millisecond",
        ["nadia", "paul", "aminata"],
        [("ask", 3, 1131515), ("ask", 5, 13380415), ("send", 2, 14688052), ("arrive", 5, 5132430)],
    ),
    (
        "a tab continues a reset that another tab carried on",
        ["nadia", "nadia", "paul"],
        [("sync", 0, 18285), ("send", 3, 2450760), ("arrive", 0, 2009689), ("sync", 3, 16335079), ("answer", 3, 6398307)],
    ),
    (
        "a right ends while its scope is to be read anew",
        ["nadia", "paul"],
        [
            ("sync", 0, 4631160), ("sync", 0, 8410755), ("send", 0, 16130267), ("arrive", 1, 3769784), ("sync", 4, 13702936),
            ("ask", 2, 1544546), ("sync", 2, 15197100), ("answer", 1, 9397658), ("revoke_grant", 2, 524792),
        ],
    ),
]  # fmt: skip


def seeds_of(server: str) -> range:
    begin = SEED
    for name, share in SHARES.items():
        end = begin + max(1, round(HISTORIES * share))
        if name == server:
            print(f"seeds {begin} to {end - 1} on {server}")
            return range(begin, end)
        begin = end
    raise KeyError(server)


def test_every_invariant_holds_on_the_reference_server() -> None:
    failure = asyncio.run(campaign(Reference(), seeds_of("reference")))
    assert failure is None, str(failure)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_invariant_holds_on_the_real_server(dialect: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("simulated")

    async def run() -> Failure | None:
        async with town_on(dialect, folder) as town:
            return await campaign(town, seeds_of(dialect))

    failure = asyncio.run(run())
    assert failure is None, str(failure)


def test_what_once_broke_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    async def run() -> list[str]:
        async with town_on("sqlite", tmp_path_factory.mktemp("regressions")) as town:
            errors = []
            for story, cast, steps in REGRESSIONS:
                error = await one(town, History(tuple(cast), tuple(Step(*step) for step in steps)))
                errors += [f"{story}: {error!r}"] if error else []
            return errors

    assert asyncio.run(run()) == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    failure = asyncio.run(campaign(bug.server(), range(ENOUGH), bug.phone))
    assert failure is not None, f"{bug.name} was not seen in {ENOUGH} histories"
    print(f"{bug.name}: seen after {failure.ran} histories; {failure.error}")


def test_a_failing_history_is_made_short_and_fails_again() -> None:
    bug = next(bug for bug in BUGS if bug.name == "DroppedBeforeApplied")

    async def run() -> tuple[int, int, str]:
        told = history(0)
        error = await one(bug.server(), told, bug.phone)
        assert error is not None
        short, _ = await shrunk(told, error, lambda steps: one(bug.server(), steps, bug.phone))
        return len(told.steps), len(short.steps), repr(await one(bug.server(), short, bug.phone))

    before, after, error = asyncio.run(run())
    assert after <= 3 < before
    assert "C-NOLOSS" in error


def test_the_same_seed_is_the_same_history() -> None:
    assert history(7) == history(7) != history(8)


def test_every_invariant_is_named_where_it_is_checked() -> None:
    """The list of the README says for each invariant in which file it is looked at; the file names it."""
    rows = re.findall(r"^\| \*\*([SCP]-[^*]+)\*\* \|.*\| `([^`]+)` \|$", README.read_text(), re.MULTILINE)
    assert len(rows) == 29
    for invariant, place in rows:
        path = README.parents[1] / place
        if path.is_file():
            assert invariant in path.read_text(), f"{invariant} is not named in {place}"
        else:
            assert path.is_dir() or place == "not built yet"
