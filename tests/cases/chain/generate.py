"""Writes one story of a settlement chain that follows an EVM ledger: client, headers, packets with proofs, evidence.

Everything is made by the project's Python and py-trie, as a relayer would make it; a Cosmos SDK chain must take it through
its ordinary messages. Run it with the project's Python to rewrite the file beside it.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from relayer.core.commitment import packet_commitment
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Packet, Payload
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactCode, FactPacketData, encode_packet_data, fact_hash
from relayer.facts.schema import Fact, FactKind
from relayer.proofs.poa_evm_types import (
    Misbehaviour,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_misbehaviour,
    encode_storage_proof,
)

HERE = Path(__file__).parent
SOURCE_CLIENT, DESTINATION_CLIENT, CHAIN_ID = "client-0", "poa-evm-0", "settlement-1"
FIRST, MIDDLE, LAST = 11, 20_000, 40_000


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_cases", HERE.parent / name / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


evm, settlement = _sibling("poa_evm"), _sibling("settlement")


def payload(*facts: Fact, **changes: Any) -> Payload:
    data = FactPacketData(
        chain_id=settlement.CHAIN_ID,
        contract=settlement.CONTRACT,
        issuer=settlement.ISSUER,
        destination="",
        facts=facts,
        fact_hashes=tuple(map(fact_hash, facts)),
    )
    value = encode_packet_data(replace(data, **changes))
    return Payload(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING, value=value)


def packets() -> list[tuple[Packet, list[FactCode] | None]]:
    """Packets with the codes of their answers; None: the application refuses the whole payload."""
    fact = settlement.fact
    credit = fact(3, kind=FactKind.CREDIT_NOTE, net=190, tax=0, related_fact=fact(1).fact_id)
    good = payload(fact(1))
    stories: list[tuple[Payload, list[FactCode] | None]] = [
        (good, [FactCode.OK]),
        (
            payload(fact(1), fact(2, currency=b"USD"), credit),
            [FactCode.DUPLICATE, FactCode.CURRENCY_UNSUPPORTED, FactCode.OK],
        ),
        (replace(good, value=good.value + bytes(32)), None),
        (payload(fact(4), chain_id=1), None),
        (payload(fact(4), destination="settlement-2"), None),
        (replace(payload(fact(4)), version="fact-2"), None),
        (payload(fact(4), destination=CHAIN_ID), [FactCode.OK]),
    ]
    made = []
    for number, (each, codes) in enumerate(stories, start=1):
        packet = Packet(
            sequence=Sequence(number),
            source_client=ClientId(SOURCE_CLIENT),
            destination_client=ClientId(DESTINATION_CLIENT),
            timeout_timestamp=TimestampSeconds(evm.time_at(FIRST) + 3600),
            payloads=(each,),
        )
        made.append((packet, codes))
    return made


def story() -> dict[str, Any]:
    words = {evm.path_of(packet.sequence): bytes(packet_commitment(packet)) for packet, _ in packets()}
    state = evm.World(words | {evm.path_of(number): evm.word(str(number)) for number in range(50, 90)})
    identity = replace(evm.IDENTITY, host_chain_id=CHAIN_ID, client_id=DESTINATION_CLIENT)

    def block(number: int, **changes: Any) -> Any:
        return evm.Block(number=number, state=state, identity=identity, **changes)

    fork = block(LAST + 1, fields={"miner": bytes(19) + b"\1"})
    evidence = Misbehaviour(
        header_1=replace(block(LAST + 1).header(), account_proof=()), header_2=replace(fork.header(), account_proof=())
    )
    return {
        "chain_id": CHAIN_ID,
        "client_id": DESTINATION_CLIENT,
        "counterparty_client_id": SOURCE_CLIENT,
        "client_state": encode_client_state(evm.CLIENT).hex(),
        "consensus_state": encode_consensus_state(block(evm.TRUSTED).consensus()).hex(),
        "substitute_client_state": encode_client_state(replace(evm.CLIENT, latest_height=LAST + 2)).hex(),
        "substitute_consensus_state": encode_consensus_state(block(LAST + 2).consensus()).hex(),
        "headers": [
            {"height": number, "time_seconds": evm.time_at(number), "message": encode_header(block(number).header()).hex()}
            for number in (FIRST, MIDDLE, LAST)
        ],
        "misbehaviour": encode_misbehaviour(evidence).hex(),
        "misbehaviour_height": LAST + 1,
        "set_up": settlement.ledger().steps,
        "packets": [
            {
                "sequence": packet.sequence,
                "timeout_timestamp": packet.timeout_timestamp,
                "version": packet.payloads[0].version,
                "value": packet.payloads[0].value.hex(),
                "proof": encode_storage_proof(tuple(state.storage.proof(evm.path_of(packet.sequence)))).hex(),
                "codes": None if codes is None else [int(code) for code in codes],
            }
            for packet, codes in packets()
        ],
    }


def main() -> None:
    (HERE / "story.json").write_text(json.dumps(story(), indent=1) + "\n")


if __name__ == "__main__":
    main()
