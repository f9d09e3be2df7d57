"""Reads one file of a town in its shape; and the town's identity alone, which is all that a running server needs."""

from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from server.towns.shape import Identity, Legal, Part

HERE = Path(__file__).parent
T = TypeVar("T", bound=Part)


class TownError(Exception):
    """A town's files cannot be used; the message names the file, the key and the fault."""


def folder_of(name: str) -> Path:
    """A folder under server/towns/, or any folder given by its path."""
    folder = HERE / name if (HERE / name / "town.toml").is_file() else Path(name)
    if not (folder / "town.toml").is_file():
        raise TownError(f"{name}: no such town (a folder with a town.toml is expected)")
    return folder


def load_identity(name: str) -> Identity:
    """The town's name, colours, texts, time zone and school year; quick, without its calendar and its offer.

    Raises:
        TownError: the file is missing, unreadable or says something that cannot be true.
    """
    identity = read(folder_of(name), "town.toml", Identity)
    _check(identity)
    return identity


def load_legal(name: str) -> Legal:
    """What parents accept: the town's own legal.toml, or the one that comes with the portal."""
    own = folder_of(name)
    return read(own if (own / "legal.toml").is_file() else HERE, "legal.toml", Legal)


def _check(identity: Identity) -> None:
    year = identity.year
    first = day_of("town.toml", "year.starts_on", year.starts_on)
    last = day_of("town.toml", "year.ends_on", year.ends_on)
    require(
        first < last and (last - first).days < 370, "town.toml", "year.ends_on", "a school year lasts up to one year"
    )
    require(first.year == year.year or last.year == year.year, "town.toml", "year.year", "not the year it begins in")
    for rank, period in enumerate(year.periods):
        key = f"year.periods[{rank}]"
        starts = day_of("town.toml", f"{key}.from", period.starts_on)
        ends = day_of("town.toml", f"{key}.to", period.ends_on)
        require(starts <= ends, "town.toml", f"{key}.to", "before the period begins")
    try:
        ZoneInfo(identity.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TownError(f"town.toml, time_zone: no time zone is called “{identity.time_zone}”") from error


def read(folder: Path, file: str, shape: type[T]) -> T:
    """One file of a town, in its shape; a wrong type, a missing or a misspelt key is refused with its place."""
    try:
        return msgspec.toml.decode((folder / file).read_bytes(), type=shape)
    except FileNotFoundError:
        raise TownError(f"{file}: the file is missing") from None
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `")
        raise TownError(f"{file}, {where.strip('`').removeprefix('$.') or 'top level'}: {reason}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TownError(f"{file}: not readable as TOML ({error})") from None


def day_of(file: str, key: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise TownError(f"{file}, {key}: no such day as “{text}”") from error


def require(true: bool, file: str, key: str, fault: str) -> None:
    if not true:
        raise TownError(f"{file}, {key}: {fault}")
