"""Faults in the control face: what there are, what is at work, putting some to work and to an end."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import UsageError
from dispatch_protocol.rest import RestFault
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dispatch_mockcoord.control.requests import read_body
from dispatch_mockcoord.control.scene import Scene
from dispatch_mockcoord.control.views import View, answer
from dispatch_mockcoord.faults import Fault, Faults
from dispatch_mockcoord.faults.catalogue import CATALOGUE, aims_of, given_to
from dispatch_mockcoord.faults.kinds import Kind, Option
from dispatch_mockcoord.faults.spelling import spelled
from dispatch_mockcoord.paths import Resource

MAX_STRIKES: Final = 200
"""How many of the last strikes are shown."""

MAX_ACTIVE: Final = 200
"""How many faults can be put to work here: every one costs at every opportunity."""


class WantedFault(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to put to work: its spelling (`fault`), or its name and options."""

    fault: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    options: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if isinstance(self.fault, str) == isinstance(self.name, str):
            raise ValueError("either `fault` or `name` has to be given")
        if isinstance(self.fault, str) and self.options:
            raise ValueError("`options` stand beside a `name`")

    @property
    def meant(self) -> Fault | str:
        """What is to be added."""
        return self.fault if isinstance(self.fault, str) else Fault(str(self.name))


class FaultDesk:
    """The routes of faults."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def table(self) -> Sequence[BaseRoute]:
        """The routes."""
        return [
            Resource("/_mock/faults", self._all, methods=["GET", "POST", "DELETE"]),
            Resource("/_mock/faults/{name}", self._remove, methods=["DELETE"]),
        ]

    async def _all(self, request: Request) -> Response:
        changes = {"POST": self._add, "DELETE": self._clear}
        return await changes.get(request.method, self._show)(request)

    async def _show(self, request: Request) -> Response:
        faults = self._faults()
        strikes = list(faults.injected)[: -MAX_STRIKES - 1 : -1]
        return answer(
            {
                "seed": faults.seed,
                "variety": faults.variety,
                "active": active_lines(faults),
                "counts": dict(faults.counts),
                "injected": [msgspec.structs.asdict(strike) for strike in strikes],
                "catalogue": list(catalogue_lines()),
            }
        )

    async def _add(self, request: Request) -> Response:
        wanted = await read_body(request, WantedFault)
        faults = self._faults()
        if len(faults.active) >= MAX_ACTIVE:
            raise RestFault(409, f"{MAX_ACTIVE} faults are at work already")
        try:
            added = faults.add(wanted.meant, **wanted.options)
        except UsageError as fault:
            place = "$.fault" if isinstance(wanted.fault, str) else "$"
            raise RestFault(400, str(fault), {"place": place}) from None
        return answer(fault_line(added), 201)

    async def _clear(self, request: Request) -> Response:
        faults = self._faults()
        faults.clear()
        return answer({"active": active_lines(faults)})

    async def _remove(self, request: Request) -> Response:
        faults = self._faults()
        try:
            faults.remove(request.path_params["name"])
        except UsageError as fault:
            raise RestFault(404, str(fault)) from None
        return answer({"active": active_lines(faults)})

    def _faults(self) -> Faults:
        if self._scene.faults is None:
            raise RestFault(409, "This coordinator was started without faults")
        return self._scene.faults


def fault_line(fault: Fault) -> View:
    """A fault at work: its name, what was set of it, and its spelling."""
    return {"name": fault.name, "options": dict(given_to(fault)), "spelled": spelled(fault)}


def active_lines(faults: Faults) -> list[JsonValue]:
    """The faults at work, in the order of their addition."""
    return [fault_line(fault) for fault in faults.active]


@cache
def catalogue_lines() -> tuple[JsonValue, ...]:
    """The faults there are, with the options that each takes."""
    return tuple(map(_kind_line, CATALOGUE.values()))


def _kind_line(kind: Kind) -> JsonValue:
    return {
        "name": kind.name,
        "stage": kind.stage.value,
        "does": kind.does,
        "peer": kind.peer,
        "clauses": list(kind.clauses),
        "message": kind.message,
        "options": [_option_line(option) for option in kind.options],
        "aims": [_option_line(option) for option in aims_of(kind)],
    }


def _option_line(option: Option) -> JsonValue:
    return {
        "name": option.name,
        "default": option.default,
        "meaning": option.meaning,
        "allowed": option.allowed,
        "choices": list(option.choices),
    }
