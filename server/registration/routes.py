"""Signing up in five steps, activating, inviting and joining. The browser holds a secret; everything else is here."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint, Response, jsonify, request
from quart_schema import validate_request

from server.access import PUBLIC, allow, signed_in
from server.database import Row
from server.errors import Refusal
from server.registration import service
from server.registration.rules import KEPT
from server.web.portal import portal

blueprint = Blueprint("registration", __name__)
Line = Annotated[str, msgspec.Meta(max_length=254)]


class Person(msgspec.Struct, forbid_unknown_fields=True):
    last_name: Line
    first_name: Line
    email: Line
    email_again: Line
    username: Line
    password: Line
    password_again: Line


class File(msgspec.Struct, forbid_unknown_fields=True):
    number: Line
    label: Line
    email: Line


class Accepted(msgspec.Struct, forbid_unknown_fields=True):
    version: Annotated[str, msgspec.Meta(max_length=20)]
    accept: bool


class Link(msgspec.Struct, forbid_unknown_fields=True):
    link: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Invited(msgspec.Struct, forbid_unknown_fields=True):
    family: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    email: Line


class InvitationCode(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


@blueprint.get("/api/public/legal")
@allow(PUBLIC)
async def legal() -> dict[str, Any]:
    """The conditions and the privacy policy that an account accepts, with their versions."""
    texts = msgspec.to_builtins(portal().legal)
    name = portal().town.name
    for text in texts.values():
        for section in text["sections"]:
            section["paragraphs"] = [one.replace("{town}", name) for one in section["paragraphs"]]
    return dict(texts)


@blueprint.get("/api/sign-up")
@allow(PUBLIC)
async def where() -> dict[str, Any]:
    """Which step comes next, and what the earlier ones hold, without the password."""
    return service.shown(await _present(), _versions())


@blueprint.put("/api/sign-up/person")
@allow(PUBLIC)
@validate_request(Person)
async def person(data: Person) -> Response:
    """Step 1; the first time, it begins a sign-up and gives the browser its secret."""
    here, sign_up, secret = portal(), await _present(), None
    if sign_up is None:
        secret = await service.begin(here.database, here.now())
        sign_up = await service.found(here.database, secret, here.now())
        assert sign_up is not None
    try:
        await service.save_person(
            here.database, sign_up, msgspec.structs.asdict(data), here.town.name, request.remote_addr, here.now()
        )
    except Refusal:
        if secret is not None:
            await service.cancel(here.database, sign_up)
        raise
    return await _answer(secret)


@blueprint.put("/api/sign-up/file")
@allow(PUBLIC)
@validate_request(File)
async def file(data: File) -> Response:
    """Step 2: the dossier's number and name, as in the town's letter."""
    here = portal()
    await service.save_file(
        here.database, await _needed(), data.number, data.label, data.email, request.remote_addr, here.today(), here.now()
    )
    return await _answer()


@blueprint.put("/api/sign-up/terms")
@allow(PUBLIC)
@validate_request(Accepted)
async def terms(data: Accepted) -> Response:
    """Step 3."""
    return await _accept("terms", data)


@blueprint.put("/api/sign-up/privacy")
@allow(PUBLIC)
@validate_request(Accepted)
async def privacy(data: Accepted) -> Response:
    """Step 4; refusing it cancels the sign-up."""
    return await _accept("privacy", data)


@blueprint.post("/api/sign-up/validation")
@allow(PUBLIC)
async def validate() -> Response:
    """Step 5: the account is made, and waits for the click in its mail."""
    here = portal()
    await service.validate(here.database, await _needed(), _versions(), here.config.public_url, here.now())
    return await _answer()


@blueprint.post("/api/sign-up/mail")
@allow(PUBLIC)
async def resend() -> tuple[str, int]:
    """Sends the activation mail again; the earlier link ends."""
    here = portal()
    await service.resend(here.database, await _needed(), here.config.public_url, here.now())
    return "", 204


@blueprint.delete("/api/sign-up")
@allow(PUBLIC)
async def cancel() -> Response:
    """« Annuler »: nothing of it is kept."""
    sign_up = await _present()
    if sign_up is not None:
        await service.cancel(portal().database, sign_up)
    response = Response("", 204)
    response.delete_cookie(_cookie(), path="/", secure=portal().config.secure, httponly=True, samesite="Lax")
    return response


@blueprint.post("/api/activation")
@allow(PUBLIC)
@validate_request(Link)
async def activate(data: Link) -> dict[str, Any]:
    """The click in the activation mail; answers with the user name."""
    here = portal()
    return await service.activate(here.database, data.link, here.zone, here.now())


@blueprint.post("/api/activation/mail")
@allow(PUBLIC)
@validate_request(Link)
async def another_activation(data: Link) -> tuple[str, int]:
    """A new activation mail, for who followed a link too late."""
    here = portal()
    await service.resend_for_link(here.database, data.link, here.config.public_url, here.now())
    return "", 204


@blueprint.get("/api/account/dossiers")
@allow("parent")
async def dossiers() -> dict[str, Any]:
    """The dossiers of this account: who holds each, open invitations."""
    here = portal()
    shown = await service.invitations(here.database, (await signed_in()).account, here.today(), here.now())
    for dossier in shown:
        for one in dossier["invitations"]:
            one["expires_at"] = here.iso(one["expires_at"])
    return {"dossiers": shown}


@blueprint.post("/api/account/invitations")
@allow("parent")
@validate_request(Invited)
async def invite(data: Invited) -> tuple[dict[str, Any], int]:
    """Mails a code that lets a second adult into a dossier."""
    here, who = portal(), await signed_in()
    sent = await service.invite(
        here.database, who.account, who.name, data.family, data.email, here.config.public_url, here.today(), here.now()
    )
    return sent, 201


@blueprint.delete("/api/account/invitations/<invitation>")
@allow("parent")
async def withdraw(invitation: str) -> tuple[str, int]:
    """Takes an open invitation back."""
    await service.withdraw(portal().database, (await signed_in()).account, invitation, portal().today())
    return "", 204


@blueprint.post("/api/account/dossiers")
@allow("parent")
@validate_request(InvitationCode)
async def join(data: InvitationCode) -> dict[str, Any]:
    """Adds the dossier of an invitation to this account."""
    here = portal()
    return await service.join_with_code(here.database, (await signed_in()).account, data.code, here.zone, here.now())


def _cookie() -> str:
    return "__Host-portail-inscription" if portal().config.secure else "portail-inscription"


def _versions() -> dict[str, str]:
    return {"terms": portal().legal.terms.version, "privacy": portal().legal.privacy.version}


async def _present() -> Row | None:
    return await service.found(portal().database, request.cookies.get(_cookie()), portal().now())


async def _needed() -> Row:
    sign_up = await _present()
    if sign_up is None:
        raise Refusal("sign_up_over")
    return sign_up


async def _accept(text: str, data: Accepted) -> Response:
    here, sign_up = portal(), await _needed()
    if not data.accept:
        if text == "privacy":
            return await cancel()
        raise Refusal("step_missing")
    await service.accept(here.database, sign_up, text, data.version, _versions()[text], here.now())
    return await _answer()


async def _answer(secret: str | None = None) -> Response:
    """Where the sign-up is now; `secret`: of one that has just begun."""
    here = portal()
    sign_up = await service.found(here.database, secret, here.now()) if secret else await _present()
    response = jsonify(service.shown(sign_up, _versions()))
    if secret:
        response.set_cookie(
            _cookie(), secret, max_age=KEPT // 1000, path="/", secure=here.config.secure, httponly=True, samesite="Lax"
        )
    return response
