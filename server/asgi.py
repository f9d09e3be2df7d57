"""What an ASGI server loads: configuration from the environment, logs, the wrapped application."""

from server import config
from server.app import create_asgi
from server.web import logs

settings = config.read()
logs.configure(settings.log_level)
application = create_asgi(settings)
