"""Scopes: what devices copy, and how they catch up.

A scope's counter moves under the lock of its row, inside the transaction that changes it, so that no reader can see
seq 12 before seq 11 is there: the fault that loses records in feeds ordered by time. Every row of a transaction has its
own seq, the receipt the last one, so that a page cut anywhere never shows an answer without its effects.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import msgspec

from server.database import Connection, Database, Row, Transaction, marks
from sync.checksum import digest_add, digest_of, digest_remove, digest_text
from sync.cursor import Reading, cursor_after, where_to_read

Body = Mapping[str, Any]
Changes = dict[str, dict[str, Body | None]]  # scope → key → body, None: gone
PAGE_BYTES = 512 * 1024
KEPT_TOMBSTONES = 400 * 86_400_000  # longer than a school year


async def epoch(connection: Connection) -> str:
    """The generation of the town's data: changes when a backup was restored."""
    found = await connection.one("SELECT gen FROM sync_scope WHERE id = 't:epoch'")
    return found["gen"] if found else "a1"


async def put_rows(tx: Transaction, scope: str, rows: Mapping[str, Body | None], now: int) -> None:
    """Writes new versions of rows, in the order given; None makes a tombstone of a row that is there.

    Takes the lock of the scope: a transaction that changes several scopes calls this in the order of their names.
    """
    gone = {row["key"] for row in await _existing(tx, scope, [key for key, body in rows.items() if body is None])}
    rows = {key: body for key, body in rows.items() if body is not None or key in gone}
    if not rows:
        return
    head = await _advance(tx, scope, len(rows))
    # Read under the lock: another transaction may have written these rows while we waited for it.
    held = {row["key"]: row for row in await _existing(tx, scope, rows)}
    seq, live, digest = head["seq"] - len(rows), head["live_count"], head["digest"]
    for key, body in rows.items():
        seq += 1
        before = held.get(key)
        if before and before["live"]:
            live, digest = live - 1, digest_remove(digest, key, before["seq"])
        if body is not None:
            live, digest = live + 1, digest_add(digest, key, seq)
        await tx.run(
            "INSERT INTO sync_row (scope, key, seq, body, deleted_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (scope, key)"
            " DO UPDATE SET seq = excluded.seq, body = excluded.body, deleted_at = excluded.deleted_at",
            scope, key, seq, None if body is None else encoded(body), None if body is not None else now,
        )
    await tx.run("UPDATE sync_scope SET live_count = ?, digest = ? WHERE id = ?", live, digest, scope)
    tx.moved.add(scope)


async def live_keys(tx: Transaction, scope: str, *kinds: str) -> list[str]:
    """The keys of a scope's rows of some kinds: what to bury when the tables hold them no more."""
    rows = await tx.all("SELECT key FROM sync_row WHERE scope = ? AND body IS NOT NULL ORDER BY key", scope)
    return [row["key"] for row in rows if row["key"].partition("/")[0] in kinds]


async def put_changes(tx: Transaction, changes: Changes, now: int) -> None:
    """Writes rows of several scopes, locking the scopes in the order of their names."""
    for scope in sorted(changes):
        await put_rows(tx, scope, changes[scope], now)


async def replace_rows(tx: Transaction, scope: str, rows: Mapping[str, Body], now: int) -> None:
    """Makes a scope hold exactly these rows, writing only what differs."""
    held = {
        row["key"]: row["body"]
        for row in await tx.all("SELECT key, body FROM sync_row WHERE scope = ? AND body IS NOT NULL", scope)
    }
    changed: dict[str, Body | None] = {key: None for key in held if key not in rows}
    changed |= {key: body for key, body in rows.items() if held.get(key) != encoded(body)}
    await put_rows(tx, scope, changed, now)


