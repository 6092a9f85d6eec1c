// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ReentrancyGuard} from "@openzeppelin/contracts/security/ReentrancyGuard.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Limits} from "./Codes.sol";
import {RouterErrors} from "./errors/RouterErrors.sol";
import {ClientRegistry} from "./host/ClientRegistry.sol";
import {ICS24Host} from "./host/ICS24Host.sol";
import {Identifiers} from "./host/Identifiers.sol";
import {ProvableStore} from "./host/ProvableStore.sol";
import {IIBCApp} from "./interfaces/IIBCApp.sol";
import {IRouter} from "./interfaces/IRouter.sol";
import {AppCallbacks} from "./msgs/AppCallbacks.sol";
import {ClientMsgs} from "./msgs/ClientMsgs.sol";
import {LightClientMsgs} from "./msgs/LightClientMsgs.sol";
import {RouterMsgs} from "./msgs/RouterMsgs.sol";

/// @title An IBC v2 host: send, receive, acknowledge and time out packets, each step proven by a light client.
/// @notice Functions, events, errors and storage slots are those that IBC v2 routers on EVM ledgers share. Every packet
/// has exactly one payload. The proof is verified before a redundant relay becomes a no-op.
/// @dev The reentrancy guard is the plain one: ledgers before Cancun have no transient storage.
contract Router is IRouter, RouterErrors, ClientRegistry, ProvableStore, ReentrancyGuard, Multicall {
    /// @custom:storage-location erc7201:ibc.storage.ICS26Router
    struct AppLayout {
        mapping(string => IIBCApp) apps;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("ibc.storage.ICS26Router")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant APP_SLOT = 0xc5779f3c2c21083eefa6d04f6a698bc0d8c10db124ad5e0df6ef394b6d7bf600;


    /// @inheritdoc IRouter
    function addIBCApp(address app) external nonReentrant {
        _addIBCApp(Strings.toHexString(app), app);
    }

    /// @inheritdoc IRouter
    function addIBCApp(string calldata portId, address app) external nonReentrant onlyOwner {
        // A port that reads as an address belongs to that address.
        if (!Identifiers.isValidCustom(bytes(portId)) || Identifiers.isAddress(bytes(portId))) {
            revert IBCInvalidPortIdentifier(portId);
        }
        _addIBCApp(portId, app);
    }

    /// @inheritdoc IRouter
    function sendPacket(RouterMsgs.MsgSendPacket calldata msg_) external nonReentrant returns (uint64 sequence) {
        if (address(getIBCApp(msg_.payload.sourcePort)) != msg.sender) revert IBCUnauthorizedSender(msg.sender);
        string memory destClient = getCounterparty(msg_.sourceClient).clientId;
        _requireTimeout(msg_.timeoutTimestamp);

        sequence = _nextSequenceSend(msg_.sourceClient);
        RouterMsgs.Packet memory packet = RouterMsgs.Packet({
            sequence: sequence,
            sourceClient: msg_.sourceClient,
            destClient: destClient,
            timeoutTimestamp: msg_.timeoutTimestamp,
            payloads: new RouterMsgs.Payload[](1)
        });
        packet.payloads[0] = msg_.payload;
        bytes32 commitment = ICS24Host.packetCommitment(destClient, msg_.timeoutTimestamp, packet.payloads[0]);
        _commitPacket(msg_.sourceClient, sequence, commitment);
        emit SendPacket(msg_.sourceClient, sequence, packet);
    }

    /// @inheritdoc IRouter
    function recvPacket(RouterMsgs.MsgRecvPacket calldata msg_) external nonReentrant {
        RouterMsgs.Packet calldata packet = msg_.packet;
        ClientMsgs.CounterpartyInfo memory counterparty =
            _checkedCounterparty(packet, packet.destClient, packet.sourceClient);
        if (packet.timeoutTimestamp <= block.timestamp) {
            revert IBCInvalidTimeoutTimestamp(packet.timeoutTimestamp, block.timestamp);
        }
        _verifyMembership(
            packet.destClient,
            msg_.proofCommitment,
            msg_.proofHeight,
            ICS24Host.prefixedPath(
                counterparty.merklePrefix, ICS24Host.commitmentPath(packet.sourceClient, packet.sequence)
            ),
            ICS24Host.packetCommitment(packet.destClient, packet.timeoutTimestamp, packet.payloads[0])
        );
        if (!_setPacketReceipt(packet)) {
            emit Noop();
            return;
        }
        bytes memory acknowledgement = _callRecv(packet);
        _commitAcknowledgement(packet, acknowledgement);
        bytes[] memory acknowledgements = new bytes[](1);
        acknowledgements[0] = acknowledgement;
        emit WriteAcknowledgement(packet.destClient, packet.sequence, packet, acknowledgements);
    }

    /// @inheritdoc IRouter
    function ackPacket(RouterMsgs.MsgAckPacket calldata msg_) external nonReentrant {
        RouterMsgs.Packet calldata packet = msg_.packet;
        ClientMsgs.CounterpartyInfo memory counterparty =
            _checkedCounterparty(packet, packet.sourceClient, packet.destClient);
        _verifyMembership(
            packet.sourceClient,
            msg_.proofAcked,
            msg_.proofHeight,
            ICS24Host.prefixedPath(
                counterparty.merklePrefix, ICS24Host.acknowledgementPath(packet.destClient, packet.sequence)
            ),
            ICS24Host.acknowledgementCommitment(msg_.acknowledgement)
        );
        if (!_deletePacketCommitment(packet)) {
            emit Noop();
            return;
        }
        getIBCApp(packet.payloads[0].sourcePort).onAcknowledgementPacket(
            AppCallbacks.OnAcknowledgementPacketCallback({
                sourceClient: packet.sourceClient,
                destinationClient: packet.destClient,
                sequence: packet.sequence,
                payload: packet.payloads[0],
                acknowledgement: msg_.acknowledgement,
                relayer: msg.sender
            })
        );
        emit AckPacket(packet.sourceClient, packet.sequence, packet, msg_.acknowledgement);
    }

    /// @inheritdoc IRouter
    function timeoutPacket(RouterMsgs.MsgTimeoutPacket calldata msg_) external nonReentrant {
        RouterMsgs.Packet calldata packet = msg_.packet;
        ClientMsgs.CounterpartyInfo memory counterparty =
            _checkedCounterparty(packet, packet.sourceClient, packet.destClient);
        // Time is the counterparty's, at the height at which there was no receipt: this ledger's clock proves nothing.
        uint256 counterpartyTimestamp = getClient(packet.sourceClient).verifyNonMembership(
            LightClientMsgs.MsgVerifyNonMembership({
                proof: msg_.proofTimeout,
                proofHeight: msg_.proofHeight,
                path: ICS24Host.prefixedPath(
                    counterparty.merklePrefix, ICS24Host.receiptPath(packet.destClient, packet.sequence)
                )
            })
        );
        if (counterpartyTimestamp < packet.timeoutTimestamp) {
            revert IBCInvalidTimeoutTimestamp(packet.timeoutTimestamp, counterpartyTimestamp);
        }
        if (!_deletePacketCommitment(packet)) {
            emit Noop();
            return;
        }
        getIBCApp(packet.payloads[0].sourcePort).onTimeoutPacket(
            AppCallbacks.OnTimeoutPacketCallback({
                sourceClient: packet.sourceClient,
                destinationClient: packet.destClient,
                sequence: packet.sequence,
                payload: packet.payloads[0],
                relayer: msg.sender
            })
        );
        emit TimeoutPacket(packet.sourceClient, packet.sequence, packet);
    }

    /// @inheritdoc IRouter
    function getIBCApp(string calldata portId) public view returns (IIBCApp app) {
        app = _appLayout().apps[portId];
        if (address(app) == address(0)) revert IBCAppNotFound(portId);
    }

    /// @inheritdoc IRouter
    function getCommitment(bytes32 hashedPath) public view override(IRouter, ProvableStore) returns (bytes32) {
        return ProvableStore.getCommitment(hashedPath);
    }

    function _addIBCApp(string memory portId, address app) private {
        AppLayout storage data = _appLayout();
        if (address(data.apps[portId]) != address(0)) revert IBCPortAlreadyExists(portId);
        data.apps[portId] = IIBCApp(app);
        emit IBCAppAdded(portId, app);
    }

    /// @dev An application that reverts with a reason refused: the sender gets the universal error acknowledgement. One
    /// that reverts without a reason may have run out of the relayer's gas, so nothing may be recorded.
    function _callRecv(RouterMsgs.Packet calldata packet) private returns (bytes memory) {
        RouterMsgs.Payload calldata payload = packet.payloads[0];
        AppCallbacks.OnRecvPacketCallback memory callback = AppCallbacks.OnRecvPacketCallback({
            sourceClient: packet.sourceClient,
            destinationClient: packet.destClient,
            sequence: packet.sequence,
            payload: payload,
            relayer: msg.sender
        });
        try getIBCApp(payload.destPort).onRecvPacket(callback) returns (bytes memory acknowledgement) {
            if (acknowledgement.length == 0) revert IBCAsyncAcknowledgementNotSupported();
            if (keccak256(acknowledgement) == keccak256(abi.encodePacked(ICS24Host.UNIVERSAL_ERROR_ACK))) {
                revert IBCErrorUniversalAcknowledgement();
            }
            return acknowledgement;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert IBCFailedCallback();
            emit IBCAppRecvPacketCallbackError(reason);
            return abi.encodePacked(ICS24Host.UNIVERSAL_ERROR_ACK);
        }
    }

    function _verifyMembership(
        string calldata clientId,
        bytes calldata proof,
        ClientMsgs.Height calldata proofHeight,
        bytes[] memory path,
        bytes32 value
    ) private {
        getClient(clientId).verifyMembership(
            LightClientMsgs.MsgVerifyMembership({
                proof: proof, proofHeight: proofHeight, path: path, value: abi.encodePacked(value)
            })
        );
    }

    /// @dev The packet's other end must be the one that the local client is paired with.
    function _checkedCounterparty(RouterMsgs.Packet calldata packet, string calldata local, string calldata remote)
        private
        view
        returns (ClientMsgs.CounterpartyInfo memory counterparty)
    {
        if (packet.payloads.length != 1) revert IBCMultiPayloadPacketNotSupported();
        counterparty = getCounterparty(local);
        if (keccak256(bytes(counterparty.clientId)) != keccak256(bytes(remote))) {
            revert IBCInvalidCounterparty(counterparty.clientId, remote);
        }
    }

    function _requireTimeout(uint64 timeoutTimestamp) private view {
        if (timeoutTimestamp <= block.timestamp) revert IBCInvalidTimeoutTimestamp(timeoutTimestamp, block.timestamp);
        uint256 duration = timeoutTimestamp - block.timestamp;
        if (duration > Limits.MAXIMUM_TIMEOUT_SECONDS) revert IBCInvalidTimeoutDuration(Limits.MAXIMUM_TIMEOUT_SECONDS, duration);
    }

    function _appLayout() private pure returns (AppLayout storage data) {
        assembly ("memory-safe") {
            data.slot := APP_SLOT
        }
    }
}
