"""The agents' desk of documents."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import validate_request

from server.access import allow, signed_in
from server.errors import Refusal
from server.news import service
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("library", __name__, url_prefix="/api/agents/documents")
File = Annotated[str, Meta(min_length=8, max_length=40)]


class Words(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    heading: Annotated[str, Meta(min_length=2, max_length=80)]
    title: Annotated[str, Meta(min_length=2, max_length=160)]
    summary: Annotated[str, Meta(max_length=400)] = ""


class Added(Words):
    """`file`: sent before by way of /api/attachments."""

    file: File


class Described(Words):
    withdrawn: bool = False


class Replaced(msgspec.Struct, forbid_unknown_fields=True):
    file: File


@blueprint.get("")
@allow("agent")
async def listed() -> dict[str, Any]:
    """Every document with its newest version, withdrawn ones last."""
    here = portal()
    return {"documents": await service.documents_for_agents(here.database, here.zone)}


@blueprint.post("")
@allow("agent")
@validate_request(Added)
async def add(data: Added) -> tuple[dict[str, Any], int]:
    here = portal()
    words = _plain(data)
    return {"id": await service.add_document(here.database, *words, data.file, await _agent(), here.now(), here.zone)}, 201


@blueprint.post("/<document>/versions")
@allow("agent")
@validate_request(Replaced)
async def replace(document: str, data: Replaced) -> tuple[dict[str, Any], int]:
    """A newer version of the same document."""
    here = portal()
    return {"version": await service.replace_document(here.database, document, data.file, await _agent(), here.now(), here.zone)}, 201


@blueprint.put("/<document>")
@allow("agent")
@validate_request(Described)
async def describe(document: str, data: Described) -> Response:
    """Its words, its heading, and whether it is withdrawn."""
    here = portal()
    await service.describe_document(here.database, document, *_plain(data), data.withdrawn, here.now(), here.zone)
    return Response("", 204)


async def _agent() -> Who:
    visitor = await signed_in()
    return Who(visitor.account, visitor.name, visitor.service)


def _plain(data: Words) -> tuple[str, str, str]:
    words = (data.heading.strip(), data.title.strip(), data.summary.strip())
    if not (words[0] and words[1]) or any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for text in words for c in text):
        raise Refusal("malformed")
    return words
