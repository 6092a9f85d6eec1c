"""Files that strangers hand over or that may be damaged: evidence, bank messages, logs, settings. FUZZ_EXAMPLES as
elsewhere, and a tenth of them for settings, which are the operator's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path

import pytest

from relayer.commands.accounts_file import read_accounts
from relayer.commands.fact_file import read_facts
from relayer.commands.register_file import read_register
from relayer.config.deployment import read_deployment
from relayer.config.relayer_file import load_relayer
from relayer.config.serving import load_authority, load_ledger
from relayer.core.effects import EffectKind
from relayer.core.ids import Height
from relayer.core.packet import PacketKey
from relayer.errors import ConfigurationError, InvalidInput, InvariantBroken, JournalCorrupt
from relayer.evidence import codec as evidence_codec
from relayer.evidence import trust as trust_codec
from relayer.evidence.errors import EvidenceRefused, TrustRefused
from relayer.evidence.model import Claim, LedgerName, PacketEvidence, ProvenStatement
from relayer.iso20022.documents import CAMT_054, PAIN_001, read_document
from relayer.iso20022.errors import BankMessageRefused
from relayer.iso20022.evidence import import_report
from relayer.journal.codec import RowCodec, content_hash
from relayer.light_clients.known import KNOWN
from relayer.light_clients.poa_evm import EvmTrust
from relayer.light_clients.tendermint import CometTrust
from relayer.ports.journal import EffectNote
from relayer.proofs.comet import Validator, ValidatorSet
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.settlement.log import decode_record, encode_record, make_entry, read_entry
from relayer.settlement.model.acts import EMPTY_LOG
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.testing.factories import ACKNOWLEDGEMENT, CHANNEL, ROUTE, a_head, a_packet, acknowledged, answered, committed
from tests.support.fuzzing import Form, Target, fuzz
from tests.support.paths import TESTS

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
PACKET = a_packet()


def _evidence() -> bytes:
    return evidence_codec.encode_evidence(
        PacketEvidence(
            source=LedgerName(chain_id="1337", client_type="poa-evm"),
            destination=LedgerName(chain_id="settlement-1", client_type="07-tendermint"),
            packet=PACKET,
            acknowledgement=ACKNOWLEDGEMENT,
            statements=tuple(
                ProvenStatement(claim=claim, height=Height(9), header=b"header", proof=b"proof")
                for claim in (Claim.PACKET_COMMITTED, Claim.ACKNOWLEDGEMENT_WRITTEN, Claim.COMMITMENT_CLEARED)
            ),
        )
    )


def _trust() -> bytes:
    engine = AuthorityEngine(threshold=2, authorities=(b"\x01" * 20, b"\x02" * 20, b"\x03" * 20))
    keys = [bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")]
    members = ValidatorSet.of(Validator(public_key=key, power=10) for key in keys)
    return trust_codec.encode_trust(
        trust_codec.Trust(
            ends=(
                trust_codec.TrustedEnd(
                    client_id="client-0",  # type: ignore[arg-type]
                    genesis_hash=b"",
                    ledger=EvmTrust(chain_id="1337", router=b"\x11" * 20, engine=engine),
                ),
                trust_codec.TrustedEnd(
                    client_id="poa-evm-0",  # type: ignore[arg-type]
                    genesis_hash=bytes([1] * 32),
                    ledger=CometTrust(chain_id="settlement-1", validator_sets=(members,)),
                ),
            )
        )
    )


STORIES = tuple(
    story
    for name in ("payments", "disputes", "cycles", "deadlines")
    for story in json.loads((TESTS / "cases" / "settlement" / f"{name}.json").read_text())
)
LOG = tuple(
    dict.fromkeys(bytes.fromhex(text) for story in STORIES for step in story["steps"] for text in step.get("entries", ()))
)
NOTE = EffectNote(kind=EffectKind.RECEIVE, key=PacketKey(CHANNEL, ROUTE.source, PACKET.sequence), provable_from=Height(3))
SHELF: dict[bytes, bytes] = {}


def _store(content: bytes) -> bytes:
    SHELF[content_hash(content)] = content
    return content_hash(content)


def _load(name: bytes) -> bytes:
    if name not in SHELF:
        raise JournalCorrupt("gone")
    return SHELF[name]


CODEC = RowCodec(store=_store, load=_load)
ROWS = tuple(
    CODEC.encode(event, (NOTE,), 1_900_000_000_000)
    for event in (committed(PACKET), answered(PACKET), acknowledged(PACKET), a_head(ROUTE.source))
)


def _records(kind: str) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(bytes.fromhex(each) for story in STORIES for each in story[kind].values()))


def document(name: str, decode: Callable[[bytes], object], *seeds: bytes, refusals: tuple[type[Exception], ...]) -> Target:
    return Target(name=name, decode=decode, seeds=seeds, refusals=refusals, form=Form.JSON)


LOGS = [
    Target(
        name="settlement log",
        decode=partial(read_entry, EMPTY_LOG),
        encode=lambda entry: make_entry(EMPTY_LOG, entry.event, at_seconds=entry.at_seconds, act=entry.act).encoded,
        seeds=LOG,
        refusals=(InvalidInput,),
    ),
    *(
        Target(
            name=f"stored {name}",
            decode=partial(decode_record, kind),
            encode=encode_record,
            seeds=_records(name),
            refusals=(InvalidInput, InvariantBroken),
        )
        for name, kind in (
            ("payments", Payment),
            ("disputes", Dispute),
            ("cycles", Cycle),
            ("agreements", AgreementInForce),
            ("consents", ConsentInForce),
            ("parties", Party),
            ("liabilities", Liability),
        )
    ),
    Target(
        name="journal row",
        decode=partial(CODEC.decode, 1),
        encode=lambda row: CODEC.encode(row.event, row.effects, row.recorded_at_ms),
        seeds=ROWS,
        refusals=(JournalCorrupt,),
    ),
    Target(
        name="evidence",
        decode=evidence_codec.decode_evidence,
        seeds=(_evidence(),),
        refusals=(EvidenceRefused,),
        form=Form.JSON,
    ),
    Target(
        name="trust",
        decode=partial(trust_codec.decode_trust, readers=KNOWN.trust_readers),
        seeds=(_trust(),),
        refusals=(TrustRefused,),
        form=Form.JSON,
    ),
    *(
        Target(
            name=message,
            decode=lambda raw, message=message: read_document(raw, message),
            seeds=((TESTS / "vectors" / "iso20022" / f"{file}.xml").read_bytes(),),
            refusals=(BankMessageRefused,),
            form=Form.TEXT,
        )
        for message, file in ((PAIN_001, "pain.001"), (CAMT_054[-1], "camt.054"))
    ),
    Target(
        name="bank notification",
        decode=lambda raw: import_report(raw, (), accounts={}, standings={}),
        seeds=((TESTS / "vectors" / "iso20022" / "camt.054.xml").read_bytes(),),
        refusals=(BankMessageRefused,),
        form=Form.TEXT,
    ),
]


@pytest.mark.parametrize("target", LOGS, ids=lambda target: target.name)
def test_a_damaged_document_is_read_or_refused(target: Target) -> None:
    fuzz(target, inputs=EXAMPLES, seed=SEED)


def example(name: str) -> bytes:
    return resources.files("relayer.examples").joinpath(name).read_bytes()


FACTS = json.dumps(
    [
        {
            "kind": "trip_completed",
            "category": "fare",
            "creditor": "DE*KCS",
            "debtor": "DE*NBM",
            "currency": "EUR",
            "exponent": 2,
            "net": 1840,
            "tax": 350,
            "service_end": 1790000000,
            "due_date": 1795000000,
            "document": {"trip": "T-1", "lines": [{"text": "62 minutes", "net": 1840}]},
        }
    ]
).encode()
ACCOUNTS = json.dumps({"DE*NBM": {"name": "Nordbahn", "number": "DE89370400440532013000", "bic": "COBADEFFXXX"}}).encode()
DEPLOYMENT = json.dumps(
    {
        "contracts": {"contracts": {"router": "0x" + "11" * 20, "facts": "0x" + "22" * 20}},
        "clients": {"main": {"contracts": "client-0"}},
    }
).encode()
READERS: dict[str, tuple[Callable[[Path], object], bytes, Form]] = {
    "relayer.yaml": (load_relayer, example("relayer.yaml"), Form.TEXT),
    "authority.yaml": (load_authority, example("authority.yaml"), Form.TEXT),
    "ledger.yaml": (load_ledger, example("ledger.yaml"), Form.TEXT),
    "relayer.deployed.json": (read_deployment, DEPLOYMENT, Form.JSON),
    "settlement.json": (read_register, example("settlement.json"), Form.JSON),
    "facts.json": (read_facts, FACTS, Form.JSON),
    "accounts.json": (read_accounts, ACCOUNTS, Form.JSON),
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_of_settings_is_read_or_refused(name: str, tmp_path: Path) -> None:
    read, seed, form = READERS[name]
    path = tmp_path / name

    def decode(raw: bytes) -> object:
        path.write_bytes(raw)
        return read(path)

    refusals = (ConfigurationError, InvalidInput)
    target = Target(name=name, decode=decode, seeds=(seed,), refusals=refusals, form=form)
    fuzz(target, inputs=EXAMPLES // 10, seed=SEED)
