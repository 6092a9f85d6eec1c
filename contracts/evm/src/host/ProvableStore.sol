// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {HostErrors} from "../errors/HostErrors.sol";
import {RouterMsgs} from "../msgs/RouterMsgs.sol";
import {ICS24Host} from "./ICS24Host.sol";

/// @title The commitments that counterparties' light clients prove.
/// @notice One word a path, in `commitments[keccak256(path)]`, at a fixed place in storage (ERC-7201), so that a
/// counterparty needs nothing but the router's address and this slot.
abstract contract ProvableStore is HostErrors {
    /// @custom:storage-location erc7201:ibc.storage.IBCStore
    struct StoreLayout {
        mapping(bytes32 => bytes32) commitments;
        mapping(string => uint64) prevSequenceSends;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("ibc.storage.IBCStore")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORE_SLOT = 0x1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600;

    /// @notice The word at a path, 0 if none.
    /// @param hashedPath keccak256 of the ICS-24 path.
    function getCommitment(bytes32 hashedPath) public view virtual returns (bytes32) {
        return _store().commitments[hashedPath];
    }

    /// @dev Sequences start at 1 and have no gap, per source client.
    function _nextSequenceSend(string calldata clientId) internal returns (uint64) {
        return ++_store().prevSequenceSends[clientId];
    }

    function _commitPacket(string calldata sourceClient, uint64 sequence, bytes32 commitment) internal {
        bytes memory path = ICS24Host.commitmentPath(sourceClient, sequence);
        mapping(bytes32 => bytes32) storage commitments = _store().commitments;
        bytes32 key = keccak256(path);
        if (commitments[key] != 0) revert IBCPacketCommitmentAlreadyExists(path);
        commitments[key] = commitment;
    }

    /// @return False if no such packet is open: it was finished before.
    function _deletePacketCommitment(RouterMsgs.Packet calldata packet) internal returns (bool) {
        mapping(bytes32 => bytes32) storage commitments = _store().commitments;
        bytes32 key = keccak256(ICS24Host.commitmentPath(packet.sourceClient, packet.sequence));
        bytes32 stored = commitments[key];
        if (stored == 0) return false;
        bytes32 given = ICS24Host.packetCommitment(packet.destClient, packet.timeoutTimestamp, packet.payloads[0]);
        if (stored != given) revert IBCPacketCommitmentMismatch(stored, given);
        delete commitments[key];
        return true;
    }

    /// @return False if this packet was received before. Another packet under its sequence reverts.
    function _setPacketReceipt(RouterMsgs.Packet calldata packet) internal returns (bool) {
        mapping(bytes32 => bytes32) storage commitments = _store().commitments;
        bytes32 key = keccak256(ICS24Host.receiptPath(packet.destClient, packet.sequence));
        bytes32 receipt = ICS24Host.packetReceipt(packet);
        bytes32 stored = commitments[key];
        if (stored == receipt) return false;
        if (stored != 0) revert IBCPacketReceiptMismatch(stored, receipt);
        commitments[key] = receipt;
        return true;
    }

    function _commitAcknowledgement(RouterMsgs.Packet calldata packet, bytes memory acknowledgement) internal {
        bytes memory path = ICS24Host.acknowledgementPath(packet.destClient, packet.sequence);
        mapping(bytes32 => bytes32) storage commitments = _store().commitments;
        bytes32 key = keccak256(path);
        if (commitments[key] != 0) revert IBCPacketAcknowledgementAlreadyExists(path);
        commitments[key] = ICS24Host.acknowledgementCommitment(acknowledgement);
    }

    function _store() private pure returns (StoreLayout storage data) {
        assembly ("memory-safe") {
            data.slot := STORE_SLOT
        }
    }
}
