"""Looks into a file that somebody sent, in a process of its own: a file that kills the decoder kills nobody else.

The process (``__main__``) reads one file after the other from its standard input and answers on its standard output; it may not
write files, use more than a bounded memory, or take longer than `PATIENCE_SECONDS`. What comes back is never the file as it was
sent for pictures: they are decoded and drawn anew, without location, comments, or anything that was hidden behind them.
"""

import asyncio
import json
import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass

import structlog

PATIENCE_SECONDS = 20
FILES_PER_PROCESS = 500
LENGTH = struct.Struct(">I")
log = structlog.get_logger("portail.examining")


class Unfit(Exception):
    """The file is not taken; `why` is a key of the texts of attachments."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Examined:
    """What is kept: its content, its type, its file ending, and for pictures their size in pixels and a small JPEG of them."""

    content: bytes
    mime: str
    extension: str
    width: int | None = None
    height: int | None = None
    preview: bytes | None = None


class Examiner:
    """One process, one file at a time; started at the first file, replaced when it dies or has seen many."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._turn = asyncio.Semaphore(1)
        self._process: asyncio.subprocess.Process | None = None
        self._seen = 0

    async def examine(self, content: bytes) -> Examined:
        """What a file is.

        Raises:
            Unfit: it is of no accepted type, damaged, locked, contains a program, or is too much for us.
        """
        async with self._turn:
            try:
                return await asyncio.wait_for(self._ask(content), self._patience)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as fault:
                log.warning("a file was too much", error=type(fault).__name__, size=len(content))
                await self._end()
                raise Unfit("heavy") from fault
            except asyncio.CancelledError:
                await self._end()
                raise

    async def close(self) -> None:
        await self._end()

    async def _ask(self, content: bytes) -> Examined:
        process = await self._ready()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LENGTH.pack(len(content)) + content)
        await process.stdin.drain()
        told = json.loads(await self._read(process.stdout))
        if "why" in told:
            raise Unfit(told["why"])
        kept, preview = await self._read(process.stdout), await self._read(process.stdout)
        return Examined(kept, told["mime"], told["extension"], told["width"], told["height"], preview or None)

    async def _read(self, stream: asyncio.StreamReader) -> bytes:
        (length,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
        return await stream.readexactly(length)

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._seen >= FILES_PER_PROCESS or (self._process and self._process.returncode is not None):
            await self._end()
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server.gateways.examining",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=_surroundings(),
            )  # fmt: skip
            self._seen = 0
        self._seen += 1
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin:
            process.stdin.close()


def _surroundings() -> dict[str, str]:
    """Where Python finds our code, and none of the town's secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path)}
