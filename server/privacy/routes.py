"""« Mes données », for parents; requests to be forgotten and the purge's reports, for agents."""

import json
from typing import Annotated, Any

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.accounts.service import prove_again
from server.errors import Refusal
from server.privacy import service, texts
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("privacy", __name__)
# The page has no script and its own few attributes; nothing it shows may run.
PAGE_POLICY = "default-src 'none'; sandbox"


class Closing(msgspec.Struct, forbid_unknown_fields=True):
    """`password` proves that it is the person; who only ever came through FranceConnect types FERMER instead."""

    password: Annotated[str, msgspec.Meta(max_length=200)] = ""
    word: Annotated[str, msgspec.Meta(max_length=20)] = ""


class Erasure(msgspec.Struct, forbid_unknown_fields=True):
    family: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    accept: bool
    reason: Annotated[str, msgspec.Meta(max_length=300)] | None = None


@blueprint.get("/api/privacy")
@allow("parent")
async def overview() -> dict[str, Any]:
    """Who looked at the file, what was asked about it, and how long things are kept."""
    town, who = portal(), await signed_in()
    return {
        "access_log": await service.access_log(town.database, who.account, town.now(), town.zone),
        "erasures": await service.erasures(town.database, town.zone, who.account),
        "keeping": service.keeping(),
    }


@blueprint.get("/api/privacy/mes-donnees.json")
@allow("parent")
async def as_json() -> Response:
    town, who = portal(), await signed_in()
    data = await service.everything(town.database, who.account, town.now(), town.zone)
    body = json.dumps(data, ensure_ascii=False, indent=1)
    return Response(body, headers={"Content-Disposition": 'attachment; filename="mes-donnees.json"'}, content_type="application/json")


@blueprint.get("/api/privacy/mes-donnees.html")
@allow("parent")
async def as_page() -> Response:
    town, who = portal(), await signed_in()
    data = await service.everything(town.database, who.account, town.now(), town.zone)
    headers = {"Content-Disposition": 'attachment; filename="mes-donnees.html"', "Content-Security-Policy": PAGE_POLICY}
    return Response(texts.page(data, town.town.name), headers=headers, content_type="text/html; charset=utf-8")


@blueprint.post("/api/privacy/close")
@allow("parent")
@validate_request(Closing)
async def close(data: Closing) -> Response:
    town, who = portal(), await signed_in()
    found = await town.database.one("SELECT password_hash FROM account WHERE id = ?", who.account)
    if found is not None and found["password_hash"] != "!":
        await prove_again(town.database, who.account, data.password, town.now())
    elif data.word != "FERMER":
        raise Refusal("malformed", detail="word")
    await service.close_account(town.database, who.account, town.now(), town.zone)
    return Response("", 204, {"Clear-Site-Data": '"cache", "storage"'})


@blueprint.post("/api/privacy/erasures")
@allow("parent")
@validate_request(Erasure)
async def ask_erasure(data: Erasure) -> Response:
    town, who = portal(), await signed_in()
    await service.ask_erasure(town.database, who.account, data.family, town.now(), town.zone)
    return Response("", 204)


@blueprint.get("/api/agents/erasures")
@allow("agent")
async def erasures() -> dict[str, Any]:
    town = portal()
    return {
        "erasures": await service.erasures(town.database, town.zone),
        "reports": await service.reports(town.database, town.zone),
        "keeping": service.keeping(),
    }


@blueprint.post("/api/agents/erasures/<erasure>")
@allow("agent")
@validate_request(Answer)
async def answer(erasure: str, data: Answer) -> Response:
    town, who = portal(), await signed_in()
    agent = Who(who.account, who.name, who.service)
    await service.answer_erasure(town.database, erasure, data.accept, data.reason, agent, town.now(), town.zone)
    return Response("", 204)
