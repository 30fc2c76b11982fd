"""
The API's document, OpenAPI 3.1: made from its operations and from the types of what they answer.

Pydantic reads the types, which the program has for its settings anyway; it is imported when the document is first
asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from newsletter.models import Publisher
from newsletter.web.api import told
from newsletter.web.api.fields import CURSOR, Field
from newsletter.web.api.operations import OPERATIONS, Operation
from newsletter.web.api.problems import MEDIA
from newsletter.web.api.reading import BASE

Schema = dict[str, Any]

_ABOUT = (
    "What is published, as JSON: for programs, pages and research. Nothing here needs a key. Answers tell an `ETag`: "
    "send it back as `If-None-Match`, and who has the newest is told so for almost nothing (304). Any page may read "
    "them (CORS). Problems are told as RFC 9457 has them. Fields may be added, never renamed."
)
_PROBLEMS: Mapping[int, str] = {
    400: "It can't be read, or its cursor was not given here.",
    404: "There is nothing at this address, or no such edition.",
    410: "It was withdrawn: the notice in its place.",
    413: "The body is too long.",
    414: "The address is too long.",
    415: "The body is not JSON.",
    422: "A field is not as it has to be.",
    429: "That was too often.",
    503: "The archive does not answer just now.",
}
_WAITING = {"Retry-After": {"description": "After how many seconds to ask again.", "schema": {"type": "integer"}}}
_ETAG = {"ETag": {"description": "What names these bytes.", "schema": {"type": "string"}}}


@lru_cache(maxsize=2)
def document(publisher: Publisher, title: str) -> Schema:
    """Return the document; *title* is the first edition's. Nobody changes it: it is made once."""
    types = (*(operation.answer for operation in OPERATIONS), told.Problem, told.Wish, told.FormToken, told.Accepted)
    names, schemas = _schemas(types)
    schemas[told.Wish.__name__]["additionalProperties"] = False
    paths: dict[str, Schema] = {BASE + operation.path: {"get": _reading(operation, names)} for operation in OPERATIONS}
    paths |= _subscribing(names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "description": _ABOUT,
            "contact": {"name": publisher.contact},
            **({"license": {"name": publisher.rights}} if publisher.rights else {}),
        },
        "servers": [{"url": publisher.base_url}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schemas(types: Sequence[type]) -> tuple[Mapping[type, Schema], Schema]:
    """Return a reference to the schema of each type, and the schemas by their names."""
    from pydantic import TypeAdapter

    adapters: list[tuple[type, Literal["serialization"], TypeAdapter[Any]]] = [
        (each, "serialization", TypeAdapter(each)) for each in dict.fromkeys(types)
    ]
    references, found = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    return {each: dict(reference) for (each, _), reference in references.items()}, dict(_plain(found["$defs"]))


def _plain(schema: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return a schema without the titles that Pydantic makes of names."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _plain(each) for name, each in schema.items() if name != "title" or not isinstance(each, str)}


def _reading(operation: Operation, names: Mapping[type, Schema]) -> Schema:
    kept = {"304": {"description": "What `If-None-Match` named is still so.", "headers": _ETAG}}
    statuses = [414, 422, 429, 503, *([404] if operation.fields or operation.parts else [])]
    statuses += [400] if CURSOR in operation.fields else []
    statuses += [410] if operation.may_be_gone else []
    moved = {
        "301": {"description": "It has another slug now.", "headers": {"Location": {"schema": {"type": "string"}}}}
    }
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "tags": ["archive"],
        "parameters": [_parameter(part, "path") for part in operation.parts]
        + [_parameter(field, "query") for field in operation.fields],
        "responses": {
            "200": {**_content(names[operation.answer], operation.summary + "."), "headers": _ETAG},
            **(moved if operation.may_have_moved else {}),
            **kept,
            **_problems(statuses, names),
        },
    }


def _subscribing(names: Mapping[type, Schema]) -> dict[str, Schema]:
    wish = {"required": True, "content": {"application/json": {"schema": names[told.Wish]}}}
    return {
        f"{BASE}/subscriptions/token": {
            "get": {
                "operationId": "subscriptionToken",
                "summary": "A token to subscribe with",
                "description": "It is believed two seconds later, and for some hours.",
                "tags": ["subscriptions"],
                "responses": {
                    "200": _content(names[told.FormToken], "A token."),
                    **_problems([429, 503], names),
                },
            }
        },
        f"{BASE}/subscriptions": {
            "post": {
                "operationId": "subscribe",
                "summary": "Wish for a subscription",
                "description": "The address gets a letter, and mail once its reader has confirmed. No page of somebody "
                "else's may ask (no CORS).",
                "tags": ["subscriptions"],
                "requestBody": wish,
                "responses": {
                    "202": _content(names[told.Accepted], "It was accepted, whatever is known of the address."),
                    **_problems([400, 413, 415, 422, 429, 503], names),
                },
            }
        },
    }


def _parameter(field: Field, where: str) -> Schema:
    return {
        "name": field.name,
        "in": where,
        "description": field.description,
        "required": where == "path",
        "schema": {**field.schema, **({"examples": [*field.examples]} if field.examples else {})},
    }


def _content(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(statuses: Sequence[int], names: Mapping[type, Schema]) -> dict[str, Schema]:
    content = {MEDIA: {"schema": names[told.Problem]}}
    return {
        str(status): {
            "description": _PROBLEMS[status],
            "content": content,
            **({"headers": _WAITING} if status in (429, 503) else {}),
        }
        for status in sorted(statuses)
    }
