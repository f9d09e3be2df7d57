"""The map of the project holds: who may import whom, and which files a feature has."""

import ast
import re
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


IMPURE = {"asyncio", "os", "quart", "random", "secrets", "socket", "sqlite3", "time", "tortoise"}
NOW = re.compile(r"\.(now|today|utcnow)\(")


def test_rules_and_the_protocol_read_no_clock_no_network_and_no_database() -> None:
    """They are pure: what they need to know is handed to them."""
    rules = [*(ROOT / "server").glob("*/rules.py"), *(ROOT / "server").glob("*/rules/*.py")]
    sources = [*rules, *(ROOT / "sync").glob("*.py")]
    assert len(sources) >= 6
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in sources
        for what in sorted(imported(path) & IMPURE) + NOW.findall(path.read_text())
    ]
    assert found == []


def imported(path: Path) -> set[str]:
    """The packages that a file imports, by their first name."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_style_and_types() -> None:
    for command in (["ruff", "check", "."], ["mypy"]):
        result = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
