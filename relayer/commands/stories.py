"""What each state of a packet means for a person: why it is there, and what would move it."""

from __future__ import annotations

STORIES = {
    "Unseen": (
        "the journal does not know it: it was never sent, its block is not final yet, or no relayer has run since",
        "a relayer that runs and sees the commitment in a final block of the source ledger",
    ),
    "Committed": (
        "the source ledger promises it, the destination has not received it",
        "a delivery with a proof of the commitment, by this relayer or another; or its timeout, by the destination's clock",
    ),
    "Expired": (
        "its timeout has passed on the destination without a receipt",
        "a proof to the source ledger that no receipt exists, which this relayer submits by itself",
    ),
    "ReceivedEarly": (
        "the destination has received it; the source's block that promises it is not final here yet",
        "the source ledger's block becoming final",
    ),
    "AnsweredEarly": (
        "the destination has answered it; the source's block that promises it is not final here yet",
        "the source ledger's block becoming final",
    ),
    "Received": (
        "the destination has received it, its application has not answered yet",
        "the destination's application writing the acknowledgement",
    ),
    "Answered": (
        "the destination has written the acknowledgement, the source has not heard it",
        "a delivery of the acknowledgement with its proof, by this relayer or another",
    ),
    "Quarantined": (
        "it was set aside, so that the rest of its channel continues",
        "a competitor's delivery, its timeout, or `relayer release` once the reason is gone",
    ),
    "Acknowledged": (
        "the source's application has heard the answer; this is an end",
        "nothing; `relayer facts show` has the result",
    ),
    "TimedOut": (
        "the source's application took it back; this is an end",
        "nothing; its facts can be sent again with `relayer facts send`",
    ),
    "PassedOver": (
        "it is not of this channel's applications, or nothing that can be read, so this relayer never pays for it; an end",
        "nothing here; whoever sent it can deliver it or take it back with a relayer of their own",
    ),
    "Contradicted": (
        "the two ledgers reported facts that contradict each other",
        "a person: compare both ledgers, `relayer replay` shows what each of them reported",
    ),
}
"""By the name of the state's class. A test demands one for every state."""
