"""Tells people what concerns them, and knows what reaches which device."""

from server.notifications.service.choosing import choose, forget_device, notification_rows, subscribe, try_out, unsubscribe
from server.notifications.service.pushing import Pusher, declarative
from server.notifications.service.telling import Event, FanOut, broadcast, notify, reach

__all__ = [
    "Event",
    "FanOut",
    "Pusher",
    "broadcast",
    "choose",
    "declarative",
    "forget_device",
    "notification_rows",
    "notify",
    "reach",
    "subscribe",
    "try_out",
    "unsubscribe",
]
