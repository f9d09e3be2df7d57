"""A server in memory, without input or output, built on the same core: fast enough for any number of histories.

It keeps the contract of sync/README.md with the smallest town that has every outcome. Its methods are short so that a planted
bug is one of them overridden (planted.py). The checks of the simulator run against this one and against the real server alike.
"""

import json
from typing import Any

from sync.checksum import digest_rows, digest_text
from sync.commands import check_command, check_request
from sync.cursor import cursor_after, where_to_read
from sync.identity import fingerprint_hash
from sync.judge import judge
from tests.sync import world
from tests.sync.reference_town import HOLDING, Json, ReferenceTown, copied
from tests.sync.world import SESSIONS

STATUSES = {
    "malformed": 400, "sign_in": 401, "device_revoked": 403, "other_account": 403, "identity_conflict": 409,
    "device_unknown": 410, "too_large": 413, "upgrade_required": 426, "internal": 500,
}  # fmt: skip
Answered = tuple[int, str]


class Refused(Exception):
    """The request as a whole."""


class Crashed(Exception):
    """The process died: whatever was not committed is gone, and no reply leaves."""


class Reference(ReferenceTown):
    """``state`` is everything that a backup holds, in plain data."""

    def __init__(self) -> None:
        self.state: Json = {}
        self.crash_at: tuple[str, int] | None = None

    async def reset(self) -> None:
        self.crash_at = None
        self.state = {
            "epoch": "a1", "price": world.PRICE, "devices": {}, "receipts": {}, "deadletters": [], "bookings": {},
            "scopes": {}, "effects": [], "made": 0, "grants": {},
        }  # fmt: skip
        for account, families in world.GUARDIANS.items():
            self.state["grants"][account] = [f"a:{account}", *(f"f:{family}" for family in families), "t:news"]
        for family, children in world.FAMILIES.items():
            rows = {f"child/{child}": {"first_name": child} for child in children}
            self.put(f"f:{family}", {f"family/{family}": {"label": family}, **rows}, world.START)
        self.put("t:news", {f"news/{i}": {"title": f"n{i}"} for i in range(3)}, world.START)

    # What the harness asks.
    async def register(self, account: str, now: int) -> Json:
        self.state["made"] += 1
        device = f"d_{self.state['epoch']}_{self.state['made']}"
        guard = f"g_{device}"
        self.state["devices"][device] = {
            "account": account,
            "last_n": 0,
            "revoked": False,
            "guard": guard,
            "label": "x",
        }
        self.put(f"a:{account}", {f"device/{device}": {"label": "x", "revoked_at": None}}, now)
        return {"device": device, "clone_guard": guard, "epoch": self.state["epoch"]}

    async def heads(self, account: str) -> dict[str, tuple[str, int, int]]:
        found = {scope: self.scope(scope) for scope in self.state["grants"][account]}
        return {scope: (head["gen"], head["seq"], head["floor"]) for scope, head in found.items()}

    async def rows(self, scope: str) -> dict[str, tuple[int, Json | None]]:
        return {key: (row["s"], row["b"]) for key, row in self.scope(scope)["rows"].items()}

    async def bookings(self) -> list[Json]:
        return [dict(booking) for booking in self.state["bookings"].values()]

    async def taken(self) -> dict[str, int]:
        return {
            session: sum(b["session"] == session and b["state"] in HOLDING for b in self.state["bookings"].values()) for session in SESSIONS
        }

    async def receipts(self) -> list[tuple[str, int]]:
        return list(self.state["receipts"])

    async def last_ns(self) -> dict[str, int]:
        return {device: found["last_n"] for device, found in self.state["devices"].items()}

    async def deadletters(self) -> list[tuple[str, int]]:
        return [tuple(letter) for letter in self.state["deadletters"]]

    async def effects(self) -> list[tuple[str, int]]:
        return [tuple(effect) for effect in self.state["effects"]]

    async def set_price(self, cents: int) -> None:
        self.state["price"] = cents

    async def post_news(self, key: str, title: str | None, now: int) -> None:
        self.put("t:news", {f"news/{key}": None if title is None else {"title": title}}, now)

    async def revoke_grant(self, account: str, family: str) -> None:
        self.state["grants"][account] = [scope for scope in self.state["grants"][account] if scope != f"f:{family}"]

    async def give_grant(self, account: str, family: str) -> None:
        if f"f:{family}" not in self.state["grants"][account]:
            self.state["grants"][account].append(f"f:{family}")

    async def revoke_device(self, device: str, now: int) -> None:
        found = self.state["devices"].get(device)
        if found and not found["revoked"]:
            found["revoked"] = True
            self.put(f"a:{found['account']}", {f"device/{device}": {"label": found["label"], "revoked_at": now}}, now)

    async def backup(self) -> Any:
        return copied(self.state)

    async def restore(self, saved: Any, gen: str) -> None:
        self.state = {**copied(saved), "epoch": gen}
        for scope in self.state["scopes"].values():
            scope["gen"] = gen

    async def purge(self, now: int) -> None:
        for scope in self.state["scopes"].values():
            old = [row for row in scope["rows"].values() if row["b"] is None and row["at"] < now - world.KEPT_TOMBSTONES]
            if old:
                scope["floor"] = max(scope["floor"], *(row["s"] for row in old))
                scope["rows"] = {key: row for key, row in scope["rows"].items() if row not in old}

    async def expire(self, now: int) -> None:
        for rid, booking in sorted(self.state["bookings"].items()):
            if booking["state"] == "to_confirm" and booking["until"] < now:
                touched = {rid}
                self.end(rid, "expired", now, touched)
                for scope, rows in self.changed(touched).items():
                    self.put(scope, rows, now)

    async def projections(self, now: int) -> dict[str, Json]:
        """`resa/…` of every family as the bookings say it should be."""
        return self.changed(set(self.state["bookings"]))

    async def exchange(self, account: str | None, request: Json, now: int) -> Answered:
        try:
            if account is None:
                raise Refused("sign_in")
            return 200, json.dumps(self.answer(account, request, now))
        except Refused as refused:
            return STATUSES[str(refused)], json.dumps({"error": {"code": str(refused), "message": "", "facts": {}}})

    # The protocol.
    def answer(self, account: str, request: Json, now: int) -> Json:
        fault = check_request(request)
        if fault:
            raise Refused(fault["code"])
        self.recognise(account, request)
        receipts, stopped = self.execute(account, request, now)
        if self.state["devices"][request["device"]]["revoked"]:
            raise Refused("device_revoked")
        self.crash("reply", 0)
        last_n = self.state["devices"][request["device"]]["last_n"]
        return {
            "proto": 1, "req": request["req"], "device": request["device"], "epoch": self.state["epoch"],
            "server_time": world.iso(now), "last_n": last_n, "expected_n": last_n + 1, "receipts": receipts,
            "stopped": stopped, **self.pages(account, request), "policy": {"next_poll_s": 60},
        }  # fmt: skip

    def recognise(self, account: str, request: Json) -> None:
        device = self.state["devices"].get(request["device"])
        if request["actor"] != account:
            raise Refused("other_account")
        if device is None or device["account"] != account:
            raise Refused("device_unknown")
        if device["revoked"]:
            raise Refused("device_revoked")
        if request.get("clone_guard", device["guard"]) != device["guard"]:
            raise Refused("identity_conflict")

    def execute(self, account: str, request: Json, now: int) -> tuple[list[Json], Json | None]:
        receipts: list[Json] = []
        for i, op in enumerate(sorted(request["ops"], key=lambda op: op["n"])):
            if self.crash_at == ("locked", i):
                self.crash_at = None
                return receipts, {"reason": "retry_later", "retry_after_ms": 2000}
            saved = copied(self.state)
            try:
                told = self.one(account, request["device"], op, now)
                self.crash("commit", i)
            except BaseException:
                self.state = saved
                raise
            if "stopped" in told:
                return receipts, told["stopped"]
            receipts.append(told)
        return receipts, None

    def one(self, account: str, device: str, op: Json, now: int) -> Json:
        known = self.state["devices"][device]
        if known["revoked"]:
            raise Refused("device_revoked")
        fingerprint = fingerprint_hash(op["kind"], op["args"])
        stored = self.state["receipts"].get((device, op["n"]))
        verdict = judge(known["last_n"], op["n"], stored["hash"] if stored else None, fingerprint)
        if verdict == "conflict":
            raise Refused("identity_conflict")
        if verdict == "gap":
            return {"stopped": {"reason": "gap", "expected_n": known["last_n"] + 1}}
        if verdict == "replay":
            return dict(stored["receipt"])
        return self.consume(account, device, op, now, fingerprint)

    def consume(self, account: str, device: str, op: Json, now: int, fingerprint: str) -> Json:
        scope, items, touched = self.handled(account, device, op, now)
        outcomes = {item["outcome"] for item in items}
        receipt = {
            "device": device, "n": op["n"], "kind": op["kind"], "outcome": outcomes.pop() if len(outcomes) == 1 else "mixed",
            "items": items, "made_at": op["at"], "received_at": world.iso(now), "number": f"R-{op['n']}", "scope": scope,
        }  # fmt: skip
        changes = self.changed(touched)
        changes.setdefault(scope, {})[f"receipt/{device}/{op['n']}"] = receipt
        for name in sorted(changes):
            self.put(name, changes[name], now)
        self.state["receipts"][(device, op["n"])] = {"hash": fingerprint, "receipt": receipt}
        self.state["devices"][device]["last_n"] = op["n"]
        return receipt

    def handled(self, account: str, device: str, op: Json, now: int) -> tuple[str, list[Json], set[str]]:
        fault = check_command(op["kind"], op["args"])
        if fault:
            return f"a:{account}", [{"outcome": "refused", "code": fault["code"]}], set()
        saved = copied(self.state)
        touched: set[str] = set()
        try:
            scope, items = self.effect(account, device, op, now, touched)
        except Refused:
            raise
        except Exception:
            self.state = saved
            self.state["deadletters"].append((device, op["n"]))
            return f"a:{account}", [{"outcome": "failed_internal"}], set()
        self.state["effects"].append((device, op["n"]))
        return scope, items, touched

    def crash(self, where: str, i: int) -> None:
        if self.crash_at == (where, i):
            self.crash_at = None
            raise Crashed

    # The feed.
    def scope(self, name: str) -> Json:
        return self.state["scopes"].setdefault(name, {"gen": self.state["epoch"], "seq": 0, "floor": 0, "rows": {}})

    def put(self, name: str, rows: dict[str, Json | None], now: int) -> None:
        scope = self.scope(name)
        for key, body in rows.items():
            if body is None and key not in scope["rows"]:
                continue
            scope["seq"] = self.next_seq(scope, now)
            scope["rows"][key] = {"k": key, "s": scope["seq"], "b": copied(body), "at": now}

    def next_seq(self, scope: Json, now: int) -> int:
        return int(scope["seq"]) + 1

    def granted(self, account: str, cursors: Json) -> list[str]:
        return sorted(self.state["grants"][account])

    def pages(self, account: str, request: Json) -> Json:
        changes, room = [], request.get("limit", 500)
        granted = self.granted(account, request["cursors"])
        for name in granted:
            scope, said = self.scope(name), request["cursors"].get(name)
            reading = where_to_read(said, scope["gen"], scope["seq"], scope["floor"])
            if reading is None:
                continue
            if room <= 0:
                changes.append({"scope": name, "from": said, "to": said, "more": True, "reset": False, "rows": []})
                continue
            live = sorted((row for row in scope["rows"].values() if row["s"] > reading["after"]), key=lambda row: row["s"])
            found = [row for row in live if row["b"] is not None or row["s"] > reading["hide_to"]]
            rows, more = found[:room], len(found) > room
            room -= len(rows)
            page = {
                "scope": name, "from": None if reading["reset"] else said, "more": more, "reset": reading["reset"],
                "to": cursor_after(said, reading, scope["gen"], scope["seq"], rows[-1]["s"] if more else None),
                "rows": [{"k": row["k"], "s": row["s"], **({"b": row["b"]} if row["b"] is not None else {"del": True})} for row in rows],
            }  # fmt: skip
            if not more:
                whole = [row for row in scope["rows"].values() if row["b"] is not None]
                page |= {"count": len(whole), "digest": digest_text(digest_rows(whole))}
            changes.append(page)
        held = set(request["cursors"])
        return {
            "changes": changes,
            "scopes": {"added": sorted(set(granted) - held), "removed": sorted(held - set(granted))},
        }
