"""What agents do with news: write, try out, publish now or later, correct, withdraw. Rows of the phones change in the same transaction."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.feed.service import Changes, put_changes
from server.instants import day_of, iso
from server.news import rules
from server.news.service.pictures import sizes
from server.news.service.reading import body, names_of, targets_of
from server.news.service.targeting import grant_targets
from server.notifications.service import broadcast
from server.traces.service import Who

ALIVE = ("draft", "scheduled", "published")


@dataclass(frozen=True)
class News:
    """What an agent wrote. `until` (UTC milliseconds): taken off by itself then."""

    title: str
    summary: str
    body: str
    pinned: bool
    targets: tuple[str, ...]
    until: int | None


async def preview(database: Database, text: str) -> dict[str, Any]:
    """The Markdown as it will be shown, and what was left out of it."""
    made = await _rendered(database, text)
    return {"html": made.html, "removed": made.removed, "unnamed": made.unnamed}


def render_for_import(text: str) -> str:
    """The Markdown of a town's files, which have no pictures, as HTML."""
    return rules.render(text, {}).html


async def targets(database: Database) -> list[dict[str, str]]:
    """Whom news can be for: activities, then schools."""
    activities = await database.all("SELECT code, name FROM activity ORDER BY position")
    schools = await database.all("SELECT code, name FROM place WHERE kind = 'school' ORDER BY name, code")
    return [{"target": f"activity:{row['code']}", "name": row["name"]} for row in activities] + [
        {"target": f"school:{row['code']}", "name": row["name"]} for row in schools
    ]


