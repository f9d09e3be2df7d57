"""A push service on real sockets, as Firefox knows one: a WebSocket for the browser, an HTTP address for who sends.

The browser's side: https://mozilla-push-service.readthedocs.io (hello, register, unregister, notification, ack).
The sender's side: RFC 8030 (TTL, 410), RFC 8291 (size), RFC 8292 (VAPID). It refuses what a real one refuses.
"""

import asyncio
import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from quart import Quart, Response, request, websocket

from server.simulators.beside import Beside, free_port

MOST_BYTES = 4096
LONGEST_SIGNATURE_SECONDS = 24 * 3600
SHOWN = 100
"""How Firefox acknowledges a push that its worker handled without an error."""


@dataclass
class Channel:
    """One subscription: who reads it, the sender's key it is bound to, and what waits for an acknowledgement."""

    reader: str
    key: str
    expired: bool = False
    waiting: list[dict[str, Any]] = field(default_factory=list)


class PushService:
    """Holds subscriptions, forwards messages; `received` and `acknowledged` are what a test may look at."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.channels: dict[str, Channel] = {}
        self.received: list[tuple[int, dict[str, str]]] = []
        """What senders posted: the status they got, and their headers."""
        self.acknowledged: list[int] = []
        """Codes of the browser's acknowledgements, in order."""
        self._readers: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._beside = Beside()
        app = Quart(__name__)
        app.websocket("/")(self._talk)
        app.post("/wpush/v2/<name>")(self._accept)
        self._beside.web(app, self.port)

    @property
    def preferences(self) -> dict[str, Any]:
        """What makes a Firefox subscribe here, and show notifications without a desktop that would."""
        return {
            "alerts.useSystemBackend": False,
            "dom.push.connection.enabled": True,
            "dom.push.enabled": True,
            "dom.push.serverURL": f"ws://127.0.0.1:{self.port}/",
            "dom.push.testing.allowInsecureServerURL": True,
            "permissions.default.desktop-notification": 1,
        }

    @property
    def statuses(self) -> list[int]:
        return [status for status, _ in self.received]

    def expire(self) -> None:
        """Every subscription has reached its end (RFC 8030, 7.3)."""
        for channel in self.channels.values():
            channel.expired = True

    def stop(self) -> None:
        self._beside.stop()

    async def _talk(self) -> None:
        """One browser's connection, for as long as it lasts."""
        spoken = "push-notification" if "push-notification" in websocket.requested_subprotocols else None
        await websocket.accept(subprotocol=spoken)
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        writing = asyncio.create_task(_write(queue))
        reader = ""
        try:
            while True:
                said = json.loads(await websocket.receive())
                if said.get("messageType") == "hello":
                    reader = said.get("uaid") or uuid.uuid4().hex
                    self._greet(reader, queue)
                else:
                    self._answer(reader, said, queue)
        finally:
            writing.cancel()
            if self._readers.get(reader) is queue:
                del self._readers[reader]

    def _greet(self, reader: str, queue: "asyncio.Queue[dict[str, Any]]") -> None:
        self._readers[reader] = queue
        queue.put_nowait({"messageType": "hello", "uaid": reader, "status": 200, "use_webpush": True, "broadcasts": {}})
        for channel in self.channels.values():
            if channel.reader == reader:
                for waiting in channel.waiting:
                    queue.put_nowait(waiting)

    def _answer(self, reader: str, said: dict[str, Any], queue: "asyncio.Queue[dict[str, Any]]") -> None:
        kind, name = said.get("messageType"), said.get("channelID", "")
        if kind == "register":
            self.channels[name] = Channel(reader, said.get("key") or "")
            endpoint = f"{self.url}/wpush/v2/{name}"
            queue.put_nowait({"messageType": kind, "channelID": name, "status": 200, "pushEndpoint": endpoint})
        elif kind == "unregister":
            self.channels.pop(name, None)
            queue.put_nowait({"messageType": kind, "channelID": name, "status": 200})
        elif kind in ("ack", "nack"):
            self._note(said["updates"] if kind == "ack" else [said])
        elif said == {}:
            queue.put_nowait({})  # a ping

    def _note(self, updates: list[dict[str, Any]]) -> None:
        for update in updates:
            self.acknowledged.append(update.get("code", SHOWN))
            for channel in self.channels.values():
                channel.waiting = [one for one in channel.waiting if one["version"] != update["version"]]

    async def _accept(self, name: str) -> Response:
        """A message from a sender."""
        body = await request.get_data()
        channel = self.channels.get(name)
        status = 410 if channel is None else 404 if channel.expired else self._refuse(channel, body)
        self.received.append((status or 201, dict(request.headers)))
        if status or channel is None:
            return Response("", status)
        told = {
            "messageType": "notification",
            "channelID": name,
            "version": uuid.uuid4().hex,
            "ttl": int(request.headers["TTL"]),
            "data": base64.urlsafe_b64encode(body).decode().rstrip("="),
            "headers": {"encoding": request.headers["Content-Encoding"]},
        }
        channel.waiting.append(told)
        if queue := self._readers.get(channel.reader):
            queue.put_nowait(told)
        return Response("", 201, {"Location": f"{self.url}/m/{told['version']}", "TTL": str(told["ttl"])})

    def _refuse(self, channel: Channel, body: bytes) -> int | None:
        """The status of a refusal, or None."""
        coding = request.headers.get("Content-Encoding")
        if not request.headers.get("TTL", "").isdecimal() or coding != "aes128gcm" or not body:
            return 400
        if len(body) > MOST_BYTES:
            return 413
        return None if is_signed(request.headers.get("Authorization", ""), channel.key, self.url) else 401


async def _write(queue: "asyncio.Queue[dict[str, Any]]") -> None:
    while True:
        await websocket.send(json.dumps(await queue.get()))


def is_signed(header: str, key: str, audience: str) -> bool:
    """Whether a VAPID header was signed by the subscription's key, for this service, for a day at most, by somebody named."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "vapid" or not key or parts.get("k", "").rstrip("=") != key.rstrip("="):
        return False
    point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    halves = (base64.urlsafe_b64encode(half).decode().rstrip("=") for half in (point[1:33], point[33:]))
    public = ECKey.import_key(dict(zip(("kty", "crv", "x", "y"), ("EC", "P-256", *halves), strict=True)))
    try:
        claims = jwt.decode(parts.get("t", ""), public, algorithms=["ES256"]).claims
    except (JoseError, ValueError):
        return False
    in_time = time.time() < claims.get("exp", 0) <= time.time() + LONGEST_SIGNATURE_SECONDS + 60
    return claims.get("aud") == audience and in_time and str(claims.get("sub")).startswith(("mailto:", "https:"))
