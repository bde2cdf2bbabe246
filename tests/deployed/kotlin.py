"""The phone's worker in Kotlin, unfinished."""

from tests.mutants.defects.hashes import HashEscapedSlashes
from tests.mutants.defects.receipts import NoReceipts
from tests.mutants.defects.registration import KeyInBase64


class Kotlin(NoReceipts, KeyInBase64, HashEscapedSlashes):
    """No receipts, a key that is no hex, and the escaped slashes of Android's serializer in hashes."""

    provider_type = "SEEKER"
    capabilities = ("TASK",)
