"""The cast's phones, as the server sees them: what an installation sends, without a browser."""

import itertools
from typing import Any

from quart.typing import (
    TestClientProtocol as Client,  # under a name that pytest does not take for a test
)

PASSWORD = "vigneux-demo-2026"
_numbers = itertools.count(1)


class Phone:
    """A registered installation. It numbers its commands and remembers its cursors, nothing more."""

    def __init__(self, client: Client, account: str) -> None:
        self.client = client
        self.account = account
        self.device = ""
        self.next_n = 1
        self.cursors: dict[str, str] = {}

    async def register(self) -> "Phone":
        body = {"label": "Téléphone", "platform": "android", "app": "2026.11.0", "clone_guard": f"g_{next(_numbers):020}"}
        answer = await self.client.post("/api/sync/v1/devices", json=body)
        assert answer.status_code == 201, await answer.get_data()
        self.device = (await answer.get_json())["device"]
        return self

    def command(self, kind: str, args: dict[str, Any], at: str = "2026-11-23T08:00:00+01:00") -> dict[str, Any]:
        command = {"n": self.next_n, "kind": kind, "at": at, "args": args}
        self.next_n += 1
        return command

    def request(self, *commands: dict[str, Any]) -> dict[str, Any]:
        return {
            "proto": 1,
            "schema": 1,
            "app": "2026.11.0",
            "req": f"q_{next(_numbers):020}",
            "device": self.device,
            "actor": self.account,
            "ack": 0,
            "cursors": self.cursors,
            "limit": 500,
            "ops": list(commands),
        }

    async def post(self, request: dict[str, Any]) -> Any:
        return await self.client.post("/api/sync/v1/exchange", json=request)

    async def exchange(self, *commands: dict[str, Any]) -> dict[str, Any]:
        """Sends the commands, takes what is new, and returns the whole answer."""
        response = await self.post(self.request(*commands))
        assert response.status_code == 200, await response.get_data()
        answer: dict[str, Any] = await response.get_json()
        for change in answer["changes"]:
            self.cursors[change["scope"]] = change["to"]
        return answer

    async def rows(self) -> dict[str, dict[str, Any]]:
        """Everything this phone may hold, by scope and key, fetched anew."""
        self.cursors = {}
        held: dict[str, dict[str, Any]] = {}
        while True:
            answer = await self.exchange()
            for change in answer["changes"]:
                rows = held.setdefault(change["scope"], {})
                rows |= {row["k"]: row["b"] for row in change["rows"] if "b" in row}
            if not any(change["more"] for change in answer["changes"]):
                return held
