"""The outbox: commands that the town has not answered yet, and the journal of those it has.

Every function takes the state of `device` and lists of ops, and gives back new ones; the caller stores all of it in one transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.device import Op, State

DAY = 86_400_000
STALE_AFTER = 30 * DAY
KEEP_JOURNAL = 30 * DAY
WITHOUT_EFFECT = ("refused", "void")

Receipt = Mapping[str, Any]


def enqueue(state: State, draft: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers a command ``{id, kind, args, at, actor, made_at, seen?}``: ``{state, op}``. Store both in one durable transaction."""
    op = {**draft, "n": state["next_n"], "sent": False, "parked": None, "agreed": False}
    return {"state": {**state, "next_n": state["next_n"] + 1}, "op": op}


def is_stale(state: State, sent: Mapping[str, Any]) -> bool:
    """Whether numbers changed meaning since the question was asked: its answer is then dropped whole, and asked again."""
    return bool(sent["device"] != state["device"] or sent["era"] != state["era"])


def settle(
    state: State,
    outbox: Sequence[Op],
    journal: Sequence[Op],
    sent: Mapping[str, Any],
    reply: Mapping[str, Any],
    arrived: Sequence[Receipt],
    complete: bool,
    now: int,
) -> dict[str, Any]:
    """What an answer changes in the queue: ``{state, outbox, answered, journal_add, journal_drop, restored}`` or ``{trouble}``.

    ``arrived``: receipts of this device among the rows this transaction puts in the base. ``complete``: no scope has more pages to
    come, so that the receipts of the reply itself come with their effects; otherwise only those that arrived count.
    ``trouble``: another installation uses our numbers, register a new device (the rows may still be stored).
    ``restored``: the server forgot commands it had answered; those with an effect are back in the outbox. Sending one again that
    it does remember is harmless: a place (``rid``) is decided once.
    """
    answers = {receipt["n"]: receipt for receipt in (*(reply["receipts"] if complete else ()), *arrived)}
    answers = {n: receipt for n, receipt in answers.items() if receipt["device"] == state["device"]}
    told = max([reply["last_n"], *(receipt["n"] for receipt in arrived if receipt["device"] == state["device"])])
    new_epoch = state["epoch"] is not None and reply["epoch"] != state["epoch"]
    restored = told < (state["last_n"] if new_epoch else sent["last_n"])
    waiting = _waiting(outbox)
    if told >= state["next_n"] or any(not _is_answer(answers[op["n"]], op) for op in waiting if op["n"] in answers):
        return {"trouble": "identity_conflict"}
    left = [op for op in waiting if op["n"] not in answers]
    answered = [{"op": op, "receipt": answers[op["n"]]} for op in waiting if op["n"] in answers]
    again = _to_send_again(state, journal, told if restored else None, new_epoch)
    last_n = told if restored else max(state["last_n"], told)
    line = renumbered([*map(_back_in_line, again), *left], last_n)
    moved = restored or new_epoch or any(new["n"] != old["n"] for new, old in zip(line, left, strict=False))
    entries = [entry for pair in answered if (entry := journal_entry(pair["op"], pair["receipt"], state["device"], now))]
    after: State = {
        **state, "epoch": reply["epoch"], "era": state["era"] + int(moved), "last_n": last_n, "next_n": _next_n(line, last_n),
        "acked": sent["ack"] if restored else max(state["acked"], sent["ack"]),
    }  # fmt: skip
    return {
        "state": after, "outbox": [*line, *(op for op in outbox if op["parked"])], "answered": answered,
        "journal_add": entries, "journal_drop": [entry["id"] for entry in again], "restored": restored,
    }  # fmt: skip


def _is_answer(receipt: Receipt, op: Op) -> bool:
    """A receipt for a command we never sent, of another kind, or about other places, answers somebody else."""
    mine = {item["rid"] for item in op["args"].get("items", []) if "rid" in item}
    theirs = {item["rid"] for item in receipt["items"] if "rid" in item}
    return bool(op["sent"] and receipt.get("kind") == op["kind"] and theirs <= mine)


def renumbered(ops: Sequence[Op], last_n: int) -> list[Op]:
    """The same commands in the same order, those not executed yet numbered from ``last_n + 1`` without a gap."""
    line: list[Op] = []
    n = last_n
    for op in ops:
        if not 0 < op["n"] <= last_n:
            n += 1
            op = op if op["n"] == n else {**op, "n": n, "sent": False}
        line.append(op)
    return line


def _next_n(line: Sequence[Op], last_n: int) -> int:
    return 1 + max([last_n, *(int(op["n"]) for op in line)])


def _to_send_again(state: State, journal: Sequence[Op], told: int | None, all_devices: bool) -> list[Op]:
    """What the town forgot, in the order in which it was decided: of this device what is above ``told``, and, when nobody can
    say what the town still knows of the devices that this installation was before, all of theirs."""
    mine = [e for e in journal if e["device"] == state["device"] and told is not None and e["n"] > told]
    former = [e for e in journal if e["device"] != state["device"] and all_devices]
    former.sort(key=lambda entry: (entry["done_at"], entry["n"]))
    return [*former, *sorted(mine, key=lambda entry: entry["n"])]


