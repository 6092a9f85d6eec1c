// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IIBCApp} from "src/interfaces/IIBCApp.sol";
import {AppCallbacks} from "src/msgs/AppCallbacks.sol";
import {RouterMsgs} from "src/msgs/RouterMsgs.sol";
import {IRouter} from "src/interfaces/IRouter.sol";

/// @notice Does what a payload's value says: the first byte chooses how the application behaves.
contract ScriptedApp is IIBCApp {
    error Refused(uint256 why);

    IRouter public immutable router;
    uint256 public received;
    uint256 public acknowledged;
    uint256 public timedOut;

    constructor(IRouter router_) {
        router = router_;
    }

    function send(RouterMsgs.MsgSendPacket calldata msg_) external returns (uint64) {
        return router.sendPacket(msg_);
    }

    function onRecvPacket(AppCallbacks.OnRecvPacketCallback calldata msg_) external returns (bytes memory) {
        received += 1;
        bytes1 mode = msg_.payload.value[0];
        if (mode == 0x01) revert Refused(7);
        if (mode == 0x02) {
            assembly {
                revert(0, 0)
            }
        }
        if (mode == 0x03) return "";
        if (mode == 0x04) return hex"4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab";
        if (mode == 0x05) {
            RouterMsgs.MsgRecvPacket memory again;
            router.recvPacket(again);
        }
        return abi.encodePacked("ok", msg_.payload.value);
    }

    function onAcknowledgementPacket(AppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external {
        if (msg_.acknowledgement[0] == 0xff) revert Refused(8);
        acknowledged += 1;
    }

    function onTimeoutPacket(AppCallbacks.OnTimeoutPacketCallback calldata) external {
        timedOut += 1;
    }
}
