"""The queue: signed facts arrive as CloudEvents through NATS JetStream, at least once, and each is recorded at most once.

    producer ─▶ stream of facts ─▶ consumers ─▶ settlement ledger
                                      │ ├─▶ stream of answers: references, or why a fact was refused
                                      │ └─▶ stream of dead letters: what waits for a person
                                      └─ acknowledges a message after the ledger has committed and the answer is stored

The signature in each message is the issuer's, so neither the broker nor whoever may publish there can make a debt: they can
delay messages, repeat them, or lose those that the broker alone holds.
"""
