"""A small WebDriver BiDi client for the stock Firefox of the distribution: no driver program is needed.

The protocol: https://w3c.github.io/webdriver-bidi/. Only what the journeys use.
"""

import json
import re
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

# Quiet: no first-run page, no update, no telemetry, no question asked to a server outside this machine.
PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "intl.accept_languages": "fr-FR,fr",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One Firefox with its profile. Leaving the block closes it; the profile stays, so that it can be started again."""

    def __init__(self, profile: Path, binary: str = "firefox-esr", preferences: dict[str, Any] | None = None) -> None:
        self.profile = profile
        self.binary = binary
        self.preferences = PREFERENCES | (preferences or {})
        self._number = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            address = self._address()
            # The pipe must go on being read, or a talkative browser would stand still once it is full.
            drain = threading.Thread(target=lambda: [None for _ in self._stderr], daemon=True)
            drain.start()
            stack.callback(drain.join, 5)
            self._socket: ClientConnection = stack.enter_context(connect(f"{address}/session", max_size=None))
            stack.callback(self._ask_to_close)
            self.call("session.new", capabilities={"alwaysMatch": {}})
            self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self.profile.mkdir(parents=True, exist_ok=True)
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in self.preferences.items())
        (self.profile / "user.js").write_text("\n".join(lines))
        options = ["--headless", "--no-remote", "--profile", str(self.profile), "--remote-debugging-port=0"]
        options.append("--remote-allow-system-access")  # the browser draws notifications itself, outside every page
        self._process = subprocess.Popen(
            [self.binary, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        stack.callback(self._stderr.close)
        stack.callback(self._end)

    def _ask_to_close(self) -> None:
        """A browser that is asked saves its profile; one that does not answer is ended by `_end`."""
        with suppress(RuntimeError, OSError, TimeoutError, EOFError, ConnectionClosed):
            self.call("browser.close", timeout=5)

    def _end(self) -> None:
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _stderr(self) -> Any:
        assert self._process.stderr is not None
        return self._process.stderr

    def _address(self) -> str:
        for line in self._stderr:
            if met := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return met[1]
        raise RuntimeError("Firefox ended before it listened")

    def call(self, method: str, timeout: float = 40, **params: Any) -> dict[str, Any]:
        """Sends one BiDi command; returns its result, or raises RuntimeError with the browser's message."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout))
            if message.get("id") != self._number:
                continue
            if message["type"] == "error":
                raise RuntimeError(f"{message['error']}: {message['message']}")
            return message["result"]

    def open(self, url: str) -> None:
        self.call("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def addresses(self) -> list[str]:
        """What every tab shows."""
        return [tab["url"] for tab in self.call("browsingContext.getTree")["contexts"]]

    def look_at(self, address: str) -> None:
        """From now on, `run` speaks to the tab that shows this address."""
        tabs = self.call("browsingContext.getTree")["contexts"]
        self.context = next(tab["context"] for tab in tabs if tab["url"] == address)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression (awaited) in the page, brought over as JSON."""
        return self._evaluate(expression, self.context)

    def run_in_the_browser(self, expression: str) -> Any:
        """As `run`, in the browser's own window, which may do and see everything."""
        windows = self.call("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"]
        return self._evaluate(expression, windows[0]["context"])

    def _evaluate(self, expression: str, context: str) -> Any:
        result = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": context},
            awaitPromise=True,
            userActivation=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)
