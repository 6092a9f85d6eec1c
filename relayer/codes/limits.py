"""Bounds that every implementation checks.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

MAXIMUM_FACTS = 64
"""Facts in one packet."""
MAXIMUM_UPDATES = 64
"""Updates in one packet of status news."""
MAXIMUM_DESTINATION_BYTES = 64
"""Name of the ledger that shall record the facts."""
MAXIMUM_PAYLOAD_BYTES = 262_144
"""All payload values of one packet together; ibc-go's MaximumPayloadsSize."""
MAXIMUM_TIMEOUT_SECONDS = 86_400
"""How far ahead a packet's timeout may lie (ICS-4 v2)."""
MAXIMUM_SIGNED_FACTS = 1000
"""Facts under one signature of their issuer."""
MAXIMUM_SIGNED_BYTES = 1_048_576
"""A request with signed facts."""
MAXIMUM_OBJECT_ID_BYTES = 64
"""A business system's name, or its id for what a fact is about."""
MAXIMUM_TEXT_BYTES = 200
"""A request id, a name or a reason."""
MAXIMUM_ID_CHARACTERS = 35
"""Ids of payments, disputes and cycles: Max35Text of ISO 20022."""
MAXIMUM_CURRENCIES = 64
"""Currencies of one agreement."""
MAXIMUM_EXPONENT = 18
"""Digits after the point of a currency's unit."""
MAXIMUM_AMOUNT = 2**128 - 1
"""Minor units of an amount, and of a sum of amounts."""
MAXIMUM_FACT_BITS = 96
"""Of a fact's gross in minor units: the sum of 2^32 such facts fits 128 bits, so no fact stops netting."""
MAXIMUM_FACT_SECONDS = 253_402_300_799
"""Latest service end and due date of a fact: the last second of the year 9999. Milliseconds lie far behind it."""
MAXIMUM_WAIT_SECONDS = 7_776_000
"""90 days: how long a payment, a dispute or a cycle may hold an amount."""
RATE_WINDOW_SECONDS = 3600
"""Of block time, in which a party's proposals and disputes are counted."""
DEFAULT_PROPOSALS_PER_HOUR = 6
"""Netting cycles that one party may propose, until the operator sets another rate."""
DEFAULT_DISPUTES_PER_HOUR = 100
"""Disputes that one party may open, until the operator sets another rate."""
MAXIMUM_ENDED = 64
"""Deadlines that a ledger ends in one block; the rest follows in the next ones."""
MAXIMUM_DEBTS = 1_048_576
"""Debts in one netting cycle."""
MAXIMUM_PARTIES = 131_072
"""Parties in one netting cycle."""
MAXIMUM_POTENTIAL = 2**63 - 2
"""So that 1 + one potential - another fits a signed 64-bit integer."""
MAXIMUM_LISTED = 1000
"""Records in one page of an answer."""
MAXIMUM_NEWS_PACKETS = 16
"""Packets of status news for each client in one block, so that what one height tells can be read at once."""
MAXIMUM_NEWS_REPEATS = 3
"""How often an update in the wrong state is sent again at once; later attempts wait."""
NEWS_WAIT_SECONDS = 60
"""Of block time, before the first attempt that waits; each later one waits twice as long."""
MAXIMUM_NEWS_WAIT_SECONDS = 86_400
"""The longest that an attempt waits; news are never given up."""
MAXIMUM_ROUTES = 1024
"""Routes of one hub."""
MAXIMUM_FORWARD_QUOTA = 65_536
"""Open forwards that one route may have."""
MINIMUM_MARGIN_SECONDS = 5
"""What a forward takes at least from a packet's time, so that loops end."""
MAXIMUM_MARGIN_SECONDS = 43_200
"""Half of the longest timeout: more would leave no time."""
MAXIMUM_TRUSTED_CHAINS = 256
"""Chains that one client may speak for."""
MAXIMUM_CLIENT_STATE_BYTES = 16_384
"""A state of the poa-evm client."""
MAXIMUM_AUTHORITIES = 256
"""Signers that a poa-evm client follows."""
MAXIMUM_RETIRED_AUTHORITIES = 16
"""Sets of signers that a poa-evm client remembers after their rotation."""
MAXIMUM_EVM_HEADER_BYTES = 32_768
"""An RLP header of an EVM ledger."""
MAXIMUM_TRIE_NODES = 65
"""Nodes in one Merkle-Patricia proof: 64 nibbles and the root."""
MAXIMUM_TRIE_NODE_BYTES = 1024
"""One node of a Merkle-Patricia proof."""
MAXIMUM_CHAIN_ID_BYTES = 50
"""CometBFT's MaxChainIDLen."""
MAXIMUM_PROOF_DEPTH = 128
"""Inner nodes of one ICS-23 proof."""
MAXIMUM_CONTRACT_VALIDATORS = 128
"""Validators that the CometBFT light client in Solidity follows."""
