// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Values of ICS-02 that light clients and routers exchange.
interface ClientMsgs {
    /// @notice A height as IBC writes it: the revision of the chain id, then the block height.
    struct Height {
        uint64 revisionNumber;
        uint64 revisionHeight;
    }

    /// @notice The other end of a client.
    /// @param clientId Id under which the counterparty follows this ledger.
    /// @param merklePrefix Store path of the counterparty; the packet path is appended to the last element.
    struct CounterpartyInfo {
        string clientId;
        bytes[] merklePrefix;
    }
}
