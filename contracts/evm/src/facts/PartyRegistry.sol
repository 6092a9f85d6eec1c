// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {TwoStepOwnable} from "../access/TwoStepOwnable.sol";

/// @title Who the parties are, whose facts an issuer may mint, and mandates. Kept by the owner, the consortium's registrar.
/// @notice Companies only: no personal data belongs on a ledger. An issuer belongs to one party and mints facts of which that
/// party is the creditor; for another creditor it needs the mandate that the creditor's account, or the owner, has granted.
abstract contract PartyRegistry is TwoStepOwnable {
    /// @param ocpiId For example DE*KCS; a party's id is its keccak256.
    /// @param lei Legal entity identifier (ISO 17442), or empty. vatId likewise.
    struct Party {
        address account;
        string ocpiId;
        string lei;
        string vatId;
    }

    event PartyRegistered(bytes32 indexed partyId, address indexed account, string ocpiId, string lei, string vatId);
    event IssuerAdded(address indexed issuer, bytes32 indexed partyId);
    /// @param lastSequence Of the last fact that it minted. Settlement ledgers take facts up to this one, and none after it.
    event IssuerRemoved(address indexed issuer, bytes32 indexed partyId, uint64 lastSequence);
    event MandateGranted(bytes32 indexed creditor, address indexed issuer);
    /// @param lastSequence Of the last fact that the issuer minted, for whomever.
    event MandateRevoked(bytes32 indexed creditor, address indexed issuer, uint64 lastSequence);

    error PartyInvalid();
    error PartyUnknown(bytes32 partyId);
    /// @notice No party has this issuer, or it was removed. The registrar adds issuers, with an account that was never removed.
    error IssuerUnknown(address issuer);
    /// @notice The account belongs to a party already, or did before it was removed. Use another account.
    error IssuerTaken(address issuer, bytes32 partyId);
    /// @notice The issuer belongs to another party. Let an issuer of the creditor mint this fact, or grant this one a mandate.
    error IssuerNotAuthorised(address issuer, bytes32 creditor);
    /// @notice Only the creditor's account and the owner decide on its mandates.
    error NotCreditor(address caller, bytes32 creditor);
    error MandateUnknown(bytes32 creditor, address issuer);

    mapping(bytes32 => Party) private _parties;
    /// @dev The party of an issuer that may mint.
    mapping(address => bytes32) private _issuers;
    /// @dev The party of an issuer that was removed: an account never changes hands.
    mapping(address => bytes32) private _formerIssuers;
    mapping(bytes32 => mapping(address => bool)) private _mandates;

    modifier onlyCreditor(bytes32 creditor) {
        if (msg.sender != owner() && msg.sender != _accountOf(creditor)) revert NotCreditor(msg.sender, creditor);
        _;
    }

    /// @notice Adds a party, or replaces what is known of it. Facts that exist keep their tokens where they are.
    function registerParty(string calldata ocpiId, address account, string calldata lei, string calldata vatId)
        external
        onlyOwner
        returns (bytes32 partyId)
    {
        if (bytes(ocpiId).length == 0 || account == address(0)) revert PartyInvalid();
        partyId = keccak256(bytes(ocpiId));
        _parties[partyId] = Party(account, ocpiId, lei, vatId);
        emit PartyRegistered(partyId, account, ocpiId, lei, vatId);
    }

    /// @notice Lets an account mint facts of which this party is the creditor. An account belongs to one party, for good.
    function addIssuer(address issuer, bytes32 partyId) external onlyOwner {
        _accountOf(partyId);
        bytes32 before = partyOf(issuer);
        if (before != 0 && _issuers[issuer] != partyId) revert IssuerTaken(issuer, before);
        _issuers[issuer] = partyId;
        emit IssuerAdded(issuer, partyId);
    }

    /// @notice Ends an issuer's right to mint, for good. What it minted it may still send or cancel.
    function removeIssuer(address issuer) external onlyOwner {
        bytes32 partyId = _issuers[issuer];
        if (partyId == 0) revert IssuerUnknown(issuer);
        _formerIssuers[issuer] = partyId;
        delete _issuers[issuer];
        emit IssuerRemoved(issuer, partyId, _lastSequenceOf(issuer));
    }

    /// @notice Lets an issuer of another party, for example a platform's, mint this creditor's facts.
    function grantMandate(bytes32 creditor, address issuer) external onlyCreditor(creditor) {
        if (!isIssuer(issuer)) revert IssuerUnknown(issuer);
        _mandates[creditor][issuer] = true;
        emit MandateGranted(creditor, issuer);
    }

    /// @notice Ends a mandate. What was minted under it may still be sent or cancelled.
    function revokeMandate(bytes32 creditor, address issuer) external onlyCreditor(creditor) {
        if (!_mandates[creditor][issuer]) revert MandateUnknown(creditor, issuer);
        _mandates[creditor][issuer] = false;
        emit MandateRevoked(creditor, issuer, _lastSequenceOf(issuer));
    }

    function isIssuer(address issuer) public view returns (bool) {
        return _issuers[issuer] != 0;
    }

    /// @return The party that the account belongs to, also after its removal; 0: none.
    function partyOf(address issuer) public view returns (bytes32) {
        bytes32 partyId = _issuers[issuer];
        return partyId != 0 ? partyId : _formerIssuers[issuer];
    }

    /// @notice Whether the issuer may mint facts of this creditor now.
    function mayIssue(address issuer, bytes32 creditor) public view returns (bool) {
        bytes32 partyId = _issuers[issuer];
        return partyId != 0 && (partyId == creditor || _mandates[creditor][issuer]);
    }

    function getParty(bytes32 partyId) external view returns (Party memory party) {
        party = _parties[partyId];
        if (party.account == address(0)) revert PartyUnknown(partyId);
    }

    function _accountOf(bytes32 partyId) internal view returns (address account) {
        account = _parties[partyId].account;
        if (account == address(0)) revert PartyUnknown(partyId);
    }

    function _requireIssuer(address issuer, bytes32 creditor) internal view {
        if (mayIssue(issuer, creditor)) return;
        if (!isIssuer(issuer)) revert IssuerUnknown(issuer);
        _accountOf(creditor);
        revert IssuerNotAuthorised(issuer, creditor);
    }

    /// @dev Of the last fact that the issuer minted; 0: none.
    function _lastSequenceOf(address issuer) internal view virtual returns (uint64);
}
