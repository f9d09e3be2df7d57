"""The real server in a process of its own, to be stopped, killed and started again on the same port and data."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Portal:
    """The demo town served from a copy of a prepared data folder."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Portal":
        with open(self.data.parent / f"{self.data.name}.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"], cwd=ROOT, env=self._environment(), stdout=log, stderr=log
            )
        self._wait_until_it_answers()
        return self

    def _environment(self) -> dict[str, str]:
        own = {"PORT": str(self.port), "PORTAIL_DATA": str(self.data), "PORTAIL_AGENT_SECOND_FACTOR": "no"}
        return os.environ | own | self.environment

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        # No certificates to read: asking must not take the time that the portal needs to start.
        with httpx.Client(timeout=2, verify=False) as http:
            for _ in range(400):
                if self._process.poll() is not None:
                    break
                try:
                    if http.get(f"{self.url}/api/health").status_code == 200:
                        return
                except httpx.TransportError:
                    time.sleep(0.1)
        raise RuntimeError(f"the portal does not answer:\n{self.log()[-3000:]}")

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the town's own books say (SQLite, read only), whatever the screens show."""
        with closing(sqlite3.connect(f"file:{self.data / 'portail.db'}?mode=ro", uri=True)) as books:
            return books.execute(sql, values).fetchall()

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Asks it to end, and waits."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = None
            return
        # Hypercorn's workers are children: they go with their parent.
        parent = psutil.Process(self._process.pid)
        children = parent.children(recursive=True)
        parent.send_signal(how)
        if how is signal.SIGKILL:
            for child in children:
                child.kill()
        self._process.wait(20)
        psutil.wait_procs(children, timeout=5)
        self._process = None
