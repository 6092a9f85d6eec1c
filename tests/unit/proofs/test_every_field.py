"""Each field of a valid header, commit, misbehaviour and proof, changed alone: refused with a typed error, or no effect.

Only what is listed in SILENT may be changed without a refusal, and then the verdict must be that of the untouched message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from relayer.proofs import comet, ics23
from relayer.proofs.client import ClientIdentity, Frozen, MappingConsensusStates
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm import mpt, rlp
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.wire.cosmos_protos import commitment, tendermint_client
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2
from tests.support.paths import CASES

h = bytes.fromhex
SILENT = ("proposer_priority", "total_voting_power", "proposer", "block_id_flag one more")
"""Fields that CometBFT's own hashes leave out; and a vote that is turned to nil, if the others are enough."""


def case(client: str, file: str, name: str) -> dict[str, Any]:
    found = json.loads((CASES / client / f"{file}.json").read_text())
    return next(each for each in found if each["name"] == name)


def changes(message: Any, path: str = "") -> Iterator[tuple[str, Callable[[Any], None]]]:
    """Names of single changes, and what makes them on a copy of the outermost message."""
    for field in message.DESCRIPTOR.fields:
        where = f"{path}.{field.name}".lstrip(".")
        if field.label == FieldDescriptor.LABEL_REPEATED:
            yield from _list_changes(message, field, where)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            if message.HasField(field.name):
                yield f"{where} left out", lambda each, name=field.name: each.ClearField(name)
                for inner, change in changes(getattr(message, field.name), where):
                    yield inner, lambda each, name=field.name, change=change: change(getattr(each, name))
        elif field.containing_oneof is None or message.WhichOneof(field.containing_oneof.name) == field.name:
            for words, value in _values(getattr(message, field.name), field):
                yield f"{where} {words}", lambda each, name=field.name, value=value: setattr(each, name, value)


def _list_changes(message: Any, field: FieldDescriptor, where: str) -> Iterator[tuple[str, Callable[[Any], None]]]:
    items = getattr(message, field.name)
    name = field.name
    for at, item in enumerate(items):
        yield f"{where}[{at}] dropped", lambda each, name=name, at=at: getattr(each, name).pop(at)
        yield f"{where}[{at}] twice", lambda each, name=name, at=at: _insert(getattr(each, name), at)
        if isinstance(item, Message):
            for inner, change in changes(item, f"{where}[{at}]"):
                yield inner, lambda each, name=name, at=at, change=change: change(getattr(each, name)[at])
        else:
            for words, value in _values(item, field):
                yield (
                    f"{where}[{at}] {words}",
                    lambda each, name=name, at=at, value=value: getattr(each, name).__setitem__(at, value),
                )
    if len(items) > 1:
        yield f"{where} in another order", lambda each, name=name: _reverse(getattr(each, name))


def _insert(items: Any, at: int) -> None:
    copies = [*items[: at + 1], items[at], *items[at + 1 :]]
    del items[:]
    items.extend(copies)


def _reverse(items: Any) -> None:
    copies = list(items)[::-1]
    del items[:]
    items.extend(copies)


def _values(value: Any, field: FieldDescriptor) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "the other way", not value
    elif isinstance(value, int):
        tops = {FieldDescriptor.TYPE_INT64: 2**63 - 1, FieldDescriptor.TYPE_UINT64: 2**64 - 1}
        yield "one more", value + 1
        if value:
            yield "zero", 0
            yield "one less", value - 1
        yield "as large as can be", tops.get(field.type, 2**31 - 1)
    elif isinstance(value, str):
        yield "longer", f"{value}x"
        if value:
            yield "empty", ""
    elif isinstance(value, bytes):
        yield "a byte longer", value + b"\x00"
        if value:
            yield "first bit changed", bytes([value[0] ^ 0x80]) + value[1:]
            yield "last bit changed", value[:-1] + bytes([value[-1] ^ 1])
            yield "a byte shorter", value[:-1]
            yield "empty", b""


Judge = Callable[[bytes], object]


