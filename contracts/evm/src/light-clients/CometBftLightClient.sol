// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {TwoStepOwnable} from "../access/TwoStepOwnable.sol";
import {LightClientMsgs} from "../msgs/LightClientMsgs.sol";
import {CometBft} from "./CometBft.sol";
import {ConsensusStates} from "./ConsensusStates.sol";
import {ICometBftLightClient} from "./ICometBftLightClient.sol";
import {Ics23} from "./Ics23.sol";
import {ValidatorSets} from "./ValidatorSets.sol";

/// @title A CometBFT light client (ICS-07, trust level 1/3) with ICS-23 proofs of IAVL trees in a multistore.
/// @notice Anyone may update it and any router may use it: it believes signatures and hashes, never a caller. Only
/// evidence freezes it, and only its owner can start it again.
contract CometBftLightClient is ConsensusStates, TwoStepOwnable {
    uint64 public immutable revisionNumber;
    uint64 public immutable maxClockDrift;

    bytes32 private immutable _chainIdLeaf;
    bytes32 private immutable _chainIdSuffix0;
    bytes32 private immutable _chainIdSuffix1;
    uint256 private immutable _chainIdSuffixLength;

    string private _chainId;

    constructor(Config memory config) ConsensusStates(config.trustingPeriod) {
        if (config.owner == address(0)) revert ConfigInvalid();
        CometBft.ChainId memory chain = CometBft.chainId(config.chainId);
        _chainId = config.chainId;
        _chainIdLeaf = chain.leaf;
        _chainIdSuffix0 = chain.suffix0;
        _chainIdSuffix1 = chain.suffix1;
        _chainIdSuffixLength = chain.suffixLength;
        _transferOwnership(config.owner);
        revisionNumber = config.revisionNumber;
        maxClockDrift = config.maxClockDrift;
        State memory state;
        if (_isExpired(config.time)) revert ConfigInvalid();
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
    function recover(uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash) external onlyOwner {
        if (status() == Status.Active) revert ClientActive();
        if (_isExpired(time) || time >= _now() + maxClockDrift) revert ConfigInvalid();
        State memory state = _state;
        // A new epoch: everything stored before, whoever signed it, can no longer be used.
        state.epoch += 1;
        state.isFrozen = false;
        _start(state, height, time, appHash, nextValidatorsHash);
        emit ClientRecovered(height, state.epoch);
    }

    /// @notice Reverts unless the value is stored at path [store, key] in the state that the proof height's header proves.
    /// @param msg_ The proof is packed as Ics23 describes.
    /// @return Unix seconds of the proof height.
    function verifyMembership(LightClientMsgs.MsgVerifyMembership calldata msg_) external view returns (uint256) {
        (uint256 key, uint256 time) = _proofState(msg_.proofHeight.revisionNumber, msg_.proofHeight.revisionHeight);
        if (msg_.path.length != 2) revert InvalidPathLength(2, msg_.path.length);
        bytes32 root = Ics23.membershipRoot(msg_.proof, msg_.path[0], msg_.path[1], msg_.value);
        if (root != _appHashes[key]) revert NotMember();
        return time / NANOS;
    }

    /// @notice Reverts unless nothing is stored at path [store, key] in the state that the proof height's header proves.
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
        // CometBFT's height and round are signed numbers: what is negative there must not be read as a huge one here.
        bool isNegative = header.height > uint64(type(int64).max) || header.round > uint32(type(int32).max);
        if (isNegative) revert HeaderOutOfRange(header.height, header.round);
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

    /// @dev OpenZeppelin's check with an error of this contract's own.
    function _checkOwner() internal view override {
        if (msg.sender != owner()) revert NotOwner(msg.sender);
    }

    function _proofState(uint64 revision, uint64 height) private view returns (uint256 key, uint256 time) {
        if (revision != revisionNumber) revert RevisionMismatch(revisionNumber, revision);
        key = _key(_activeState().epoch, height);
        time = _stored(key, height).time;
    }

    /// @dev Points into the message instead of copying it. A wrong offset reads other bytes of the same call, all of
    /// them the caller's, and nothing but a signed header gets through the checks.
    function _header(bytes calldata message, uint256 cursor) private pure returns (Header calldata header) {
        assembly ("memory-safe") {
            header := add(message.offset, calldataload(add(message.offset, cursor)))
        }
    }
}
