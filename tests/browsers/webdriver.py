"""A small W3C WebDriver client for WebKitGTK, the nearest thing to Safari that runs here.

The protocol: https://www.w3.org/TR/webdriver2/. Only what the journeys use.
"""

import glob
import json
import os
import subprocess
import time
from contextlib import ExitStack
from typing import Any, Self

import httpx

from tests.browsers.portal import free_port

BROWSER = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"
# The page script reports a thrown error as a value, since a rejected promise would wait for the script time-out.
ASYNC = """const done = arguments[arguments.length - 1];
(async () => {{ try {{ done({{value: JSON.stringify(await ({expression})) ?? null}}) }}
                catch (error) {{ done({{error: String(error)}}) }} }})()"""


class WebKit:
    """One WebKitGTK window on a display of its own. Its storage is forgotten when the block is left."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            display = _start_display(stack)
            environment = os.environ | {
                "DISPLAY": f":{display}",
                "GDK_BACKEND": "x11",
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "NO_AT_BRIDGE": "1",
                "LANG": "fr_FR.UTF-8",
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # its sandbox refuses to start as root
            }
            port = free_port()
            _start(stack, ["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"], environment)
            self._http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60))
            options = {"binary": glob.glob(BROWSER)[0], "args": ["--automation"]}
            answer = self._first_call({"alwaysMatch": {"webkitgtk:browserOptions": options}})
            self._session = f"/session/{answer['sessionId']}"
            self._call("POST", "/timeouts", {"script": 40_000, "pageLoad": 40_000})
            self._stack = stack.pop_all()
        return self

    def _first_call(self, capabilities: dict[str, Any]) -> dict[str, Any]:
        self._session = ""
        for _ in range(100):
            try:
                return self._call("POST", "/session", {"capabilities": capabilities})
            except httpx.ConnectError:
                time.sleep(0.05)
        raise RuntimeError("WebKitWebDriver does not answer")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._session + path, json=body)
        if answer.is_error:
            raise RuntimeError(answer.text[:400])
        return answer.json()["value"]

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression (awaited) in the page, brought over as JSON."""
        answer = self._call("POST", "/execute/async", {"script": ASYNC.format(expression=expression), "args": []})
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return None if answer["value"] is None else json.loads(answer["value"])

    def __exit__(self, *_: object) -> None:
        try:
            self._call("DELETE", "")
        except (RuntimeError, httpx.HTTPError):
            pass  # the browser is gone already: what follows ends the rest
        finally:
            self._stack.close()


def _start(stack: ExitStack, command: list[str], environment: dict[str, str], **options: Any) -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, **quiet, **options)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    return process


def _start_display(stack: ExitStack) -> int:
    """Starts Xvfb on a display number of its own choosing, and returns it once the display is ready."""
    reading, writing = os.pipe()
    _start(stack, ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1000x24"], dict(os.environ), pass_fds=[writing])
    os.close(writing)
    with open(reading) as pipe:
        return int(pipe.readline())
