"""OpenAPI 3.1 from the views' own types, with what quart-schema leaves out."""

from typing import Any

from quart import Quart
from quart_schema import OpenAPIProvider, QuartSchema


class Provider(OpenAPIProvider):
    """quart-schema forgets that a request body it validates is required; every refusal has one shape."""

    def build_paths(self, *args: Any, **kwargs: Any) -> Any:
        paths, schemas = super().build_paths(*args, **kwargs)
        for operations in paths.values():
            for operation in operations.values():
                if "requestBody" in operation:
                    operation["requestBody"]["required"] = True
                for status in (400, 401, 403, 404, 413, 415, 429):
                    operation["responses"].setdefault(status, _refusal(status))
        return paths, schemas


def _refusal(status: int) -> dict[str, Any]:
    error = {
        "type": "object",
        "required": ["code", "message", "facts"],
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "facts": {"type": "object"}},
    }
    schema = {"type": "object", "required": ["error"], "properties": {"error": error}}
    return {"description": f"Refused ({status})", "content": {"application/json": {"schema": schema}}}


def install(app: Quart) -> None:
    QuartSchema(
        app,
        openapi_path="/api/openapi.json",
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        info={"title": "Portail famille", "version": "2026.11.0"},
        conversion_preference="msgspec",
        openapi_provider_class=Provider,
    )
