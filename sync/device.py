"""The device's side of one exchange: what to send now, what an answer means, when to try again.

``state`` is one record per installation: ``{device, actor, clone_guard, era, epoch, next_n, last_n, acked}``. ``era`` counts the
times numbers changed meaning (new device, restored server); an answer to a question of another era is dropped whole.
An ``op`` of the outbox: ``{id, n, kind, args, at, actor, made_at, sent, parked, agreed, seen?}``; ``n`` is 0 while it is parked.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sync.commands import MOST_BYTES, MOST_OPS, PROTO, is_whole
from sync.identity import canonical

State = dict[str, Any]
Op = dict[str, Any]
Decision = dict[str, Any]

NOWHERE = "0.0"  # the cursor of a scope that is held, but has to be read anew: naming it lets the server say that it is gone
SPARE_BYTES = 48 * 1024  # for the cursors and the rest of the envelope
SHORTEST_WAIT = 1_000
LONGEST_WAIT = 300_000
_ORDERS = {
    (401, "sign_in"): "need_sign_in",
    (403, "device_revoked"): "wiped",
    (403, "other_account"): "other_account",
    (409, "identity_conflict"): "renumber",
    (410, "device_unknown"): "renumber",
    (413, "too_large"): "smaller",
    (426, "upgrade_required"): "upgrade",
}


def new_state(actor: str) -> State:
    """An installation that has not met the town yet. It may already keep commands."""
    return {
        "device": None, "actor": actor, "clone_guard": None, "era": 0, "epoch": None, "next_n": 1, "last_n": 0, "acked": 0,
    }  # fmt: skip


def plan_request(
    state: State, outbox: Sequence[Op], cursors: Mapping[str, str | None], hello: Mapping[str, Any]
) -> dict[str, Any]:
    """The next exchange: ``{request, sent, mark}``, or ``{blocked}``: ``no_device`` or ``other_account``.

    ``hello``: ``{req, app, schema, actor, limit, most_ops}``, where ``actor`` is who is signed in now. The outbox is never sent
    for anybody else. ``mark``: ids of the ops to be stored as ``sent`` before the request leaves. ``sent`` goes to `interpret`.
    With nothing to send it is a plain question for news, so that reading never waits for writing.
    """
    if state["actor"] != hello["actor"]:
        return {"blocked": "other_account"}
    if state["device"] is None:
        return {"blocked": "no_device"}
    ops = ops_to_send(outbox, hello["actor"], hello["most_ops"])
    ack = _acknowledged(state, outbox)
    places = {scope: cursor or NOWHERE for scope, cursor in cursors.items()}
    request = {
        "proto": PROTO, "schema": hello["schema"], "app": hello["app"], "req": hello["req"], "device": state["device"],
        "actor": hello["actor"], "ack": ack, "cursors": places, "limit": hello["limit"],
        "ops": [_on_the_wire(op) for op in ops],
    }  # fmt: skip
    if state["clone_guard"] is not None:
        request["clone_guard"] = state["clone_guard"]
    sent = {
        "req": hello["req"], "device": state["device"], "era": state["era"], "last_n": state["last_n"], "ack": ack,
        "ns": [op["n"] for op in ops],
    }  # fmt: skip
    return {"request": request, "sent": sent, "mark": [op["id"] for op in ops if not op["sent"]]}


def ops_to_send(outbox: Sequence[Op], actor: str, most_ops: int) -> list[Op]:
    """The first commands in line: of this account, not parked, without a gap between them, within the limits of a request."""
    chosen: list[Op] = []
    room = MOST_BYTES - SPARE_BYTES
    for op in sorted((op for op in outbox if not op["parked"]), key=lambda op: op["n"]):
        room -= len(canonical(_on_the_wire(op)).encode())
        if op["actor"] != actor or len(chosen) >= min(most_ops, MOST_OPS) or (chosen and room < 0):
            break
        if chosen and op["n"] != chosen[-1]["n"] + 1:
            break
        chosen.append(op)
    return chosen


def _on_the_wire(op: Op) -> dict[str, Any]:
    wire = {name: op[name] for name in ("n", "kind", "at", "args")}
    return {**wire, "seen": op["seen"]} if "seen" in op else wire


def _acknowledged(state: State, outbox: Sequence[Op]) -> int:
    """Every answer up to this number is stored on the phone."""
    waiting = [op["n"] for op in outbox if not op["parked"]]
    return int(min([state["last_n"], *(n - 1 for n in waiting)]))


def interpret(
    sent: Mapping[str, Any], status: int, content_type: str | None, body: str | None, retry_after: str | None = None
) -> Decision:
    """What an answer means. ``status`` 0: none came. Nothing here ever empties the outbox; ``do`` is one of

    ``apply`` (with ``reply``) · ``need_sign_in`` · ``wiped`` · ``other_account`` · ``renumber`` (with ``code``) · ``smaller`` ·
    ``upgrade`` · ``broken`` (we asked wrongly: a bug of ours) · ``wait`` (with ``ms``, 0: as backoff says) ·
    ``not_ours``: a captive portal, a proxy, a cache, half a reply. An order to change state is obeyed only with our own code in it.
    """
    if status == 0:
        return {"do": "wait", "ms": 0}
    answer = _parsed(content_type, body)
    if 200 <= status < 300:
        if answer is None or answer.get("req") != sent["req"] or answer.get("device") != sent["device"]:
            return {"do": "not_ours"}
        return {"do": "apply", "reply": answer} if is_reply(answer) else {"do": "not_ours"}
    if status in (429, 503):
        return {"do": "wait", "ms": _seconds(retry_after) * 1000}
    error = answer.get("error") if answer else None
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(code, str):
        return {"do": "smaller"} if status == 413 else {"do": "wait", "ms": 0} if status >= 500 else {"do": "not_ours"}
    order = _ORDERS.get((status, code))
    if order is not None:
        return {"do": order, "code": code}
    return {"do": "wait", "ms": 0} if status >= 500 else {"do": "broken", "code": code}


def _parsed(content_type: str | None, body: str | None) -> dict[str, Any] | None:
    if (content_type or "").split(";")[0].strip().lower() != "application/json":
        return None
    try:
        answer = json.loads(body or "", parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _no_number(name: str) -> None:
    raise ValueError(name)


def _seconds(retry_after: str | None) -> int:
    """Retry-After in seconds, at most an hour; its other form, a date, is left to backoff since no clock is read here."""
    text = (retry_after or "").strip()
    return min(int(text), 3600) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def is_reply(answer: Mapping[str, Any]) -> bool:
    """Whether a body has the shape of a reply; half of one must not be applied."""
    scopes = answer.get("scopes")
    return (
        answer.get("proto") == PROTO
        and isinstance(answer.get("epoch"), str)
        and isinstance(answer.get("server_time"), str)
        and is_whole(answer.get("last_n"), 0, 2**31)
        and _all(answer.get("receipts"), _is_receipt)
        and _all(answer.get("changes"), _is_change)
        and isinstance(scopes, dict)
        and _all(scopes.get("added"), lambda scope: isinstance(scope, str))
        and _all(scopes.get("removed"), lambda scope: isinstance(scope, str))
        and (answer.get("stopped") is None or isinstance(answer["stopped"], dict))
        and isinstance(answer.get("policy"), dict)
    )


def _is_receipt(receipt: Any) -> bool:
    return (
        isinstance(receipt, dict)
        and isinstance(receipt.get("device"), str)
        and isinstance(receipt.get("outcome"), str)
        and isinstance(receipt.get("items"), list)
        and is_whole(receipt.get("n"), 1, 2**31)
    )


def _is_change(change: Any) -> bool:
    return (
        isinstance(change, dict)
        and isinstance(change.get("scope"), str)
        and all(change.get(name) is None or isinstance(change[name], str) for name in ("from", "to"))
        and all(isinstance(change.get(name), bool) for name in ("more", "reset"))
        and _all(change.get("rows"), _is_row)
    )


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("k"), str) or not is_whole(row.get("s"), 1, 2**53):
        return False
    return row.get("del") is True or isinstance(row.get("b"), dict)


def _all(value: Any, holds: Any) -> bool:
    return isinstance(value, list) and all(holds(item) for item in value)


def backoff(attempt: int, random01: float) -> int:
    """Milliseconds before try number ``attempt`` (1, 2, …): full jitter up to 2, 4, 8 s … 5 min, never under a second."""
    ceiling = min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(attempt, 20))
    return max(SHORTEST_WAIT, int(ceiling * random01))


def next_exchange(
    decision: Decision, progressed: bool, unfinished: bool, attempt: int, random01: float
) -> tuple[int, int | None]:
    """``(attempt, wait)``: how many failures in a row, and the milliseconds to wait; None: until something wakes the device.

    ``progressed``: the exchange stored or answered something; ``unfinished``: more pages or commands remain. Going on at once
    is allowed to progress only: whoever asks the same again and again without it waits longer each time.
    """
    do = decision["do"]
    if do == "apply" and progressed and unfinished:
        return 0, 0
    if do == "apply" and not unfinished:
        return 0, int(decision["reply"]["policy"].get("next_poll_s", 900)) * 1000
    if do in ("need_sign_in", "wiped", "other_account", "upgrade"):
        return 0, None
    if do in ("renumber", "smaller") and attempt == 0:
        return 1, 0
    told = decision["ms"] if do == "wait" else 0
    stopped = decision["reply"].get("stopped") if do == "apply" else None
    if stopped and is_whole(stopped.get("retry_after_ms"), 0, 3_600_000):
        told = stopped["retry_after_ms"]
    return attempt + 1, max(told, LONGEST_WAIT if do == "broken" else backoff(attempt + 1, random01))
