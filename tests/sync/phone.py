"""A phone: the device core over a small store in memory whose transactions can be lost, aborted and copied.

A store is plain data that is never changed in place, so that every version of it is a snapshot for free. Each account has its
own. Two tabs share it; each remembers only the questions it asked itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sync.applying import apply_change, empty_scope, target_of
from sync.device import interpret, new_state, next_exchange, plan_request
from sync.outbox import adopt_device, enqueue, is_stale, park, prune_journal, settle, unpark, withdraw
from tests.sync.world import iso

Json = dict[str, Any]
Store = dict[str, Any]
Watcher = Callable[["Phone", str, Store, Store, Json], None]


class Quota(Exception):
    """The disk is full."""


class Aborted(Exception):
    """The browser gave the transaction up."""


def new_store(account: str) -> Store:
    return {"state": new_state(account), "outbox": [], "journal": [], "held": {}, "base": {}, "staging": {}}


class Phone:
    """``live``: who is signed in, as the server's cookie says; ``home``: whose phone it is."""

    def __init__(self, name: str, home: str, watch: Watcher) -> None:
        self.name, self.home, self.watch = name, home, watch
        self.live: str | None = home
        self.session_ends = False
        self.stores: dict[str, Store] = {home: new_store(home)}
        self.undurable: dict[str, list[Store]] = {home: []}
        self.tabs: list[dict[str, Json]] = [{}, {}]
        self.skew = 0
        self.asked = 0
        self.most_ops = 50
        self.sign_ins = 0
        self.attempt = 0
        self.wait: int | None = 0
        self.stopped_by: str | None = None
        self.fail: type[Exception] | None = None
        self.needs: dict[str, str] = {}  # account → why a device has to be registered: first | conflict | forgotten

    @property
    def store(self) -> Store:
        return self.stores[self.account]

    @property
    def account(self) -> str:
        """Whose database is open: who is signed in, or the last one who was."""
        return self.live or self.last

    last = ""

    # The database.
    def commit(self, account: str, new: Store, *, durable: bool = False, **note: Any) -> None:
        """One transaction, or none of it."""
        if self.fail is not None:
            failure, self.fail = self.fail, None
            raise failure
        old = self.stores[account]
        self.undurable[account] = [] if durable else [*self.undurable[account], old]
        self.stores[account] = new
        self.watch(self, account, old, new, note)

    def lose_power(self, choice: int) -> None:
        """Killed and started again: tabs forget what they asked; transactions since the last durable one may be gone, the latest first."""
        self.tabs = [{}, {}]
        self.fail = None
        self.wait, self.attempt, self.stopped_by = 0, 0, None
        for account, versions in self.undurable.items():
            if versions and choice % 2:
                old, new = self.stores[account], versions[choice // 2 % len(versions)]
                self.stores[account] = new
                self.undurable[account] = versions[: choice // 2 % len(versions)]
                self.watch(self, account, old, new, {"lost": True})

    def open(self, account: str) -> None:
        """Somebody signs in."""
        self.stores.setdefault(account, new_store(account))
        self.undurable.setdefault(account, [])
        self.live, self.last, self.session_ends = account, account, False
        self.sign_ins += 1
        self.wait, self.attempt, self.stopped_by = 0, 0, None

    def wipe(self, account: str, why: str) -> None:
        """Logout, or a device that was revoked: nothing readable stays."""
        old = self.stores[account]
        self.stores[account] = new_store(account)
        self.undurable[account] = []
        self.watch(self, account, old, self.stores[account], {"wiped": why})
        self.live, self.last = None, account

    # What a parent does.
    def ask(self, kind: str, args: Json, op_id: str, now: int) -> bool:
        """True: « enregistré sur ce téléphone »."""
        account = self.account
        made_at = now + self.skew
        draft = {"id": op_id, "kind": kind, "args": args, "at": iso(made_at), "actor": account, "made_at": made_at}
        try:
            self.queue(account, draft)
        except (Quota, Aborted):
            return False
        self.wait = 0
        return True

    def queue(self, account: str, draft: Json) -> None:
        store = self.stores[account]
        queued = enqueue(store["state"], draft)
        outbox = [*store["outbox"], queued["op"]]
        self.commit(account, {**store, "state": queued["state"], "outbox": outbox}, durable=True, promised=draft["id"])

    def take_back(self, op_id: str) -> None:
        store = self.store
        after = withdraw(store["state"], store["outbox"], op_id)
        if after["done"]:
            new = {**store, "state": after["state"], "outbox": after["outbox"]}
            self.commit(self.account, new, durable=True, withdrawn=op_id)

    def agree(self, op_id: str) -> None:
        store = self.store
        after = unpark(store["state"], store["outbox"], op_id)
        self.commit(self.account, {**store, **after}, durable=True)

    # The exchange, in the steps between which everything may happen.
    def question(self, tab: int, limit: int, now: int) -> Json | None:
        """What a tab sends now, stored as sent; None when it has nothing to send with."""
        account = self.account
        if self.live is None or self.fail is not None:
            return None
        self.set_aside(account, now)
        store = self.stores[account]
        self.asked += 1
        hello = {
            "req": f"q_{self.name}_{self.asked}", "app": "2026.11.0", "schema": 1, "actor": self.live, "limit": limit,
            "most_ops": self.most_ops,
        }  # fmt: skip
        plan = plan_request(store["state"], store["outbox"], self.cursors(store), hello)
        if "blocked" in plan:
            if plan["blocked"] == "no_device":
                self.needs.setdefault(account, "first")
            return None
        if plan["mark"]:
            outbox = [{**op, "sent": op["sent"] or op["id"] in plan["mark"]} for op in store["outbox"]]
            self.commit(account, {**store, "outbox": outbox})
        self.tabs[tab][hello["req"]] = {"account": account, "sent": plan["sent"], "sign_ins": self.sign_ins}
        return dict(plan["request"])

    def cursors(self, store: Store) -> dict[str, str | None]:
        return {scope: held["cursor"] for scope, held in store["held"].items()}

    def set_aside(self, account: str, now: int) -> None:
        store = self.stores[account]
        if store["outbox"]:
            after = park(store["state"], store["outbox"], account, now + self.skew)
            if after["outbox"] != sorted(store["outbox"], key=lambda op: (bool(op["parked"]), op["n"])):
                self.commit(account, {**store, **after})

    def hear(self, tab: int, req: str, answer: Json, now: int, chance: float) -> str:
        """An answer reaches a tab: ``{status, type, body, retry_after}``. Returns what was done with it."""
        asked = self.tabs[tab].pop(req, None)
        if asked is None:
            return "nobody"
        account, sent = asked["account"], asked["sent"]
        decision = self.understand(sent, answer)
        if decision["do"] != "apply" and is_stale(self.stores[account]["state"], sent):
            return "stale"
        progressed, unfinished = False, True
        if decision["do"] == "apply":
            try:
                progressed, unfinished = self.take_in(account, sent, decision["reply"], now)
            except (Quota, Aborted):
                progressed = False
        if decision["do"] in ("need_sign_in", "other_account") and asked["sign_ins"] != self.sign_ins:
            decision = {"do": "wait", "ms": 0}  # said to somebody who was signed in before
        self.obey(account, decision)
        self.attempt, self.wait = next_exchange(decision, progressed, unfinished, self.attempt, chance)
        self.stopped_by = str(decision["do"]) if self.wait is None else None
        return str(decision["do"])

    def understand(self, sent: Json, answer: Json) -> Json:
        return interpret(sent, answer["status"], answer["type"], answer["body"], answer["retry_after"])

    def obey(self, account: str, decision: Json) -> None:
        do = decision["do"]
        if do == "renumber":
            self.needs[account] = "forgotten" if decision["code"] == "device_unknown" else "conflict"
        elif do == "wiped":
            self.wipe(account, "revoked")
        elif do == "need_sign_in":
            self.sign_in_asked(account)
        elif do == "smaller":
            self.most_ops = max(1, self.most_ops // 2)

    def sign_in_asked(self, account: str) -> None:
        """A banner; the queue stays as it is."""

    def take_in(self, account: str, sent: Json, reply: Json, now: int) -> tuple[bool, bool]:
        """The one transaction that applies an answer. Returns (progressed, unfinished)."""
        store = self.stores[account]
        if is_stale(store["state"], sent):
            return True, True
        draft = _Draft(store)
        for scope in reply["scopes"]["removed"]:
            draft.remove(scope)
        verdicts = [draft.apply(change) for change in reply["changes"]]
        more = any(change["more"] for change in reply["changes"]) or draft.staging_under_way()
        mine = [receipt for receipt in draft.arrived if receipt["device"] == store["state"]["device"]]
        settled = settle(store["state"], store["outbox"], store["journal"], sent, reply, mine, not more, now + self.skew)
        if "trouble" in settled:
            self.needs[account] = "conflict"
            self.commit(account, draft.store(), applied=reply)
            return True, True
        dropped = {*settled["journal_drop"], *prune_journal(store["journal"], settled["state"], now + self.skew)}
        journal = [entry for entry in store["journal"] if entry["id"] not in dropped] + settled["journal_add"]
        new = {**draft.store(), "state": settled["state"], "outbox": settled["outbox"], "journal": journal}
        self.keep(account, new, reply, settled, now)
        progressed = bool(settled["answered"] or settled["restored"]) or any(verdict != "skip" for verdict in verdicts)
        return progressed, more or "wrong" in verdicts or any(not op["parked"] for op in settled["outbox"])

    def keep(self, account: str, new: Store, reply: Json, settled: Json, now: int) -> None:
        answers = {pair["op"]["id"]: pair["receipt"] for pair in settled["answered"]}
        self.commit(account, new, applied=reply, answers=answers, now=now)

    def registered(self, account: str, made: Mapping[str, Any]) -> None:
        """The server gave this installation a (new) name."""
        store = self.stores[account]
        forgotten = self.needs.get(account) == "forgotten"
        after = adopt_device(store["state"], store["outbox"], store["journal"], made["device"], made["clone_guard"], forgotten)
        journal = [entry for entry in store["journal"] if entry["id"] not in after["journal_drop"]]
        new = {**store, "state": after["state"], "outbox": after["outbox"], "journal": journal}
        self.commit(account, new, durable=True)
        self.needs.pop(account, None)


class _Draft:
    """The part of a transaction that touches rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.held, self.base, self.staging = dict(store["held"]), dict(store["base"]), dict(store["staging"])
        self.arrived: list[Json] = []

    def store(self) -> Store:
        return {**self._store, "held": self.held, "base": self.base, "staging": self.staging}

    def remove(self, scope: str) -> None:
        for table in (self.held, self.base, self.staging):
            table.pop(scope, None)

    def staging_under_way(self) -> bool:
        return any(held["staging"] is not None for held in self.held.values())

    def apply(self, change: Json) -> str:
        scope = change["scope"]
        held = self.held.get(scope) or empty_scope(scope)
        table = self.staging if target_of(held, change) == "staging" else self.base
        seqs = {row["k"]: table[scope][row["k"]][0] for row in change["rows"] if row["k"] in table.get(scope, {})}
        effect = apply_change(held, change, seqs)
        if effect["verdict"] == "skip":
            return "skip"
        if effect["clear_staging"]:
            self.staging.pop(scope, None)
        into = self.base if effect["into"] == "base" else self.staging
        rows = {} if effect["clear_base"] else dict(into.get(scope, {}))
        rows |= {row["k"]: (row["s"], row["b"]) for row in effect["puts"]}
        for key in effect["deletes"]:
            rows.pop(key, None)
        into[scope] = rows
        fresh = [(row["k"], row["b"]) for row in effect["puts"]] if effect["into"] == "base" else []
        if effect["swap"]:
            self.base[scope] = self.staging.pop(scope, {})
            fresh = [(key, body) for key, (_, body) in self.base[scope].items()]
        self.arrived += [body for key, body in fresh if key.startswith("receipt/")]
        self.held[scope] = effect["held"]
        return str(effect["verdict"])
