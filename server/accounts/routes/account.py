"""Sign in and out, who am I, a forgotten password, changing one's own, and the sessions of an account."""

from typing import Annotated, Any

import msgspec
import segno
from quart import Blueprint, Response, request
from quart_auth import current_user, login_user, logout_user
from quart_schema import document_response, validate_request

from server.access import PUBLIC, SessionUser, allow, signed_in, visitor
from server.accounts import service
from server.database import Row
from server.errors import Refusal
from server.web.portal import portal

blueprint = Blueprint("accounts", __name__)
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    password: Secret
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
    waits_for: str | None = None
    """After a password: ``totp`` (a code is asked for), ``passkey``, ``either``, ``enrol`` (one must be added first), or nothing."""


class Code(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=6, max_length=12)]


class Enrolment(msgspec.Struct):
    secret: str
    uri: str
    picture: str
    """The QR code of the address, as the source of an image."""


class Recovery(msgspec.Struct, forbid_unknown_fields=True):
    said: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    """A user name or an e-mail address."""


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    link: Secret
    password: Secret


class ChangedPassword(msgspec.Struct, forbid_unknown_fields=True):
    current: Secret
    password: Secret


class NewEmail(msgspec.Struct, forbid_unknown_fields=True):
    current: Secret
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]


class FollowedLink(msgspec.Struct, forbid_unknown_fields=True):
    link: Secret


@blueprint.post("/api/session")
@allow(PUBLIC)
@validate_request(SignIn)
@document_response(SessionShown)
async def sign_in(data: SignIn) -> dict[str, Any]:
    """Opens a session; `shared`: a computer that others use, forgotten after six hours and when the browser closes."""
    town = portal()
    account, secret, waits_for = await service.sign_in(
        town.database,
        data.username,
        data.password,
        address=request.remote_addr,
        agent=browser_name(),
        shared=data.shared,
        now=town.now(),
        agents_need_factor=town.config.agent_second_factor,
    )
    await end_present()
    login_user(SessionUser(secret), remember=not data.shared and waits_for is None)
    return shown_session(account["id"], account, waits_for)


@blueprint.post("/api/session/factor")
@allow(PUBLIC)
@validate_request(Code)
@document_response(SessionShown)
async def give_code(data: Code) -> dict[str, Any]:
    """The second step of an agent's sign-in: the six digits of their authenticator app."""
    town, waiting = portal(), await waiting_session()
    secret = await service.pass_factor(
        town.database, waiting["id"], waiting["account_id"], data.code, browser_name(), town.now()
    )
    login_user(SessionUser(secret))
    return shown_session(waiting["account_id"], waiting)


@blueprint.post("/api/session/factor/enrolment")
@allow(PUBLIC)
@document_response(Enrolment)
async def begin_enrolment() -> dict[str, Any]:
    """What an authenticator app needs, for an agent who has none yet; confirmed by a first code."""
    town, waiting = portal(), await waiting_session()
    secret, uri = await service.begin_enrolment(town.database, waiting["account_id"], waiting["username"], town.town.name)
    return {"secret": secret, "uri": uri, "picture": segno.make(uri, error="m").svg_data_uri(scale=5, light="#ffffff")}


@blueprint.get("/api/session")
@allow(PUBLIC)
@document_response(SessionShown)
async def who_am_i() -> dict[str, Any]:
    """The signed-in account; 401 ``sign_in`` when nobody is."""
    who = await visitor()
    if who is None:
        raise Refusal("sign_in")
    return shown_session(who.account, {"username": who.username, "name": who.name, "role": who.role, "service": who.service})


@blueprint.delete("/api/session")
@allow(PUBLIC)
async def sign_out() -> Response:
    """Ends the session, if there is one, and asks the browser to forget what it kept."""
    await end_present()
    logout_user()
    return Response("", 204, {"Clear-Site-Data": '"cache", "storage"'})


@blueprint.post("/api/recovery")
@allow(PUBLIC)
@validate_request(Recovery)
async def recover(data: Recovery) -> tuple[dict[str, Any], int]:
    """Mails the user name and a link for a new password, if there is such an account; the answer never says whether."""
    town = portal()
    await service.ask_recovery(town.database, data.said, request.remote_addr, town.config.public_url, town.now())
    return {"asked": True}, 202


@blueprint.post("/api/recovery/password")
@allow(PUBLIC)
@validate_request(NewPassword)
async def choose_password(data: NewPassword) -> dict[str, Any]:
    """A new password with the link of a mail; answers with the user name."""
    town = portal()
    username = await service.set_password_by_link(town.database, data.link, data.password, town.town.name, town.now())
    return {"username": username}


@blueprint.put("/api/account/password")
@allow("parent", "agent")
@validate_request(ChangedPassword)
async def change_password(data: ChangedPassword) -> tuple[str, int]:
    """Another password; the account's other sessions end."""
    town, who = portal(), await signed_in()
    await service.change_password(
        town.database, who.account, who.session, data.current, data.password, town.town.name, town.now()
    )
    return "", 204


@blueprint.put("/api/account/email")
@allow("parent", "agent")
@validate_request(NewEmail)
async def change_email(data: NewEmail) -> tuple[dict[str, Any], int]:
    """Asks the new address to confirm; nothing changes before it does."""
    town, who = portal(), await signed_in()
    address = await service.ask_new_email(
        town.database, who.account, data.current, data.email, town.config.public_url, town.now()
    )
    return {"sent_to": address}, 202


@blueprint.post("/api/account/email/confirmation")
@allow(PUBLIC)
@validate_request(FollowedLink)
async def confirm_email(data: FollowedLink) -> dict[str, Any]:
    """The link in the mail to the new address."""
    return await service.confirm_email(portal().database, data.link, portal().now())


@blueprint.get("/api/account/sessions")
@allow("parent", "agent")
async def sessions() -> dict[str, Any]:
    """Every browser where this account is signed in, the present one marked."""
    town, who = portal(), await signed_in()
    found = await service.sessions_of(town.database, who.account, town.now())
    return {
        "sessions": [
            {
                "id": one["id"],
                "browser": one["agent"],
                "device": one["device"],
                "since": town.iso(one["created_at"]),
                "seen_at": town.iso(one["seen_at"]),
                "current": one["id"] == who.session,
            }
            for one in found
        ]
    }


@blueprint.delete("/api/account/sessions/<session>")
@allow("parent", "agent")
async def end_session(session: str) -> tuple[str, int]:
    """Signs one browser of this account out."""
    who = await signed_in()
    if not await portal().database.retrying(lambda tx: service.end_session(tx, who.account, session)):
        raise Refusal("not_found")
    return "", 204


async def waiting_session() -> Row:
    """The session whose password was right and whose second factor is still to come."""
    secret = current_user.auth_id
    found = secret and await service.session_of(portal().database, secret, portal().now(), awaits_factor=True)
    if not found:
        raise Refusal("sign_in_again")
    return found


async def end_present() -> None:
    """The session of this browser's cookie ends, whatever comes next (ASVS 7.2.4)."""
    if current_user.auth_id:
        await service.sign_out(portal().database, service.session_id(current_user.auth_id))


def browser_name() -> str:
    return request.headers.get("User-Agent", "")


def shown_session(account: str, about: Any, waits_for: str | None = None) -> dict[str, Any]:
    shown = {"id": account, **{key: about[key] for key in ("username", "name", "role", "service")}}
    return {"account": shown, "server_time": portal().iso(portal().now()), "waits_for": waits_for}
