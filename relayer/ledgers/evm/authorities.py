"""Collects the signatures of k of n authorities over a block hash, in parallel, even if some are slow, dead or lying.

The hash is the one that our own node shows; an authority that names another is counted as disagreeing. Every signature is
verified before it counts, so a light client never sees a bad one. An authority that signed two hashes for one number is not
counted any more, and what it signed is kept as evidence. Those that answer after the threshold was reached are heard out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import grpc

from relayer.errors import AuthoritiesUnavailable
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.patience import Patience
from relayer.ledgers.evm.statements import AuthorityStatement, Statements, TwoHistories
from relayer.logs import Log
from relayer.ports.capabilities import Voucher, Vouching
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm.attestation import authority_digest, recover_signer
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.recurrence import Recurrence
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

_MAXIMUM_ANSWER_BYTES = 65_536
_HASH_BYTES = 32
_SECOND_ROUND_SECONDS = 2.0
_REMEMBERED_ROUNDS = 64
_log = Log(__name__)


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Which hash a block has, for one light client that trusts `engine`; `block_hash` is what our own node says."""

    identity: ClientIdentity
    number: int
    block_hash: bytes
    engine: AuthorityEngine

    def request(self, chain_id: int) -> authority_pb2.AttestRequest:
        client = authority_pb2.ServedClient(
            host_chain_id=self.identity.host_chain_id,
            host_genesis=self.identity.host_genesis,
            client_id=self.identity.client_id,
        )
        return authority_pb2.AttestRequest(chain_id=chain_id, client=client, number=self.number)


