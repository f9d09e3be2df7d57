"""Runs every test: ``make test``, or a part of it: ``make test T=tests/rules``.

Two pytest processes, since Playwright's synchronous interface and asyncio tests cannot share one. The last line is the
total of both. A test that was skipped counts as a failure: nothing here is allowed not to run.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
BROWSERS = "tests/browsers"


def main(chosen: list[str]) -> int:
    started = time.monotonic()
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        for number, arguments in enumerate(_processes(chosen)):
            report = Path(folder, f"{number}.xml")
            command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
            code = subprocess.call(command, cwd=ROOT)
            for name, count in _counts(report, code).items():
                totals[name] += count
    print(f"{time.monotonic() - started:.0f} s in all")
    if totals["skipped"]:
        print(f"{totals['skipped']} skipped, which counts as failed")
    failed = totals["failed"] + totals["skipped"]
    print(f"{totals['passed']} passed, {failed} failed", flush=True)
    return 1 if failed or not totals["passed"] else 0


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
