"""Runs every test: ``make test``, or a part of it: ``make test T=tests/rules``.

Several pytest processes, two side by side: Playwright's synchronous interface and asyncio tests cannot share one, and two cores want
two. What a process says is printed when it is done, the first one's at once. The last line is the total of all. A test that was
skipped counts as a failure: nothing here is allowed not to run.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from tests.databases import in_memory_or

ROOT = Path(__file__).parents[1]
BROWSERS = "tests/browsers"
FEATURES = "tests/features"
LANES = 2


def main(chosen: list[str]) -> int:
    started = time.monotonic()
    # In memory where that is possible: a thousand small databases wait for no disk. Our own modules are compiled once, whatever
    # the environment says: every portal that a browser talks to is a process of its own.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="portail-tests-", dir=in_memory_or(tempfile.gettempdir())) as folder:
        counts = _run(_processes(chosen), Path(folder))
    totals = {name: sum(count[name] for count in counts) for name in ("passed", "failed", "skipped")}
    print(f"{time.monotonic() - started:.0f} s in all")
    if totals["skipped"]:
        print(f"{totals['skipped']} skipped, which counts as failed")
    failed = totals["failed"] + totals["skipped"]
    print(f"{totals['passed']} passed, {failed} failed", flush=True)
    return 1 if failed or not totals["passed"] else 0


def _run(waiting: list[list[str]], folder: Path) -> list[dict[str, int]]:
    """All of them in turn, `LANES` at a time."""
    counts, running = [], []
    numbered = list(enumerate(waiting))
    while numbered or running:
        while numbered and len(running) < LANES:
            number, arguments = numbered.pop(0)
            running.append((number, *_start(arguments, Path(folder, f"{number}"))))
        time.sleep(0.2)
        for one in [one for one in running if one[1].poll() is not None]:
            running.remove(one)
            counts.append(_finish(*one))
    return counts


def _start(arguments: list[str], report: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Begins one pytest process; all but the first write into a file beside their report."""
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", f"--basetemp={report}-data", *arguments]
    if report.name == "0":
        return subprocess.Popen(command, cwd=ROOT), report
    with open(report.with_suffix(".log"), "wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT), report


def _finish(number: int, process: subprocess.Popen[bytes], report: Path) -> dict[str, int]:
    if number:
        print(report.with_suffix(".log").read_text(errors="replace"), flush=True)
    return _counts(report, process.returncode)


def _processes(chosen: list[str]) -> list[list[str]]:
    """The arguments of each pytest process, the longest first."""
    if not chosen:
        return [[FEATURES], [BROWSERS], ["tests", *(f"--ignore={folder}" for folder in (BROWSERS, FEATURES))]]
    browsers = [name for name in chosen if name.startswith(BROWSERS)]
    others = [name for name in chosen if name not in browsers]
    return [names for names in (others, browsers) if names]


def _counts(report: Path, code: int) -> dict[str, int]:
    """What one process counted. One that ended without a report, or in an error of its own, is one failure."""
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    suite = ElementTree.parse(report).getroot()[0]
    tests, errors, failures, skipped = (int(suite.get(name, 0)) for name in ("tests", "errors", "failures", "skipped"))
    failed = errors + failures
    if code != 0 and not failed:
        failed = 1
    return {"passed": max(tests - errors - failures - skipped, 0), "failed": failed, "skipped": skipped}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
