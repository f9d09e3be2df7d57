"""The app can be installed: what Chromium itself says of it, the manifest, the icons."""

import struct
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, expect

from tests.browsers.phone import PASSWORD
from tests.browsers.portal import Portal


def test_chromium_finds_nothing_against_installing(lasting_profile: Callable[..., BrowserContext], shared_portal: Portal) -> None:
    """A profile that lasts: a private window can never install."""
    context = lasting_profile()
    page = context.new_page()
    page.goto(shared_portal.url + "/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    browser = context.new_cdp_session(page)
    assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = browser.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == shared_portal.url + "/manifest.json"
    assert browser.send("Page.getAppId")["appId"] == shared_portal.url + "/"


def test_the_manifest_names_the_town_and_its_icons_are_what_it_says(shared_portal: Portal) -> None:
    answer = httpx.get(shared_portal.url + "/manifest.json")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest: dict[str, Any] = answer.json()
    assert "Vigneux" in manifest["name"]
    assert (manifest["lang"], manifest["display"], manifest["start_url"], manifest["scope"]) == ("fr", "standalone", "/accueil", "/")
    purposes = " ".join(icon.get("purpose", "any") for icon in manifest["icons"])
    assert "maskable" in purposes
    for icon in manifest["icons"]:
        picture = httpx.get(shared_portal.url + icon["src"])
        assert picture.status_code == 200
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", picture.content[16:24])  # the PNG header chunk
            assert f"{width}x{height}" == icon["sizes"]


def test_the_first_load_from_signing_in_to_the_planning_is_light(new_phone: Callable[..., Any], reference_portal: Portal) -> None:
    """At most 75 kB over the wire, pages and data together, on the data of docs/bench.md and with nothing cached."""
    phone = new_phone(reference_portal, service_workers="block")
    wire = phone.context.new_cdp_session(phone.page)
    received: list[float] = []
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page = phone.open("/connexion")
    page.get_by_label("Nom d’utilisateur").fill("famille01")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("navigation").get_by_role("link", name="Planning").first.click()
    expect(page.get_by_role("heading", name="Planning", level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="À jour").first).to_be_visible()
    expect(page.get_by_role("button", name="Semaine suivante")).to_be_visible()
    assert len(received) > 5
    assert sum(received) <= 75_000, f"{sum(received)} bytes in {len(received)} files"
