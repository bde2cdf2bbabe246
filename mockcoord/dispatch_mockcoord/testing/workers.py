"""What a test does with workers: wait for them, pair them, say something to them."""

import asyncio
from collections.abc import Mapping

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.rest import ClaimRequest, pairing_code_text, read_trust_create
from dispatch_protocol.times import iso_time

from dispatch_mockcoord.core.effects import Effect, WorkerJoined
from dispatch_mockcoord.testing.desk import Desk
from dispatch_mockcoord.testing.reasons import why_alone
from dispatch_mockcoord.testing.values import Keyed, NotInTime, WorkerView


async def workers(desk: Desk) -> tuple[WorkerView, ...]:
    """The registered workers, earliest registration first."""
    return tuple(map(WorkerView.of, desk.run.board.coordinator.registry.workers.values()))


async def wait_for_worker(desk: Desk, count: int = 1, timeout: float = 10.0) -> tuple[WorkerView, ...]:
    """All workers, as soon as at least `count` are registered.

    Raises NotInTime after so many (real) seconds; the text says who came instead.
    """
    run, loop = desk.run, asyncio.get_running_loop()
    deadline = loop.time() + timeout

    def pick(effect: Effect) -> bool | None:
        return isinstance(effect, WorkerJoined) or None

    registered = run.board.coordinator.registry.workers
    while len(registered) < count:
        if await run.first(pick, deadline - loop.time()) is None:
            raise NotInTime(why_alone(run, count, timeout))
    return await workers(desk)


async def pairing_code(desk: Desk, user_id: str = "user_test") -> str:
    """A fresh pairing code for this user, to be claimed by a worker. Raises RestFault as for a client."""
    text = stringify({"user_id": user_id})
    pairing = desk.run.board.create_code(read_trust_create(text.encode("utf-8"), "application/json"))
    answer = pairing_code_text(pairing.code, iso_time(pairing.expires_ms))
    desk.run.show_request("/v1/trust/create", text, 201, answer)
    return pairing.code


async def pair(desk: Desk, user_id: str, worker: Keyed | str) -> None:
    """Pair a registered worker with this user, as if it had claimed a code of theirs.

    A worker is named by its view, its process or the beginning of its key. Raises UsageError unless it is one
    that is here.
    """
    pubkey = desk.run.worker(worker).pubkey
    code = desk.run.board.create_code(user_id).code
    desk.run.board.claim_code(ClaimRequest(pairing_code=code, provider_pubkey=pubkey))


async def send(desk: Desk, worker: Keyed | str, frame: str | bytes | Mapping[str, JsonValue]) -> None:
    """Send a worker this frame: text, bytes in a binary frame, or an object as its canonical text.

    Raises UsageError unless it is a worker that is here.
    """
    text = stringify(dict(frame)) if isinstance(frame, Mapping) else frame
    desk.run.board.emit(desk.run.worker(worker).connection, text)


async def has_come(desk: Desk, pubkey: str, seconds: float) -> bool:
    """Whether a worker is registered under this key, waiting for it so long."""
    registry = desk.run.board.coordinator.registry
    if registry.by_key(pubkey.lower()) is None:
        await desk.run.first(lambda effect: isinstance(effect, WorkerJoined) or None, seconds)
    return registry.by_key(pubkey.lower()) is not None
