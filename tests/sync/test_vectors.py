"""Both twins of the protocol give what the vectors say, and no vector is read by one of them only."""

import importlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sync.commands import check_command, check_request
from sync.identity import canonical

SYNC = Path(__file__).parents[2] / "sync"
FILES = sorted((SYNC / "vectors").glob("*.json"))


def cases_of(file: Path) -> list[dict[str, Any]]:
    return list(json.loads(file.read_text())["cases"])


def expanded(value: Any) -> Any:
    """``{"$repeat": ["y", 5]}`` stands for a long text."""
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if isinstance(value, dict):
        if "$repeat" in value:
            text, times = value["$repeat"]
            return text * times
        return {key: expanded(item) for key, item in value.items()}
    return value


@cache
def typescript() -> dict[str, dict[str, list[str]]]:
    """What the TypeScript twins made of the vectors: per file, the cases that ran and those that went wrong."""
    node = Path(sys.executable).with_name("node")
    done = subprocess.run([node, SYNC / "vectors" / "run.ts"], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_python_gives_what_the_vectors_say(file: Path) -> None:
    for case in cases_of(file):
        module, verb = case["call"].split(".")
        given = getattr(importlib.import_module(f"sync.{module}"), verb)(*expanded(case["args"]))
        assert json.loads(json.dumps(given)) == expanded(case["gives"]), case["name"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_typescript_gives_what_the_vectors_say(file: Path) -> None:
    report = typescript()[file.name]
    assert report["wrong"] == []
    assert report["ran"] == [case["name"] for case in cases_of(file)]


def test_every_twin_is_told_by_vectors() -> None:
    told = {case["call"].split(".")[0] for file in FILES for case in cases_of(file)}
    twins = {path.stem for path in SYNC.glob("*.ts")} - {"shapes"}  # types only
    assert told == twins == {path.stem for path in SYNC.glob("*.py")} - {"__init__"}
    assert set(typescript()) == {file.name for file in FILES}


def test_what_json_cannot_say_is_refused_too() -> None:
    """Python's reader lets NaN, Infinity, and numbers of any length through; the checks do not."""
    for odd in (float("nan"), float("inf"), -float("inf"), 10**5000, 1e308, 1.0):
        fault = check_command("reservation.confirm@1", {"items": [{"rid": "r_1", "max_price_cents": odd}]})
        assert fault == {"code": "MALFORMED", "path": "args.items[0].max_price_cents"}
        assert canonical({"x": odd}) == ('{"x":1}' if odd == 1.0 else '{"x":?}')
        assert check_request({"proto": odd}) == {"code": "malformed", "path": "proto"}
