"""``make bench``: measures, and writes docs/bench.md. Loopback only; some minutes; bounded by PORTAIL_BENCH_SECONDS (8).

    python -m tests.bench            everything
    python -m tests.bench server     only what the server does; or: pages, money (the régie's month in a town of real size),
                                     opening (the morning on which everybody books)
"""

import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect, sync_playwright
from tqdm import tqdm

from tests.bench import fan_out, feed_cost, lighthouse, money, opening, pages, report, rules, server_side
from tests.browsers.conftest import CHROMIUM, QUIET
from tests.browsers.portal import ROOT, Portal
from tests.databases import PostgresEngine

SECONDS = float(os.environ.get("PORTAIL_BENCH_SECONDS") or 8)
PATIENCE_MS = 60_000
TOWN = {"PORTAIL_TOWN": "reference", "PORTAIL_LOG_LEVEL": "error", "PORTAIL_WORK": "no"}
# The bench's own variable is none of the server's settings.
os.environ.pop("PORTAIL_BENCH_SECONDS", None)


def main(parts: list[str]) -> int:
    wanted = parts or ["server", "pushes", "pages", "money", "opening"]
    with tempfile.TemporaryDirectory(prefix="portail-bench-") as folder:
        os.chmod(folder, 0o755)
        template = Path(folder, "template")
        if {"server", "pushes", "pages"} & set(wanted):
            prepare(template)
        figures: dict[str, Any] = {"machine": machine()}
        if "server" in wanted:
            figures |= server_figures(template, Path(folder))
        if "pushes" in wanted:
            figures["fan_out"] = fan_out.figures(template, Path(folder), **TOWN)
        if "pages" in wanted:
            figures |= page_figures(template, Path(folder))
        if "money" in wanted:
            figures["money"] = money.measure(Path(folder))
        if "opening" in wanted:
            figures["rules"] = rules.one_childs_year()
            figures["opening"] = opening.measure(Path(folder))
    text = report.write(figures)
    if not parts:
        (ROOT / "docs" / "bench.md").write_text(text)
    print(text)
    return 0


def prepare(data: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "server", "demo", "--benchmark", "--build-only"]
    subprocess.run(command, cwd=ROOT, env=os.environ | TOWN | {"PORTAIL_DATA": str(data)} | environment, check=True)


@contextmanager
def serving(template: Path, folder: Path, **environment: str) -> Iterator[Portal]:
    data = Path(tempfile.mkdtemp(dir=folder)) / "data"
    shutil.copytree(template, data)
    portal = Portal(data, **(TOWN | environment))
    try:
        yield portal.start()
    finally:
        portal.stop()


def server_figures(template: Path, folder: Path) -> dict[str, Any]:
    steps = tqdm(total=8, desc="server", leave=False)
    figures: dict[str, Any] = {}

    def done(name: str, value: Any) -> None:
        figures[name] = value
        steps.update()

    with serving(template, folder) as portal:
        done("sqlite", asyncio.run(server_side.rates(portal, SECONDS)))
    with serving(template, folder) as portal:
        done("nothing", asyncio.run(server_side.nothing_new(portal, SECONDS)))
        done("fifty", asyncio.run(server_side.fifty_commands(portal)))
        done("race", asyncio.run(server_side.race(portal)))
        done("queue", asyncio.run(server_side.one_after_another(portal)))
        done("ten", asyncio.run(server_side.ten_times(portal)))
        done("history", asyncio.run(server_side.catching_up(portal)))
    done("rows", asyncio.run(feed_cost.measure(template)))
    engine = PostgresEngine(on_disk=True)
    try:
        # Measured with the durability that a town would have, unlike in the tests.
        url = engine.url("postgres")
        prepare(folder / "unused", PORTAIL_DATABASE_URL=url)
        with serving(template, folder, PORTAIL_DATABASE_URL=url, PORTAIL_WORKERS="2") as portal:
            done("postgresql", asyncio.run(server_side.rates(portal, SECONDS)))
            figures["postgresql race"] = asyncio.run(server_side.race(portal))
    finally:
        engine.stop()
    steps.close()
    return figures


def page_figures(template: Path, folder: Path) -> dict[str, Any]:
    expect.set_options(timeout=PATIENCE_MS)
    figures: dict[str, Any] = {}
    with serving(template, folder) as portal:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            figures["weights"] = pages.weights(browser, portal)
            figures["visible"] = {
                (path, slow): pages.visible(browser, portal, path, slow, cold=3 if slow else 5, warm=3)
                for path in ("/accueil", pages.PLANNING, "/factures")
                for slow in (False, True)
            }
            figures["offline"] = {slow: pages.offline_start(browser, portal, slow) for slow in (False, True)}
            figures["booking"] = {slow: pages.one_booking(browser, portal, slow) for slow in (False, True)}
            figures["grid"] = pages.grid(browser, portal)
            browser.close()
        figures["lighthouse"] = lighthouse.measure(
            {"sign-in": (f"{portal.url}/connexion", ""), "planning": (f"{portal.url}{pages.PLANNING}", cookie(portal))}
        )
    return figures


def cookie(portal: Portal) -> str:
    body = {"username": pages.USERNAME, "password": pages.PASSWORD}
    answer = httpx.post(f"{portal.url}/api/session", json=body)
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def machine() -> dict[str, str]:
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True)
    return {
        "date": date.today().isoformat(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "revision": revision.stdout.strip() or "unknown",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
