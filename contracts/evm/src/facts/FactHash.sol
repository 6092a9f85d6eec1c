// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FactTypes} from "./FactTypes.sol";

/// @title Names and hashes of facts and liabilities.
library FactHash {
    bytes32 internal constant TYPEHASH = keccak256(
        "Fact(bytes32 factId,uint16 schema,uint16 kind,uint16 category,bytes32 creditor,bytes32 debtor,bytes3 currency,uint8 exponent,uint128 net,uint128 tax,uint64 serviceEnd,uint64 dueDate,uint64 issuerSequence,bytes32 relatedFact,bytes32 documentHash)"
    );
    bytes32 private constant LIABILITY_TAG = keccak256("interledger.liability.v1");

    /// @notice The id of an issuer's n-th fact: no other account, contract or ledger can mint under it.
    function factId(uint256 chainId, address contractAddress, address issuer, uint64 issuerSequence)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(chainId, contractAddress, issuer, issuerSequence));
    }

    function factHash(FactTypes.Fact calldata fact) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, fact));
    }

    /// @notice The id that a settlement ledger gives to the liability of a fact.
    function liabilityId(bytes32 factId_, bytes32 factHash_) internal pure returns (bytes32) {
        return keccak256(abi.encode(LIABILITY_TAG, factId_, factHash_));
    }
}
