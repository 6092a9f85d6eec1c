"""Writes the cases of the light client poa-evm: bytes in, verdict out, for every implementation of it.

Run it with the project's Python to rewrite the files beside it; the tests fail when they differ. The tries are built by
py-trie, not by what is tested. Keys and times are fixed, signatures are deterministic. What a case expects is stated by
hand here, never taken from the implementation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import rlp
from coincurve import PrivateKey
from eth_utils import keccak
from trie import HexaryTrie

from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.attestation import address_of_key, authority_digest, rotation_digest, sign_digest
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import (
    COMMITMENTS_SLOT,
    AuthorityRotation,
    ClientState,
    ConsensusState,
    Misbehaviour,
    RetiredAuthorities,
    SealedHeader,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_misbehaviour,
    encode_rotation,
    encode_storage_proof,
)
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2

HERE = Path(__file__).parent
SEALED_HEADERS = HERE.parent.parent / "vectors" / "sealed_headers.json"
CHAIN_ID = 1337
ROUTER = bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3")
IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
GENESIS = 1_772_366_400
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
EMPTY_HASH = keccak(b"")
TRUSTED = 10


def key(number: int) -> bytes:
    """The same key for the same number, always."""
    return sha256(b"authority %d" % number).digest()


def address(number: int) -> bytes:
    return address_of_key(PrivateKey(key(number)).public_key)


AUTHORITIES = sorted(range(5), key=address)
CLIENT = ClientState(
    chain_id=CHAIN_ID,
    router=ROUTER,
    engine=AuthorityEngine(threshold=3, authorities=tuple(address(number) for number in AUTHORITIES)),
    trusting_period_seconds=86_400,
    max_clock_drift_seconds=15,
    latest_height=TRUSTED,
)


def path_of(sequence: int) -> bytes:
    return b"client-0\x01" + sequence.to_bytes(8, "big")


def slot_of(path: bytes) -> bytes:
    return keccak(keccak(path) + COMMITMENTS_SLOT)


class Storage:
    """A router's storage: commitments by path, as an EVM ledger keeps them."""

    def __init__(self, words: dict[bytes, bytes]) -> None:
        self.trie = HexaryTrie({})
        for path, word in words.items():
            self.trie[keccak(slot_of(path))] = rlp.encode(word.lstrip(b"\0"))

    def proof(self, path: bytes) -> list[bytes]:
        return nodes_of(self.trie, keccak(slot_of(path)))


def nodes_of(trie: HexaryTrie, hashed_key: bytes) -> list[bytes]:
    """Encoded nodes from the root down; those that stand inside of their parent are not repeated."""
    nodes = [rlp.encode(node) for node in trie.get_proof(hashed_key)]
    return [node for index, node in enumerate(nodes) if index == 0 or len(node) >= 32]


class World:
    """One state of the ledger: a router with its storage among other accounts."""

    def __init__(self, words: dict[bytes, bytes], *, others: int = 20, router: bytes = ROUTER) -> None:
        self.storage = Storage(words)
        self.accounts = HexaryTrie({})
        self.accounts[keccak(router)] = rlp.encode([1, 5 * 10**18, self.storage.trie.root_hash, keccak(b"code")])
        for number in range(others):
            other = sha256(b"account %d" % number).digest()[:20]
            self.accounts[keccak(other)] = rlp.encode([number, number * 10**15, keccak(rlp.encode(b"")), EMPTY_HASH])

    def account_proof(self, of: bytes = ROUTER) -> list[bytes]:
        return nodes_of(self.accounts, keccak(of))


def word(text: str) -> bytes:
    return sha256(text.encode()).digest()


WORDS = {path_of(number): word(f"commitment {number}") for number in range(1, 41)}
WORDS[path_of(41)] = b"\0" * 31 + b"\x07"
WORDS[path_of(42)] = b"\0\0" + word("leading zeros")[2:]
STATE = World(WORDS)


def time_at(number: int) -> int:
    return GENESIS + 3 * number


def header_fields(number: int, state: World, **changes: Any) -> list[Any]:
    """The 17 fields of a Shanghai block, as Ganache makes them."""
    fields = {
        "parent": sha256(b"parent %d" % number).digest(),
        "uncles": keccak(rlp.encode([])),
        "miner": bytes(20),
        "state": state.accounts.root_hash,
        "transactions": keccak(rlp.encode(b"")),
        "receipts": keccak(rlp.encode(b"")),
        "bloom": bytes(256),
        "difficulty": 1,
        "number": number,
        "gas_limit": 30_000_000,
        "gas_used": 21_000,
        "timestamp": time_at(number),
        "extra": b"",
        "mix": bytes(32),
        "nonce": bytes(8),
        "base_fee": 875_000_000,
        "withdrawals": keccak(rlp.encode(b"")),
    }
    return list((fields | changes).values())


@dataclass(kw_only=True)
class Block:
    """One sealed header: the valid baseline that each case changes in one place."""

    number: int = 11
    state: World = STATE
    fields: dict[str, Any] = field(default_factory=dict)
    signers: Sequence[int] = (0, 1, 2)
    identity: ClientIdentity = IDENTITY
    chain_id: int = CHAIN_ID
    signed_number: int | None = None
    signed_hash: bytes | None = None
    rlp_bytes: bytes | None = None
    hashed: bytes | None = None
    account_proof: Sequence[bytes] | None = None
    seals: Callable[[list[bytes]], list[bytes]] | None = None

    @property
    def encoding(self) -> bytes:
        return self.rlp_bytes or rlp.encode(header_fields(self.number, self.state, **self.fields))

    @property
    def hash(self) -> bytes:
        """What is hashed differs from the header where an engine's seals are in the extra data."""
        return keccak(self.hashed or self.encoding)

    def header(self) -> SealedHeader:
        digest = authority_digest(
            chain_id=self.chain_id,
            identity=self.identity,
            number=self.number if self.signed_number is None else self.signed_number,
            block_hash=self.signed_hash or self.hash,
        )
        seals = [sign_digest(key(number), digest) for number in self.signers]
        proof = self.state.account_proof() if self.account_proof is None else self.account_proof
        return SealedHeader(
            header_rlp=self.encoding,
            seals=tuple(self.seals(seals) if self.seals else seals),
            account_proof=tuple(proof),
        )

    def consensus(self) -> ConsensusState:
        made = self.fields.get("timestamp", time_at(self.number))
        return ConsensusState(
            timestamp_seconds=made,
            block_hash=self.hash,
            state_root=self.fields.get("state", self.state.accounts.root_hash),
            storage_root=self.state.storage.trie.root_hash,
        )


Case = dict[str, Any]
NOW = time_at(11) + 1


