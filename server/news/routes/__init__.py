"""News and documents: for everybody, and the agents' desks."""

from server.news.routes.agents import blueprint as agents_blueprint
from server.news.routes.library import blueprint as library_blueprint
from server.news.routes.public import blueprint

__all__ = ["agents_blueprint", "blueprint", "library_blueprint"]
