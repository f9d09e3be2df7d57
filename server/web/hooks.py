"""What happens around every API request: cross-site refusal, coded refusals, compression, a line in the log."""

import gzip
import time
from collections.abc import Callable
from typing import Any, TypeVar

import brotli
import structlog
from quart import Quart, Response, current_app, g, jsonify, request
from quart_schema import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from server.database import is_unstorable
from server.errors import Refusal
from server.web.portal import portal

V = TypeVar("V", bound=Callable[..., Any])
SAFE = {"GET", "HEAD", "OPTIONS"}
WORTH_COMPRESSING = 500
LARGE = 20_000
log = structlog.get_logger("portail")


def install(app: Quart) -> None:
    app.before_request(_refuse_cross_site)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(RequestSchemaValidationError, _not_valid)
    app.register_error_handler(UnicodeError, _malformed)  # bytes that are no text, halves of characters
    app.register_error_handler(RecursionError, _malformed)  # JSON nested deeper than anybody means
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_fault)


def from_outside(view: V) -> V:
    """For a view that others call, as banks do: it believes nobody's cookie, and what it is told only when it is signed."""
    view.from_outside = True  # type: ignore[attr-defined]
    return view


async def _refuse_cross_site() -> None:
    """CSRF: a state-changing request must come from our own pages. Cookies are SameSite=Lax besides."""
    g.started = time.perf_counter()
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in SAFE or getattr(view, "from_outside", False):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = {portal().config.public_url, f"{request.scheme}://{request.host}"}
    if site not in (None, "same-origin", "none") or (origin is not None and origin not in ours):
        raise Refusal("cross_site")


async def _finish(response: Response) -> Response:
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if response.is_sequence if hasattr(response, "is_sequence") else True:
        await _compress(response)
    log.info(
        "request",
        method=request.method,
        # The rule, not the path: paths may name a family's objects, and logs hold no personal data.
        route=str(request.url_rule) if request.url_rule else "-",
        status=response.status_code,
        code=g.get("refused"),
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
    )
    return response


async def _compress(response: Response) -> None:
    if response.timeout is None or response.content_encoding or response.mimetype not in ("application/json", "text/css"):
        return
    accepted = request.headers.get("Accept-Encoding", "")
    body = await response.get_data(as_text=False)
    if len(body) < WORTH_COMPRESSING:
        return
    if "br" in accepted:
        # Much at once is a first load, on a phone: worth a few milliseconds more.
        response.set_data(brotli.compress(body, quality=5 if len(body) > LARGE else 4))
        response.content_encoding = "br"
    elif "gzip" in accepted:
        response.set_data(gzip.compress(body, 5))
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")


def _answer(refusal: Refusal) -> Response:
    g.refused = refusal.code
    response = jsonify(refusal.body())
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def _refused(error: Refusal) -> Response:
    return _answer(error)


async def _not_valid(error: RequestSchemaValidationError) -> Response:
    if request.mimetype != "application/json":
        return _answer(Refusal("not_json"))
    return _answer(Refusal("malformed", detail=str(error.validation_error)[:200]))


async def _malformed(_: UnicodeError | RecursionError) -> Response:
    return _answer(Refusal("malformed"))


CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}


async def _http_error(error: HTTPException) -> Any:
    return _answer(Refusal(CODES.get(error.code or 500, "malformed" if (error.code or 500) < 500 else "internal")))


async def _our_fault(error: Exception) -> Response:
    if is_unstorable(error):
        return _answer(Refusal("malformed"))
    log.error("unhandled", route=str(request.url_rule), error=type(error).__name__, exc_info=error)
    return _answer(Refusal("internal"))
