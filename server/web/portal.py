"""What a running application holds: its database, its town, its clock. Views reach it through `portal()`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from quart import current_app

from server.config import Config
from server.database import Database
from server.gateways.api_particulier import ApiParticulier
from server.gateways.franceconnect import FranceConnect
from server.gateways.payments import Gateway
from server.gateways.webpush import WebPush
from server.instants import day_of, iso
from server.web.heads import Heads

if TYPE_CHECKING:
    from server.attachments.service import Files
    from server.towns.shape import Identity, Legal


@dataclass
class Portal:
    config: Config
    town: "Identity"
    database: Database
    zone: ZoneInfo
    now: Callable[[], int]
    legal: "Legal"
    heads: Heads = field(default_factory=Heads)
    franceconnect: FranceConnect | None = None
    quotients: ApiParticulier | None = None
    web_push: WebPush | None = None
    bank: Gateway | None = None
    files: "Files" = field(init=False)

    def iso(self, instant: int) -> str:
        return iso(instant, self.zone)

    def today(self) -> str:
        return day_of(self.now(), self.zone)


def portal() -> Portal:
    found: Portal = current_app.extensions["portail"]
    return found
