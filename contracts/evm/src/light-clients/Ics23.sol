// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Limits} from "../Codes.sol";
import {Sha256} from "./Sha256.sol";

/// @title ICS-23 proofs over an IAVL tree inside a Cosmos multistore.
/// @notice Computes the root that a proof leads to; the caller compares it with the one that it trusts.
/// @dev Proofs come packed, without what the specs fix anyway, so most malformed shapes cannot even be written down:
/// a node has exactly one unknown child, child hashes are 32 bytes, nothing can hide in a prefix or a suffix.
///
///   membership = version path store
///   absence    = 01 neighbour path neighbour path fork path store     between two keys
///              | 02 neighbour path store                              after the last key
///              | 03 neighbour path store                              before the first key
///   neighbour  = keyLength(2) key sha256OfValue(32) version
///   version    = length(1) varint                                     the leaf is `00 02 varint`: height 0, size 1
///   path       = count(1) { side|length(1) varints(length) sibling(32) }
///   fork       = length(1) varints(length)
///   store      = count(1) { side(1) sibling(32) }
///
/// `side` (bit 7 of its byte in an IAVL path) is 1 where our child is the right one. `varints` are height, size and
/// version of the IAVL node.
library Ics23 {
    /// @notice The proof breaks its format or a rule of the IAVL or multistore spec at this offset.
    error ProofMalformed(uint256 offset);
    /// @notice Keys and values are never empty, and store names fit one length byte.
    error ProofKeyInvalid();
    /// @notice The neighbours do not enclose the key.
    error NeighboursOutOfOrder();

    uint256 private constant EITHER = 2;
    uint256 private constant LEFT = 0;
    uint256 private constant RIGHT = 1;

    uint256 private constant MAX_KEY_LENGTH = 16383;
    /// @dev The top bit of every byte: set in a varint's byte when another byte follows.
    uint256 private constant TOP_BITS = 0x8080808080808080808080808080808080808080808080808080808080808080;
    bytes32 private constant EMPTY_VALUE_HASH = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice The multistore root under which `value` is stored at `key` in the store `storeKey`.
    function membershipRoot(bytes calldata proof, bytes calldata storeKey, bytes calldata key, bytes calldata value)
        internal
        view
        returns (bytes32)
    {
        if (value.length == 0) revert ProofKeyInvalid();
        (bytes32 hash, uint256 cursor) = _leaf(proof, 0, key, sha256(value));
        (hash, cursor,) = _path(proof, cursor, hash, EITHER, 1);
        return _store(proof, cursor, storeKey, hash);
    }

    /// @notice The multistore root under which nothing is stored at `key` in the store `storeKey`.
    function absenceRoot(bytes calldata proof, bytes calldata storeKey, bytes calldata key)
        internal
        view
        returns (bytes32)
    {
        if (key.length == 0) revert ProofKeyInvalid();
        uint256 kind = _byte(proof, 0);
        bytes32 hash;
        uint256 cursor;
        if (kind == 1) {
            (hash, cursor) = _enclosed(proof, key);
        } else if (kind == 2) {
            bytes calldata last;
            (last, hash, cursor) = _neighbour(proof, 1);
            if (!_less(last, key)) revert NeighboursOutOfOrder();
            (hash, cursor,) = _path(proof, cursor, hash, RIGHT, 1);
        } else if (kind == 3) {
            bytes calldata first;
            (first, hash, cursor) = _neighbour(proof, 1);
            if (!_less(key, first)) revert NeighboursOutOfOrder();
            (hash, cursor,) = _path(proof, cursor, hash, LEFT, 1);
        } else {
            revert ProofMalformed(0);
        }
        return _store(proof, cursor, storeKey, hash);
    }

    /// @dev Two neighbours are adjacent exactly when they meet at one node, the left one being the last leaf of its
    /// left subtree and the right one the first leaf of its right subtree. Both are hashed into that one node, so they
    /// share its root by construction.
    function _enclosed(bytes calldata proof, bytes calldata key) private view returns (bytes32, uint256) {
        (bytes calldata leftKey, bytes32 left, uint256 cursor) = _neighbour(proof, 1);
        if (!_less(leftKey, key)) revert NeighboursOutOfOrder();
        uint256 leftLayer;
        (left, cursor, leftLayer) = _path(proof, cursor, left, RIGHT, 1);

        bytes calldata rightKey;
        bytes32 right;
        (rightKey, right, cursor) = _neighbour(proof, cursor);
        if (!_less(key, rightKey)) revert NeighboursOutOfOrder();
        uint256 rightLayer;
        (right, cursor, rightLayer) = _path(proof, cursor, right, LEFT, 1);

        uint256 layer = leftLayer > rightLayer ? leftLayer : rightLayer;
        uint256 length = _byte(proof, cursor);
        _checkVarints(proof, cursor, length, layer);
        bytes32 hash = _inner(proof, cursor, length, left, right);
        (hash, cursor,) = _path(proof, cursor + 1 + length, hash, EITHER, layer + 1);
        return (hash, cursor);
    }

    /// @dev sha256(00 02 version || varint(length) key || 20 sha256(value)), reading the version at the cursor.
    function _leaf(bytes calldata proof, uint256 cursor, bytes calldata key, bytes32 valueHash)
        private
        view
        returns (bytes32 hash, uint256 next)
    {
        if (key.length == 0 || key.length > MAX_KEY_LENGTH) revert ProofKeyInvalid();
        uint256 length = _byte(proof, cursor);
        if (length == 0 || length > 9) revert ProofMalformed(cursor);
        uint256 cut = 8 * (32 - length);
        uint256 varint = _word(proof, cursor + 1) >> cut;
        // One varint: every byte but the last says that another follows. Not negative: the zigzag's low bit is 0.
        bool isBad = (~varint & (TOP_BITS >> cut)) != 0x80 || (varint >> (8 * (length - 1))) & 1 != 0;
        if (isBad) revert ProofMalformed(cursor);
        next = cursor + 1 + length;
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, shl(240, 0x0002))
            calldatacopy(add(start, 2), add(add(proof.offset, cursor), 1), length)
            let pointer := add(start, add(2, length))
            switch lt(key.length, 0x80)
            case 1 {
                mstore8(pointer, key.length)
                pointer := add(pointer, 1)
            }
            default {
                mstore8(pointer, or(and(key.length, 0x7f), 0x80))
                mstore8(add(pointer, 1), shr(7, key.length))
                pointer := add(pointer, 2)
            }
            calldatacopy(pointer, key.offset, key.length)
            pointer := add(pointer, key.length)
            mstore8(pointer, 0x20)
            mstore(add(pointer, 1), valueHash)
            if iszero(staticcall(gas(), 2, start, sub(add(pointer, 33), start), 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }

    function _neighbour(bytes calldata proof, uint256 cursor)
        private
        view
        returns (bytes calldata key, bytes32 hash, uint256 next)
    {
        uint256 length = _word(proof, cursor) >> 240;
        if (cursor + 2 + length > proof.length) revert ProofMalformed(cursor);
        key = proof[cursor + 2:cursor + 2 + length];
        bytes32 valueHash = bytes32(_word(proof, cursor + 2 + length));
        if (valueHash == EMPTY_VALUE_HASH) revert ProofMalformed(cursor);
        (hash, next) = _leaf(proof, cursor + 34 + length, key, valueHash);
    }

    /// @dev Climbs from `hash`. `side` demands that every step has that side, or allows EITHER.
    /// @param layer The least height that the first node may have.
    function _path(bytes calldata proof, uint256 cursor, bytes32 hash, uint256 side, uint256 layer)
        private
        view
        returns (bytes32, uint256, uint256)
    {
        uint256 count = _byte(proof, cursor);
        cursor += 1;
        unchecked {
            for (uint256 end = layer + count; layer < end; ++layer) {
                uint256 head = _byte(proof, cursor);
                uint256 length = head & 0x7f;
                uint256 stepSide = head >> 7;
                if (side != EITHER && side != stepSide) revert ProofMalformed(cursor);
                _checkVarints(proof, cursor, length, layer);
                bytes32 sibling = bytes32(_word(proof, cursor + 1 + length));
                hash = stepSide == LEFT
                    ? _inner(proof, cursor, length, hash, sibling)
                    : _inner(proof, cursor, length, sibling, hash);
                cursor += 33 + length;
            }
        }
        return (hash, cursor, layer);
    }

    /// @dev Exactly three varints, none negative: height in one byte and at least `layer` (so never the 0 of a leaf),
    /// then size and version in ten bytes together, enough for 2^34 of each.
    function _checkVarints(bytes calldata proof, uint256 cursor, uint256 length, uint256 layer) private pure {
        unchecked {
            if (length < 3 || length > 11) revert ProofMalformed(cursor);
            uint256 word = _word(proof, cursor + 1);
            uint256 height = word >> 248;
            uint256 rest = (word << 8) >> (8 * (33 - length));
            uint256 ends = ~rest & (TOP_BITS >> (8 * (33 - length)));
            uint256 sizeEnd = ends ^ 0x80;
            bool isBad = height > 0x7f || height & 1 != 0 || (height >> 1) < layer
            // The last byte ends the version, and exactly one byte before it ends the size.
            || ends & 0x80 == 0 || sizeEnd == 0 || sizeEnd & (sizeEnd - 1) != 0
            // The low bit of a varint's first byte is the sign.
            || (rest >> (8 * (length - 2))) & 1 != 0 || rest & (sizeEnd >> 15) != 0;
            if (isBad) revert ProofMalformed(cursor);
        }
    }

    /// @dev sha256(varints || 20 left || 20 right).
    function _inner(bytes calldata proof, uint256 cursor, uint256 length, bytes32 left, bytes32 right)
        private
        view
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            mstore(pointer, calldataload(add(add(proof.offset, cursor), 1)))
            let next := add(pointer, length)
            mstore8(next, 0x20)
            mstore(add(next, 1), left)
            mstore8(add(next, 33), 0x20)
            mstore(add(next, 34), right)
            if iszero(staticcall(gas(), 2, pointer, add(length, 66), 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }

    /// @dev The IAVL root as the value of `storeKey` in the multistore, whose leaf prefix is exactly 00 and whose inner
    /// prefix is exactly 01. Nothing may follow.
    function _store(bytes calldata proof, uint256 cursor, bytes calldata storeKey, bytes32 value)
        private
        view
        returns (bytes32 hash)
    {
        if (storeKey.length == 0 || storeKey.length > 127) revert ProofKeyInvalid();
        hash = sha256(
            abi.encodePacked(uint8(0), uint8(storeKey.length), storeKey, uint8(32), sha256(abi.encodePacked(value)))
        );
        uint256 count = _byte(proof, cursor);
        if (count > Limits.MAXIMUM_PROOF_DEPTH || cursor + 1 + 33 * count != proof.length) revert ProofMalformed(cursor);
        unchecked {
            for (cursor += 1; cursor < proof.length; cursor += 33) {
                uint256 side = _byte(proof, cursor);
                bytes32 sibling = bytes32(_word(proof, cursor + 1));
                if (side == LEFT) hash = Sha256.node(hash, sibling);
                else if (side == RIGHT) hash = Sha256.node(sibling, hash);
                else revert ProofMalformed(cursor);
            }
        }
    }

    /// @dev Strictly less in the order of bytes, a prefix coming first.
    function _less(bytes calldata a, bytes calldata b) private pure returns (bool) {
        unchecked {
            uint256 common = a.length < b.length ? a.length : b.length;
            for (uint256 i = 0; i < common; i += 32) {
                uint256 cut = common - i < 32 ? 8 * (32 - (common - i)) : 0;
                uint256 x = _word(a, i) >> cut;
                uint256 y = _word(b, i) >> cut;
                if (x != y) return x < y;
            }
            return a.length < b.length;
        }
    }

    /// @dev Reads may pass the end of the proof; that its length comes out exactly is checked in the end.
    function _word(bytes calldata data, uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, cursor))
        }
    }

    function _byte(bytes calldata data, uint256 cursor) private pure returns (uint256) {
        return _word(data, cursor) >> 248;
    }
}
