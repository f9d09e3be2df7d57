"""A trip to FranceConnect and what it brings: a session, a link, a quotient, or a visitor whom nobody knows yet.

Accounts are never found by e-mail or by likeness: only by issuer and subject, linked once by somebody who was signed in or
who held the town's letter.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import structlog

from server.accounts.service import open_session
from server.consents.service import given
from server.database import Database, Row, Transaction
from server.errors import Refusal
from server.families.service import families_of
from server.franceconnect import rules
from server.gateways.api_particulier import ApiParticulier
from server.gateways.franceconnect import FranceConnect, FranceConnectError, Person
from server.instants import day_of
from server.quotient.service import by_franceconnect
from server.registration.service import family_of_letter, join_family
from server.traces.service import Who

log = structlog.get_logger("portail.franceconnect")
WORDS = {"expired": "recommencer", "later": "panne"}
Purpose = Literal["sign_in", "link", "quotient"]


@dataclass(frozen=True)
class Back:
    """Where the browser goes next, and the session it gets if it signed in."""

    page: str
    session: str | None = None


async def leave(
    database: Database, provider: FranceConnect, purpose: Purpose, browser: str, account: str | None, family: str | None, now: int
) -> str:
    """Notes a trip and gives the address to go to. `browser`: the secret in its cookie, without which the return is refused."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    verifier += secrets.token_urlsafe(16)

    async def write(tx: Transaction) -> None:
        await tx.run("DELETE FROM franceconnect_flow WHERE expires_at < ?", now)
        await tx.run(
            "INSERT INTO franceconnect_flow (id, browser, nonce, verifier, purpose, account, family, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            hashed(state), hashed(browser), nonce, verifier, purpose, account, family, now + rules.FLOW_LIFE,
        )  # fmt: skip

    await database.retrying(write)
    return provider.way_there(state, nonce, verifier)


async def come_back(
    database: Database,
    provider: FranceConnect,
    quotients: ApiParticulier | None,
    told: dict[str, str],
    browser: str,
    account: str | None,
    agent: str,
    now: int,
    zone: ZoneInfo,
) -> Back:
    """The return of a browser. `told`: the query; `account`: who is signed in by now. Never raises for what may go wrong there."""
    flow = await database.retrying(lambda tx: _take(tx, told.get("state", ""), now))
    if flow is None or not hmac.compare_digest(flow["browser"], hashed(browser)):
        return Back("/connexion?fc=recommencer")
    page = "/connexion" if flow["purpose"] == "sign_in" else "/dossier" if flow["purpose"] == "quotient" else "/parametres"
    if told.get("iss") != provider.issuer or (flow["account"] != account and flow["purpose"] != "sign_in"):
        return Back(f"{page}?fc=recommencer")
    if "error" in told:
        return Back(f"{page}?fc={'abandon' if told['error'] == 'access_denied' else 'refus'}")
    try:
        person = await provider.person(told.get("code", ""), flow["nonce"], flow["verifier"])
    except FranceConnectError as error:
        log.warning("franceconnect", kind=error.kind, code=error.code)
        return Back(f"{page}?fc={WORDS.get(error.kind, 'refus')}")
    if flow["purpose"] == "sign_in":
        return await _sign_in(database, quotients, person, browser, agent, now, zone)
    try:
        await database.retrying(lambda tx: _link(tx, flow["account"], person, now))
    except Refusal as refusal:
        return Back(f"{page}?fc={'autre' if refusal.code == 'identity_linked' else 'different'}")
    await database.retrying(lambda tx: _remember(tx, person, browser, True, now))
    if flow["purpose"] == "link":
        return Back(f"{page}?fc=lie")
    return Back(f"{page}?fc={await _quotient(database, quotients, person, flow['account'], flow['family'], now, zone)}")


async def _take(tx: Transaction, state: str, now: int) -> Row | None:
    """The trip of a state, once."""
    return await tx.one("DELETE FROM franceconnect_flow WHERE id = ? AND expires_at > ? RETURNING *", hashed(state), now)