class AuthorityQuorum:
    """The configured authorities of one ledger. Safe for concurrent use; `close` ends its connections.

    A new light client trusts `members`. One whose authorities were rotated names others: those of `rotating` are asked for a
    client that names them.
    """

    def __init__(
        self,
        members: Sequence[AuthorityEndpoint],
        *,
        rotating: Sequence[AuthorityEndpoint] = (),
        threshold: int,
        chain_id: int,
        timeout_seconds: float = 15.0,
    ) -> None:
        """Raises ClientRefused for a threshold or a set that no light client accepts."""
        self.engine = AuthorityEngine(threshold=threshold, authorities=tuple(sorted(each.address for each in members)))
        self.engine.check()
        self._endpoints = tuple(members)
        self._known = (*members, *rotating)
        self._chain_id = chain_id
        self._timeout = timeout_seconds
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._patience = {endpoint: Patience() for endpoint in self._known}
        self._recurrence = Recurrence()
        self._unsigned: dict[AuthorityEndpoint, int] = {}
        """The block that an authority was asked for last and did not sign."""
        self._statements = Statements()
        self._late: dict[AuthorityEndpoint, asyncio.Task[bytes]] = {}
        self._second_rounds: OrderedDict[_Question, asyncio.Task[None]] = OrderedDict()

    async def close(self) -> None:
        """Closes the channels to all authorities."""
        late, self._late = self._late, {}
        rounds, self._second_rounds = self._second_rounds, OrderedDict()
        await _end([*late.values(), *rounds.values()])
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.close(None)

    async def collect(
        self, identity: ClientIdentity, *, number: int, block_hash: bytes, engine: AuthorityEngine | None = None
    ) -> tuple[bytes, ...]:
        """As many verified signatures as the threshold of `engine` needs, by default that of a new light client. Raises
        AuthoritiesUnavailable, naming each one's reason."""
        engine = engine or self.engine
        question = _Question(identity=identity, number=number, block_hash=block_hash, engine=engine)
        asked = self._of(engine)
        if len(asked) < engine.threshold:
            raise AuthoritiesUnavailable(_unknown(identity, engine, asked))
        tasks = {asyncio.create_task(self._ask(endpoint, question)): endpoint for endpoint in asked}
        signatures: list[bytes] = []
        reasons: list[str] = []
        pending: set[asyncio.Task[bytes]] = set(tasks)
        try:
            while pending and len(signatures) < engine.threshold:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    endpoint = tasks[task]
                    try:
                        signatures.append(task.result())
                        self._unsigned.pop(endpoint, None)
                    except _Refused as refusal:
                        self._unsigned[endpoint] = number
                        reasons.append(f"{endpoint.name} at {endpoint.target}: {refusal.reason}")
        except BaseException:
            await _end(pending)
            raise
        await self._hear_out({tasks[task]: task for task in pending})
        if (second := self._second_rounds.get(question)) is not None:
            await asyncio.wait([second], timeout=_SECOND_ROUND_SECONDS)
        if len(signatures) < engine.threshold:
            raise AuthoritiesUnavailable(
                f"block {number}: {len(signatures)} of the {engine.threshold} signatures that are needed; "
                + "; ".join(sorted(reasons))
            )
        return tuple(signatures[: engine.threshold])

    async def signable(self, *, target: int, engine: AuthorityEngine | None = None) -> int:
        """The newest block, up to `target`, that as many of `engine` as are needed say is final at their nodes; `target` if
        they do not say. One that did not sign a block which it claims to have is not counted until it signs again."""
        engine = engine or self.engine
        asked = self._of(engine)
        said = await asyncio.gather(*(self._describe(each) for each in asked), return_exceptions=True)
        heights = []
        for endpoint, told in zip(asked, said, strict=True):
            if isinstance(told, authority_pb2.DescribeResponse):
                unsigned = self._unsigned.get(endpoint)
                heights.append(told.final_height if unsigned is None or told.final_height < unsigned else 0)
            elif not isinstance(told, _Refused):
                raise told
        heights.sort(reverse=True)
        newest = heights[engine.threshold - 1] if len(heights) >= engine.threshold else 0
        return min(newest, target) or target

    def _of(self, engine: AuthorityEngine) -> list[AuthorityEndpoint]:
        return [each for each in self._known if each.address in engine.authorities]

    async def confirm(self, *, number: int, block_hash: bytes) -> None:
        """Returns once as many as the threshold needs have signed the hash, each for a light client that it serves: a client
        that is created next has no id yet. Raises AuthoritiesUnavailable, naming each one's reason."""
        asked = await asyncio.gather(
            *(self._confirmation(each, number, block_hash) for each in self._endpoints), return_exceptions=True
        )
        reasons = []
        for endpoint, result in zip(self._endpoints, asked, strict=True):
            if isinstance(result, _Refused):
                reasons.append(f"{endpoint.name} at {endpoint.target}: {result.reason}")
            elif isinstance(result, BaseException):
                raise result
        confirmed = len(self._endpoints) - len(reasons)
        if confirmed < self.engine.threshold:
            raise AuthoritiesUnavailable(
                f"block {number}, from which a light client would start: {confirmed} of the {self.engine.threshold} "
                "signatures that are needed; " + "; ".join(sorted(reasons))
            )

    async def _confirmation(self, endpoint: AuthorityEndpoint, number: int, block_hash: bytes) -> None:
        served = (await self._describe(endpoint)).clients
        if not served:
            raise _Refused("serves no light client, so it signs nothing; name one in its configuration")
        identity = ClientIdentity(
            host_chain_id=served[0].host_chain_id,
            host_genesis=served[0].host_genesis or bytes(_HASH_BYTES),
            client_id=served[0].client_id,
        )
        await self._ask(endpoint, _Question(identity=identity, number=number, block_hash=block_hash, engine=self.engine))

    @property
    def rotating(self) -> tuple[bytes, ...]:
        """Addresses of those that are known beside the members."""
        return tuple(each.address for each in self._known[len(self._endpoints) :])

    async def vouching(self, engine: AuthorityEngine | None = None) -> Vouching:
        """Asks each of `engine`, by default each member, who it is; one that is not what the configuration says counts as
        failing."""
        engine = engine or self.engine
        known = self._of(engine)
        vouchers = await asyncio.gather(*map(self._voucher, known))
        return Vouching(threshold=engine.threshold, vouchers=(*vouchers, *_strangers(engine, known)))

    async def not_serving(self, identity: ClientIdentity, engine: AuthorityEngine | None = None) -> tuple[Voucher, ...]:
        """Those of `engine`, by default of a new light client, that do not sign for a client, with the reason."""
        engine = engine or self.engine
        known = self._of(engine)
        asked = await asyncio.gather(*(self._server_of(each, identity) for each in known))
        return (*(each for each in asked if each.error), *_strangers(engine, known))

    async def _server_of(self, endpoint: AuthorityEndpoint, identity: ClientIdentity) -> Voucher:
        name = f"0x{endpoint.address.hex()}"
        try:
            served = (await self._describe(endpoint)).clients
        except _Refused as refusal:
            return Voucher(name=name, endpoint=endpoint.target, error=refusal.reason)
        serves = any(
            (each.host_chain_id, each.client_id) == (identity.host_chain_id, identity.client_id)
            and each.host_genesis in (b"", identity.host_genesis)
            for each in served
        )
        return Voucher(name=name, endpoint=endpoint.target, error="" if serves else "does not serve the client")

    async def _voucher(self, endpoint: AuthorityEndpoint) -> Voucher:
        name = endpoint.name
        try:
            await self._describe(endpoint)
        except _Refused as refusal:
            return Voucher(name=name, endpoint=endpoint.target, error=refusal.reason)
        return Voucher(name=name, endpoint=endpoint.target)

    async def _describe(self, endpoint: AuthorityEndpoint) -> authority_pb2.DescribeResponse:
        self._require_consistent(endpoint)
        try:
            request = authority_pb2.DescribeRequest()
            told: authority_pb2.DescribeResponse = await self._stub(endpoint).Describe(
                request, timeout=self._timeout, metadata=endpoint.metadata
            )
        except grpc.aio.AioRpcError as error:
            raise _Refused(f"{error.code().name}: {error.details()}") from error
        if (told.address, told.chain_id) != (endpoint.address, self._chain_id):
            raise _Refused(f"is 0x{told.address.hex()} of chain {told.chain_id}; compare it with the configuration")
        return told

    def histories(self, identity: ClientIdentity) -> TwoHistories | None:
        """Two hashes of one block that the authorities vouched for to this client, if they ever did."""
        return self._statements.histories(identity)

    async def _hear_out(self, late: dict[AuthorityEndpoint, asyncio.Task[bytes]]) -> None:
        """What they say may contradict the others. One answer an authority is waited for, the newest."""
        await _end([task for endpoint in late if (task := self._late.pop(endpoint, None)) is not None])
        for endpoint, task in late.items():
            self._late[endpoint] = task
            task.add_done_callback(_take_note)

    async def _ask(self, endpoint: AuthorityEndpoint, question: _Question) -> bytes:
        """One verified signature. While the authority's node is behind ours it is asked again, less and less often."""
        self._require_consistent(endpoint)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        request = question.request(self._chain_id)
        patience = self._patience[endpoint]
        while True:
            pause = patience.pause(question.number, loop.time())
            if pause and loop.time() + pause >= deadline:
                raise _Refused(f"{patience.reason}; it is asked again in {pause:.0f} s")
            await asyncio.sleep(pause)
            try:
                left = max(deadline - loop.time(), 0.001)
                answer = await self._stub(endpoint).Attest(request, timeout=left, metadata=endpoint.metadata)
            except grpc.aio.AioRpcError as error:
                reason = f"{error.code().name}: {error.details()}"
                self._note_refusal(endpoint, error.code(), reason)
                if not patience.refused(error.code(), reason, number=question.number, now=loop.time()):
                    raise _Refused(reason) from error
                continue
            patience.answered()
            if self._recurrence.ended(endpoint):
                _log.info("authority_signs_again", authority=endpoint.name, endpoint=endpoint.target)
            return self._hear(answer, endpoint, question)

    def _note_refusal(self, endpoint: AuthorityEndpoint, code: grpc.StatusCode, reason: str) -> None:
        unlogged = self._recurrence.met(endpoint, code, asyncio.get_running_loop().time())
        if unlogged is not None:
            _log.warning(
                "authority_does_not_sign",
                authority=endpoint.name,
                endpoint=endpoint.target,
                reason=reason,
                not_logged=unlogged,
            )

    def _require_consistent(self, endpoint: AuthorityEndpoint) -> None:
        if self._statements.contradiction_of(endpoint.address) is not None:
            raise _Refused("signed two hashes for one block, so it is not asked any more; replace this authority")

    def _hear(self, answer: authority_pb2.AttestResponse, endpoint: AuthorityEndpoint, question: _Question) -> bytes:
        """The signature, if it is the authority's and over our hash. Whatever else it truly signed is noted."""
        statement = self._verified(answer, endpoint, question)
        earlier = self._statements.note(statement, question.engine)
        if earlier is not None:
            _log.error(
                "authority_contradicts_itself",
                authority=endpoint.name,
                chain_id=self._chain_id,
                number=question.number,
                statements=[earlier.shown(), statement.shown()],
            )
            raise _Refused(
                f"signed two hashes for block {question.number}, {earlier.block_hash.hex()} and "
                f"{statement.block_hash.hex()}; replace this authority"
            )
        if statement.block_hash != question.block_hash:
            self._ask_again(question)
            raise _Refused(
                f"signs hash {statement.block_hash.hex()}, our node has {question.block_hash.hex()}; "
                "one of the two nodes is on a fork"
            )
        return statement.signature

    def _ask_again(self, question: _Question) -> None:
        """Somebody truly vouches for another hash. Once more, in case that one of the others does, too."""
        if question in self._second_rounds:
            return
        self._second_rounds[question] = asyncio.create_task(self._second_round(question))
        while len(self._second_rounds) > _REMEMBERED_ROUNDS:
            _, oldest = self._second_rounds.popitem(last=False)
            oldest.cancel()

    async def _second_round(self, question: _Question) -> None:
        asked = self._of(question.engine)
        await asyncio.gather(*(self._ask(each, question) for each in asked), return_exceptions=True)

    def _verified(
        self, answer: authority_pb2.AttestResponse, endpoint: AuthorityEndpoint, question: _Question
    ) -> AuthorityStatement:
        if len(answer.block_hash) != _HASH_BYTES:
            raise _Refused(f"names a hash of {len(answer.block_hash)} bytes")
        digest = authority_digest(
            chain_id=self._chain_id, identity=question.identity, number=question.number, block_hash=answer.block_hash
        )
        try:
            signer = recover_signer(digest, answer.signature)
        except ProofError as error:
            raise _Refused(f"gives a bad signature ({error})") from error
        if signer != endpoint.address:
            raise _Refused(f"signs as 0x{signer.hex()}, so it is not the configured authority")
        return AuthorityStatement(
            identity=question.identity,
            number=question.number,
            authority=signer,
            block_hash=bytes(answer.block_hash),
            signature=bytes(answer.signature),
        )

    def _stub(self, endpoint: AuthorityEndpoint) -> authority_pb2_grpc.AuthorityStub:
        channel = self._channels.get(endpoint.target)
        if channel is None:
            options = [
                ("grpc.max_receive_message_length", _MAXIMUM_ANSWER_BYTES),
                # An authority that was down must be found soon after it is back.
                ("grpc.max_reconnect_backoff_ms", 2_000),
            ]
            channel = endpoint.channel(options=options)
            self._channels[endpoint.target] = channel
        return authority_pb2_grpc.AuthorityStub(channel)  # type: ignore[no-untyped-call]


def _strangers(engine: AuthorityEngine, known: Sequence[AuthorityEndpoint]) -> list[Voucher]:
    missing = set(engine.authorities) - {each.address for each in known}
    return [Voucher(name="0x" + each.hex(), endpoint="", error="is not configured here") for each in sorted(missing)]


def _unknown(identity: ClientIdentity, engine: AuthorityEngine, known: Sequence[AuthorityEndpoint]) -> str:
    addresses = {each.address for each in known}
    missing = ", ".join("0x" + each.hex() for each in engine.authorities if each not in addresses)
    client = f"client {identity.client_id} on {identity.host_chain_id}"
    return (
        f"{client} trusts authorities that are not configured: {missing}. They were rotated; name them under `authorities`"
    )


def _take_note(task: asyncio.Task[bytes]) -> None:
    """No one waits for it any more; its result is recorded already."""
    if not task.cancelled():
        task.exception()


async def _end(tasks: Iterable[asyncio.Task[bytes] | asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
