"""The BusinessFacts contract behind the fact port: parties, minting, sending, and the states of facts.

The relayer itself never needs it: packets carry all that it relays. Nothing is decided here; the contract's rules hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from relayer.core.ids import ClientId, Height, TimestampSeconds, TransactionId
from relayer.core.ids import Sequence as PacketSequence
from relayer.errors import InvalidInput, LedgerError
from relayer.facts.codec import fact_id
from relayer.facts.proving import FactProof
from relayer.facts.schema import Fact
from relayer.ledgers.evm.abi_types import decode
from relayer.ledgers.evm.contracts import Contract, call_data, error_name
from relayer.ledgers.evm.deployer import Deployer
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused, Reverted, asks_for_too_much, may_be_pruned
from relayer.ledgers.evm.events import RawLog, parse_log, parse_logs
from relayer.ledgers.evm.fact_proofs import FactsToProve, prove_facts
from relayer.ledgers.evm.minted import FACT_MINTED, FACT_TUPLE
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.quantity import data, listing
from relayer.ledgers.evm.registry_events import MANDATE_REVOKED, REGISTRY_TOPICS, last_sequence_of, rights_of
from relayer.ledgers.evm.rpc import Call
from relayer.ledgers.nodes.ranges import RangeReader
from relayer.ports.facts import FactRecord, FactState, MintedFact, MintedPage, RegisteredRights
from relayer.ports.ledger import Head
from relayer.proofs.keccak import keccak256

_STATUS = "(uint8,uint16,uint64,uint64,uint64,bytes32,bytes32,string,uint64,uint128)"
_FACT_SENT = keccak256(b"FactSent(bytes32,uint64,bytes32)")
_BLOCKS_PER_QUERY = 2_000
_BEGINNING = Height(0)
_MINT_REMEDIES = {
    "IssuerUnknown": "no party has this account as its issuer, or it was removed; register another one with "
    "`relayer settlement apply`",
    "IssuerNotAuthorised": "the account belongs to another party than the creditor; use the creditor's issuer, or let the "
    "creditor grant a mandate with `relayer settlement mandate`",
    "TimeOutOfRange": "a time lies after the year 9999, where nothing can be netted; write unix seconds, not milliseconds",
    "AmountTooLarge": "no settlement ledger takes so much in one fact; split it",
}
"""What helps against refusals of mint, by the contract's error."""