async def load_scopes(tx: Transaction, scopes: Mapping[str, Mapping[str, Body]]) -> None:
    """Fills scopes that do not exist yet, in bulk: for imports and the demo."""
    gen = await epoch(tx)
    heads, lines = [], []
    for scope, rows in scopes.items():
        digest = 0
        for seq, (key, body) in enumerate(rows.items(), 1):
            digest = (digest + digest_of(key, seq)) % 2**32
            lines.append((scope, key, seq, encoded(body)))
        heads.append((scope, gen, len(rows), len(rows), digest))
    await tx.many(
        "INSERT INTO sync_scope (id, gen, seq, floor_seq, live_count, digest) VALUES (?, ?, ?, 0, ?, ?)", heads
    )
    await tx.many("INSERT INTO sync_row (scope, key, seq, body, deleted_at) VALUES (?, ?, ?, ?, NULL)", lines)


async def grant(tx: Transaction, grants: Iterable[tuple[str, str]]) -> None:
    """Lets accounts read scopes: pairs (account, scope)."""
    await tx.many("INSERT INTO sync_grant (account, scope) VALUES (?, ?) ON CONFLICT (account, scope) DO NOTHING", grants)


async def revoke(tx: Transaction, account: str, scope: str) -> None:
    """The account's devices remove the scope at their next exchange."""
    await tx.run("DELETE FROM sync_grant WHERE account = ? AND scope = ?", account, scope)
    tx.moved.add(scope)


async def set_readers(tx: Transaction, scope: str, accounts: Set[str]) -> None:
    """Makes exactly these accounts the readers of a scope."""
    held = {row["account"] for row in await tx.all("SELECT account FROM sync_grant WHERE scope = ?", scope)}
    await grant(tx, [(account, scope) for account in sorted(accounts - held)])
    gone = sorted(held - accounts)
    await tx.many("DELETE FROM sync_grant WHERE account = ? AND scope = ?", [(account, scope) for account in gone])
    if accounts != held:
        tx.moved.add(scope)


async def readers_after(tx: Transaction, scopes: Sequence[str], after: str, limit: int) -> list[str]:
    """Parents who may read one of the scopes, in the order of their ids, from the one after `after`."""
    rows = await tx.all(
        "SELECT DISTINCT g.account FROM sync_grant g JOIN account a ON a.id = g.account"
        f" WHERE g.scope IN ({marks(scopes)}) AND a.role = 'parent' AND g.account > ? ORDER BY g.account LIMIT ?",
        *scopes, after, limit,
    )
    return [row["account"] for row in rows]


async def heads_of(connection: Connection, account: str) -> Sequence[Row]:
    """The scopes an account may read, with their heads."""
    return await connection.all(
        "SELECT s.id, s.gen, s.seq, s.floor_seq, s.live_count, s.digest FROM sync_grant g"
        " JOIN sync_scope s ON s.id = g.scope WHERE g.account = ? ORDER BY s.id",
        account,
    )


async def pages(snapshot: Connection, account: str, cursors: Mapping[str, str], limit: int) -> dict[str, Any]:
    """What an account's device has to hear, from its cursors: ``{epoch, changes, scopes: {added, removed}}``."""
    heads = await heads_of(snapshot, account)
    granted = {head["id"] for head in heads}
    changes: list[dict[str, Any]] = []
    room, bytes_left = limit, PAGE_BYTES
    for head in heads:
        said = cursors.get(head["id"])
        reading = where_to_read(said, head["gen"], head["seq"], head["floor_seq"])
        if reading is None:
            continue
        if room <= 0 or bytes_left <= 0:
            changes.append(_nothing_yet(head, said, reading))
            continue
        page, size = await _page(snapshot, head, said, reading, room, bytes_left)
        room, bytes_left = room - len(page["rows"]), bytes_left - size
        changes.append(page)
    return {
        "epoch": heads[0]["gen"] if heads else await epoch(snapshot),
        "changes": changes,
        "scopes": {"added": sorted(granted - cursors.keys()), "removed": sorted(cursors.keys() - granted)},
    }


