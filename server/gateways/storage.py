"""Where files live: a folder, or a bucket of a store that speaks S3 (`PORTAIL_FILES_URL`). Bytes under a name, whole or not at all."""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.store import S3Store


class Storage(Protocol):
    """Names are lower-case letters, digits, ``-``, ``_`` and ``/``, made by us."""

    async def put(self, name: str, content: bytes) -> None:
        """Keeps it, also through a power cut; replaces what was there."""

    async def get(self, name: str) -> bytes | None:
        """None: nothing is kept under this name."""

    async def delete(self, name: str) -> None:
        """Nothing is kept under this name any more."""


class Folder:
    """Files on this machine's disk, below one folder that nobody serves."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, content: bytes) -> None:
        await asyncio.to_thread(self._write, self._root / name, content)

    async def get(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._read, self._root / name)

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._remove, self._root / name)

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, beside = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _remove(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            path.unlink()
        with suppress(OSError):  # the last part of an upload leaves its folder empty
            path.parent.rmdir()


class Bucket:
    """A bucket; S3's own protocol, so that any town's host will do."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        await obstore.put_async(self._store, name, content)

    async def get(self, name: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)


def storage(url: str, folder: Path) -> Storage:
    """``s3://key:secret@host/bucket?region=fr-par`` (``s3+http://`` without encryption, on this machine only), or `folder`."""
    if not url:
        return Folder(folder)
    parts = urlsplit(url)
    more: Mapping[str, str] = dict(parse_qsl(parts.query))
    plain = parts.scheme == "s3+http"
    place = parts.netloc.rpartition("@")[2]
    return Bucket(
        S3Store(
            parts.path.strip("/"),
            endpoint=f"{'http' if plain else 'https'}://{place}",
            access_key_id=unquote(parts.username or ""),
            secret_access_key=unquote(parts.password or ""),
            region=more.get("region", "us-east-1"),
            virtual_hosted_style_request=False,
            client_options={"allow_http": plain, "timeout": "30s"},
        )
    )
