"""The stand-ins of FranceConnect and API Particulier on real sockets, for the stories about identity."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx
from quart import Quart

from server.app import create_app
from server.config import Config
from server.simulators.api_particulier import ApiParticulierSimulator
from server.simulators.beside import Beside, free_port
from server.simulators.franceconnect import FranceConnectSimulator
from tests.cast import Client
from tests.conftest import Clock

SIRET = "13002526500013"


@dataclass
class Outside:
    """Both stand-ins, and the browser of a person at FranceConnect."""

    franceconnect: FranceConnectSimulator
    particulier: ApiParticulierSimulator
    settings: dict[str, str]

    async def leave(self, client: Client, motif: str = "connexion", **more: str) -> str:
        """Presses the button; the address at FranceConnect that the browser is sent to."""
        answer = await client.get("/api/franceconnect/connexion", query_string={"motif": motif, **more})
        assert answer.status_code == 303, await answer.get_data()
        return str(answer.headers["Location"])

    async def choose(self, address: str, person: str | None) -> str:
        """What the person does there (None: gives up); the address of the portal that the browser is sent back to."""
        async with httpx.AsyncClient() as browser:
            choice = "&abandon=1" if person is None else f"&personne={person}"
            answer = await browser.get(address + choice)
        assert answer.status_code == 303, answer.text
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"

    async def trip(self, client: Client, person: str | None, motif: str = "connexion", **more: str) -> str:
        """There and back; the page that the browser ends on."""
        answer = await client.get(await self.choose(await self.leave(client, motif, **more), person))
        assert answer.status_code == 303, await answer.get_data()
        return str(answer.headers["Location"])


def outside(beside: Beside, now: Callable[[], float]) -> Outside:
    """Both, served."""
    home = "http://localhost/api/franceconnect"
    provider = FranceConnectSimulator("portail-test", "secret-of-the-tests", f"{home}/retour", f"{home}/fin", now=now)
    port = free_port()
    beside.web(provider.app(f"http://127.0.0.1:{port}"), port)
    particulier = ApiParticulierSimulator("token-of-the-tests", provider.who_has, now=now)
    url = beside.web(particulier.app(), free_port())
    settings = {
        "franceconnect_url": provider.issuer, "franceconnect_client": "portail-test", "franceconnect_secret": "secret-of-the-tests",
        "particulier_url": url, "particulier_token": "token-of-the-tests", "particulier_siret": SIRET,
    }  # fmt: skip
    return Outside(provider, particulier, settings)


@asynccontextmanager
async def served(config: Config, clock: Clock, settings: dict[str, str]) -> AsyncIterator[Quart]:
    """The portal, with its gateways looking at the stand-ins and at the tests' clock; nobody waits for real."""
    app = create_app(replace(config, **settings), now=clock)
    town = app.extensions["portail"]
    town.franceconnect.now = lambda: clock() / 1000

    async def at_once(seconds: float) -> None:
        waited.append(seconds)

    waited: list[float] = []
    town.quotients.pause = at_once
    app.extensions["portail-retries"].pause = at_once
    town.quotients.clock = lambda: clock() / 1000
    app.extensions["waited"] = waited
    async with app.test_app():
        yield app


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
