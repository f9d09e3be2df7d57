"""A strict FranceConnect on the loopback: same addresses, same checks, same errors, same short lives; and knobs that make it fail.

Nothing of it is FranceConnect's code; the people are invented. Knobs: see `Knobs`.
"""

import base64
import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from quart import Quart, Response, redirect, request

PEOPLE: list[dict[str, str]] = json.loads((Path(__file__).parent / "people.json").read_text())
CODE_SECONDS, TOKEN_SECONDS = 30, 60
HELP = "https://docs.partenaires.franceconnect.gouv.fr/fs/fs-technique/fs-technique-erreurs/"


@dataclass
class Knobs:
    """What goes wrong. Texts name a mistake in a token; numbers are statuses an address answers."""

    token: str = ""
    """id_token: wrong_kid · hs256 · none · bad_nonce · wrong_aud · expired · wrong_iss · no_acr"""
    userinfo: str = ""
    """json (not signed) · sub_mismatch · wrong_kid · expired"""
    status: dict[str, int] = field(default_factory=dict)
    """``{"/token": 500}``"""
    missing: set[str] = field(default_factory=set)
    """Claims that the identity lacks: ``{"email", "given_name"}``."""


class FranceConnectSimulator:
    """The provider with one registered client. `now` is its clock, in seconds."""

    def __init__(
        self, client_id: str, client_secret: str, redirect_uri: str, logout_uri: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.redirect_uri, self.logout_uri = redirect_uri, logout_uri
        self.now = now
        self.issuer = ""
        self.knobs = Knobs()
        self.exchanges = 0
        self._codes: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        self._pairwise = secrets.token_hex(8)
        self.rotate()

    def rotate(self) -> None:
        """A new signing key; the one before is gone."""
        self._key = ECKey.generate_key("P-256", {"kid": f"sim:ES256:{secrets.token_hex(3)}", "use": "sig", "alg": "ES256"})

    def who_has(self, access_token: str) -> dict[str, str] | None:
        """What a data provider learns of a live token, with its scopes: token introspection."""
        held = self._tokens.get(access_token)
        return held["person"] if held and held["until"] > self.now() else None

    def subject(self, login: str) -> str:
        """Pairwise: 64 hexadecimal digits and « v1 », the same person always the same."""
        return hashlib.sha256(f"{self._pairwise}/{self.client_id}/{login}".encode()).hexdigest() + "v1"

    def app(self, base: str) -> Quart:
        """The web application, to be served at the root of `base`."""
        self.issuer = f"{base}/api/v2"
        app = Quart(__name__)
        routes: list[tuple[str, str, Callable[[], Any]]] = [
            ("GET", "/.well-known/openid-configuration", self._discovery),
            ("GET", "/authorize", self._authorize),
            ("GET", "/jwks", self._jwks),
            ("GET", "/session/end", self._end),
            ("GET", "/userinfo", self._userinfo),
            ("POST", "/token", self._token),
        ]
        for method, path, view in routes:
            app.add_url_rule(f"/api/v2{path}", path, self._failing(path, view), methods=[method])
        return app

    def _failing(self, path: str, view: Callable[[], Any]) -> Callable[[], Any]:
        async def guarded() -> Any:
            status = self.knobs.status.get(path)
            return Response("", status) if status else await view()

        return guarded

    async def _discovery(self) -> Any:
        paths = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo", "jwks_uri": "jwks",
            "end_session_endpoint": "session/end",
        }  # fmt: skip
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in paths.items()}}

    async def _jwks(self) -> Any:
        return {"keys": [self._key.as_dict(private=False)]}

    async def _authorize(self) -> Any:
        asked = request.args
        if asked.get("client_id") != self.client_id:
            return _page("Y04EA6EF", "Ce service n’est pas connu.")
        if asked.get("redirect_uri") != self.redirect_uri:
            return _page("Y04C013C", "L’adresse de retour n’est pas celle du service.")
        if not asked.get("response_type"):
            return self._back(asked, error="invalid_request", error_description="missing required parameter 'response_type'")
        if asked["response_type"] != "code":
            return self._back(asked, error="unsupported_response_type", error_description="unsupported response_type requested")
        if "openid" not in asked.get("scope", "").split():
            said = "openid scope must be requested when using the acr_values parameter"
            return self._back(asked, error="invalid_request", error_description=said)
        if not asked.get("state") or len(asked.get("nonce", "")) < 22 or asked.get("acr_values") != "eidas1":
            return _page("Y030007", "La demande du service est incomplète.")
        if asked.get("prompt", "login consent") not in ("login consent", "login", "consent"):
            return _page("Y030007", "La demande du service n’est pas conforme.")
        if asked.get("code_challenge_method", "S256") != "S256":
            return _page("Y030007", "La demande du service n’est pas conforme.")
        if "abandon" in asked:
            return self._back(asked, error="access_denied", error_description="user authentication aborted")
        person = next((one for one in PEOPLE if one["login"] == asked.get("personne")), None)
        return self._leave(asked, person) if person else _choice(request.path, asked)

    def _leave(self, asked: Any, person: dict[str, str]) -> Any:
        code = secrets.token_urlsafe(24)
        self._codes[code] = {
            "person": person, "nonce": asked["nonce"], "challenge": asked.get("code_challenge"), "scope": asked["scope"],
            "until": self.now() + CODE_SECONDS,
        }  # fmt: skip
        return self._back(asked, code=code)

    def _back(self, asked: Any, **told: str) -> Any:
        query = {**told, "state": asked.get("state", ""), "iss": self.issuer}
        return redirect(f"{self.redirect_uri}?{urlencode(query)}", 303)

    async def _token(self) -> Any:
        form = await request.form
        self.exchanges += 1
        if "Authorization" in request.headers or form.get("client_id") != self.client_id:
            return _error(401, "invalid_client", "client authentication failed (no client authentication mechanism provided)", "Y0434A7B")
        if not secrets.compare_digest(form.get("client_secret", ""), self.client_secret):
            return _error(401, "invalid_client", "client authentication failed (invalid secret provided)", "Y0434A7B")
        if not form.get("code"):
            return _error(400, "invalid_request", "missing required parameter 'code' (undefined)", "Y048017B")
        held = self._codes.pop(form["code"], None)
        if held is None or held["until"] < self.now() or not _proves(form.get("code_verifier"), held["challenge"]):
            return _error(400, "invalid_grant", "grant request is invalid (authorization code not found)", "Y049E20B")
        access_token = secrets.token_urlsafe(32)
        self._tokens[access_token] = {**held, "until": self.now() + TOKEN_SECONDS}
        id_token = self._sign({**self._claims(held["person"]), "acr": "eidas1", "nonce": held["nonce"]}, self.knobs.token)
        return {
            "access_token": access_token, "expires_in": TOKEN_SECONDS, "id_token": id_token, "scope": held["scope"], "token_type": "Bearer",
        }  # fmt: skip

    async def _userinfo(self) -> Any:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            return _error(401, "invalid_token", "no access token provided (no access token provided)", "Y04146A2")
        held = self._tokens.get(token)
        if held is None or held["until"] <= self.now():
            return _error(401, "invalid_token", "invalid token provided (access token not found)", "Y040001")
        person = {name: value for name, value in held["person"].items() if name != "login" and name not in self.knobs.missing}
        claims = {**self._claims(held["person"]), **person}
        if "given_name" in person:
            claims["given_name_array"] = person["given_name"].split()
        if self.knobs.userinfo == "json":
            return claims
        if self.knobs.userinfo == "sub_mismatch":
            claims["sub"] = self.subject("somebody else")
        return Response(self._sign(claims, self.knobs.userinfo), content_type="application/jwt")

    async def _end(self) -> Any:
        asked = request.args
        if asked.get("post_logout_redirect_uri") != self.logout_uri or not asked.get("id_token_hint"):
            return _page("Y04D7C2A", "La déconnexion n’a pas pu se faire.")
        return redirect(f"{self.logout_uri}?{urlencode({'state': asked.get('state', '')})}", 303)

    def _claims(self, person: dict[str, str]) -> dict[str, Any]:
        now = int(self.now())
        return {"sub": self.subject(person["login"]), "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + TOKEN_SECONDS}

    def _sign(self, claims: dict[str, Any], mistake: str) -> str:
        header = {"alg": "ES256", "kid": str(self._key.kid)}
        key: Any = self._key
        wrong: dict[str, dict[str, Any]] = {
            "bad_nonce": {"nonce": "another-nonce-than-the-one-asked"}, "wrong_aud": {"aud": "another-client"},
            "expired": {"exp": int(self.now()) - 60}, "wrong_iss": {"iss": "https://elsewhere.example/api/v2"}, "no_acr": {"acr": "eidas0"},
        }  # fmt: skip
        claims = {**claims, **wrong.get(mistake, {})}
        if mistake == "wrong_kid":
            key = ECKey.generate_key("P-256", {"kid": "sim:unknown"})
            header["kid"] = "sim:unknown"
        if mistake == "wrong_key":
            key = ECKey.generate_key("P-256", {"kid": header["kid"]})
        if mistake == "none":
            return f"{_b64({'alg': 'none', 'kid': header['kid']})}.{_b64(claims)}."
        if mistake == "hs256":
            return jwt.encode({"alg": "HS256", "kid": header["kid"]}, claims, OctKey.import_key(self.client_secret), algorithms=["HS256"])
        return jwt.encode(header, claims, key, algorithms=["ES256"])


def _proves(verifier: str | None, challenge: str | None) -> bool:
    if challenge is None:
        return verifier is None
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _b64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _error(status: int, error: str, description: str, code: str) -> Any:
    body = {"error": error, "error_description": description, "error_uri": f"{HELP}?code={code}&id={uuid.uuid4()}"}
    return body, status


def _page(code: str, text: str) -> Any:
    return Response(_html(f"<h1>Une erreur est survenue</h1><p>{text}</p><p>Code : {code}</p>"), 400, content_type="text/html")


def _choice(path: str, asked: Any) -> Any:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items() if name != "personne"
    )
    people = "".join(
        f'<p><button name="personne" value="{one["login"]}">{escape(one["given_name"])} {escape(one["family_name"])}</button></p>'
        for one in PEOPLE
    )
    form = f'<form action="{path}">{hidden}{people}<p><button name="abandon" value="1">Abandonner</button></p></form>'
    return Response(_html(f"<h1>FranceConnect, simulateur de démonstration</h1><p>Qui êtes-vous ?</p>{form}"), content_type="text/html")


def _html(body: str) -> str:
    style = "body{font:1.1rem system-ui;max-width:30rem;margin:2rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1rem;width:100%}"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>FranceConnect (simulateur)</title>'
    return f'<!doctype html><html lang="fr">{head}<style>{style}</style><main>{body}</main></html>'
