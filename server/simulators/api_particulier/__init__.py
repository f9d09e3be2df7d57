"""A strict API Particulier v3 on the loopback: the quotient by FranceConnect's token or by a typed identity.

Cases after those that the official sandbox publishes, written anew for the demo's people. Matching is exact, letter by letter,
as in the sandbox. Knobs make it slow, full, broken, or silent.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quart import Quart, Response, jsonify, request

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases.json").read_text())
TITLES = {
    "37003": "Dossier allocataire absent CNAV", "00429": "Trop de requêtes", "37999": "Erreur inconnue du fournisseur",
    "37002": "Délai du fournisseur dépassé",
}  # fmt: skip
PER_SECOND = 20


@dataclass
class Knobs:
    error: tuple[int, str] | None = None
    """Every answer is this: ``(409, "00015")``."""
    errors: int = -1
    """…but only so many times; -1: always."""
    latency: float = 0.0
    body: str | None = None
    """A body that is no JSON, or another JSON, with status 200."""
    value: int | None = None
    scopes: frozenset[str] = frozenset({"quotient_familial", "allocataires", "enfants", "adresse"})
    retry_after: int = 30


class ApiParticulierSimulator:
    """`who_has`: what FranceConnect's introspection says of a token; `today`: ``YYYY-MM``, to refuse months to come."""

    def __init__(self, token: str, who_has: Callable[[str], Mapping[str, str] | None], *, now: Callable[[], float] = time.time) -> None:
        self.token, self.who_has, self.now = token, who_has, now
        self.knobs = Knobs()
        self.asked: list[dict[str, Any]] = []
        self._times: list[float] = []

    def app(self) -> Quart:
        app = Quart(__name__)
        app.add_url_rule("/v3/dss/quotient_familial/identite", "identity", self._by_identity)
        app.add_url_rule("/v3/dss/quotient_familial/france_connect", "franceconnect", self._by_franceconnect)
        return app

    async def _by_identity(self) -> Any:
        fault = await self._refusal(lambda token: token == self.token)
        if fault:
            return fault
        said = request.args
        for name in ("nomNaissance", "prenoms[]", "sexeEtatCivil", "codeCogInseePaysNaissance"):
            if not said.get(name):
                return self._error(422, "00366")
        if said["sexeEtatCivil"] not in ("M", "F"):
            return self._error(422, "00366")
        case = next((one for one in CASES if "identity" in one and _same(one["identity"], said)), None)
        return self._answer(case)

    async def _by_franceconnect(self) -> Any:
        fault = await self._refusal(lambda token: self.who_has(token) is not None)
        if fault:
            return fault
        person = self.who_has(request.headers["Authorization"].partition(" ")[2]) or {}
        return self._answer(next((one for one in CASES if one.get("login") == person["login"]), None))

    async def _refusal(self, known: Callable[[str], bool]) -> Any:
        """What is wrong with the request before anybody looks for a family."""
        self.asked.append({"path": request.path, "args": request.args.to_dict(flat=False)})
        if self.knobs.latency:
            await asyncio.sleep(self.knobs.latency)
        if self.knobs.error and self.knobs.errors:
            self.knobs.errors -= 1
            return self._error(*self.knobs.error)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not known(token):
            return self._error(401, "00101")
        self._times = [at for at in self._times if at > self.now() - 1] + [self.now()]
        if len(self._times) > PER_SECOND:
            return self._error(429, "00429")
        if not re.fullmatch(r"\d{14}", request.args.get("recipient", "")):
            return self._error(422, "00203")
        if self.knobs.body is not None:
            return Response(self.knobs.body, content_type="application/json")
        return None

    def _answer(self, case: dict[str, Any] | None) -> Any:
        if case is None:
            return self._error(404, "37003")
        if "error" in case:
            return self._error(*case["error"])
        value = case["valeur"] if self.knobs.value is None else self.knobs.value
        month = time.gmtime(self.now())
        blocks = {
            "quotient_familial": {
                "fournisseur": case["fournisseur"], "valeur": value, "annee": month.tm_year, "mois": month.tm_mon,
                "annee_calcul": month.tm_year, "mois_calcul": month.tm_mon,
            },
            "allocataires": [],
            "enfants": [{"prenoms": f"ENFANT {rank}", "date_naissance": "2018-00-00"} for rank in range(case["enfants"])],
            "adresse": {"pays": "FRANCE"},
        }  # fmt: skip
        body = {"data": {name: block for name, block in blocks.items() if name in self.knobs.scopes}, "links": {}, "meta": {}}
        return self._with_headers(jsonify(body))

    def _error(self, status: int, code: str) -> Response:
        error = {"code": code, "title": TITLES.get(code, "Erreur"), "detail": "", "source": None, "meta": {"provider": "CNAV"}}
        response = jsonify({"errors": [error]})
        response.status_code = status
        if status == 429:
            response.headers["Retry-After"] = str(self.knobs.retry_after)
        return self._with_headers(response)

    def _with_headers(self, response: Response) -> Response:
        response.headers["X-Request-ID"] = str(uuid.uuid4())
        response.headers["RateLimit-Limit"] = str(PER_SECOND)
        response.headers["RateLimit-Remaining"] = str(max(0, PER_SECOND - len(self._times)))
        return response


def _same(identity: Mapping[str, Any], said: Any) -> bool:
    parts = [said.get(name, "") for name in ("anneeDateNaissance", "moisDateNaissance", "jourDateNaissance")]
    date = "-".join(f"{int(part):02}" for part in parts if part.isdecimal())
    return (
        identity["nomNaissance"] == said["nomNaissance"]
        and identity["prenoms"] == said.getlist("prenoms[]")
        and identity["date"] == date
        and identity["sexe"] == said["sexeEtatCivil"]
        and identity["commune"] == said.get("codeCogInseeCommuneNaissance", "")
        and identity["pays"] == said["codeCogInseePaysNaissance"]
    )
