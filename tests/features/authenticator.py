"""A telephone that makes passkeys and signs with them (WebAuthn, ES256), as far as a server can see it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """`origin`: where its browser stands; `verifies`: whether it asked for a finger or a code."""

    origin: str = "http://localhost"
    site: str = "localhost"
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0

    def make(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question for a new key."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        data = self._data(HAS_KEY) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said("webauthn.create", question, {"attestationObject": bytes_to_base64url(attestation)})

    def sign(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question for a signature."""
        self.count += 1
        client, data = self._client("webauthn.get", question), self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        signed = {"authenticatorData": bytes_to_base64url(data), "signature": bytes_to_base64url(signature), "userHandle": None}
        return self._said("webauthn.get", question, signed)

    def _data(self, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, question: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": question["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _said(self, kind: str, question: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        id = bytes_to_base64url(self.id)
        client = bytes_to_base64url(self._client(kind, question))
        return {"id": id, "rawId": id, "type": "public-key", "response": {"clientDataJSON": client, **response}}
