"""How many prices a second one core gives: every tariff of the demo town and of real towns, for families of every kind."""

import time
from itertools import product
from pathlib import Path

import msgspec

from server.tariffs.rules import Situation, Tariff, Terms, price
from server.towns.loader import load_town

REAL = Path(__file__).parents[1] / "rules" / "tariffs" / "real_towns.toml"
SECONDS = 1.0


def prices_a_second() -> dict[str, float]:
    """``tariffs``, ``situations``, and ``per_second`` of processor time, reasons included."""
    terms = msgspec.toml.decode(REAL.read_bytes(), type=dict[str, Terms])
    tariffs = [*load_town("vigneux").tariffs, *(Tariff(code, 1, "2026-09-01", None, "Délibération", of) for code, of in terms.items())]
    people = [Situation(resident, q, rank) for resident, q, rank in product((True, False), (None, *range(0, 3000, 7)), (1, 2, 3))]
    done, begun = 0, time.process_time()
    while time.process_time() - begun < SECONDS:
        for tariff in tariffs:
            for who in people:
                price(tariff, who)
        done += len(tariffs) * len(people)
    return {"tariffs": len(tariffs), "situations": len(people), "per_second": done / (time.process_time() - begun)}


if __name__ == "__main__":
    print(prices_a_second())
