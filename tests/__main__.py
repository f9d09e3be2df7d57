"""Runs every test: ``make test``, or a part of it: ``make test T=tests/rules``.

Two pytest processes side by side, since Playwright's synchronous interface and asyncio tests cannot share one; what the second
says is printed when the first is done. The last line is the total of both. A test that was skipped counts as a failure: nothing
here is allowed not to run.
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


def main(chosen: list[str]) -> int:
    started = time.monotonic()
    # In memory where that is possible: a thousand small databases wait for no disk. Our own modules are compiled once, whatever
    # the environment says: every portal that a browser talks to is a process of its own.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="portail-tests-", dir=in_memory_or(tempfile.gettempdir())) as folder:
        running = [_start(arguments, Path(folder, f"{n}")) for n, arguments in enumerate(_processes(chosen))]
        counts = [_finish(process, report) for process, report in running]
    totals = {name: sum(count[name] for count in counts) for name in ("passed", "failed", "skipped")}
    print(f"{time.monotonic() - started:.0f} s in all")
    if totals["skipped"]:
        print(f"{totals['skipped']} skipped, which counts as failed")
    failed = totals["failed"] + totals["skipped"]
    print(f"{totals['passed']} passed, {failed} failed", flush=True)
    return 1 if failed or not totals["passed"] else 0


def _start(arguments: list[str], report: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Begins one pytest process; all but the first write into a file beside their report."""
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", f"--basetemp={report}-data", *arguments]
    if report.name == "0":
        return subprocess.Popen(command, cwd=ROOT), report
    with open(report.with_suffix(".log"), "wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT), report


def _finish(process: subprocess.Popen[bytes], report: Path) -> dict[str, int]:
    log = report.with_suffix(".log")
    if log.exists() and process.poll() is None:
        print("waiting for the browsers", flush=True)
    code = process.wait()
    if log.exists():
        print(log.read_text(errors="replace"), flush=True)
    return _counts(report, code)


def _processes(chosen: list[str]) -> list[list[str]]:
    """The arguments of each pytest process."""
    if not chosen:
        return [["tests", f"--ignore={BROWSERS}"], [BROWSERS]]
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
