"""How a coordinator under test is set up, from the keywords of whoever starts it."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, get_type_hints

import msgspec
from dispatch_protocol.errors import UsageError, shown

from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.faults import Fault
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.testing.breaches import id_or_area


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one coordinator under test is told; `read_setup` says what each means."""

    settings: Settings = Settings()
    faults: tuple[Fault | str, ...] = ()
    seed: int | None = None
    variety: bool = False
    allow: tuple[str, ...] = ()
    check: bool = True


def read_setup(
    *,
    settings: Settings | None = None,
    faults: Iterable[Fault | str] = (),
    seed: int | None = None,
    variety: bool = False,
    allow: Iterable[str] = (),
    check: bool = True,
    **changes: Any,
) -> Setup:
    """The setup that these keywords describe. Raises UsageError for one that is unknown, or a wrong value.

    `settings` are the coordinator's, and any other keyword changes one of theirs, or of their terms:
    `max_connections=2`, `settle_seconds=0`. `faults` are injected from the start, chosen by `seed` (drawn, if
    it is None), with `variety` in all that is sent. With `check`, workers that break a MUST fail the test,
    but for the clauses and areas that are `allow`ed.
    """
    return Setup(
        settings=_changed(settings or Settings(), changes),
        faults=_listed(faults, (str, Fault)),
        seed=seed,
        variety=variety,
        allow=tuple(map(id_or_area, _listed(allow, (str,)))),
        check=check,
    )


def _changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    of_terms = set(Terms.__struct_fields__)
    of_settings = set(Settings.__struct_fields__) - {"terms"}
    for name in changes:
        if name not in of_terms | of_settings:
            near = get_close_matches(name, of_terms | of_settings, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"the mock coordinator has no option {shown(name, 60)}{hint}")
    kinds = get_type_hints(Terms) | get_type_hints(Settings)
    read = {name: _read(name, value, kinds[name]) for name, value in changes.items()}
    terms = {name: value for name, value in read.items() if name in of_terms}
    rest = {name: value for name, value in read.items() if name in of_settings}
    return msgspec.structs.replace(settings, terms=msgspec.structs.replace(settings.terms, **terms), **rest)


def _read(name: str, value: Any, kind: Any) -> Any:
    """The value of an option of this type; a path counts as text, and no number is negative."""
    try:
        read = msgspec.convert(os.fspath(value) if isinstance(value, os.PathLike) else value, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} cannot be {shown(value, 64)}: {error}") from None
    if isinstance(read, int | float) and not read >= 0:
        raise UsageError(f"{name} cannot be {shown(value, 64)}: no number from 0 on")
    return read


def _listed(given: Any, single: tuple[type, ...]) -> tuple[Any, ...]:
    """The items as a tuple; one alone stands for itself."""
    return (given,) if isinstance(given, single) else tuple(given)
