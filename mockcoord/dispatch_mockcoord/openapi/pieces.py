"""The pieces of which descriptions of requests are made."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]

JSON: Final = "application/json"


def refer(name: str) -> Schema:
    """The schema of this name among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """This, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Any number of these."""
    return {"type": "array", "items": schema}


def closed(**members: Schema) -> Schema:
    """An object of these members and no others, all of them there."""
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def answer(status: int, schema: Schema, text: str = "As asked.", media_type: str = JSON) -> Schema:
    """An answer of this status."""
    return {str(status): {"description": text, "content": {media_type: {"schema": schema}}}}


def errors(*statuses: int) -> Schema:
    """Answers that say what is at fault."""
    return {str(status): {"$ref": "#/components/responses/Error"} for status in statuses}


def operation(
    summary: str,
    *responses: Schema,
    parameters: Iterable[Schema] = (),
    body: Schema | None = None,
    control: bool = False,
) -> Schema:
    """What one method of a path does."""
    described: Schema = {
        "summary": summary,
        "tags": ["control" if control else "interface"],
        "responses": {status: each for group in responses for status, each in group.items()},
    }
    if control:
        described["security"] = [{}, {"token": []}]
    if parameters:
        described["parameters"] = list(parameters)
    if body is not None:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return described


def query(name: str, schema: Schema, text: str, *, required: bool = False) -> Schema:
    """A parameter of the query."""
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": text}


def in_path(name: str, schema: Schema, text: str) -> Schema:
    """A parameter of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": text}


def whole(least: int, most: int, default: int | None = None) -> Schema:
    """A whole number within these bounds."""
    schema: Schema = {"type": "integer", "minimum": least, "maximum": most}
    return schema if default is None else schema | {"default": default}