class FactsContract:
    """One BusinessFacts contract, acted on from one account."""

    def __init__(
        self, node: EvmNode, deployer: Deployer, *, address: bytes, chain_id: int, start_height: Height = _BEGINNING
    ) -> None:
        """`address`: 20 bytes. `chain_id`: the one that the contract was deployed with; it is part of each fact's id.
        `start_height`: nothing at or below it is read, because the contract is younger."""
        self._start_height = start_height
        self.address = address
        self.chain_id = chain_id
        self._node = node
        self._deployer = deployer
        self._reader = RangeReader(
            self._mint_logs, most=_BLOCKS_PER_QUERY, too_much=asks_for_too_much, may_be_pruned=may_be_pruned
        )
        self._registry_reader = RangeReader(
            self._registry_logs, most=_BLOCKS_PER_QUERY, too_much=asks_for_too_much, may_be_pruned=may_be_pruned
        )

    @property
    def account(self) -> bytes:
        """20 bytes: the issuer, or the registrar, that this object acts as."""
        return self._deployer.address

    def fact_id(self, issuer_sequence: int) -> bytes:
        """The id that this account's fact of that sequence has."""
        return fact_id(self.chain_id, self.address, self.account, issuer_sequence)

    async def prove(self, facts: FactsToProve, *, at: Height) -> FactProof:
        """What the contract stores of them in block `at`, for a settlement ledger. Raises LedgerUnavailable."""
        return await prove_facts(self._node, facts, at=at)

    async def register_party(self, ocpi_id: str, account: bytes, *, lei: str = "", vat_id: str = "") -> None:
        """Owner only."""
        await self._transact("registerParty", ocpi_id, account, lei, vat_id)

    async def add_issuer(self, issuer: bytes, party_id: bytes) -> None:
        """Owner only. A repeat changes nothing."""
        await self._transact("addIssuer", issuer, party_id)

    async def remove_issuer(self, issuer: bytes) -> int:
        """Owner only. The sequence of the issuer's last fact: no other follows once it is removed."""
        if await self._is("isIssuer", issuer):
            await self._transact("removeIssuer", issuer)
        return await self.next_sequence(issuer) - 1

    async def grant_mandate(self, creditor: bytes, issuer: bytes) -> None:
        """From the creditor's account or the owner's. A repeat changes nothing."""
        await self._transact("grantMandate", creditor, issuer)

    async def revoke_mandate(self, creditor: bytes, issuer: bytes) -> int:
        """From the creditor's account or the owner's. The sequence of the issuer's last fact at the end of the mandate."""
        if await self._is("mayIssue", issuer, creditor):
            calldata = _call("revokeMandate", creditor, issuer)
            mined = await self._deployer.call(self.address, calldata, "revokeMandate")
            logs = [parse_log(item) for item in listing(mined.logs, "receipt logs", maximum=10_000)]
        else:
            logs = await self._registry_reader.all(self._start_height + 1, (await self._node.head()).number)
        ends = [log for log in logs if _is_end(log, self.address, creditor, issuer)]
        return last_sequence_of(ends[-1]) if ends else await self.next_sequence(issuer) - 1

    async def registered_rights(self) -> RegisteredRights:
        """By the logs of the registry, up to the newest final block."""
        head = await self._node.head()
        return rights_of(await self._registry_reader.all(self._start_height + 1, head.number))

    async def register_ledger(self, client: ClientId, ledger_id: str) -> None:
        """Names the settlement ledger behind a client, once. Owner only."""
        await self._transact("registerLedger", client, ledger_id)

    async def register_far_ledger(self, client: ClientId, ledger_id: str) -> None:
        """Names a settlement ledger behind the one that the client follows, once. Owner only."""
        await self._transact("registerFarLedger", client, ledger_id)

    async def leads_to(self, client: ClientId, ledger_id: str) -> bool:
        """Whether facts may be sent over the client with this destination."""
        return await self._is("leadsTo", client, ledger_id)

    async def ledger_of(self, client: ClientId) -> str | None:
        """The settlement ledger behind a client, or None if it was never named."""
        try:
            answer = await self._node.view(self.address, _call("ledgerOf", client))
        except NodeRefused as refusal:
            if error_name(refusal.data or b"") == "LedgerUnknown":
                return None
            raise
        (ledger_id,) = _decode(("string",), answer)
        assert isinstance(ledger_id, str)
        return ledger_id

    async def next_sequence(self, issuer: bytes | None = None) -> int:
        """The issuer sequence that the next fact must have."""
        calldata = _call("nextIssuerSequence", issuer or self.account)
        (sequence,) = _decode(("uint64",), await self._node.view(self.address, calldata))
        assert isinstance(sequence, int)
        return sequence

    async def mint(self, facts: Sequence[Fact]) -> TransactionId:
        """Mints the account's next facts in order, all or none."""
        rows = tuple(astuple(fact) for fact in facts)
        try:
            mined = await self._deployer.call(self.address, _call("mintBatch", rows), "mintBatch")
        except Reverted as refusal:
            remedy = _MINT_REMEDIES.get(refusal.name)
            if remedy is None:
                raise
            raise Reverted("mintBatch", refusal.name, remedy) from refusal
        return TransactionId(mined.hash)

    async def send(
        self, client: ClientId, facts: Sequence[Fact], *, timeout_timestamp: TimestampSeconds, destination: str = ""
    ) -> PacketSequence:
        """Sends minted or timed-out facts in one packet and returns its sequence."""
        rows = tuple(astuple(fact) for fact in facts)
        calldata = _call("send", client, timeout_timestamp, destination, rows)
        mined = await self._deployer.call(self.address, calldata, "send")
        for item in listing(mined.logs, "receipt logs", maximum=10_000):
            log = parse_log(item)
            if log.address == self.address and log.topics[:1] == (_FACT_SENT,) and len(log.topics) == 4:
                return PacketSequence(int.from_bytes(log.topics[2], "big"))
        raise LedgerError(f"send: transaction {mined.hash} has no FactSent event; is 0x{self.address.hex()} the contract?")

    async def cancel(self, issuer_sequence: int) -> None:
        """Withdraws a fact that was never sent."""
        await self._transact("cancel", issuer_sequence)

    async def records(self, fact_ids: Sequence[bytes], *, at: Height | None = None) -> list[FactRecord]:
        """What the contract keeps of each fact, in order; state NONE for an id that it never saw."""
        block = "latest" if at is None else hex(at)
        to = "0x" + self.address.hex()
        calls = [Call("eth_call", ({"to": to, "data": "0x" + _call("factStatus", each).hex()}, block)) for each in fact_ids]
        answers = await self._node.rpc.batch(calls) if calls else []
        return [_record(each, answer) for each, answer in zip(fact_ids, answers, strict=True)]

    async def head(self) -> Head:
        """The newest final block. Raises NotFinal before there is one."""
        block = await self._node.head()
        return Head(height=block.number, timestamp=block.timestamp, hash=block.hash)

    async def read(self, *, after: Height) -> MintedPage:
        """Every fact minted above height `after`, up to the newest final block."""
        head = await self._node.head()
        return MintedPage(facts=tuple(await self.minted(after=after, until=head.number)), cursor=head.number)

    async def minted(self, *, after: Height, until: Height) -> list[MintedFact]:
        """Facts minted with after < height <= until, in ledger order."""
        return [_minted(log) for log in await self._reader.all(max(after, self._start_height) + 1, until)]

    async def _mint_logs(self, first: int, last: int) -> list[RawLog]:
        return await self._logs((FACT_MINTED,), first, last)

    async def _registry_logs(self, first: int, last: int) -> list[RawLog]:
        return await self._logs(REGISTRY_TOPICS, first, last)

    async def _logs(self, topics: Sequence[bytes], first: int, last: int) -> list[RawLog]:
        query = {
            "address": "0x" + self.address.hex(),
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [["0x" + topic.hex() for topic in topics]],
        }
        answer = await self._node.rpc.call("eth_getLogs", query)
        return parse_logs(answer, address=self.address, first=first, last=last)

    async def _is(self, function: str, *arguments: object) -> bool:
        (answer,) = _decode(("bool",), await self._node.view(self.address, _call(function, *arguments)))
        return bool(answer)

    async def _transact(self, function: str, *arguments: object) -> None:
        await self._deployer.call(self.address, _call(function, *arguments), function)


