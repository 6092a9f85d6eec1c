// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice Who may call which function, by role: the part of an access manager that a guarded router asks.
contract RoleManager {
    mapping(bytes4 => uint64) private _roles;
    mapping(uint64 => mapping(address => bool)) private _members;

    function setTargetFunctionRole(address, bytes4[] calldata selectors, uint64 role) external {
        for (uint256 i = 0; i < selectors.length; ++i) {
            _roles[selectors[i]] = role;
        }
    }

    function grantRole(uint64 role, address account, uint32) external {
        _members[role][account] = true;
    }

    function getTargetFunctionRole(address, bytes4 selector) external view returns (uint64) {
        return _roles[selector];
    }

    function canCall(address caller, address, bytes4 selector) external view returns (bool immediate, uint32 delay) {
        return (_members[_roles[selector]][caller], 0);
    }
}

/// @notice A router that somebody else deployed and guards: packets, updates and chosen names need a role. What is behind the
/// guard is a plain router's code over this contract's storage.
contract GuardedRouter {
    error AccessManagedUnauthorized(address caller);

    RoleManager public immutable authority;
    address private immutable _router;

    constructor(RoleManager authority_, address router) {
        authority = authority_;
        _router = router;
    }

    fallback() external {
        if (authority.getTargetFunctionRole(address(this), msg.sig) != 0) {
            (bool immediate,) = authority.canCall(msg.sender, address(this), msg.sig);
            if (!immediate) revert AccessManagedUnauthorized(msg.sender);
        }
        address router = _router;
        // The manager stands in for the plain router's owner, who is in its first slot.
        bool isForOwner = msg.sig == bytes4(keccak256("addIBCApp(string,address)"));
        assembly {
            if isForOwner { sstore(0, caller()) }
            calldatacopy(0, 0, calldatasize())
            let succeeded := delegatecall(gas(), router, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(succeeded) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
