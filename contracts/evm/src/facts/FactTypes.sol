// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The business fact and what travels with it. All forms are ABI, so that every ledger hashes alike.
interface FactTypes {
    /// @notice A sealed record of who owes whom for what; corrected only by another fact.
    /// @param factId keccak256(abi.encode(chainId, contract, issuer, issuerSequence)).
    /// @param kind 1 BOOKING_CONFIRMED to 11 PAYMENT_CONFIRMED.
    /// @param category 1 FARE to 14 OTHER.
    /// @param creditor keccak256 of the party's OCPI id; debtor likewise.
    /// @param currency ISO 4217 code; amounts in units of 10^-exponent.
    /// @param net Amount without tax; gross is net + tax.
    /// @param serviceEnd Unix seconds; dueDate likewise.
    /// @param issuerSequence From 1, without a gap, per issuer.
    /// @param relatedFact The fact that this one corrects, or 0.
    /// @param documentHash keccak256 of the full document, which stays off the ledger.
    struct Fact {
        bytes32 factId;
        uint16 schema;
        uint16 kind;
        uint16 category;
        bytes32 creditor;
        bytes32 debtor;
        bytes3 currency;
        uint8 exponent;
        uint128 net;
        uint128 tax;
        uint64 serviceEnd;
        uint64 dueDate;
        uint64 issuerSequence;
        bytes32 relatedFact;
        bytes32 documentHash;
    }

    /// @notice Value of a `fact-1` payload.
    /// @param destination Ledger behind the next one, or empty: settle there.
    struct FactPacketData {
        uint256 chainId;
        address contractAddress;
        address issuer;
        string destination;
        Fact[] facts;
        bytes32[] factHashes;
    }

    /// @dev The last three are reached only from ACKNOWLEDGED on, by news of the settlement ledger.
    enum State {
        NONE,
        MINTED,
        SENT,
        ACKNOWLEDGED,
        REJECTED,
        TIMED_OUT,
        CANCELLED,
        SETTLED,
        DISPUTED,
        CREDITED
    }

    /// @notice Everything known about a fact.
    /// @param code Answer code: 0 OK, 1 DUPLICATE, others say why it was rejected.
    /// @param packetSequence Sequence of the last packet that carried it.
    /// @param settlementSequence Entry in the settlement ledger's log.
    /// @param liabilityId Id on the settlement ledger; 0 until acknowledged. ledgerId is empty until sent.
    /// @param newsSequence Entry in the settlement ledger's log that the newest news comes from; 0 before any news.
    /// @param open What the newest news says is still open; it means nothing while newsSequence is 0.
    struct FactStatus {
        State state;
        uint16 code;
        uint64 issuerSequence;
        uint64 packetSequence;
        uint64 settlementSequence;
        bytes32 factHash;
        bytes32 liabilityId;
        string ledgerId;
        uint64 newsSequence;
        uint128 open;
    }
}
