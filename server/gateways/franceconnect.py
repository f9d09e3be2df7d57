"""FranceConnect v2 (OpenID Connect, level eidas1) as its provider: the way there, the return, the way out.

Sources: the partners' documentation of FranceConnect, RFC 6749, 7636 (PKCE), 9207 (iss). Tokens live a minute: everything
that needs them happens inside one request. Only ES256 is accepted, whatever a token's header says.
"""

import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2 as httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.gateways.tls import certificates

ALGORITHMS = ["ES256"]
LEVEL = "eidas1"
LEEWAY = 5
SECONDS = 8.0
KEYS_AGAIN_AFTER = 30.0
SCOPES = "openid identite_pivot preferred_username email"
Kind = Literal["expired", "later", "refused", "invalid"]


class FranceConnectError(Exception):
    """No identity. ``expired``: begin again; ``later``: they do not answer; ``refused``: our configuration; ``invalid``: a token
    that cannot be trusted. `code` goes to the log and to the person, never a token.
    """

    def __init__(self, kind: Kind, code: str) -> None:
        super().__init__(f"{kind} {code}")
        self.kind: Kind = kind
        self.code = code


@dataclass(frozen=True)
class Person:
    """Who came back. Any part of the identity may be missing or partial; only `subject` says who it is."""

    issuer: str
    subject: str
    given_name: str
    family_name: str
    birthdate: str
    gender: str
    birthplace: str
    birthcountry: str
    usual_name: str
    email: str | None
    access_token: str = field(repr=False)
    id_token: str = field(repr=False)


@dataclass
class FranceConnect:
    """One registered client. `issuer` is also the base of every address."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    logout_uri: str
    scopes: str = SCOPES
    now: Callable[[], float] = time.time
    _keys: KeySet | None = field(default=None, repr=False)
    _keys_at: float = field(default=0.0, repr=False)

    def way_there(self, state: str, nonce: str, verifier: str) -> str:
        """The address to send the browser to."""
        url, _ = self._client().create_authorization_url(
            f"{self.issuer}/authorize", state=state, nonce=nonce, code_verifier=verifier, acr_values=LEVEL, prompt="login consent"
        )
        return str(url)

    def way_out(self, id_token: str, state: str) -> str:
        """The address that ends the session at FranceConnect and comes back."""
        query = {"id_token_hint": id_token, "state": state, "post_logout_redirect_uri": self.logout_uri}
        return f"{self.issuer}/session/end?{urlencode(query)}"

    async def person(self, code: str, nonce: str, verifier: str) -> Person:
        """Exchanges a code, once, and reads who it is.

        Raises:
            FranceConnectError
        """
        try:
            async with self._client() as client:
                tokens = await client.fetch_token(
                    f"{self.issuer}/token", grant_type="authorization_code", code=code, code_verifier=verifier
                )
                claims = await self._claims(str(tokens["id_token"]))
                self._check(claims, nonce)
                answer = await client.get(f"{self.issuer}/userinfo")
        except OAuthError as error:
            raise FranceConnectError("expired" if error.error == "invalid_grant" else "refused", _code_of(error)) from error
        except httpx.HTTPStatusError as error:
            raise FranceConnectError("later", str(error.response.status_code)) from error
        except httpx.HTTPError as error:
            raise FranceConnectError("later", type(error).__name__) from error
        except (KeyError, TypeError, ValueError) as error:
            raise FranceConnectError("invalid", "token answer") from error
        return self._person(await self._userinfo(answer), claims, str(tokens["access_token"]), str(tokens["id_token"]))

    async def _userinfo(self, answer: Any) -> Mapping[str, Any]:
        if answer.status_code >= 500:
            raise FranceConnectError("later", str(answer.status_code))
        if answer.status_code != 200:
            raise FranceConnectError("expired", f"userinfo {answer.status_code}")
        if answer.headers.get("content-type", "").partition(";")[0].strip() != "application/jwt":
            raise FranceConnectError("invalid", "userinfo is not signed")
        return await self._claims(answer.text)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a signed token: the algorithm, the key, who it is for, since and until when."""
        try:
            key_id = jws.extract_compact(token.encode()).headers().get("kid")
            keys = await self._keys_with(key_id)
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=lambda: int(self.now()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(claims)
        except JoseError as error:
            raise FranceConnectError("invalid", type(error).__name__) from error
        except ValueError as error:
            raise FranceConnectError("invalid", "not a token") from error
        return dict(claims)

    async def _keys_with(self, key_id: str | None) -> KeySet:
        """The provider's keys, fetched again once in a while when a token names one that is not there."""
        known = self._keys is not None and any(key.kid == key_id for key in self._keys.keys)
        if not known and self.now() - self._keys_at >= KEYS_AGAIN_AFTER:
            async with httpx.AsyncClient(timeout=SECONDS, verify=certificates()) as client:
                answer = await client.get(f"{self.issuer}/jwks")
            answer.raise_for_status()
            self._keys, self._keys_at = KeySet.import_key_set(answer.json()), self.now()
        if self._keys is None or not any(key.kid == key_id for key in self._keys.keys):
            raise FranceConnectError("invalid", "unknown key")
        return self._keys

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
            raise FranceConnectError("invalid", "nonce")
        if claims.get("acr") != LEVEL:
            raise FranceConnectError("invalid", "acr")

    def _person(self, said: Mapping[str, Any], claims: Mapping[str, Any], access_token: str, id_token: str) -> Person:
        if said.get("sub") != claims["sub"]:
            raise FranceConnectError("invalid", "sub")

        def text(name: str) -> str:
            value = said.get(name)
            return value.strip()[:200] if isinstance(value, str) else ""

        return Person(
            self.issuer, str(claims["sub"])[:100], text("given_name"), text("family_name"), text("birthdate"), text("gender"),
            text("birthplace"), text("birthcountry"), text("preferred_username"), text("email") or None, access_token, id_token,
        )  # fmt: skip

    def _client(self) -> AsyncOAuth2Client:
        # leeway=0: authlib's 60 s would call a token that lives 60 s dead on arrival.
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method="client_secret_post",
            code_challenge_method="S256",
            redirect_uri=self.redirect_uri,
            scope=self.scopes,
            leeway=0,
            timeout=SECONDS,
        )


def _code_of(error: OAuthError) -> str:
    """FranceConnect's own number of an error, when its address says one: what their support asks for."""
    found = re.search(r"code=(Y[0-9A-F]+)", f"{error.uri or ''}")
    return found[1] if found else str(error.error)[:40]
