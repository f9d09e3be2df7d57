"""What people read: the public page, the feed, and the scopes ``t:news`` and ``t:news:<target>`` say the same of the same item."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, marks
from server.instants import iso
from server.news import rules

NEWS_SCOPE = rules.EVERYBODY
Rows = dict[str, dict[str, Any]]
NEWEST_FIRST = "SELECT * FROM news_item WHERE state = 'published' ORDER BY pinned DESC, published_at DESC, id"


async def news_rows(reader: Connection | Database, zone: ZoneInfo) -> Rows:
    """``news/<id>`` of ``t:news``, for everybody; pinned first, then newest first."""
    return {f"news/{item['id']}": body(item, zone, {}) for item in await _published(reader) if not targets_of(item)}


async def targeted_rows(reader: Connection | Database, zone: ZoneInfo) -> dict[str, Rows]:
    """``news/<id>`` of each ``t:news:<target>``."""
    items = [item for item in await _published(reader) if targets_of(item)]
    names = await names_of(reader, [target for item in items for target in targets_of(item)])
    scopes: dict[str, Rows] = {}
    for item in items:
        for scope in rules.scopes_of(targets_of(item)):
            scopes.setdefault(scope, {})[f"news/{item['id']}"] = body(item, zone, names)
    return scopes


async def target_scopes(reader: Connection | Database, families: Sequence[str], today: str) -> list[str]:
    """The scopes of targeted news that these families' children open: their schools', and their activities'."""
    if not families:
        return []
    schools = await reader.all(
        "SELECT DISTINCT c.school FROM family_child fc JOIN child c ON c.id = fc.child_id"
        f" WHERE fc.family_id IN ({marks(families)})", *families,
    )  # fmt: skip
    activities = await reader.all(
        "SELECT DISTINCT e.activity_id FROM family_child fc JOIN enrolment e ON e.child_id = fc.child_id"
        f" WHERE fc.family_id IN ({marks(families)}) AND e.until >= ?", *families, today,
    )  # fmt: skip
    found = [f"school:{row['school']}" for row in schools] + [f"activity:{row['activity_id']}" for row in activities]
    return [rules.scope_of(target) for target in sorted(found)]


async def public_news(reader: Connection | Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """What is for everybody, each item with its ``id`` and, besides the HTML, the Markdown as ``body``."""
    return [{"id": item["id"], **body(item, zone, {}), "body": item["body"]} for item in await _published(reader) if not targets_of(item)]


async def feed_items(reader: Connection | Database) -> list[Row]:
    """The newest twenty for everybody, as the Atom feed lists them."""
    items = [item for item in await _published(reader) if not targets_of(item)]
    return sorted(items, key=lambda item: (-item["published_at"], item["id"]))[:20]


async def names_of(reader: Connection | Database, wanted: Sequence[str]) -> dict[str, str]:
    """target → the name of the activity or of the school."""
    if not wanted:
        return {}
    activities = await reader.all("SELECT code, name FROM activity")
    places = await reader.all("SELECT code, name FROM place")
    known = {f"activity:{row['code']}": row["name"] for row in activities} | {f"school:{row['code']}": row["name"] for row in places}
    return {target: known.get(target, target) for target in wanted}


def targets_of(item: Mapping[str, Any]) -> list[str]:
    held = item["targets"]
    return list(json.loads(held) if isinstance(held, str) else held)


def body(item: Mapping[str, Any], zone: ZoneInfo, names: Mapping[str, str]) -> dict[str, Any]:
    """An item as people read it; `names` of its targets."""
    said = {
        "title": item["title"],
        "summary": item["summary"],
        "html": item["html"],
        "at": iso(item["published_at"], zone),
        "pinned": bool(item["pinned"]),
    }
    if item["corrected_at"] is not None:
        said["corrected_at"] = iso(item["corrected_at"], zone)
    if item["until"] is not None:
        said["until"] = iso(item["until"], zone)
    if targets_of(item):
        said["audience"] = [names[target] for target in targets_of(item)]
    return said


async def _published(reader: Connection | Database) -> list[Row]:
    return list(await reader.all(NEWEST_FIRST))
