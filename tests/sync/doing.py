"""The steps of a history: what parents, the network, phones and the town do."""

import random
from collections.abc import Callable
from contextlib import suppress

from tests.sync import world
from tests.sync.acts import one_act
from tests.sync.contract import Running
from tests.sync.phone import Aborted, Phone, Quota
from tests.sync.world import DAY, HOUR, MINUTE

LIMITS = (1, 2, 3, 5, 500)


class Doing(Running):
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
            with suppress(Quota, Aborted):
                act(phone.store["outbox"][choice % len(phone.store["outbox"])]["id"])

    async def do_time(self, phone: Phone, choice: int) -> None:
        self.now += (choice % 40) * 10 * MINUTE

    async def do_sleep(self, phone: Phone, choice: int) -> None:
        self.now += world.MONTHS_14
        await self.server.purge(self.now)
        self.seen_rows.clear()

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
        await self.tell({**packet, **dict(zip(("status", "type", "body", "retry_after"), garbled, strict=True))}, choice)

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
        self.seen_rows.clear()

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
