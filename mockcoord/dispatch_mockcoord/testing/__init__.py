"""A coordinator for tests: in a thread of its own, at a free port, with a face that blocks and one to await.

```
with mock_coordinator(settle_seconds=0) as coordinator:
    ...                                           # start a worker at coordinator.url
    job = coordinator.run("summarize", "some text")
    assert job.verified
```

`handle` and `faces` are what a test holds; `desk` is the coordinator, in its thread (`thread`); `jobs`,
`workers` and `steering` are the operations; `breaches` says which clauses workers broke, `reasons` why a job
did not end well; `process` runs a well-behaved worker. The pytest plugin (`dispatch_mockcoord.plugin`) makes
fixtures of them.
"""

from dispatch_mockcoord.testing.breaches import Breach, ClausesBroken
from dispatch_mockcoord.testing.faces import AioHandle
from dispatch_mockcoord.testing.handle import CoordinatorHandle, mock_coordinator
from dispatch_mockcoord.testing.process import WorkerEnded, WorkerProcess
from dispatch_mockcoord.testing.values import JobFailed, JobView, NotInTime, ReceiptView, WorkerView

__all__ = [
    "AioHandle",
    "Breach",
    "ClausesBroken",
    "CoordinatorHandle",
    "JobFailed",
    "JobView",
    "NotInTime",
    "ReceiptView",
    "WorkerEnded",
    "WorkerProcess",
    "WorkerView",
    "mock_coordinator",
]