async def _page(
    snapshot: Connection, head: Row, said: str | None, reading: Reading, room: int, bytes_left: int
) -> tuple[dict[str, Any], int]:
    found = await snapshot.all(
        "SELECT key, seq, body FROM sync_row WHERE scope = ? AND seq > ? AND (body IS NOT NULL OR seq > ?)"
        " ORDER BY seq LIMIT ?",
        head["id"], reading["after"], reading["hide_to"], room + 1,
    )
    rows: list[dict[str, Any]] = []
    size = 0
    for row in found[:room]:
        if size > bytes_left:
            break
        size += len(row["body"] or "") + len(row["key"]) + 20
        if row["body"] is None:
            rows.append({"k": row["key"], "s": row["seq"], "del": True})
        else:
            rows.append({"k": row["key"], "s": row["seq"], "b": msgspec.Raw(row["body"].encode())})
    more = len(found) > len(rows)
    page = {
        "scope": head["id"],
        "from": None if reading["reset"] else said,
        "to": cursor_after(said, reading, head["gen"], head["seq"], rows[-1]["s"] if more and rows else None),
        "more": more,
        "reset": reading["reset"] or _resetting(said),
        "rows": rows,
    }
    if not more:
        page |= {"count": head["live_count"], "digest": digest_text(head["digest"])}
    return page, size


def _nothing_yet(head: Row, said: str | None, reading: Reading) -> dict[str, Any]:
    """The page is full: the device stays where it is in this scope, and asks again."""
    return {"scope": head["id"], "from": said, "to": said, "more": True, "reset": False, "rows": []}


def _resetting(said: str | None) -> bool:
    return said is not None and "r" in said.rpartition(".")[2]


async def purge_tombstones(database: Database, now: int) -> int:
    """Forgets tombstones older than a school year and raises the floor of their scopes; returns how many."""

    async def purge(tx: Transaction) -> int:
        old = await tx.all(
            "SELECT scope, MAX(seq) AS seq, COUNT(*) AS n FROM sync_row WHERE body IS NULL AND deleted_at < ?"
            " GROUP BY scope ORDER BY scope",
            now - KEPT_TOMBSTONES,
        )
        for scope in old:
            # The floor first, in the same transaction: a device below it gets a reset instead of a hole.
            name, last = scope["scope"], scope["seq"]
            await tx.run("UPDATE sync_scope SET floor_seq = ? WHERE id = ? AND floor_seq < ?", last, name, last)
            await tx.run("DELETE FROM sync_row WHERE scope = ? AND body IS NULL AND seq <= ?", name, last)
        return sum(scope["n"] for scope in old)

    return await database.retrying(purge)


async def begin_epoch(database: Database, gen: str) -> None:
    """After a backup was restored: every device starts its copy anew, and sends again what it still remembers."""

    async def write(tx: Transaction) -> None:
        await tx.run(
            "INSERT INTO sync_scope (id, gen, seq, floor_seq, live_count, digest) VALUES ('t:epoch', ?, 0, 0, 0, 0)"
            " ON CONFLICT (id) DO UPDATE SET gen = excluded.gen",
            gen,
        )
        await tx.run("UPDATE sync_scope SET gen = ?", gen)

    await database.retrying(write)


def encoded(body: Body) -> str:
    return msgspec.json.encode(body).decode()


async def _existing(tx: Transaction, scope: str, keys: Iterable[str]) -> Sequence[Row]:
    wanted = list(keys)
    return await tx.all(
        f"SELECT key, seq, body IS NOT NULL AS live FROM sync_row WHERE scope = ? AND key IN ({marks(wanted)})",
        scope, *wanted,
    ) if wanted else []


async def _advance(tx: Transaction, scope: str, by: int) -> Row:
    moved = "UPDATE sync_scope SET seq = seq + ? WHERE id = ? RETURNING seq, live_count, digest"
    head = await tx.one(moved, by, scope)
    if head is None:
        await tx.run(
            "INSERT INTO sync_scope (id, gen, seq, floor_seq, live_count, digest) VALUES (?, ?, 0, 0, 0, 0)"
            " ON CONFLICT (id) DO NOTHING",
            scope, await epoch(tx),
        )
        head = await tx.one(moved, by, scope)
    assert head is not None
    return head
