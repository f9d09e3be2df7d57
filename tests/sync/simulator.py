"""One history after the other: phones, a network that misbehaves, a server, and the checks after every step."""

import json
import random
from collections.abc import Callable
from typing import Any, Protocol

from sync.cursor import parse_cursor
from tests.sync import checks, world
from tests.sync.acts import one_act
from tests.sync.checks import Ledger, hold
from tests.sync.phone import Aborted, Phone, Quota
from tests.sync.reference import Crashed
from tests.sync.steps import History, Step
from tests.sync.world import DAY, HOUR, MINUTE

Json = dict[str, Any]
LIMITS = (1, 2, 3, 5, 500)
MOST_EXCHANGES = 150


class Server(Protocol):
    """What the simulator asks of a server, the reference and the real one alike."""

    crash_at: tuple[str, int] | None

    async def reset(self) -> None: ...
    async def register(self, account: str, now: int) -> Json: ...
    async def exchange(self, account: str | None, request: Json, now: int) -> tuple[int, str]: ...
    async def heads(self, account: str) -> dict[str, tuple[str, int, int]]: ...
    async def rows(self, scope: str) -> dict[str, tuple[int, Json | None]]: ...
    async def bookings(self) -> list[Json]: ...
    async def taken(self) -> dict[str, int]: ...
    async def receipts(self) -> list[tuple[str, int]]: ...
    async def last_ns(self) -> dict[str, int]: ...
    async def deadletters(self) -> list[tuple[str, int]]: ...
    async def effects(self) -> list[tuple[str, int]]: ...
    async def set_price(self, cents: int) -> None: ...
    async def post_news(self, key: str, title: str | None, now: int) -> None: ...
    async def revoke_grant(self, account: str, family: str) -> None: ...
    async def give_grant(self, account: str, family: str) -> None: ...
    async def revoke_device(self, device: str, now: int) -> None: ...
    async def backup(self) -> Any: ...
    async def restore(self, saved: Any, gen: str) -> None: ...
    async def purge(self, now: int) -> None: ...
    async def expire(self, now: int) -> None: ...


