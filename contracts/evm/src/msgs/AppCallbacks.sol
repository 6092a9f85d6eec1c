// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {RouterMsgs} from "./RouterMsgs.sol";

/// @title The callbacks of an application about its packets.
interface AppCallbacks {
    struct OnRecvPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        RouterMsgs.Payload payload;
        address relayer;
    }

    struct OnAcknowledgementPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        RouterMsgs.Payload payload;
        bytes acknowledgement;
        address relayer;
    }

    struct OnTimeoutPacketCallback {
        string sourceClient;
        string destinationClient;
        uint64 sequence;
        RouterMsgs.Payload payload;
        address relayer;
    }
}
