// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TwoStepOwnable} from "../access/TwoStepOwnable.sol";
import {ClientErrors} from "../errors/ClientErrors.sol";
import {HostErrors} from "../errors/HostErrors.sol";
import {IClientRegistry} from "../interfaces/IClientRegistry.sol";
import {ILightClient} from "../interfaces/ILightClient.sol";
import {ClientMsgs} from "../msgs/ClientMsgs.sol";
import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";
import {Identifiers} from "./Identifiers.sol";

/// @title The light clients of a router (ICS-02).
/// @notice Anyone may add a client under a counted id; an application decides which ids it trusts. Chosen ids and
/// replacements are the owner's.
abstract contract ClientRegistry is IClientRegistry, ClientErrors, TwoStepOwnable {
    /// @custom:storage-location erc7201:ibc.storage.ICS02Client
    struct ClientLayout {
        mapping(string => ILightClient) clients;
        mapping(string => ClientMsgs.CounterpartyInfo) counterpartyInfos;
        uint256 nextClientSeq;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("ibc.storage.ICS02Client")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant CLIENT_SLOT = 0x515a8336edcaab4ae6524d41223c1782132890f89189ba6632107a7b5a449600;

    /// @inheritdoc IClientRegistry
    function addClient(ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        returns (string memory clientId)
    {
        ClientLayout storage data = _clientLayout();
        clientId = string(abi.encodePacked("client-", Strings.toString(data.nextClientSeq)));
        data.nextClientSeq += 1;
        _setClient(clientId, counterpartyInfo, client);
        emit ICS02ClientAdded(clientId, counterpartyInfo, client);
    }

    /// @inheritdoc IClientRegistry
    function addClient(string calldata clientId, ClientMsgs.CounterpartyInfo calldata counterpartyInfo, address client)
        external
        onlyOwner
        returns (string memory)
    {
        if (!Identifiers.isValidCustom(bytes(clientId))) revert IBCInvalidClientId(clientId);
        if (address(_clientLayout().clients[clientId]) != address(0)) revert IBCClientAlreadyExists(clientId);
        _setClient(clientId, counterpartyInfo, client);
        emit ICS02ClientAdded(clientId, counterpartyInfo, client);
        return clientId;
    }

    /// @inheritdoc IClientRegistry
    function migrateClient(
        string calldata clientId,
        ClientMsgs.CounterpartyInfo calldata counterpartyInfo,
        address client
    ) external onlyOwner {
        getClient(clientId);
        _setClient(clientId, counterpartyInfo, client);
        emit ICS02ClientMigrated(clientId, counterpartyInfo, client);
    }

    /// @inheritdoc IClientRegistry
    function updateClient(string calldata clientId, bytes calldata updateMsg)
        external
        returns (LightClientMsgs.UpdateResult result)
    {
        result = getClient(clientId).updateClient(updateMsg);
        emit ICS02ClientUpdated(clientId, result);
    }

    /// @inheritdoc IClientRegistry
    function submitMisbehaviour(string calldata clientId, bytes calldata misbehaviourMsg) external {
        getClient(clientId).misbehaviour(misbehaviourMsg);
        emit ICS02MisbehaviourSubmitted(clientId);
    }

    /// @inheritdoc IClientRegistry
    function getClient(string calldata clientId) public view returns (ILightClient client) {
        client = _clientLayout().clients[clientId];
        if (address(client) == address(0)) revert IBCClientNotFound(clientId);
    }

    /// @inheritdoc IClientRegistry
    function getCounterparty(string calldata clientId)
        public
        view
        returns (ClientMsgs.CounterpartyInfo memory counterparty)
    {
        counterparty = _clientLayout().counterpartyInfos[clientId];
        if (bytes(counterparty.clientId).length == 0) revert IBCCounterpartyClientNotFound(clientId);
    }

    /// @inheritdoc IClientRegistry
    function getNextClientSeq() external view returns (uint256) {
        return _clientLayout().nextClientSeq;
    }

    /// @dev An empty counterparty id or prefix would use the id up for a client that can never carry a packet.
    function _setClient(string memory clientId, ClientMsgs.CounterpartyInfo calldata info, address client) private {
        if (bytes(info.clientId).length == 0) revert IBCInvalidClientId(info.clientId);
        if (info.merklePrefix.length == 0) revert HostErrors.InvalidMerklePrefix(info.merklePrefix);
        if (client.code.length == 0) revert IBCInvalidLightClient(client);
        ClientLayout storage data = _clientLayout();
        data.clients[clientId] = ILightClient(client);
        data.counterpartyInfos[clientId] = info;
    }

    function _clientLayout() private pure returns (ClientLayout storage data) {
        assembly ("memory-safe") {
            data.slot := CLIENT_SLOT
        }
    }
}
