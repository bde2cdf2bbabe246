"""What clients and workers were told by a coordinator, and whether that fits together. Clauses C-DUR."""

from collections import Counter
from typing import Any

LEGAL_ERRORS = {"worker_disconnected", "no_eligible_worker"}
EXTRA = ("signature", "verified")


class Witness:
    """Everything that was answered, over all restarts; a contradiction raises AssertionError at once."""

    def __init__(self) -> None:
        self.jobs: dict[str, bool] = {}
        self.finished: dict[str, dict[str, Any]] = {}
        self.claims: list[dict[str, str]] = []
        self.restarts = 0
        self.late_refusals = 0
        self._untrusted: set[str] = set()
        self._holders: dict[str, list[int]] = {}
        self._rejected: set[str] = set()
        self._receipts: dict[str, list[Any]] = {}
        self._outputs: dict[str, Any] = {}
        self._owed: Counter[int] = Counter()

    def restarted(self) -> None:
        """The coordinator was killed."""
        self.restarts += 1

    def committed(self, job_id: str, is_private: bool, status: int) -> None:
        """A client has its answer: 201, or 422 with the id of the job that failed."""
        assert job_id not in self.jobs, "an id is given once"
        assert status == 201 or is_private
        self.jobs[job_id] = is_private
        if status != 201:
            self._untrusted.add(job_id)

    def seen(self, job_id: str, answer: dict[str, Any]) -> None:
        """A client looked at a job."""
        assert answer["id"] == job_id
        before = self.finished.get(job_id)
        if before is not None:
            if before["receipt"] is None and answer["receipt"] is not None:
                before = {**before, "receipt": answer["receipt"]}
            assert answer == before, "a finished job stays as it is"
        if answer["status"] == "completed":
            self._completed(job_id, answer)
        elif answer["status"] == "failed":
            self._failed(job_id, answer)
        else:
            assert answer["status"] in ("pending", "assigned")
            assert (answer["result"], answer["receipt"], answer["completed_at"]) == (None, None, None)
            assert job_id not in self._untrusted
            return
        self.finished[job_id] = answer

    def _completed(self, job_id: str, answer: dict[str, Any]) -> None:
        assert job_id not in self._untrusted
        assert answer["result"] == self._outputs[job_id], "what its worker sent"
        if answer["receipt"] is not None:
            assert answer["receipt"]["verified"] is True
            bare = {name: value for name, value in answer["receipt"].items() if name not in EXTRA}
            assert bare in self._receipts[job_id], "what its worker sent"

    def _failed(self, job_id: str, answer: dict[str, Any]) -> None:
        assert (answer["receipt"], answer["completed_at"]) == (None, None)
        error = answer["result"]["error"]
        if job_id in self._untrusted:
            assert error == "no_trusted_worker"
        else:
            assert error in LEGAL_ERRORS
            assert error != "worker_disconnected" or job_id in self._holders or self.restarts

    def assigned(self, job_id: str, number: int) -> None:
        """A worker was given this job. It may have had another holder only if that rejected it."""
        holders = self._holders.setdefault(job_id, [])
        assert not holders or job_id in self._rejected, "nobody is given what another holds, or has answered"
        assert number not in holders, "never again to the same"
        assert job_id not in self.finished
        assert not self.jobs.get(job_id) or number == 1, "PRIVATE jobs reach the paired worker only"
        self._rejected.discard(job_id)
        holders.append(number)

    def answers(self, job_id: str, message: dict[str, Any]) -> None:
        """A worker is about to send this completion."""
        self._outputs[job_id] = message["output"]
        self._receipts.setdefault(job_id, []).append(message["receipt"])

    def rejects(self, job_id: str) -> None:
        """A worker is about to give this job back."""
        self._rejected.add(job_id)

    def owes_refusal(self, number: int) -> None:
        """A worker sent an answer for a job of a connection that is gone."""
        self._owed[number] += 1

    def refused(self, number: int, message: dict[str, Any]) -> None:
        """A worker was answered with an error."""
        assert (message["type"], message["code"]) == ("error", "JOB_NOT_ASSIGNED"), message
        assert self._owed[number] > 0, "an answer of the holder was refused"
        self._owed[number] -= 1
        self.late_refusals += 1

    def left(self, number: int) -> None:
        """A worker lost its connection."""
        self._owed[number] = 0

    def paired(self, claim: dict[str, str]) -> None:
        """A claim was answered 200."""
        self.claims.append(claim)

    def summary(self) -> str:
        """One line of figures."""
        statuses = Counter(
            answer["status"] if answer["status"] == "completed" else answer["result"]["error"]
            for answer in self.finished.values()
        )
        listed = ", ".join(f"{count} {name}" for name, count in sorted(statuses.items()))
        return (
            f"{len(self.jobs)} jobs answered for ({listed}), {len(self.claims)} pairings, "
            f"{self.late_refusals} late answers refused"
        )
