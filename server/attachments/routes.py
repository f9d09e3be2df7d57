"""Sending files in pieces, and reading those that concern one."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from quart import Blueprint, Response, request
from quart_schema import validate_request

from server.access import allow, signed_in
from server.attachments.service import Files
from server.errors import Refusal
from server.traces.service import Who
from server.web.portal import portal

blueprint = Blueprint("attachments", __name__, url_prefix="/api/attachments")


class Announced(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=250)]
    size: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


@blueprint.put("/<id>")
@allow("parent", "agent")
@validate_request(Announced)
async def announce(id: str, data: Announced) -> dict[str, Any]:
    """Begins to send a file under an id of one's own, or asks how far it came."""
    who = await signed_in()
    if not (8 <= len(id) <= 40 and id.isascii() and id.replace("_", "").replace("-", "").isalnum()):
        raise Refusal("not_found")
    if "\x00" in data.name:
        raise Refusal("malformed")
    return await _files().announce(who.account, id, data.name, data.size, data.sha256, portal().now())


@blueprint.patch("/<id>")
@allow("parent", "agent")
async def receive(id: str) -> dict[str, Any]:
    """One piece; the header ``Upload-Offset`` says where it begins, the answer where to go on."""
    who = await signed_in()
    piece: Any = await request.get_data(as_text=False)  # first of all: a body without end is cut off here
    offset = request.headers.get("Upload-Offset", "")
    if not offset.isdecimal() or len(offset) > 10:
        raise Refusal("malformed")
    return await _files().receive(who.account, id, int(offset), piece, portal().now())


@blueprint.delete("/<id>")
@allow("parent", "agent")
async def withdraw(id: str) -> Response:
    """Takes back a file that nothing refers to yet."""
    who = await signed_in()
    await _files().withdraw(who.account, id)
    return Response("", 204)


@blueprint.get("/<id>/file")
@allow("parent", "agent")
async def download(id: str) -> Response:
    """The file, always to be saved, never to be shown in the portal's own name."""
    return await _answer(id, preview=False)


@blueprint.get("/<id>/preview")
@allow("parent", "agent")
async def preview(id: str) -> Response:
    """A small picture of a picture."""
    return await _answer(id, preview=True)


async def _answer(id: str, *, preview: bool) -> Response:
    visitor, here = await signed_in(), portal()
    who = Who(visitor.account, visitor.name, visitor.service)
    is_agent = visitor.role == "agent"
    found, content = await _files().download(id, who, is_agent=is_agent, today=here.today(), now=here.now(), preview=preview)
    name, mime = ("apercu.jpg", "image/jpeg") if preview else (found["name"], found["mime"])
    return Response(
        content,
        200,
        {
            "Content-Type": mime,
            "Content-Disposition": f"attachment; filename=\"fichier\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


def _files() -> Files:
    found: Files = portal().files
    return found
