// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Refusals of the provable store.
interface HostErrors {
    error IBCPacketCommitmentAlreadyExists(bytes path);
    error IBCPacketAcknowledgementAlreadyExists(bytes path);
    error IBCPacketCommitmentMismatch(bytes32 expected, bytes32 actual);
    error IBCPacketReceiptMismatch(bytes32 expected, bytes32 actual);
    error IBCMultiPayloadPacketNotSupported();
    error InvalidMerklePrefix(bytes[] prefix);
}
