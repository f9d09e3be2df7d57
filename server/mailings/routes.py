"""The agents' page of group messages."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.mailings import service
from server.mailings.service import Audience, Letter
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("mailings", __name__, url_prefix="/api/agents/mailings")
Code = Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
Day = Annotated[str, Meta(pattern=r"^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class Group(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    activity: Code | None = None
    school: Code | None = None
    date: Day | None = None
    unpaid: bool = False


class Sent(Group, kw_only=True):
    """`id` is made by the page: the same sent twice goes out once. `count`: how many families the agent saw."""

    id: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{8,40}$")]
    subject: Annotated[str, Meta(min_length=1, max_length=120)]
    body: Annotated[str, Meta(min_length=1, max_length=5000)]
    needs_answer: bool = False
    count: Annotated[int, Meta(ge=1)]


@blueprint.get("")
@allow("agent")
async def listed() -> dict[str, Any]:
    """The group messages of the agent's service, each with how far it is."""
    here = portal()
    return {"mailings": await service.mailings(here.database, await _agent(), here.zone)}


@blueprint.get("/choices")
@allow("agent")
async def choices() -> dict[str, Any]:
    """What a group can be made of: the activities that are this service's business, and the schools."""
    return await service.choices(portal().database, await _agent())


@blueprint.post("/preview")
@allow("agent")
@validate_request(Group)
async def preview(data: Group) -> dict[str, Any]:
    """Who would get it, and how."""
    here = portal()
    return await service.preview(here.database, _audience(data), await _agent(), here.today())


@blueprint.post("")
@allow("agent")
@validate_request(Sent)
async def send(data: Sent) -> Response:
    here = portal()
    letter = Letter(data.id, _line(data.subject), _text(data.body), data.needs_answer)
    await service.send(here.database, letter, _audience(data), data.count, await _agent(), here.now(), here.zone)
    return Response("", 204)


@blueprint.get("/<mailing>")
@allow("agent")
async def reached(mailing: str) -> dict[str, Any]:
    """How each family was reached."""
    return await service.families_reached(portal().database, mailing, await _agent())


@blueprint.post("/<mailing>/stop")
@allow("agent")
async def stop(mailing: str) -> Response:
    here = portal()
    await service.stop(here.database, mailing, await _agent(), here.now())
    return Response("", 204)


@blueprint.post("/<mailing>/go-on")
@allow("agent")
async def go_on(mailing: str) -> Response:
    here = portal()
    await service.go_on(here.database, mailing, await _agent(), here.now())
    return Response("", 204)


async def _agent() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


def _audience(data: Group) -> Audience:
    return Audience(data.activity, data.school, data.date, data.unpaid)


def _line(text: str) -> str:
    return _text(" ".join(text.split()))


def _text(text: str) -> str:
    """As it was written, without what no database or screen can hold."""
    text = text.replace("\r\n", "\n").strip()
    if not text or any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
        raise Refusal("malformed")
    return text
