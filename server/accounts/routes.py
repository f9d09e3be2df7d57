"""Sign in, sign out, who am I."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint, Response, request
from quart_auth import login_user, logout_user
from quart_schema import document_response, validate_request

from server.access import PUBLIC, SessionUser, allow, visitor
from server.accounts import service
from server.errors import Refusal
from server.web.portal import portal

blueprint = Blueprint("accounts", __name__)


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    shared: bool = False


class AccountShown(msgspec.Struct):
    id: str
    username: str
    name: str
    role: str
    service: str | None = None
    """An agent's service."""


class SessionShown(msgspec.Struct):
    account: AccountShown
    server_time: str


@blueprint.post("/api/session")
@allow(PUBLIC)
@validate_request(SignIn)
@document_response(SessionShown)
async def sign_in(data: SignIn) -> dict[str, Any]:
    """Opens a session; `shared`: a computer that others use, forgotten after six hours and when the browser closes."""
    town = portal()
    account, secret = await service.sign_in(
        town.database,
        data.username,
        data.password,
        address=request.remote_addr,
        agent=request.headers.get("User-Agent", ""),
        shared=data.shared,
        now=town.now(),
    )
    login_user(SessionUser(secret), remember=not data.shared)
    return _shown(account["id"], account["username"], account["name"], account["role"], account["service"])


@blueprint.get("/api/session")
@allow(PUBLIC)
@document_response(SessionShown)
async def who_am_i() -> dict[str, Any]:
    """The signed-in account; 401 ``sign_in`` when nobody is."""
    who = await visitor()
    if who is None:
        raise Refusal("sign_in")
    return _shown(who.account, who.username, who.name, who.role, who.service)


@blueprint.delete("/api/session")
@allow(PUBLIC)
async def sign_out() -> Response:
    """Ends the session, if there is one, and asks the browser to forget what it kept."""
    who = await visitor()
    if who is not None:
        await service.sign_out(portal().database, who.session)
    logout_user()
    return Response("", 204, {"Clear-Site-Data": '"cache", "storage"'})


def _shown(account: str, username: str, name: str, role: str, service: str | None) -> dict[str, Any]:
    return {
        "account": {"id": account, "username": username, "name": name, "role": role, "service": service},
        "server_time": portal().iso(portal().now()),
    }
