// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ILightClient} from "src/interfaces/ILightClient.sol";
import {LightClientMsgs} from "src/msgs/LightClientMsgs.sol";

/// @notice Believes what it was told, so that router rules can be tested alone: the proof bytes must be the hash of
/// path and value, and the time is set by hand.
contract ScriptedLightClient is ILightClient {
    error BadProof();

    uint256 public timestamp;
    uint256 public misbehaviours;

    function setTimestamp(uint256 timestamp_) external {
        timestamp = timestamp_;
    }

    function updateClient(bytes calldata updateMsg) external pure returns (LightClientMsgs.UpdateResult) {
        return LightClientMsgs.UpdateResult(uint8(updateMsg[0]));
    }

    function verifyMembership(LightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        if (keccak256(msg_.proof) != keccak256(abi.encodePacked(keccak256(abi.encode(msg_.path, msg_.value))))) {
            revert BadProof();
        }
        return timestamp;
    }

    function verifyNonMembership(LightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        if (keccak256(msg_.proof) != keccak256(abi.encodePacked(keccak256(abi.encode(msg_.path, bytes("")))))) {
            revert BadProof();
        }
        return timestamp;
    }

    function misbehaviour(bytes calldata misbehaviourMsg) external {
        if (misbehaviourMsg.length == 0) revert BadProof();
        misbehaviours += 1;
    }

    function getClientState() external pure returns (bytes memory) {
        return "";
    }
}