def check(kind: Any, raw: bytes, judge: Judge, *, silent: tuple[str, ...] = ()) -> int:
    """How many single changes were refused."""
    original = kind.FromString(raw)
    verdict, refused, accepted = judge(raw), 0, []
    for name, change in changes(original):
        mutant = kind.FromString(raw)
        change(mutant)
        encoded = mutant.SerializeToString(deterministic=True)
        if encoded == raw:
            continue
        try:
            found = judge(encoded)
        except ProofError:
            refused += 1
            continue
        if found != verdict or not any(word in name for word in silent):
            accepted.append(name)
    assert accepted == []
    return refused


def comet_judge(made: dict[str, Any]) -> Judge:
    client = comet_client_types.decode_client_state(h(made["client_state"]))
    states = {int(at): comet_client_types.decode_consensus_state(h(raw)) for at, raw in made["consensus_states"].items()}
    now = comet.TimestampNanoseconds(made["now"]["seconds"] * comet.NANOSECONDS + made["now"]["nanos"])

    def judge(raw: bytes) -> object:
        if made["operation"] == "misbehaviour":
            evidence = comet_client_types.decode_misbehaviour(raw)
            return comet_client.check_misbehaviour(client, MappingConsensusStates(states), evidence, now=now)
        header = comet_client_types.decode_client_header(raw)
        return comet_client.update(client, MappingConsensusStates(states), header, now=now)

    return judge


def poa_judge(made: dict[str, Any]) -> Judge:
    client = poa_evm_types.decode_client_state(h(made["client_state"]))
    states = {int(at): poa_evm_types.decode_consensus_state(h(raw)) for at, raw in made["consensus_states"].items()}
    identity = ClientIdentity(
        host_chain_id=made["host_chain_id"], host_genesis=bytes.fromhex(made["host_genesis"]), client_id=made["client_id"]
    )

    def judge(raw: bytes) -> object:
        known, now = MappingConsensusStates(states), made["now_seconds"]
        if made["operation"] == "misbehaviour":
            evidence = poa_evm_types.decode_misbehaviour(raw)
            return poa_evm.check_misbehaviour(client, known, evidence, identity=identity, now_seconds=now)
        return poa_evm.update(client, known, poa_evm_types.decode_header(raw), identity=identity, now_seconds=now)

    return judge


@pytest.mark.parametrize(
    "name", ["next height, four validators", "skip of 50 heights", "one validator", "twenty validators"]
)
def test_each_field_of_a_comet_header(name: str) -> None:
    made = case("comet", "update", name)
    silent = (*SILENT, *_beyond_the_quorum(made))
    assert check(tendermint_client.Header, h(made["message"]), comet_judge(made), silent=silent) > 100


def _beyond_the_quorum(made: dict[str, Any]) -> tuple[str, ...]:
    """Votes that are not needed and not looked at: counting ends when there is enough."""
    message = tendermint_client.Header.FromString(h(made["message"]))
    powers = [each.voting_power for each in message.validator_set.validators]
    needed, counted = sum(powers) * 2 // 3 + 1, 0
    for at, power in enumerate(powers):
        if counted >= needed:
            return tuple(f"signatures[{later}]" for later in range(at, len(powers)))
        counted += power
    return ()


def test_each_field_of_comet_misbehaviour() -> None:
    made = case("comet", "misbehaviour", "two hashes at one height")
    judge = comet_judge(made)
    assert isinstance(judge(h(made["message"])), Frozen)
    first = tendermint_client.Misbehaviour.FromString(h(made["message"])).header_1
    # The evidence itself names no client: whoever receives it knows which one it is for.
    silent = (*SILENT, "client_id", *_beyond_the_quorum({"message": first.SerializeToString().hex()}))
    assert check(tendermint_client.Misbehaviour, h(made["message"]), judge, silent=silent) > 200


