"""Writes a town into empty tables: what it offers, its prices, its calendar, its news. In bulk, on both engines."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from tqdm import tqdm

from server.activities.rules import WEEKDAYS, Limits, level, limits, opening_days
from server.database import Transaction
from server.instants import day_of
from server.news.service import render_for_import
from server.tariffs.rules import Tariff
from server.towns import rounds
from server.towns.loader import Town, TownUnit

CHUNK = 5000
Rows = Sequence[Mapping[str, Any]]


async def insert(tx: Transaction, table: str, rows: Rows, bar: "tqdm[Any]") -> None:
    """Adds rows that all have the same columns; lists and tables become JSON."""
    if not rows:
        return
    columns = list(rows[0])
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        await tx.many(sql, ([_stored(row[column]) for column in columns] for row in some))
        bar.update(len(some))


def _stored(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | dict) else value


def town_rows(town: Town, now_ms: int) -> dict[str, Rows]:
    """Table → rows, in an order that foreign keys allow; without openings and pools (`opening_tables`)."""
    places = [
        {"code": place.code, "name": place.name, "kind": place.kind, "address": place.address} for place in town.places
    ]
    return {
        "service": [
            {
                "code": service.code,
                "name": service.name,
                "address": service.address,
                "phones": service.phones,
                "hours": service.hours,
                "position": position,
            }
            for position, service in enumerate(town.services)
        ],
        "place": places,
        "activity": [
            {
                "code": activity.code,
                "service_id": activity.service,
                "name": activity.name,
                "category": activity.category,
                "bookable": activity.bookable,
                "text": activity.text,
                "position": position,
            }
            for position, activity in enumerate(town.offer.activities)
        ],
        "capacity_unit": [
            {
                "id": f"{place}-{pool.code}",
                "place_id": place,
                "name": pool.code.replace("-", " ").capitalize(),
                "capacity": town.capacity[f"{place}-{pool.code}"],
            }
            for pool in town.offer.pools
            for place in pool.capacity
        ],
        "unit": [_unit(unit) for unit in town.units],
        "tariff": [_tariff(tariff, day_of(now_ms, town.zone)) for tariff in town.tariffs],
        "unit_tariff": [{"unit": unit.id, "tariff_code": unit.written.tariff} for unit in town.units],
        "calendar_period": _periods(town),
        **rounds.tables(town),
        "news_item": _news(town, now_ms),
    }


def _unit(unit: TownUnit) -> dict[str, Any]:
    return {
        "id": unit.id,
        "activity_id": unit.written.activity,
        "place_id": unit.place,
        "name": unit.written.name,
        "starts": unit.written.starts,
        "ends": unit.written.ends,
        "grades": unit.written.grades,
        "counts": unit.pools,
        "excludes": unit.excludes,
        "requires": unit.requires,
        "rule": unit.rule,
        "terms": None if unit.said is None else msgspec.to_builtins(unit.said),
        "during": unit.written.during,
        "weekdays": [WEEKDAYS.index(day) for day in unit.written.days],
        "extra_days": unit.written.dates,
        "skipped_days": unit.written.skipped,
        "position": unit.position,
    }


def _tariff(tariff: Tariff, today: str) -> dict[str, Any]:
    return {
        "id": f"{tariff.code}.{tariff.version}",
        "code": tariff.code,
        "version": tariff.version,
        "since": tariff.since,
        "until": tariff.until,
        "decision": tariff.decision,
        "terms": msgspec.to_builtins(tariff.terms),
        "waits": tariff.since > today,
        "agent": None,
        "made_at": None,
    }


def _periods(town: Town) -> Rows:
    return [
        {
            "id": f"{period.kind}-{period.starts_on}",
            "kind": period.kind,
            "name": period.name,
            "starts_on": period.starts_on,
            "ends_on": period.ends_on,
        }
        for period in town.periods
    ]


def _news(town: Town, now_ms: int) -> Rows:
    today = datetime.fromtimestamp(now_ms / 1000, town.zone)
    return [
        {
            "id": item.id,
            "title": item.title,
            "summary": item.summary,
            "body": item.body.strip(),
            "html": render_for_import(item.body),
            "state": "published",
            "targets": [],
            "version": 1,
            "author": town.identity.name,
            "changed_by": town.identity.name,
            "changed_at": now_ms,
            "published_at": int(_morning(today, item.days_ago).timestamp()) * 1000,
            "pinned": item.pinned,
        }
        for item in town.news
    ]


def _morning(today: datetime, days_ago: int) -> datetime:
    """Nine o'clock, some days ago; never in the future."""
    return min(today, (today - timedelta(days=days_ago)).replace(hour=9, minute=0, second=0, microsecond=0))


def opening_rows(town: Town) -> list[dict[str, Any]]:
    """The table ``opening`` of the whole school year."""
    first, last = (date.fromisoformat(day) for day in (town.identity.year.starts_on, town.identity.year.ends_on))
    found = []
    for unit in town.units:
        weekdays = [WEEKDAYS.index(day) for day in unit.written.days]
        for day in opening_days(unit.written.during, weekdays, first, last, town.calendar, unit.written.dates, unit.written.skipped):
            found_limits = _limits(town, unit, day)
            found.append(
                {
                    "id": f"{unit.id}:{day}",
                    "unit_id": unit.id,
                    "date": day.isoformat(),
                    "closed": False,
                    "add_until": found_limits.add,
                    "remove_until": found_limits.remove,
                    "opens_at": found_limits.opens,
                    "opens_outside_at": found_limits.opens_outside,
                    "late_add_until": found_limits.late_add,
                    "late_remove_until": found_limits.late_remove,
                    "pools": sorted(f"{pool}:{day}" for pool in unit.pools),
                }
            )
    return found


def _limits(town: Town, unit: TownUnit, day: date) -> Limits:
    """From when and until when one may add and remove; zero where nothing is ever booked."""
    if unit.conditions is None:
        return Limits(0, 0)
    return limits(unit.conditions, day, unit.written.starts, town.calendar, town.zone)


def pool_rows(capacity: Mapping[str, int | None], taken: Mapping[str, int]) -> Rows:
    """The table ``place_pool``: capacity by pool id (``<capacity unit>:<date>``), and what is taken of it."""
    return [
        {"id": pool, "capacity": places, "taken": taken.get(pool, 0), "level": level(places, taken.get(pool, 0))}
        for pool, places in capacity.items()
    ]
