// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Refusals of the packet life cycle.
interface RouterErrors {
    error IBCPortAlreadyExists(string portId);
    error IBCInvalidPortIdentifier(string portId);
    error IBCInvalidTimeoutTimestamp(uint256 timeoutTimestamp, uint256 comparedTimestamp);
    error IBCInvalidTimeoutDuration(uint256 maxTimeoutDuration, uint256 actualTimeoutDuration);
    error IBCInvalidCounterparty(string expected, string actual);
    error IBCAsyncAcknowledgementNotSupported();
    error IBCErrorUniversalAcknowledgement();
    error IBCAppNotFound(string portId);
    error IBCUnauthorizedSender(address caller);
    /// @notice The application failed without a reason (out of gas, or a bare revert): no receipt may be written for that.
    error IBCFailedCallback();
}
