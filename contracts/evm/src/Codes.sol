// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

// Made by devnet/generate_codes.py of proto/codes.yaml; change it there.

/// @title Kinds of facts by the side that issues them.
library KindsIssuedBy {
    /// @notice Bit n: kind n comes from an issuer of the creditor, or with its mandate.
    uint256 internal constant CREDITOR = 4094;
}

/// @title Whether a fact was recorded as a liability.
library FactStatus {
    uint8 internal constant ACCEPTED = 1;
    uint8 internal constant REJECTED = 2;
}

/// @title Why, in the acknowledgement of a fact.
library FactCode {
    /// @notice Recorded.
    uint16 internal constant OK = 0;
    /// @notice Accepted before; the answer repeats the first reference.
    uint16 internal constant DUPLICATE = 1;
    /// @notice The stated hash or id is not the fact's.
    uint16 internal constant BAD_HASH = 2;
    /// @notice The amount is zero or out of range for the kind.
    uint16 internal constant BAD_TOTAL = 3;
    /// @notice A party is not registered.
    uint16 internal constant UNKNOWN_PARTY = 4;
    /// @notice The pair has no agreement.
    uint16 internal constant NO_AGREEMENT = 5;
    /// @notice The agreement does not cover the currency.
    uint16 internal constant CURRENCY_UNSUPPORTED = 6;
    /// @notice The open amount would exceed the agreement's limit.
    uint16 internal constant LIMIT_EXCEEDED = 7;
    /// @notice The service ended before the cut-off.
    uint16 internal constant PERIOD_CLOSED = 8;
    /// @notice Version, kind or category is unknown.
    uint16 internal constant UNSUPPORTED_SCHEMA = 9;
    /// @notice The related fact is not recorded.
    uint16 internal constant RELATED_UNKNOWN = 10;
    /// @notice More than is open of the related liability.
    uint16 internal constant CREDIT_EXCEEDS = 11;
    /// @notice The issuer belongs to another party than the creditor, has no mandate of it, or its right had ended.
    uint16 internal constant ISSUER_NOT_AUTHORISED = 12;
    /// @notice Service end or due date lies after the year 9999, as milliseconds do; no cycle could net it.
    uint16 internal constant TIME_OUT_OF_RANGE = 13;
    /// @notice The agreement does not accept facts that come by this way.
    uint16 internal constant WAY_NOT_AGREED = 14;
    /// @notice A hub on the way knows no usable route to the destination.
    uint16 internal constant NO_ROUTE = 15;
    /// @notice A hub on the way has as many open forwards as the route may have.
    uint16 internal constant ROUTE_FULL = 16;
    /// @notice A hub on the way had too little time left for the next leg.
    uint16 internal constant NO_TIME_LEFT = 17;
    /// @notice A hub sent the packet on, and it was not received in time.
    uint16 internal constant FAR_TIMEOUT = 18;
    /// @notice The ledger behind a hub refused the whole packet, or its answer breaks its format.
    uint16 internal constant FAR_REFUSED = 19;
    /// @notice Its contract says that the fact was cancelled or rejected.
    uint16 internal constant ENDED_ON_CONTRACT = 20;
    /// @notice Its contract has sent the fact to another settlement ledger, or may still send it to one.
    uint16 internal constant OTHER_LEDGER = 21;
    /// @notice Set by the contract alone: the answer breaks its format.
    uint16 internal constant UNREADABLE = 65534;
    /// @notice Set by the contract alone: the whole packet was refused.
    uint16 internal constant UNIVERSAL_ERROR = 65535;
}

/// @title Answers that say that a fact did not reach its ledger.
library ReturnedCodes {
    /// @notice Bit n: after code n a fact may be sent again, as after a timeout.
    uint256 internal constant MASK = 491520;
}

/// @title Status news: what became of a liability.
library NewsStatus {
    /// @notice Nothing is open, after netting or payment.
    uint8 internal constant SETTLED = 1;
    /// @notice A dispute holds a part or all.
    uint8 internal constant DISPUTED = 2;
    /// @notice A dispute ended without a credit.
    uint8 internal constant RELEASED = 3;
    /// @notice The creditor credited all or a part.
    uint8 internal constant CREDITED = 4;
}

/// @title What the contract ledger did with one update.
library NewsAnswer {
    /// @notice The fact shows it.
    uint8 internal constant APPLIED = 1;
    /// @notice Newer news was there before: packets arrive in any order.
    uint8 internal constant STALE = 2;
    /// @notice It sent no such fact to this settlement ledger, or knows a different liability for it.
    uint8 internal constant UNKNOWN_FACT = 3;
    /// @notice The fact's own acknowledgement has not arrived yet.
    uint8 internal constant WRONG_STATE = 4;
    /// @notice The fact is settled, and nothing changes that any more, as when a payment is returned and disputed.
    uint8 internal constant FINAL = 5;
    /// @notice Set by a hub alone: the packet did not reach the contract ledger.
    uint8 internal constant RETURNED = 6;
    /// @notice Set by a hub alone: the contract ledger refused the whole packet, or its answer breaks its format.
    uint8 internal constant REFUSED = 7;
}

/// @title Bounds that every implementation checks.
library Limits {
    /// @notice Facts in one packet.
    uint256 internal constant MAXIMUM_FACTS = 64;
    /// @notice Updates in one packet of status news.
    uint256 internal constant MAXIMUM_UPDATES = 64;
    /// @notice Name of the ledger that shall record the facts.
    uint256 internal constant MAXIMUM_DESTINATION_BYTES = 64;
    /// @notice How far ahead a packet's timeout may lie (ICS-4 v2).
    uint256 internal constant MAXIMUM_TIMEOUT_SECONDS = 86400;
    /// @notice Of a fact's gross in minor units: the sum of 2^32 such facts fits 128 bits, so no fact stops netting.
    uint256 internal constant MAXIMUM_FACT_BITS = 96;
    /// @notice Latest service end and due date of a fact: the last second of the year 9999. Milliseconds lie far behind it.
    uint256 internal constant MAXIMUM_FACT_SECONDS = 253402300799;
    /// @notice CometBFT's MaxChainIDLen.
    uint256 internal constant MAXIMUM_CHAIN_ID_BYTES = 50;
    /// @notice Inner nodes of one ICS-23 proof.
    uint256 internal constant MAXIMUM_PROOF_DEPTH = 128;
    /// @notice Validators that the CometBFT light client in Solidity follows.
    uint256 internal constant MAXIMUM_CONTRACT_VALIDATORS = 128;
}
