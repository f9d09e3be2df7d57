"""The demo's mailbox: takes every mail by SMTP, delivers none, and shows them all on a page.

Failures to ask for, in the recipient's address: ``refuse@…`` is refused for good (550), ``later@…`` for now (451).
"""

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

MOST_KEPT = 500
MOST_BYTES = 5_000_000
SECONDS = 60


@dataclass(frozen=True)
class Received:
    """One mail, as it came."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    def body(self, kind: str) -> str:
        """The text of a part: ``plain`` or ``html``."""
        part = self.message.get_body((kind,))
        return part.get_content() if part is not None else ""

    @property
    def files(self) -> list[tuple[str, str, bytes]]:
        """What is attached: name, media type, content."""
        parts = [part for part in self.message.iter_attachments() if part.get_filename()]
        contents = [part.get_content() for part in parts]
        return [
            (str(part.get_filename()), part.get_content_type(), content.encode() if isinstance(content, str) else bytes(content))
            for part, content in zip(parts, contents, strict=True)
        ]


@dataclass
class Mailbox:
    """An SMTP server for one town's demo."""

    received: list[Received] = field(default_factory=list)
    down: bool = False
    """A knob: closes every connection at once, as a server that is being restarted."""
    _count: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listens on a local port (0: any free one), and returns it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MOST_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self.down:
                await asyncio.wait_for(_Conversation(self, reader, writer).run(), SECONDS)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client left or does not speak SMTP: nothing was promised to it
        finally:
            writer.close()

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> None:
        self._count += 1
        message = message_from_bytes(raw, policy=policy.default)
        self.received.append(Received(self._count, sender, tuple(recipients), message))
        del self.received[:-MOST_KEPT]


class _Conversation:
    """RFC 5321, as much of it as a client needs to hand over a mail."""

    def __init__(self, box: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._box, self._reader, self._writer = box, reader, writer
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._say("220 mailbox.demo ESMTP")
        while line := (await self._reader.readline()).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            if verb == "QUIT":
                await self._say("221 2.0.0 Bye")
                return
            await self._answer(verb, line)

    async def _answer(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            await self._say(f"250-mailbox.demo\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {MOST_BYTES}")
        elif verb == "HELO":
            await self._say("250 mailbox.demo")
        elif verb == "MAIL":
            self._sender, self._recipients = _path(line), []
            await self._say("250 2.1.0 OK")
        elif verb == "RCPT":
            await self._recipient(_path(line))
        elif verb == "DATA":
            await self._data()
        elif verb in ("RSET", "NOOP"):
            self._sender, self._recipients = ("", []) if verb == "RSET" else (self._sender, self._recipients)
            await self._say("250 2.0.0 OK")
        else:
            await self._say("502 5.5.2 Command not implemented")

    async def _recipient(self, address: str) -> None:
        if address.startswith("refuse@"):
            await self._say("550 5.1.1 No such mailbox")
        elif address.startswith("later@"):
            await self._say("451 4.2.1 Mailbox busy")
        else:
            self._recipients.append(address)
            await self._say("250 2.1.5 OK")

    async def _data(self) -> None:
        if not self._recipients:
            await self._say("503 5.5.1 No recipient")
            return
        await self._say("354 End with a dot")
        lines = []
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b"..") else line)
        self._box.keep(self._sender, self._recipients, b"".join(lines))
        await self._say("250 2.0.0 Taken")

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()


def _path(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
