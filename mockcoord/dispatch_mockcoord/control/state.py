"""The state of one run at a glance: all of it is counted already, so that asking often costs little."""

from importlib.metadata import PackageNotFoundError, version

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.clauses import load
from dispatch_protocol.times import iso_time

from dispatch_mockcoord.control.faults import fault_line
from dispatch_mockcoord.control.scene import Scene
from dispatch_mockcoord.control.views import View


def state_of(scene: Scene) -> View:
    """How things stand."""
    board, at = scene.board, scene.board.clock.moment()
    registry, tally = board.coordinator.registry, scene.tally
    return {
        "name": "dispatch-mockcoord",
        "version": own_version(),
        "protocol": load().version,
        "run": scene.journal.run,
        "network": board.settings.network,
        "chain": board.settings.chain,
        "started_at": iso_time(board.started.wall_ms),
        "now": iso_time(at.wall_ms),
        "uptime_seconds": round(at.now - board.started.now, 3),
        "workers": {
            "registered": len(registry.workers),
            "connections": len(board.lines),
            "known": tally.keys,
        },
        "jobs": dict(tally.by_status),
        "receipts": {"total": tally.receipts, "verified": tally.verified},
        "pairings": len(board.coordinator.trust),
        "violations": _violations(scene),
        "transcript": {"events": scene.keeper.count, "omitted": scene.keeper.omitted},
        "streams": scene.streams.open,
        "faults": _faults(scene),
        "clock": {
            "virtual": scene.time is not None,
            "ahead": 0.0 if scene.time is None else scene.time.clock.ahead,
        },
        "demo": {"active": board.demo.is_active},
    }


def own_version() -> str:
    """The version of the installed program."""
    try:
        return version("dispatch-reference")
    except PackageNotFoundError:
        return "unknown"


def _violations(scene: Scene) -> JsonValue:
    watch = scene.watch
    if watch is None:
        return {"watching": False, "total": 0, "clauses": {}}
    return {"watching": True, "total": sum(watch.counts.values()), "clauses": dict(watch.counts)}


def _faults(scene: Scene) -> JsonValue:
    faults = scene.faults
    if faults is None:
        return None
    return {
        "seed": faults.seed,
        "variety": faults.variety,
        "active": [fault_line(fault) for fault in faults.active],
        "injected": sum(faults.counts.values()),
    }
