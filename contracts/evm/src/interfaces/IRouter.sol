// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {RouterMsgs} from "../msgs/RouterMsgs.sol";
import {IIBCApp} from "./IIBCApp.sol";

/// @title The packet life cycle of an IBC v2 host (ICS-04 v2, ICS-26).
/// @notice Anyone may relay: proofs protect, not roles.
interface IRouter {
    event SendPacket(string indexed clientId, uint256 indexed sequence, RouterMsgs.Packet packet);
    event WriteAcknowledgement(
        string indexed clientId, uint256 indexed sequence, RouterMsgs.Packet packet, bytes[] acknowledgements
    );
    event AckPacket(
        string indexed clientId, uint256 indexed sequence, RouterMsgs.Packet packet, bytes acknowledgement
    );
    event TimeoutPacket(string indexed clientId, uint256 indexed sequence, RouterMsgs.Packet packet);
    /// @notice A redundant relay: the proof was right and nothing was left to do.
    event Noop();
    /// @notice The application refused; its revert data. The universal error acknowledgement was written.
    event IBCAppRecvPacketCallbackError(bytes reason);
    event IBCAppAdded(string portId, address app);

    /// @notice Only the application of the source port may send. Timeout: after now, at most one day.
    function sendPacket(RouterMsgs.MsgSendPacket calldata msg_) external returns (uint64 sequence);

    function recvPacket(RouterMsgs.MsgRecvPacket calldata msg_) external;

    function ackPacket(RouterMsgs.MsgAckPacket calldata msg_) external;

    function timeoutPacket(RouterMsgs.MsgTimeoutPacket calldata msg_) external;

    /// @notice Registers an application under its own address as lower-case hexadecimal. Open to anyone.
    function addIBCApp(address app) external;

    /// @notice Registers an application under a chosen port. Owner only.
    function addIBCApp(string calldata portId, address app) external;

    function getIBCApp(string calldata portId) external view returns (IIBCApp);

    /// @return The word that is proven to counterparties, 0 if none.
    function getCommitment(bytes32 hashedPath) external view returns (bytes32);
}
