// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {HostErrors} from "../errors/HostErrors.sol";
import {RouterMsgs} from "../msgs/RouterMsgs.sol";

/// @title Paths and commitments of IBC v2 (ICS-24 v2, ICS-04 v2).
/// @dev Sequence and source client are not part of a packet's commitment: they are in its path.
library ICS24Host {
    /// @notice sha256("UNIVERSAL_ERROR_ACKNOWLEDGEMENT"): the acknowledgement of a packet that its application refused.
    bytes32 internal constant UNIVERSAL_ERROR_ACK = 0x4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab;

    uint8 private constant COMMITMENT = 1;
    uint8 private constant RECEIPT = 2;
    uint8 private constant ACKNOWLEDGEMENT = 3;

    function commitmentPath(string memory sourceClient, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(sourceClient, COMMITMENT, sequence);
    }

    function receiptPath(string memory destClient, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(destClient, RECEIPT, sequence);
    }

    function acknowledgementPath(string memory destClient, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(destClient, ACKNOWLEDGEMENT, sequence);
    }

    /// @notice What the source ledger stores for a packet.
    function packetCommitment(string memory destClient, uint64 timeoutTimestamp, RouterMsgs.Payload memory payload)
        internal
        pure
        returns (bytes32)
    {
        bytes32 payloadHash = sha256(
            abi.encodePacked(
                sha256(bytes(payload.sourcePort)),
                sha256(bytes(payload.destPort)),
                sha256(bytes(payload.version)),
                sha256(bytes(payload.encoding)),
                sha256(payload.value)
            )
        );
        return sha256(
            abi.encodePacked(
                uint8(2),
                sha256(bytes(destClient)),
                sha256(abi.encodePacked(timeoutTimestamp)),
                sha256(abi.encodePacked(payloadHash))
            )
        );
    }

    /// @notice What the destination ledger stores for the one acknowledgement of a packet.
    function acknowledgementCommitment(bytes memory acknowledgement) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(2), sha256(acknowledgement)));
    }

    /// @notice What the destination ledger stores as receipt. Only its absence is ever proven.
    function packetReceipt(RouterMsgs.Packet calldata packet) internal pure returns (bytes32) {
        return keccak256(abi.encode(packet));
    }

    /// @notice Appends a path to the last element of a counterparty's prefix.
    function prefixedPath(bytes[] memory merklePrefix, bytes memory path) internal pure returns (bytes[] memory) {
        if (merklePrefix.length == 0) revert HostErrors.InvalidMerklePrefix(merklePrefix);
        uint256 last = merklePrefix.length - 1;
        merklePrefix[last] = abi.encodePacked(merklePrefix[last], path);
        return merklePrefix;
    }
}
