"""The quotient familial from API Particulier v3 (DINUM): by FranceConnect's token, or by a typed identity.

Addresses of requests carry identities, as the API wants it: they are never logged, here or by the HTTP library.
Limits and errors: facts of the API's documentation; going on after a 429 gets a town's address banned for twelve hours.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2 as httpx

from server.gateways.tls import certificates

Kind = Literal["not_found", "form", "refused", "throttled", "later", "unreadable"]
FRANCECONNECT_SECONDS = 5.0  # as the API recommends; a token lives 60 s
AGENT_SECONDS = 11.0  # the API itself waits 10 s for the CAF
SAME_REQUEST_WAIT = 6.0  # after a cut the first request still runs there (409)
LONGEST_WAIT = 3600
KINDS: dict[int, Kind] = {
    401: "refused", 403: "refused", 404: "not_found", 409: "later", 422: "form", 502: "later", 503: "later", 504: "later",
}  # fmt: skip


@dataclass(frozen=True)
class Quotient:
    """One answer. `month` and `computed` are ``YYYY-MM``; `provider` is ``CNAF`` or ``MSA``."""

    value: int
    provider: str
    month: str
    computed: str
    request_id: str | None
    people: int


@dataclass(frozen=True)
class Identity:
    """Civil identity as the CAF knows it. Parts of the date of birth that nobody knows are None."""

    last_name: str
    first_names: tuple[str, ...]
    year: int | None
    month: int | None
    day: int | None
    sex: Literal["M", "F"]
    country: str
    town: str | None


class QuotientError(Exception):
    """No quotient: `kind` says what to do about it, `code` is the API's own."""

    def __init__(self, kind: Kind, code: str, request_id: str | None = None, wait: int = 0) -> None:
        super().__init__(f"{kind} {code}")
        self.kind: Kind = kind
        self.code = code
        self.request_id = request_id
        self.wait = wait


@dataclass
class ApiParticulier:
    """The API of one town: its address, its habilitation's token, its SIRET."""

    url: str
    token: str = field(repr=False)
    recipient: str
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], Any] = asyncio.sleep
    closed_until: float = 0.0

    async def by_franceconnect(self, access_token: str) -> Quotient:
        """At once, inside the return from FranceConnect: the token dies in a minute.

        Raises:
            QuotientError
        """
        return await self._ask("france_connect", access_token, [], FRANCECONNECT_SECONDS)

    async def by_identity(self, identity: Identity) -> Quotient:
        """For an agent who has checked the identity.

        Raises:
            QuotientError
        """
        return await self._ask("identite", self.token, _parameters(identity), AGENT_SECONDS)

    async def _ask(self, way: str, token: str, parameters: list[tuple[str, str]], seconds: float) -> Quotient:
        try:
            return await self._once(way, token, parameters, seconds)
        except QuotientError as error:
            if error.code not in ("00015", "timeout"):
                raise
        await self.pause(SAME_REQUEST_WAIT)
        return await self._once(way, token, parameters, seconds)

    async def _once(self, way: str, token: str, parameters: list[tuple[str, str]], seconds: float) -> Quotient:
        if self.clock() < self.closed_until:
            raise QuotientError("throttled", "00429", wait=round(self.closed_until - self.clock()) + 1)
        query: Any = [("recipient", self.recipient), *parameters]
        try:
            async with httpx.AsyncClient(timeout=seconds, verify=certificates()) as client:
                answer = await client.get(
                    f"{self.url}/v3/dss/quotient_familial/{way}", params=query, headers={"Authorization": f"Bearer {token}"}
                )
        except httpx.TimeoutException as error:
            raise QuotientError("later", "timeout") from error
        except httpx.HTTPError as error:
            raise QuotientError("later", "unreachable") from error
        body = _read(answer)
        if answer.status_code == 200:
            return _quotient(body, answer.headers)
        raise self._error(answer.status_code, body, answer.headers)

    def _error(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> QuotientError:
        request = headers.get("X-Request-ID")
        errors = body.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        code = str(first.get("code", status))
        if status == 429:
            wait = _seconds(headers)
            self.closed_until = self.clock() + wait
            return QuotientError("throttled", code, request, wait)
        return QuotientError(KINDS.get(status, "unreadable"), code, request)


def _parameters(identity: Identity) -> list[tuple[str, str]]:
    """The query. Unknown parts of the date are left out; who was born abroad has no town of birth."""
    parts: list[tuple[str, Any]] = [
        ("nomNaissance", identity.last_name),
        *(("prenoms[]", name) for name in identity.first_names[:3]),
        ("anneeDateNaissance", identity.year),
        ("moisDateNaissance", identity.month),
        ("jourDateNaissance", identity.day),
        ("sexeEtatCivil", identity.sex),
        ("codeCogInseePaysNaissance", identity.country),
        ("codeCogInseeCommuneNaissance", identity.town if identity.country == "99100" else None),
    ]
    return [(name, str(value)) for name, value in parts if value not in (None, "", 0)]


def _read(answer: Any) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        if answer.status_code == 200:
            raise QuotientError("unreadable", "body", answer.headers.get("X-Request-ID"))
        return {}
    return body


def _quotient(body: Mapping[str, Any], headers: Mapping[str, str]) -> Quotient:
    request = headers.get("X-Request-ID")
    try:
        said = body["data"]["quotient_familial"]
        value, provider = said["valeur"], said["fournisseur"]
        months = [f"{int(said[f'annee{which}']):04}-{int(said[f'mois{which}']):02}" for which in ("", "_calcul")]
    except (KeyError, TypeError, ValueError) as error:
        raise QuotientError("unreadable", "body", request) from error
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or provider not in ("CNAF", "MSA"):
        raise QuotientError("unreadable", "body", request)
    if value == 0:
        # An older version answered 0 for “unknown”: nobody gets the lowest tariff without a person having looked.
        raise QuotientError("unreadable", "zero", request)
    children = body["data"].get("enfants")
    return Quotient(value, provider, months[0], months[1], request, len(children) if isinstance(children, list) else 0)


def _seconds(headers: Mapping[str, str]) -> int:
    said = headers.get("Retry-After", "")
    if said.isdecimal():
        return min(max(int(said), 1), LONGEST_WAIT)
    reset = headers.get("RateLimit-Reset", "")
    return min(max(int(float(reset) - time.time()), 1), LONGEST_WAIT) if reset.isdecimal() else 60
