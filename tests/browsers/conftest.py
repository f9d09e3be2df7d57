"""Three browsers and the real server. Journeys read as stories; what they need to say it with stands here."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browsers.bidi import Firefox
from tests.browsers.phone import SOON, Phone
from tests.browsers.portal import ROOT, Portal
from tests.browsers.webdriver import WebKit

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
# No word to any server outside this machine, and no prompt that a person would have to answer.
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A phone held upright, as most parents use the portal.
UPRIGHT = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# Playwright denies every permission that is not listed: without 'background-sync' the browser would never sync.
FRENCH = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "permissions": ["background-sync", "notifications"]}


# A machine with more to do than this test is slow, not wrong.
expect.set_options(timeout=SOON)


@pytest.fixture
def portal(demo_data: Path, tmp_path: Path) -> Iterator[Portal]:
    """A running portal with data of its own."""
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path / "data")))
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture(scope="session")
def shared_portal(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One running portal for all the tests that only look."""
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path_factory.mktemp("shared") / "data")))
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture
def reference_portal(tmp_path: Path) -> Iterator[Portal]:
    """A running portal with the data that docs/bench.md measures on."""
    made = tmp_path / "reference"
    command = [sys.executable, "-m", "server", "demo", "--benchmark", "--build-only"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PORTAIL_DATA": str(made)}, check=True, capture_output=True)
    portal = Portal(made)
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture
def new_phone(chromium: Browser) -> Iterator[Callable[..., Phone]]:
    """Makes phones (Chromium, nothing stored yet); at the end each must have respected the content policy."""
    phones: list[Phone] = []

    def make(portal: Portal, **options: Any) -> Phone:
        phone = Phone(chromium.new_context(**(UPRIGHT | FRENCH | options)), portal)
        phones.append(phone)
        return phone

    yield make
    for phone in phones:
        phone.context.close()
    assert [complaint for phone in phones for complaint in phone.complaints] == []


@pytest.fixture
def phone(new_phone: Callable[..., Phone], portal: Portal) -> Phone:
    return new_phone(portal)


@pytest.fixture
def page(phone: Phone) -> Page:
    return phone.page


@pytest.fixture
def lasting_profile(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Opens Chromium on a profile that outlives it, as an installed browser has; again after it was closed."""
    with ExitStack() as stack:

        def launch(**options: Any) -> BrowserContext:
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path / "profile"), executable_path=CHROMIUM, args=QUIET, **(UPRIGHT | FRENCH | options)
            )
            stack.callback(context.close)
            return context

        yield launch


@pytest.fixture(params=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Any]:
    """Each of the three engines, with the two verbs they share: ``open(url)`` and ``run(expression)``."""
    if request.param == "firefox":
        with Firefox(tmp_path / "firefox") as firefox:
            yield firefox
    elif request.param == "webkit":
        with WebKit() as webkit:
            yield webkit
    else:
        context = chromium.new_context(**(UPRIGHT | FRENCH))
        yield PlainChromium(context.new_page())
        context.close()


class PlainChromium:
    """Chromium with the same two verbs as the other engines."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        self.page.goto(url)

    def run(self, expression: str) -> Any:
        return self.page.evaluate(f"async () => await ({expression})")
