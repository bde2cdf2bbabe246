"""The whole description, put together."""

from typing import Any, Final

from dispatch_protocol.clauses import load

from dispatch_mockcoord.openapi.control import control_paths
from dispatch_mockcoord.openapi.forms import forms
from dispatch_mockcoord.openapi.interface import interface_paths
from dispatch_mockcoord.openapi.pieces import answer, operation, refer

PATH: Final = "/openapi.json"

_ABOUT: Final = (
    "The HTTP interface between clients, workers and a coordinator, as the specification has it, and what "
    "this coordinator adds. The protocol between workers and coordinator runs over WebSocket, on any path; "
    "its messages are among the schemas. Paths ignore case and one trailing slash; GET takes HEAD as well, "
    "and every path takes OPTIONS."
)
_CONTROL: Final = (
    "The mock coordinator's own: what it does, and what can be done to it. Only for requests that name this "
    "server as their Host and come from no other origin (else 403); where a token is required, with that."
)


def document(*, with_control: bool = True) -> dict[str, Any]:
    """The description as one JSON object."""
    own = {PATH: {"get": operation("The description of this server.", answer(200, {"type": "object"}))}}
    tags = [{"name": "interface", "description": "What every coordinator answers."}]
    if with_control:
        tags.append({"name": "control", "description": _CONTROL})
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Dispatch mock coordinator",
            "description": _ABOUT,
            "version": load().version,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": tags,
        "paths": {**interface_paths(), **own, **(control_paths() if with_control else {})},
        "components": {
            "schemas": forms(with_control=with_control),
            "responses": {"Error": {"description": "What is at fault.", **_json(refer("Error"))}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Where a token is required."}
            },
        },
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}
