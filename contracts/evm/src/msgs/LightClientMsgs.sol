// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClientMsgs} from "./ClientMsgs.sol";

/// @title Messages between a router and a light client.
interface LightClientMsgs {
    /// @param proof Bytes in the light client's own form.
    /// @param path Store path, one element a level.
    /// @param value The value that must be stored at the path.
    struct MsgVerifyMembership {
        bytes proof;
        ClientMsgs.Height proofHeight;
        bytes[] path;
        bytes value;
    }

    /// @param path Store path at which nothing may be stored.
    struct MsgVerifyNonMembership {
        bytes proof;
        ClientMsgs.Height proofHeight;
        bytes[] path;
    }

    /// @notice What an update did.
    enum UpdateResult {
        Update,
        Misbehaviour,
        NoOp
    }
}
