"""The table of states and events in sync/README.md, cell by cell, on the phone of the simulator."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sync.phone import Aborted, Phone, Quota
from tests.sync.world import START

README = (Path(__file__).parents[2] / "sync" / "README.md").read_text()
MADE = {"device": "d_1", "clone_guard": "g_1"}
COMMAND = ("reservation.cancel@1", {"items": [{"rid": "r_1"}]})
HTML = "<html>Bienvenue</html>"


def table() -> dict[tuple[str, str], str]:
    """(event, state) → what the cell says."""
    lines = re.search(r"(\| event \|.*?)\n\n", README, re.DOTALL)
    assert lines
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[1].splitlines())
    return {(row[0], state): cell for row in rows for state, cell in zip(head[1:], row[1:], strict=True)}


def reply(request: dict[str, Any], **said: Any) -> dict[str, Any]:
    body = {
        "proto": 1, "req": request["req"], "device": request["device"], "epoch": "a1", "server_time": "2026-11-20T08:00:00Z",
        "last_n": 0, "expected_n": 1, "receipts": [], "stopped": None, "changes": [], "scopes": {"added": [], "removed": []},
        "policy": {"next_poll_s": 60}, **said,
    }  # fmt: skip
    return {"status": 200, "type": "application/json", "body": json.dumps(body), "retry_after": None}


def refusal(status: int, code: str) -> dict[str, Any]:
    return {"status": status, "type": "application/json", "body": json.dumps({"error": {"code": code}}), "retry_after": None}


def _page(request: dict[str, Any]) -> dict[str, Any]:
    row = {"k": "news/1", "s": 1, "b": {}}
    return reply(request, changes=[{"scope": "t:news", "from": None, "to": "a1.1r2", "more": True, "reset": True, "rows": [row]}])


ANSWERS: dict[str, list[Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "200, all said": [reply],
    "200, more to come": [_page],
    "no answer, 429, 5xx, not ours": [
        lambda _: {"status": 0, "type": None, "body": None, "retry_after": None},
        lambda _: {"status": 429, "type": None, "body": "", "retry_after": "5"},
        lambda _: {"status": 500, "type": "text/html", "body": HTML, "retry_after": None},
        lambda _: {"status": 200, "type": "text/html", "body": HTML, "retry_after": None},
    ],
    "400, 415: our bug": [lambda _: refusal(400, "malformed"), lambda _: refusal(415, "not_json")],
    "413": [lambda _: refusal(413, "too_large")],
    "401 sign_in": [lambda _: refusal(401, "sign_in")],
    "403 device_revoked": [lambda _: refusal(403, "device_revoked")],
    "403 other_account": [lambda _: refusal(403, "other_account")],
    "409 identity_conflict": [lambda _: refusal(409, "identity_conflict")],
    "410 device_unknown": [lambda _: refusal(410, "device_unknown")],
    "426 upgrade_required": [lambda _: refusal(426, "upgrade_required")],
}


def phone_in(state: str) -> tuple[Phone, dict[str, Any] | None]:
    """A phone in a state, and the question it has out."""
    phone = Phone("p", "nadia", lambda *_: None)
    phone.wait = 60_000
    if state == "new":
        return phone, None
    phone.registered("nadia", MADE)
    if state == "waiting":
        phone.ask(*COMMAND, "o_1", START)
    if state == "wiped":
        phone.wipe("nadia", "logout")
    if state not in ("asking", "signed out", "stopped"):
        return phone, None
    request = phone.question(0, 500, START)
    assert request is not None
    if state != "asking":
        answer = refusal(401, "sign_in") if state == "signed out" else refusal(426, "upgrade_required")
        phone.hear(0, request["req"], answer, START, 0.5)
    return phone, request


def state_of(phone: Phone) -> str:
    if phone.live is None:
        return "wiped"
    if phone.store["state"]["device"] is None or phone.account in phone.needs:
        return "new"
    if any(phone.tabs):
        return "asking"
    if phone.stopped_by is not None:
        return "signed out" if phone.stopped_by == "need_sign_in" else "stopped"
    return "waiting" if phone.store["outbox"] or phone.attempt or phone.wait == 0 else "quiet"


def happen(event: str, phone: Phone, answer: dict[str, Any] | None) -> None:
    if answer is not None:
        phone.hear(0, "q_p_1", answer, START, 0.5)
    elif event == "a command is stored":
        assert phone.live is None or phone.ask(*COMMAND, "o_2", START)
    elif event.startswith("timer"):
        if phone.live and (phone.store["state"]["device"] is None or phone.account in phone.needs):
            phone.registered(phone.account, MADE)
        else:
            phone.question(1, 500, START)
    elif event.endswith("person signs in"):
        phone.open("nadia" if event.startswith("the same") else "paul")
    elif event.startswith("logout"):
        phone.wipe(phone.account, "logout")
    elif event.startswith("killed"):
        phone.lose_power(0)
    else:
        raise KeyError(event)


@pytest.mark.parametrize(("event", "state"), list(table()))
def test_a_cell_of_the_table(event: str, state: str) -> None:
    cell = table()[event, state]
    goal = re.match(r"→ (new|quiet|asking|waiting|signed out|stopped|wiped)\b", cell)
    assert goal or cell.startswith("stays"), cell
    full = event.startswith("disk full")
    for failure, make in [(Quota, reply), (Aborted, reply)] if full else [(None, make) for make in ANSWERS.get(event, [None])]:
        phone, request = phone_in(state)
        kept = list(phone.store["outbox"])
        phone.fail = failure
        if failure and request is None:
            phone.fail = None
        asked = request or {"req": "q_p_1", "device": "d_1"}
        happen(event, phone, make(asked) if make else None)
        assert state_of(phone) == (goal[1] if goal else state), cell
        if goal is None or goal[1] != "wiped":
            queues = [op["id"] for store in phone.stores.values() for op in store["outbox"]]
            assert {op["id"] for op in kept} <= set(queues)


def test_every_cell_is_filled() -> None:
    cells = table()
    assert len(cells) == 18 * 7
    assert set(ANSWERS) <= {event for event, _ in cells}
