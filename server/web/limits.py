"""Bounds on request bodies, whatever way they come: with a length, chunked, or in HTTP/2 frames.

Quart's own limit reads the Content-Length only; a chunked body walks past it.
"""

import json
from contextlib import suppress
from typing import Any

from server.errors import Refusal
from server.web.headers import Asgi, Receive, Scope, Send

USUAL = 64 * 1024
BY_PATH = {"/api/sync/v1/exchange": 256 * 1024, "/api/agents/import": 9 * 1024 * 1024}

# A piece of a file, and the little around it.
PIECES, OF_A_PIECE = "/api/attachments/", 520 * 1024


class _TooLarge(Exception):
    pass


class BodyLimit:
    """Answers 413 ``too_large`` as soon as the bytes exceed the path's bound."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = bound_of(scope["method"], scope["path"])
        if _announced(scope) > bound:
            await _refuse(send)
            return
        received, started = 0, False

        async def counted() -> dict[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > bound:
                raise _TooLarge
            return message

        async def watched(message: dict[str, Any]) -> None:
            nonlocal started
            if received <= bound:
                started = True
                await send(message)

        with suppress(_TooLarge):
            await self._app(scope, counted, watched)
        if received > bound and not started:
            await _refuse(send)


def bound_of(method: str, path: str) -> int:
    """How many bytes a request may bring."""
    of_a_piece = method == "PATCH" and path.startswith(PIECES)
    return BY_PATH.get(path, OF_A_PIECE if of_a_piece else USUAL)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(send: Send) -> None:
    refusal = Refusal("too_large")
    body = json.dumps(refusal.body(), ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