async def _sign_in(
    database: Database, quotients: ApiParticulier | None, person: Person, browser: str, agent: str, now: int, zone: ZoneInfo
) -> Back:
    found = await database.one(
        "SELECT l.account_id, a.role FROM franceconnect_link l JOIN account a ON a.id = l.account_id WHERE l.id = ?", link_id(person)
    )
    if found is None or found["role"] != "parent":
        await database.retrying(lambda tx: _remember(tx, person, browser, False, now))
        return Back("/connexion/franceconnect")

    async def write(tx: Transaction) -> str:
        await _remember(tx, person, browser, True, now)
        return await open_session(tx, found["account_id"], agent, now)

    session = await database.retrying(write)
    for family in await _without_quotient(database, found["account_id"], day_of(now, zone)):
        await _quotient(database, quotients, person, found["account_id"], family, now, zone)
    return Back("/accueil", session)


async def _without_quotient(database: Database, account: str, today: str) -> list[str]:
    """Files of an account that pay the highest tariff for want of a quotient, where there is no doubt whose it would be."""
    families = await families_of(database, account, today)  # type: ignore[arg-type]
    if len(families) != 1:
        return []
    found = await database.one("SELECT quotient FROM family WHERE id = ?", families[0])
    return families if found and found["quotient"] is None else []


async def _quotient(
    database: Database, quotients: ApiParticulier | None, person: Person, account: str, family: str | None, now: int, zone: ZoneInfo
) -> str:
    """Fetches inside this very request, if the person allows it; the word that the page turns into a sentence."""
    mine = await families_of(database, account, day_of(now, zone))  # type: ignore[arg-type]
    if family not in mine or quotients is None:
        return "refus"
    if not await given(database, account, "quotient"):
        return "sans-accord"
    named = await database.one("SELECT name FROM account WHERE id = ?", account)
    who = Who(account, named["name"] if named else "")
    error = await by_franceconnect(database, quotients, person.access_token, family, who, now, zone)
    return "quotient" if error is None else f"quotient-{error.kind}"


async def attach(
    database: Database, browser: str, number: str, label: str, address: str | None, agent: str, now: int, zone: ZoneInfo
) -> str:
    """Somebody back from FranceConnect, unknown here, holds the town's letter: an account of theirs, linked; its session's secret.

    A wrong number and a wrong name get the same answer, and are counted.

    Raises:
        Refusal: ``visit_over``; what `family_of_letter` raises for a wrong letter and for too many of them.
    """
    visit = await database.one(
        "SELECT * FROM franceconnect_visit WHERE id = ? AND NOT signed_in AND expires_at > ?", hashed(browser), now
    )
    if visit is None:
        raise Refusal("visit_over")
    link = hashlib.sha256(f"{visit['issuer']}\n{visit['subject']}".encode()).hexdigest()
    known = await database.one("SELECT account_id FROM franceconnect_link WHERE id = ?", link)
    if known is not None:  # another window was quicker: the same person, the same account
        return await database.retrying(lambda tx: open_session(tx, known["account_id"], agent, now))
    family = await family_of_letter(database, number, label, address, day_of(now, zone), now)
    return await database.retrying(lambda tx: _attach(tx, visit, family, agent, now, zone))


async def _attach(tx: Transaction, visit: Row, family: str, agent: str, now: int, zone: ZoneInfo) -> str:
    link = hashlib.sha256(f"{visit['issuer']}\n{visit['subject']}".encode()).hexdigest()
    known = await tx.one("SELECT account_id FROM franceconnect_link WHERE id = ?", link)
    account = known["account_id"] if known else await _new_account(tx, visit, link, now)
    await join_family(tx, account, family, zone, now, "franceconnect")
    await tx.run("UPDATE franceconnect_visit SET signed_in = ? WHERE id = ?", True, visit["id"])
    return await open_session(tx, account, agent, now)


