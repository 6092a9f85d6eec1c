// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Ownership that a wrong address cannot lose.
/// @notice A new owner must accept, and nothing here may be left without an owner: whoever replaces or recovers light clients
/// and registers issuers is needed for as long as the contract is used.
abstract contract TwoStepOwnable is Ownable2Step {
    error OwnershipIsKept();

    /// @notice Always reverts.
    function renounceOwnership() public pure override {
        revert OwnershipIsKept();
    }
}
