"""Runs stand-ins beside the portal: each on a free local port, all on one thread of this process.

They end with the process; nothing of them is on disk.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

T = TypeVar("T")


class Beside:
    """A loop on a thread of its own, and the web pages served on it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._ends = asyncio.Event()
        self._thread = threading.Thread(target=self.loop.run_forever, name="simulators", daemon=True)
        self._served: list[asyncio.Task[None]] = []
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something on the loop, and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def web(self, app: Quart, port: int) -> str:
        """Serves an application on a local port; its address."""
        config = Config()
        config.bind = [f"127.0.0.1:{port}"]
        config.accesslog = config.errorlog = None
        config.graceful_timeout = 1

        async def start() -> None:
            self._served.append(asyncio.create_task(serve(app, config, shutdown_trigger=self._ends.wait)))  # type: ignore[arg-type]

        self.run(start())
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """Ends what is served and the thread with it."""

        async def end() -> None:
            self._ends.set()
            await asyncio.gather(*self._served, return_exceptions=True)

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


def free_port() -> int:
    """A local port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
