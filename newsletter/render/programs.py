"""The page that tells programmers of the API: its document, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from newsletter.models import Edition, Publisher
from newsletter.render.framing import page
from newsletter.render.links import Links

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field: its name, what it is (`text, or null`), and what is told of it."""

    name: str
    kind: str
    description: Markup
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A status that may come, what it means, and the shape of what comes, if it has one."""

    status: str
    description: Markup
    shape: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An operation, as the page tells of it."""

    name: str
    method: str
    path: str
    summary: str
    description: Markup
    rows: tuple[Row, ...]
    body: str | None
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape, with its fields."""

    name: str
    description: Markup
    rows: tuple[Row, ...]


def api_page(document: Schema, document_address: str, *, edition: Edition, publisher: Publisher, links: Links) -> str:
    """Return the page of an OpenAPI *document*, which stands at *document_address*."""
    heading = "The interface for programs"
    return page(
        "api",
        edition=edition,
        publisher=publisher,
        links=links,
        room="api",
        title=f"{heading} | {edition.title}",
        heading=heading,
        description="What is published, as JSON, without a key.",
        address=links.api(),
        api=f"{document['servers'][0]['url']}/api/v1",
        document=document_address,
        operations=list(_operations(document)),
        shapes=[_shape(name, schema) for name, schema in document["components"]["schemas"].items()],
    )


def _operations(document: Schema) -> Iterator[Told]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            rows = (
                Row(
                    name=each["name"],
                    kind=kind_of(each["schema"]),
                    description=marked(each["description"]),
                    required=each["required"],
                )
                for each in told.get("parameters", ())
            )
            yield Told(
                name=told["operationId"],
                method=method.upper(),
                path=path,
                summary=told["summary"],
                description=marked(told["description"]),
                rows=tuple(rows),
                body=_shape_of(told["requestBody"]) if "requestBody" in told else None,
                answers=tuple(
                    Answered(status=status, description=marked(each["description"]), shape=_shape_of(each))
                    for status, each in sorted(told["responses"].items())
                ),
            )


def _shape_of(said: Schema) -> str | None:
    """Return the name of the shape of a body."""
    for content in said.get("content", {}).values():
        return _name(content["schema"])
    return None


def _shape(name: str, schema: Schema) -> Shape:
    required = schema.get("required", ())
    rows = (
        Row(
            name=field,
            kind=kind_of(each),
            description=marked(each.get("description", "")),
            required=field in required,
        )
        for field, each in schema["properties"].items()
    )
    return Shape(name=name, description=marked(schema.get("description", "")), rows=tuple(rows))


def kind_of(schema: Schema) -> str:
    """Return what a schema takes, in words: `integer, 1 to 100`, `string (date), or null`, `list of SourceShape`."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        some = [kind_of({**each, **_more(schema)}) for each in schema["anyOf"] if each.get("type") != "null"]
        return ", or ".join([*some, *(["null"] if len(some) < len(schema["anyOf"]) else [])])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema['items'])}"
    if "enum" in schema:
        return ", ".join(schema["enum"])
    kind = str(schema.get("type", "anything"))
    if "format" in schema:
        kind += f" ({schema['format']})"
    if "maximum" in schema:
        kind += f", {schema['minimum']} to {schema['maximum']}, {schema['default']} by default"
    return kind


def _more(schema: Schema) -> Schema:
    return {name: schema[name] for name in ("format", "enum") if name in schema}


def marked(text: str) -> Markup:
    """Return a description with what stands between backticks as code."""
    parts = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    ]
    return Markup().join(parts)


def _name(schema: Schema) -> str:
    return str(schema["$ref"].rpartition("/")[2])
