// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title An activity log of trips that knows no money.
/// @notice Operators record what happened. A settlement agent reads the events, rates them by its rule file, and writes
/// the reference of each liability back. Nothing here depends on how, where, or whether trips are settled.
contract TripLog {
    event TripEnded(
        bytes32 indexed tripId,
        address indexed provider,
        address indexed retailer,
        uint64 startedAt,
        uint64 endedAt,
        uint32 metres,
        uint16 riders
    );
    event TripReferenced(bytes32 indexed tripId, bytes32 liabilityId);

    error TripExists(bytes32 tripId);
    error TripUnknown(bytes32 tripId);
    error ReferenceExists(bytes32 tripId, bytes32 liabilityId);
    error NotAgent(address caller);

    /// @notice The account that may write references.
    address public immutable agent;

    mapping(bytes32 => bool) private _isRecorded;
    mapping(bytes32 => bytes32) private _references;

    constructor(address agent_) {
        agent = agent_;
    }

    /// @notice The caller is who provided the ride; `retailer` sold it.
    function record(
        bytes32 tripId,
        address retailer,
        uint64 startedAt,
        uint64 endedAt,
        uint32 metres,
        uint16 riders
    ) public {
        if (_isRecorded[tripId]) revert TripExists(tripId);
        _isRecorded[tripId] = true;
        emit TripEnded(tripId, msg.sender, retailer, startedAt, endedAt, metres, riders);
    }

    /// @notice Many trips of the same length, from `first` on: for load and for demonstrations.
    function recordMany(uint256 first, uint256 count, address retailer, uint64 startedAt, uint64 endedAt) external {
        for (uint256 i = first; i < first + count; ++i) {
            record(bytes32(i), retailer, startedAt, endedAt, 0, 1);
        }
    }

    /// @notice Once for each trip: a reference is never replaced.
    function setReference(bytes32 tripId, bytes32 liabilityId) external {
        if (msg.sender != agent) revert NotAgent(msg.sender);
        if (!_isRecorded[tripId]) revert TripUnknown(tripId);
        bytes32 known = _references[tripId];
        if (known != 0) revert ReferenceExists(tripId, known);
        _references[tripId] = liabilityId;
        emit TripReferenced(tripId, liabilityId);
    }

    /// @notice The liability that the trip became, or zero.
    function referenceOf(bytes32 tripId) external view returns (bytes32) {
        return _references[tripId];
    }
}
