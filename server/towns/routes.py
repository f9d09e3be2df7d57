"""What a browser needs of the town before anybody signs in: its name, its colours, the app's manifest."""

import json
from pathlib import Path
from typing import Any

from quart import Blueprint, Response

from server.access import PUBLIC, allow
from server.activities.service import catalog_rows
from server.towns.theme import theme_css
from server.web.portal import portal

blueprint = Blueprint("towns", __name__)
MANIFEST = Path(__file__).parents[2] / "manifest.json"


@blueprint.get("/api/public/town")
@allow(PUBLIC)
async def town() -> dict[str, Any]:
    """The town's name and its directory: services with addresses, telephones and hours."""
    here = portal()
    rows = await catalog_rows(here.database, here.town.year.year)
    services = [
        {"code": key.removeprefix("service/"), **row} for key, row in rows.items() if key.startswith("service/")
    ]
    return {
        "name": here.town.name,
        "short": here.town.short,
        "code": here.town.code,
        "crest": here.town.crest,
        "demo": here.town.demo,
        "franceconnect": here.franceconnect is not None,
        "year": here.town.year.year,
        "zone": here.town.time_zone,
        "texts": {
            "tagline": here.town.texts.tagline,
            "demo_banner": here.town.texts.demo_banner,
            "contact": here.town.texts.contact,
            "meals": here.town.texts.meals,
        },
        "services": sorted(services, key=lambda service: service["position"]),
    }


@blueprint.get("/theme.css")
@allow(PUBLIC)
async def theme() -> Response:
    """The town's palette, light and dark, with contrast already checked."""
    headers = {"Cache-Control": "no-cache"}
    return Response(theme_css(portal().town.colours), content_type="text/css; charset=utf-8", headers=headers)


@blueprint.get("/manifest.json")
@allow(PUBLIC)
async def manifest() -> Response:
    """The web app manifest with the town's name and colours; its `id` never changes, or phones would see a new app."""
    here = portal()
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))
    found |= {
        "name": f"Portail famille · {here.town.name}",
        "short_name": here.town.short,
        "theme_color": here.town.colours.brand,
        "background_color": here.town.colours.ground,
    }
    headers = {"Cache-Control": "no-cache"}
    return Response(json.dumps(found, ensure_ascii=False), content_type="application/manifest+json", headers=headers)
