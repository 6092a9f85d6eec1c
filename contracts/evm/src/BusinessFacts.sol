// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {FactCode, KindsIssuedBy, Limits, NewsAnswer, NewsStatus, ReturnedCodes} from "./Codes.sol";
import {FactAnswers} from "./facts/FactAnswers.sol";
import {FactHash} from "./facts/FactHash.sol";
import {FactNews} from "./facts/FactNews.sol";
import {IBusinessFacts} from "./facts/IBusinessFacts.sol";
import {PartyRegistry} from "./facts/PartyRegistry.sol";
import {ICS24Host} from "./host/ICS24Host.sol";
import {IIBCApp} from "./interfaces/IIBCApp.sol";
import {IRouter} from "./interfaces/IRouter.sol";
import {AppCallbacks} from "./msgs/AppCallbacks.sol";
import {RouterMsgs} from "./msgs/RouterMsgs.sol";

/// @title Business facts as ERC-721 tokens that travel to a settlement ledger as IBC packets.
/// @notice A fact is sealed when minted. From sending on its token is locked (ERC-5192). Its state changes are announced
/// (ERC-4906), and the settlement ledger's reference is stored when its acknowledgement arrives with a proof. What becomes
/// of the liability comes back in packets of its own; the newest news count, whatever the order of their arrival.
/// @dev Only hashes and states are stored. Who issued a fact needs no slot: the fact's id is a hash over its issuer.
contract BusinessFacts is IBusinessFacts, IIBCApp, ERC721, PartyRegistry {
    /// @dev One slot a fact.
    /// @param ledger Index into _ledgers plus 1.
    struct Record {
        State state;
        uint16 code;
        uint16 ledger;
        uint64 issuerSequence;
        uint64 packetSequence;
        uint64 settlementSequence;
    }

    /// @dev One more slot for a fact that there are news of.
    /// @param sequence Entry in the settlement ledger's log.
    struct News {
        uint64 sequence;
        uint128 open;
    }

    struct LedgerEntry {
        bytes32 sourceClientHash;
        string ledgerId;
    }

    /// @notice Port of the settlement application on every settlement ledger.
    string public constant SETTLEMENT_PORT = "settlement";
    string public constant VERSION = "fact-1";
    string public constant STATUS_VERSION = "status-1";
    string public constant ENCODING = "application/x-solidity-abi";
    uint256 public constant MAX_FACTS = Limits.MAXIMUM_FACTS;
    /// @dev Settlement ledgers read no longer one, and would refuse the whole packet.

    bytes4 private constant ERC5192 = 0xb45a3c0e;
    bytes4 private constant ERC4906 = 0x49064906;

    IRouter public immutable router;
    /// @notice EIP-155 chain id; given, because old ledgers lack the opcode.
    uint256 public immutable chainId;
    /// @notice The port on which the router knows this contract; settlement ledgers take its facts from there alone.
    string public port;

    mapping(address => uint64) private _lastIssuerSequence;
    mapping(bytes32 => bytes32) private _factHashes;
    mapping(bytes32 => Record) private _records;
    mapping(bytes32 => News) private _news;
    /// @dev Only where a settlement ledger gave another id than the one that follows from the fact.
    mapping(bytes32 => bytes32) private _otherLiabilityIds;
    /// @dev By the client's hash, and by that and a destination: see _ledgerAt.
    mapping(bytes32 => uint16) private _ledgerIndexes;
    LedgerEntry[] private _ledgers;

    /// @param port_ Empty: the contract's address in lower case, the port of an application that the router gives no name.
    constructor(IRouter router_, uint256 chainId_, string memory port_) ERC721("Business Facts", "FACT") {
        router = router_;
        chainId = chainId_;
        port = bytes(port_).length == 0 ? Strings.toHexString(address(this)) : port_;
    }

    modifier onlyRouter() {
        if (msg.sender != address(router)) revert NotRouter(msg.sender);
        _;
    }

    /// @inheritdoc IBusinessFacts
    function mint(Fact calldata fact) external {
        _mintFact(fact);
    }

    /// @inheritdoc IBusinessFacts
    function mintBatch(Fact[] calldata facts) external {
        for (uint256 i = 0; i < facts.length; ++i) {
            _mintFact(facts[i]);
        }
    }

    /// @inheritdoc IBusinessFacts
    function send(
        string calldata sourceClient,
        uint64 timeoutTimestamp,
        string calldata destination,
        Fact[] calldata facts
    ) external returns (uint64 sequence) {
        if (facts.length == 0 || facts.length > MAX_FACTS) revert FactCountOutOfRange(facts.length);
        uint256 length = bytes(destination).length;
        if (length > Limits.MAXIMUM_DESTINATION_BYTES) revert DestinationTooLong(length);
        bytes32 sourceClientHash = keccak256(bytes(sourceClient));
        if (_ledgerIndexes[sourceClientHash] == 0) revert LedgerUnknown(sourceClient);
        uint16 ledger = _ledgerAt(sourceClientHash, bytes(destination));
        if (ledger == 0) revert DestinationUnknown(sourceClient, destination);

        bytes32[] memory factHashes = new bytes32[](facts.length);
        for (uint256 i = 0; i < facts.length; ++i) {
            factHashes[i] = _checkedHash(facts[i]);
        }
        sequence = router.sendPacket(
            RouterMsgs.MsgSendPacket({
                sourceClient: sourceClient,
                timeoutTimestamp: timeoutTimestamp,
                payload: RouterMsgs.Payload({
                    sourcePort: port,
                    destPort: SETTLEMENT_PORT,
                    version: VERSION,
                    encoding: ENCODING,
                    value: abi.encode(
                        FactPacketData(chainId, address(this), msg.sender, destination, facts, factHashes)
                    )
                })
            })
        );
        // The sequence is known only now. The router makes no calls while sending, so nothing happened in between; and a fact
        // that is in the list twice is found here, because the first one is no longer sendable.
        for (uint256 i = 0; i < facts.length; ++i) {
            _markSent(facts[i].factId, sequence, ledger, sourceClientHash);
        }
    }

    /// @inheritdoc IBusinessFacts
    function cancel(uint64 issuerSequence) external {
        bytes32 factId = FactHash.factId(chainId, address(this), msg.sender, issuerSequence);
        Record storage record = _records[factId];
        if (record.state != State.MINTED) revert FactStateWrong(factId, record.state);
        record.state = State.CANCELLED;
        emit FactCancelled(factId);
        emit Locked(uint256(factId));
        emit MetadataUpdate(uint256(factId));
    }

    /// @inheritdoc IBusinessFacts
    function registerLedger(string calldata sourceClient, string calldata ledgerId) external onlyOwner {
        bytes32 sourceClientHash = keccak256(bytes(sourceClient));
        // Never replaced: references of old facts would change their meaning.
        if (_ledgerIndexes[sourceClientHash] != 0) revert LedgerInvalid(sourceClient);
        _ledgerIndexes[sourceClientHash] = _register(sourceClient, ledgerId);
    }

    /// @inheritdoc IBusinessFacts
    function registerFarLedger(string calldata sourceClient, string calldata ledgerId) external onlyOwner {
        if (_ledgerIndexes[keccak256(bytes(sourceClient))] == 0) revert LedgerInvalid(sourceClient);
        _register(sourceClient, ledgerId);
    }

    /// @inheritdoc IIBCApp
    /// @dev Facts only go out of this ledger; what comes in are news of them, each answered by itself. Every refusal of a
    /// whole packet has a reason, so that it is answered with the error acknowledgement.
    function onRecvPacket(AppCallbacks.OnRecvPacketCallback calldata msg_)
        external
        onlyRouter
        returns (bytes memory)
    {
        RouterMsgs.Payload calldata payload = msg_.payload;
        bool isNews = _isText(payload.sourcePort, SETTLEMENT_PORT) && _isText(payload.version, STATUS_VERSION)
            && _isText(payload.encoding, ENCODING);
        if (!isNews) revert VersionUnsupported(payload.version);
        bytes32 clientHash = keccak256(bytes(msg_.destinationClient));
        uint16 ledger = _ledgerIndexes[clientHash];
        if (ledger == 0) revert LedgerUnknown(msg_.destinationClient);
        uint256 count = FactNews.countOf(payload.value);
        if (count == 0) revert NewsMalformed();
        (uint256 newsChainId, uint256 contractAddress) = FactNews.subject(payload.value);
        if (newsChainId != chainId || contractAddress != uint256(uint160(address(this)))) {
            revert NewsMisdirected(newsChainId, address(uint160(contractAddress)));
        }
        uint8[] memory given = new uint8[](count);
        for (uint256 i = 0; i < count; ++i) {
            (bool isReadable, FactNews.Update memory update) = FactNews.read(payload.value, i);
            if (!isReadable) revert NewsMalformed();
            given[i] = _hear(update, ledger, clientHash);
        }
        return abi.encode(given);
    }

    /// @inheritdoc IIBCApp
    /// @dev Never reverts because of what the acknowledgement says: see FactAnswers.
    function onAcknowledgementPacket(AppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external onlyRouter {
        FactPacketData memory data = abi.decode(msg_.payload.value, (FactPacketData));
        uint256 count = data.facts.length;
        FactAnswers.Answer memory whole;
        bool isReadable = FactAnswers.isReadable(msg_.acknowledgement, count);
        if (!isReadable) {
            whole.code = keccak256(msg_.acknowledgement) == keccak256(abi.encodePacked(ICS24Host.UNIVERSAL_ERROR_ACK))
                ? FactCode.UNIVERSAL_ERROR
                : FactCode.UNREADABLE;
        }
        uint16 ledger = _ledgerAt(keccak256(bytes(msg_.sourceClient)), bytes(data.destination));
        for (uint256 i = 0; i < count; ++i) {
            FactAnswers.Answer memory answer = isReadable ? FactAnswers.read(msg_.acknowledgement, i) : whole;
            bytes32 factId = data.facts[i].factId;
            Record memory record = _liveRecord(factId, ledger, msg_.sequence);
            record.code = answer.code;
            if (answer.isAccepted) _acknowledge(factId, data.factHashes[i], record, answer);
            else if (_isReturned(answer.code)) _return(factId, record);
            else _reject(factId, record);
            emit MetadataUpdate(uint256(factId));
        }
    }

    /// @inheritdoc IIBCApp
    function onTimeoutPacket(AppCallbacks.OnTimeoutPacketCallback calldata msg_) external onlyRouter {
        FactPacketData memory data = abi.decode(msg_.payload.value, (FactPacketData));
        uint16 ledger = _ledgerAt(keccak256(bytes(msg_.sourceClient)), bytes(data.destination));
        for (uint256 i = 0; i < data.facts.length; ++i) {
            bytes32 factId = data.facts[i].factId;
            Record memory record = _liveRecord(factId, ledger, msg_.sequence);
            record.state = State.TIMED_OUT;
            _records[factId] = record;
            emit FactTimedOut(factId, msg_.sequence);
            emit MetadataUpdate(uint256(factId));
        }
    }

    /// @inheritdoc IBusinessFacts
    function factStatus(bytes32 factId) external view returns (FactStatus memory status) {
        Record memory record = _records[factId];
        status.state = record.state;
        status.code = record.code;
        status.issuerSequence = record.issuerSequence;
        status.packetSequence = record.packetSequence;
        status.settlementSequence = record.settlementSequence;
        status.factHash = _factHashes[factId];
        if (record.ledger != 0) status.ledgerId = _ledgers[record.ledger - 1].ledgerId;
        if (_isAcknowledged(record.state)) {
            bytes32 other = _otherLiabilityIds[factId];
            status.liabilityId = other != 0 ? other : FactHash.liabilityId(factId, status.factHash);
        }
        News memory news = _news[factId];
        status.newsSequence = news.sequence;
        status.open = news.open;
    }

    /// @inheritdoc IBusinessFacts
    function nextIssuerSequence(address issuer) external view returns (uint64) {
        return _lastIssuerSequence[issuer] + 1;
    }

    /// @inheritdoc IBusinessFacts
    function ledgerOf(string calldata sourceClient) external view returns (string memory) {
        uint16 index = _ledgerIndexes[keccak256(bytes(sourceClient))];
        if (index == 0) revert LedgerUnknown(sourceClient);
        return _ledgers[index - 1].ledgerId;
    }

    /// @inheritdoc IBusinessFacts
    function leadsTo(string calldata sourceClient, string calldata destination) external view returns (bool) {
        return _ledgerAt(keccak256(bytes(sourceClient)), bytes(destination)) != 0;
    }

    /// @inheritdoc IBusinessFacts
    function locked(uint256 tokenId) external view returns (bool) {
        _requireMinted(tokenId);
        return _records[bytes32(tokenId)].state != State.MINTED;
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == ERC5192 || interfaceId == ERC4906 || super.supportsInterface(interfaceId);
    }

    function _register(string calldata sourceClient, string calldata ledgerId) private returns (uint16 index) {
        bytes32 sourceClientHash = keccak256(bytes(sourceClient));
        bytes32 place = _placeOf(sourceClientHash, bytes(ledgerId));
        bool isInvalid = bytes(sourceClient).length == 0 || bytes(ledgerId).length == 0
            || _ledgerIndexes[place] != 0 || _ledgers.length >= type(uint16).max;
        if (isInvalid) revert LedgerInvalid(sourceClient);
        _ledgers.push(LedgerEntry(sourceClientHash, ledgerId));
        index = uint16(_ledgers.length);
        _ledgerIndexes[place] = index;
        emit LedgerRegistered(sourceClient, ledgerId);
    }

    function _mintFact(Fact calldata fact) private {
        _requireIssuer(msg.sender, fact.creditor);
        uint64 expected = _lastIssuerSequence[msg.sender] + 1;
        if (fact.issuerSequence != expected) revert IssuerSequenceGap(expected, fact.issuerSequence);
        bytes32 factId = FactHash.factId(chainId, address(this), msg.sender, expected);
        if (fact.factId != factId) revert FactIdMismatch(factId, fact.factId);
        // Every kind there is comes from the creditor's side, which was checked. A kind that no table has is refused.
        if (fact.category == 0 || fact.kind > 255 || (KindsIssuedBy.CREDITOR >> fact.kind) & 1 == 0) {
            revert FactInvalid(factId);
        }
        uint256 gross = uint256(fact.net) + fact.tax;
        if (gross >> Limits.MAXIMUM_FACT_BITS != 0) revert AmountTooLarge(factId, gross);
        if (fact.serviceEnd > Limits.MAXIMUM_FACT_SECONDS || fact.dueDate > Limits.MAXIMUM_FACT_SECONDS) {
            revert TimeOutOfRange(factId, fact.serviceEnd, fact.dueDate);
        }
        bytes32 factHash = FactHash.factHash(fact);

        _lastIssuerSequence[msg.sender] = expected;
        _factHashes[factId] = factHash;
        _records[factId] = Record(State.MINTED, 0, 0, expected, 0, 0);
        // Not _safeMint: the creditor's account must not be able to refuse the record.
        _mint(_accountOf(fact.creditor), uint256(factId));
        emit FactMinted(factId, fact.creditor, fact.debtor, msg.sender, factHash, fact);
    }

    /// @dev The fact must be the caller's and exactly as it was minted.
    function _checkedHash(Fact calldata fact) private view returns (bytes32 factHash) {
        bytes32 factId = FactHash.factId(chainId, address(this), msg.sender, fact.issuerSequence);
        if (fact.factId != factId) revert FactIdMismatch(factId, fact.factId);
        factHash = FactHash.factHash(fact);
        bytes32 stored = _factHashes[factId];
        if (factHash != stored) revert FactHashMismatch(stored, factHash);
    }

    function _markSent(bytes32 factId, uint64 sequence, uint16 ledger, bytes32 sourceClientHash) private {
        Record memory record = _records[factId];
        if (record.state == State.MINTED) emit Locked(uint256(factId));
        else if (record.state != State.TIMED_OUT) revert FactStateWrong(factId, record.state);
        record.state = State.SENT;
        record.packetSequence = sequence;
        record.ledger = ledger;
        // Of an answer that returned it.
        record.code = 0;
        _records[factId] = record;
        emit FactSent(factId, sequence, sourceClientHash);
        emit MetadataUpdate(uint256(factId));
    }

    function _acknowledge(
        bytes32 factId,
        bytes32 factHash,
        Record memory record,
        FactAnswers.Answer memory answer
    ) private {
        record.state = State.ACKNOWLEDGED;
        record.settlementSequence = answer.sequence;
        _records[factId] = record;
        // The id follows from the fact, so it costs no slot; a ledger that answers otherwise is taken at its word.
        if (answer.liabilityId != FactHash.liabilityId(factId, factHash)) {
            _otherLiabilityIds[factId] = answer.liabilityId;
        }
        emit FactAcknowledged(factId, answer.liabilityId, answer.sequence, answer.headHash, answer.code);
    }

    function _reject(bytes32 factId, Record memory record) private {
        record.state = State.REJECTED;
        _records[factId] = record;
        emit FactRejected(factId, record.code);
    }

    /// @dev It did not reach the ledger, so it is as free as after a timeout; the code says why.
    function _return(bytes32 factId, Record memory record) private {
        record.state = State.TIMED_OUT;
        _records[factId] = record;
        emit FactReturned(factId, record.code);
    }

    function _isReturned(uint16 code) private pure returns (bool) {
        return code < 256 && (ReturnedCodes.MASK >> code) & 1 == 1;
    }

    /// @dev News count only from the client that the fact went through, for the liability that it answered with, and in the
    /// order of its ledger's log: packets may arrive in any order. SETTLED is final.
    /// @param ledger The one that the client follows itself; facts may have gone to one behind it.
    function _hear(FactNews.Update memory update, uint16 ledger, bytes32 clientHash) private returns (uint8 answer) {
        bytes32 factId = update.factId;
        Record memory record = _records[factId];
        bool isThere = record.ledger == ledger
            || (record.ledger != 0 && _ledgers[record.ledger - 1].sourceClientHash == clientHash);
        if (!isThere || !_isLiability(factId, update.liabilityId)) return NewsAnswer.UNKNOWN_FACT;
        if (update.sequence <= record.settlementSequence || update.sequence <= _news[factId].sequence) {
            return NewsAnswer.STALE;
        }
        if (record.state == State.SETTLED) return NewsAnswer.FINAL;
        if (!_isAcknowledged(record.state)) return NewsAnswer.WRONG_STATE;
        _news[factId] = News(update.sequence, update.open);
        State state = _announced(update);
        if (state != record.state) {
            record.state = state;
            _records[factId] = record;
        }
        emit MetadataUpdate(uint256(factId));
        return NewsAnswer.APPLIED;
    }

    /// @dev Emits the news and returns the state that follows from them.
    function _announced(FactNews.Update memory update) private returns (State) {
        bytes32 factId = update.factId;
        bytes32 why = update.settlementReference;
        if (update.status == NewsStatus.SETTLED) {
            emit FactSettled(factId, why, update.sequence);
            return State.SETTLED;
        }
        if (update.status == NewsStatus.DISPUTED) {
            emit FactDisputed(factId, why, update.sequence, update.open);
            return State.DISPUTED;
        }
        if (update.status == NewsStatus.RELEASED) {
            emit FactReleased(factId, why, update.sequence, update.open);
            return State.ACKNOWLEDGED;
        }
        emit FactCredited(factId, why, update.sequence, update.open);
        return State.CREDITED;
    }

    function _isLiability(bytes32 factId, bytes32 liabilityId) private view returns (bool) {
        return liabilityId == FactHash.liabilityId(factId, _factHashes[factId])
            || (liabilityId != 0 && liabilityId == _otherLiabilityIds[factId]);
    }

    function _isAcknowledged(State state) private pure returns (bool) {
        return state == State.ACKNOWLEDGED || state >= State.SETTLED;
    }

    /// @dev 0: none is registered. Without a destination it is the one that the client follows itself.
    function _ledgerAt(bytes32 sourceClientHash, bytes memory destination) private view returns (uint16) {
        return _ledgerIndexes[destination.length == 0 ? sourceClientHash : _placeOf(sourceClientHash, destination)];
    }

    function _placeOf(bytes32 sourceClientHash, bytes memory ledgerId) private pure returns (bytes32) {
        return keccak256(abi.encode(sourceClientHash, keccak256(ledgerId)));
    }

    function _isText(string calldata left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }

    function _lastSequenceOf(address issuer) internal view override returns (uint64) {
        return _lastIssuerSequence[issuer];
    }

    /// @dev One live packet a fact: an answer counts only for the packet that carries it now.
    /// @param ledger Where the packet goes, by its client and destination.
    function _liveRecord(bytes32 factId, uint16 ledger, uint64 sequence) private view returns (Record memory record) {
        record = _records[factId];
        bool isLive = record.state == State.SENT && record.packetSequence == sequence && record.ledger == ledger;
        if (!isLive) revert FactStateWrong(factId, record.state);
    }

    function _beforeTokenTransfer(address from, address to, uint256 tokenId, uint256 batchSize) internal override {
        if (from != address(0) && _records[bytes32(tokenId)].state != State.MINTED) revert TokenLocked(tokenId);
        super._beforeTokenTransfer(from, to, tokenId, batchSize);
    }
}
