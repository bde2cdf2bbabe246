"""What a scenario has at hand: coordinators, a stand-in for Ollama, a folder, the worker, its checks."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.checks import Check
from dispatch_conformance.clock import ControlClock
from dispatch_conformance.conduct import Conduct, Session
from dispatch_conformance.launch import WorkerProcess, launch
from dispatch_conformance.missing import NotDeclared
from dispatch_conformance.ollama import Ollama
from dispatch_conformance.outfit import Outfit
from dispatch_conformance.passive import PassiveJudge
from dispatch_conformance.settings import Settings
from dispatch_conformance.stage import Stage
from dispatch_conformance.transcript import Room, Transcript
from dispatch_conformance.verdicts import Observation

if TYPE_CHECKING:
    from dispatch_mockcoord.settings import Settings as MockSettings

    from dispatch_conformance.attach.host import Host
    from dispatch_conformance.embedded import Embedded
    from dispatch_conformance.scenario import Scenario


class Registered(NamedTuple):
    """Who a worker said it is when it registered."""

    pubkey: str
    provider_type: ProviderType | None
    capabilities: tuple[str, ...]


class Place(Protocol):
    """A coordinator that a worker can be started for: a Stage, or an Embedded."""

    transcript: Transcript
    process: WorkerProcess | None
    expects_claim: bool

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def ws_url(self) -> str:
        """Its address as `ws://`."""


@dataclass(eq=False)
class Context:
    """Everything a scenario needs: a stage, a stand-in for Ollama, a folder, and the worker's process.

    `async with` opens it and ends all of it, the workers first. `stage` and `ollama` are the first of their
    kind; `stages`, `embedded` and `workers` hold all. `smallest` holds, by the id of a failed check, the
    smallest input that shows the failure, where one was searched for: JSON that its `play_again` takes.
    `host` brings the worker where it is started elsewhere; `limit` is the time that the scenario has; `room`
    is what its transcripts share with those of the run's other scenarios.
    """

    scenario: "Scenario"
    settings: Settings
    clock: ControlClock
    attempt: int = 1
    host: "Host | None" = None
    limit: asyncio.Timeout | None = None
    room: Room = field(default_factory=Room)
    observations: list[Observation] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    embedded: "list[Embedded]" = field(default_factory=list)
    workers: list[WorkerProcess] = field(default_factory=list)
    judges: list[PassiveJudge] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    ollama: Ollama = field(default_factory=Ollama)
    folder: Path = Path()
    smallest: dict[str, JsonValue] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        # what a worker leaves in it may be another user's, as a container's is
        folder = tempfile.TemporaryDirectory(prefix="dispatch-", ignore_cleanup_errors=True)
        self.folder = Path(self._stack.enter_context(folder))
        await self._stack.enter_async_context(self.ollama)
        await self.new_stage()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _exc: BaseException | None, _trace: TracebackType | None
    ) -> None:
        cancelled = kind is not None and issubclass(kind, asyncio.CancelledError)
        try:
            if self.host is not None and not cancelled:
                await self.host.keep(self)
        finally:
            await self._stack.aclose()

    @property
    def controlled(self) -> bool:
        """Whether the suite starts the worker, and gives it its environment."""
        return self.host is None

    @property
    def stage(self) -> Stage:
        """The first stage."""
        return self.stages[0]

    @property
    def key_path(self) -> Path:
        """Where the first worker's key file is."""
        return self.folder / "keys" / "worker-key.json"

    @property
    def registered(self) -> Registered | None:
        """Who the first worker that registered anywhere said it is; None if none did."""
        sessions = (session for stage in self.stages for session in stage.sessions)
        told = (entry for place in self.embedded for entry in place.registrations)
        for session in sessions:
            return Registered(session.pubkey, session.provider_type, session.declared)
        for entry in told:
            return Registered(entry.provider_pubkey, entry.provider_type, tuple(entry.capabilities))
        return None

    async def new_stage(self, conduct: Conduct | None = None) -> Stage:
        """One more coordinator, on a port of its own."""
        name = self._transcript_name(f"+{len(self.stages)}" if self.stages else "")
        seed, scale, host = self.settings.seed, self.settings.scale, self.host
        if host is None:
            stage = Stage(name, seed=seed, scale=scale, conduct=conduct, room=self.room)
        else:
            stage = host.stage(
                name, seed=seed, scale=scale, conduct=conduct, model=self.ollama, room=self.room
            )
        self._judge(stage.transcript)
        self.stages.append(stage)
        self.transcripts.append(stage.transcript)
        return await self._stack.enter_async_context(stage)

    async def embed(self, settings: "MockSettings | None" = None) -> "Embedded":
        """The real mock coordinator, for whole paths; start a worker for it with `start(coordinator)`."""
        from dispatch_conformance.embedded import Embedded  # noqa: PLC0415  most runs of one scenario do without

        name = self._transcript_name(f"+mock{len(self.judges)}")
        coordinator = Embedded(name, scale=self.settings.scale, settings=settings, room=self.room)
        self._judge(coordinator.transcript)
        self.transcripts.append(coordinator.transcript)
        self.embedded.append(coordinator)
        return await self._stack.enter_async_context(coordinator)

    async def start(
        self,
        stage: Place | None = None,
        *,
        pairing_code: str | None = None,
        key_path: Path | None = None,
        url: str | None = None,
        ollama_url: str | None = None,
        variables: Mapping[str, str | None] | None = None,
        key_folder: bool = True,
    ) -> WorkerProcess:
        """Start the worker under test for a stage (the first, unless given); it is ended with the context.

        `url` is told instead of the stage's, `ollama_url` instead of the stand-in's. The key file's folder
        is made unless `key_folder` is false: who does not make it fails nothing else for that. With a
        `pairing_code` (say `stage.pairing_code`) the stage waits for the claim before its first job.
        """
        chosen, keys = stage or self.stage, key_path or self.key_path
        if self.host is not None:
            self.workers.append(await self.host.bring(self, chosen))
            return self.workers[-1]
        if key_folder:
            with contextlib.suppress(OSError):
                keys.parent.mkdir(parents=True, exist_ok=True)
        outfit = Outfit(
            url=url or chosen.url,
            ws_url=chosen.ws_url,
            ollama_url=ollama_url or self.ollama.url,
            key_path=str(keys),
            pairing_code=pairing_code,
            variables=variables or {},
        )
        worker = await launch(self.settings.command, outfit)
        worker.on_exit = chosen.transcript.changes.notify
        chosen.process = worker
        chosen.expects_claim = pairing_code is not None
        self.workers.append(worker)
        self._stack.push_async_callback(worker.stop, 3.0 * self.settings.scale)
        return worker

    async def worker(
        self,
        stage: Stage | None = None,
        *,
        pairing_code: str | None = None,
        key_path: Path | None = None,
        url: str | None = None,
        ollama_url: str | None = None,
        variables: Mapping[str, str | None] | None = None,
    ) -> Session:
        """Start the worker and wait until it is registered; the arguments are those of `start`.

        Raises Missing where it does not come so far, NotDeclared if it lacks the scenario's capability.
        """
        chosen = stage or self.stage
        await self.start(
            chosen,
            pairing_code=pairing_code,
            key_path=key_path,
            url=url,
            ollama_url=ollama_url,
            variables=variables,
        )
        session = await chosen.registered()
        self.need(session)
        return session

    def need(self, session: Session) -> None:
        """Raise NotDeclared if the session lacks the scenario's capability."""
        wanted = self.scenario.capability
        if wanted is not None and wanted not in session.capabilities:
            raise NotDeclared(f"the worker did not declare {wanted}")

    def _judge(self, transcript: Transcript) -> None:
        """Hold what passes against the passive rules."""
        scenario = self.scenario
        self.judges.append(PassiveJudge(transcript, scenario.name, scenario.blind, self.settings.scale))

    def _transcript_name(self, suffix: str) -> str:
        again = f"~{self.attempt}" if self.attempt > 1 else ""
        return f"{self.scenario.name}{suffix}{again}"

    def check(self, name: str) -> Check:
        """One of the scenario's declared checks, by its name without the area."""
        clause = self.scenario.checks[name]
        return Check(
            f"{self.scenario.area}.{name}",
            clause,
            self.scenario.name,
            self.observations.append,
            lambda since: self.clock.stalled(since, time.monotonic()),
        )
