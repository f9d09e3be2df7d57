"""What is on screen: the confirmed rows, and over them what the commands still on the phone ask for.

It is computed anew each time from both, so that a refused wish leaves no trace. Nothing it adds is ever called confirmed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.device import Op

ASKS = {
    "reservation.book@1": "book",
    "waitlist.join@1": "join",
    "reservation.cancel@1": "cancel",
    "waitlist.leave@1": "leave",
    "reservation.confirm@1": "confirm",
}


def fold(rows: Sequence[Mapping[str, Any]], outbox: Sequence[Op]) -> list[dict[str, Any]]:
    """The places of a family, in the order of ``rows`` and then of the queue: the row's body plus ``{rid, phone}``.

    ``rows``: ``{k, b}`` of the base; only ``resa/…`` are read. ``state`` is what the town said, None when it said nothing yet;
    ``phone`` is None or the last queued command about this place, ``{id, n, ask, sent, parked, made_at, limit_cents}``,
    ``ask`` being book, join, cancel, leave or confirm.
    """
    places = {
        row["k"][5:]: {**row["b"], "rid": row["k"][5:], "phone": None} for row in rows if row["k"].startswith("resa/")
    }
    for op in in_line(outbox):
        ask = ASKS.get(op["kind"])
        for item in op["args"].get("items", []) if ask else []:
            known = places.get(item["rid"])
            if ask in ("book", "join"):
                if known is None:
                    places[item["rid"]] = _wished(item, ask, op)
            elif known is not None:
                places[item["rid"]] = {**known, "phone": _phone(ask, op, item)}
    return list(places.values())


def in_line(outbox: Sequence[Op]) -> list[Op]:
    """Queued commands in the order in which they will be sent, then those set aside, oldest first."""
    return sorted(outbox, key=lambda op: (1, op["made_at"], op["id"]) if op["parked"] else (0, op["n"], op["id"]))


def _wished(item: Mapping[str, Any], ask: str, op: Op) -> dict[str, Any]:
    place = {"rid": item["rid"], "child": item["child"], "session": item["session"], "state": None}
    return {**place, "phone": _phone(ask, op, item)}


def _phone(ask: str | None, op: Op, item: Mapping[str, Any]) -> dict[str, Any]:
    limit = item.get("max_price_cents", op["args"].get("max_price_cents"))
    known = {name: op[name] for name in ("id", "n", "sent", "parked", "made_at")}
    return {**known, "ask": ask, "limit_cents": limit}