def _back_in_line(entry: Op) -> Op:
    kept = {name: value for name, value in entry.items() if name not in ("device", "done_at")}
    return {**kept, "n": 0, "sent": False, "parked": None, "agreed": True}


def journal_entry(op: Op, receipt: Receipt, device: str | None, now: int) -> Op | None:
    """What to send again if the town loses its memory of it: what had an effect, without the items that were refused."""
    idle = {item["rid"] for item in receipt["items"] if "rid" in item and item["outcome"] in WITHOUT_EFFECT}
    items = [item for item in op["args"].get("items", []) if item["rid"] not in idle]
    if receipt["outcome"] in WITHOUT_EFFECT or ("items" in op["args"] and not items):
        return None
    args = {**op["args"], "items": items} if "items" in op["args"] else op["args"]
    return {**op, "args": args, "device": device, "done_at": now}


def prune_journal(journal: Sequence[Op], state: State, now: int) -> list[str]:
    """Ids of the entries that may go: the town knows that we have the answer, and it is 30 days old. Both."""
    device, acked = state["device"], state["acked"]
    return [
        entry["id"] for entry in journal
        if entry["done_at"] + KEEP_JOURNAL <= now and (entry["device"] != device or entry["n"] <= acked)
    ]  # fmt: skip


def adopt_device(
    state: State, outbox: Sequence[Op], journal: Sequence[Op], device: str, clone_guard: str | None, forgotten: bool
) -> dict[str, Any]:
    """After registering: the same commands in the same order under the numbers of the new device, ``{state, outbox, journal_drop}``.

    ``forgotten``: the town did not know the old device (410), so what it had answered is sent again too.
    """
    again = _to_send_again(state, journal, 0, True) if forgotten else []
    fresh = [{**op, "n": 0, "sent": False} for op in _waiting(outbox)]
    line = renumbered([*map(_back_in_line, again), *fresh], 0)
    after = {
        **state, "device": device, "clone_guard": clone_guard, "era": state["era"] + 1, "last_n": 0, "acked": 0,
        "next_n": len(line) + 1,
    }  # fmt: skip
    parked = [op for op in outbox if op["parked"]]
    return {"state": after, "outbox": [*line, *parked], "journal_drop": [entry["id"] for entry in again]}


def park(state: State, outbox: Sequence[Op], actor: str, now: int) -> dict[str, Any]:
    """Sets aside what must not leave without a word from the parent: ``{state, outbox}``.

    Reasons: ``old`` (30 days), ``other_account``, or the reason of an earlier command about the same place, since a cancellation
    must not overtake its booking. What may have reached the town is never set aside: its number is taken.
    """
    aside: dict[str, str] = {rid: op["parked"] for op in outbox if op["parked"] for rid in _rids(op)}
    stays, parked = [], [op for op in outbox if op["parked"]]
    for op in _waiting(outbox):
        reason = next((aside[rid] for rid in _rids(op) if rid in aside), None)
        if op["actor"] != actor:
            reason = "other_account"
        elif reason is None and not op["agreed"] and op["made_at"] + STALE_AFTER <= now:
            reason = "old"
        if reason is None or op["sent"]:
            stays.append(op)
            continue
        aside |= dict.fromkeys(_rids(op), reason)
        parked.append({**op, "n": 0, "parked": reason})
    return _closed_up(state, stays, parked)


def unpark(state: State, outbox: Sequence[Op], op_id: str) -> dict[str, Any]:
    """The parent agreed: the command goes to the end of the line. Another account's stays where it is."""
    chosen = next((op for op in outbox if op["id"] == op_id and op["parked"]), None)
    if chosen is None or chosen["actor"] != state["actor"]:
        return {"state": state, "outbox": list(outbox)}
    queued = enqueue(state, chosen)
    others = [op for op in outbox if op["id"] != op_id]
    return {"state": queued["state"], "outbox": [*others, {**queued["op"], "agreed": True}]}


def withdraw(state: State, outbox: Sequence[Op], op_id: str) -> dict[str, Any]:
    """The parent takes back what never left the phone: ``{state, outbox, done}``. Once sent, only a cancellation undoes it."""
    chosen = next((op for op in outbox if op["id"] == op_id), None)
    if chosen is None or chosen["sent"]:
        return {"state": state, "outbox": list(outbox), "done": False}
    rest = [op for op in outbox if op["id"] != op_id]
    return {**_closed_up(state, _waiting(rest), [op for op in rest if op["parked"]]), "done": True}


def _closed_up(state: State, line: Sequence[Op], parked: Sequence[Op]) -> dict[str, Any]:
    """Nothing after an unsent command was ever sent, so the numbers behind it may move up."""
    sent = [op["n"] for op in line if op["sent"]]
    closed = renumbered(line, max([state["last_n"], *sent]))
    return {"state": {**state, "next_n": _next_n(closed, state["last_n"])}, "outbox": [*closed, *parked]}


def _waiting(outbox: Sequence[Op]) -> list[Op]:
    return sorted((op for op in outbox if not op["parked"]), key=lambda op: op["n"])


def _rids(op: Op) -> list[str]:
    return [item["rid"] for item in op["args"].get("items", []) if "rid" in item]