@pytest.mark.parametrize("name", ["next block, 3 of 5", "all five sign", "one authority", "header of Prague, 21 fields"])
def test_each_field_of_a_sealed_header(name: str) -> None:
    made = case("poa_evm", "update", name)
    silent = ("seals[3] dropped", "seals[4] dropped", "seals[0] dropped", "seals[1] dropped", "seals[2] dropped")
    # All five sign and three are needed: any two may be missing. So may the order of seals be another.
    silent = (*silent, "seals in another order")
    assert check(poaevm_pb2.Header, h(made["message"]), poa_judge(made), silent=silent) > 20


@pytest.mark.parametrize("name", ["next block, 3 of 5", "header of Berlin, 15 fields", "header of Prague, 21 fields"])
def test_each_field_of_an_evm_header_and_each_item_of_its_account_proof(name: str) -> None:
    made = case("poa_evm", "update", name)
    judge, header = poa_judge(made), poaevm_pb2.Header.FromString(h(made["message"]))
    judge(h(made["message"]))
    mutants = [("header", 0, each) for each in _rlp_mutants(header.header_rlp)]
    for at, node in enumerate(header.account_proof):
        mutants += [("account_proof", at, each) for each in _rlp_mutants(node)]
    assert len(mutants) > 60
    for where, at, encoding in mutants:
        changed = poaevm_pb2.Header.FromString(h(made["message"]))
        if where == "header":
            changed.header_rlp = encoding
        else:
            changed.account_proof[at] = encoding
        with pytest.raises(ProofError):
            judge(changed.SerializeToString(deterministic=True))


def _rlp_mutants(raw: bytes) -> Iterator[bytes]:
    """One item of the list changed, left out, twice, or exchanged with the next."""
    items = [each.encoding if isinstance(each, rlp.RawList) else rlp.encode_bytes(each) for each in rlp.decode_list(raw)]

    def whole(parts: list[bytes]) -> bytes:
        body = b"".join(parts)
        empty = rlp.encode_list([])
        return rlp.encode_list(parts) if body else empty

    for at, item in enumerate(items):
        for changed in (item[:-1] + bytes([item[-1] ^ 1]), rlp.encode_bytes(b""), rlp.encode_bytes(b"\x01" * 33)):
            if changed != item:
                yield whole([*items[:at], changed, *items[at + 1 :]])
        yield whole([*items[:at], *items[at + 1 :]])
        yield whole([*items[:at], item, *items[at:]])
        if at + 1 < len(items) and items[at + 1] != item:
            yield whole([*items[:at], items[at + 1], item, *items[at + 2 :]])


@pytest.mark.parametrize("name", ["present 0", "present 3", "absent 0", "absent 1", "absent 2"])
def test_each_field_of_an_ics23_proof(name: str) -> None:
    made = case("comet", "membership", name)
    root = comet_client_types.decode_consensus_state(h(made["consensus_states"][str(made["height"])])).root
    path = [h(each) for each in made["path"]]

    def judge(raw: bytes) -> object:
        if "value" in made:
            return ics23.verify_membership(raw, root=root, path=path, value=h(made["value"]))
        return ics23.verify_non_membership(raw, root=root, path=path)

    assert check(commitment.MerkleProof, h(made["proof"]), judge) > 50


@pytest.mark.parametrize("name", ["present 1", "present 40", "absent 100", "absent 102"])
def test_each_item_of_a_storage_proof(name: str) -> None:
    made = case("poa_evm", "membership", name)
    client = poa_evm_types.decode_client_state(h(made["client_state"]))
    root = poa_evm_types.decode_consensus_state(h(made["consensus_states"][str(made["height"])])).storage_root
    slot = poa_evm.commitment_slot(client, h(made["path"][0]))
    nodes = poa_evm_types.decode_storage_proof(h(made["proof"]))
    expected = mpt.verify_storage(nodes, storage_root=root, slot=slot)
    assert expected == (h(made["value"]) if "value" in made else None)
    tried = 0
    for at, node in enumerate(nodes):
        for mutant in _rlp_mutants(node):
            tried += 1
            with pytest.raises(ProofError):
                mpt.verify_storage((*nodes[:at], mutant, *nodes[at + 1 :]), storage_root=root, slot=slot)
    assert tried > 30
