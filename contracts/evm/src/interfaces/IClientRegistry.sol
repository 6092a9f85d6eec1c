// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClientMsgs} from "../msgs/ClientMsgs.sol";
import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";
import {ILightClient} from "./ILightClient.sol";

/// @title The router's light clients and their counterparties (ICS-02).
interface IClientRegistry {
    event ICS02ClientAdded(string clientId, ClientMsgs.CounterpartyInfo counterpartyInfo, address client);
    event ICS02ClientMigrated(string clientId, ClientMsgs.CounterpartyInfo counterpartyInfo, address client);
    event ICS02ClientUpdated(string clientId, LightClientMsgs.UpdateResult result);
    event ICS02MisbehaviourSubmitted(string clientId);

    /// @notice Adds a client under the next id `client-{n}`. Open to anyone: an id gives no rights by itself.
    function addClient(ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        returns (string memory);

    /// @notice Adds a client under a chosen id. Owner only.
    function addClient(string calldata clientId, ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        returns (string memory);

    /// @notice Replaces a client and its counterparty, for example after an expiry. Owner only.
    function migrateClient(
        string calldata clientId,
        ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external;

    function updateClient(string calldata clientId, bytes calldata updateMsg)
        external
        returns (LightClientMsgs.UpdateResult);

    function submitMisbehaviour(string calldata clientId, bytes calldata misbehaviourMsg) external;

    function getClient(string calldata clientId) external view returns (ILightClient);

    function getCounterparty(string calldata clientId) external view returns (ClientMsgs.CounterpartyInfo memory);

    function getNextClientSeq() external view returns (uint256);
}
