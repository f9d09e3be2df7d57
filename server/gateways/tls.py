"""The certificates that outside services are checked against, read once: a client of its own for each call reads them anew."""

import ssl
from functools import cache

import httpx2 as httpx


@cache
def certificates() -> ssl.SSLContext:
    """For ``verify=``; safe to share between clients and threads."""
    return httpx.create_ssl_context()
