"""``make simulate N=2000``: histories on a fresh seed. ``python -m tests.sync.simulate [N] [--seed S] [--server …] [--replay …]``."""

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sync.campaign import Failure, campaign, one
from tests.sync.contract import Server
from tests.sync.reference import Reference
from tests.sync.servers import town_on
from tests.sync.steps import History, Step


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("histories", nargs="?", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--server", choices=("reference", "sqlite", "postgresql"), default="reference")
    parser.add_argument("--replay", help="a history that a failure printed")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        return asyncio.run(_run(chosen, Path(folder)))


async def _run(chosen: argparse.Namespace, folder: Path) -> int:
    if chosen.server == "reference":
        return await _on(Reference(), chosen)
    async with town_on(chosen.server, folder) as town:
        return await _on(town, chosen)


async def _on(server: Server, chosen: argparse.Namespace) -> int:
    if chosen.replay:
        cast, steps = json.loads(chosen.replay)
        told = History(tuple(cast), tuple(Step(*step) for step in steps))
        error = await one(server, told)
        print(repr(error) if error else "Every invariant holds.")
        return 1 if error else 0
    print(f"{chosen.histories} histories from seed {chosen.seed} on the {chosen.server} server", flush=True)
    started = time.monotonic()
    failure: Failure | None = await campaign(server, range(chosen.seed, chosen.seed + chosen.histories))
    if failure:
        print(failure)
        return 1
    print(f"Every invariant holds in all of them ({chosen.histories / (time.monotonic() - started):.0f} histories a second).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
