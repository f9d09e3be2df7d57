"""The town behind the reference server: what commands do to places, in memory."""

import marshal
from typing import Any

from tests.sync import world
from tests.sync.world import HOUR, SESSIONS

ACTIVE = ("booked", "waiting", "to_confirm")
HOLDING = ("booked", "to_confirm")
Json = dict[str, Any]


def copied(state: Any) -> Any:
    """A deep copy of plain data."""
    return marshal.loads(marshal.dumps(state))


class ReferenceTown:
    state: Json

    def put(self, name: str, rows: dict[str, Json | None], now: int) -> None:
        """Writes rows of a scope: the feed's part."""
        raise NotImplementedError

    def effect(self, account: str, device: str, op: Json, now: int, touched: set[str]) -> tuple[str, list[Json]]:
        kind, args = op["kind"], op["args"]
        families = [scope[2:] for scope in self.state["grants"][account] if scope.startswith("f:")]
        scope = f"f:{families[0]}" if families else f"a:{account}"
        if kind.startswith("device."):
            return f"a:{account}", [self.device_effect(account, kind, args, now)]
        if any(item["rid"].startswith("boom") for item in args["items"]):
            raise ZeroDivisionError
        by = {"account": account, "device": device, "n": op["n"]}
        if kind in ("reservation.book@1", "waitlist.join@1"):
            saved = copied(self.state["bookings"])
            items = [self.ask(families, item, args, by, self.judged_at(op, now), touched) for item in args["items"]]
            if args.get("mode") == "all" and any(item["outcome"] != "accepted" for item in items):
                self.state["bookings"] = saved
                touched.clear()
                items = [{"rid": item["rid"], "outcome": "refused", "code": "ALL_OR_NOTHING"} for item in items]
            return scope, items
        verb = self.confirm if kind == "reservation.confirm@1" else self.give_up
        return scope, [verb(families, item, kind, by, self.judged_at(op, now), touched) for item in args["items"]]

    def judged_at(self, op: Json, now: int) -> int:
        """Deadlines are judged at arrival."""
        return now

    def device_effect(self, account: str, kind: str, args: Json, now: int) -> Json:
        found = self.state["devices"].get(args["device"])
        if found is None or found["account"] != account:
            return {"outcome": "refused", "code": "DEVICE_UNKNOWN"}
        if kind == "device.rename@1":
            found["label"] = args["label"]
        else:
            found["revoked"] = True
        body = {"label": found["label"], "revoked_at": now if found["revoked"] else None}
        self.put(f"a:{account}", {f"device/{args['device']}": body}, now)
        return {"outcome": "accepted"}

    def ask(self, families: list[str], item: Json, args: Json, by: Json, now: int, touched: set[str]) -> Json:
        told = {name: item[name] for name in ("rid", "child", "session")}
        payers = [family for family in families if item["child"] in world.FAMILIES.get(family, ())]
        if not payers:
            return {**told, "outcome": "refused", "code": "CHILD_UNKNOWN"}
        known = self.state["bookings"].get(item["rid"])
        if known:
            touched.add(item["rid"])
            said = {"booked": "accepted", "waiting": "waitlisted", "to_confirm": "needs_confirmation"}
            return {**told, "outcome": said.get(known["state"], "void"), "code": "ALREADY"}
        session = SESSIONS.get(item["session"])
        if session is None:
            return {**told, "outcome": "refused", "code": "SESSION_UNKNOWN"}
        if any(
            b["child"] == item["child"] and b["session"] == session.id and b["state"] in ACTIVE for b in self.state["bookings"].values()
        ):
            return {**told, "outcome": "refused", "code": "ALREADY_BOOKED"}
        if now > session.add_until:
            return {**told, "outcome": "refused", "code": "DEADLINE_PASSED", "deadline": world.iso(session.add_until)}
        price, most = self.state["price"], item.get("max_price_cents", args.get("max_price_cents"))
        booking = {
            **told,
            **by,
            "family": payers[0],
            "cents": price,
            "max_cents": most,
            "asked": now,
            "state": "booked",
            "until": None,
        }
        outcome: Json = {"outcome": "accepted", "cents": price}
        if not self.has_room(session.id):
            if args.get("if_full") == "ask":
                return {**told, "outcome": "refused", "code": "FULL"}
            booking["state"], outcome = "waiting", {"outcome": "waitlisted", "code": "FULL"}
        elif most is not None and price > most:
            booking |= {"state": "to_confirm", "until": now + 48 * HOUR}
            outcome = {"outcome": "needs_confirmation", "code": "PRICE_CHANGED", "cents": price}
        self.state["bookings"][item["rid"]] = booking
        touched.add(item["rid"])
        return {**told, **outcome}

    def has_room(self, session: str) -> bool:
        capacity = SESSIONS[session].capacity
        return (
            capacity is None or sum(b["session"] == session and b["state"] in HOLDING for b in self.state["bookings"].values()) < capacity
        )

    def give_up(self, families: list[str], item: Json, kind: str, by: Json, now: int, touched: set[str]) -> Json:
        booking = self.state["bookings"].get(item["rid"])
        states = ACTIVE if kind == "reservation.cancel@1" else ("waiting", "to_confirm")
        if booking is None or booking["family"] not in families or booking["state"] not in states:
            return {"rid": item["rid"], "outcome": "void", "code": "NOTHING_TO_CANCEL"}
        session = SESSIONS[booking["session"]]
        told = {"rid": item["rid"], "child": booking["child"], "session": session.id}
        if booking["state"] == "booked" and now > session.remove_until:
            return {
                **told,
                "outcome": "refused",
                "code": "DEADLINE_PASSED",
                "deadline": world.iso(session.remove_until),
            }
        booking |= by
        self.end(item["rid"], "cancelled", now, touched)
        return {**told, "outcome": "accepted"}

    def confirm(self, families: list[str], item: Json, kind: str, by: Json, now: int, touched: set[str]) -> Json:
        booking = self.state["bookings"].get(item["rid"])
        if booking is None or booking["family"] not in families or booking["state"] != "to_confirm":
            return {"rid": item["rid"], "outcome": "void", "code": "NOTHING_TO_CONFIRM"}
        told = {"rid": item["rid"], "child": booking["child"], "session": booking["session"], "cents": booking["cents"]}
        if now > booking["until"]:
            self.end(item["rid"], "expired", now, touched)
            return {**told, "outcome": "refused", "code": "OFFER_EXPIRED"}
        if booking["cents"] > item["max_price_cents"]:
            return {**told, "outcome": "needs_confirmation", "code": "PRICE_CHANGED"}
        booking |= {"state": "booked", "max_cents": item["max_price_cents"], "until": None, **by}
        touched.add(item["rid"])
        return {**told, "outcome": "accepted"}

    def end(self, rid: str, state: str, now: int, touched: set[str]) -> None:
        booking = self.state["bookings"][rid]
        freed = booking["state"] in HOLDING
        booking |= {"state": state, "until": None}
        touched.add(rid)
        if freed:
            self.promote(booking["session"], now, touched)

    def promote(self, session: str, now: int, touched: set[str]) -> None:
        """The freed place is kept for who waits first, and asked about."""
        waiting = [(b["asked"], rid) for rid, b in self.state["bookings"].items() if b["session"] == session and b["state"] == "waiting"]
        for _, rid in sorted(waiting):
            if now <= SESSIONS[session].add_until and self.has_room(session):
                self.state["bookings"][rid] |= {"state": "to_confirm", "until": now + 24 * HOUR}
                touched.add(rid)

    def changed(self, touched: set[str]) -> dict[str, dict[str, Json | None]]:
        changes: dict[str, dict[str, Json | None]] = {}
        for rid in sorted(touched):
            booking = self.state["bookings"][rid]
            for family in world.families_of_child(booking["child"]):
                body = {
                    "child": booking["child"],
                    "session": booking["session"],
                    "state": booking["state"],
                    "mine": family == booking["family"],
                }
                if body["mine"]:
                    body |= {"cents": booking["cents"], "receipt": {"device": booking["device"], "n": booking["n"]}}
                changes.setdefault(f"f:{family}", {})[f"resa/{rid}"] = None if booking["state"] == "cancelled" else body
        return changes
