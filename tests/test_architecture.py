"""The map of the project holds: who may import whom, and which files a feature has."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = {"__init__", "routes", "service", "models", "rules", "texts"}


def features() -> list[Path]:
    """The folders of the server that are features: those with tables of their own."""
    return sorted(models.parent for models in (ROOT / "server").glob("*/models.py"))


def test_imports_follow_the_map_in_pyproject() -> None:
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run(linter, cwd=ROOT, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 kept" not in result.stdout, "no contract is declared"


def test_a_feature_holds_its_layers_and_nothing_else() -> None:
    found = features()
    assert len(found) >= 9
    strangers = [
        str(path.relative_to(ROOT))
        for feature in found
        for path in feature.iterdir()
        # A layer that outgrew one file is a folder of the same name.
        if path.stem not in LAYERS and path.name != "__pycache__"
    ]
    assert strangers == []


def test_rules_and_the_protocol_read_no_clock_no_network_and_no_database() -> None:
    """They are pure: what they need to know is handed to them."""
    impure = ("import time", "datetime.now", "date.today", "import random", "import asyncio", "import os", "tortoise", "quart")
    sources = [*(ROOT / "server").glob("*/rules.py"), *(ROOT / "server").glob("*/rules/*.py"), *(ROOT / "sync").glob("*.py")]
    assert len(sources) >= 6
    found = [
        f"{path.relative_to(ROOT)}: {word}" for path in sources for word in impure if word in path.read_text()
    ]
    assert found == []


def test_style_and_types() -> None:
    for command in (["ruff", "check", "."], ["mypy"]):
        result = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
