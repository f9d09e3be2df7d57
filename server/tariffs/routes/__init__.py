"""Prices: the public simulation, and the régie's tariffs. One blueprint: the agents' views are added to it when they are read."""

from server.tariffs.routes import agents
from server.tariffs.routes.public import blueprint

__all__ = ["agents", "blueprint"]
