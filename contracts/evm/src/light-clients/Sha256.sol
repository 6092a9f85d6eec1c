// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title sha256 over memory, and the hash tree that CometBFT and the Cosmos SDK use (RFC 6962, section 2.1).
/// @dev The language's own sha256() copies its input first; these functions hash in place.
library Sha256 {
    /// @notice sha256 of `length` bytes of memory from `pointer`.
    function digest(uint256 pointer, uint256 length) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            // Too little gas for the precompile must not pass for a hash.
            if iszero(staticcall(gas(), 2, pointer, length, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    /// @notice Hash of an inner node: sha256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            mstore8(pointer, 1)
            mstore(add(pointer, 1), left)
            mstore(add(pointer, 33), right)
            if iszero(staticcall(gas(), 2, pointer, 65, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    /// @notice Hash of a leaf that holds a hash as a protobuf BytesValue: sha256(0x00 || 0a 20 || value).
    function hashLeaf(bytes32 value) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            mstore(pointer, shl(232, 0x000a20))
            mstore(add(pointer, 3), value)
            if iszero(staticcall(gas(), 2, pointer, 35, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    /// @notice Root over leaf hashes; the array is used up as working space.
    /// @dev Pairing neighbours level by level and carrying an odd one up gives the RFC's tree, which splits at the
    /// largest power of two.
    function root(bytes32[] memory hashes) internal view returns (bytes32) {
        uint256 count = hashes.length;
        while (count > 1) {
            uint256 half = count >> 1;
            for (uint256 i = 0; i < half; ++i) {
                hashes[i] = node(hashes[2 * i], hashes[2 * i + 1]);
            }
            if (count & 1 == 1) {
                hashes[half] = hashes[count - 1];
                ++half;
            }
            count = half;
        }
        return hashes[0];
    }

    /// @notice Writes a protobuf varint into memory.
    /// @return next The address behind it.
    function writeVarint(uint256 pointer, uint256 value) internal pure returns (uint256 next) {
        assembly ("memory-safe") {
            for {} gt(value, 0x7f) { value := shr(7, value) } {
                mstore8(pointer, or(and(value, 0x7f), 0x80))
                pointer := add(pointer, 1)
            }
            mstore8(pointer, value)
            next := add(pointer, 1)
        }
    }
}
