"""The OpenAPI document against the service: whatever is asked, no answer of its own making and no
answer that the document does not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as documented

from fieldfare.service.api.app import create_app
from fieldfare.service.settings import ServiceSettings
from tests.client.conftest import serving
from tests.service.asking import offender, settle, token
from tests.service.events import arrival


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """The document of a service in which someone was found."""
    found = ServiceSettings(data=tmp_path_factory.mktemp("openapi") / "data")
    journal = found.open_journal()
    journal.append([arrival(offender(12))])
    journal.close()
    settle(found)
    with serving(found) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        schema.config.update(headers=token(found))
        yield schema


OPERATIONS = [
    (path, method)
    for path, methods in create_app(ServiceSettings(data=Path("unused"))).openapi()["paths"].items()
    for method in methods
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_documented(api: schemathesis.BaseSchema, path: str, method: str) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            api[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE),
            api[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )
    )
    def ask(case: schemathesis.Case[Any]) -> None:
        if path == "/v1/changes":
            case.query["follow"] = "false"
        case.call_and_validate(
            checks=[
                checks.not_a_server_error,
                documented.status_code_conformance,
                documented.content_type_conformance,
                documented.response_schema_conformance,
                documented.response_headers_conformance,
            ]
        )

    ask()
