"""Messages of every kind for Hypothesis to draw, and frames of theirs gone wrong."""

import json

from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import encode
from dispatch_protocol.messages import (
    Error,
    FeedbackFailed,
    FeedbackPosted,
    Heartbeat,
    HeartbeatAck,
    JobAssign,
    JobComplete,
    JobReject,
    Message,
    Metrics,
    PaymentFailed,
    PaymentPosted,
    ReceiptSubmit,
    Register,
    RegisterAck,
)
from dispatch_protocol.parsing import join_surrogates
from dispatch_protocol.vocabulary import JobType, PrivacyClass, ProviderType
from hypothesis import strategies as st

from tests.protocol.strategies import any_text, dumped, json_texts, json_values, mutated

words = any_text.map(join_surrogates)
key_texts = st.text("0123456789abcdefABCDEF", min_size=64, max_size=64)
jsons = st.builds(Json.of, json_values) | json_texts.map(Json.read)
finite = st.floats(allow_nan=False, allow_infinity=False)
named_receipts = st.builds(
    lambda members, job_id: Json.of({**members, "job_id": job_id}),
    st.dictionaries(words, json_values, max_size=4),
    words,
)
tokens = st.sampled_from(["BOLT", "wBOLT", None])

MESSAGES: dict[str, st.SearchStrategy[Message]] = {
    "register": st.builds(
        Register,
        provider_pubkey=key_texts,
        provider_type=st.sampled_from(ProviderType),
        capabilities=st.lists(st.sampled_from(JobType), min_size=1, max_size=3),
        pricing_hint=st.none() | words,
    ),
    "heartbeat": st.builds(
        Heartbeat,
        provider_pubkey=key_texts,
        metrics=st.none()
        | st.builds(
            Metrics, cpu_pct=st.none() | finite, mem_pct=st.none() | finite, active_jobs=st.none() | finite
        ),
    ),
    "job_complete": st.builds(
        JobComplete,
        job_id=words,
        output=jsons,
        output_hash=words,
        receipt=st.none() | jsons.filter(lambda receipt: receipt.value is not None),
        receipt_signature=st.none() | words,
    ),
    "job_reject": st.builds(JobReject, job_id=words, reason=words),
    "receipt_submit": st.builds(ReceiptSubmit, receipt=named_receipts, signature=words),
    "register_ack": st.builds(
        RegisterAck,
        status=st.sampled_from(["ok", "error"]),
        worker_id=st.none() | words,
        error=st.none() | words,
    ),
    "heartbeat_ack": st.just(HeartbeatAck(status="ok")),
    "job_assign": st.builds(
        JobAssign,
        job_id=words,
        job_type=words,
        payload=jsons,
        policy=st.sampled_from(["FAST", "CHEAP"]),
        privacy_class=st.sampled_from(PrivacyClass),
        user_id=words,
    ),
    "error": st.builds(Error, code=words, message=words),
    "payment_posted": st.builds(
        PaymentPosted,
        job_ids=st.lists(words),
        tx_hash=words,
        amount=words,
        token=tokens,
        network=st.sampled_from(["solana-devnet", "monad-testnet"]),
        explorer_url=words,
    ),
    "payment_failed": st.builds(PaymentFailed, job_ids=st.lists(words), error=words, token=tokens),
    "feedback_posted": st.builds(
        FeedbackPosted,
        job_id=words,
        tx_hash=words,
        network=st.just("monad-testnet"),
        explorer_url=words,
    ),
    "feedback_failed": st.builds(FeedbackFailed, job_id=words, error=words),
}
any_message = st.one_of(*MESSAGES.values())


shuffled = st.builds(
    lambda message, chance: mutated(encode(message), chance), any_message, st.randoms(use_true_random=False)
)
misfits = st.builds(
    lambda message, values, chance: dumped(
        {name: chance.choice([value, *values]) for name, value in json.loads(encode(message)).items()}
        | {"type": json.loads(encode(message))["type"]}
    ),
    any_message,
    st.lists(json_values, min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
