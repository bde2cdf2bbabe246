"""What the control face shows, as schemas: closed, so that a test finds what is shown and not described."""

from typing import Any, Final

from dispatch_protocol.vocabulary import JobError, JobType, Policy, PrivacyClass, ProviderType

from dispatch_mockcoord.control.readings import STATUSES
from dispatch_mockcoord.openapi.pieces import Schema, closed, listed, nullable, refer

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "number"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
ANY: Final[Schema] = {}
COUNTS: Final[Schema] = {"type": "object", "additionalProperties": COUNT}


def view_forms() -> dict[str, Any]:
    """The schemas of all answers of the control face, by name."""
    return {**_state(), **_jobs(), **_workers(), **_violations(), **_faults(), **_done()}


def _state() -> dict[str, Any]:
    faults = closed(seed=COUNT, variety=FLAG, active=listed(refer("ActiveFault")), injected=COUNT)
    state = closed(
        name=TEXT,
        version=TEXT,
        protocol=TEXT,
        run=TEXT,
        network=TEXT,
        chain=TEXT,
        started_at=TIME,
        now=TIME,
        uptime_seconds=NUMBER,
        workers=closed(registered=COUNT, connections=COUNT, known=COUNT),
        jobs=closed(pending=COUNT, assigned=COUNT, completed=COUNT, failed=COUNT),
        receipts=closed(total=COUNT, verified=COUNT),
        pairings=COUNT,
        violations=closed(watching=FLAG, total=COUNT, clauses=COUNTS),
        transcript=closed(events=COUNT, omitted=COUNT),
        streams=COUNT,
        faults=nullable(faults),
        clock=closed(virtual=FLAG, ahead=NUMBER),
        demo=closed(active=FLAG),
    )
    return {"State": state}


def _jobs() -> dict[str, Any]:
    line = closed(
        id=TEXT,
        job_type={"enum": [kind.value for kind in JobType]},
        task_type=nullable(TEXT),
        policy={"enum": [Policy.FAST.value, Policy.CHEAP.value]},
        privacy_class={"enum": [kind.value for kind in PrivacyClass]},
        user_id=TEXT,
        status={"enum": sorted(STATUSES)},
        error=nullable({"enum": [error.value for error in JobError]}),
        worker=nullable(TEXT),
        rejected_by=listed(TEXT),
        has_receipt=FLAG,
        verified=FLAG,
        demo=FLAG,
        created_at=TIME,
        completed_at=nullable(TIME),
    )
    check = closed(name=TEXT, clause=TEXT, passed=FLAG, detail=TEXT)
    receipt = closed(
        value=ANY,
        text=TEXT,
        signature=nullable(TEXT),
        verified=FLAG,
        checks=listed(refer("ReceiptCheck")),
        form=listed(refer("ReceiptCheck")),
    )
    more = closed(payload=ANY, output=ANY, output_hash=nullable(TEXT), result=ANY, receipt=nullable(receipt))
    members = {**line["properties"], **more["properties"]}
    return {
        "JobLine": line,
        "Jobs": closed(jobs=listed(refer("JobLine")), next=nullable(COUNT)),
        "ReceiptCheck": check,
        "JobWhole": closed(**members),
    }


def _workers() -> dict[str, Any]:
    worker = closed(
        connection=COUNT,
        worker_id=TEXT,
        pubkey=TEXT,
        provider_type={"enum": [kind.value for kind in ProviderType]},
        capabilities=listed({"enum": [kind.value for kind in JobType]}),
        state={"enum": ["settling", "idle", "busy"]},
        job_id=nullable(TEXT),
        heartbeat_age=NUMBER,
    )
    pairing = closed(
        code=TEXT,
        user_id=TEXT,
        state={"enum": ["open", "claimed", "expired"]},
        expires_at=TIME,
        pubkey=nullable(TEXT),
        paired_at=nullable(TIME),
    )
    return {
        "WorkerLine": worker,
        "Workers": closed(workers=listed(refer("WorkerLine")), connections=COUNT, next=nullable(COUNT)),
        "PairingLine": pairing,
        "Pairings": closed(pairings=listed(refer("PairingLine")), total=COUNT),
    }


def _violations() -> dict[str, Any]:
    law = closed(clause=TEXT, level=TEXT, role=TEXT, text=TEXT, mend=TEXT, count=COUNT)
    violation = closed(
        clause=TEXT,
        level=TEXT,
        t=NUMBER,
        connection=nullable(COUNT),
        worker=nullable(TEXT),
        message=TEXT,
        place=TEXT,
        expected=TEXT,
        actual=TEXT,
        index=COUNT,
        frame=nullable(TEXT),
    )
    return {
        "Violation": violation,
        "Violations": closed(
            watching=FLAG, total=COUNT, clauses=listed(law), latest=listed(refer("Violation"))
        ),
    }


def _faults() -> dict[str, Any]:
    option = closed(name=TEXT, default=ANY, meaning=TEXT, allowed=TEXT, choices=listed(ANY))
    kind = closed(
        name=TEXT,
        stage=TEXT,
        does=TEXT,
        peer=TEXT,
        clauses=listed(TEXT),
        message=TEXT,
        options=listed(refer("FaultOption")),
        aims=listed(refer("FaultOption")),
    )
    strike = closed(t=NUMBER, name=TEXT, connection=nullable(COUNT), detail=TEXT)
    return {
        "FaultOption": option,
        "FaultKind": kind,
        "ActiveFault": closed(name=TEXT, options={"type": "object"}, spelled=TEXT),
        "ActiveFaults": closed(active=listed(refer("ActiveFault"))),
        "Faults": closed(
            seed=COUNT,
            variety=FLAG,
            active=listed(refer("ActiveFault")),
            counts=COUNTS,
            injected=listed(strike),
            catalogue=listed(refer("FaultKind")),
        ),
    }


def _done() -> dict[str, Any]:
    return {
        "Sent": closed(sent={"const": True}),
        "Told": closed(sent=COUNT),
        "Clock": closed(ahead=NUMBER),
        "Reset": closed(reset={"const": True}),
    }
