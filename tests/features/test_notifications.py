"""Notifications: whom they reach, by which channel, once each, and what the town does with what push services answer (P-PUSH)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from quart import Quart

from server.database import Database
from server.gateways.webpush import MOST_BYTES, WebPush
from server.notifications.service import FanOut, Pusher, declarative, notify
from server.outbox.service import GiveUp, TryLater, Worker
from tests.cast import Client, Phone
from tests.conftest import PARIS, Clock, NewPhone
from tests.features.booking import book, item, places, send, taken

STUDIO = "emap-atelier:2027-01-13"
# A browser's public key and secret, as in the examples of RFC 8291.
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


class PushService:
    """A push service on a socket of its own: notes what it is sent, answers as it is told."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.host = ""

    async def receive(self, request: web.Request) -> web.Response:
        assert 0 < len(await request.read()) <= 4096
        self.got.append({name: request.headers[name] for name in ("TTL", "Urgency", "Topic", "Authorization", "Content-Encoding")})
        status = self.answers.pop(0) if self.answers else 201
        return web.Response(status=status, headers={"Retry-After": "7", "Location": f"http://{self.host}/elsewhere"})

    def endpoint(self, name: str) -> str:
        return f"http://{self.host}/push/{name}"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    found = PushService()
    app = web.Application()
    app.router.add_post("/push/{name}", found.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.host = f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    yield found
    await runner.cleanup()


@pytest.fixture
async def web_push(service: PushService, app: Quart) -> WebPush:
    """The town's own sender, allowed to reach the push service of the test; nobody but the test works the outbox."""
    await app.extensions["portail-worker"].stop()
    found: WebPush = app.extensions["portail"].web_push
    found._extra_hosts = frozenset({service.host})
    return found


async def _subscribe(phone: Phone, service: PushService, name: str) -> Any:
    return await phone.client.put("/api/sync/v1/push-subscription", json={"endpoint": service.endpoint(name), "keys": KEYS})


async def _tell(database: Database, clock: Clock, event: str, topic: str = "messages", **more: Any) -> None:
    async with database.transaction() as tx:
        await notify(tx, ["acc_nadia"], topic, event, "/messages", clock(), PARIS, **more)


def _worker(database: Database, web_push: WebPush, clock: Clock) -> Worker:
    pusher = Pusher(database, web_push, "http://localhost", PARIS, clock)
    return Worker(database, {"fanout": FanOut(database, PARIS, clock).deliver}, clock, {"push": pusher.deliver_all})


async def _asked(database: Database, kind: str) -> list[dict[str, Any]]:
    rows = await database.all("SELECT payload, run_at, state FROM outbox WHERE kind = ? ORDER BY id", kind)
    return [{**json.loads(row["payload"]), "run_at": row["run_at"], "state": row["state"]} for row in rows]


async def test_each_device_that_agreed_gets_it_once(
    new_phone: NewPhone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    phone, tablet = await new_phone("nadia"), await new_phone("nadia")
    for one, name in ((phone, "phone"), (tablet, "tablet"), (phone, "phone")):
        assert (await _subscribe(one, service, name)).status_code == 204
    for _ in range(3):
        await _tell(database, clock, "message/1")
    worker = _worker(database, web_push, clock)
    while await worker.work():
        pass
    assert len(service.got) == 2
    assert service.got[0]["Urgency"] == "normal" and service.got[0]["Content-Encoding"] == "aes128gcm"
    assert len(service.got[0]["Topic"]) == 32 and service.got[0]["Authorization"].startswith("vapid t=")


async def test_starting_the_app_again_keeps_what_waits_for_the_morning(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await _tell(database, clock, "message/1")
    assert (await _subscribe(nadias_phone, service, "phone")).status_code == 204
    await _worker(database, web_push, clock).work()
    assert len(service.got) == 1
    await _subscribe(nadias_phone, service, "phone")
    row = await database.one("SELECT last_ok_at FROM push_subscription")
    assert row is not None and row["last_ok_at"] == clock()


async def test_who_has_no_push_gets_a_mail_when_it_matters(nadias_phone: Phone, database: Database, clock: Clock) -> None:
    await _tell(database, clock, "message/1")
    await _tell(database, clock, "news/1", "news")
    assert [mail["subject"] for mail in await _asked(database, "mail")] == ["Nouveau message de la mairie"]


async def test_who_has_a_push_gets_no_mail_besides(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await _tell(database, clock, "message/1")
    assert await _asked(database, "mail") == []


async def test_a_locked_screen_shows_nothing_private_unless_chosen(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await _tell(database, clock, "message/1", detail="Léa : la Régie vous répond au sujet de la facture.")
    choices = {"topics": {"messages": ["push"]}, "detailed": True}
    assert (await nadias_phone.client.put("/api/notifications", json=choices)).status_code == 204
    await _tell(database, clock, "message/2", detail="Léa : la Régie vous répond au sujet de la facture.")
    quiet, detailed = await _asked(database, "push")
    assert "Léa" not in quiet["title"] + quiet["body"]
    assert "Léa" in detailed["body"]


async def test_a_topic_that_is_switched_off_is_silent(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await nadias_phone.client.put("/api/notifications", json={"topics": {"messages": []}})
    await _tell(database, clock, "message/1")
    assert await _asked(database, "push") == [] and await _asked(database, "mail") == []


async def test_a_quiet_night_waits_for_the_morning_but_an_offer_does_not(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    choices = {"topics": {"messages": ["push"], "places": ["push"]}, "quiet": ["21:00", "07:00"]}
    await nadias_phone.client.put("/api/notifications", json=choices)
    clock.set("2026-11-23T23:30")
    await _tell(database, clock, "message/1")
    await _tell(database, clock, "place/1", "places")
    message, place = await _asked(database, "push")
    now = clock()
    clock.set("2026-11-24T07:00")
    assert (message["run_at"], place["run_at"]) == (clock(), now)


async def test_a_subscription_that_is_gone_is_removed(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    for status in (404, 410):
        await _subscribe(nadias_phone, service, "phone")
        service.answers = [status]
        await _tell(database, clock, f"message/{status}")
        await _worker(database, web_push, clock).work()
        assert await database.all("SELECT id FROM push_subscription") == []


async def test_what_the_push_service_answers_decides_what_comes_next(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await _tell(database, clock, "message/1")
    payload = (await _asked(database, "push"))[0]
    pusher = Pusher(database, web_push, "http://localhost", PARIS, clock)
    service.answers = [429]
    with pytest.raises(TryLater) as later:
        await pusher.deliver(payload)
    assert later.value.milliseconds == 7000
    for status in (403, 302, 400):  # a wrong key, a redirect to somewhere else, nonsense: trying again cannot help
        service.answers = [status]
        with pytest.raises(GiveUp):
            await pusher.deliver(payload)
    service.answers = [413]
    await pusher.deliver(payload)
    assert len(service.got) == 6, "too large: sent again, shortened"
    row = await database.one("SELECT last_ok_at, last_error FROM push_subscription")
    assert row is not None and row["last_ok_at"] == clock() and row["last_error"] is None


async def test_a_worker_that_died_between_sending_and_noting_is_followed_by_another(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    await _tell(database, clock, "message/1")
    async with database.transaction() as tx:
        await tx.run("UPDATE outbox SET lease_until = ?, attempts = 1", clock() + 1)
    assert await _worker(database, web_push, clock).work() == 0, "somebody else holds it"
    clock.set("2026-11-23T08:03")
    assert await _worker(database, web_push, clock).work() == 1
    assert (await _asked(database, "push"))[0]["state"] == "done"


async def test_a_host_that_is_no_push_service_is_refused(nadias_phone: Phone, service: PushService) -> None:
    for endpoint in (
        service.endpoint("x"), "https://intranet.ville.fr/admin", "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x", "https://169.254.169.254/latest", "https://fcm.googleapis.com:8443/x",
    ):  # fmt: skip
        answer = await nadias_phone.client.put("/api/sync/v1/push-subscription", json={"endpoint": endpoint, "keys": KEYS})
        assert answer.status_code == 400, endpoint
        assert (await answer.get_json())["error"]["code"] == "push_service_unknown"


async def test_the_page_knows_what_reaches_which_device(
    nadias_phone: Phone, database: Database, clock: Clock, service: PushService, web_push: WebPush
) -> None:
    await _subscribe(nadias_phone, service, "phone")
    assert (await (await nadias_phone.client.post("/api/notifications/trial")).get_json()) == {"sent": True}
    await _worker(database, web_push, clock).work()
    shown = (await nadias_phone.rows())["a:acc_nadia"]["notifications/acc_nadia"]
    assert shown["devices"][nadias_phone.device] == {"last_ok_at": "2026-11-23T08:00:00+01:00", "error": None}
    assert (await nadias_phone.client.delete("/api/sync/v1/push-subscription")).status_code == 204
    assert (await (await nadias_phone.client.post("/api/notifications/trial")).get_json()) == {"sent": False}


async def test_a_phone_that_was_ended_gets_nothing_more(
    new_phone: NewPhone, database: Database, service: PushService, web_push: WebPush
) -> None:
    kept, lost = await new_phone("nadia"), await new_phone("nadia")
    await _subscribe(lost, service, "lost")
    await send(kept, "device.revoke@1", {"device": lost.device})
    assert await database.all("SELECT id FROM push_subscription") == []


async def test_a_freed_place_is_told_to_the_one_it_is_offered_to(
    new_phone: NewPhone, database: Database, service: PushService, web_push: WebPush
) -> None:
    await places(database, STUDIO, await taken(database, STUDIO) + 1)
    aminata, nadia = await new_phone("aminata"), await new_phone("nadia")
    await _subscribe(nadia, service, "nadia")
    await book(aminata, first := item("chd_ibrahim", STUDIO))
    await book(nadia, item("chd_lea", STUDIO), if_full="waitlist")
    await send(aminata, "reservation.cancel@1", {"items": [{"rid": first["rid"]}]})
    told = await _asked(database, "push")
    assert [(one["title"], one["topic"], one["page"]) for one in told] == [
        ("Une place s’est libérée", "places", "/planning?jour=2027-01-13")
    ]


async def test_somebody_who_is_not_signed_in_subscribes_nothing(client: Client) -> None:
    answer = await client.put("/api/sync/v1/push-subscription", json={"endpoint": "https://fcm.googleapis.com/x", "keys": KEYS})
    assert answer.status_code == 401


def test_a_message_always_fits_into_one_push() -> None:
    text = declarative({"title": "Titre", "body": "é" * 9000, "page": "/messages", "replaces": "t" * 32}, "https://ville.fr")
    assert len(text) <= MOST_BYTES
    shown = json.loads(text)
    assert shown["web_push"] == 8030 and shown["notification"]["navigate"] == "https://ville.fr/messages"
