"""What the tests share: the demo town on both database engines, an app on it, a clock that stands still, the cast.

The cast (see the README): Nadia Benali with Léa and Noé; Paul Martin, Noé's other parent; Aminata Diallo, who must see
none of it; Sylvie and Marc, agents of the town.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from quart import Quart

import tests.lighter  # noqa: F401  what a thousand applications in one process need only once
from server import config as configuration
from server.app import create_app
from server.config import Config
from server.database import Database
from server.towns import demo
from server.towns.loader import load_town
from server.web.limits import BodyLimit
from tests.cast import PASSWORD, Client, Phone
from tests.databases import PostgresEngine, SqliteEngine

SignIn = Callable[[str], Awaitable[Client]]
NewPhone = Callable[[str], Awaitable[Phone]]
ROOT = Path(__file__).parents[1]
PARIS = ZoneInfo("Europe/Paris")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--take-screenshots", action="store_true", help="keep the README's pictures in docs/screenshots")


class Clock:
    """The time of the town: a Monday morning, until a test says otherwise. Called, it gives UTC milliseconds."""

    def __init__(self) -> None:
        self.set("2026-11-23T08:00")

    def set(self, local: str) -> None:
        """For example ``2026-11-23T08:00``, on the town's clock."""
        self.moment = datetime.fromisoformat(local).replace(tzinfo=PARIS)

    def __call__(self) -> int:
        return int(self.moment.timestamp() * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def _fill(database: Database) -> None:
    await demo.build(database, load_town("vigneux"), families=0, now_ms=Clock()())


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo town in it, to be copied and not to be served."""
    data = tmp_path_factory.mktemp("demo") / "data"
    command = [sys.executable, "-m", "server", "demo", "--build-only"]
    environment = os.environ | {"PORTAIL_DATA": str(data)}
    made = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return data


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Both engines, each with the demo town ready to be copied; made when a test first asks."""
    made: dict[str, Any] = {}
    yield made
    if "postgresql" in made:
        made["postgresql"].stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def database_url(dialect: str, engines: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a database of one's own with the demo town in it."""
    if dialect not in engines:
        engine = SqliteEngine(tmp_path_factory.mktemp("sqlite")) if dialect == "sqlite" else PostgresEngine()
        await engine.prepare(_fill)
        engines[dialect] = engine
    async with engines[dialect].copy() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database as the server opens it, beside the server or without one."""
    opened = await Database(database_url).open()
    yield opened
    await opened.close()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    return configuration.read({}, data=str(tmp_path), database_url=database_url, public_url="http://localhost", agent_second_factor="no")


@pytest.fixture
async def app(config: Config, clock: Clock) -> AsyncIterator[Quart]:
    """The application, started, with the bounds on bodies that a server puts around it."""
    app = create_app(config, now=clock)
    app.asgi_app = BodyLimit(app.asgi_app)  # type: ignore[method-assign]
    async with app.test_app():
        yield app


@pytest.fixture
def client(app: Quart) -> Client:
    """Somebody who is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Quart) -> SignIn:
    """Signs in one of the cast, on a browser of their own."""

    async def signed_in(username: str) -> Client:
        client = app.test_client()
        answer = await client.post("/api/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, await answer.get_data()
        return client

    return signed_in


@pytest.fixture
def new_phone(sign_in: SignIn) -> NewPhone:
    """A registered installation of the app, signed in as one of the cast."""

    async def made(username: str) -> Phone:
        client = await sign_in(username)
        account = (await (await client.get("/api/session")).get_json())["account"]["id"]
        return await Phone(client, account).register()

    return made


@pytest.fixture
async def as_nadia(sign_in: SignIn) -> Client:
    return await sign_in("nadia")


@pytest.fixture
async def as_paul(sign_in: SignIn) -> Client:
    return await sign_in("paul")


@pytest.fixture
async def as_aminata(sign_in: SignIn) -> Client:
    return await sign_in("aminata")


@pytest.fixture
async def as_sylvie(sign_in: SignIn) -> Client:
    return await sign_in("sylvie")


@pytest.fixture
async def as_marc(sign_in: SignIn) -> Client:
    return await sign_in("marc")


@pytest.fixture
async def nadias_phone(new_phone: NewPhone) -> Phone:
    return await new_phone("nadia")
