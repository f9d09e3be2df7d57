"""The town's news, for everybody: the public page and the scope ``t:news`` say the same."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database
from server.instants import iso

NEWS_SCOPE = "t:news"
NEWEST_FIRST = "SELECT * FROM news_item ORDER BY pinned DESC, published_at DESC, id"


async def news_rows(reader: Connection | Database, zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """Every row of ``t:news``: ``news/<id>``; pinned first, then newest first."""
    return {f"news/{item['id']}": _body(item, zone) for item in await reader.all(NEWEST_FIRST)}


async def public_news(reader: Connection | Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The same items in the same order, each with its ``id``."""
    return [{"id": item["id"], **_body(item, zone)} for item in await reader.all(NEWEST_FIRST)]


def _body(item: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "title": item["title"],
        "summary": item["summary"],
        "body": item["body"],
        "at": iso(item["published_at"], zone),
        "pinned": bool(item["pinned"]),
    }