class Simulation:
    def __init__(self, server: Server, history: History, phone_class: type[Phone] = Phone) -> None:
        self.server, self.history = server, history
        self.ledger = Ledger()
        self.now = world.START
        self.phones = [phone_class(f"p{i}", home, self.ledger.watch) for i, home in enumerate(history.cast)]
        self.phone_class = phone_class
        self.requests: list[Json] = []
        self.replies: list[Json] = []
        self.old_bodies: list[str] = []
        self.backups: list[Any] = []
        self.restores = 0
        self.counter = 0

    async def run(self) -> None:
        """Raises `Broken` at the first invariant that does not hold."""
        await self.server.reset()
        for step in self.history.steps:
            self.now += (step.choice % 4) * 20_000
            await self.step(step)
        await self.settle_down()

    async def step(self, step: Step) -> None:
        phone = self.phones[step.phone % len(self.phones)]
        await getattr(self, f"do_{step.name}")(phone, step.choice)

    def fresh(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}_{self.counter}"

    # Life.
    async def do_ask(self, phone: Phone, choice: int) -> None:
        act = one_act(phone, random.Random(choice), self.fresh)
        if act is not None:
            phone.ask(*act, self.fresh("o"), self.now)

    async def do_take_back(self, phone: Phone, choice: int) -> None:
        self._on_some_op(phone, choice, phone.take_back)

    async def do_agree(self, phone: Phone, choice: int) -> None:
        self._on_some_op(phone, choice, phone.agree)

    def _on_some_op(self, phone: Phone, choice: int, act: Callable[[str], None]) -> None:
        if phone.store["outbox"]:
            try:
                act(phone.store["outbox"][choice % len(phone.store["outbox"])]["id"])
            except (Quota, Aborted):
                pass

    async def do_time(self, phone: Phone, choice: int) -> None:
        self.now += (choice % 40) * 10 * MINUTE

    async def do_sleep(self, phone: Phone, choice: int) -> None:
        self.now += world.MONTHS_14
        await self.server.purge(self.now)

    # The network.
    async def do_sync(self, phone: Phone, choice: int) -> None:
        """A whole exchange without a fault."""
        await self.register(phone)
        packet = self.ask_server(phone, choice % 2, LIMITS[choice % 5])
        if packet is not None:
            await self.tell(await self.serve(packet), choice)

    async def do_send(self, phone: Phone, choice: int) -> None:
        await self.register(phone, heard=choice % 7 > 0)
        packet = self.ask_server(phone, choice % 2, LIMITS[choice % 5])
        if packet is not None:
            self.requests.append(packet)

    async def do_arrive(self, phone: Phone, choice: int) -> None:
        if self.requests:
            self.replies.append(await self.serve(self.requests.pop(choice % len(self.requests))))

    async def do_twice(self, phone: Phone, choice: int) -> None:
        """A request arrives, and the network delivers it again later."""
        if self.requests:
            packet = self.requests[choice % len(self.requests)]
            self.replies.append(await self.serve(packet))

    async def do_answer(self, phone: Phone, choice: int) -> None:
        if self.replies:
            await self.tell(self.replies.pop(choice % len(self.replies)), choice)

    async def do_lose(self, phone: Phone, choice: int) -> None:
        packets = self.requests if choice % 2 else self.replies
        if packets:
            packet = packets.pop(choice % len(packets))
            await self.tell({**packet, "status": 0, "type": None, "body": None}, choice)

    async def do_garble(self, phone: Phone, choice: int) -> None:
        """Something between the phone and the town answers instead, or half of the answer comes through."""
        if not self.replies:
            return
        packet = self.replies.pop(choice % len(self.replies))
        body = packet["body"] or ""
        stale = self.old_bodies[choice // 16 % len(self.old_bodies)] if self.old_bodies else "{}"
        page, json_type = "<html>Bienvenue</html>", "application/json"
        garbled = [
            (200, "text/html", page, None), (200, json_type, page, None), (200, json_type, body[: len(body) // 2], None),
            (200, json_type, stale, None), (500, "text/html", page, None), (503, "text/html", page, "30"),
            (413, "text/html", page, None), (302, "text/html", "", None), (401, "text/html", page, None),
            (403, json_type, '{"message": "forbidden"}', None), (204, None, "", None), (429, None, "", "5"),
        ][choice // 3 % 12]  # fmt: skip
        await self.tell(
            {**packet, **dict(zip(("status", "type", "body", "retry_after"), garbled, strict=True))}, choice
        )

    def ask_server(self, phone: Phone, tab: int, limit: int) -> Json | None:
        try:
            request = phone.question(tab, limit, self.now)
        except (Quota, Aborted):
            return None
        if request is None:
            return None
        actors = {op["n"]: op["actor"] for op in phone.store["outbox"] if not op["parked"]}
        sender = None if phone.session_ends else phone.live
        return {
            "phone": phone, "tab": tab, "request": json.loads(json.dumps(request)), "account": sender,
            "actors": {actors.get(op["n"]) for op in request["ops"]},
        }  # fmt: skip

    async def serve(self, packet: Json) -> Json:
        """The server handles a request; its reply is on the way, unless it crashed."""
        request, account = packet["request"], packet["account"]
        answer: Json = {"status": 0, "type": None, "body": None, "retry_after": None, "heads": None}
        before = (await self.server.last_ns()).get(request["device"], 0)
        heads = await self.server.heads(account) if account else {}
        try:
            status, body = await self.server.exchange(account, request, self.now)
            answer |= {"status": status, "type": "application/json", "body": body}
        except Crashed:
            pass
        await self.check_served(packet, answer, heads, before)
        return {**packet, **answer}

    async def check_served(self, packet: Json, answer: Json, heads: Json, before: int) -> None:
        request, account = packet["request"], packet["account"]
        after = await self.server.heads(account) if account else {}
        for scope, (gen, seq, _) in after.items():
            if scope in heads and heads[scope][0] == gen:
                hold("S-MONO", seq >= heads[scope][1], f"the head of {scope} went back")
                if seq > heads[scope][1]:
                    checks.check_cut(await self.server.rows(scope), heads[scope][1])
        if answer["status"] == 200:
            hold("C-ACTOR", packet["actors"] <= {account}, f"commands of {packet['actors']} executed for {account}")
            reply = json.loads(answer["body"])
            self.old_bodies = [*self.old_bodies[-3:], answer["body"]]
            checks.check_answer(request, reply, after, before, self.now)
            for receipt in reply["receipts"]:
                self.ledger.issued.setdefault((receipt["device"], receipt["n"]), []).append(receipt)
        elif account:
            hold("S-POISON", answer["status"] != 500, "a command made the server fail")
        if request["ops"]:
            await self.learn_receipts(after)
            await self.check_domain()

    async def learn_receipts(self, heads: Json) -> None:
        """What was decided although its reply got lost."""
        for scope in heads:
            for key, (_, body) in (await self.server.rows(scope)).items():
                if key.startswith("receipt/") and body is not None:
                    known = self.ledger.issued.setdefault((body["device"], body["n"]), [])
                    if body not in known:
                        known.append(body)

    async def check_domain(self) -> None:
        server = self.server
        checks.check_town(await server.bookings(), await server.taken(), await server.effects(), self.now)

    async def tell(self, packet: Json, choice: int) -> None:
        """An answer reaches its phone."""
        phone = packet["phone"]
        account = phone.tabs[packet["tab"]].get(packet["request"]["req"], {}).get("account")
        answer = {name: packet.get(name) for name in ("status", "type", "body", "retry_after")}
        phone.hear(packet["tab"], packet["request"]["req"], answer, self.now, choice % 100 / 100)
        if account is not None:
            await self.check_copies(phone, account)

    async def check_copies(self, phone: Phone, account: str) -> None:
        heads = await self.server.heads(account)
        store = phone.stores[account]
        for scope in store["held"].keys() & heads.keys():
            checks.check_copy(phone.name, store, scope, heads[scope], await self.server.rows(scope))

    async def register(self, phone: Phone, heard: bool = True) -> None:
        """An installation gets its name, or the reply with it is lost."""
        if phone.live is None or phone.session_ends:
            return
        if phone.store["state"]["device"] is None:
            phone.registering = phone.registering or "first"
        if phone.registering:
            made = await self.server.register(phone.live, self.now)
            if heard:
                try:
                    phone.registered(phone.live, made)
                except (Quota, Aborted):
                    phone.registering = phone.registering or "first"

    # Phones.
    async def do_kill(self, phone: Phone, choice: int) -> None:
        phone.lose_power(choice)

    async def do_abort(self, phone: Phone, choice: int) -> None:
        phone.fail = Aborted

    async def do_quota(self, phone: Phone, choice: int) -> None:
        """C-QUOTA: the next write finds the disk full; reading and the queue stay as they are."""
        phone.fail = Quota

    async def do_clone(self, phone: Phone, choice: int) -> None:
        """The phone's storage is copied to a new phone, and both go on."""
        if len(self.phones) < 5:
            name = f"p{len(self.phones)}"
            self.ledger.clone(phone.name, name)
            twin = self.phone_class(name, phone.home, self.ledger.watch)
            twin.stores, twin.live, twin.last = dict(phone.stores), phone.live, phone.last
            twin.undurable = {account: [] for account in phone.stores}
            self.phones.append(twin)

    async def do_clock(self, phone: Phone, choice: int) -> None:
        phone.skew = (-DAY, 0, DAY, HOUR)[choice % 4]

    async def do_session_ends(self, phone: Phone, choice: int) -> None:
        phone.session_ends = True

    async def do_sign_in(self, phone: Phone, choice: int) -> None:
        phone.open(phone.home)

    async def do_switch(self, phone: Phone, choice: int) -> None:
        """Somebody else signs in on this phone."""
        phone.open(("nadia", "paul", "aminata")[choice % 3])

    async def do_logout(self, phone: Phone, choice: int) -> None:
        if phone.live is not None:
            device = phone.store["state"]["device"]
            phone.wipe(phone.account, "logout")
            if device is not None and choice % 3:
                await self.server.revoke_device(device, self.now)

    # The town.
    async def do_crash(self, phone: Phone, choice: int) -> None:
        self.server.crash_at = (("commit", choice // 2 % 3), ("reply", 0))[choice % 2]

    async def do_locked(self, phone: Phone, choice: int) -> None:
        self.server.crash_at = ("locked", choice % 3)

    async def do_price(self, phone: Phone, choice: int) -> None:
        await self.server.set_price((290, world.PRICE, 380)[choice % 3])

    async def do_expire(self, phone: Phone, choice: int) -> None:
        self.now += (choice % 3) * 25 * HOUR // 2
        await self.server.expire(self.now)
        await self.check_domain()

    async def do_news(self, phone: Phone, choice: int) -> None:
        await self.server.post_news(f"{choice % 5}", None if choice % 3 == 0 else f"titre {choice}", self.now)

    async def do_purge(self, phone: Phone, choice: int) -> None:
        await self.server.purge(self.now + world.KEPT_TOMBSTONES + 1)

    async def do_revoke_grant(self, phone: Phone, choice: int) -> None:
        await self.server.revoke_grant(phone.home, world.families_of(phone.home)[0])

    async def do_give_grant(self, phone: Phone, choice: int) -> None:
        await self.server.give_grant(phone.home, world.families_of(phone.home)[0])

    async def do_revoke_device(self, phone: Phone, choice: int) -> None:
        device = phone.store["state"]["device"]
        if device is not None:
            await self.server.revoke_device(device, self.now)

    async def do_backup(self, phone: Phone, choice: int) -> None:
        self.backups = [*self.backups[-1:], await self.server.backup()]

    async def do_restore(self, phone: Phone, choice: int) -> None:
        if self.backups:
            self.restores += 1
            await self.server.restore(self.backups[choice % len(self.backups)], f"b{self.restores}")

    # The end: faults stop, and everything has to come right by itself.
    async def settle_down(self) -> None:
        self.server.crash_at = None
        for phone in self.phones:
            phone.fail = None
            phone.tabs = [{}, {}]
            if phone.live != phone.home or phone.session_ends:
                phone.open(phone.home)
        for _ in range(2):
            for phone in self.phones:
                await self.drain(phone)
        await self.check_domain()
        for phone in self.phones:
            await self.check_end(phone)

    async def drain(self, phone: Phone) -> None:
        """The phone goes on by itself, as its own timer says, until it is quiet."""
        same, last = 0, ""
        for _ in range(MOST_EXCHANGES):
            if phone.wait is None:
                if phone.live is None:  # wiped: somebody signs in again
                    phone.open(phone.home)
                elif phone.session_ends:
                    phone.open(phone.home)
                else:
                    break
            self.now += phone.wait or 0
            await self.register(phone)
            packet = self.ask_server(phone, 0, 500)
            if packet is None:
                continue
            said = json.dumps([packet["request"]["cursors"], packet["request"]["ops"], packet["request"]["device"]])
            same = same + 1 if said == last and phone.wait == 0 else 0
            hold("C-LOOP", same <= 5, f"{phone.name} asks the same {same} times")
            last = said
            await self.tell(await self.serve(packet), 50)
            if phone.wait and self.is_quiet(phone) and not self.behind(phone, await self.server.heads(phone.account)):
                return
        hold("C-LIVE", self.is_quiet(phone), f"{phone.name} is stuck with {len(phone.store['outbox'])} commands")

    def is_quiet(self, phone: Phone) -> bool:
        waiting = any(not op["parked"] for op in phone.store["outbox"])
        return not waiting and not phone.registering and phone.live is not None

    def behind(self, phone: Phone, heads: Json) -> bool:
        held = phone.store["held"]
        return held.keys() != heads.keys() or any(
            held[s]["cursor"] != f"{gen}.{seq}" for s, (gen, seq, _) in heads.items()
        )

    async def check_end(self, phone: Phone) -> None:
        account, store = phone.account, phone.store
        heads = await self.server.heads(account)
        hold("C-CONVERGE", store["held"].keys() == heads.keys(), f"{phone.name} holds {sorted(store['held'])}")
        for scope, (gen, seq, _) in heads.items():
            rows = await self.server.rows(scope)
            live = {key: row for key, row in rows.items() if row[1] is not None}
            cursor = parse_cursor(store["held"][scope]["cursor"])
            at_head = cursor == {"gen": gen, "seq": seq, "reset_head": None}
            hold("C-CONVERGE", at_head, f"{phone.name} stays at {cursor} of {scope}, head {seq}")
            hold("C-CONVERGE", store["base"].get(scope, {}) == live, f"{phone.name} differs in {scope}")
        await self.check_answered(phone, store)
        await self.check_afresh(phone, store)

    async def check_answered(self, phone: Phone, store: Json) -> None:
        who = (phone.name, phone.account)
        waiting = {op["id"] for op in store["outbox"]}
        answers, released = self.ledger.answers.get(who, {}), self.ledger.released.get(who, set())
        missing = self.ledger.promised.get(who, set()) - waiting - answers.keys() - released
        hold("S-ALWAYS", not missing, f"{phone.name} never heard about {missing}")
        known = {booking["rid"] for booking in await self.server.bookings()}
        for entry in store["journal"]:
            if entry["kind"] == "reservation.book@1" and answers[entry["id"]]["outcome"] != "failed_internal":
                lost = {item["rid"] for item in entry["args"]["items"]} - known
                hold("S-RESTORE", not lost, f"the town forgot {lost}, which {phone.name} was promised")
        letters, last_ns = await self.server.deadletters(), await self.server.last_ns()
        numbers: dict[str, list[int]] = {}
        for device, n in await self.server.receipts():
            numbers.setdefault(device, []).append(n)
        for device, found in numbers.items():
            hold(
                "S-FIFO", sorted(found) == list(range(1, last_ns[device] + 1)), f"{device} has receipts {sorted(found)}"
            )
        for key, (_, body) in {k: v for rows in store["base"].values() for k, v in rows.items()}.items():
            if key.startswith("receipt/") and body["outcome"] == "failed_internal":
                hold("S-POISON", (body["device"], body["n"]) in letters, f"{key} is in no dead-letter table")

    async def check_afresh(self, phone: Phone, store: Json) -> None:
        """A new phone that pages through everything holds what the old one gathered change by change."""
        newcomer = self.phone_class("new", phone.account, lambda *_: None)
        newcomer.registering = "first"
        newcomer.stores[phone.account]["state"] |= {
            "device": store["state"]["device"],
            "epoch": store["state"]["epoch"],
        }
        newcomer.stores[phone.account]["state"] |= {
            "last_n": store["state"]["last_n"],
            "next_n": store["state"]["next_n"],
        }
        for _ in range(MOST_EXCHANGES):
            request = newcomer.question(0, 7, self.now)
            assert request is not None
            status, body = await self.server.exchange(phone.account, request, self.now)
            answer = {"status": status, "type": "application/json", "body": body, "retry_after": None}
            newcomer.hear(0, request["req"], answer, self.now, 0.5)
            if newcomer.wait:
                break
        hold(
            "S-RESET≡DELTA", newcomer.store["base"] == store["base"], f"a reset gives something else than {phone.name}"
        )
