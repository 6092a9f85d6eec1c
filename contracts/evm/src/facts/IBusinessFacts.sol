// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FactTypes} from "./FactTypes.sol";

/// @title Business facts as tokens: mint, send, and the answers of the settlement ledger.
interface IBusinessFacts is FactTypes {
    event FactMinted(
        bytes32 indexed factId,
        bytes32 indexed creditor,
        bytes32 indexed debtor,
        address issuer,
        bytes32 factHash,
        Fact fact
    );
    /// @param sourceClientHash keccak256 of the client id.
    event FactSent(bytes32 indexed factId, uint64 indexed packetSequence, bytes32 indexed sourceClientHash);
    event FactAcknowledged(
        bytes32 indexed factId, bytes32 indexed liabilityId, uint64 settlementSequence, bytes32 headHash, uint16 code
    );
    event FactRejected(bytes32 indexed factId, uint16 indexed code);
    /// @notice The fact did not reach its ledger, as the code says, and may be sent again; its state is TIMED_OUT.
    event FactReturned(bytes32 indexed factId, uint16 indexed code);
    event FactTimedOut(bytes32 indexed factId, uint64 indexed packetSequence);
    event FactCancelled(bytes32 indexed factId);
    /// @notice Nothing is open.
    /// @param settlementReference keccak256 of the id of the cycle or payment, or the id of the payment's own fact.
    /// @param newsSequence Entry in the settlement ledger's log.
    event FactSettled(bytes32 indexed factId, bytes32 indexed settlementReference, uint64 newsSequence);
    /// @param settlementReference keccak256 of the dispute's id; likewise in FactReleased.
    /// @param open What is still open.
    event FactDisputed(
        bytes32 indexed factId, bytes32 indexed settlementReference, uint64 newsSequence, uint128 open
    );
    event FactReleased(
        bytes32 indexed factId, bytes32 indexed settlementReference, uint64 newsSequence, uint128 open
    );
    /// @param settlementReference keccak256 of the id of the dispute or request, or the id of the credit note's own fact.
    event FactCredited(
        bytes32 indexed factId, bytes32 indexed settlementReference, uint64 newsSequence, uint128 open
    );
    /// @notice Packets over this client go to this settlement ledger: the one that it follows, or one behind that.
    event LedgerRegistered(string sourceClient, string ledgerId);
    /// @notice ERC-5192: the token cannot be transferred any more.
    event Locked(uint256 tokenId);
    /// @notice ERC-4906: what is known of the token changed.
    event MetadataUpdate(uint256 _tokenId);

    error FactIdMismatch(bytes32 expected, bytes32 actual);
    error FactHashMismatch(bytes32 expected, bytes32 actual);
    error FactInvalid(bytes32 factId);
    /// @notice No settlement ledger takes so much in one fact: the sums of its currency could not be stated. Split it.
    error AmountTooLarge(bytes32 factId, uint256 gross);
    /// @notice A time lies after the year 9999, where no cycle nets anything. Write unix seconds, not milliseconds.
    error TimeOutOfRange(bytes32 factId, uint64 serviceEnd, uint64 dueDate);
    error IssuerSequenceGap(uint64 expected, uint64 actual);
    error FactStateWrong(bytes32 factId, State state);
    error FactCountOutOfRange(uint256 count);
    error DestinationTooLong(uint256 length);
    error LedgerUnknown(string sourceClient);
    /// @notice No ledger of this id is registered behind the client, so a reference could not name who holds the liability.
    error DestinationUnknown(string sourceClient, string destination);
    error LedgerInvalid(string sourceClient);
    error NotRouter(address caller);
    error TokenLocked(uint256 tokenId);
    /// @notice This application receives no packets of this version, or from this port, or in this encoding.
    error VersionUnsupported(string version);
    /// @notice The value of a `status-1` payload breaks its format.
    error NewsMalformed();
    /// @notice The news are about facts of another contract.
    error NewsMisdirected(uint256 chainId, address contractAddress);

    /// @notice Mints the caller's next fact. The token goes to the creditor's account.
    /// @dev Of the amounts only the size is checked. Whether they make sense is for the settlement ledger to judge; the record
    /// is sealed as issued.
    function mint(Fact calldata fact) external;

    /// @notice Mints several facts in order, atomically.
    function mintBatch(Fact[] calldata facts) external;

    /// @notice Sends 1 to 64 of the caller's facts, minted or timed out, in one packet.
    /// @param sourceClient Client of the settlement ledger; registered with registerLedger.
    /// @param timeoutTimestamp Unix seconds.
    /// @param destination Id of the ledger that settles: registered with registerFarLedger, or empty for the client's own.
    /// @return sequence Of the packet.
    function send(
        string calldata sourceClient,
        uint64 timeoutTimestamp,
        string calldata destination,
        Fact[] calldata facts
    ) external returns (uint64 sequence);

    /// @notice Withdraws the caller's fact that was never sent.
    function cancel(uint64 issuerSequence) external;

    /// @notice Names the settlement ledger behind a client, once. Owner only.
    function registerLedger(string calldata sourceClient, string calldata ledgerId) external;

    /// @notice Names a settlement ledger behind the one that a client follows, once; that one is named first, and forwards
    /// facts with this destination. Owner only.
    /// @dev For news the ledgers behind one client are one: one that the others' facts should not depend on gets a client of
    /// its own.
    function registerFarLedger(string calldata sourceClient, string calldata ledgerId) external;

    function factStatus(bytes32 factId) external view returns (FactStatus memory);

    /// @return The sequence that the issuer's next fact must have.
    function nextIssuerSequence(address issuer) external view returns (uint64);

    /// @return The settlement ledger behind a client; reverts if none is registered.
    function ledgerOf(string calldata sourceClient) external view returns (string memory);

    /// @return Whether facts may be sent over this client with this destination.
    function leadsTo(string calldata sourceClient, string calldata destination) external view returns (bool);

    /// @notice ERC-5192.
    function locked(uint256 tokenId) external view returns (bool);
}
