"""To FranceConnect and back: plain navigations of the browser, never calls of the app."""

import secrets
from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response, redirect, request
from quart_auth import login_user
from quart_schema import validate_querystring, validate_request

from server.access import PUBLIC, SessionUser, allow, signed_in, visitor
from server.errors import Refusal
from server.franceconnect import service
from server.franceconnect.rules import VISIT_LIFE
from server.gateways.franceconnect import FranceConnect
from server.web.portal import portal

blueprint = Blueprint("franceconnect", __name__)


class Leaving(msgspec.Struct):
    motif: Literal["connexion", "liaison", "quotient"] = "connexion"
    dossier: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Letter(msgspec.Struct, forbid_unknown_fields=True):
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


@blueprint.get("/api/franceconnect")
@allow(PUBLIC)
async def state() -> dict[str, Any]:
    """Whether FranceConnect can be used here, and what it knows of this browser and this account."""
    town, who = portal(), await visitor()
    told = await service.state_of(town.database, who.account if who else None, _browser(), town.now())
    return {"available": town.franceconnect is not None, "quotients": town.quotients is not None, **told}


@blueprint.get("/api/franceconnect/connexion")
@allow(PUBLIC)
@validate_querystring(Leaving)
async def leave(query_args: Leaving) -> Any:
    """Sends the browser to FranceConnect: to sign in, to link the account that is open, or to fetch its quotient."""
    town, provider, who = portal(), _provider(), await visitor()
    purposes: dict[str, service.Purpose] = {"connexion": "sign_in", "liaison": "link", "quotient": "quotient"}
    purpose = purposes[query_args.motif]
    if purpose != "sign_in" and (who is None or who.role != "parent"):
        return redirect("/connexion", 303)
    browser = _browser() or secrets.token_urlsafe(32)
    account = who.account if who and purpose != "sign_in" else None
    away = await service.leave(town.database, provider, purpose, browser, account, query_args.dossier or None, town.now())
    response: Any = redirect(away, 303)
    response.set_cookie(
        _cookie(), browser, max_age=VISIT_LIFE // 1000, secure=town.config.secure, httponly=True, samesite="Lax", path="/"
    )
    return response


@blueprint.get("/api/franceconnect/retour")
@allow(PUBLIC)
async def come_back() -> Any:
    """Back from FranceConnect. Whatever happened, the browser ends on a page that says it in French."""
    town, provider, who = portal(), _provider(), await visitor()
    told = {name: value[:2000] for name, value in request.args.items()}
    back = await service.come_back(
        town.database, provider, town.quotients, told, _browser(), who.account if who else None,
        request.headers.get("User-Agent", ""), town.now(), town.zone,
    )  # fmt: skip
    if back.session:
        login_user(SessionUser(back.session), remember=True)
    return redirect(back.page, 303)


@blueprint.post("/api/franceconnect/dossier")
@allow(PUBLIC)
@validate_request(Letter)
async def attach(data: Letter) -> Response:
    """The letter's number and name, from somebody who just came back from FranceConnect and has no account yet."""
    town = portal()
    session = await service.attach(
        town.database, _browser(), data.number, data.label, request.remote_addr, request.headers.get("User-Agent", ""),
        town.now(), town.zone,
    )  # fmt: skip
    login_user(SessionUser(session), remember=True)
    return Response("", 204)


@blueprint.delete("/api/franceconnect")
@allow("parent")
async def unlink() -> Response:
    """The account no longer opens through FranceConnect."""
    await service.unlink(portal().database, (await signed_in()).account)
    return Response("", 204)


@blueprint.get("/api/franceconnect/deconnexion")
@allow(PUBLIC)
async def way_out() -> Any:
    """After leaving the portal: ends the session at FranceConnect too, if there is one."""
    town = portal()
    away = await service.way_out(town.database, _provider(), _browser(), town.now())
    response: Any = redirect(away or "/", 303)
    response.delete_cookie(_cookie(), path="/", secure=town.config.secure, httponly=True, samesite="Lax")
    return response


@blueprint.get("/api/franceconnect/fin")
@allow(PUBLIC)
async def ended() -> Any:
    """FranceConnect sends the browser here once its session is over."""
    return redirect("/", 303)


def _provider() -> FranceConnect:
    found = portal().franceconnect
    if found is None:
        raise Refusal("not_configured")
    return found


def _cookie() -> str:
    return "__Host-franceconnect" if portal().config.secure else "franceconnect"


def _browser() -> str:
    return request.cookies.get(_cookie(), "")