async def news_for_agents(database: Database, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Every item, what is not yet read by anybody first."""
    waiting_first = "CASE state WHEN 'draft' THEN 0 WHEN 'scheduled' THEN 1 ELSE 2 END"
    rows = await database.all(f"SELECT * FROM news_item ORDER BY {waiting_first}, published_at DESC, id LIMIT 300")
    names = await names_of(database, [target for row in rows for target in targets_of(row)])
    return [_listed(row, zone, names) for row in rows]


async def one_for_agents(database: Database, item: str, zone: ZoneInfo) -> dict[str, Any]:
    found = await _item(database, item)
    return {**_listed(found, zone, await names_of(database, targets_of(found))), "body": found["body"], "html": found["html"]}


async def draft(database: Database, said: News, item: str | None, version: int, who: Who, now: int) -> str:
    """Keeps a draft, new (`item` None) or changed; returns its id.

    Raises:
        Refusal: ``someone_else_wrote`` when another agent changed it since `version`.
    """
    made = await _checked(database, said)

    async def write(tx: Transaction) -> str:
        if item is None:
            new = f"news_{secrets.token_urlsafe(9)}"
            written = (said.title, said.summary, said.body, made, now, said.until, said.pinned, json.dumps(said.targets))
            await tx.run(
                "INSERT INTO news_item (id, title, summary, body, html, state, published_at, until, pinned, targets, version, author,"
                " changed_by, changed_at) VALUES (?, ?, ?, ?, ?, 'draft', ?, ?, ?, ?, 1, ?, ?, ?)",
                new, *written, who.name, who.name, now,
            )  # fmt: skip
            return new
        found = await _mine(tx, item, version)
        if found["state"] not in ("draft", "scheduled"):
            raise Refusal("already_published")
        await _store(tx, item, said, made, who, now)
        return item

    return await database.retrying(write)


async def publish(database: Database, item: str, version: int, at: int | None, who: Who, now: int, zone: ZoneInfo) -> None:
    """Publishes a draft now, or at an instant to come (UTC milliseconds)."""

    async def write(tx: Transaction) -> None:
        found = await _mine(tx, item, version)
        if found["state"] not in ("draft", "scheduled"):
            raise Refusal("already_published")
        if found["until"] is not None and found["until"] <= max(at or now, now):
            raise Refusal("over_before_it_begins")
        later = at is not None and at > now
        state = "scheduled" if later else "published"
        await tx.run(
            "UPDATE news_item SET state = ?, published_at = ?, version = version + 1, changed_by = ?, changed_at = ? WHERE id = ?",
            state, at if later else now, who.name, now, item,
        )  # fmt: skip
        if not later:
            await _announce(tx, item, now, zone)

    await database.retrying(write)


async def correct(database: Database, item: str, said: News, version: int, who: Who, now: int, zone: ZoneInfo) -> None:
    """Changes what is published already: readers see « modifiée le », nobody is told a second time."""
    made = await _checked(database, said)

    async def write(tx: Transaction) -> None:
        found = await _mine(tx, item, version)
        if found["state"] != "published":
            raise Refusal("not_published")
        before = rules.scopes_of(targets_of(found))
        await _store(tx, item, said, made, who, now)
        await tx.run("UPDATE news_item SET corrected_at = ? WHERE id = ?", now, item)
        await grant_targets(tx, said.targets, day_of(now, zone))
        changes: Changes = {scope: {f"news/{item}": None} for scope in before}
        await put_changes(tx, {**changes, **await _rows(tx, item, zone)}, now)

    await database.retrying(write)


async def withdraw(database: Database, item: str, version: int, who: Who, now: int) -> None:
    """Takes a piece of news away from everybody's screen; a draft that was never read is thrown away."""

    async def write(tx: Transaction) -> None:
        found = await _mine(tx, item, version)
        if found["state"] == "draft":
            await tx.run("DELETE FROM news_item WHERE id = ?", item)
            return
        if found["state"] not in ALIVE:
            raise Refusal("not_published")
        await tx.run(
            "UPDATE news_item SET state = 'withdrawn', version = version + 1, changed_by = ?, changed_at = ? WHERE id = ?",
            who.name, now, item,
        )  # fmt: skip
        await _take_away(tx, found, now)

    await database.retrying(write)


async def publish_due(database: Database, now: int, zone: ZoneInfo) -> int:
    """Publishes what was scheduled and takes off what is over, each once however many processes do it; returns how many."""

    async def write(tx: Transaction) -> int:
        due = await tx.all(
            "UPDATE news_item SET state = 'published', version = version + 1 WHERE state = 'scheduled' AND published_at <= ?"
            " RETURNING id", now,
        )  # fmt: skip
        for row in sorted(due, key=lambda row: str(row["id"])):
            await _announce(tx, row["id"], now, zone)
        over = await tx.all(
            "UPDATE news_item SET state = 'over', version = version + 1 WHERE state = 'published' AND until <= ? RETURNING *", now
        )
        for row in sorted(over, key=lambda row: str(row["id"])):
            await _take_away(tx, row, now)
        return len(due) + len(over)

    waiting = await database.one(
        "SELECT 1 AS n FROM news_item WHERE (state = 'scheduled' AND published_at <= ?) OR (state = 'published' AND until <= ?) LIMIT 1",
        now, now,
    )  # fmt: skip
    return await database.retrying(write) if waiting else 0


async def _announce(tx: Transaction, item: str, now: int, zone: ZoneInfo) -> None:
    """Writes the rows of those it is for, and asks for their pushes."""
    found = await _item(tx, item)
    await grant_targets(tx, targets_of(found), day_of(now, zone))
    await put_changes(tx, await _rows(tx, item, zone), now)
    await broadcast(tx, rules.scopes_of(targets_of(found)), "news", f"news/{item}", f"/actualites?lire={item}", now, detail=found["title"])


async def _rows(tx: Transaction, item: str, zone: ZoneInfo) -> Changes:
    found = await _item(tx, item)
    row = body(found, zone, await names_of(tx, targets_of(found)))
    return {scope: {f"news/{item}": row} for scope in rules.scopes_of(targets_of(found))}


async def _take_away(tx: Transaction, found: Row, now: int) -> None:
    await put_changes(tx, {scope: {f"news/{found['id']}": None} for scope in rules.scopes_of(targets_of(found))}, now)


async def _store(tx: Transaction, item: str, said: News, html: str, who: Who, now: int) -> None:
    await tx.run(
        "UPDATE news_item SET title = ?, summary = ?, body = ?, html = ?, pinned = ?, targets = ?, until = ?, version = version + 1,"
        " changed_by = ?, changed_at = ? WHERE id = ?",
        said.title, said.summary, said.body, html, said.pinned, json.dumps(said.targets), said.until, who.name, now, item,
    )  # fmt: skip


async def _checked(database: Database, said: News) -> str:
    """The HTML of what was written.

    Raises:
        Refusal: ``malformed`` for a target that does not exist; ``foreign_picture``; ``picture_unnamed``.
    """
    known = {one["target"] for one in await targets(database)}
    if not rules.well_formed(said.targets) or not known.issuperset(said.targets):
        raise Refusal("malformed")
    made = await _rendered(database, said.body)
    if made.removed:
        raise Refusal("foreign_picture", address=made.removed[0])
    if made.unnamed:
        raise Refusal("picture_unnamed")
    return made.html


async def _rendered(database: Database, text: str) -> rules.Rendered:
    # The worst of texts take half a second: not on the thread that answers everybody.
    return await asyncio.to_thread(rules.render, text, await sizes(database))


async def _item(reader: Connection | Database, item: str) -> Row:
    found = await reader.one("SELECT * FROM news_item WHERE id = ?", item)
    if found is None:
        raise Refusal("not_found")
    return found


async def _mine(tx: Transaction, item: str, version: int) -> Row:
    await tx.lock("news_item", [item])
    found = await _item(tx, item)
    if found["version"] != version:
        raise Refusal("someone_else_wrote", name=found["changed_by"])
    return found


def _listed(row: Row, zone: ZoneInfo, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "title": row["title"],
        "summary": row["summary"],
        "state": row["state"],
        "at": iso(row["published_at"], zone),
        "until": None if row["until"] is None else iso(row["until"], zone),
        "pinned": bool(row["pinned"]),
        "targets": targets_of(row),
        "audience": [names[target] for target in targets_of(row)],
        "corrected_at": None if row["corrected_at"] is None else iso(row["corrected_at"], zone),
        "version": row["version"],
        "author": row["author"],
        "changed_by": row["changed_by"],
        "changed_at": iso(row["changed_at"], zone),
    }
