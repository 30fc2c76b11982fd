"""The API's document: it is OpenAPI 3.1, and what is asked by it is answered as it says (schemathesis)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import validator_for
from newsstand import PUBLISHER, Stand, standing
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from newsletter.web.api.document import document
from newsletter.web.api.fields import FACETS
from newsletter.web.api.operations import OPERATIONS
from newsletter.web.caps import Caps

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
#: What need not have every field.
MAY_LACK = ("Problem", "Wish")
DOCUMENT = document(PUBLISHER, "Daily Dose")
PATHS = sorted((path, method) for path, methods in DOCUMENT["paths"].items() for method in methods)


@pytest.fixture(scope="module")
def stand(filled: Any) -> Iterator[Stand]:
    """Serve an archive to a program that asks as often as it likes."""
    with standing(f"sqlite:///{filled}", caps=Caps(at_once=1_000_000)) as found:
        yield found


def strict(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the document as one that allows no field but those that it names, and asks for each."""
    copy: dict[str, Any] = json.loads(json.dumps(whole))
    for name, schema in copy["components"]["schemas"].items():
        schema["additionalProperties"] = False
        if name not in MAY_LACK:
            schema["required"] = list(schema["properties"])
    return copy


def ask(stand: Stand, path: str, method: str, mode: GenerationMode, examples: int, **options: Any) -> int:
    """Ask an operation that often, with what its document allows or forbids; return how often it answered 200."""
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method.upper()]
    answered = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **options,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        answer = case.call(base_url=f"http://127.0.0.1:{stand.port}")
        case.validate_response(answer, checks=CHECKS)
        answered.append(answer.status_code)

    asked()
    assert answered
    return answered.count(200) + answered.count(202)


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_what_the_document_allows_and_forbids_is_answered_as_it_says(stand: Stand, path: str, method: str) -> None:
    given_nothing = "{" not in path and method == "get"
    assert ask(stand, path, method, GenerationMode.POSITIVE, 8, derandomize=True) or not given_nothing
    has_wishes = DOCUMENT["paths"][path][method].get("parameters") or method == "post"
    if has_wishes:
        ask(stand, path, method, GenerationMode.NEGATIVE, 8, derandomize=True)


@pytest.mark.chaos
@pytest.mark.parametrize(("path", "method"), PATHS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_whatever_is_asked_is_answered_as_the_document_says(
    stand: Stand, path: str, method: str, mode: GenerationMode
) -> None:
    has_wishes = DOCUMENT["paths"][path][method].get("parameters") or method == "post"
    if has_wishes or mode is GenerationMode.POSITIVE:
        ask(stand, path, method, mode, 300)


def test_real_answers_have_every_field_that_the_document_names_and_no_other(stand: Stand) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    addresses = {
        "/issues/{day}": {"day": "2026-11-20"},
        "/entries/{slug}": {"slug": "background-to-the-north"},
        "/on-this-day/{day}": {"day": "01-21"},
    }
    for each in OPERATIONS:
        path = f"/api/v1{each.path}"
        case = schema[path]["GET"].Case(path_parameters=addresses.get(each.path, {}), query={})
        if each.name == "search":
            case.query = {"q": "market", "limit": 3}
        answer = case.call(base_url=f"http://127.0.0.1:{stand.port}")
        assert answer.status_code == 200, path
        case.validate_response(answer, checks=CHECKS)
        names = DOCUMENT["components"]["schemas"][each.answer.__name__]["properties"]
        assert set(answer.json()) == set(names), path
        assert answer.json().get("items") != [], path
        whole = {"$ref": f"#/components/schemas/{each.answer.__name__}", **strict(DOCUMENT)}
        validator_for(whole).validate(answer.json())


def test_the_document_is_openapi_and_what_is_served_is_it(stand: Stand) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{stand.port}/api/v1/openapi.json")
    schema.validate()
    assert schema.raw_schema == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["license"] == {"name": "Text: CC BY 4.0."}
    names = [each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()]
    assert len(set(names)) == len(names)


def test_every_field_of_a_query_is_told_and_read(stand: Stand) -> None:
    """A field that narrows does; one that is not told of changes nothing."""
    search = DOCUMENT["paths"]["/api/v1/search"]["get"]["parameters"]
    assert {field.name for field in FACETS} < {each["name"] for each in search}
    plain = stand.get("/api/v1/entries")
    assert stand.get("/api/v1/entries?colour=red&page=-1").content == plain.content
    for field in FACETS:
        narrowed = stand.get(f"/api/v1/entries?{field.name}=no-such-value")
        assert narrowed.json()["items"] == [], field.name
