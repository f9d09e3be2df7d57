"""What an application does once in its life, and a thousand of them in one process did a thousand times. Imported for its effect.

Measured with a sampling profiler: these three were two thirds of the time of a test that asks one question. Nothing that a test
looks at is changed: the same objects are made, once, or when somebody asks.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Any

from tortoise.apps import Apps
from tortoise.models import MetaInfo, Model
from werkzeug.routing import Rule

_how_to_build = Rule._compile_builder


def _built_when_asked(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    """How an address is built backwards from a route's name, compiled when somebody first does so: nobody does, and compiling it
    for two hundred routes took half the time of each test.
    """
    made: list[Callable[..., Any]] = []

    def build(*values: Any) -> Any:
        if not made:
            made.append(_how_to_build(rule, append_unknown))
        return made[0](*values)

    return build


_describe = Apps._build_initial_querysets
_described: dict[str, dict[type[Model], dict[str, Any]]] = {}


def _described_once(apps: Apps) -> None:
    """Tortoise derives queries and filters of all models each time a database is opened; they differ by dialect only."""
    models = [model for app in apps.apps.values() for model in app.values()]
    dialect = str(models[0]._meta.default_connection) if models else ""
    kept = _described.get(dialect, {})
    if models and all(model in kept for model in models):
        for model in models:
            for name, value in kept[model].items():
                setattr(model._meta, name, value)
        return
    _describe(apps)
    if all(model.__module__.startswith("server.") for model in models):
        _described[dialect] = {model: _state(model._meta) for model in models}


def _state(meta: MetaInfo) -> dict[str, Any]:
    return {name: getattr(meta, name) for name in MetaInfo.__slots__ if hasattr(meta, name)}


Rule._compile_builder = _built_when_asked  # type: ignore[method-assign,assignment]
Apps._build_initial_querysets = _described_once  # type: ignore[method-assign]
# Every stand-in here speaks plain HTTP: the certificates need not be read again for each client.
ssl.create_default_context = cache(ssl.create_default_context)
