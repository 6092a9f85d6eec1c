// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Limits} from "../Codes.sol";
import {ICometBftLightClient} from "./ICometBftLightClient.sol";
import {Sha256} from "./Sha256.sol";
import {ValidatorSets} from "./ValidatorSets.sol";

/// @title CometBFT's bytes: header hashes, votes, and the power behind a commit.
library CometBft {
    /// @notice The chain id in the two places where CometBFT signs it, prepared once.
    /// @param leaf Hash of the header tree's chain id leaf.
    /// @param suffix0 First word of the end of a vote's sign bytes: field 6, length, chain id.
    /// @param suffix1 Second word of it.
    struct ChainId {
        bytes32 leaf;
        bytes32 suffix0;
        bytes32 suffix1;
        uint256 suffixLength;
    }

    error ChainIdInvalid();
    error CommitMalformed();
    error SignatureInvalid(uint256 index);
    error NotEnoughPower(uint256 signedPower, uint256 totalPower);
    error NotEnoughTrustedPower(uint256 signedPower, uint256 totalPower);

    uint256 private constant SIGNATURE_LENGTH = 80;
    uint256 private constant MAX_TIMESTAMP_LENGTH = 12;
    uint256 private constant NOT_IN_TRUSTED_SET = 255;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Prepares a chain id. CometBFT allows 1 to 50 bytes.
    function chainId(string memory id) internal pure returns (ChainId memory prepared) {
        uint256 length = bytes(id).length;
        if (length == 0 || length > Limits.MAXIMUM_CHAIN_ID_BYTES) revert ChainIdInvalid();
        prepared.leaf = sha256(abi.encodePacked(hex"000a", uint8(length), id));
        bytes memory suffix = abi.encodePacked(hex"32", uint8(length), id, bytes32(0), bytes32(0));
        bytes32 suffix0;
        bytes32 suffix1;
        assembly ("memory-safe") {
            suffix0 := mload(add(suffix, 32))
            suffix1 := mload(add(suffix, 64))
        }
        prepared.suffix0 = suffix0;
        prepared.suffix1 = suffix1;
        prepared.suffixLength = length + 2;
    }

    /// @notice Root of the tree over the header's 14 fields. Parts that no check reads come as hashes.
    /// @dev Their place in the tree is fixed, and leaves and nodes are tagged apart, so they cannot be taken for a field
    /// that is read. Left subtree: fields 0 to 7; right: 8 to 13.
    function headerHash(ICometBftLightClient.Header calldata header, bytes32 chainIdLeaf) internal view returns (bytes32) {
        bytes32[6] calldata siblings = header.siblings;
        bytes32 left = Sha256.node(
            Sha256.node(
                Sha256.node(siblings[0], chainIdLeaf), Sha256.node(_heightLeaf(header.height), _timeLeaf(header.time))
            ),
            Sha256.node(siblings[1], Sha256.node(siblings[2], Sha256.hashLeaf(header.validatorsHash)))
        );
        bytes32 right = Sha256.node(
            Sha256.node(
                Sha256.node(Sha256.hashLeaf(header.nextValidatorsHash), siblings[3]),
                Sha256.node(Sha256.hashLeaf(header.appHash), siblings[4])
            ),
            siblings[5]
        );
        return Sha256.node(left, right);
    }

    /// @notice Reverts unless validators with more than 2/3 of the set's power signed the block, and, when skipping to
    /// another set, validators with more than 1/3 of the trusted set's power.
    /// @param trusted The trusted set, or an empty entry if it is the same as `set`.
    function checkCommit(
        ICometBftLightClient.Header calldata header,
        bytes32 blockHash,
        ChainId memory chain,
        ValidatorSets.Entry memory set,
        ValidatorSets.Entry memory trusted
    ) internal view {
        (uint256 signedPower, uint256 trustedPower) = _tally(header, _voteHead(header, blockHash), chain, set, trusted);
        if (signedPower * 3 <= uint256(set.totalPower) * 2) revert NotEnoughPower(signedPower, set.totalPower);
        if (trusted.id != 0 && trustedPower * 3 <= trusted.totalPower) {
            revert NotEnoughTrustedPower(trustedPower, trusted.totalPower);
        }
    }

    /// @dev Every signature must be good. Ascending indexes keep a validator from counting twice; in the trusted set,
    /// whose order is another one, a bit per index does.
    function _tally(
        ICometBftLightClient.Header calldata header,
        bytes memory vote,
        ChainId memory chain,
        ValidatorSets.Entry memory set,
        ValidatorSets.Entry memory trusted
    ) private view returns (uint256 signedPower, uint256 trustedPower) {
        bytes calldata signatures = header.signatures;
        if (signatures.length == 0 || signatures.length % SIGNATURE_LENGTH != 0) revert CommitMalformed();
        (uint256 records, uint256 count) = ValidatorSets.load(set.code);
        uint256 trustedRecords;
        uint256 trustedCount;
        if (trusted.id != 0) (trustedRecords, trustedCount) = ValidatorSets.load(trusted.code);
        uint256 least = 0;
        uint256 seen = 0;
        for (uint256 cursor = 0; cursor < signatures.length; cursor += SIGNATURE_LENGTH) {
            uint256 index = _word(signatures, cursor) >> 248;
            if (index < least || index >= count) revert CommitMalformed();
            least = index + 1;
            (address signer, uint256 power) = ValidatorSets.validatorAt(records, index);
            if (_recover(signatures, cursor, vote, chain) != signer) revert SignatureInvalid(index);
            signedPower += power;
            if (trusted.id == 0) continue;
            uint256 trustedIndex = (_word(signatures, cursor) >> 240) & 0xff;
            if (trustedIndex == NOT_IN_TRUSTED_SET) continue;
            if (trustedIndex >= trustedCount || (seen >> trustedIndex) & 1 == 1) revert CommitMalformed();
            seen |= 1 << trustedIndex;
            (address trustedSigner, uint256 powerThere) = ValidatorSets.validatorAt(trustedRecords, trustedIndex);
            if (trustedSigner != signer) revert SignatureInvalid(index);
            trustedPower += powerThere;
        }
    }

    /// @dev The part of CanonicalVote that all votes of a commit share, with two bytes before it for the length and
    /// room behind it for timestamp and chain id.
    function _voteHead(ICometBftLightClient.Header calldata header, bytes32 blockHash)
        private
        pure
        returns (bytes memory)
    {
        // A commit is for a complete block id: with part set, never nil.
        if (header.partSetTotal == 0) revert CommitMalformed();
        bytes memory total = _varint(header.partSetTotal);
        bytes memory round =
            header.round == 0 ? bytes("") : abi.encodePacked(hex"19", _littleEndian(uint64(header.round)));
        return abi.encodePacked(
            abi.encodePacked(bytes2(0), hex"080211", _littleEndian(header.height), round),
            abi.encodePacked(hex"22", uint8(71 + total.length), hex"0a20", blockHash, hex"12", uint8(35 + total.length)),
            abi.encodePacked(hex"08", total, hex"1220", header.partSetHash),
            bytes32(0),
            bytes32(0),
            bytes32(0)
        );
    }

    /// @dev Completes the vote with the signature's own timestamp and recovers the signer. The timestamp's bytes need
    /// no check: they are inside what was signed, with their length in one byte, so the rest cannot shift.
    /// @return signer Zero, which is never a validator, if recovery fails or s is high.
    function _recover(bytes calldata signatures, uint256 cursor, bytes memory vote, ChainId memory chain)
        private
        view
        returns (address signer)
    {
        uint256 timestampLength = _word(signatures, cursor + 67) >> 248;
        uint256 v = _word(signatures, cursor + 2) >> 248;
        uint256 s = _word(signatures, cursor + 35);
        if (timestampLength > MAX_TIMESTAMP_LENGTH) revert CommitMalformed();
        if (s > HALF_ORDER || (v != 27 && v != 28)) return address(0);
        assembly ("memory-safe") {
            let start := add(vote, 34)
            let tail := sub(add(add(vote, 32), mload(vote)), 96)
            mstore8(tail, 0x2a)
            mstore8(add(tail, 1), timestampLength)
            calldatacopy(add(tail, 2), add(add(signatures.offset, cursor), 68), timestampLength)
            let suffix := add(add(tail, 2), timestampLength)
            mstore(suffix, mload(add(chain, 32)))
            mstore(add(suffix, 32), mload(add(chain, 64)))
            let length := sub(add(suffix, mload(add(chain, 96))), start)
            switch gt(length, 0x7f)
            case 0 {
                start := sub(start, 1)
                mstore8(start, length)
                length := add(length, 1)
            }
            default {
                start := sub(start, 2)
                mstore8(start, or(and(length, 0x7f), 0x80))
                mstore8(add(start, 1), shr(7, length))
                length := add(length, 2)
            }
            let pointer := mload(0x40)
            if iszero(staticcall(gas(), 2, start, length, pointer, 32)) { revert(0, 0) }
            mstore(add(pointer, 32), v)
            calldatacopy(add(pointer, 64), add(add(signatures.offset, cursor), 3), 64)
            // A failed recovery leaves the zero address, which is never a validator.
            mstore(0, 0)
            if iszero(staticcall(gas(), 1, pointer, 128, 0, 32)) { revert(0, 0) }
            signer := mload(0)
        }
    }

    /// @dev Field 2, Int64Value.
    function _heightLeaf(uint64 height) private view returns (bytes32) {
        uint256 pointer = _scratch(hex"0008");
        return Sha256.digest(pointer, Sha256.writeVarint(pointer + 2, height) - pointer);
    }

    /// @dev Field 3, google.protobuf.Timestamp. Zero parts are left out, as protobuf does.
    function _timeLeaf(uint64 time) private view returns (bytes32) {
        uint256 pointer = _scratch(hex"0008");
        uint256 end = pointer + 1;
        uint256 secondsPart = time / 1e9;
        uint256 nanosPart = time % 1e9;
        if (secondsPart != 0) end = Sha256.writeVarint(pointer + 2, secondsPart);
        if (nanosPart != 0) {
            assembly ("memory-safe") {
                mstore8(end, 0x10)
            }
            end = Sha256.writeVarint(end + 1, nanosPart);
        }
        return Sha256.digest(pointer, end - pointer);
    }

    function _scratch(bytes2 head) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
            mstore(pointer, head)
        }
    }

    function _varint(uint256 value) private pure returns (bytes memory result) {
        result = new bytes(10);
        uint256 start;
        assembly ("memory-safe") {
            start := add(result, 32)
        }
        uint256 end = Sha256.writeVarint(start, value);
        assembly ("memory-safe") {
            mstore(result, sub(end, start))
        }
    }

    /// @dev sfixed64.
    function _littleEndian(uint64 value) private pure returns (bytes8) {
        uint64 swapped = ((value & 0xff00ff00ff00ff00) >> 8) | ((value & 0x00ff00ff00ff00ff) << 8);
        swapped = ((swapped & 0xffff0000ffff0000) >> 16) | ((swapped & 0x0000ffff0000ffff) << 16);
        return bytes8((swapped >> 32) | (swapped << 32));
    }

    function _word(bytes calldata data, uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, cursor))
        }
    }
}
