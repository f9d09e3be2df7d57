"""A load generator that costs little beside the server it shares two cores with: HTTP/1.1 over bare asyncio streams.

Loopback only, bounded in time and in clients.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass
class Answer:
    status: int
    body: bytes
    sent: int
    """Bytes of the request, headers included."""
    received: int
    """Bytes of the answer, headers included, as they came over the wire."""

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Client:
    """One kept connection with its cookies, as a browser has."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, content: Any = None) -> Answer:
        """One request; a connection that the server closed in between is opened again."""
        body = b"" if content is None else msgspec.json.encode(content)
        head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if content is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        if self._streams is not None:
            try:
                return await self._send(request)
            except (asyncio.IncompleteReadError, ConnectionError):
                await self.close()  # the server had closed the idle connection
        self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        return await self._send(request)

    async def _send(self, request: bytes) -> Answer:
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(request)
        return await self._read(reader, len(request))

    async def _read(self, reader: asyncio.StreamReader, sent: int) -> Answer:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        length, closing = 0, False
        for line in lines[1:]:
            name, _, value = line.partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "set-cookie":
                    key, _, rest = value.strip().partition("=")
                    self.cookies[key] = rest.split(";", 1)[0]
                case "connection":
                    closing = value.strip().lower() == "close"
        body = await reader.readexactly(length)
        if closing:
            await self.close()
        return Answer(int(lines[0].split(" ", 2)[1]), body, sent, len(head) + length)

    async def close(self) -> None:
        if self._streams:
            writer, self._streams = self._streams[1], None
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def rate(clients: list[Client], work: Callable[[Client], Awaitable[Any]], seconds: float) -> float:
    """How many works a second the clients get done together, each one after the other."""
    done = 0
    started = time.perf_counter()

    async def worker(client: Client) -> None:
        nonlocal done
        while time.perf_counter() - started < seconds:
            await work(client)
            done += 1

    await asyncio.gather(*(worker(client) for client in clients))
    return done / (time.perf_counter() - started)
