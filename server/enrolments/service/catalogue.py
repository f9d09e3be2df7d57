"""What a family may ask to join: every open occasion with its groups, places left, and this family's prices."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from server.activities.service import school_year, year_bounds
from server.database import Connection, Database, Row, marks
from server.enrolments import rules
from server.enrolments.service.asking import asker, group_rule, is_enrolled
from server.enrolments.service.listing import left
from server.enrolments.service.reading import decoded
from server.families.service import families_of
from server.instants import day_of, iso
from server.tariffs.service import households, unit_tariffs

Reader = Connection | Database


async def catalogue(reader: Reader, account: str, now: int, zone: ZoneInfo) -> dict[str, Any]:
    """``{made_at, rounds: […]}``: what is published and not over, with what each child of the account may do about it."""
    today = day_of(now, zone)
    rows = await reader.all(
        "SELECT r.*, a.name AS activity_name, a.text AS activity_text, a.category, a.service_id, s.name AS service_name"
        " FROM enrolment_round r JOIN activity a ON a.code = r.activity_id JOIN service s ON s.code = a.service_id"
        " WHERE r.published AND r.until >= ? AND r.closes_at >= ? ORDER BY a.position, r.since, r.id",
        today, now,
    )  # fmt: skip
    groups = await _groups(reader, [row["id"] for row in rows])
    units = await _units(reader, {unit for many in groups.values() for group in many for unit in decoded(group["units"])})
    children = await _children(reader, account, today)
    homes = await households(reader, {child["family_id"] for child in children}, today)
    found = []
    for row in rows:
        tariffs = await unit_tariffs(reader, _priced_on(row["since"], today))
        mine = groups[row["id"]]
        found.append({
            "id": row["id"], "name": row["name"], "kind": row["kind"], "text": row["text"], "since": row["since"], "until": row["until"],
            "closes_at": iso(row["closes_at"], zone), "decided": bool(row["decided"]), "papers": decoded(row["papers"]),
            "questions": decoded(row["questions"]),
            "activity": {
                "code": row["activity_id"], "name": row["activity_name"], "text": row["activity_text"], "category": row["category"],
                "service": row["service_id"], "service_name": row["service_name"],
            },
            "groups": [_group(group, units) for group in mine],
            "children": {
                one["id"]: await _for_child(reader, row, mine, one, homes[one["family_id"]], tariffs, today, zone) for one in children
            },
        })  # fmt: skip
    return {"made_at": iso(now, zone), "rounds": found}


def _priced_on(since: str, today: str) -> str:
    """The day whose prices are shown: the first one, or today's while next year's are not voted."""
    day = max(since, today)
    last = year_bounds(school_year(date.fromisoformat(today)))[1]
    return min(day, last)


async def _for_child(
    reader: Reader, round_: Row, groups: list[Row], child: Row, home: Any, tariffs: Any, today: str, zone: ZoneInfo
) -> dict[str, Any]:
    opens = rules.opens_for(decoded(round_["windows"]), await asker(reader, home, child["id"], round_))
    fitting = [group for group in groups if rules.fits(group_rule(group), child["grade"], child["born_on"], round_["since"])]
    first = max(round_["since"], today)
    prices = {
        unit: tariffs[unit].price(home, child["id"]).row() for group in fitting for unit in decoded(group["units"]) if unit in tariffs
    }
    return {
        "opens_at": None if opens is None else iso(opens, zone),
        "groups": [group["id"] for group in fitting],
        "enrolled": [
            group["id"] for group in fitting if await is_enrolled(reader, child["id"], decoded(group["units"]), first, round_["until"])
        ],
        "prices": prices,
    }


def _group(group: Row, units: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": group["id"], "name": group["name"], "grades": decoded(group["grades"]), "ages": decoded(group["ages"]),
        "capacity": group["capacity"], "left": left(group), "waiting": group["waiting"],
        "units": [units[unit] for unit in decoded(group["units"]) if unit in units],
    }  # fmt: skip


async def _groups(reader: Reader, rounds: list[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {id: [] for id in rounds}
    if rounds:
        for row in await reader.all(
            "SELECT g.*, (SELECT COUNT(*) FROM enrolment_request q WHERE q.group_id = g.id AND q.state = 'waiting') AS waiting"
            f" FROM enrolment_group g WHERE g.round_id IN ({marks(rounds)}) ORDER BY g.position, g.id",
            *rounds,
        ):
            found[row["round_id"]].append(row)
    return found


async def _units(reader: Reader, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = sorted(set(ids))
    rows = await reader.all(
        "SELECT u.id, u.name, u.starts, u.ends, u.weekdays, u.during, u.rule, p.name AS place FROM unit u"
        f" JOIN place p ON p.code = u.place_id WHERE u.id IN ({marks(wanted)})",
        *wanted,
    ) if wanted else []
    return {row["id"]: {**dict(row), "weekdays": decoded(row["weekdays"])} for row in rows}


async def _children(reader: Reader, account: str, today: str) -> list[Row]:
    """The children that the account may act for, each with the family in whose name it would ask."""
    families = await families_of(reader, account, today)  # type: ignore[arg-type]
    if not families:
        return []
    rows = await reader.all(
        "SELECT c.id, c.grade, c.born_on, fc.family_id FROM family_child fc JOIN child c ON c.id = fc.child_id"
        f" WHERE fc.family_id IN ({marks(families)}) ORDER BY c.born_on, c.id",
        *families,
    )
    order = {family: at for at, family in enumerate(families)}
    best: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: order[one["family_id"]]):
        best.setdefault(row["id"], row)
    return list(best.values())


async def open_rounds_of(reader: Reader, service: str | None) -> list[dict[str, Any]]:
    """Every round of a service as agents edit it, with how many asked and how many are in."""
    rows = await reader.all(
        "SELECT r.*, a.name AS activity_name FROM enrolment_round r JOIN activity a ON a.code = r.activity_id"
        " WHERE a.service_id = ? ORDER BY a.position, r.since, r.id",
        service or "",
    )  # fmt: skip
    groups = await _groups(reader, [row["id"] for row in rows])
    return [
        {
            **{name: row[name] for name in ("id", "name", "kind", "text", "since", "until", "closes_at")},
            "activity": row["activity_id"], "activity_name": row["activity_name"], "decided": bool(row["decided"]),
            "published": bool(row["published"]), "windows": decoded(row["windows"]), "papers": decoded(row["papers"]),
            "questions": decoded(row["questions"]),
            "groups": [
                {
                    "id": group["id"], "name": group["name"], "grades": decoded(group["grades"]), "ages": decoded(group["ages"]),
                    "units": decoded(group["units"]), "capacity": group["capacity"], "taken": group["taken"], "waiting": group["waiting"],
                }
                for group in groups[row["id"]]
            ],
        }
        for row in rows
    ]  # fmt: skip

