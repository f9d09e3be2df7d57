"""Passkeys on the wire: signing in with one, the second factor of agents, and an account's own list."""

from typing import Annotated, Any

import msgspec
from quart import Blueprint, request
from quart_auth import login_user
from quart_schema import document_response, validate_request

from server.access import PUBLIC, SessionUser, allow, signed_in
from server.accounts import service
from server.accounts.routes.account import SessionShown, browser_name, end_present, shown_session, waiting_session
from server.accounts.rules import passkey_site
from server.errors import Refusal
from server.web.portal import portal

blueprint = Blueprint("passkeys", __name__)
Name = Annotated[str, msgspec.Meta(max_length=60)]


class Signature(msgspec.Struct, forbid_unknown_fields=True):
    credential: dict[str, Any]
    shared: bool = False


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    credential: dict[str, Any]
    name: Name


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """The password again; empty for who has none and has just signed in."""

    current: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Renamed(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


@blueprint.post("/api/session/passkey/question")
@allow(PUBLIC)
async def question() -> dict[str, Any]:
    """What a browser signs to open the account of whichever passkey its holder chooses."""
    town = portal()
    return await service.ask_to_sign_in(town.database, town.config.public_url, town.now())


@blueprint.post("/api/session/passkey")
@allow(PUBLIC)
@validate_request(Signature)
@document_response(SessionShown)
async def sign_in(data: Signature) -> dict[str, Any]:
    """Opens a parent's account with a passkey."""
    town = portal()
    found, secret = await service.sign_in_by_passkey(
        town.database,
        town.config.public_url,
        data.credential,
        address=request.remote_addr,
        agent=browser_name(),
        shared=data.shared,
        now=town.now(),
    )
    await end_present()
    login_user(SessionUser(secret), remember=not data.shared)
    return shown_session(found["account_id"], found)


@blueprint.post("/api/session/factor/passkey/question")
@allow(PUBLIC)
async def factor_question() -> dict[str, Any]:
    """What an agent's passkey signs after the password."""
    town, waiting = portal(), await waiting_session()
    return await service.ask_to_sign_in(
        town.database, town.config.public_url, town.now(), account=waiting["account_id"], session=waiting["id"]
    )


@blueprint.post("/api/session/factor/passkey")
@allow(PUBLIC)
@validate_request(Signature)
@document_response(SessionShown)
async def pass_factor(data: Signature) -> dict[str, Any]:
    """The second step of an agent's sign-in, with a passkey."""
    town, waiting = portal(), await waiting_session()
    secret = await service.pass_by_passkey(
        town.database, town.config.public_url, waiting["id"], waiting["account_id"], data.credential, browser_name(), town.now()
    )
    login_user(SessionUser(secret))
    return shown_session(waiting["account_id"], waiting)


@blueprint.post("/api/session/factor/passkey/enrolment/question")
@allow(PUBLIC)
async def enrolment_question() -> dict[str, Any]:
    """What a browser needs to make the first passkey of an agent who has no second factor yet."""
    town, waiting = portal(), await waiting_session()
    if await service.factor_of(town.database, waiting["account_id"]) != "enrol":
        raise Refusal("factor_known")
    account = {"id": waiting["account_id"], "username": waiting["username"], "name": waiting["name"]}
    return await service.ask_to_add(town.database, town.config.public_url, town.town.name, account, waiting["id"], town.now())


@blueprint.post("/api/session/factor/passkey/enrolment")
@allow(PUBLIC)
@validate_request(NewKey)
@document_response(SessionShown)
async def enrol(data: NewKey) -> dict[str, Any]:
    """Keeps an agent's first passkey, and signs them in."""
    town, waiting = portal(), await waiting_session()
    secret = await service.enrol_by_passkey(
        town.database, town.config.public_url, waiting["id"], waiting["account_id"], data.credential, data.name, browser_name(), town.now()
    )
    login_user(SessionUser(secret))
    return shown_session(waiting["account_id"], waiting)


@blueprint.get("/api/account/passkeys")
@allow("parent", "agent")
async def passkeys() -> dict[str, Any]:
    """The account's passkeys; `site`: the one address where they work; `password`: whether one is asked again before a change."""
    town, who = portal(), await signed_in()
    site = passkey_site(town.config.public_url)
    return {
        "passkeys": [
            {
                "id": one["id"],
                "name": one["name"],
                "created_at": town.iso(one["created_at"]),
                "used_at": town.iso(one["used_at"]) if one["used_at"] else None,
            }
            for one in await service.passkeys_of(town.database, who.account)
        ],
        "site": site and site[1],
        "password": await service.has_password(town.database, who.account),
    }


@blueprint.post("/api/account/passkeys/question")
@allow("parent", "agent")
@validate_request(Proof)
async def question_to_add(data: Proof) -> dict[str, Any]:
    """What a browser needs to make a passkey, once the account's holder proved again that it is them."""
    town, who = portal(), await signed_in()
    account = await service.prove_holder(town.database, who.account, who.session, data.current, town.now())
    return await service.ask_to_add(town.database, town.config.public_url, town.town.name, account, who.session, town.now())


@blueprint.post("/api/account/passkeys")
@allow("parent", "agent")
@validate_request(NewKey)
async def add(data: NewKey) -> tuple[dict[str, Any], int]:
    """Keeps a passkey that was just made."""
    town, who = portal(), await signed_in()
    made = await service.add_passkey(
        town.database, town.config.public_url, who.account, who.session, data.credential, data.name, town.now()
    )
    return {"id": made}, 201


@blueprint.put("/api/account/passkeys/<key>")
@allow("parent", "agent")
@validate_request(Renamed)
async def rename(key: str, data: Renamed) -> tuple[str, int]:
    """Another name for one of the account's passkeys."""
    who = await signed_in()
    await service.rename_passkey(portal().database, who.account, key, data.name)
    return "", 204


@blueprint.post("/api/account/passkeys/<key>/removal")
@allow("parent", "agent")
@validate_request(Proof)
async def remove(key: str, data: Proof) -> tuple[str, int]:
    """The passkey opens nothing any more."""
    town, who = portal(), await signed_in()
    await service.prove_holder(town.database, who.account, who.session, data.current, town.now())
    await service.remove_passkey(
        town.database, who.account, who.role, key, town.now(), factor_needed=town.config.agent_second_factor
    )
    return "", 204