async def _new_account(tx: Transaction, visit: Row, link: str, now: int) -> str:
    """An account without a password. Two first visits at once: the second finds the link of the first."""
    account = f"acc_{secrets.token_hex(8)}"
    name = f"{visit['given_name'].split(' ')[0]} {visit['family_name']}".strip()[:160] or "Parent"
    username = rules.username_of(visit["given_name"], visit["family_name"], secrets.token_hex(3))
    await tx.run(
        "INSERT INTO account (id, username, password_hash, role, name, email, service, created_at)"
        " VALUES (?, ?, '!', 'parent', ?, ?, NULL, ?)",
        account, username, name, visit["email"], now,
    )  # fmt: skip
    won = await tx.one(
        "INSERT INTO franceconnect_link (id, account_id, issuer, subject, linked_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        link, account, visit["issuer"], visit["subject"], now,
    )  # fmt: skip
    if won:
        return account
    await tx.run("DELETE FROM account WHERE id = ?", account)
    known = await tx.one("SELECT account_id FROM franceconnect_link WHERE id = ?", link)
    assert known is not None
    return str(known["account_id"])


async def _link(tx: Transaction, account: str, person: Person, now: int) -> None:
    """Links who is signed in with who came back.

    Raises:
        Refusal: ``identity_linked`` to another account; ``identity_differs`` from the one linked to this account.
    """
    await tx.lock("account", [account])
    mine = await tx.one("SELECT id FROM franceconnect_link WHERE account_id = ?", account)
    if mine is not None and mine["id"] != link_id(person):
        raise Refusal("identity_differs")
    await tx.run(
        "INSERT INTO franceconnect_link (id, account_id, issuer, subject, linked_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        link_id(person), account, person.issuer, person.subject, now,
    )  # fmt: skip
    holder = await tx.one("SELECT account_id FROM franceconnect_link WHERE id = ?", link_id(person))
    if holder is None or holder["account_id"] != account:
        raise Refusal("identity_linked")


async def unlink(database: Database, account: str) -> None:
    """Raises: Refusal ``password_first``: an account without a password could never be opened again."""

    async def write(tx: Transaction) -> None:
        found = await tx.one("SELECT password_hash FROM account WHERE id = ?", account)
        if found is None or found["password_hash"] == "!":
            raise Refusal("password_first")
        await tx.run("DELETE FROM franceconnect_link WHERE account_id = ?", account)

    await database.retrying(write)


async def state_of(database: Database, account: str | None, browser: str, now: int) -> dict[str, Any]:
    """``{linked, can_unlink, session, visitor}``: what the pages show."""
    link = await database.one(
        "SELECT a.password_hash FROM franceconnect_link l JOIN account a ON a.id = l.account_id WHERE l.account_id = ?", account or ""
    )
    visit = await database.one("SELECT * FROM franceconnect_visit WHERE id = ? AND expires_at > ?", hashed(browser), now)
    waits = visit is not None and not visit["signed_in"]
    return {
        "linked": link is not None,
        "can_unlink": link is not None and link["password_hash"] != "!",
        "session": visit is not None and bool(visit["signed_in"]),
        "visitor": f"{visit['given_name']} {visit['family_name']}".strip() if visit and waits else None,
    }


async def way_out(database: Database, provider: FranceConnect, browser: str, now: int) -> str | None:
    """Where to end the session at FranceConnect; None when there is none that we know of."""

    async def write(tx: Transaction) -> Row | None:
        return await tx.one("DELETE FROM franceconnect_visit WHERE id = ? AND expires_at > ? RETURNING id_token", hashed(browser), now)

    visit = await database.retrying(write)
    return provider.way_out(visit["id_token"], secrets.token_urlsafe(16)) if visit else None


async def _remember(tx: Transaction, person: Person, browser: str, signed_in: bool, now: int) -> None:
    await tx.run("DELETE FROM franceconnect_visit WHERE expires_at < ? OR id = ?", now, hashed(browser))
    await tx.run(
        "INSERT INTO franceconnect_visit (id, issuer, subject, given_name, family_name, email, id_token, signed_in, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        hashed(browser), person.issuer, person.subject, person.given_name, person.usual_name or person.family_name, person.email,
        person.id_token, signed_in, now + rules.VISIT_LIFE,
    )  # fmt: skip


def link_id(person: Person) -> str:
    return hashlib.sha256(f"{person.issuer}\n{person.subject}".encode()).hexdigest()


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
