"""Takes files in, keeps them, gives them out, and clears away what nobody needs. See the package's docstring for its use."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from server.attachments import models, rules, texts
from server.database import Connection, Database, Row, Transaction
from server.errors import Refusal
from server.families.service import families_of
from server.gateways.examining import Examined, Examiner, Unfit
from server.gateways.storage import Storage
from server.traces.service import Who, note

AT_ONCE = 200
MOST_FINISHING = 8
"""Whole files in memory, waiting to be looked into; more of them are asked to come again."""


class Files:
    """The town's files: where they are kept, who looks into them. One per server process."""

    def __init__(self, database: Database, storage: Storage, examiner: Examiner) -> None:
        self._database, self._storage, self._examiner = database, storage, examiner
        self._finishing: set[str] = set()

    async def announce(self, account: str, id: str, name: str, size: int, sha256: str, now: int) -> dict[str, Any]:
        """Begins to take a file, or says how far it is: ``{id, state, offset, …}``; asking again changes nothing.

        Raises:
            Refusal: ``file_too_large``; ``too_many_files`` wait for whatever should hold them; ``not_found``: somebody else's id.
        """
        if size > rules.MOST_BYTES:
            raise Refusal("file_too_large", megabytes=rules.MOST_BYTES // rules.MEGABYTE)
        found = await models.attachment(self._database, id)
        if found is None:
            count, bytes_ = await models.waiting(self._database, account)
            if count >= rules.MOST_WAITING or bytes_ + size > rules.MOST_WAITING_BYTES:
                raise Refusal("too_many_files")
            add = partial(models.announce, id=id, account=account, name=name[:120], size=size, sha256=sha256, at=now)
            await self._database.retrying(add)
        return await self._went_on(await self._own(account, id), now)

    async def receive(self, account: str, id: str, offset: int, piece: bytes, now: int) -> dict[str, Any]:
        """Takes one piece that begins at `offset`; a piece from elsewhere changes nothing, the answer tells where to go on.

        Raises:
            Refusal: ``not_found``; ``malformed``: larger than a piece, or than what was announced; ``busy``.
        """
        found = await self._own(account, id)
        if found["state"] == "coming" and offset == found["received"] < found["sent_size"]:
            if not 0 < len(piece) <= min(rules.PIECE_BYTES, found["sent_size"] - offset):
                raise Refusal("malformed")
            await self._storage.put(rules.piece_name(id, offset), piece)
            await self._database.retrying(partial(models.add_piece, id=id, start=offset, length=len(piece)))
            found = await self._own(account, id)
        return await self._went_on(found, now)

    async def withdraw(self, account: str, id: str) -> None:
        """The sender does not want to send it after all; what something holds stays."""
        found = await self._own(account, id)
        if found["holder"] is None:
            await self._remove(found["id"])

    async def download(self, id: str, who: Who, *, is_agent: bool, today: str, now: int, preview: bool = False) -> tuple[Row, bytes]:
        """A file for somebody whom it concerns, looked up and judged at every download.

        Raises:
            Refusal: ``not_found``, also for those who may not read it.
        """
        found = await models.attachment(self._database, id)
        if found is None or found["state"] != "stored" or not await self._may_read(found, who, is_agent, today):
            raise Refusal("not_found")
        blob = found["preview"] if preview else found["blob"]
        content = await self._storage.get(rules.blob_name(blob)) if blob else None
        if content is None:
            raise Refusal("not_found")
        if is_agent and found["family"] and not preview:
            family = found["family"]
            await self._database.retrying(lambda tx: note(tx, family, who, "file.read", now, found["holder"] or ""))
        return found, content

    async def shown_to_all(self, id: str, holder: str) -> tuple[Row, bytes]:
        """A file of a holder that is public: whoever calls this has decided so.

        Raises:
            Refusal: ``not_found``.
        """
        found = await models.attachment(self._database, id)
        content = None
        if found is not None and found["holder"] == holder and found["blob"]:
            content = await self._storage.get(rules.blob_name(found["blob"]))
        if found is None or content is None:
            raise Refusal("not_found")
        return found, content

    async def clear(self, now: int) -> int:
        """The nightly job: files that nothing claimed within a week, and bytes that no file has any more."""
        left = await models.unheld(self._database, now - rules.WEEK_MS, AT_ONCE)
        for row in left:
            await self._remove(row["id"])
        doomed = await self._database.retrying(
            partial(models.doom_blobs, before=now - rules.DAY_MS, at=now, again=now - rules.GOING_MS, limit=AT_ONCE)
        )
        for blob in doomed:
            await self._storage.delete(rules.blob_name(blob))
        if doomed:
            await self._database.retrying(partial(models.forget_blobs, blobs=doomed))
        return len(left) + len(doomed)

    async def close(self) -> None:
        await self._examiner.close()

    async def _may_read(self, found: Row, who: Who, is_agent: bool, today: str) -> bool:
        if found["holder"] is None:
            return bool(found["account"] == who.account)
        if is_agent:
            return bool(found["service"] == who.service)
        async with self._database.snapshot() as snapshot:
            return found["family"] in await families_of(snapshot, who.account or "", today)

    async def _own(self, account: str, id: str) -> Row:
        found = await models.attachment(self._database, id)
        if found is None or found["account"] != account:
            raise Refusal("not_found")
        return found

    async def _went_on(self, found: Row, now: int) -> dict[str, Any]:
        """How far a file is; when its last piece has come, it is looked into first."""
        if found["state"] == "coming" and found["received"] >= found["sent_size"]:
            await self._finish_once(found, now)
            found = await self._own(found["account"], found["id"])
        told = {"id": found["id"], "state": found["state"], "offset": found["received"]}
        if found["state"] == "refused":
            return told | {"why": found["why"], "sentence": texts.sentence(found["why"])}
        return told | (shown(found) if found["state"] == "stored" else {})

    async def _finish_once(self, found: Row, now: int) -> None:
        """A phone that waited too long asks again while its file is still being looked into: once is enough."""
        if found["id"] in self._finishing or len(self._finishing) >= MOST_FINISHING:
            raise Refusal("busy", retry_after=5)
        self._finishing.add(found["id"])
        try:
            await self._finish(found, now)
        finally:
            self._finishing.discard(found["id"])

    async def _finish(self, found: Row, now: int) -> None:
        id = found["id"]
        starts = rules.offsets(found["sent_size"], await models.pieces(self._database, id))
        parts = [await self._storage.get(rules.piece_name(id, start)) for start in starts]
        content = b"".join(part for part in parts if part is not None)
        if hashlib.sha256(content).hexdigest() != found["sent_sha256"]:
            # Two tabs sent different pieces, or the line changed one: from the beginning.
            await self._database.retrying(partial(models.begin_again, id=id))
            return
        try:
            kept = await self._examiner.examine(content)
        except Unfit as refusal:
            await self._database.retrying(partial(models.settle, id=id, state="refused", why=refusal.why))
        else:
            await self._keep(found, kept, now)
        for start in starts:
            await self._storage.delete(rules.piece_name(id, start))

    async def _keep(self, found: Row, kept: Examined, now: int) -> None:
        blob = await self._put(kept.content, now)
        preview = await self._put(kept.preview, now) if kept.preview else None
        values = {
            "state": "stored", "blob": blob, "preview": preview, "mime": kept.mime, "size": len(kept.content), "width": kept.width,
            "height": kept.height, "name": rules.tidy_name(found["name"], kept.extension),
        }  # fmt: skip
        await self._database.retrying(lambda tx: models.settle(tx, found["id"], **values))

    async def _put(self, content: bytes, now: int) -> str:
        blob = hashlib.sha256(content).hexdigest()
        if not await self._database.retrying(partial(models.claim_blob, sha256=blob, size=len(content), at=now)):
            raise Refusal("busy", retry_after=5)
        await self._storage.put(rules.blob_name(blob), content)
        return blob

    async def _remove(self, id: str) -> None:
        starts = list(await models.pieces(self._database, id))

        async def write(tx: Transaction) -> None:
            gone = await tx.one("DELETE FROM attachment WHERE id = ? AND holder IS NULL RETURNING id", id)
            if gone:
                await tx.run("DELETE FROM attachment_piece WHERE attachment = ?", id)

        await self._database.retrying(write)
        for start in starts:
            await self._storage.delete(rules.piece_name(id, start))


async def hold(
    tx: Transaction, ids: Sequence[str], account: str, *, holder: str, family: str, service: str
) -> tuple[list[str], list[str]]:
    """Gives files of an account to what they belong to (``message/m_1``): who may read it may read them from now on.

    Returns the ids that it holds now, and those that it cannot hold: unknown, still on their way, refused, of somebody else, or held
    by something else. Asking again gives the same answer.
    """
    kept: list[str] = []
    missing: list[str] = []
    for id in ids:
        done = await tx.one(
            "UPDATE attachment SET holder = ?, family = ?, service = ? WHERE id = ? AND account = ? AND state = 'stored'"
            " AND (holder IS NULL OR holder = ?) RETURNING id",
            holder, family, service, id, account, holder,
        )  # fmt: skip
        (kept if done else missing).append(id)
    return kept, missing


async def hand_over(tx: Transaction, holders: Iterable[str], service: str) -> None:
    """Another service reads them from now on, and the former one does not."""
    await tx.many("UPDATE attachment SET service = ? WHERE holder = ?", [[service, holder] for holder in holders])


async def drop(tx: Transaction, holders: Iterable[str]) -> None:
    """What held them is gone: the files go too, their bytes with the next nightly job."""
    await tx.many("DELETE FROM attachment WHERE holder = ?", [[holder] for holder in holders])


async def files_of(
    reader: Connection | Database, holders: Iterable[str], family: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """holder → what rows and pages show of its files, in the order in which they were announced; holders without any are left out.

    `family`: only what this one may read, where two families see the same thing.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await models.held(reader, holders):
        if family is None or row["family"] == family:
            found.setdefault(row["holder"], []).append(shown(row))
    return found


def shown(row: Row) -> dict[str, Any]:
    """``{id, name, mime, size, picture?}``; `picture`: width and height, there is a preview."""
    told = {"id": row["id"], "name": row["name"], "mime": row["mime"], "size": row["size"]}
    return told | ({"picture": [row["width"], row["height"]]} if row["preview"] else {})
