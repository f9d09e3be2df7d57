"""Registered installations for the load tests: what the app sends, without a browser."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.bench.load import Answer, Client

PASSWORD = "vigneux-demo-2026"
SCARCE = "ecole-soir"
_ids = count(time.time_ns())


@dataclass
class Device:
    client: Client
    account: str = ""
    id: str = ""
    next_n: int = 1
    cursors: dict[str, str] = field(default_factory=dict)
    free: list[tuple[str, str]] = field(default_factory=list)
    """(child, session) that the family could book, and that have room for everybody who does."""
    scarce: list[tuple[str, str]] = field(default_factory=list)
    """The same of the evening, whose places run out."""
    booked: list[tuple[str, str, str]] = field(default_factory=list)
    """(rid, child, session) of what this device has booked."""
    cancelling: bool = False

    async def open(self, username: str) -> "Device":
        answer = await self.client.call("POST", "/api/session", {"username": username, "password": PASSWORD})
        self.account = answer.json()["account"]["id"]
        body = {"label": "Mesure", "platform": "bench", "app": "2026.11.0", "clone_guard": f"g_{next(_ids)}"}
        self.id = (await self.client.call("POST", "/api/sync/v1/devices", body)).json()["device"]
        return self

    async def exchange(self, *ops: dict[str, Any], cursors: dict[str, str] | None = None) -> Answer:
        request = {
            "proto": 1, "schema": 1, "app": "2026.11.0", "req": f"q_{next(_ids)}", "device": self.id,
            "actor": self.account, "ack": self.next_n - 1 - len(ops), "limit": 500, "ops": list(ops),
            "cursors": self.cursors if cursors is None else cursors,
        }  # fmt: skip
        answer = await self.client.call("POST", "/api/sync/v1/exchange", request)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
        return answer

    def command(self, kind: str, args: dict[str, Any]) -> dict[str, Any]:
        self.next_n += 1
        return {"n": self.next_n - 1, "kind": kind, "at": "2026-11-23T08:00:00+01:00", "args": args}

    def booking(self, child: str, session: str, if_full: str = "ask") -> dict[str, Any]:
        rid = f"r_{next(_ids)}"
        self.booked.append((rid, child, session))
        item = {"rid": rid, "child": child, "session": session}
        return self.command("reservation.book@1", {"items": [item], "mode": "each", "if_full": if_full})

    async def planning(self) -> int:
        """Everything that the planning of a browser without any copy needs; returns the number of requests."""
        cursors: dict[str, str] = {}
        for requests in count(1):
            changes = (await self.exchange(cursors=cursors)).json()["changes"]
            cursors |= {change["scope"]: change["to"] for change in changes}
            if not any(change["more"] for change in changes):
                self.cursors = cursors
                return requests
        raise AssertionError("unreachable")

    async def learn(self, now: float) -> None:
        """Takes the family's copy and notes what could be booked."""
        rows: dict[str, Any] = {}
        self.cursors = {}
        more = True
        while more:
            changes = (await self.exchange()).json()["changes"]
            for change in changes:
                self.cursors[change["scope"]] = change["to"]
                rows |= {row["k"]: row["b"] for row in change["rows"] if "b" in row}
            more = any(change["more"] for change in changes)
        cells = free_cells(rows, now)
        self.free = [cell for cell in cells if not cell[1].startswith(SCARCE)]
        self.scarce = [cell for cell in cells if cell[1].startswith(SCARCE)]

    async def save_one(self) -> None:
        """One booking; when everything is booked, one cancellation at a time until nothing is. Always one command."""
        self.cancelling = bool(self.booked) and (self.cancelling or not self.free)
        if self.cancelling:
            rid, *cell = self.booked.pop()
            op = self.command("reservation.cancel@1", {"items": [{"rid": rid}]})
            self.free.append((cell[0], cell[1]))
        else:
            op = self.booking(*self.free.pop())
        answer = (await self.exchange(op)).json()
        self.cursors |= {change["scope"]: change["to"] for change in answer["changes"]}
        if [receipt["outcome"] for receipt in answer["receipts"]] != ["accepted"]:
            raise RuntimeError(f"not accepted: {answer['receipts']}")


def free_cells(rows: dict[str, Any], now: float) -> list[tuple[str, str]]:
    """(child, session) open for booking, with places left and not booked yet, the nearest last."""
    taken = {(body["child"], body["session"]) for key, body in rows.items() if key.startswith("resa/")}
    units = [(body["child"], set(body["units"])) for key, body in rows.items() if key.startswith("enrol/")]
    found = []
    for key, body in rows.items():
        if not key.startswith("open/"):
            continue
        for day, (add_until, _, level) in body["days"].items():
            session = f"{body['unit']}:{body['month']}-{day}"
            wanted = [child for child, open_to in units if body["unit"] in open_to]
            found += [(c, session) for c in wanted if add_until > now and level < 2 and (c, session) not in taken]
    return sorted(found, key=lambda cell: cell[1][-10:], reverse=True)
