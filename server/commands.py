"""What a device asks and what it is answered, as the features see it; `syncing` turns both into the wire's messages."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Transaction
from server.instants import day_of, iso

Item = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """A well-formed command. `received_at` is when its request came in, before any wait: it alone judges deadlines."""

    account: str
    device: str
    n: int
    kind: str
    args: Mapping[str, Any]
    received_at: int
    zone: ZoneInfo

    @property
    def today(self) -> str:
        return day_of(self.received_at, self.zone)

    def iso(self, instant: int) -> str:
        return iso(instant, self.zone)


@dataclass
class Answer:
    """The outcome of each item, the scope whose devices read the receipt, and the rows that changed, by scope."""

    scope: str
    items: list[Item]
    changes: dict[str, dict[str, Mapping[str, Any] | None]] = field(default_factory=dict)

    def put(self, scope: str, key: str, body: Mapping[str, Any] | None) -> None:
        self.changes.setdefault(scope, {})[key] = body


Handler = Callable[[Transaction, Command], Awaitable[Answer]]
