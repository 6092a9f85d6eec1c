// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ILightClient} from "../interfaces/ILightClient.sol";

/// @title A CometBFT light client (ICS-07) for ledgers whose validators use secp256k1 keys.
interface ICometBftLightClient is ILightClient {
    enum Status {
        Active,
        Frozen,
        Expired
    }

    /// @notice What a client is created with. Periods and times in nanoseconds, as CometBFT counts them.
    /// @param height First trusted height, with its header's time, app hash and next validators' hash.
    struct Config {
        string chainId;
        uint64 revisionNumber;
        uint64 trustingPeriod;
        uint64 maxClockDrift;
        uint64 height;
        uint64 time;
        bytes32 appHash;
        bytes32 nextValidatorsHash;
        address owner;
    }

    /// @notice A signed header, reduced to what is needed to compute its hash and to check the commit.
    /// @param trustedHeight A stored height below it.
    /// @param time Unix nanoseconds.
    /// @param siblings Hashes of the header tree's parts that this client does not read: version; last block id with
    /// last commit; data; consensus parameters; last results; evidence with proposer.
    /// @param trustedValidatorsHash Next validators' hash of the trusted height; only read if validatorsHash differs.
    /// @param validators The set of validatorsHash, packed; may be empty if the client knows it.
    /// @param trustedValidators The set of trustedValidatorsHash, packed; may be empty if the client knows it.
    /// @param signatures 80 bytes each, ascending by index: index in the set, index in the trusted set (255: none),
    /// v, r, s, length of the vote's timestamp, timestamp as the vote encodes it, padded to 12 bytes.
    struct Header {
        uint64 trustedHeight;
        uint64 height;
        uint64 time;
        bytes32 validatorsHash;
        bytes32 nextValidatorsHash;
        bytes32 appHash;
        bytes32[6] siblings;
        uint32 round;
        uint32 partSetTotal;
        bytes32 partSetHash;
        bytes32 trustedValidatorsHash;
        bytes validators;
        bytes trustedValidators;
        bytes signatures;
    }

    /// @notice What getClientState() encodes. Trust level is 1/3, as ICS-07 has it by default.
    struct ClientState {
        string chainId;
        uint64 revisionNumber;
        uint64 latestHeight;
        uint64 trustingPeriod;
        uint64 maxClockDrift;
        bool isFrozen;
        uint64 latestTime;
        uint32 epoch;
    }

    /// @notice A height can now be used for proofs.
    event ConsensusStateAdded(uint64 indexed height);
    /// @notice Evidence at this height froze the client.
    event ClientFrozen(uint64 indexed height);
    /// @notice The owner started it again; states of former epochs are void.
    event ClientRecovered(uint64 indexed height, uint32 epoch);

    error FrozenClientState();
    error ClientExpired();
    error ClientActive();
    error ConfigInvalid();
    error ConsensusTimestampNotFound(uint64 height);
    error TrustedStateExpired(uint64 trustedHeight);
    error HeightNotAfterTrusted(uint64 height, uint64 trustedHeight);
    /// @notice A height or round that CometBFT reads as a negative number.
    error HeaderOutOfRange(uint64 height, uint32 round);
    error TimeNotAfterTrusted(uint64 time, uint64 trustedTime);
    error HeaderFromTheFuture(uint64 time, uint256 latestAllowed);
    error ValidatorsNotTrusted(bytes32 validatorsHash);
    error ValidatorSetUnknown(bytes32 validatorsHash);
    error TooManyNewerStates();
    error NotMisbehaviour();
    error RevisionMismatch(uint64 expected, uint64 actual);
    error InvalidPathLength(uint256 expectedLength, uint256 providedLength);
    error NotMember();
    error NotNonMember();
    error NotOwner(address caller);
    error StateNotPrunable(uint64 height);

    /// @notice Starts a frozen or expired client again from a state that the owner vouches for. Owner only.
    function recover(uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash) external;

    /// @notice Deletes consensus states whose trusting period is over. Open to anyone.
    function prune(uint64[] calldata heights) external;

    function status() external view returns (Status);

    function latestHeight() external view returns (uint64);

    /// @return Unix seconds of a stored height.
    function getConsensusTimestamp(uint64 height) external view returns (uint64);

    /// @return time Unix nanoseconds.
    function getConsensusState(uint64 height)
        external
        view
        returns (uint64 time, bytes32 appHash, uint64 previousHeight, uint32 nextValidatorsId);

    /// @return Whether exactly this state is stored at the height; whoever follows the same ledger may start from it.
    function hasConsensusState(uint64 height, uint64 time, bytes32 appHash, bytes32 nextValidatorsHash)
        external
        view
        returns (bool);

    /// @return Whether updates may leave this set out.
    function isValidatorSetKnown(bytes32 validatorsHash) external view returns (bool);
}
