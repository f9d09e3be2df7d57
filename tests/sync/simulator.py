"""One history after the other: phones, a network that misbehaves, a server, and the checks after every step."""

import json
from contextlib import suppress

from tests.sync import checks, world
from tests.sync.checks import Ledger, hold
from tests.sync.contract import Json, Server
from tests.sync.doing import Doing
from tests.sync.ending import Ending
from tests.sync.phone import Aborted, Phone, Quota
from tests.sync.reference import Crashed
from tests.sync.steps import History, Step


class Simulation(Doing, Ending):
    def __init__(self, server: Server, history: History, phone_class: type[Phone] = Phone) -> None:
        self.server, self.history = server, history
        self.ledger = Ledger()
        self.now = world.START
        self.phones = [phone_class(f"p{i}", home, self.ledger.watch) for i, home in enumerate(history.cast)]
        self.phone_class = phone_class
        self.requests = []
        self.replies = []
        self.old_bodies = []
        self.backups = []
        self.restores = 0
        self.counter = 0
        self.seen_rows = {}

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
                    checks.check_cut(await self.rows_at(scope, after[scope]), heads[scope][1])
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
            for scope, head in after.items():
                await self.rows_at(scope, head)  # what was decided, although its reply may get lost
            await self.check_domain()

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
        checks.check_rights(phone.name, account, store)
        for scope in store["held"].keys() & heads.keys():
            checks.check_copy(phone.name, store, scope, heads[scope], await self.rows_at(scope, heads[scope]))

    async def register(self, phone: Phone, heard: bool = True) -> None:
        """An installation gets its name, or the reply with it is lost."""
        if phone.live is None or phone.session_ends:
            return
        if phone.store["state"]["device"] is None:
            phone.needs.setdefault(phone.live, "first")
        if phone.live in phone.needs:
            made = await self.server.register(phone.live, self.now)
            if heard:
                with suppress(Quota, Aborted):
                    phone.registered(phone.live, made)