def _is_end(log: RawLog, contract: bytes, creditor: bytes, issuer: bytes) -> bool:
    """Whether the log ends this mandate."""
    return log.address == contract and log.topics == (MANDATE_REVOKED, creditor, issuer.rjust(32, b"\0"))


def _call(function: str, *arguments: object) -> bytes:
    return call_data(Contract.BUSINESS_FACTS, function, *arguments)


def _decode(types: Sequence[str], content: bytes) -> tuple[object, ...]:
    try:
        return decode(types, content)
    except InvalidInput as error:
        raise MalformedAnswer(f"BusinessFacts: an answer does not decode ({error}); is the address right?") from error


def _record(fact: bytes, answer: object) -> FactRecord:
    if isinstance(answer, NodeRefused):
        raise answer
    (values,) = _decode((_STATUS,), data(answer, "factStatus"))
    assert isinstance(values, tuple)
    state, code, issued, packet, settled, digest, liability, ledger, news, opened = values
    if state not in set(FactState):
        raise MalformedAnswer(f"factStatus: state {state} is unknown; is the address right?")
    return FactRecord(
        fact_id=fact,
        state=FactState(state),
        code=code,
        issuer_sequence=issued,
        packet_sequence=packet,
        settlement_sequence=settled,
        fact_hash=digest,
        liability_id=liability,
        ledger_id=ledger,
        news_sequence=news,
        open=opened,
    )


def _minted(log: RawLog) -> MintedFact:
    issuer, digest, values = _decode(("address", "bytes32", FACT_TUPLE), log.data)
    assert isinstance(issuer, str)
    assert isinstance(digest, bytes)
    assert isinstance(values, tuple)
    return MintedFact(
        fact=Fact(**dict(zip(Fact.__dataclass_fields__, values, strict=True))),
        issuer=bytes.fromhex(issuer[2:]),
        fact_hash=digest,
        height=Height(log.block_number),
        transaction=TransactionId(log.transaction),
    )
