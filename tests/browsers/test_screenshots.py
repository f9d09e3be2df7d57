"""The README's pictures, taken from the running app: `make screenshots` keeps them, `make test` only sees that they can be taken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsers.phone import Phone
from tests.browsers.portal import ROOT, Portal

MOST_BYTES = 200_000
NewPhone = Callable[..., Phone]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures go: the documents when they are wanted, otherwise nowhere that lasts."""
    found = ROOT / "docs" / "screenshots" if request.config.getoption("--take-screenshots") else tmp_path
    found.mkdir(parents=True, exist_ok=True)
    return found


def take(page: Page, folder: Path, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # transitions are over
    path = folder / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size < MOST_BYTES


def test_pictures_of_the_app_on_a_phone(new_phone: NewPhone, portal: Portal, folder: Path) -> None:
    # One pixel per point keeps the files small; nothing in them is that fine.
    phone = new_phone(portal, device_scale_factor=1.5, reduced_motion="reduce")
    page = phone.sign_in("nadia")
    expect(page.get_by_text("Léa").first).to_be_visible()
    take(page, folder, "accueil")

    phone.open_planning()
    take(page, folder, "planning")

    phone.context.set_offline(True)
    phone.book("Léa", "Noé")
    page = phone.open("/envois")
    expect(page.get_by_text("pas encore envoyé").first).to_be_visible()
    take(page, folder, "hors-connexion")


def test_a_picture_of_the_app_on_a_desktop(new_phone: NewPhone, portal: Portal, folder: Path) -> None:
    desktop = {"viewport": {"width": 1280, "height": 860}, "is_mobile": False, "has_touch": False, "device_scale_factor": 1}
    phone = new_phone(portal, reduced_motion="reduce", **desktop)
    phone.sign_in("nadia")
    page = phone.open_planning()
    take(page, folder, "planning-bureau")
