"""Files come in pieces, are looked into, and are given out to whom they concern; the bucket of a town does as well as its disk."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image
from quart import Quart

from server.attachments.service import Files, hold
from server.database import Database
from server.gateways.storage import Folder, Storage, storage
from tests.cast import Client
from tests.conftest import Clock
from tests.features.files import GPS, PIECE, announce, document, new_id, paper, photo, piece, upload


async def _hold(database: Database, told: dict[str, Any], **to: str) -> tuple[list[str], list[str]]:
    async with database.transaction() as tx:
        where = {"holder": "message/m_1", "family": "fam_benali", "service": "enfance-education"} | to
        return await hold(tx, [told["id"]], "acc_nadia", **where)


async def _file(client: Client, told: dict[str, Any]) -> Any:
    return await client.get(f"/api/attachments/{told['id']}/file")


async def test_a_broken_upload_goes_on_where_it_stopped(as_nadia: Client) -> None:
    content, id = photo("PNG", (640, 480)), new_id()
    assert PIECE < len(content) < 2 * PIECE
    assert (await (await announce(as_nadia, id, "dessin.png", content)).get_json())["offset"] == 0
    assert (await piece(as_nadia, id, 0, content[:PIECE]))["offset"] == PIECE
    assert (await piece(as_nadia, id, 0, content[:PIECE]))["offset"] == PIECE, "sent twice: nothing happens"
    assert (await (await announce(as_nadia, id, "dessin.png", content)).get_json())["offset"] == PIECE, "the phone asks where it stopped"
    told = await piece(as_nadia, id, PIECE, content[PIECE:])
    assert (told["state"], told["name"], told["mime"], told["picture"]) == ("stored", "dessin.png", "image/png", [640, 480])


async def test_a_phone_that_asks_again_while_its_file_is_looked_into_is_told_to_wait(as_nadia: Client, app: Quart) -> None:
    files: Files = app.extensions["portail"].files
    looked, go_on, examine = 0, asyncio.Event(), files._examiner.examine

    async def slow(content: bytes) -> Any:
        nonlocal looked
        looked += 1
        await go_on.wait()
        return await examine(content)

    files._examiner.examine = slow  # type: ignore[method-assign]
    content, id = paper(), new_id()
    await announce(as_nadia, id, "a.pdf", content)
    first = asyncio.create_task(piece(as_nadia, id, 0, content))
    while not looked:
        await asyncio.sleep(0)
    again = await announce(as_nadia, id, "a.pdf", content)
    assert (again.status_code, again.headers["Retry-After"]) == (503, "5")
    go_on.set()
    assert (await first)["state"] == "stored" and looked == 1


async def test_bytes_that_changed_on_the_way_are_asked_for_again(as_nadia: Client) -> None:
    content, id = paper(), new_id()
    await announce(as_nadia, id, "attestation.pdf", content)
    assert (await piece(as_nadia, id, 0, content[:-2] + b"!!"))["offset"] == 0
    assert (await piece(as_nadia, id, 0, content))["state"] == "stored"


@pytest.mark.parametrize("dialect", ["sqlite"])  # looks at files, not at tables
@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
async def test_a_photo_loses_its_place_and_what_it_says_of_its_owner(as_nadia: Client, kind: str) -> None:
    told = await upload(as_nadia, "IMG 0042.heic", photo(kind))
    kept = await (await _file(as_nadia, told)).get_data()
    image = Image.open(io.BytesIO(kept))
    assert (image.format, image.size, told["name"]) == ("JPEG", (640, 480), "IMG 0042.jpg")
    assert GPS not in image.getexif() and b"Nadia" not in kept
    small = Image.open(io.BytesIO(await (await as_nadia.get(f"/api/attachments/{told['id']}/preview")).get_data()))
    assert small.size == (360, 270)


@pytest.mark.parametrize("dialect", ["sqlite"])  # looks at files, not at tables
async def test_a_large_photo_is_kept_at_a_size_for_screens(as_nadia: Client) -> None:
    assert (await upload(as_nadia, "mur.jpg", photo(size=(4000, 1000))))["picture"] == [2560, 640]


@pytest.mark.parametrize("dialect", ["sqlite"])  # looks at files, not at tables
async def test_papers_and_documents_are_kept_as_they_are(as_nadia: Client) -> None:
    for name, content, kept_as in (("Attestation.pdf", paper(), "Attestation.pdf"), ("lettre.doc", document(), "lettre.docx")):
        told = await upload(as_nadia, name, content)
        answer = await _file(as_nadia, told)
        assert await answer.get_data() == content and told["name"] == kept_as
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "sandbox" in answer.headers["Content-Security-Policy"] and "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("dialect", ["sqlite"])  # looks at files, not at tables
async def test_what_is_not_taken_says_why(as_nadia: Client) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99)
    wrong = {"virus.pdf": (b"MZ" + bytes(200), "kind"), "page.jpg": (b"<html><script>", "kind"), "vieux.doc": (old, "old_office")}
    for name, (content, why) in wrong.items():
        told = await upload(as_nadia, name, content)
        assert (told["state"], told["why"]) == ("refused", why) and told["sentence"].endswith(".")
        assert (await _file(as_nadia, told)).status_code == 404
    refused = await as_nadia.put(f"/api/attachments/{new_id()}", json={"name": "film.pdf", "size": 16 * 1024 * 1024, "sha256": "0" * 64})
    assert refused.status_code == 413 and "15 Mo" in (await refused.get_json())["error"]["message"]


@pytest.mark.parametrize("dialect", ["sqlite"])  # looks at files, not at tables
async def test_nobody_fills_the_towns_disk(as_nadia: Client) -> None:
    statuses = [(await announce(as_nadia, new_id(), "a.pdf", b"%PDF-")).status_code for _ in range(26)]
    assert statuses == [200] * 24 + [429, 429]


async def test_only_the_family_and_the_service_read_it(
    as_nadia: Client, as_aminata: Client, as_paul: Client, as_sylvie: Client, as_marc: Client, database: Database
) -> None:
    told = await upload(as_nadia, "certificat.pdf", paper())
    assert (await announce(as_aminata, told["id"], "x.pdf", b"x")).status_code == 404, "an id of somebody else"
    assert [(await _file(one, told)).status_code for one in (as_nadia, as_paul, as_sylvie)] == [200, 404, 404]
    assert await _hold(database, told) == ([told["id"]], [])
    assert await _hold(database, told, holder="message/m_2") == ([], [told["id"]]), "one file belongs to one message"
    seen = [(await _file(one, told)).status_code for one in (as_nadia, as_sylvie, as_marc, as_paul, as_aminata)]
    assert seen == [200, 200, 404, 404, 404]
    assert (await as_nadia.delete(f"/api/attachments/{told['id']}")).status_code == 204
    assert (await _file(as_nadia, told)).status_code == 200, "what a message holds is not taken out of it"
    read = await database.all("SELECT name, detail FROM trace WHERE what = 'file.read'")
    assert [(row["name"], row["detail"]) for row in read] == [("Sylvie Laurent", "message/m_1")]


async def test_what_nobody_claimed_is_cleared_away(as_nadia: Client, database: Database, app: Quart, clock: Clock, tmp_path: Path) -> None:
    files: Files = app.extensions["portail"].files
    held, left = await upload(as_nadia, "a.pdf", paper(b"(a)")), await upload(as_nadia, "b.jpg", photo())
    await announce(as_nadia, new_id(), "c.pdf", paper())
    await _hold(database, held)
    clock.set("2026-11-29T08:00")
    assert await files.clear(clock()) == 0
    clock.set("2026-11-30T09:00")
    assert await files.clear(clock()) == 4, "two files, and the bytes of one with its preview"
    assert (await _file(as_nadia, held)).status_code == 200
    assert (await _file(as_nadia, left)).status_code == 404
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


async def test_bytes_that_are_sent_again_while_they_go_are_not_lost(as_nadia: Client, app: Quart, clock: Clock) -> None:
    files: Files = app.extensions["portail"].files
    content = paper(b"(twice)")
    await as_nadia.delete(f"/api/attachments/{(await upload(as_nadia, 'a.pdf', content))['id']}")
    clock.set("2026-11-25T08:00")
    gone, kept = files._storage.delete, []

    async def meanwhile(name: str) -> None:
        answer = await as_nadia.put(f"/api/attachments/{(id := new_id())}", json={"name": "b.pdf", "size": 1, "sha256": "0" * 64})
        kept.append((id, answer.status_code))
        await gone(name)

    files._storage.delete = meanwhile  # type: ignore[method-assign]
    await files.clear(clock())
    files._storage.delete = gone  # type: ignore[method-assign]
    assert len(kept) == 1
    told = await upload(as_nadia, "c.pdf", content)
    assert await (await _file(as_nadia, told)).get_data() == content


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """The address of a bucket in an S3 of our own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="ville", aws_secret_access_key="secret"
    ).create_bucket(Bucket="portail")
    yield f"s3+http://ville:secret@{host}:{port}/portail"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Folder(tmp_path / "kept") if request.param == "folder" else storage(request.getfixturevalue("bucket"), tmp_path)


async def test_a_folder_and_a_bucket_keep_the_same_promises(kept_in: Storage) -> None:
    assert await kept_in.get("blobs/ab/abc") is None
    await kept_in.put("blobs/ab/abc", b"one")
    await kept_in.put("blobs/ab/abc", large := bytes(range(256)) * 40_000)
    assert await kept_in.get("blobs/ab/abc") == large
    await kept_in.delete("blobs/ab/abc")
    await kept_in.delete("blobs/ab/abc")
    assert await kept_in.get("blobs/ab/abc") is None
