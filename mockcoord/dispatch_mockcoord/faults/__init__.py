"""Faults on purpose, and legal variety: layers around the coordinator, which knows nothing of them.

`Faults` is the layer; `plan` decides (pure), `frames` alters (pure), `carrier` does; `catalogue` says what
there is, `spelling` how it is written.
"""

from dispatch_mockcoord.faults.layer import Faults, Injected
from dispatch_mockcoord.faults.plan import Fault

__all__ = ["Fault", "Faults", "Injected"]
