"""The town's own pictures: the only ones that news may show."""

from typing import Any

from server.attachments.service import Files, files_of, hold
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.news import rules
from server.traces.service import Who


async def add_picture(database: Database, file: str, who: Who) -> dict[str, Any]:
    """Takes a file that the agent has sent (it was decoded and drawn anew on its way in) into the collection.

    Raises:
        Refusal: ``not_a_picture``; ``not_found`` for a file that is not there, or somebody else's.
    """

    async def write(tx: Transaction) -> None:
        kept, _ = await hold(tx, [file], who.account or "", holder=rules.PICTURES, family="", service="")
        if not kept:
            raise Refusal("not_found")
        if file not in await sizes(tx):
            raise Refusal("not_a_picture")

    await database.retrying(write)
    return next(one for one in await pictures(database) if one["id"] == file)


async def pictures(reader: Connection | Database) -> list[dict[str, Any]]:
    """The latest first: ``{id, name, width, height, size}``."""
    held = (await files_of(reader, [rules.PICTURES])).get(rules.PICTURES, [])
    return [
        {"id": file["id"], "name": file["name"], "width": file["picture"][0], "height": file["picture"][1], "size": file["size"]}
        for file in reversed(held)
        if "picture" in file
    ]


async def sizes(reader: Connection | Database) -> dict[str, tuple[int, int]]:
    return {picture["id"]: (picture["width"], picture["height"]) for picture in await pictures(reader)}


async def picture_file(files: Files, file: str) -> tuple[Row, bytes]:
    """Its type and its bytes, for everybody."""
    return await files.shown_to_all(file, rules.PICTURES)
