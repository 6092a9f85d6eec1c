// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Refusals of the client registry.
interface ClientErrors {
    error IBCInvalidClientId(string clientId);
    error IBCClientNotFound(string clientId);
    error IBCCounterpartyClientNotFound(string counterpartyClientId);
    error IBCClientAlreadyExists(string clientId);
    /// @notice There is no contract at the light client's address.
    error IBCInvalidLightClient(address client);
}
