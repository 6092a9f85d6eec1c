// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";
import {ICometBftLightClient} from "./ICometBftLightClient.sol";
import {ValidatorSets} from "./ValidatorSets.sol";

/// @title What a CometBFT light client remembers: consensus states in order of height, and validator sets.
/// @notice It verifies nothing; it keeps heights unique, times in order, and prunes what has expired.
abstract contract ConsensusStates is ICometBftLightClient {
    /// @dev One slot, so an update reads and writes the client state once.
    struct State {
        uint64 latestHeight;
        uint64 latestTime;
        uint32 epoch;
        uint32 setCount;
        bool isFrozen;
    }

    /// @dev Beside the app hash one slot: time, next set, and the next lower stored height, which keeps times in order.
    struct Meta {
        uint64 time;
        uint64 previousHeight;
        uint32 nextSet;
    }

    uint256 internal constant NANOS = 1e9;
    /// @dev Stored heights that a late update may have above it.
    uint256 private constant MAX_NEWER_STATES = 64;

    /// @notice Nanoseconds for which a stored state may be trusted.
    uint64 public immutable trustingPeriod;

    State internal _state;
    /// @dev Both by epoch << 64 | height.
    mapping(uint256 => bytes32) internal _appHashes;
    mapping(uint256 => Meta) internal _metas;
    mapping(bytes32 => ValidatorSets.Entry) internal _sets;

    constructor(uint64 trustingPeriod_) {
        if (trustingPeriod_ == 0) revert ConfigInvalid();
        trustingPeriod = trustingPeriod_;
    }

    /// @inheritdoc ICometBftLightClient
    /// @dev Times rise with heights, so everything below an expired state is expired too, and no header that could
    /// contradict it would find a trusted state any more.
    function prune(uint64[] calldata heights) external {
        State memory state = _state;
        for (uint256 i = 0; i < heights.length; ++i) {
            uint256 key = _key(state.epoch, heights[i]);
            uint64 time = _metas[key].time;
            bool isPrunable = time != 0 && heights[i] != state.latestHeight && _isExpired(time);
            if (!isPrunable) revert StateNotPrunable(heights[i]);
            delete _metas[key];
            delete _appHashes[key];
        }
    }

    /// @inheritdoc ICometBftLightClient
    function status() public view returns (Status) {
        State memory state = _state;
        if (state.isFrozen) return Status.Frozen;
        return _isExpired(state.latestTime) ? Status.Expired : Status.Active;
    }

    /// @inheritdoc ICometBftLightClient
    function latestHeight() external view returns (uint64) {
        return _state.latestHeight;
    }

    /// @inheritdoc ICometBftLightClient
    function getConsensusTimestamp(uint64 height) external view returns (uint64) {
        return uint64(_stored(_key(_state.epoch, height), height).time / NANOS);
    }

    /// @inheritdoc ICometBftLightClient
    function getConsensusState(uint64 height)
        external
        view
        returns (uint64 time, bytes32 appHash, uint64 previousHeight, uint32 nextValidatorsId)
    {
        uint256 key = _key(_state.epoch, height);
        Meta memory meta = _stored(key, height);
        return (meta.time, _appHashes[key], meta.previousHeight, meta.nextSet);
    }

    /// @inheritdoc ICometBftLightClient
    function hasConsensusState(uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash)
        external
        view
        returns (bool)
    {
        return _holds(_key(_state.epoch, height), time, appHash, nextValidatorsHash);
    }

    /// @inheritdoc ICometBftLightClient
    function isValidatorSetKnown(bytes32 validatorsHash) external view returns (bool) {
        return _sets[validatorsHash].code != address(0);
    }

    /// @dev Storing a set says nothing about trust: it is bound to its hash, and only verified headers name hashes.
    function _loadSet(bytes32 hash, bytes calldata packed) internal returns (ValidatorSets.Entry memory) {
        ValidatorSets.Entry storage entry = _sets[hash];
        if (entry.code == address(0)) {
            if (packed.length == 0) revert ValidatorSetUnknown(hash);
            ValidatorSets.store(entry, hash, packed);
        }
        return entry;
    }

    /// @dev Stores a verified header's state in its place among the stored heights, if its time fits there.
    function _insert(State memory state, Header calldata header, uint256 key)
        internal
        returns (LightClientMsgs.UpdateResult)
    {
        uint64 previous = state.latestHeight;
        uint64 previousTime = state.latestTime;
        if (header.height > previous) {
            if (header.time <= previousTime) return _freeze(state, header.height);
            state.latestHeight = header.height;
            state.latestTime = header.time;
        } else {
            uint64 next = previous;
            uint64 nextTime = previousTime;
            for (uint256 steps = 0; previous > header.height; ++steps) {
                if (steps == MAX_NEWER_STATES) revert TooManyNewerStates();
                (next, nextTime) = (previous, previousTime);
                previous = _metas[_key(state.epoch, next)].previousHeight;
                previousTime = _metas[_key(state.epoch, previous)].time;
            }
            if (header.time <= previousTime || header.time >= nextTime) return _freeze(state, header.height);
            _metas[_key(state.epoch, next)].previousHeight = header.height;
        }
        _appHashes[key] = header.appHash;
        _metas[key] = Meta(header.time, previous, _setId(state, header.nextValidatorsHash));
        _state = state;
        emit ConsensusStateAdded(header.height);
        return LightClientMsgs.UpdateResult.Update;
    }

    /// @dev The short name of a validators' hash, given out at first sight.
    function _setId(State memory state, bytes32 hash) internal returns (uint32 id) {
        ValidatorSets.Entry storage entry = _sets[hash];
        id = entry.id;
        if (id == 0) {
            id = state.setCount + 1;
            state.setCount = id;
            entry.id = id;
        }
    }

    function _start(State memory state, uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash)
        internal
    {
        bool isEmpty = height == 0 || time == 0 || appHash == 0 || nextValidatorsHash == 0;
        if (isEmpty || height > uint64(type(int64).max)) revert ConfigInvalid();
        state.latestHeight = height;
        state.latestTime = time;
        uint256 key = _key(state.epoch, height);
        _appHashes[key] = appHash;
        _metas[key] = Meta(time, 0, _setId(state, nextValidatorsHash));
        _state = state;
        emit ConsensusStateAdded(height);
    }

    function _freeze(State memory state, uint64 height) internal returns (LightClientMsgs.UpdateResult) {
        state.isFrozen = true;
        _state = state;
        emit ClientFrozen(height);
        return LightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _activeState() internal view returns (State memory state) {
        state = _state;
        if (state.isFrozen) revert FrozenClientState();
        if (_isExpired(state.latestTime)) revert ClientExpired();
    }

    function _stored(uint256 key, uint64 height) internal view returns (Meta memory meta) {
        meta = _metas[key];
        if (meta.time == 0) revert ConsensusTimestampNotFound(height);
    }

    function _isSameState(uint256 key, Header calldata header) internal view returns (bool) {
        return _holds(key, header.time, header.appHash, header.nextValidatorsHash);
    }

    function _holds(uint256 key, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash) private view returns (bool) {
        Meta memory meta = _metas[key];
        return time != 0 && meta.time == time && _appHashes[key] == appHash
            && meta.nextSet == _sets[nextValidatorsHash].id;
    }

    function _isExpired(uint64 time) internal view returns (bool) {
        return time + uint256(trustingPeriod) <= _now();
    }

    function _now() internal view returns (uint256) {
        return block.timestamp * NANOS;
    }

    function _key(uint32 epoch, uint64 height) internal pure returns (uint256) {
        return (uint256(epoch) << 64) | height;
    }
}
