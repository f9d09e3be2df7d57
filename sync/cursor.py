"""Where a device stands in a scope, and what to read for it next.

``a1.4711`` holds everything up to seq 4711 of generation a1. ``a1.500r4713`` is in the middle of a reset that began when the
head was 4713: live rows come in seq order, and tombstones up to 4713 are left out, since the device began with nothing.
"""

import re
from typing import TypedDict

_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,20})\.([0-9]{1,15})(?:r([0-9]{1,15}))?")


class Cursor(TypedDict):
    gen: str
    seq: int
    reset_head: int | None


class Reading(TypedDict):
    reset: bool
    after: int
    hide_to: int


def parse_cursor(text: object) -> Cursor | None:
    """None when the text is no cursor of ours: the device then gets a reset, never an error."""
    found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    gen, seq, head = found.groups()
    return {"gen": gen, "seq": int(seq), "reset_head": int(head) if head is not None else None}


def format_cursor(gen: str, seq: int, reset_head: int | None = None) -> str:
    return f"{gen}.{seq}" if reset_head is None else f"{gen}.{seq}r{reset_head}"


def where_to_read(text: object, gen: str, seq: int, floor: int) -> Reading | None:
    """What to read in a scope (its generation, head and floor) for a device that sent this cursor; None: nothing to say.

    Read rows with seq > ``after`` in seq order, without tombstones of seq ≤ ``hide_to``. ``reset``: this page begins a reset.
    A reset under way begins again when tombstones younger than its start were purged: they could not be delivered any more.
    """
    cursor = parse_cursor(text)
    afresh: Reading = {"reset": True, "after": 0, "hide_to": seq}
    if cursor is None or cursor["gen"] != gen or cursor["seq"] > seq:
        return afresh
    head = cursor["reset_head"]
    if head is not None:
        return {"reset": False, "after": cursor["seq"], "hide_to": head} if floor <= head <= seq else afresh
    if cursor["seq"] < floor:
        return afresh
    return None if cursor["seq"] == seq else {"reset": False, "after": cursor["seq"], "hide_to": 0}


def cursor_after(text: object, reading: Reading, gen: str, seq: int, last_row: int | None) -> str:
    """The ``to`` of a page. ``last_row``: seq of its last row when more follow, None when the page reaches the head."""
    if last_row is None:
        return format_cursor(gen, seq)
    cursor = parse_cursor(text)
    paging = reading["reset"] or (cursor is not None and cursor["reset_head"] is not None)
    return format_cursor(gen, last_row, reading["hide_to"] if paging else None)