def case(
    name: str,
    operation: str,
    verdict: str,
    *,
    client: ClientState = CLIENT,
    stored: dict[int, ConsensusState] | None = None,
    now: int = NOW,
    **inputs: Any,
) -> Case:
    states = {TRUSTED: Block(number=TRUSTED).consensus()} | (stored or {})
    return {
        "name": name,
        "operation": operation,
        "verdict": verdict,
        "host_chain_id": IDENTITY.host_chain_id,
        "host_genesis": IDENTITY.host_genesis.hex(),
        "client_id": IDENTITY.client_id,
        "now_seconds": now,
        "client_state": encode_client_state(client).hex(),
        "consensus_states": {str(at): encode_consensus_state(each).hex() for at, each in states.items()},
        **inputs,
    }


def update(name: str, verdict: str, block: Block | None = None, **world: Any) -> Case:
    """One header. When it is believed, the expected states follow from the block alone."""
    made = block or Block()
    client = world.get("client", CLIENT)
    after: dict[str, Any] = {}
    if verdict == "updated":
        latest = max(client.latest_height, made.number)
        after = {
            "height": made.number,
            "consensus_state_after": encode_consensus_state(made.consensus()).hex(),
            "client_state_after": encode_client_state(replace(client, latest_height=latest)).hex(),
        }
    if verdict == "frozen":
        after = {"client_state_after": encode_client_state(replace(client, frozen_height=made.number)).hex()}
    return case(name, "update", verdict, message=encode_header(made.header()).hex(), **after, **world)


def good_updates() -> Iterator[Case]:
    yield update("next block, 3 of 5", "updated")
    yield update("all five sign", "updated", Block(signers=range(5)))
    yield update("any three sign", "updated", Block(signers=(4, 2, 3)))
    yield update("block far ahead in number", "updated", Block(number=5000), now=time_at(5000))
    one = replace(CLIENT, engine=AuthorityEngine(threshold=1, authorities=(address(0),)))
    yield update("one authority", "updated", Block(signers=(0,)), client=one)
    yield update(
        "below the latest height, not yet known",
        "updated",
        Block(number=15),
        now=time_at(30),
        client=replace(CLIENT, latest_height=20),
        stored={20: Block(number=20).consensus()},
    )
    yield update("before the first known block", "height", Block(number=9))
    yield update("timestamp of the block below", "updated", Block(fields={"timestamp": time_at(10)}))
    yield update("exactly the clock drift ahead", "updated", now=time_at(11) - 15)
    yield update("router without storage", "updated", Block(state=World({})))
    yield update("router alone in the state", "updated", Block(state=World(WORDS, others=0)))
    for count, name in [(15, "Berlin"), (16, "London"), (20, "Cancun"), (21, "Prague")]:
        fields = [*header_fields(11, STATE), 0, 0, bytes(32), sha256(b"").digest()][:count]
        yield update(f"header of {name}, {count} fields", "updated", Block(rlp_bytes=rlp.encode(fields)))
    clique = rlp.encode(header_fields(11, STATE, extra=bytes(32 + 4 * 20 + 65), difficulty=2)[:15])
    yield update("header with 177 bytes of extra data", "updated", Block(rlp_bytes=clique))
    yield update("known height, same header", "unchanged", stored={11: Block().consensus()})
    yield update(
        "known height, same header, no account proof", "unchanged", Block(account_proof=()), stored={11: Block().consensus()}
    )
    other = Block(fields={"miner": bytes(19) + b"\1"})
    yield update("known height, another hash", "frozen", other, stored={11: Block().consensus()})
    yield update(
        "known height, another hash, no account proof",
        "frozen",
        replace(other, account_proof=()),
        stored={11: Block().consensus()},
    )
    yield update(
        "trusted height, another hash from the future", "frozen", Block(number=10, fields={"timestamp": time_at(99999)})
    )


def aura_updates() -> Iterator[Case]:
    """Aura: a step and a signature in place of mixHash and nonce, then the empty steps where the chain has them."""
    common, step, signature = header_fields(11, STATE)[:13], 354_321_098, word("r") + word("s") + b"\1"
    steps = [[354_321_097, signature], [354_321_096, signature]]
    for name, rest in [
        ("", [step, signature]),
        (", no empty steps", [step, signature, []]),
        (", two empty steps", [step, signature, steps]),
        (", London", [step, signature, 7]),
        (", two empty steps, London", [step, signature, steps, 7]),
        (", step 0", [0, signature]),
    ]:
        yield update("Aura" + name, "updated", Block(rlp_bytes=rlp.encode([*common, *rest])))
    for name, rest in [
        ("step of 9 bytes", [2**64, signature]),
        ("step with a leading zero", [b"\0\1", signature]),
        ("step that is a list", [[step], signature]),
        ("signature of 64 bytes", [step, signature[:64]]),
        ("signature of 66 bytes", [step, signature + b"\0"]),
        ("signature that is a list", [step, [signature]]),
        ("empty steps twice", [step, signature, [], []]),
        ("empty steps that are a string of 33 bytes", [step, signature, bytes(33)]),
        ("base fee before the empty steps", [step, signature, 7, []]),
        ("no signature", [step]),
    ]:
        yield update(f"Aura, {name}", "malformed", Block(rlp_bytes=rlp.encode([*common, *rest])))
    yield update("empty steps without Aura", "malformed", Block(rlp_bytes=rlp.encode([*common, bytes(32), bytes(8), []])))


def bft_block(extra: Any, hashed: Any = None, **more: Any) -> Block:
    """A block whose extra data is this list or these bytes, and over which its hash is taken."""

    def header(data: Any) -> bytes:
        encoded = data if isinstance(data, bytes) else rlp.encode(data)
        return rlp.encode(header_fields(11, STATE, extra=encoded, mix=BFT_MIX_HASH))

    return Block(rlp_bytes=header(extra), hashed=None if hashed is None else header(hashed), **more)


BFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
VANITY = b"vanity".ljust(32, b"\0")
VALIDATORS = [address(number) for number in AUTHORITIES]
COMMIT_SEALS = [word(f"r {number}") + word(f"s {number}") + b"\0" for number in range(4)]


