// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Limits} from "../Codes.sol";
import {Sha256} from "./Sha256.sol";

/// @title Validator sets: proven once by their hash, then kept as the code of a small contract.
/// @dev One read of code brings all addresses and powers for the price of about one storage slot, where keeping them in
/// slots or hashing the set at every update costs thousands of gas a validator.
///
/// A set comes packed, 73 bytes a validator in the set's order: key type (01 is secp256k1), x, y, power.
library ValidatorSets {
    /// @param code Contract that holds the set; zero while only the hash is known.
    /// @param totalPower Sum of the powers.
    /// @param id Short name of the hash, from 1; consensus states refer to it.
    struct Entry {
        address code;
        uint64 totalPower;
        uint32 id;
    }

    error ValidatorSetMalformed();
    error ValidatorSetHashMismatch(bytes32 expected, bytes32 actual);
    error KeyTypeUnsupported(uint8 keyType);
    error PublicKeyInvalid(uint256 index);
    error PowerOutOfRange(uint256 index);

    uint8 private constant SECP256K1 = 1;
    uint256 private constant RECORD_LENGTH = 73;
    uint256 private constant STORED_LENGTH = 28;
    /// @dev CometBFT's MaxTotalVotingPower, MaxInt64 / 8.
    uint256 private constant MAX_TOTAL_POWER = type(uint64).max >> 4;
    uint256 private constant FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;

    /// @notice Checks a set against its hash and stores it.
    /// @param hash The validators_hash that a trusted or a signed header carries.
    function store(Entry storage entry, bytes32 hash, bytes calldata packed) internal {
        uint256 count = packed.length / RECORD_LENGTH;
        if (count == 0 || count > Limits.MAXIMUM_CONTRACT_VALIDATORS || packed.length % RECORD_LENGTH != 0) revert ValidatorSetMalformed();
        bytes32[] memory leaves = new bytes32[](count);
        // A leading STOP byte, so that the stored bytes cannot be called.
        bytes memory stored = new bytes(1 + count * STORED_LENGTH);
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            (address signer, uint64 power, bytes32 leaf) = _validator(packed, i);
            total += power;
            if (power == 0 || total > MAX_TOTAL_POWER) revert PowerOutOfRange(i);
            leaves[i] = leaf;
            assembly ("memory-safe") {
                let pointer := add(add(stored, 33), mul(i, STORED_LENGTH))
                let word := or(shl(96, signer), shl(32, power))
                // The last record ends before the array does; keep the four bytes behind it as they are.
                mstore(pointer, or(word, and(mload(pointer), 0xffffffff)))
            }
        }
        bytes32 actual = Sha256.root(leaves);
        if (actual != hash) revert ValidatorSetHashMismatch(hash, actual);
        entry.code = _deploy(stored);
        entry.totalPower = uint64(total);
    }

    /// @notice Copies a stored set into memory, 28 bytes a validator: address, power.
    /// @return records Memory address of the first record.
    /// @return count Number of validators.
    function load(address code) internal view returns (uint256 records, uint256 count) {
        assembly ("memory-safe") {
            let length := sub(extcodesize(code), 1)
            records := mload(0x40)
            extcodecopy(code, records, 1, length)
            mstore(0x40, and(add(add(records, length), 63), not(31)))
            count := div(length, STORED_LENGTH)
        }
    }

    /// @notice One validator of a loaded set. The caller checks the index.
    function validatorAt(uint256 records, uint256 index) internal pure returns (address signer, uint256 power) {
        assembly ("memory-safe") {
            let word := mload(add(records, mul(index, STORED_LENGTH)))
            signer := shr(96, word)
            power := and(shr(32, word), 0xffffffffffffffff)
        }
    }

    /// @dev The leaf is SimpleValidator{pub_key, voting_power} in protobuf. The hash holds the compressed key, so y is
    /// checked by the curve's equation and its parity goes into the leaf: another y cannot give the same leaf.
    function _validator(bytes calldata packed, uint256 index)
        private
        view
        returns (address signer, uint64 power, bytes32 leaf)
    {
        uint256 offset = index * RECORD_LENGTH;
        uint8 keyType = uint8(packed[offset]);
        if (keyType != SECP256K1) revert KeyTypeUnsupported(keyType);
        uint256 x = uint256(bytes32(packed[offset + 1:offset + 33]));
        uint256 y = uint256(bytes32(packed[offset + 33:offset + 65]));
        power = uint64(bytes8(packed[offset + 65:offset + 73]));
        bool isOnCurve = x < FIELD && y < FIELD
            && mulmod(y, y, FIELD) == addmod(mulmod(x, mulmod(x, x, FIELD), FIELD), 7, FIELD);
        if (!isOnCurve) revert PublicKeyInvalid(index);
        uint256 pointer;
        assembly ("memory-safe") {
            mstore(0, x)
            mstore(0x20, y)
            signer := and(keccak256(0, 0x40), 0xffffffffffffffffffffffffffffffffffffffff)
            pointer := mload(0x40)
            // Leaf tag, pub_key field and length, secp256k1 field and length, compressed key, power field.
            mstore(pointer, shl(208, or(0x000a23122102, and(y, 1))))
            mstore(add(pointer, 6), x)
            mstore8(add(pointer, 38), 0x10)
        }
        uint256 end = Sha256.writeVarint(pointer + 39, power);
        leaf = Sha256.digest(pointer, end - pointer);
    }

    /// @dev The creation code copies what follows its ten bytes: PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY,
    /// RETURNDATASIZE, RETURN. RETURNDATASIZE is a zero here and older than PUSH0.
    function _deploy(bytes memory stored) private returns (address code) {
        bytes memory creation =
            abi.encodePacked(hex"61", uint16(stored.length), hex"80", hex"600a", hex"3d", hex"39", hex"3d", hex"f3", stored);
        assembly ("memory-safe") {
            code := create(0, add(creation, 32), mload(creation))
        }
        if (code == address(0)) revert ValidatorSetMalformed();
    }
}
