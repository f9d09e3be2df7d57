"""Every route says who may call it, and holds to it: each route for nobody, each parent and each agent."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart import Quart

from tests.cast import Client

SignedIn = Callable[[str], Awaitable[Client]]
ROLES = {"nobody": None, "nadia": "parent", "paul": "parent", "aminata": "parent", "sylvie": "agent", "marc": "agent"}
SERVICES = {"sylvie": "agent:enfance-education", "marc": "agent:regie"}
KNOWN = re.compile(r"public|parent|agent(:[a-z-]+)?")
# Signing out changes who asks: it is tried last.
LAST = ("DELETE", "/api/session")


def routes(app: Quart) -> list[tuple[str, str, Any]]:
    """(method, rule, view) of every route that the application serves."""
    found = [
        (method, rule.rule, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda route: (route[:2] == LAST, route[1], route[0]))


def allowed(view: Any) -> frozenset[str]:
    return getattr(view, "allowed", frozenset())


async def test_every_route_says_who_may_call_it(app: Quart) -> None:
    undeclared = [f"{method} {rule}" for method, rule, view in routes(app) if not allowed(view)]
    assert undeclared == []
    assert all(KNOWN.fullmatch(role) for _, _, view in routes(app) for role in allowed(view))
    assert len(routes(app)) >= 8


@pytest.mark.parametrize("who", ROLES)
async def test_every_route_lets_in_whom_it_names_and_nobody_else(app: Quart, sign_in: SignedIn, who: str) -> None:
    client = await sign_in(who) if ROLES[who] else app.test_client()
    wrong = []
    for method, rule, view in routes(app):
        if rule.endswith("/heads"):
            continue  # an endless stream: test_heads_are_only_for_the_signed_in
        status, code = await _ask(client, method, _filled(rule))
        may = allowed(view)
        expected = None if {"public", ROLES[who], SERVICES.get(who)} & may else ("sign_in" if who == "nobody" else "not_allowed")
        refused = code if code in {"sign_in", "not_allowed"} else None
        # « Who am I » is open to all and answers nobody with 401: that is its answer.
        if refused != expected and not (rule == "/api/session" and method == "GET" and who == "nobody"):
            wrong.append(f"{method} {rule}: {status} {code}, expected {expected or 'to be let in'}")
    assert wrong == []


def _filled(rule: str) -> str:
    """The rule with things in it that do not exist."""
    return re.sub(r"<[^>]+>", "unknown", re.sub(r"<int:[^>]+>", "0", rule))


async def _ask(client: Client, method: str, path: str) -> tuple[int, str | None]:
    assert "<" not in path, f"{path}: tell this test what to put there"
    response = await client.open(path, method=method, json={} if method in {"POST", "PUT", "PATCH"} else None)
    if response.status_code < 400 or not response.is_json:
        return response.status_code, None
    return response.status_code, (await response.get_json())["error"]["code"]


async def test_heads_are_only_for_the_signed_in(client: Client) -> None:
    assert (await client.get("/api/sync/v1/heads")).status_code == 401
