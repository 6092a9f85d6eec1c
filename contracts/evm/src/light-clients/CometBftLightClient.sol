// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";
import {CometBft} from "./CometBft.sol";
import {ICometBftLightClient} from "./ICometBftLightClient.sol";
import {Ics23} from "./Ics23.sol";
import {ValidatorSets} from "./ValidatorSets.sol";

/// @title A CometBFT light client (ICS-07, trust level 1/3) with ICS-23 proofs of IAVL trees in a multistore.
/// @notice Anyone may update it and any router may use it: it believes signatures and hashes, never a caller. Only
/// evidence freezes it, and only its owner can start it again.
contract CometBftLightClient is ICometBftLightClient {
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

    uint256 private constant NANOS = 1e9;
    /// @dev Stored heights that a late update may have above it.
    uint256 private constant MAX_NEWER_STATES = 64;

    address public immutable owner;
    uint64 public immutable revisionNumber;
    uint64 public immutable trustingPeriod;
    uint64 public immutable maxClockDrift;

    bytes32 private immutable _chainIdLeaf;
    bytes32 private immutable _chainIdSuffix0;
    bytes32 private immutable _chainIdSuffix1;
    uint256 private immutable _chainIdSuffixLength;

    State private _state;
    string private _chainId;
    /// @dev Both by epoch << 64 | height.
    mapping(uint256 => bytes32) private _appHashes;
    mapping(uint256 => Meta) private _metas;
    mapping(bytes32 => ValidatorSets.Entry) private _sets;

    constructor(Config memory config) {
        if (config.trustingPeriod == 0 || config.owner == address(0)) revert ConfigInvalid();
        CometBft.ChainId memory chain = CometBft.chainId(config.chainId);
        _chainId = config.chainId;
        _chainIdLeaf = chain.leaf;
        _chainIdSuffix0 = chain.suffix0;
        _chainIdSuffix1 = chain.suffix1;
        _chainIdSuffixLength = chain.suffixLength;
        owner = config.owner;
        revisionNumber = config.revisionNumber;
        trustingPeriod = config.trustingPeriod;
        maxClockDrift = config.maxClockDrift;
        State memory state;
        if (config.time + uint256(config.trustingPeriod) <= _now()) revert ConfigInvalid();
        if (config.time >= _now() + config.maxClockDrift) revert ConfigInvalid();
        _start(state, config.height, config.time, config.appHash, config.nextValidatorsHash);
    }

    /// @notice Verifies a header and stores its consensus state.
    /// @param updateMsg abi.encode(Header).
    /// @return NoOp if the same state is stored already, Misbehaviour if the header proves that validators signed two
    /// histories: another state at a stored height, or times that do not rise with heights. Then the client is frozen.
    function updateClient(bytes calldata updateMsg) external returns (LightClientMsgs.UpdateResult) {
        State memory state = _activeState();
        Header calldata header = _header(updateMsg, 0);
        uint256 key = _key(state.epoch, header.height);
        bool isStored = _metas[key].time != 0;
        // Nothing changes, so no signature needs to be verified: a competitor's delivery makes ours cheap.
        bool isKnown = isStored && header.height > header.trustedHeight && _isSameState(key, header);
        if (isKnown) return LightClientMsgs.UpdateResult.NoOp;

        Meta memory trusted = _trusted(state, header);
        _checkProgress(header, trusted);
        _verify(header, trusted);
        if (isStored) return _freeze(state, header.height);
        return _insert(state, header, key);
    }

    /// @notice Freezes the client if two headers, each verified from a trusted state, contradict each other: two
    /// blocks of one height, or a higher block that is not later.
    /// @param misbehaviourMsg abi.encode(Header, Header), the higher one first.
    function misbehaviour(bytes calldata misbehaviourMsg) external {
        State memory state = _activeState();
        Header calldata first = _header(misbehaviourMsg, 0);
        Header calldata second = _header(misbehaviourMsg, 32);
        bytes32 firstHash = _verify(first, _trusted(state, first));
        bytes32 secondHash = _verify(second, _trusted(state, second));
        bool isEvidence = first.height == second.height
            ? firstHash != secondHash
            : first.height > second.height && first.time <= second.time;
        if (!isEvidence) revert NotMisbehaviour();
        _freeze(state, first.height);
    }

    /// @inheritdoc ICometBftLightClient
    function recover(uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        if (status() == Status.Active) revert ClientActive();
        if (time + uint256(trustingPeriod) <= _now() || time >= _now() + maxClockDrift) revert ConfigInvalid();
        State memory state = _state;
        // A new epoch: whatever was stored, by whoever had the power to sign it, can no longer be used.
        state.epoch += 1;
        state.isFrozen = false;
        _start(state, height, time, appHash, nextValidatorsHash);
        emit ClientRecovered(height, state.epoch);
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

    /// @notice Reverts unless the value stands at path [store, key] in the state that the proof height's header proves.
    /// @param msg_ The proof is packed as Ics23 describes.
    /// @return Unix seconds of the proof height.
    function verifyMembership(LightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        (uint256 key, uint256 time) = _proofState(msg_.proofHeight.revisionNumber, msg_.proofHeight.revisionHeight);
        if (msg_.path.length != 2) revert InvalidPathLength(2, msg_.path.length);
        bytes32 root = Ics23.membershipRoot(msg_.proof, msg_.path[0], msg_.path[1], msg_.value);
        if (root != _appHashes[key]) revert NotMember();
        return time / NANOS;
    }

    /// @notice Reverts unless nothing stands at path [store, key] in the state that the proof height's header proves.
    /// @param msg_ The proof is packed as Ics23 describes.
    /// @return Unix seconds of the proof height.
    function verifyNonMembership(LightClientMsgs.MsgVerifyNonMembership calldata msg_)
        external
        view
        returns (uint256)
    {
        (uint256 key, uint256 time) = _proofState(msg_.proofHeight.revisionNumber, msg_.proofHeight.revisionHeight);
        if (msg_.path.length != 2) revert InvalidPathLength(2, msg_.path.length);
        bytes32 root = Ics23.absenceRoot(msg_.proof, msg_.path[0], msg_.path[1]);
        if (root != _appHashes[key]) revert NotNonMember();
        return time / NANOS;
    }

    /// @notice abi.encode(ClientState).
    function getClientState() external view returns (bytes memory) {
        State memory state = _state;
        return abi.encode(
            ClientState({
                chainId: _chainId,
                revisionNumber: revisionNumber,
                latestHeight: state.latestHeight,
                trustingPeriod: trustingPeriod,
                maxClockDrift: maxClockDrift,
                isFrozen: state.isFrozen,
                latestTime: state.latestTime,
                epoch: state.epoch
            })
        );
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
    function isValidatorSetKnown(bytes32 validatorsHash) external view returns (bool) {
        return _sets[validatorsHash].code != address(0);
    }

    /// @dev What an update must satisfy beyond being signed. Evidence need not: its times are what may be wrong.
    function _checkProgress(Header calldata header, Meta memory trusted) private view {
        if (header.time <= trusted.time) revert TimeNotAfterTrusted(header.time, trusted.time);
        uint256 latestAllowed = _now() + maxClockDrift;
        if (header.time >= latestAllowed) revert HeaderFromTheFuture(header.time, latestAllowed);
        // The trusted header fixes the next block's set; only a skip may meet another one.
        bool isNext = header.height == uint256(header.trustedHeight) + 1;
        if (isNext && _sets[header.validatorsHash].id != trusted.nextSet) {
            revert ValidatorsNotTrusted(header.validatorsHash);
        }
    }

    /// @dev The stored state that a header starts from: lower, and within its trusting period.
    function _trusted(State memory state, Header calldata header) private view returns (Meta memory trusted) {
        trusted = _stored(_key(state.epoch, header.trustedHeight), header.trustedHeight);
        if (header.height <= header.trustedHeight) revert HeightNotAfterTrusted(header.height, header.trustedHeight);
        if (_isExpired(trusted.time)) revert TrustedStateExpired(header.trustedHeight);
    }

    /// @dev Everything that makes a header believable, from a trusted state on. The same for updates and for evidence.
    /// @return blockHash Hash of the header.
    function _verify(Header calldata header, Meta memory trusted) private returns (bytes32 blockHash) {
        ValidatorSets.Entry memory set = _loadSet(header.validatorsHash, header.validators);
        ValidatorSets.Entry memory trustedSet;
        bool isSkip = set.id != trusted.nextSet;
        // A trusted set is never taken on faith, not even one that the same signatures make needless.
        bool isNamed = isSkip || header.trustedValidatorsHash != 0;
        if (isNamed && _sets[header.trustedValidatorsHash].id != trusted.nextSet) {
            revert ValidatorsNotTrusted(header.trustedValidatorsHash);
        }
        if (isSkip) trustedSet = _loadSet(header.trustedValidatorsHash, header.trustedValidators);
        CometBft.ChainId memory chain =
            CometBft.ChainId(_chainIdLeaf, _chainIdSuffix0, _chainIdSuffix1, _chainIdSuffixLength);
        blockHash = CometBft.headerHash(header, chain.leaf);
        CometBft.checkCommit(header, blockHash, chain, set, trustedSet);
    }

    /// @dev Storing a set says nothing about trust: it is bound to its hash, and only verified headers name hashes.
    function _loadSet(bytes32 hash, bytes calldata packed) private returns (ValidatorSets.Entry memory) {
        ValidatorSets.Entry storage entry = _sets[hash];
        if (entry.code == address(0)) {
            if (packed.length == 0) revert ValidatorSetUnknown(hash);
            ValidatorSets.store(entry, hash, packed);
        }
        return entry;
    }

    /// @dev Stores a verified header's state in its place among the stored heights, if its time fits there.
    function _insert(State memory state, Header calldata header, uint256 key)
        private
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
    function _setId(State memory state, bytes32 hash) private returns (uint32 id) {
        ValidatorSets.Entry storage entry = _sets[hash];
        id = entry.id;
        if (id == 0) {
            id = state.setCount + 1;
            state.setCount = id;
            entry.id = id;
        }
    }

    function _start(State memory state, uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash)
        private
    {
        if (height == 0 || time == 0 || appHash == 0 || nextValidatorsHash == 0) revert ConfigInvalid();
        state.latestHeight = height;
        state.latestTime = time;
        uint256 key = _key(state.epoch, height);
        _appHashes[key] = appHash;
        _metas[key] = Meta(time, 0, _setId(state, nextValidatorsHash));
        _state = state;
        emit ConsensusStateAdded(height);
    }

    function _freeze(State memory state, uint64 height) private returns (LightClientMsgs.UpdateResult) {
        state.isFrozen = true;
        _state = state;
        emit ClientFrozen(height);
        return LightClientMsgs.UpdateResult.Misbehaviour;
    }

    function _activeState() private view returns (State memory state) {
        state = _state;
        if (state.isFrozen) revert FrozenClientState();
        if (_isExpired(state.latestTime)) revert ClientExpired();
    }

    function _proofState(uint64 revision, uint64 height) private view returns (uint256 key, uint256 time) {
        if (revision != revisionNumber) revert RevisionMismatch(revisionNumber, revision);
        key = _key(_activeState().epoch, height);
        time = _stored(key, height).time;
    }

    function _stored(uint256 key, uint64 height) private view returns (Meta memory meta) {
        meta = _metas[key];
        if (meta.time == 0) revert ConsensusTimestampNotFound(height);
    }

    function _isSameState(uint256 key, Header calldata header) private view returns (bool) {
        Meta memory meta = _metas[key];
        return meta.time == header.time && _appHashes[key] == header.appHash
            && meta.nextSet == _sets[header.nextValidatorsHash].id;
    }

    function _isExpired(uint64 time) private view returns (bool) {
        return time + uint256(trustingPeriod) <= _now();
    }

    function _now() private view returns (uint256) {
        return block.timestamp * NANOS;
    }

    function _key(uint32 epoch, uint64 height) private pure returns (uint256) {
        return (uint256(epoch) << 64) | height;
    }

    /// @dev Points into the message instead of copying it. A wrong offset reads other bytes of the same call, all of
    /// them the caller's, and nothing but a signed header gets through the checks.
    function _header(bytes calldata message, uint256 cursor) private pure returns (Header calldata header) {
        assembly ("memory-safe") {
            header := add(message.offset, calldataload(add(message.offset, cursor)))
        }
    }
}
