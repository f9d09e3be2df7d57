"""The published description of the API is true, and nothing that fits or misses it makes the server fail."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.browsers.portal import Portal
from tests.cast import PASSWORD

load_all_checks()


@pytest.fixture(scope="module")
def served(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The real server: what the generator sends crosses a real socket."""
    portal = Portal(Path(shutil.copytree(demo_data, tmp_path_factory.mktemp("openapi") / "data")))
    try:
        yield portal.start()
    finally:
        portal.stop()


@pytest.fixture(scope="module")
def cookie(served: Portal) -> str:
    answer = httpx.post(f"{served.url}/api/session", json={"username": "nadia", "password": PASSWORD})
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


@pytest.fixture(scope="module")
def api(served: Portal) -> schemathesis.BaseSchema:
    description = schemathesis.openapi.from_url(f"{served.url}/api/openapi.json")
    # Signing out would end the session that the other calls use; the stream of heads has no end.
    return description.exclude(method="DELETE", path="/api/session").exclude(path="/api/sync/v1/heads")


def test_whatever_is_sent_the_answer_is_as_described(api: schemathesis.BaseSchema, cookie: str) -> None:
    operations = [result.ok() for result in api.get_all_operations()]
    assert len(operations) >= 6
    for operation in operations:

        @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def described(case: schemathesis.Case) -> None:
            check(case, cookie)

        described()


def check(case: schemathesis.Case, cookie: str) -> None:
    response = case.call(headers={"Cookie": cookie})
    assert response.status_code < 500, response.text
    if response.status_code < 400:
        case.validate_response(response, checks=[content_type_conformance, response_schema_conformance])
        return
    error = response.json()["error"]
    assert set(error) == {"code", "message", "facts"}


def test_the_description_names_every_route_of_the_api(served: Portal) -> None:
    described = set(httpx.get(f"{served.url}/api/openapi.json").json()["paths"])
    assert {"/api/session", "/api/sync/v1/exchange", "/api/sync/v1/devices", "/api/public/news"} <= described
