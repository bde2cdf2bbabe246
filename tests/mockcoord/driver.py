"""A core under test: time that the test moves, ids that count, workers with keys, every effect at hand."""

from itertools import count
from typing import Any

from dispatch_mockcoord.core.coordinator import Coordinator
from dispatch_mockcoord.core.effects import Close, Effect, JobChanged, PairingChanged, Send, WorkerJoined
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_mockcoord.core.trust import Pairing
from dispatch_mockcoord.core.worker import Worker
from dispatch_protocol.canonical import Json, JsonValue, hash_text, stringify
from dispatch_protocol.codec import encode
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.rest import CommitRequest
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass

WALL = 1_790_000_000_000
"""The wall clock when a test begins, in Unix milliseconds."""

OUTPUT: JsonValue = {"summary": "text", "word_count": 1}


def identity(number: int) -> Identity:
    """The worker key with this number, the same in every run."""
    return Identity.from_seed(number.to_bytes(32, "big"))


class Driver:
    """A coordinator and what it did. Connections are numbered by the test; jobs are `job-1`, `job-2`, …"""

    def __init__(self, terms: Terms | None = None) -> None:
        self._ids, self._codes = count(1), count(1)
        self.now = 1000.0
        self.terms = terms or Terms(settle_seconds=0)
        self.core = self._fresh_core()
        self.effects: list[Effect] = []
        self.unacknowledged: list[Worker] = []
        self.is_held_up = False
        self.jobs: dict[str, Job] = {}
        self.pairings: dict[str, Pairing] = {}
        self.keys: dict[int, Identity] = {}

    @property
    def at(self) -> Moment:
        return Moment(self.now, WALL + round((self.now - 1000) * 1000))

    def take(self, effects: list[Effect]) -> list[Effect]:
        """Note what an input did; gives that, and what follows from acknowledgements having left at once.

        While the driver `is_held_up` they do not leave: they are `acknowledge`d later.
        """
        self._note(effects)
        self.unacknowledged += [effect.worker for effect in effects if isinstance(effect, WorkerJoined)]
        return effects if self.is_held_up else effects + self.acknowledge()

    def acknowledge(self) -> list[Effect]:
        """The acknowledgements that were held up leave now."""
        joined, self.unacknowledged = self.unacknowledged, []
        return [effect for worker in joined for effect in self.take(self.core.acknowledged(worker, self.at))]

    def _note(self, effects: list[Effect]) -> None:
        self.effects += effects
        self.jobs |= {effect.job.id: effect.job for effect in effects if isinstance(effect, JobChanged)}
        changed = [effect.pairing for effect in effects if isinstance(effect, PairingChanged)]
        self.pairings |= {pairing.code: pairing for pairing in changed}

    def restart(self) -> list[Effect]:
        """The core dies, and another goes on with what was stored: all that the effects told."""
        self.unacknowledged.clear()
        self.core = self._fresh_core()
        stored = [job for job in self.jobs.values() if not job.is_finished and not job.demo]
        return self.take(self.core.restore(stored, list(self.pairings.values()), self.at))

    def _fresh_core(self) -> Coordinator:
        return Coordinator(
            self.terms,
            new_id=lambda: f"id-{next(self._ids)}",
            new_code=lambda: f"{next(self._codes):06X}",
            at=self.at,
        )

    def wait(self, seconds: float) -> list[Effect]:
        """Time passes, and the core is woken whenever it asked to be."""
        end, done = self.now + seconds, len(self.effects)
        while (due := self.core.wake_at) is not None and due <= end:
            self.now = max(self.now, due)
            self.take(self.core.pass_time(self.at))
        self.now = end
        self.take(self.core.pass_time(self.at))
        return self.effects[done:]

    def open(self, connection: int) -> None:
        self.take(self.core.opened(connection, self.at))

    def close(self, connection: int) -> list[Effect]:
        return self.take(self.core.closed(connection, self.at))

    def send(self, connection: int, frame: str | bytes | dict[str, Any]) -> list[dict[str, Any]]:
        """A frame of the worker's; gives the messages that it was answered with on this connection."""
        payload = stringify(frame) if isinstance(frame, dict) else frame
        return sent(self.take(self.core.received(connection, payload, self.at)), connection)

    def register(self, connection: int, number: int | None = None, **changes: Any) -> list[dict[str, Any]]:
        """Register the connection under the key with this number (its own by default)."""
        self.keys[connection] = identity(connection if number is None else number)
        return self.send(connection, self.registration(connection, **changes))

    def registration(self, connection: int, **changes: Any) -> dict[str, Any]:
        return {
            "type": "register",
            "provider_pubkey": self.keys[connection].pubkey_hex,
            "provider_type": "DESKTOP",
            "capabilities": ["LLM_INFER", "TASK"],
            **changes,
        }

    def join(self, *connections: int, **changes: Any) -> None:
        """Open these connections and register them."""
        for connection in connections:
            self.open(connection)
            assert self.register(connection, **changes)[0]["status"] == "ok"

    def beat(self, connection: int, **changes: Any) -> list[dict[str, Any]]:
        key = self.keys[connection].pubkey_hex
        return self.send(connection, {"type": "heartbeat", "provider_pubkey": key, **changes})

    def commit(
        self,
        job_type: JobType = JobType.TASK,
        policy: Policy = Policy.CHEAP,
        privacy: PrivacyClass = PrivacyClass.PUBLIC,
        user_id: str = "user",
    ) -> str:
        """A client's job; gives its id."""
        request = CommitRequest(
            job_type=job_type,
            policy=policy,
            privacy_class=privacy,
            user_id=user_id,
            payload=Json.of({"task_type": "summarize", "input": "text"}),
        )
        job, effects = self.core.commit(request, self.at)
        self.take(effects)
        return job.id

    def pair(self, user_id: str, number: int) -> Pairing:
        """Pair this user with the worker key of this number."""
        pairing, effects = self.core.create_code(user_id, self.at)
        assert pairing is not None
        self.take(effects)
        claimed, effects = self.core.claim_code(pairing.code, identity(number).pubkey_hex, self.at)
        self.take(effects)
        assert isinstance(claimed, Pairing)
        return claimed

    def completion(self, connection: int, job_id: str, **changes: Any) -> dict[str, Any]:
        """A good job_complete with its receipt."""
        key, output_hash = self.keys[connection], hash_text(stringify(OUTPUT))
        text = receipt_text(job_id, key.pubkey_hex, output_hash, "2026-11-22T06:08:52.643Z")
        return {
            "type": "job_complete",
            "job_id": job_id,
            "output": OUTPUT,
            "output_hash": output_hash,
            "receipt": Json.read(text).value,
            "receipt_signature": sign_receipt(text, key),
            **changes,
        }

    def bare(self, connection: int, job_id: str) -> dict[str, Any]:
        """A job_complete without any receipt."""
        whole = self.completion(connection, job_id)
        return {name: value for name, value in whole.items() if not name.startswith("receipt")}

    def submission(self, connection: int, job_id: str) -> dict[str, Any]:
        """The receipt of that completion, apart."""
        whole = self.completion(connection, job_id)
        signature = whole["receipt_signature"]
        return {"type": "receipt_submit", "receipt": whole["receipt"], "signature": signature}

    def complete(self, connection: int, job_id: str, **changes: Any) -> list[dict[str, Any]]:
        return self.send(connection, self.completion(connection, job_id, **changes))

    def reject(self, connection: int, job_id: str) -> list[dict[str, Any]]:
        return self.send(connection, {"type": "job_reject", "job_id": job_id, "reason": "busy"})

    def answer(self, connection: int, job_id: str, what: str) -> dict[str, Any]:
        """A `reject`, a `receipt` apart, or a completion: `whole`, `bare` (no receipt), `bad` (signature)."""
        if what == "reject":
            return {"type": "job_reject", "job_id": job_id, "reason": "no"}
        if what == "receipt":
            return self.submission(connection, job_id)
        if what == "bare":
            return self.bare(connection, job_id)
        changes = {"receipt_signature": "bad"} if what == "bad" else {}
        return self.completion(connection, job_id, **changes)

    def held(self, connection: int) -> str | None:
        """The job that this connection's worker holds."""
        return self.core.registry.workers[connection].job_id

    def status(self, job_id: str) -> str:
        """`pending`, `assigned`, `completed`, or `failed: <why>`."""
        job = self.jobs[job_id]
        return job.status.value if job.error is None else f"{job.status.value}: {job.error.value}"


def sent(effects: list[Effect], connection: int) -> list[dict[str, Any]]:
    """The messages among the effects that go to this connection, as values."""
    frames = [
        encode(effect.message)
        for effect in effects
        if isinstance(effect, Send) and effect.connection == connection
    ]
    values = [Json.read(frame).value for frame in frames]
    return [value for value in values if isinstance(value, dict)]


def closes(effects: list[Effect]) -> list[tuple[int, int | None]]:
    """The connections that were closed, and the codes."""
    return [(effect.connection, effect.code) for effect in effects if isinstance(effect, Close)]
