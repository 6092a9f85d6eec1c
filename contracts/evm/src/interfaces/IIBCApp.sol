// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AppCallbacks} from "../msgs/AppCallbacks.sol";

/// @title An IBC application as a router sees it (ICS-26).
interface IIBCApp {
    /// @return The acknowledgement; never empty and never the universal error acknowledgement.
    function onRecvPacket(AppCallbacks.OnRecvPacketCallback calldata msg_) external returns (bytes memory);

    function onAcknowledgementPacket(AppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external;

    function onTimeoutPacket(AppCallbacks.OnTimeoutPacketCallback calldata msg_) external;
}
