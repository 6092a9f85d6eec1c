// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";

/// @title A light client as a router sees it (ICS-02).
interface ILightClient {
    /// @notice Verifies a client message and stores what it proves. Evidence of misbehaviour freezes, it does not revert.
    function updateClient(bytes calldata updateMsg) external returns (LightClientMsgs.UpdateResult);

    /// @notice Reverts unless the value is stored at the path.
    /// @return Unix seconds of the proof height.
    function verifyMembership(LightClientMsgs.MsgVerifyMembership calldata msg_) external returns (uint256);

    /// @notice Reverts unless nothing is stored at the path.
    /// @return Unix seconds of the proof height.
    function verifyNonMembership(LightClientMsgs.MsgVerifyNonMembership calldata msg_) external returns (uint256);

    /// @notice Freezes the client if the message is evidence, reverts otherwise.
    function misbehaviour(bytes calldata misbehaviourMsg) external;

    /// @return The client state, in the light client's own form.
    function getClientState() external view returns (bytes memory);
}
