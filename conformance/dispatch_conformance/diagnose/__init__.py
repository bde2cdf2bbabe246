"""The diagnosis: given what a worker sent, what its author most likely did.

Three questions, each answered without I/O and in bounded time, whatever was sent: why a hash is not the
output's, why a signature is not the receipt's, and which rule of a task an output breaks. Every answer names
only what recomputation gave exactly.
"""

from dispatch_conformance.diagnose.differences import Difference
from dispatch_conformance.diagnose.guesses import Certainty, Guess, narrowed
from dispatch_conformance.diagnose.hashes import diagnose_hash
from dispatch_conformance.diagnose.outputs import compare_outputs
from dispatch_conformance.diagnose.signatures import diagnose_signature

__all__ = [
    "Certainty",
    "Difference",
    "Guess",
    "compare_outputs",
    "diagnose_hash",
    "diagnose_signature",
    "narrowed",
]
