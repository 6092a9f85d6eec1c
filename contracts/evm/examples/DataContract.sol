// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The part of a general data contract that a settlement agent needs, in the form of evan.network's.
/// @notice Business networks of that kind keep their records in mappings of named contracts. The agent writes references
/// there by a configured call, without any code for this contract.
contract DataContract {
    event MappingValueSet(bytes32 indexed mappingName, bytes32 indexed key, bytes32 value);

    error NotMember(address caller);

    /// @notice Who may write.
    address public immutable member;

    mapping(bytes32 => mapping(bytes32 => bytes32)) private _mappings;

    constructor(address member_) {
        member = member_;
    }

    function setMappingValue(bytes32 mappingName, bytes32 key, bytes32 value) external {
        if (msg.sender != member) revert NotMember(msg.sender);
        _mappings[mappingName][key] = value;
        emit MappingValueSet(mappingName, key, value);
    }

    function getMappingValue(bytes32 mappingName, bytes32 key) external view returns (bytes32) {
        return _mappings[mappingName][key];
    }
}
