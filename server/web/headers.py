"""What every answer carries, static files and refusals included."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html portail-sw portail-text",
    )
)


# What is no page can load nothing and be framed by nobody; the page's own policy would only weigh on each answer.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeaders:
    """Adds the security headers; `secure` adds HSTS, which only an HTTPS address may promise."""

    def __init__(self, app: Asgi, *, secure: bool) -> None:
        self._app = app
        everywhere = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
        if secure:
            everywhere["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        page = {
            "content-security-policy": POLICY,
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=()",
            "cross-origin-opener-policy": "same-origin",
        }
        self._page = _encoded(everywhere | page)
        self._data = _encoded(everywhere | {"content-security-policy": DATA_POLICY})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                # A service worker runs under the policy of its own script, not under that of the page.
                runs = scope["path"] == "/sw.js" or any(n.lower() == b"content-type" and v.startswith(b"text/html") for n, v in headers)
                ours = self._page if runs else self._data
                said = {name.lower() for name, _ in headers}  # a view that knows better, as the page that leads to a bank does
                message = {**message, "headers": [*headers, *(one for one in ours if one[0] not in said)]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]
