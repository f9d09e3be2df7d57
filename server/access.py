"""The one door: who asks, and in what role. For which families they may act: `families.service.families_of`, nowhere else.

Every view says who may call it with `@allow(…)`; a test walks the URL map and fails on one that does not.
Someone else's family, child or device is *not found*, never *forbidden*.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from quart import current_app, g
from quart_auth import AuthUser, current_user

from server.accounts.service import session_of
from server.errors import Refusal

P = ParamSpec("P")
T = TypeVar("T")
PUBLIC = "public"


@dataclass(frozen=True)
class Visitor:
    """Who sends this request. `session` and `device` are ours, never the browser's word."""

    account: str
    role: str
    name: str
    username: str
    session: str
    device: str | None
    service: str | None


class SessionUser(AuthUser):
    """quart-auth's user: its signed cookie holds the secret of a session that lives in the database."""

    @property
    async def is_authenticated(self) -> bool:
        return await visitor() is not None


def allow(*roles: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Says who may call a view: ``public``, ``parent``, ``agent`` (of any service), or ``agent:<service>``."""

    def decorate(view: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(view)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            if PUBLIC not in roles:
                who = await signed_in()
                if not {who.role, f"{who.role}:{who.service}"}.intersection(roles):
                    raise Refusal("not_allowed")
            return await view(*args, **kwargs)

        guarded.allowed = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


async def visitor() -> Visitor | None:
    """Who is signed in, looked up once per request."""
    if "visitor" not in g:
        g.visitor = await _look_up()
    return g.visitor


async def signed_in() -> Visitor:
    """Who is signed in, in a view whose `allow` names no ``public``."""
    who = await visitor()
    if who is None:
        # A phone that was lost must hear that it was revoked, not only that it is signed out: it empties itself then.
        raise Refusal("device_revoked" if g.get("revoked") else "sign_in")
    return who


async def _look_up() -> Visitor | None:
    secret = current_user.auth_id
    if not secret:
        return None
    portal: Any = current_app.extensions["portail"]
    found = await session_of(portal.database, secret, portal.now())
    if found is None:
        return None
    if found["revoked"]:
        g.revoked = True
        return None
    return Visitor(
        found["account_id"], found["role"], found["name"], found["username"], found["id"], found["device"], found["service"]
    )
