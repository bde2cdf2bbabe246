"""The watch: what breaks a clause is reported while it happens, and nothing else is."""

from dispatch_mockcoord import watch as watching
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.watch import Watch
from dispatch_protocol.recording import Opened, frame_event
from dispatch_protocol.rules import Finding
from dispatch_protocol.vocabulary import Role

from tests.mockcoord.client import TASK, client, worker


async def watched(output: str) -> tuple[list[str], str]:
    """The clauses that are reported for a worker that claims to have hashed this text."""
    reported: list[Finding] = []
    async with MockCoordinator(Settings(terms=Terms())) as running, client(running) as http:
        watch = Watch(running.settings.terms, reported.append)
        running.tap(watch.event)
        async with worker(running) as one:
            await http.post("/v1/jobs/commit/fast", json=TASK)
            assignment = await one.hear()
            message = one.completion(assignment)
            message["output"] = {"summary": output, "word_count": 2}
            await one.say(message)
            await one.beat()
        watch.finish(running.switchboard.elapsed())
    assert list(watch.findings) == reported
    return [finding.clause for finding in reported], watch.summary()


async def test_an_honest_session_is_silent() -> None:
    assert await watched("some text") == ([], "no violations")


async def test_a_wrong_hash_is_reported_by_clause() -> None:
    clauses, summary = await watched("another text")
    assert "W-CAN-1" in clauses or "W-CAN-2" in clauses
    assert summary.startswith(f"{len(clauses)} violations: ")
    assert not [clause for clause in clauses if clause.startswith("C-")]


def test_only_so_many_findings_are_kept() -> None:
    watch = Watch(Terms(), lambda finding: None)
    watch.event(Opened(t=0.0, connection=1))
    for number in range(watching.MAX_FINDINGS + 10):
        watch.event(frame_event(number / 1000, 1, Role.WORKER, "nonsense"))
    assert len(watch.findings) == watching.MAX_FINDINGS
    assert sum(watch.counts.values()) > watching.MAX_FINDINGS
