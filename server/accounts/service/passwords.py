"""Hashing, outside every transaction and off the loop, two at a time."""

import asyncio
import secrets
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.accounts import rules
from server.errors import Refusal

# OWASP's profile for argon2id: 19 MiB, two passes. Two at a time: each costs its memory and a core.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = asyncio.Semaphore(2)
NOBODY = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return _hasher.hash(rules.normal(password))


async def hash_off_loop(password: str) -> str:
    async with _hashing:
        return await asyncio.to_thread(hash_password, password)


async def password_fits(password_hash: str, password: str) -> bool:
    async with _hashing:
        return await asyncio.to_thread(_fits, password_hash, rules.normal(password))


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def refuse_weak(password: str, about: Iterable[str], role: str = "parent") -> None:
    """Raises ``password_refused`` with the reasons (codes of `rules.password_faults`)."""
    least = rules.AGENT_LENGTH if role == "agent" else rules.PARENT_LENGTH
    faults = rules.password_faults(password, about, least)
    if faults:
        raise Refusal("password_refused", reasons=faults, least=least)
