"""Every fault by its name. What a good peer does about each is said by the clauses that it names."""

from types import MappingProxyType
from typing import Final

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.messages import MESSAGES
from dispatch_protocol.vocabulary import ProviderType, Role

from dispatch_mockcoord.faults.frame_kinds import FRAME_KINDS
from dispatch_mockcoord.faults.kinds import Kind, Option, Stage, Value, missing
from dispatch_mockcoord.faults.plan import ANY_MESSAGE, Fault
from dispatch_mockcoord.faults.request_kinds import REQUEST_KINDS
from dispatch_mockcoord.faults.socket_kinds import SOCKET_KINDS

_MOST: Final = 1_000_000_000

AIMS: Final = (
    Option("rate", 1.0, "the probability at each opportunity", low=0, high=1),
    Option("count", 1, "the most there are in all", low=1, high=_MOST),
    Option("in_a_row", 1, "the most at one target without a break", low=1, high=_MOST),
    Option("worker", "", "at workers whose key begins so, or that are DESKTOP or SEEKER"),
    Option("message", "", f"at messages of this type; {ANY_MESSAGE} is any"),
    Option("job", "", "at jobs whose id begins so, or of this job type or task type"),
)
"""What every fault may be given besides its own options: how often, and at whom."""

CATALOGUE: Final = MappingProxyType(
    {kind.name: kind for kind in (*SOCKET_KINDS, *FRAME_KINDS, *REQUEST_KINDS)}
)
"""The faults there are."""

_MESSAGES: Final = (*MESSAGES[Role.COORDINATOR], ANY_MESSAGE)
_NOT_FOR: Final = {
    Stage.REGISTER: {"message", "job"},
    Stage.FRAME: set(),
    Stage.REQUEST: {"message", "job"},
    Stage.MODE: {aim.name for aim in AIMS},
}


def kind_of(name: str) -> Kind:
    """The fault of this name. Raises UsageError, with the nearest name, where there is none."""
    kind = CATALOGUE.get(name)
    if kind is None:
        raise UsageError(missing("fault", name, list(CATALOGUE)))
    return kind


def aims_of(kind: Kind) -> tuple[Option, ...]:
    """What a fault of this kind may be given besides its own options."""
    without = _NOT_FOR[kind.stage] | ({"message"} if kind.only_that else set())
    return tuple(aim for aim in AIMS if aim.name not in without)


def fault_of(name: str, given: dict[str, object]) -> Fault:
    """The fault of this name with these options and aims, by their names.

    Raises UsageError, which names what is at fault and what is allowed.
    """
    kind = kind_of(name)
    aims = {aim.name: aim for aim in aims_of(kind)}
    own = {option.name: option for option in kind.options}
    known = own | aims
    for key in given:
        if key not in known:
            raise UsageError(missing(f"option of {name}", key, list(known)))
    read = {key: known[key].read(value) for key, value in given.items()}
    _expect_target(read)
    options = {key: value for key, value in read.items() if key in own}
    return Fault(name, **{key: value for key, value in read.items() if key in aims}, options=options)  # type: ignore[arg-type]


def given_to(fault: Fault) -> dict[str, Value]:
    """What was set of this fault: `fault_of(fault.name, given_to(fault))` is the fault again, checked."""
    plain = Fault(fault.name)
    aims = {aim.name: getattr(fault, aim.name) for aim in AIMS}
    changed = {name: value for name, value in aims.items() if value != getattr(plain, name)}
    return {**fault.options, **changed}


def _expect_target(read: dict[str, Value]) -> None:
    message, worker = read.get("message", ""), str(read.get("worker", ""))
    if message and message not in _MESSAGES:
        raise UsageError(missing("message of a coordinator's", str(message), list(_MESSAGES)))
    is_key = len(worker) <= 64 and all(digit in "0123456789abcdef" for digit in worker.lower())
    if worker and worker not in set(ProviderType) and not is_key:
        raise UsageError(
            f"worker cannot be '{shown(worker, 64)}': the beginning of a key in hex, DESKTOP or SEEKER"
        )
