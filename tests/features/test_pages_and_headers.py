"""What a browser gets before any of our code runs in it: pages, files, headers, colours."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import brotli
import httpx
import pytest
from quart import Quart

from server.app import create_app
from server.config import Config
from server.web.headers import SecurityHeaders
from server.web.limits import BodyLimit
from server.web.static import StaticFiles
from tests.conftest import Clock

SHELL = "<!doctype html><title>Portail famille</title>" + "<p>coquille</p>" * 40


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built web app, as far as the server is concerned."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(SHELL)
    code = folder / "assets" / "app-1a2b3c.js"
    code.write_text("console.log('bonjour');" * 30)
    code.with_name(code.name + ".br").write_bytes(brotli.compress(code.read_bytes()))
    (folder / "sw.js").write_text("// the worker")
    (folder / "farewell-sw.js").write_text("// goodbye")
    return folder


def _wrapped(app: Quart, config: Config) -> httpx.AsyncClient:
    asgi = SecurityHeaders(StaticFiles(BodyLimit(app), config.static, farewell=config.farewell), secure=config.secure)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=asgi), base_url="http://localhost")  # type: ignore[arg-type]


@pytest.fixture
async def browser(config: Config, built: Path, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    settings = replace(config, static=built)
    app = create_app(settings, now=clock)
    async with app.test_app(), _wrapped(app, settings) as client:
        yield client


async def test_every_page_of_the_app_is_the_shell(browser: httpx.AsyncClient) -> None:
    for page in ("/", "/connexion", "/planning", "/agents/demandes"):
        answer = await browser.get(page)
        assert (answer.status_code, answer.text) == (200, SHELL), page
        assert answer.headers["cache-control"] == "no-cache"


async def test_a_page_that_does_not_exist_says_so_and_still_shows_the_app(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nulle-part")
    assert (answer.status_code, answer.text) == (404, SHELL)


async def test_a_hashed_file_is_kept_for_ever_and_comes_compressed(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/app-1a2b3c.js", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]
    again = await browser.get("/assets/app-1a2b3c.js", headers={"Accept-Encoding": "br", "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_outside_the_app_are_not_served(browser: httpx.AsyncClient) -> None:
    for path in ("/../pyproject.toml", "/%2e%2e/pyproject.toml", "/assets/../../secret", "/index.html/../../secret"):
        answer = await browser.get(path)
        assert "quart" not in answer.text and answer.status_code in (200, 404)


async def test_every_answer_carries_the_security_headers(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/planning", "/sw.js"):
        headers = (await browser.get(path)).headers
        assert "require-trusted-types-for 'script'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
    for path in ("/api/health", "/api/nowhere", "/theme.css", "/assets/app-1a2b3c.js"):
        assert (await browser.get(path)).headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'", path
    for path in ("/", "/api/health", "/sw.js"):
        assert (await browser.get(path)).headers["x-content-type-options"] == "nosniff"


async def test_only_an_https_town_promises_https(config: Config, built: Path, clock: Clock) -> None:
    for url, promised in (("http://localhost", False), ("https://localhost", True)):
        settings = replace(config, static=built, public_url=url)
        app = create_app(settings, now=clock)
        async with app.test_app(), _wrapped(app, settings) as client:
            assert ("strict-transport-security" in (await client.get("/")).headers) is promised


async def test_the_farewell_worker_takes_the_workers_place(config: Config, built: Path, clock: Clock) -> None:
    settings = replace(config, static=built, farewell=True)
    app = create_app(settings, now=clock)
    async with app.test_app(), _wrapped(app, settings) as client:
        assert (await client.get("/sw.js")).text == "// goodbye"


async def test_large_json_comes_compressed_and_never_from_a_cache(browser: httpx.AsyncClient) -> None:
    for encoding, open_it in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        async with browser.stream("GET", "/api/public/town", headers={"Accept-Encoding": encoding}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["cache-control"] == "no-store"
        assert b"Vigneux-sur-Seine" in open_it(raw)


async def test_the_manifest_bears_the_towns_name_and_a_fixed_id(browser: httpx.AsyncClient) -> None:
    manifest = (await browser.get("/manifest.json")).json()
    assert manifest["id"] == "/" and manifest["name"] == "Portail famille · Vigneux-sur-Seine"


async def test_health_tells_which_database_answers(browser: httpx.AsyncClient, dialect: str) -> None:
    assert (await browser.get("/api/health")).json()["database"] == dialect
