// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClientMsgs} from "./ClientMsgs.sol";

/// @title IBC v2 packets and the router's messages (ICS-04 v2).
interface RouterMsgs {
    struct Payload {
        string sourcePort;
        string destPort;
        string version;
        string encoding;
        bytes value;
    }

    /// @param timeoutTimestamp Unix seconds.
    struct Packet {
        uint64 sequence;
        string sourceClient;
        string destClient;
        uint64 timeoutTimestamp;
        Payload[] payloads;
    }

    struct MsgSendPacket {
        string sourceClient;
        uint64 timeoutTimestamp;
        Payload payload;
    }

    struct MsgRecvPacket {
        Packet packet;
        bytes proofCommitment;
        ClientMsgs.Height proofHeight;
    }

    struct MsgAckPacket {
        Packet packet;
        bytes acknowledgement;
        bytes proofAcked;
        ClientMsgs.Height proofHeight;
    }

    struct MsgTimeoutPacket {
        Packet packet;
        bytes proofTimeout;
        ClientMsgs.Height proofHeight;
    }
}
