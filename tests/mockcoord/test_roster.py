"""Who registered where: the latest on each connection, also after its end, and of no more than so many."""

import pytest
from dispatch_mockcoord.core.effects import WorkerJoined
from dispatch_mockcoord.core.worker import Worker
from dispatch_mockcoord.roster import Roster
from dispatch_protocol.vocabulary import JobType, ProviderType

DESKTOP, SEEKER = ProviderType.DESKTOP, ProviderType.SEEKER


def roster(*joined: tuple[int, str, ProviderType]) -> Roster:
    """A roster that saw these register, in this order: on which connection, under which key, as what."""
    seen = Roster()
    for connection, key, provider_type in joined:
        worker = Worker(
            connection=connection,
            worker_id="id",
            order=1,
            pubkey=key,
            key=key.lower(),
            provider_type=provider_type,
            capabilities=frozenset({JobType.TASK}),
            last_beat=0.0,
        )
        seen.effect(WorkerJoined(worker))
    return seen


def test_a_connection_is_that_of_its_latest_registration() -> None:
    seen = roster((1, "AB", DESKTOP), (2, "cd", DESKTOP), (1, "ef", SEEKER))
    assert [seen.key(connection) for connection in (1, 2, 3, None)] == ["ef", "cd", "", ""]
    assert seen.culprit(1) == ("ef", SEEKER)
    assert seen.culprit(3) == ("", None)


def test_without_a_connection_the_only_worker_there_ever_was_is_meant() -> None:
    assert roster().culprit(None) == ("", None)
    assert roster((1, "ab", SEEKER), (2, "ab", SEEKER)).culprit(None) == ("ab", SEEKER)
    assert roster((1, "ab", SEEKER), (2, "cd", SEEKER)).culprit(None) == ("", None)


def test_of_very_many_connections_the_longest_known_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody can say any more that there was but one worker."""
    monkeypatch.setattr("dispatch_mockcoord.roster.MAX_WORKERS", 2)
    seen = roster((1, "ab", DESKTOP), (2, "cd", DESKTOP), (3, "cd", DESKTOP))
    assert [seen.key(connection) for connection in (1, 2, 3)] == ["", "cd", "cd"]
    assert seen.culprit(None) == ("", None)
