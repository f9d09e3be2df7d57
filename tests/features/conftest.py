"""The outside world of a test: stand-ins on real sockets, with the tests' clock."""

from collections.abc import Iterator

import pytest

from server.simulators.beside import Beside
from tests.conftest import Clock
from tests.features.identity import Outside, outside


@pytest.fixture
def world(clock: Clock) -> Iterator[Outside]:
    """FranceConnect and API Particulier."""
    beside = Beside()
    yield outside(beside, lambda: clock() / 1000)
    beside.stop()
