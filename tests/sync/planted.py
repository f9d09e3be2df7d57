"""Protocol bugs, each seen in some published sync system or easy to write by mistake: the simulator has to catch every one.

A bug is the reference server or the phone with one method replaced.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sync.applying import empty_scope
from sync.checksum import digest_rows
from sync.device import plan_request
from sync.instants import instant_of
from sync.outbox import enqueue
from tests.sync.phone import Phone, new_store
from tests.sync.reference import Json, Reference, Refused
from tests.sync.reference_town import copied
from tests.sync.world import SESSIONS


class DedupeAfterEffect(Reference):
    """The effect first, the question whether it was done before afterwards."""

    def one(self, account: str, device: str, op: Json, now: int) -> Json:
        known = self.state["devices"][device]
        if op["n"] <= known["last_n"] and (device, op["n"]) in self.state["receipts"]:
            _, _, touched = self.handled(account, device, op, now)
            for name, rows in self.changed(touched).items():
                self.put(name, rows, now)
        return super().one(account, device, op, now)


class NumberOutsideTheTransaction(Reference):
    """The effect is committed before the number and the receipt are: a crash between leaves one without the other."""

    def handled(self, account: str, device: str, op: Json, now: int) -> tuple[str, list[Json], set[str]]:
        told = super().handled(account, device, op, now)
        if self.crash_at == ("commit", 0):
            self.committed = copied(self.state)
        return told

    def execute(self, account: str, request: Json, now: int) -> Any:
        self.committed = None
        try:
            return super().execute(account, request, now)
        except Exception:
            self.state = self.committed or self.state
            raise


class TimestampCursor(Reference):
    """Rows are numbered by the clock: two commits of one instant look like one."""

    def next_seq(self, scope: Json, now: int) -> int:
        return max(int(scope["seq"]), now // 1000)


class TombstonesWithoutFloor(Reference):
    """Old tombstones are dropped, and who has not read them is not told."""

    async def purge(self, now: int) -> None:
        floors = {name: scope["floor"] for name, scope in self.state["scopes"].items()}
        await super().purge(now)
        for name, floor in floors.items():
            self.state["scopes"][name]["floor"] = floor


class RefusalKeepsNoNumber(Reference):
    """A refused command is answered, but its number stays free."""

    def consume(self, account: str, device: str, op: Json, now: int, fingerprint: str) -> Json:
        before = self.state["devices"][device]["last_n"]
        receipt = super().consume(account, device, op, now, fingerprint)
        if receipt["outcome"] == "refused":
            self.state["devices"][device]["last_n"] = before
        return receipt


class PhoneClockDecides(Reference):
    """The deadline is judged by the moment the phone says the command was made."""

    def judged_at(self, op: Json, now: int) -> int:
        return instant_of(op["at"]) or now


class CapacityReadBefore(Reference):
    """How many places are left is read once per request, not in the statement that takes one."""

    def execute(self, account: str, request: Json, now: int) -> Any:
        self.room = {session: Reference.has_room(self, session) for session in SESSIONS}
        return super().execute(account, request, now)

    def has_room(self, session: str) -> bool:
        return self.room.get(session, True)


class PoisonBlocks(Reference):
    """A command whose handler fails is rolled back, and fails again each time it comes."""

    def handled(self, account: str, device: str, op: Json, now: int) -> tuple[str, list[Json], set[str]]:
        letters = len(self.state["deadletters"])
        told = super().handled(account, device, op, now)
        if len(self.state["deadletters"]) > letters:
            raise Refused("internal")
        return told


class PlacesAreLost(Reference):
    """Nobody tells those who wait that a place is free."""

    def promote(self, session: str, now: int, touched: set[str]) -> None:
        return


class RightsOfYesterday(Reference):
    """Whoever holds a cursor of a scope goes on reading it after the right to it ended."""

    def granted(self, account: str, cursors: Json) -> list[str]:
        return sorted({*self.state["grants"][account], *(scope for scope in cursors if scope in self.state["scopes"])})


class ReceiptBeforeEffects(Reference):
    """The receipt is written first, so that a page can end between it and what it tells of."""

    def put(self, name: str, rows: dict[str, Json | None], now: int) -> None:
        super().put(name, dict(sorted(rows.items())), now)


class ResetWithTombstonesHidden(Reference):
    """What is deleted while a reset is paged is hidden like what was deleted before it."""

    def pages(self, account: str, request: Json) -> Json:
        told = super().pages(account, request)
        for change in told["changes"]:
            if "r" in str(request["cursors"].get(change["scope"])).rpartition(".")[2]:
                change["rows"] = [row for row in change["rows"] if "b" in row]
                # … and the checksum is made of the same rows, so that it agrees.
                change.pop("count", None), change.pop("digest", None)
        return told


class DroppedBeforeApplied(Phone):
    """A command leaves the outbox when it is sent, not when its answer is stored."""

    def question(self, tab: int, limit: int, now: int) -> Json | None:
        request = super().question(tab, limit, now)
        if request and request["ops"] and not self.fail:
            sent = {op["n"] for op in request["ops"]}
            outbox = [op for op in self.store["outbox"] if op["n"] not in sent]
            self.commit(self.account, {**self.store, "outbox": outbox})
        return request


class CursorBeforeRows(Phone):
    """The cursor is stored in a transaction of its own, before the rows that it speaks of."""

    def take_in(self, account: str, sent: Json, reply: Json, now: int) -> tuple[bool, bool]:
        store = self.stores[account]
        if self.fail is None:
            held = dict(store["held"])
            for change in reply["changes"]:
                if change["to"] and not change["reset"] and not held.get(change["scope"], empty_scope(""))["staging"]:
                    rows = [{"k": key, "s": row[0]} for key, row in store["base"].get(change["scope"], {}).items()]
                    if len(change["rows"]) > 2:  # the browser gave up in the middle of the long transaction
                        right = {"count": len(rows), "digest": digest_rows(rows)}
                        held[change["scope"]] = {**held.get(change["scope"], empty_scope(change["scope"])), "cursor": change["to"], **right}
            self.commit(account, {**store, "held": held})
        return super().take_in(account, sent, reply, now)


class CountsPerTab(Phone):
    """Each tab goes on counting from the number that it read when it was opened."""

    count: Mapping[int, int] | None = None

    def queue(self, account: str, draft: Json) -> None:
        store = self.stores[account]
        tab = int(draft["id"][-1]) % 2
        counts = dict(self.count or {0: store["state"]["next_n"], 1: store["state"]["next_n"]})
        queued = enqueue({**store["state"], "next_n": counts[tab]}, draft)
        self.count = {**counts, tab: counts[tab] + 1}
        state = {**store["state"], "next_n": max(store["state"]["next_n"], counts[tab] + 1)}
        self.commit(account, {**store, "state": state, "outbox": [*store["outbox"], queued["op"]]}, durable=True, promised=draft["id"])


class NoTrigger(Phone):
    """After a failure the next try is due, and nothing triggers it."""

    def hear(self, tab: int, req: str, answer: Json, now: int, chance: float) -> str:
        done = super().hear(tab, req, answer, now, chance)
        if done in ("wait", "not_ours"):
            self.wait = None
        return done


class OneQueueForAll(Phone):
    """The queue belongs to the phone, and is sent for whoever is signed in."""

    @property
    def account(self) -> str:
        return self.home

    def question(self, tab: int, limit: int, now: int) -> Json | None:
        if self.live is None or self.fail:
            return None
        store = self.store
        self.asked += 1
        hello = {"req": f"q_{self.name}_{self.asked}", "app": "1", "schema": 1, "actor": self.home, "limit": limit, "most_ops": 50}
        plan = plan_request(store["state"], store["outbox"], self.cursors(store), hello)
        if "blocked" in plan:
            return None
        outbox = [{**op, "sent": op["sent"] or op["id"] in plan["mark"]} for op in store["outbox"]]
        self.commit(self.home, {**store, "outbox": outbox})
        self.tabs[tab][hello["req"]] = {"account": self.home, "sent": plan["sent"], "sign_ins": self.sign_ins}
        return {**plan["request"], "actor": self.live}

    def registered(self, account: str, made: Mapping[str, Any]) -> None:
        self.needs.setdefault(self.home, "first")
        super().registered(self.home, made)
        self.needs.pop(account, None)


class SignInClearsTheQueue(Phone):
    """A 401 starts everything afresh."""

    def sign_in_asked(self, account: str) -> None:
        fresh = new_store(account)
        self.commit(account, {**fresh, "state": self.stores[account]["state"]})


class BelievesAnybody(Phone):
    """Any JSON with a 200 is the answer, whoever asked what."""

    def understand(self, sent: Json, answer: Json) -> Json:
        if answer["status"] == 200 and answer["body"]:
            try:
                body = json.loads(answer["body"])
            except ValueError:
                body = None
            if isinstance(body, dict) and "receipts" in body:
                return {"do": "apply", "reply": body}
        return super().understand(sent, answer)


class DrawsWishesAsRows(Phone):
    """What was asked for is written among the confirmed rows, to be on screen at once."""

    def queue(self, account: str, draft: Json) -> None:
        super().queue(account, draft)
        if draft["kind"] == "reservation.book@1" and self.fail is None:
            store = self.stores[account]
            scope = next((name for name in store["base"] if name.startswith("f:")), None)
            if scope:
                wishes = {f"resa/{item['rid']}": (0, {"state": "booked", **item}) for item in draft["args"]["items"]}
                base = {**store["base"], scope: {**store["base"][scope], **wishes}}
                self.commit(account, {**store, "base": base})


class ForgetsTheJournal(Phone):
    """What was answered is thrown away, so that a restored town never hears of it again."""

    def commit(self, account: str, new: Json, *, durable: bool = False, **note: Any) -> None:
        answered = self.stores[account]["journal"] + new["journal"]
        super().commit(account, {**new, "journal": []}, durable=durable, **note)
        self.remembered = answered


class Bug(NamedTuple):
    name: str
    server: type[Reference]
    phone: type[Phone]


BUGS = [
    *(Bug(kind.__name__, kind, Phone) for kind in Reference.__subclasses__()),
    *(Bug(kind.__name__, Reference, kind) for kind in Phone.__subclasses__()),
]
