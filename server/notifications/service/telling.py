"""Tells people what concerns them, on the devices and channels that they chose.

`notify` and `broadcast` belong to the transaction that decided: what they ask for happens once, after the commit, or not at all.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from server.database import Connection, Database, Row, Transaction
from server.feed.service import readers_after
from server.mail.service import send_mail
from server.notifications import models, rules, texts
from server.outbox.service import enqueue, enqueue_many

PORTION = 500  # accounts told in one transaction


@dataclass(frozen=True)
class Event:
    """What is told. The same `id` never tells anybody twice.

    `topic`: one of `rules.TOPICS`; `page`: the path that a click opens; `detail`: a sentence for those who allow details on a
    locked screen, and for mails; `about`: pushes about the same thing replace each other; `ttl` in seconds, when the topic's
    is too long; `latest`: a push that a quiet time would hold beyond that instant is worth nothing; `mail`: False when they get
    one of another kind; `generic`: title and sentence for everybody's screen, when the topic's do not fit.
    """

    topic: str
    id: str
    page: str
    detail: str | None = None
    about: str | None = None
    ttl: int | None = None
    latest: int | None = None
    mail: bool = True
    generic: tuple[str, str] | None = None


async def notify(
    tx: Transaction,
    accounts: Iterable[str],
    topic: str,
    event: str,
    page: str,
    now: int,
    zone: ZoneInfo,
    *,
    detail: str | None = None,
    about: str | None = None,
    ttl: int | None = None,
    latest: int | None = None,
    except_device: str | None = None,
    mail: bool = True,
    generic: tuple[str, str] | None = None,
) -> None:
    """Tells some accounts of one event, see `Event`. `except_device`: the one in whose hand the answer already is."""
    what = Event(topic, event, page, detail, about, ttl, latest, mail, generic)
    await tell(tx, sorted(set(accounts)), what, now, zone, except_device)


async def broadcast(
    tx: Transaction, scopes: Sequence[str], topic: str, event: str, page: str, now: int, *, detail: str | None = None
) -> None:
    """Tells every parent who may read one of the scopes, portion by portion, by the outbox."""
    await _next_portion(tx, Event(topic, event, page, detail), scopes, "", now)


async def tell(
    tx: Transaction, accounts: Sequence[str], event: Event, now: int, zone: ZoneInfo, except_device: str | None = None
) -> None:
    """In two queries for all of them: nothing here costs more for each account than its own mail or push."""
    if not accounts:
        return
    people = await models.people(tx, accounts)
    devices: dict[str, list[Row]] = {}
    for row in await models.of_accounts(tx, accounts):
        devices.setdefault(row["account"], []).append(row)
    pushes: list[tuple[str, Mapping[str, Any], int]] = []
    for person in people:
        channels = rules.chosen(json.loads(person["topics"]) if person["topics"] else None)[event.topic]
        said = texts.words(event.topic, event.page, event.detail, bool(person["detailed"]), event.generic)
        quiet = (person["quiet_from"], person["quiet_to"]) if rules.TOPICS[event.topic].waits else (None, None)
        run_at = rules.not_before(now, quiet, zone)
        own = devices.get(person["id"], []) if "push" in channels else []
        if event.latest is not None and run_at >= event.latest:
            own = []  # the night would outlast it: only a mail makes no noise
        pushes += [_push(row["id"], event, said, now, run_at) for row in own if row["device"] != except_device]
        if event.mail and "mail" in channels and person["email"] and not own:
            # Mail is for whom no push can reach: nobody needs to be told twice.
            words = [event.detail or said.body]
            await send_mail(tx, f"{event.id}/{person['id']}", person["email"], said.title, words, now, ("Ouvrir le portail", event.page))
    await enqueue_many(tx, "push", pushes, now)


def push_payload(subscription: str, topic: str, said: texts.Words, about: str, ttl: int | None) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "title": said.title,
        "body": said.body,
        "page": said.page,
        "topic": topic,
        "replaces": rules.replaces(topic, about),
        "ttl": ttl or rules.TOPICS[topic].ttl,
        "urgency": rules.TOPICS[topic].urgency,
    }


def _push(subscription: str, event: Event, said: texts.Words, now: int, run_at: int) -> tuple[str, Mapping[str, Any], int]:
    ttl = event.ttl
    if event.latest is not None:
        ttl = max(60, (event.latest - run_at) // 1000)
    return f"push/{event.id}/{subscription}", push_payload(subscription, event.topic, said, event.about or event.id, ttl), run_at


class FanOut:
    """What the outbox does with a broadcast: one portion, and asks for the next in the same transaction."""

    def __init__(self, database: Database, zone: ZoneInfo, now: Callable[[], int]) -> None:
        self._database, self._zone, self._now = database, zone, now

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """A portion that was begun and not noted is done again: its pushes have keys, none is asked for twice."""

        async def write(tx: Transaction) -> None:
            now, event = self._now(), _event(payload["event"])
            accounts = await readers_after(tx, payload["scopes"], payload["after"], PORTION)
            await tell(tx, accounts, event, now, self._zone)
            if len(accounts) == PORTION:
                await _next_portion(tx, event, payload["scopes"], accounts[-1], now)

        await self._database.retrying(write)


async def _next_portion(tx: Transaction, event: Event, scopes: Sequence[str], after: str, now: int) -> None:
    payload = {"event": asdict(event), "scopes": list(scopes), "after": after}
    await enqueue(tx, "fanout", f"fanout/{event.id}/{after}", payload, now)


def _event(said: Mapping[str, Any]) -> Event:
    generic = said["generic"]
    return Event(**{**said, "generic": tuple(generic) if generic else None})


async def reach(reader: Connection, accounts: Sequence[str], topic: str) -> dict[str, str]:
    """account → push, mail or portal: how something about a topic would reach it now."""
    ways: dict[str, str] = {}
    for start in range(0, len(accounts), PORTION):
        some = accounts[start : start + PORTION]
        subscribed = {row["account"] for row in await models.of_accounts(reader, some)}
        for person in await models.people(reader, some):
            channels = rules.chosen(json.loads(person["topics"]) if person["topics"] else None)[topic]
            by_push = "push" in channels and person["id"] in subscribed
            ways[person["id"]] = "push" if by_push else "mail" if "mail" in channels and person["email"] else "portal"
    return ways
