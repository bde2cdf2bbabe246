"""The host of a worker that is started elsewhere: brings it to each scenario's stage, and says what to do.

A connection on which nothing is left open is handed on. Where there is none, or where the scenario needs a
registration of its own, the worker is waited for: it comes back by itself, or whoever started it is asked to
start it again. Once nobody did so, nobody is asked any more.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Final, Self

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.attach.absence import absence
from dispatch_conformance.attach.attachment import PAIRING_CODE, Attachment
from dispatch_conformance.attach.operator import Operator, Terminal
from dispatch_conformance.attach.parting import end_silent, part
from dispatch_conformance.attach.plan import CLAIM, objection, ordered
from dispatch_conformance.attach.stage import AttachedStage
from dispatch_conformance.conduct import Conduct, Session
from dispatch_conformance.door import Door, server_tls
from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.missing import NeedsControl, NotConnected
from dispatch_conformance.ollama import Ollama
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.transcript import Room, Zero

if TYPE_CHECKING:
    from dispatch_conformance.context import Context, Place

RETURN_SECONDS: Final = 3.0
"""How long a worker has to come back before somebody is asked to restart it; it still may, then."""

SETTLE_SECONDS: Final = 6.0
"""How long answers and receipts that are still to come keep a connection from being handed on."""


class Host:
    """`async with` listens until the run is over. `operator` is told what to do.

    `absence` says why nobody came; "" while somebody may. Raises UsageError where it cannot listen.
    """

    def __init__(self, attachment: Attachment, operator: Operator | None = None) -> None:
        self.attachment = attachment
        self.absence = ""
        self._operator: Operator = operator or Terminal()
        tls = server_tls(attachment.certificate, attachment.key) if attachment.certificate else None
        self.door = Door(tls, Zero.now())
        self._kept: tuple[AttachedStage, Session] | None = None
        self._came = False
        self._asks = True
        self._crowded = False
        self._pubkey = ""
        self._watches: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        try:
            await self.door.open(self.attachment.host, self.attachment.port)
        except UsageError as error:
            raise UsageError(f"{error}; --listen HOST:PORT names another address") from None
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for watch in self._watches:
            watch.cancel()
        if self._kept is not None:
            await part([self._kept[0]], self._kept[1].link)
        await self.door.close()

    @property
    def url(self) -> str:
        """The address that the worker is given."""
        return self.attachment.url(self.door.port)

    @property
    def pairs(self) -> bool:
        """Whether the worker is started with a pairing code."""
        return "pairing" in self.attachment.expect

    def ordered(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """The order in which they need the fewest registrations."""
        return ordered(scenarios, self.attachment)

    def stage(
        self, name: str, *, seed: int, scale: float, conduct: Conduct | None, model: Ollama, room: Room
    ) -> AttachedStage:
        """A coordinator behind the door; it is led to when a worker is brought."""
        stage = AttachedStage(name, seed=seed, scale=scale, conduct=conduct, door=self.door, room=room)
        stage.pairing_code = PAIRING_CODE
        if "llm" in self.attachment.expect:
            stage.model = model.answer
        else:
            stage.hides = frozenset({JobType.LLM_INFER})
        stage.admits = self._admits
        stage.wire.on_crowd = lambda: self._crowd(stage)
        return stage

    async def bring(self, context: "Context", stage: "Place") -> WorkerProcess:
        """Have the worker at this stage: as it is there already, or newly registered.

        Raises NeedsControl where the scenario cannot be run here or the worker was not restarted for it, and
        NotConnected if nobody ever came.
        """
        scenario = context.scenario
        if why := objection(scenario, self.attachment):
            raise NeedsControl(why)
        if scenario.name == CLAIM and self._came:
            raise NeedsControl("a worker claims its code when it is started, and that is over")
        if not isinstance(stage, AttachedStage):
            raise UsageError("a worker that is started elsewhere knows the address of stages only")
        kept, self._kept = self._kept, None
        lives = kept is not None and kept[1].live
        if kept is not None and lives and not scenario.fresh and not context.workers:
            stage.wire.invite()
            stage.adopt(kept[1], kept[0])
            return WorkerProcess()
        if kept is not None:
            await part([kept[0]], kept[1].link)
        others = [entry for entry in context.stages if entry is not stage]
        await part([entry for entry in others if isinstance(entry, AttachedStage)])
        async with _untimed(context):
            await self._arrival(stage, scenario, closed=lives or bool(context.workers))
        return WorkerProcess()

    async def keep(self, context: "Context") -> None:
        """The scenario is over: keep the connection for the next one if nothing is left open on it."""
        stages = [entry for entry in context.stages if isinstance(entry, AttachedStage)]
        stage = next((entry for entry in reversed(stages) if entry.session is not None), None)
        if stage is not None and (session := stage.session) is not None:
            await stage.until(lambda: stage.settled or not session.live, SETTLE_SECONDS)
            if stage.settled and session.live and not stage.transcript.oddities:
                stage.wire.release(session.link)
                self._kept = (stage, session)
        await part(stages)

    async def _arrival(self, stage: AttachedStage, scenario: Scenario, *, closed: bool) -> None:
        """Wait until a worker opens a WebSocket at the stage."""
        stage.wire.invite()
        wait = self.attachment.wait if self._asks else 0.0
        if not self._came:
            if self._asks:
                self._tell_start()
            await self._awaited(stage, wait)
            if not stage.transcript.connected:
                self._asks = False
                self.absence = self.absence or absence(self.door.visits, self.url, wait)
                raise NotConnected(self.absence)
            self._came, stage.expects_claim = True, self.pairs
            self._operator.say("the worker is connected")
            return
        await self._awaited(stage, RETURN_SECONDS)
        if stage.transcript.connected:
            return
        if self._asks:
            self._tell_restart(scenario, closed=closed)
        left_out = await self._awaited(stage, wait, may_leave_out=True)
        if not stage.transcript.connected:
            self._asks = self._asks and left_out
            why = "it was left out" if left_out else "nobody restarted the worker"
            raise NeedsControl(f"{why}, and this needs a registration of its own")
        stage.expects_claim = self.pairs
        self._operator.say("the worker is connected again")

    async def _awaited(self, stage: AttachedStage, seconds: float, *, may_leave_out: bool = False) -> bool:
        """Wait for a connection; whether Enter was pressed instead, where that is offered."""
        changes = stage.transcript.changes
        if not may_leave_out:
            await changes.until(lambda: stage.transcript.connected, seconds)
            return False
        with self._operator.listening(changes) as pressed:
            await changes.until(lambda: stage.transcript.connected or pressed(), seconds)
            return pressed()

    def _tell_start(self) -> None:
        attachment, say = self.attachment, self._operator.say
        say(f"waiting {attachment.wait:.0f} s for a worker; start it now, with")
        for line in self._variables():
            say(f"  {line}")
        if attachment.vague:
            say("  (this address means this machine alone: put its own in, or say it with --advertise-url)")

    def _variables(self) -> list[str]:
        """The variables that the worker needs."""
        lines = [f"COORDINATOR_URL={self.url}"]
        if "llm" in self.attachment.expect:
            lines.append(f"OLLAMA_BASE_URL={re.sub('^ws', 'http', self.url)}")
        lines.append(f"TRUST_PAIRING_CODE={PAIRING_CODE}" if self.pairs else "and without TRUST_PAIRING_CODE")
        return lines

    def _tell_restart(self, scenario: Scenario, *, closed: bool) -> None:
        why = "its connection was closed" if closed else "the worker has left"
        checks = "1 check" if len(scenario.checks) == 1 else f"{len(scenario.checks)} checks"
        otherwise = f", or press Enter to leave {checks} out" if self._operator.present else ""
        self._operator.say(
            f"restart the worker now, with the same variables: {why}, and {scenario.name} needs a "
            f"registration (waiting {self.attachment.wait:.0f} s for it{otherwise})"
        )

    def _admits(self, session: Session) -> bool:
        """Whether this is the worker that is examined; a restarted one may have a new key."""
        if session.pubkey == self._pubkey or not self._pubkey:
            self._pubkey = session.pubkey
            return True
        key = shown(session.pubkey, 16)
        if self._crowded:
            self._operator.say(f"another worker (key {key}) registered: it is turned away")
            return False
        self._operator.say(f"the worker registered under another key ({key}) than before")
        self._pubkey = session.pubkey
        return True

    def _crowd(self, stage: AttachedStage) -> None:
        """A second WebSocket is asked for while one is open: the one that is there stays, if it lives."""
        if not self._crowded:
            self._operator.say("a second worker came: it is turned away, since one is examined at a time")
        self._crowded = True
        if not self._watches:
            watch = asyncio.get_running_loop().create_task(end_silent(stage))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)


@contextlib.asynccontextmanager
async def _untimed(context: "Context") -> AsyncIterator[None]:
    """What happens inside does not count against the time of the scenario."""
    limit, loop = context.limit, asyncio.get_running_loop()
    when = limit.when() if limit is not None else None
    if limit is None or when is None:
        yield
        return
    began = loop.time()
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(when + loop.time() - began)
