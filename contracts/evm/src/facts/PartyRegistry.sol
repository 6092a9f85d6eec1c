// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title Who the parties and issuers are. Kept by the owner, the consortium's registrar.
/// @notice Companies only: no personal data belongs on a ledger.
abstract contract PartyRegistry is Ownable {
    /// @param ocpiId For example DE*KCS; a party's id is its keccak256.
    /// @param lei Legal entity identifier (ISO 17442), or empty. vatId likewise.
    struct Party {
        address account;
        string ocpiId;
        string lei;
        string vatId;
    }

    event PartyRegistered(bytes32 indexed partyId, address indexed account, string ocpiId, string lei, string vatId);
    event IssuerAdded(address indexed issuer);
    event IssuerRemoved(address indexed issuer);

    error PartyInvalid();
    error PartyUnknown(bytes32 partyId);
    error IssuerUnknown(address issuer);

    mapping(bytes32 => Party) private _parties;
    mapping(address => bool) private _issuers;

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

    function addIssuer(address issuer) external onlyOwner {
        _issuers[issuer] = true;
        emit IssuerAdded(issuer);
    }

    /// @notice Ends an issuer's right to mint. What it minted it may still send or cancel.
    function removeIssuer(address issuer) external onlyOwner {
        if (!_issuers[issuer]) revert IssuerUnknown(issuer);
        _issuers[issuer] = false;
        emit IssuerRemoved(issuer);
    }

    function isIssuer(address issuer) public view returns (bool) {
        return _issuers[issuer];
    }

    function getParty(bytes32 partyId) external view returns (Party memory party) {
        party = _parties[partyId];
        if (party.account == address(0)) revert PartyUnknown(partyId);
    }

    function _accountOf(bytes32 partyId) internal view returns (address account) {
        account = _parties[partyId].account;
        if (account == address(0)) revert PartyUnknown(partyId);
    }
}