def bft_updates() -> Iterator[Case]:
    """QBFT, IBFT 2.0 and Istanbul BFT: the block hash leaves out round and seals."""
    for name, vote in [("no vote", []), ("a vote to add", [address(9), b"\xff"]), ("a vote to remove", [address(9), b""])]:
        for round_number in (0, 1, 300):
            extra = [VANITY, VALIDATORS, vote, round_number, COMMIT_SEALS]
            block = bft_block(extra, [VANITY, VALIDATORS, vote, 0, []])
            yield update(f"QBFT, {name}, round {round_number}", "updated", block)
    for name, vote in [("no vote", b""), ("a vote", [address(9), b"\xff"])]:
        for round_bytes in (bytes(4), b"\0\0\0\1", b"\1\0\0\0"):
            extra = [VANITY, VALIDATORS, vote, round_bytes, COMMIT_SEALS]
            name_of_case = f"IBFT 2.0, {name}, round {int.from_bytes(round_bytes, 'big')}"
            yield update(name_of_case, "updated", bft_block(extra, [VANITY, VALIDATORS, vote]))
    full = [VANITY, VALIDATORS, [], 1, COMMIT_SEALS]
    hashed = [VANITY, VALIDATORS, [], 0, []]
    good = bft_block(full, hashed)
    yield update("QBFT, as it is hashed", "updated", bft_block(hashed))
    yield update(
        "QBFT, validators from a contract", "updated", bft_block([VANITY, [], *full[2:]], [VANITY, [], *hashed[2:]])
    )
    other = bft_block([VANITY, VALIDATORS, [], 2, COMMIT_SEALS[1:]], hashed)
    yield update("QBFT, known height, other seals and round", "unchanged", other, stored={11: good.consensus()})
    signed = keccak(good.encoding)
    yield update("QBFT, signed with its seals", "unknown_signer", replace(good, signed_hash=signed))
    changed = bft_block([VANITY, VALIDATORS[1:], *full[2:]], [VANITY, VALIDATORS[1:], *hashed[2:]])
    yield update("QBFT, known height, other validators", "frozen", changed, stored={11: good.consensus()})
    istanbul = VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], COMMIT_SEALS[1:]])
    kept = VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], []])
    block = bft_block(istanbul, kept)
    yield update("Istanbul BFT", "updated", block)
    yield update("Istanbul BFT, as it is hashed", "updated", bft_block(kept))
    yield update("Istanbul BFT, no validators and no seal", "updated", bft_block(VANITY + rlp.encode([[], b"", []])))
    fewer = bft_block(VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], COMMIT_SEALS[2:]]), kept)
    yield update("Istanbul BFT, known height, other seals", "unchanged", fewer, stored={11: block.consensus()})
    proposed = VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[1], []])
    by_another = bft_block(VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[1], COMMIT_SEALS[2:]]), proposed)
    yield update("Istanbul BFT, known height, another proposer", "frozen", by_another, stored={11: block.consensus()})
    for name, extra in NOT_BFT:
        yield update(f"hashed as it is: {name}", "updated", bft_block(extra))
    plain = rlp.encode(header_fields(11, STATE, extra=rlp.encode(full)))
    yield update("hashed as it is: QBFT without its mixHash", "updated", Block(rlp_bytes=plain))


NOT_BFT: list[tuple[str, Any]] = [
    ("no extra data", b""),
    ("text", b"geth"),
    ("a byte behind the list", rlp.encode([VANITY, VALIDATORS, [], 1, COMMIT_SEALS]) + b"\0"),
    ("four items", [VANITY, VALIDATORS, [], 1]),
    ("six items", [VANITY, VALIDATORS, [], 1, COMMIT_SEALS, 0]),
    ("vanity of 31 bytes", [VANITY[:31], VALIDATORS, [], 1, COMMIT_SEALS]),
    ("vanity that is a list", [[VANITY], VALIDATORS, [], 1, COMMIT_SEALS]),
    ("validators that are a string", [VANITY, VALIDATORS[0], [], 1, COMMIT_SEALS]),
    ("a vote that is a string", [VANITY, VALIDATORS, b"x", 1, COMMIT_SEALS]),
    ("an IBFT 2.0 vote with a QBFT round", [VANITY, VALIDATORS, b"", 1, COMMIT_SEALS]),
    ("a QBFT vote with an IBFT 2.0 round", [VANITY, VALIDATORS, [], bytes(4), COMMIT_SEALS]),
    ("a round with a leading zero", [VANITY, VALIDATORS, [], b"\0\1", COMMIT_SEALS]),
    ("a round of 5 bytes", [VANITY, VALIDATORS, [], 2**32, COMMIT_SEALS]),
    ("a round that is a list", [VANITY, VALIDATORS, [], [1], COMMIT_SEALS]),
    ("seals that are a string", [VANITY, VALIDATORS, [], 1, COMMIT_SEALS[0]]),
    ("Istanbul BFT, a byte behind it", VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], COMMIT_SEALS]) + b"\1"),
    ("Istanbul BFT, vanity of 31 bytes", VANITY[:31] + rlp.encode([VALIDATORS, COMMIT_SEALS[0], COMMIT_SEALS])),
    ("Istanbul BFT, two items", VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS])),
    ("Istanbul BFT, four items", VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], COMMIT_SEALS, b""])),
    ("Istanbul BFT, an address of 19 bytes", VANITY + rlp.encode([[bytes(19)], COMMIT_SEALS[0], COMMIT_SEALS])),
    ("Istanbul BFT, a proposer's seal that is a list", VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS, COMMIT_SEALS])),
    ("Istanbul BFT, a seal that is a list", VANITY + rlp.encode([VALIDATORS, COMMIT_SEALS[0], [COMMIT_SEALS]])),
]


def real_headers() -> Iterator[Case]:
    """Headers of public networks. Their state has no router of ours, so the client is asked about a block that it knows."""
    for each in json.loads(SEALED_HEADERS.read_text())["headers"]:
        raw = bytes.fromhex(each["rlp"])
        hashed = None
        if each["engine"] == "qbft":
            fields = rlp.decode(raw)
            extra = rlp.decode(fields[12])
            hashed = rlp.encode([*fields[:12], rlp.encode([*extra[:3], 0, []]), *fields[13:]])
        block = Block(number=each["number"], rlp_bytes=raw, hashed=hashed, account_proof=())
        known = {each["number"]: replace(block.consensus(), timestamp_seconds=NOW)}
        name = f"{each['engine']} header {each['number']} of {each['network']}"
        client = replace(CLIENT, latest_height=each["number"])
        yield update(name, "unchanged", block, client=client, stored=known)


def flip_v(seals: list[bytes]) -> list[bytes]:
    return [seals[0][:64] + bytes([55 - seals[0][64]]), *seals[1:]]


