"""The invariants, checked while a history runs. Each failure names the invariant of sync/README.md that it breaks."""

from collections.abc import Mapping
from typing import Any

from sync.cursor import parse_cursor
from sync.fold import fold
from tests.sync.phone import Phone
from tests.sync.reference_town import ACTIVE, HOLDING
from tests.sync.world import DAY, SESSIONS, families_of, town_scopes

Json = dict[str, Any]


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, story: str) -> None:
        super().__init__(f"{invariant}: {story}")
        self.invariant = invariant


def hold(invariant: str, holds: object, story: str = "") -> None:
    if not holds:
        raise Broken(invariant, story)


class Ledger:
    """What was promised to parents, and what they were told since."""

    def __init__(self) -> None:
        self.promised: dict[tuple[str, str], set[str]] = {}
        self.answers: dict[tuple[str, str], dict[str, Json]] = {}
        self.released: dict[tuple[str, str], set[str]] = {}  # taken back, or wiped on purpose
        self.issued: dict[tuple[str, int], list[Json]] = {}

    def clone(self, old: str, new: str) -> None:
        for table in (self.promised, self.answers, self.released):
            for (phone, account), kept in list(table.items()):
                if phone == old:
                    table[(new, account)] = kept.copy()

    def learn(self, rows: Mapping[str, Any]) -> None:
        """What the server decided, as its feed tells it."""
        for key, (_, body) in rows.items():
            if key.startswith("receipt/") and body is not None:
                known = self.issued.setdefault((body["device"], body["n"]), [])
                if body not in known:
                    known.append(body)

    def watch(self, phone: Phone, account: str, old: Json, new: Json, note: Json) -> None:
        """Sees every transaction of every phone."""
        who = (phone.name, account)
        promised, answers = self.promised.setdefault(who, set()), self.answers.setdefault(who, {})
        released = self.released.setdefault(who, set())
        if "promised" in note:
            promised.add(note["promised"])
        answers |= {op_id: {**receipt, "heard_at": note["now"]} for op_id, receipt in note.get("answers", {}).items()}
        released |= {note["withdrawn"]} if "withdrawn" in note else set()
        if "wiped" in note:
            hold("C-NOLOSS", note["wiped"] in ("logout", "revoked"), f"{phone.name} was wiped: {note['wiped']}")
            released |= promised
        kept = {op["id"] for op in new["outbox"]}
        if not note.get("lost"):
            gone = {op["id"] for op in old["outbox"]} - kept - released
            hold("C-NOLOSS", gone <= note.get("answers", {}).keys(), f"{phone.name} dropped {gone} without an answer")
        missing = promised - kept - answers.keys() - released
        hold("C-DURABLE", not missing, f"{phone.name} forgot {missing}")
        for op_id, receipt in note.get("answers", {}).items():
            known = self.issued.get((receipt["device"], receipt["n"]), [])
            hold("C-TRUTH", receipt in known, f"{phone.name} believes an answer to {op_id} that nobody gave")
        doubted = [scope for scope, held in new["held"].items() if held["bad"]]
        hold("S-NOGAP", not doubted, f"{phone.name} counts other rows than the town in {doubted}")
        self._numbers(phone, new)
        if not note.get("lost") and "wiped" not in note:
            self._cursors(phone, old, new)
        self._view(phone, new)

    def standing(self, phone: str, account: str, kind: str, now: int) -> set[str]:
        """The places that a parent was told about, and that therefore have to stand: up to the age at which journals end."""
        who = (phone, account)
        told = {op_id: receipt for op_id, receipt in self.answers.get(who, {}).items() if op_id not in self.released.get(who, set())}
        return {
            item["rid"] for receipt in told.values() if receipt["kind"] == kind and now - receipt["heard_at"] < 28 * DAY
            for item in receipt["items"] if item["outcome"] in ("accepted", "waitlisted", "needs_confirmation")
        }  # fmt: skip

    def _numbers(self, phone: Phone, store: Json) -> None:
        numbers = [op["n"] for op in store["outbox"] if not op["parked"]]
        right = len(set(numbers)) == len(numbers) and all(0 < n < store["state"]["next_n"] for n in numbers)
        hold("C-TAB", right, f"{phone.name} counts {sorted(numbers)} below {store['state']['next_n']}")

    def _cursors(self, phone: Phone, old: Json, new: Json) -> None:
        for scope, held in new["held"].items():
            before = parse_cursor(old["held"].get(scope, {}).get("cursor"))
            after = parse_cursor(held["cursor"])
            if before and after and before["gen"] == after["gen"] and before["reset_head"] is after["reset_head"] is None:
                hold("S-MONO", before["seq"] <= after["seq"], f"{phone.name} went back in {scope}")

    def _view(self, phone: Phone, store: Json) -> None:
        base = {key[5:]: row for rows in store["base"].values() for key, row in rows.items() if key.startswith("resa/")}
        wished = {
            item["rid"] for op in store["outbox"] if op["kind"] in ("reservation.book@1", "waitlist.join@1")
            for item in op["args"]["items"]
        }  # fmt: skip
        places = fold([{"k": f"resa/{rid}", "b": body} for rid, (_, body) in base.items()], store["outbox"])
        hold("C-VIEW", {place["rid"] for place in places} == base.keys() | wished, f"{phone.name} shows something else")
        for place in places:
            confirmed = base[place["rid"]][1]["state"] if place["rid"] in base else None
            hold("C-TRUTH", place["state"] == confirmed, f"{phone.name} shows {place['rid']} as confirmed")


