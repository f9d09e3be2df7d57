"""The built web app, from memory, compressed by its build: nine times Quart's own static files.

`/assets/…` never changes under its name; everything else is checked again each time. Any other page of the app answers
with the shell, which knows what to show.
"""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from server.web.headers import Asgi, Receive, Scope, Send

PAGES = (
    "/", "/connexion", "/inscription-compte", "/accueil", "/dossier", "/inscription", "/planning", "/factures",
    "/simulation", "/messages", "/actualites", "/documents", "/envois", "/parametres", "/accessibilite", "/plus",
    "/activation", "/mot-de-passe", "/adresse", "/rejoindre", "/compte",
)  # fmt: skip
# How the build names what it compressed beside each file, and what the wire calls it.
ENCODINGS = {".br": "br", ".gz": "gzip"}
A_DAY = "public, max-age=86400"
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class File:
    kind: str
    tag: str
    cache: str
    bodies: dict[str, bytes]


class StaticFiles:
    """An ASGI application in front of the API's."""

    def __init__(self, app: Asgi, folder: Path, *, farewell: bool = False) -> None:
        self._app = app
        self._files = dict(_load(folder)) if folder.is_dir() else {}
        if farewell and "/farewell-sw.js" in self._files:
            self._files["/sw.js"] = self._files["/farewell-sw.js"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        found = self._files.get(path)
        status = 200
        if found is None or path == "/":
            shell = self._files.get("/index.html")
            asks_for_page = "." not in path.rsplit("/", 1)[-1]
            if shell is None or not asks_for_page:
                await self._app(scope, receive, send)
                return
            found, status = shell, 200 if path in PAGES or path.startswith("/agents") else 404
        await _answer(found, status, scope, send)


async def _answer(file: File, status: int, scope: Scope, send: Send) -> None:
    headers = dict(scope["headers"])
    accepted = headers.get(b"accept-encoding", b"").decode("latin-1")
    encoding = next((e for e in ("br", "gzip") if e in accepted and e in file.bodies), "")
    body = file.bodies[encoding]
    answer: list[tuple[bytes, bytes]] = [
        (b"content-type", file.kind.encode()),
        (b"cache-control", file.cache.encode()),
        (b"etag", f'"{file.tag}{encoding}"'.encode()),
        (b"vary", b"accept-encoding"),
    ]
    if status == 200 and headers.get(b"if-none-match") == f'"{file.tag}{encoding}"'.encode():
        await send({"type": "http.response.start", "status": 304, "headers": answer})
        await send({"type": "http.response.body", "body": b""})
        return
    if encoding:
        answer.append((b"content-encoding", encoding.encode()))
    answer.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": answer})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _load(folder: Path) -> list[tuple[str, File]]:
    return [
        (f"/{file.relative_to(folder).as_posix()}", _read(file, folder))
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in ENCODINGS
    ]


def _read(file: Path, folder: Path) -> File:
    plain = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix in (".js", ".css", ".html", ".svg"):
        kind = {".js": "text/javascript"}.get(file.suffix, kind) + "; charset=utf-8"
    beside = {encoding: file.with_name(file.name + ending) for ending, encoding in ENCODINGS.items()}
    bodies = {"": plain} | {encoding: path.read_bytes() for encoding, path in beside.items() if path.exists()}
    hashed = file.relative_to(folder).parts[0] == "assets"
    drawn = file.name == "favicon.svg" or file.relative_to(folder).parts[0] == "icons"
    cache = FOR_EVER if hashed else A_DAY if drawn else "no-cache"
    return File(kind, hashlib.sha256(plain).hexdigest()[:16], cache, bodies)
