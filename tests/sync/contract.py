"""What the simulator asks of a server, the reference and the real one alike; and what its parts know of each other."""

from typing import Any, Protocol

from tests.sync.checks import Ledger
from tests.sync.phone import Phone
from tests.sync.steps import History

Json = dict[str, Any]
Rows = dict[str, tuple[int, Json | None]]
MOST_EXCHANGES = 150


class Server(Protocol):
    """`crash_at`: where the process dies, ``(commit | reply | locked, how many commands before)``."""

    crash_at: tuple[str, int] | None

    async def reset(self) -> None: ...
    async def register(self, account: str, now: int) -> Json: ...
    async def exchange(self, account: str | None, request: Json, now: int) -> tuple[int, str]: ...
    async def heads(self, account: str) -> dict[str, tuple[str, int, int]]: ...
    async def rows(self, scope: str) -> Rows: ...
    async def bookings(self) -> list[Json]: ...
    async def taken(self) -> dict[str, int]: ...
    async def receipts(self) -> list[tuple[str, int]]: ...
    async def last_ns(self) -> dict[str, int]: ...
    async def deadletters(self) -> list[tuple[str, int]]: ...
    async def effects(self) -> list[tuple[str, int]]: ...
    async def set_price(self, cents: int) -> None: ...
    async def post_news(self, key: str, title: str | None, now: int) -> None: ...
    async def revoke_grant(self, account: str, family: str) -> None: ...
    async def give_grant(self, account: str, family: str) -> None: ...
    async def revoke_device(self, device: str, now: int) -> None: ...
    async def backup(self) -> Any: ...
    async def restore(self, saved: Any, gen: str) -> None: ...
    async def purge(self, now: int) -> None: ...
    async def expire(self, now: int) -> None: ...
    async def projections(self, now: int) -> dict[str, dict[str, Json]]: ...


class Running:
    """A history under way: what the steps, the network and the end share."""

    server: Server
    history: History
    ledger: Ledger
    now: int
    phones: list[Phone]
    phone_class: type[Phone]
    requests: list[Json]
    replies: list[Json]
    old_bodies: list[str]
    backups: list[Any]
    restores: int
    counter: int

    seen_rows: dict[tuple[str, tuple[str, int, int]], Rows]

    async def rows_at(self, scope: str, head: tuple[str, int, int]) -> Rows:
        """The server's rows of a scope; they are what they were as long as its head is."""
        if (scope, head) not in self.seen_rows:
            self.seen_rows[scope, head] = await self.server.rows(scope)
            self.ledger.learn(self.seen_rows[scope, head])
        return self.seen_rows[scope, head]

    def fresh(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}_{self.counter:03}"

    def ask_server(self, phone: Phone, tab: int, limit: int) -> Json | None:
        raise NotImplementedError

    async def serve(self, packet: Json) -> Json:
        raise NotImplementedError

    async def tell(self, packet: Json, choice: int) -> None:
        raise NotImplementedError

    async def register(self, phone: Phone, heard: bool = True) -> None:
        raise NotImplementedError

    async def check_domain(self) -> None:
        raise NotImplementedError
