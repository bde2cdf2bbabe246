"""Prerequisites that a scenario needs and does not have: why its remaining checks are not judged.

A scenario lets these exceptions pass; the engine turns them into verdicts. They are never raised for
something that a scenario set out to judge: that is a failed check.
"""


class Missing(Exception):
    """A prerequisite is missing; the message says which, in one sentence about the worker."""


class NotConnected(Missing):
    """The worker opened no WebSocket."""


class NotRegistered(Missing):
    """The worker connected and did not register."""


class WorkerLost(Missing):
    """The worker registered, and then ended or left although nobody asked it to."""


class WorkerSilent(Missing):
    """The worker is there, and leaves its assignments without an answer, which the passive rules judge."""


class NotDeclared(Missing):
    """The worker did not declare the capability that the scenario is about: not applicable."""


class NeedsControl(Missing):
    """The scenario must start, stop or configure the worker's process, which somebody else runs."""
