"""The agents' inbox. Families write and read through the exchange."""

from typing import Annotated, Any, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import validate_querystring, validate_request

from server.access import Visitor, allow, signed_in
from server.errors import Refusal
from server.messages import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("messages", __name__, url_prefix="/api/agents/messages")
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]
Id = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{8,40}$")]


class Inbox(msgspec.Struct):
    state: Literal["open", "closed", "all"] = "open"
    q: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    message: Id
    body: Text
    needs_answer: bool = False
    closes: bool = False
    files: Annotated[list[Id], msgspec.Meta(max_length=8)] = []
    seen: Id | None = None


class Note(msgspec.Struct, forbid_unknown_fields=True):
    body: Text


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    mine: bool


class Transfer(msgspec.Struct, forbid_unknown_fields=True):
    service: Annotated[str, msgspec.Meta(max_length=40)]


class Closing(msgspec.Struct, forbid_unknown_fields=True):
    closed: bool


class SavedAnswer(msgspec.Struct, forbid_unknown_fields=True):
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    body: Text


@blueprint.get("")
@allow("agent")
@validate_querystring(Inbox)
async def inbox(query_args: Inbox) -> dict[str, Any]:
    """The threads of the agent's service, and how many of them hold something unread."""
    town, who = portal(), await _agent()
    threads = await service.inbox(town.database, who.service or "", query_args.state, query_args.q, town.zone)
    waiting = await service.waiting(town.database)
    return {"threads": threads, "waiting": waiting.get(who.service or "", 0)}


@blueprint.get("/<thread>")
@allow("agent")
async def conversation(thread: str) -> dict[str, Any]:
    town = portal()
    return await service.conversation(town.database, thread, await _agent(), town.now(), town.zone)


@blueprint.post("/<thread>/replies")
@allow("agent")
@validate_request(Reply)
async def reply(thread: str, data: Reply) -> Response:
    town, who = portal(), await _agent()
    _readable(data.body)
    answer = service.Reply(data.message, data.body, data.needs_answer, data.closes, data.files, data.seen)
    await service.reply(town.database, thread, answer, who, town.now(), town.zone)
    return Response("", 204)


@blueprint.post("/<thread>/notes")
@allow("agent")
@validate_request(Note)
async def annotate(thread: str, data: Note) -> Response:
    town = portal()
    _readable(data.body)
    await service.annotate(town.database, thread, data.body, await _agent(), town.now())
    return Response("", 204)


@blueprint.put("/<thread>/assignment")
@allow("agent")
@validate_request(Assignment)
async def assign(thread: str, data: Assignment) -> Response:
    await service.assign(portal().database, thread, data.mine, await _agent())
    return Response("", 204)


@blueprint.put("/<thread>/service")
@allow("agent")
@validate_request(Transfer)
async def transfer(thread: str, data: Transfer) -> Response:
    town = portal()
    await service.transfer(town.database, thread, data.service, await _agent(), town.now(), town.zone)
    return Response("", 204)


@blueprint.put("/<thread>/closed")
@allow("agent")
@validate_request(Closing)
async def set_closed(thread: str, data: Closing) -> Response:
    town = portal()
    await service.set_closed(town.database, thread, data.closed, await _agent(), town.now(), town.zone)
    return Response("", 204)


@blueprint.get("/answers")
@allow("agent")
async def saved_answers() -> dict[str, Any]:
    """What the agent's service writes often."""
    who = await _agent()
    return {"answers": await service.saved_answers(portal().database, who.service or "")}


@blueprint.post("/answers")
@allow("agent")
@validate_request(SavedAnswer)
async def save_answer(data: SavedAnswer) -> tuple[dict[str, str], int]:
    who = await _agent()
    _readable(data.title, data.body)
    return {"id": await service.save_answer(portal().database, who.service or "", data.title, data.body)}, 201


@blueprint.delete("/answers/<answer>")
@allow("agent")
async def drop_answer(answer: str) -> Response:
    who = await _agent()
    await service.drop_answer(portal().database, who.service or "", answer)
    return Response("", 204)


async def _agent() -> Who:
    visitor: Visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


def _readable(*texts: str) -> None:
    """Refuses what no database or screen can hold: null bytes, control signs, halves of characters."""
    for text in texts:
        if not text.strip() or any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
            raise Refusal("malformed")
