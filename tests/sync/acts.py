"""What a parent asks for next, drawn from what is on screen."""

import random
from collections.abc import Callable
from typing import Any

from sync.fold import fold
from tests.sync import world
from tests.sync.phone import Phone

Act = tuple[str, dict[str, Any]]


def one_act(phone: Phone, draw: random.Random, fresh: Callable[[str], str]) -> Act | None:
    """A kind and its arguments; None when nobody is signed in."""
    if phone.live is None:
        return None
    base = [{"k": key, "b": row[1]} for rows in phone.store["base"].values() for key, row in rows.items()]
    places = fold(base, phone.store["outbox"])
    families = world.families_of(phone.live)
    kind = draw.choices(("book", "cancel", "confirm", "join", "leave", "rename", "odd"), (50, 22, 10, 6, 5, 4, 3))[0]
    if kind in ("book", "join"):
        return _wish(kind, families[0], draw, fresh)
    if kind == "rename":
        return "device.rename@1", {
            "device": phone.store["state"]["device"] or "d_none",
            "label": f"n{draw.randrange(9)}",
        }
    if kind == "odd":
        return draw.choice((("place.steal@1", {}), ("reservation.cancel@1", {"items": []}), _boom(families[0], fresh)))
    rids = [place["rid"] for place in places if _fits(kind, place)] or ["r_none"]
    chosen = draw.sample(rids, k=min(len(rids), draw.choice((1, 1, 2))))
    if kind == "confirm":
        price = draw.choice((world.PRICE, 380, 1))
        return "reservation.confirm@1", {"items": [{"rid": rid, "max_price_cents": price} for rid in chosen]}
    verb = "reservation.cancel@1" if kind == "cancel" else "waitlist.leave@1"
    return verb, {"items": [{"rid": rid} for rid in chosen]}


def _fits(kind: str, place: dict[str, Any]) -> bool:
    wanted = {"confirm": ("to_confirm",), "leave": ("waiting",), "cancel": ("booked", "waiting", "to_confirm", None)}[kind]
    return place["state"] in wanted


def _wish(kind: str, family: str, draw: random.Random, fresh: Callable[[str], str]) -> Act:
    pairs = [(child, session) for child in world.FAMILIES[family] for session in world.SESSIONS]
    # Sometimes a foreign child: the answer is no, and nothing about it is said.
    pairs += [(draw.choice(world.CHILDREN), draw.choice(list(world.SESSIONS)))]
    chosen = draw.sample(pairs, k=min(len(pairs), draw.choice((1, 1, 1, 2, 3))))
    items = [{"rid": fresh("r"), "child": child, "session": session} for child, session in chosen]
    most = draw.choice((None, world.PRICE, world.PRICE, 300))
    if kind == "join":
        return "waitlist.join@1", {"items": [item | ({"max_price_cents": most} if most else {}) for item in items]}
    args: dict[str, Any] = {"items": items, "mode": draw.choice(("each", "each", "all"))}
    args |= {"if_full": draw.choice(("waitlist", "ask"))} | ({"max_price_cents": most} if most else {})
    return "reservation.book@1", args


def _boom(family: str, fresh: Callable[[str], str]) -> Act:
    """A command whose handler fails: our own bug."""
    item = {"rid": fresh("boom"), "child": world.FAMILIES[family][0], "session": "loisirs:2026-11-25"}
    return "reservation.book@1", {"items": [item], "mode": "each", "if_full": "ask"}