def with_v(offset: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda seals: [seals[0][:64] + bytes([seals[0][64] + offset]), *seals[1:]]


def high_s(seals: list[bytes]) -> list[bytes]:
    other = CURVE_ORDER - int.from_bytes(seals[0][32:64], "big")
    return [seals[0][:32] + other.to_bytes(32, "big") + bytes([55 - seals[0][64]]), *seals[1:]]


def bad_seals() -> Iterator[Case]:
    other_host = replace(IDENTITY, host_chain_id="settlement-2")
    same_name = replace(IDENTITY, host_genesis=bytes([2] * 32))
    other_client = replace(IDENTITY, client_id="poa-evm-1")
    yield update("two of five", "threshold", Block(signers=(0, 1)))
    yield update("no seals", "threshold", Block(signers=()))
    yield update("one authority twice", "double_vote", Block(signers=(0, 1, 1)))
    yield update("one authority twice beyond the threshold", "double_vote", Block(signers=(0, 1, 2, 2)))
    yield update("a stranger among them", "unknown_signer", Block(signers=(0, 1, 7)))
    yield update("a stranger beyond the threshold", "unknown_signer", Block(signers=(0, 1, 2, 7)))
    yield update("signed for another chain id", "unknown_signer", Block(chain_id=1))
    yield update("signed for another host", "unknown_signer", Block(identity=other_host))
    yield update("signed for another host of the same chain id", "unknown_signer", Block(identity=same_name))
    yield update("signed for another client", "unknown_signer", Block(identity=other_client))
    yield update("signed for another number", "unknown_signer", Block(signed_number=12))
    yield update("signed for another hash", "unknown_signer", Block(signed_hash=word("other")))
    yield update("flipped v", "unknown_signer", Block(seals=flip_v))
    yield update("v of 0 or 1", "signature", Block(seals=with_v(-27)))
    yield update("v of 29 or 30", "signature", Block(seals=with_v(2)))
    yield update("high s", "signature", Block(seals=high_s))
    yield update("r of zero", "signature", Block(seals=lambda seals: [bytes(32) + seals[0][32:], *seals[1:]]))
    yield update("s of zero", "signature", Block(seals=lambda seals: [seals[0][:32] + bytes(32) + b"\x1b", *seals[1:]]))
    yield update(
        "r above the group's order", "signature", Block(seals=lambda seals: [b"\xff" * 32 + seals[0][32:], *seals[1:]])
    )
    yield update("signature of 64 bytes", "signature", Block(seals=lambda seals: [seals[0][:64], *seals[1:]]))
    yield update("257 seals", "limit", Block(seals=lambda seals: seals + [seals[0]] * 254))


def bad_headers() -> Iterator[Case]:
    good = header_fields(11, STATE)
    encoding = rlp.encode(good)
    padded_number = [*good[:8], b"\0\x0b", *good[9:]]
    for name, raw in [
        ("18 fields", rlp.encode([*good, 0])),
        ("19 fields", rlp.encode([*good, 0, 0])),
        ("22 fields", rlp.encode([*good, 0, 0, bytes(32), bytes(32), bytes(32)])),
        ("14 fields", rlp.encode(good[:14])),
        ("number with a leading zero", rlp.encode(padded_number)),
        ("a byte too many", encoding + b"\0"),
        ("cut off", encoding[:-1]),
        ("no list", rlp.encode(b"header")),
        ("a list as a field", rlp.encode([*good[:12], [b"x"], *good[13:]])),
        ("state root of 31 bytes", rlp.encode([*good[:3], bytes(31), *good[4:]])),
        ("miner of 21 bytes", rlp.encode([*good[:2], bytes(21), *good[3:]])),
        ("nonce of 7 bytes", rlp.encode([*good[:14], bytes(7), *good[15:]])),
        ("number of 9 bytes", rlp.encode([*good[:8], 2**64, *good[9:]])),
        ("length of the list padded", b"\xfa\0" + encoding[1:]),
        ("single byte in the long form", long_form(encoding, good)),
    ]:
        yield update(name, "malformed", Block(rlp_bytes=raw))
    yield update("header above 32 KiB", "limit", Block(rlp_bytes=rlp.encode([*good[:12], bytes(33_000), *good[13:]])))
    yield update("genesis block", "height", Block(number=0))


def long_form(encoding: bytes, fields: list[Any]) -> bytes:
    """The block number 11 as 81 0b: decodes to the same value where RLP is read loosely."""
    head, rest = rlp.encode(fields[:8]), rlp.encode(fields[9:])
    body = head[3:] + b"\x81\x0b" + rest[2:] if rest[0] == 0xF8 else head[3:] + b"\x81\x0b" + rest[3:]
    assert len(body) == len(encoding) - 3 + 1
    return b"\xf9" + len(body).to_bytes(2, "big") + body


def bad_times() -> Iterator[Case]:
    at = {20: Block(number=20).consensus()}
    later = replace(CLIENT, latest_height=20)
    yield update("one second beyond the clock drift", "future", now=time_at(11) - 16)
    yield update("older than the block below", "time", Block(fields={"timestamp": time_at(10) - 1}))
    yield update(
        "younger than the block above",
        "time",
        Block(number=15, fields={"timestamp": time_at(20) + 1}),
        client=later,
        stored=at,
        now=time_at(30),
    )
    yield update(
        "timestamp of the block above",
        "updated",
        Block(number=15, fields={"timestamp": time_at(20)}),
        client=later,
        stored=at,
        now=time_at(30),
    )
    yield update("client just expired", "client_expired", Block(number=99), now=time_at(10) + 86_400)
    yield update("one second before expiry", "updated", Block(number=99), now=time_at(10) + 86_399)
    yield update("frozen client", "client_frozen", client=replace(CLIENT, frozen_height=3))
    yield update("latest consensus state is missing", "client_expired", client=replace(CLIENT, latest_height=77))


def bad_accounts() -> Iterator[Case]:
    proof = STATE.account_proof()
    elsewhere = World(WORDS, router=bytes(19) + b"\x09")
    yield update("account proof without its leaf", "node_missing", Block(account_proof=proof[:-1]))
    yield update("no account proof", "node_missing", Block(account_proof=()))
    yield update("account proof with a node too many", "node_extra", Block(account_proof=[*proof, proof[-1]]))
    yield update("account proof in another order", "node_hash", Block(account_proof=proof[::-1]))
    yield update("account proof of another state", "node_hash", Block(account_proof=World(WORDS, others=21).account_proof()))
    yield update("no router in the state", "value_absent", Block(state=elsewhere, account_proof=elsewhere.account_proof()))
    yield update(
        "account proof of another account",
        "node_hash",
        Block(state=elsewhere, account_proof=elsewhere.account_proof(bytes(19) + b"\x09")),
    )
    yield update("66 nodes", "limit", Block(account_proof=[proof[0]] * 66))
    yield update("node of 1025 bytes", "limit", Block(account_proof=[bytes(1025)]))
    for name, account in [
        ("account of three fields", [1, 1, bytes(32)]),
        ("nonce with a leading zero", [b"\0\1", 1, bytes(32), bytes(32)]),
        ("storage root of 31 bytes", [1, 1, bytes(31), bytes(32)]),
        ("balance of 33 bytes", [1, 2**256, bytes(32), bytes(32)]),
    ]:
        state = World({}, others=3)
        state.accounts[keccak(ROUTER)] = rlp.encode(account)
        yield update(name, "malformed", Block(state=state))


def bad_messages() -> Iterator[Case]:
    good = encode_header(Block().header())
    for name, raw in [
        ("no bytes", b""),
        ("unknown field", good + b"\x7a\x01\x00"),
        ("cut off message", good[:-1]),
        ("seals before the header", poaevm_pb2.Header(seals=[b"x"]).SerializeToString() + good),
    ]:
        yield case(name, "update", "malformed", message=raw.hex())


def misbehaviour(name: str, verdict: str, first: Block, second: Block, **world: Any) -> Case:
    retired = world.pop("retired", (None, None))
    evidence = Misbehaviour(
        header_1=replace(first.header(), account_proof=()),
        header_2=replace(second.header(), account_proof=()),
        retired_1=retired[0],
        retired_2=retired[1],
    )
    after = {}
    if verdict == "frozen":
        frozen = replace(world.get("client", CLIENT), frozen_height=first.number)
        after = {"client_state_after": encode_client_state(frozen).hex()}
    return case(name, "misbehaviour", verdict, message=encode_misbehaviour(evidence).hex(), **after, **world)


def misbehaviours() -> Iterator[Case]:
    fork = {"miner": bytes(19) + b"\1"}
    yield misbehaviour("two hashes of one number", "frozen", Block(), Block(fields=fork))
    yield misbehaviour(
        "two hashes by disjoint majorities of two",
        "frozen",
        Block(signers=(0, 1)),
        Block(fields=fork, signers=(2, 3)),
        client=replace(CLIENT, engine=replace(CLIENT.engine, threshold=2)),
    )
    yield misbehaviour("two hashes of a number not yet seen", "frozen", Block(number=4000), Block(number=4000, fields=fork))
    yield misbehaviour(
        "two hashes from before the first known block", "height", Block(number=9), Block(number=9, fields=fork)
    )
    yield misbehaviour("the same header twice", "no_misbehaviour", Block(), Block())
    yield misbehaviour("the same block, other signers", "no_misbehaviour", Block(), Block(signers=(2, 3, 4)))
    hashed = [VANITY, VALIDATORS, [], 0, []]
    yield misbehaviour(
        "the same QBFT block with other seals",
        "no_misbehaviour",
        bft_block([VANITY, VALIDATORS, [], 1, COMMIT_SEALS], hashed),
        bft_block([VANITY, VALIDATORS, [], 1, COMMIT_SEALS[1:]], hashed),
    )
    yield misbehaviour("two numbers", "no_misbehaviour", Block(), Block(number=12))
    yield misbehaviour("second header below the threshold", "threshold", Block(), Block(fields=fork, signers=(0, 1)))
    yield misbehaviour("second header by strangers", "unknown_signer", Block(), Block(fields=fork, signers=(7, 8, 9)))
    yield misbehaviour("second header of another chain", "unknown_signer", Block(), Block(fields=fork, chain_id=1))
    yield misbehaviour(
        "second header signed for another client",
        "unknown_signer",
        Block(),
        Block(fields=fork, identity=replace(IDENTITY, client_id="poa-evm-1")),
    )
    yield misbehaviour(
        "frozen already", "client_frozen", Block(), Block(fields=fork), client=replace(CLIENT, frozen_height=1)
    )
    yield misbehaviour("expired", "client_expired", Block(), Block(fields=fork), now=time_at(10) + 86_400)
    yield case("one header only", "misbehaviour", "malformed", message="0a00")


def engine_of(threshold: int, numbers: Sequence[int]) -> AuthorityEngine:
    return AuthorityEngine(threshold=threshold, authorities=tuple(sorted(address(number) for number in numbers)))


OLD = CLIENT.engine
NEW = engine_of(2, (2, 10, 11))
NEW_SIGNERS = (10, 11)
ROTATED = replace(
    CLIENT,
    engine=NEW,
    latest_height=20,
    generation=1,
    retired=(RetiredAuthorities(set_hash=OLD.set_hash, last_height=15),),
)
ROTATED_WORLD: dict[str, Any] = {"client": ROTATED, "stored": {20: Block(number=20).consensus()}, "now": time_at(21)}


def after_rotation() -> Iterator[Case]:
    yield update(
        "after a rotation, sealed by the successors", "updated", Block(number=21, signers=NEW_SIGNERS), **ROTATED_WORLD
    )
    yield update("after a rotation, sealed by the retired", "unknown_signer", Block(number=21), **ROTATED_WORLD)
    yield update("after a rotation, an old block sealed by the retired", "unknown_signer", Block(number=12), **ROTATED_WORLD)
    yield update(
        "after a rotation, an old block sealed by the successors",
        "updated",
        Block(number=12, signers=NEW_SIGNERS),
        **ROTATED_WORLD,
    )
    fork = Block(number=20, signers=NEW_SIGNERS, fields={"miner": bytes(19) + b"\1"})
    yield update("after a rotation, the successors contradict a known block", "frozen", fork, **ROTATED_WORLD)


def retired_misbehaviour() -> Iterator[Case]:
    fork = {"miner": bytes(19) + b"\1"}

    def pair(number: int, first: Sequence[int] = (0, 1, 2), second: Sequence[int] = (0, 1, 2)) -> tuple[Block, Block]:
        return Block(number=number, signers=first), Block(number=number, signers=second, fields=fork)

    both, world = (OLD, OLD), ROTATED_WORLD
    yield misbehaviour("two hashes by the retired, the last block of theirs", "frozen", *pair(15), retired=both, **world)
    yield misbehaviour("two hashes by the retired, an older block", "frozen", *pair(11), retired=both, **world)
    yield misbehaviour("two hashes by the retired, after their last", "unknown_signer", *pair(16), retired=both, **world)
    yield misbehaviour("two hashes by the retired, before the first known block", "height", *pair(9), retired=both, **world)
    mixed = pair(12, second=NEW_SIGNERS)
    yield misbehaviour("one hash by the retired, one by the successors", "frozen", *mixed, retired=(OLD, None), **world)
    yield misbehaviour("two hashes by the successors", "frozen", *pair(30, NEW_SIGNERS, NEW_SIGNERS), **world)
    yield misbehaviour("two hashes by the retired, who are not named", "unknown_signer", *pair(15), **world)
    yield misbehaviour(
        "the successors named as retired", "unknown_signer", *pair(15, NEW_SIGNERS, NEW_SIGNERS), retired=(NEW, NEW), **world
    )
    strangers = engine_of(2, (20, 21))
    yield misbehaviour(
        "strangers named as retired",
        "unknown_signer",
        *pair(15, (20, 21), (20, 21)),
        retired=(strangers, strangers),
        **world,
    )
    lower = replace(OLD, threshold=2)
    yield misbehaviour(
        "the retired with a lower threshold", "unknown_signer", *pair(15, (0, 1), (0, 1)), retired=(lower, lower), **world
    )
    yield misbehaviour("the retired below their threshold", "threshold", *pair(15, second=(0, 1)), retired=both, **world)
    empty = AuthorityEngine(threshold=0, authorities=())
    yield misbehaviour("nobody named as retired", "parameters", *pair(15, (), ()), retired=(empty, empty), **world)
    yield misbehaviour("retired of a client that never rotated", "unknown_signer", *pair(11), retired=both)
    twice = (
        RetiredAuthorities(set_hash=OLD.set_hash, last_height=12),
        RetiredAuthorities(set_hash=OLD.set_hash, last_height=18),
    )
    yield misbehaviour(
        "two hashes by authorities that were retired twice",
        "frozen",
        *pair(17),
        retired=both,
        **world | {"client": replace(ROTATED, generation=3, retired=twice)},
    )


def rotation(name: str, verdict: str, *, signers: Sequence[int] = (0, 1, 2), **more: Any) -> Case:
    """`signed` changes what the authorities sign, `engine` and `generation` what the message says."""
    world = {each: more.pop(each) for each in ("client", "stored", "now") if each in more}
    client = world.get("client", CLIENT)
    engine, generation = more.pop("engine", NEW), more.pop("generation", client.generation + 1)
    covered = {
        "chain_id": CHAIN_ID,
        "identity": IDENTITY,
        "generation": generation,
        "threshold": engine.threshold,
        "authorities": engine.authorities,
    } | more.pop("signed", {})
    digest = more.pop("digest", None) or rotation_digest(**covered)
    signatures = [sign_digest(key(number), digest) for number in signers]
    message = AuthorityRotation(
        generation=generation, engine=engine, signatures=tuple(more.pop("seals", lambda seals: seals)(signatures))
    )
    after = {}
    if verdict == "rotated":
        kept = more.pop("kept", client.retired)
        retired = (*kept, RetiredAuthorities(set_hash=client.engine.set_hash, last_height=client.latest_height))
        rotated = replace(client, engine=engine, generation=generation, retired=retired)
        after = {"client_state_after": encode_client_state(rotated).hex()}
    return case(name, "rotation", verdict, message=encode_rotation(message).hex(), **after, **world)


def rotations() -> Iterator[Case]:
    yield rotation("three of five hand over", "rotated")
    yield rotation("all five hand over", "rotated", signers=range(5))
    yield rotation("another threshold", "rotated", engine=replace(OLD, threshold=2))
    yield rotation("to nobody of before", "rotated", engine=engine_of(1, (20,)))
    yield rotation("to 256", "rotated", engine=engine_of(171, range(30, 286)))
    yield rotation("a second time", "rotated", signers=NEW_SIGNERS, engine=OLD, **ROTATED_WORLD)
    known, gone = (
        RetiredAuthorities(set_hash=word("a"), last_height=10),
        RetiredAuthorities(set_hash=word("b"), last_height=9),
    )
    aged = replace(ROTATED, generation=7, retired=(gone, known))
    world = ROTATED_WORLD | {"client": aged}
    yield rotation(
        "a set whose blocks are forgotten is forgotten", "rotated", signers=NEW_SIGNERS, engine=OLD, kept=(known,), **world
    )
    full = ROTATED_WORLD | {"client": replace(aged, retired=(known,) * 16)}
    yield rotation("a seventeenth retired set", "limit", signers=NEW_SIGNERS, engine=OLD, **full)
    nearly = ROTATED_WORLD | {"client": replace(aged, retired=(gone, *(known,) * 15))}
    yield rotation("a sixteenth retired set", "rotated", signers=NEW_SIGNERS, engine=OLD, kept=(known,) * 15, **nearly)
    yield from rotations_out_of_turn()
    yield from rotations_signed_wrongly()
    for name, engine in [
        ("those in force", OLD),
        ("nobody", AuthorityEngine(threshold=0, authorities=())),
        ("threshold 0", replace(NEW, threshold=0)),
        ("threshold above their number", replace(NEW, threshold=4)),
        ("descending", replace(NEW, authorities=NEW.authorities[::-1])),
        ("one twice", replace(NEW, authorities=(NEW.authorities[0],) * 2)),
        ("the zero address", replace(NEW, authorities=(bytes(20), NEW.authorities[0]))),
        ("an address of 19 bytes", replace(NEW, authorities=(NEW.authorities[0][:19], NEW.authorities[1]))),
        ("257 authorities", engine_of(1, range(30, 287))),
    ]:
        yield rotation(f"successors: {name}", "parameters", engine=engine)
    good = bytes.fromhex(rotation("", "rotated")["message"])
    for name, raw in [
        ("no bytes", b""),
        ("no successors", poaevm_pb2.AuthorityRotation(generation=1).SerializeToString()),
        ("unknown field", good + b"\x7a\x01\x00"),
        ("cut off message", good[:-1]),
    ]:
        yield case(name, "rotation", "malformed", message=raw.hex())


def rotations_out_of_turn() -> Iterator[Case]:
    yield rotation(
        "the rotation that put those in force there, again", "generation", engine=NEW, generation=1, **ROTATED_WORLD
    )
    yield rotation("generation 0", "generation", generation=0)
    yield rotation("the generation after the next", "generation", generation=2)
    yield rotation("frozen", "client_frozen", client=replace(CLIENT, frozen_height=3))
    yield rotation("expired", "client_expired", now=time_at(10) + 86_400)
    back = {"client": replace(CLIENT, generation=1)}
    yield rotation("signed before a recovery, for the same authorities", "generation", generation=1, **back)


def rotations_signed_wrongly() -> Iterator[Case]:
    yield rotation("two of five", "threshold", signers=(0, 1))
    yield rotation("no signatures", "threshold", signers=())
    yield rotation("one authority twice", "double_vote", signers=(0, 1, 1))
    yield rotation("a stranger among them", "unknown_signer", signers=(0, 1, 7))
    yield rotation("a stranger beyond the threshold", "unknown_signer", signers=(0, 1, 2, 7))
    yield rotation("signed by the successors", "unknown_signer", signers=(2, 10, 11))
    yield rotation("high s", "signature", seals=high_s)
    yield rotation("257 signatures", "limit", seals=lambda seals: seals + [seals[0]] * 254)
    for name, signed in [
        ("another chain id", {"chain_id": 1}),
        ("another host", {"identity": replace(IDENTITY, host_chain_id="settlement-2")}),
        ("another host of the same chain id", {"identity": replace(IDENTITY, host_genesis=bytes([2] * 32))}),
        ("another client", {"identity": replace(IDENTITY, client_id="poa-evm-1")}),
        ("another generation", {"generation": 2}),
        ("another threshold", {"threshold": 3}),
        ("other successors", {"authorities": OLD.authorities}),
    ]:
        yield rotation(f"signed for {name}", "unknown_signer", signed=signed)
    attested = authority_digest(chain_id=CHAIN_ID, identity=IDENTITY, number=1, block_hash=word("successors"))
    yield rotation("signatures of a block hash", "unknown_signer", digest=attested)


def memberships() -> Iterator[Case]:
    stored = {11: Block().consensus()}
    client = replace(CLIENT, latest_height=11)

    def check(
        name: str, verdict: str, path: Sequence[bytes], value: bytes | None, nodes: Sequence[bytes], **more: Any
    ) -> Case:
        proof = more.pop("proof", None) or encode_storage_proof(tuple(nodes)).hex()
        inputs = {"height": more.pop("height", 11), "path": [each.hex() for each in path], "proof": proof}
        operation = "non_membership" if value is None else "membership"
        world = {"client": client, "stored": stored} | more
        return case(name, operation, verdict, **inputs, **({} if value is None else {"value": value.hex()}), **world)

    for number in (1, 17, 40, 41, 42):
        yield check(
            f"present {number}", "ok", [path_of(number)], WORDS[path_of(number)], STATE.storage.proof(path_of(number))
        )
    for number in (100, 101, 102, 103, 104):
        yield check(f"absent {number}", "ok", [path_of(number)], None, STATE.storage.proof(path_of(number)))
    empty = {"stored": {11: Block(state=World({})).consensus()}}
    single = World({path_of(1): word("one")})
    one = {"stored": {11: Block(state=single).consensus()}}
    yield check("absent in an empty storage, no nodes", "ok", [path_of(1)], None, [], **empty)
    yield check("absent in an empty storage, empty node", "ok", [path_of(1)], None, [b"\x80"], **empty)
    yield check(
        "a node for an empty storage", "node_extra", [path_of(1)], None, STATE.storage.proof(path_of(1))[:1], **empty
    )
    yield check("present in an empty storage", "value_absent", [path_of(1)], word("one"), [], **empty)
    yield check("present, the only word", "ok", [path_of(1)], word("one"), single.storage.proof(path_of(1)), **one)
    yield check("absent beside the only word", "ok", [path_of(2)], None, single.storage.proof(path_of(2)), **one)
    zero = leaf(keccak(slot_of(path_of(1))), rlp.encode(b""))
    kept = {"stored": {11: replace(Block().consensus(), storage_root=keccak(zero))}}
    yield check("absent, a word that became zero and that the node keeps as zero", "ok", [path_of(1)], None, [zero], **kept)
    yield check("present, a word that became zero", "value_absent", [path_of(1)], word("one"), [zero], **kept)
    yield from wrong_claims(check)
    yield from wrong_nodes(check)


def wrong_claims(check: Callable[..., Case]) -> Iterator[Case]:
    path, value = path_of(1), WORDS[path_of(1)]
    nodes = STATE.storage.proof(path)
    gone = STATE.storage.proof(path_of(100))
    yield check("another value", "proof_value", [path], word("other"), nodes)
    yield check("value of zeros", "proof_value", [path], bytes(32), nodes)
    yield check("value of zeros where nothing stands", "proof_value", [path_of(100)], bytes(32), gone)
    yield check("value of 31 bytes", "proof_value", [path], value[:31], nodes)
    yield check(
        "value without its leading zeros",
        "proof_value",
        [path_of(42)],
        WORDS[path_of(42)][2:],
        STATE.storage.proof(path_of(42)),
    )
    yield check("present as absent", "value_present", [path], None, nodes)
    yield check("absent as present", "value_absent", [path_of(100)], word("x"), gone)
    yield check("proof of another slot", "node_hash", [path_of(2)], WORDS[path_of(2)], nodes)
    yield check("absence by the proof of another slot", "node_hash", [path_of(100)], None, STATE.storage.proof(path_of(101)))
    yield check("path of two elements", "proof_path", [b"ibc", path], value, nodes)
    yield check("empty path", "proof_path", [], value, nodes)
    yield check("path of one empty element", "proof_path", [b""], value, nodes)
    yield check("unknown height", "unknown_height", [path], value, nodes, height=12)
    yield check(
        "storage of another height",
        "node_hash",
        [path],
        value,
        nodes,
        stored={11: Block(state=World({path: value, path_of(2): value})).consensus()},
    )
    frozen = replace(CLIENT, latest_height=11, frozen_height=11)
    yield check("frozen client", "client_frozen", [path], value, nodes, client=frozen)
    yield check("frozen client, absence", "client_frozen", [path_of(100)], None, gone, client=frozen)
    yield check("expired client", "client_expired", [path], value, nodes, now=time_at(11) + 86_400)


def wrong_nodes(check: Callable[..., Case]) -> Iterator[Case]:
    path, value = path_of(1), WORDS[path_of(1)]
    nodes = STATE.storage.proof(path)
    gone = STATE.storage.proof(path_of(100))
    yield check("leaf missing", "node_missing", [path], value, nodes[:-1])
    yield check("absence, last node missing", "node_missing", [path_of(100)], None, gone[:-1])
    yield check("no nodes", "node_missing", [path], value, [])
    yield check("a node too many", "node_extra", [path], value, [*nodes, nodes[0]])
    yield check("the root twice", "node_hash", [path], value, [nodes[0], *nodes])
    yield check("root missing", "node_hash", [path], value, nodes[1:])
    yield check(
        "flipped bit in the root", "node_hash", [path], value, [bytes([nodes[0][0]]) + b"\x01" + nodes[0][2:], *nodes[1:]]
    )
    yield check(
        "flipped bit in the leaf", "node_hash", [path], value, [*nodes[:-1], nodes[-1][:-1] + bytes([nodes[-1][-1] ^ 1])]
    )
    yield check("leaf of another word", "node_hash", [path], value, [*nodes[:-1], STATE.storage.proof(path_of(2))[-1]])
    yield check("66 nodes", "limit", [path], value, [nodes[0]] * 66)
    yield check(
        "proof with an unknown field",
        "malformed",
        [path],
        value,
        [],
        proof=encode_storage_proof(tuple(nodes)).hex() + "7a0100",
    )
    yield short_node_by_hash(check)
    hashed = keccak(slot_of(path))
    for name, verdict, raw in [
        ("word with a leading zero", "malformed", leaf(hashed, rlp.encode(b"\0" + word("x")[1:]))),
        ("word of zero", "malformed", leaf(hashed, rlp.encode(b"\0"))),
        ("word of 33 bytes", "malformed", leaf(hashed, rlp.encode(b"\1" * 33))),
        ("word that is a list", "malformed", leaf(hashed, rlp.encode([b"x"]))),
        ("word with a byte behind it", "malformed", leaf(hashed, rlp.encode(word("x")) + b"\0")),
        ("word with a padded length", "malformed", leaf(hashed, b"\xb8\x20" + word("x"))),
        ("leaf without a value", "malformed", leaf(hashed, b"")),
        ("leaf with a list as its value", "malformed", rlp.encode([b"\x20" + hashed, [word("x")]])),
        ("leaf with padding that is not zero", "malformed", rlp.encode([b"\x21" + hashed, rlp.encode(word("x"))])),
        ("leaf with bad flags", "malformed", rlp.encode([b"\x60" + hashed, rlp.encode(word("x"))])),
        ("leaf without a path byte", "malformed", rlp.encode([b"", rlp.encode(word("x"))])),
        ("node of three items", "malformed", rlp.encode([b"\x20" + hashed, rlp.encode(word("x")), b""])),
        ("extension without a path", "malformed", rlp.encode([b"\0", word("x")])),
        ("extension to an inline node of 32 bytes", "malformed", rlp.encode([b"\x11", [b"\x20" + bytes(15), bytes(13)]])),
        ("branch with a child of 31 bytes", "malformed", rlp.encode([b"\1" * 31] * 16 + [b""])),
        ("branch whose child is not shown", "node_missing", rlp.encode([b"\1" * 32] * 16 + [b""])),
    ]:
        state = ConsensusState(
            timestamp_seconds=time_at(11), block_hash=word("block"), state_root=word("state"), storage_root=keccak(raw)
        )
        yield check(f"forged trie: {name}", verdict, [path], word("x"), [raw], stored={11: state})


def short_node_by_hash(check: Callable[..., Case]) -> Case:
    """A leaf of fewer than 32 bytes that its parent names by hash, where it must stand inside of it."""
    path = path_of(1)
    nibbles = keccak(slot_of(path)).hex()
    last = rlp.encode([bytes([0x30 | int(nibbles[63], 16)]), rlp.encode(b"\7")])
    branch: list[bytes] = [b""] * 17
    branch[int(nibbles[62], 16)] = keccak(last)
    middle = rlp.encode(branch)
    root = rlp.encode([b"\0" + bytes.fromhex(nibbles[:62]), keccak(middle)])
    state = ConsensusState(
        timestamp_seconds=time_at(11), block_hash=word("block"), state_root=word("state"), storage_root=keccak(root)
    )
    value = bytes(31) + b"\7"
    nodes = [root, middle, last]
    return check("forged trie: short node by its hash", "malformed", [path], value, nodes, stored={11: state})


def leaf(hashed: bytes, value: bytes) -> bytes:
    """A trie of one leaf; its hash is a storage root that no honest ledger has."""
    return rlp.encode([b"\x20" + hashed, value])


CONTRACT = bytes(19) + b"\x0c"


def slot_at(number: int) -> bytes:
    """Of an entry of a contract's mapping."""
    return keccak(number.to_bytes(32, "big") + (8).to_bytes(32, "big"))


def contracts() -> Iterator[Case]:
    """Another contract than the router, with slots of its own."""
    slots = HexaryTrie({})
    for number in range(1, 30):
        slots[keccak(slot_at(number))] = rlp.encode(word(f"slot {number}"))
    slots[keccak(slot_at(30))] = rlp.encode(b"\x07")
    state = World(WORDS)
    state.accounts[keccak(CONTRACT)] = rlp.encode([1, 0, slots.root_hash, keccak(b"code")])
    account = state.account_proof(CONTRACT)
    client, stored = replace(CLIENT, latest_height=11), {11: Block(state=state).consensus()}

    def check(name: str, verdict: str, number: int, value: bytes, **more: Any) -> Case:
        slot = more.pop("slot", slot_at(number))
        inputs = {
            "height": more.pop("height", 11),
            "contract": more.pop("contract", CONTRACT).hex(),
            "account_proof": [each.hex() for each in more.pop("account_proof", account)],
            "slot": slot.hex(),
            "slot_proof": [each.hex() for each in more.pop("nodes", nodes_of(slots, keccak(slot_at(number))))],
            "value": value.hex(),
        }
        return case(name, "contract", verdict, **inputs, **({"client": client, "stored": stored} | more))

    zero, one = bytes(32), word("slot 1")
    yield check("a word", "ok", 1, one)
    yield check("a small number", "ok", 30, bytes(31) + b"\x07")
    yield check("a slot that is zero", "ok", 31, zero)
    empty = World(WORDS)
    empty.accounts[keccak(CONTRACT)] = rlp.encode([1, 0, keccak(rlp.encode(b"")), keccak(b"code")])
    bare = {"stored": {11: Block(state=empty).consensus()}, "account_proof": empty.account_proof(CONTRACT)}
    yield check("a contract without storage", "ok", 1, zero, nodes=(), **bare)
    yield check("a slot's nodes below a contract without storage", "node_extra", 1, zero, **bare)
    yield check("no such account", "value_absent", 1, one, contract=bytes(20), account_proof=state.account_proof(bytes(20)))
    yield check("the router's account in the contract's place", "node_hash", 1, one, account_proof=state.account_proof())
    yield check("the router's slots in the contract's place", "node_hash", 1, one, nodes=STATE.storage.proof(path_of(1)))
    yield check("the account in another state", "node_hash", 1, one, account_proof=empty.account_proof(CONTRACT))
    yield check("no account proof", "node_missing", 1, one, account_proof=())
    yield check("an account proof without its end", "node_missing", 1, one, account_proof=account[:-1])
    yield check("an account proof with a node too many", "node_extra", 1, one, account_proof=[*account, account[-1]])
    yield check("another slot's nodes", "node_hash", 1, one, nodes=nodes_of(slots, keccak(slot_at(2))))
    yield check("no nodes of the slot", "node_missing", 1, one, nodes=())
    yield check("66 nodes of the slot", "limit", 1, one, nodes=[account[0]] * 66)
    yield check("66 nodes of the account", "limit", 1, one, account_proof=[account[0]] * 66)
    yield check("a height that is not known", "unknown_height", 1, one, height=12)
    yield check("a contract of 19 bytes", "proof_path", 1, one, contract=CONTRACT[1:])
    yield check("a slot of 31 bytes", "proof_path", 1, one, slot=slot_at(1)[1:])
    yield check("a frozen client", "client_frozen", 1, one, client=replace(client, frozen_height=11))
    yield check("an expired client", "client_expired", 1, one, now=NOW + 10 * 86_400)


def build() -> dict[str, list[Case]]:
    """File name without ending -> cases."""
    return {
        "update": [
            *good_updates(),
            *aura_updates(),
            *bft_updates(),
            *real_headers(),
            *after_rotation(),
            *bad_seals(),
            *bad_headers(),
            *bad_times(),
            *bad_accounts(),
            *bad_messages(),
        ],
        "misbehaviour": [*misbehaviours(), *retired_misbehaviour()],
        "rotation": list(rotations()),
        "membership": list(memberships()),
        "contract": list(contracts()),
    }


def main() -> None:
    for name, cases in build().items():
        (HERE / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
