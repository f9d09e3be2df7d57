"""The end of a history: faults stop, and everything has to come right by itself."""

import json

from sync.cursor import parse_cursor
from tests.sync import world
from tests.sync.checks import hold
from tests.sync.contract import MOST_EXCHANGES, Json, Running
from tests.sync.phone import Phone


class Ending(Running):
    async def settle_down(self) -> None:
        self.server.crash_at = None
        for phone in self.phones:
            phone.fail = None
            phone.tabs = [{}, {}]
            if phone.live != phone.home or phone.session_ends:
                phone.open(phone.home)
        for _ in range(4):
            for phone in self.phones:
                await self.drain(phone)
        await self.check_domain()
        await self.check_projection()
        for phone in self.phones:
            await self.check_end(phone)

    async def check_projection(self) -> None:
        """The rows that were written change by change are those that the tables give at once."""
        if self.now > world.START + 50 * world.DAY:
            return  # what lies further back is no part of a new projection
        for scope, rows in (await self.server.projections(self.now)).items():
            written = {key: body for key, (_, body) in (await self.server.rows(scope)).items() if key.startswith("resa/")}
            live = {key: body for key, body in written.items() if body is not None}
            hold("S-PROJ", live == {k: b for k, b in rows.items() if b is not None}, f"{scope} is not what the tables say")

    async def drain(self, phone: Phone) -> None:
        """The phone goes on by itself, as its own timer says, until it is quiet."""
        same, last = 0, ""
        for _ in range(MOST_EXCHANGES):
            if phone.wait is None:
                if phone.live is None or phone.session_ends:  # wiped: somebody signs in again
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
        return not waiting and phone.live not in phone.needs and phone.live is not None

    def behind(self, phone: Phone, heads: Json) -> bool:
        held = phone.store["held"]
        return held.keys() != heads.keys() or any(held[s]["cursor"] != f"{gen}.{seq}" for s, (gen, seq, _) in heads.items())

    async def check_end(self, phone: Phone) -> None:
        account, store = phone.account, phone.store
        heads = await self.server.heads(account)
        hold("C-CONVERGE", store["held"].keys() == heads.keys(), f"{phone.name} holds {sorted(store['held'])}")
        for scope, head in heads.items():
            gen, seq, _ = head
            rows = await self.rows_at(scope, head)
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
        lost = self.ledger.standing(*who, "reservation.book@1", self.now) - known
        hold("S-RESTORE", not lost, f"the town forgot {lost}, which {phone.name} was promised")
        letters, last_ns = await self.server.deadletters(), await self.server.last_ns()
        numbers: dict[str, list[int]] = {}
        for device, n in await self.server.receipts():
            numbers.setdefault(device, []).append(n)
        for device, found in numbers.items():
            hold("S-FIFO", sorted(found) == list(range(1, last_ns[device] + 1)), f"{device} has receipts {sorted(found)}")
        for key, (_, body) in {k: v for rows in store["base"].values() for k, v in rows.items()}.items():
            if key.startswith("receipt/") and body["outcome"] == "failed_internal":
                hold("S-POISON", (body["device"], body["n"]) in letters, f"{key} is in no dead-letter table")

    async def check_afresh(self, phone: Phone, store: Json) -> None:
        """A new phone that pages through everything holds what the old one gathered change by change."""
        newcomer = self.phone_class("new", phone.account, lambda *_: None)
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
        hold("S-RESET≡DELTA", newcomer.store["base"] == store["base"], f"a reset gives something else than {phone.name}")