def check_answer(request: Json, reply: Json, heads: Mapping[str, Any], before: int, now: int) -> None:
    """One reply of the server: what it says, to whom, and how it judged. ``before``: last_n when the request came."""
    scopes = [change["scope"] for change in reply["changes"]]
    hold("S-AUTH", set(scopes) <= heads.keys(), f"rows of {set(scopes) - heads.keys()} were sent")
    for scope, (gen, seq, _) in heads.items():
        if request["cursors"].get(scope) != f"{gen}.{seq}":
            hold("C-DECOUPLED", scope in scopes, f"nothing of {scope} although something is new")
    numbers = [receipt["n"] for receipt in reply["receipts"]]
    hold("S-FIFO", numbers == sorted(set(numbers)), f"receipts {numbers}")
    asked = {op["n"]: op for op in request["ops"]}
    if reply["stopped"] is None:
        hold("S-ALWAYS", set(numbers) == asked.keys(), f"asked {sorted(asked)}, answered {numbers}")
    for receipt in reply["receipts"]:
        if receipt["n"] > before:
            for item in receipt["items"]:
                _judged_now(item, asked[receipt["n"]], now)


def _judged_now(item: Json, op: Json, now: int) -> None:
    session = SESSIONS.get(item.get("session", ""))
    if session is None or item.get("code") == "ALREADY":
        return
    asks = op["kind"] in ("reservation.book@1", "waitlist.join@1")
    limit = session.add_until if asks else session.remove_until
    if item.get("code") == "DEADLINE_PASSED":
        hold("S-DEADLINE", now > limit, f"{op['kind']} refused as late, in time")
    elif asks and item["outcome"] in ("accepted", "waitlisted", "needs_confirmation"):
        hold("S-DEADLINE", now <= limit, f"{op['kind']} arrived late and was taken")


def check_town(bookings: list[Json], taken: Mapping[str, int], effects: list[Any], now: int) -> None:
    """The places: none sold twice, none lost, nobody overtaken, nothing dearer than agreed."""
    hold("S-ONCE", len(effects) == len(set(effects)), "a command had its effect twice")
    seen: set[tuple[str, str]] = set()
    for booking in bookings:
        if booking["state"] in ACTIVE:
            pair = (booking["child"], booking["session"])
            hold("S-ONCE", pair not in seen, f"{pair} booked twice")
            seen.add(pair)
        if booking["state"] == "booked" and booking["max_cents"] is not None:
            hold("S-PRICE", booking["cents"] <= booking["max_cents"], f"{booking['rid']} is dearer than agreed")
    for session in SESSIONS.values():
        here = [booking for booking in bookings if booking["session"] == session.id]
        holders = [booking for booking in here if booking["state"] in HOLDING]
        waiting = [booking for booking in here if booking["state"] == "waiting"]
        hold("S-CAP", taken[session.id] == len(holders), f"{session.id}: {taken[session.id]} taken by {len(holders)}")
        if session.capacity is not None:
            hold("S-CAP", len(holders) <= session.capacity, f"{session.id}: {len(holders)} places sold")
            lost = waiting and len(holders) < session.capacity and now <= session.add_until
            hold("S-CAP", not lost, f"{session.id}: a place is lost while somebody waits")
        overtaken = any(holder["asked"] > waiter["asked"] for holder in holders for waiter in waiting)
        hold("S-CAP", not overtaken, f"{session.id}: somebody jumped the queue")


def check_rights(name: str, account: str, store: Json) -> None:
    """A phone never holds what its account was never allowed to read."""
    allowed = {f"a:{account}", *(f"f:{family}" for family in families_of(account)), *town_scopes()}
    hold("S-AUTH", store["base"].keys() | store["staging"].keys() <= allowed, f"{name} of {account} holds {sorted(store['base'])}")


def check_copy(name: str, store: Json, scope: str, head: tuple[str, int, int], rows: Mapping[str, Any]) -> None:
    """The phone's copy of a scope is the server's, as far as its cursor says."""
    gen, _, floor = head
    cursor = parse_cursor(store["held"][scope]["cursor"])
    if cursor is None or cursor["gen"] != gen or cursor["reset_head"] is not None:
        return
    copy = store["base"].get(scope, {})
    for key, (seq, body) in rows.items():
        if seq > cursor["seq"]:
            continue
        if body is None:
            hold("S-TOMB", key not in copy, f"{name} keeps {scope} {key}, deleted at {seq}")
        else:
            hold("S-NOGAP", copy.get(key) == (seq, body), f"{name} at {cursor['seq']} of {scope} misses {key} of {seq}")
    for key in copy.keys() - rows.keys():
        hold("S-TOMB", cursor["seq"] < floor, f"{name} keeps {scope} {key}, which is gone")


def check_cut(rows: Mapping[str, Any], after: int) -> None:
    """A receipt is the last row of its command: whoever holds it holds the effects. ``rows`` just after a request."""
    receipts = {key: seq for key, (seq, _) in rows.items() if key.startswith("receipt/") and seq > after}
    for key, (seq, body) in rows.items():
        if body is not None and seq > after and key.startswith("resa/") and "receipt" in body:
            mine = receipts.get(f"receipt/{body['receipt']['device']}/{body['receipt']['n']}", seq)
            hold("S-CUT", mine >= seq or max(receipts.values()) > seq, f"{key} comes after the receipt that tells of it")
