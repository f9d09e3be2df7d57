"""Putting a page of a scope into the copy on the phone, in one transaction with its cursor.

``held`` is one record per scope: ``{scope, cursor, count, digest, staging, bad}``; ``count`` and ``digest`` describe the live rows in
the base; ``staging`` is None or ``{count, digest}`` of a reset under way, whose rows wait beside the base until it is whole.
"""

from collections.abc import Mapping
from typing import Any

from sync.checksum import digest_add, digest_remove, digest_text
from sync.cursor import Cursor, parse_cursor

Held = dict[str, Any]
Change = Mapping[str, Any]


def empty_scope(scope: str) -> Held:
    return {"scope": scope, "cursor": None, "count": 0, "digest": 0, "staging": None, "bad": 0}


def target_of(held: Held, change: Change) -> str:
    """``base``, ``staging`` or ``skip``: which rows the page concerns, whose seqs `apply_change` then wants to know.

    A page is skipped when another tab applied it or something later, when it continues a reset that is not ours any more, or when
    it only says that this scope has to wait its turn.
    """
    if _begins_reset(change):
        return "staging" if change["more"] else "base"
    if held["staging"] is not None:
        return "staging" if change["from"] == held["cursor"] and change["to"] is not None else "skip"
    mine, start, end = parse_cursor(held["cursor"]), parse_cursor(change["from"]), parse_cursor(change["to"])
    if mine is None or start is None or end is None or end["reset_head"] is not None:
        return "skip"
    joins = mine["gen"] == start["gen"] == end["gen"] and start["seq"] <= mine["seq"] < end["seq"]
    return "base" if joins else "skip"


def _begins_reset(change: Change) -> bool:
    """All pages of a reset say ``reset``; only the first comes from nowhere."""
    return bool(change["reset"] and change["from"] is None and change["to"] is not None)


def _is_older(held: Held, change: Change) -> bool:
    """A reset to a moment before the one we hold: another tab was faster, or the town went back in time without a new epoch."""
    mine, end = parse_cursor(held["cursor"]), parse_cursor(change["to"])
    return mine is not None and end is not None and mine["gen"] == end["gen"] and _head(end) < _head(mine)


def _head(cursor: Cursor) -> int:
    return cursor["seq"] if cursor["reset_head"] is None else cursor["reset_head"]


def apply_change(held: Held, change: Change, seqs: Mapping[str, int]) -> dict[str, Any]:
    """What the page does: ``{verdict, into, clear_base, clear_staging, puts, deletes, swap, held}``.

    ``seqs``: seq of the live row of each key of the page, as stored in the target. Carry it out in that order, in one transaction:
    clear, put and delete in ``into``, then ``swap`` (drop the scope's base rows, let the staged ones take their place), store ``held``.
    ``verdict``: ``skip`` · ``more`` · ``whole`` · ``wrong`` (digest differs: the next exchange asks for a reset) ·
    ``doubtful`` (differs again after a reset: kept, to be reported, since asking for ever helps nobody).
    """
    target = target_of(held, change)
    if target == "skip":
        return _effect("skip", held)
    afresh = _begins_reset(change)
    if afresh and _is_older(held, change):
        return _effect("wrong", {**held, "cursor": None, "staging": None}, clear_staging=True)
    start = {"count": 0, "digest": 0} if afresh else held["staging"] or held
    mine = parse_cursor(held["cursor"])
    floor = mine["seq"] if target == "base" and not afresh and mine else 0
    tally = _tally(change["rows"], {} if afresh else seqs, floor, start["count"], start["digest"])
    now = {"count": tally["count"], "digest": tally["digest"]}
    step = {"into": target, "clear_base": afresh and target == "base", "clear_staging": afresh, **_rows(tally)}
    if change["more"]:
        if target == "staging":
            return _effect("more", {**held, "cursor": change["to"], "staging": now}, **step)
        return _effect("more", {**held, "cursor": change["to"], **now}, **step)
    return _last_page(held, change, target, now, step)


def _last_page(held: Held, change: Change, target: str, now: dict[str, int], step: dict[str, Any]) -> dict[str, Any]:
    right = change.get("count", now["count"]) == now["count"]
    right = right and change.get("digest", digest_text(now["digest"])) == digest_text(now["digest"])
    if right or held["bad"] >= 1:
        bad = 0 if right else held["bad"] + 1
        done = {**held, **now, "cursor": change["to"], "staging": None, "bad": bad}
        return _effect("whole" if right else "doubtful", done, **{**step, "swap": target == "staging"})
    if target == "staging" or step["clear_base"]:  # keep the old rows on screen, throw the wrong ones away
        return _effect("wrong", {**held, "cursor": None, "staging": None, "bad": 1}, clear_staging=True)
    return _effect("wrong", {**held, **now, "cursor": None, "bad": 1}, **step)


def _tally(rows: list[Mapping[str, Any]], seqs: Mapping[str, int], floor: int, count: int, digest: int) -> dict[str, Any]:
    known = dict(seqs)
    latest: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        key, seq = row["k"], row["s"]
        old = known.pop(key, None)
        if seq <= floor or (old is not None and old >= seq):
            if old is not None:
                known[key] = old
            continue
        if old is not None:
            count, digest = count - 1, digest_remove(digest, key, old)
        if not row.get("del"):
            count, digest = count + 1, digest_add(digest, key, seq)
            known[key] = seq
        latest[key] = row
    return {"count": count, "digest": digest, "latest": latest}


def _rows(tally: dict[str, Any]) -> dict[str, Any]:
    latest = list(tally["latest"].values())
    return {
        "puts": [{"k": row["k"], "s": row["s"], "b": row["b"]} for row in latest if not row.get("del")],
        "deletes": [row["k"] for row in latest if row.get("del")],
    }


def _effect(verdict: str, held: Held, **step: Any) -> dict[str, Any]:
    nothing = {"into": "base", "clear_base": False, "clear_staging": False, "puts": [], "deletes": [], "swap": False}
    return {"verdict": verdict, "held": held, **nothing, **step}
