"""What an ASGI server loads: the wrapped application, configured from the environment."""

from server import config
from server.app import create_asgi

settings = config.read()
application = create_asgi(settings)
