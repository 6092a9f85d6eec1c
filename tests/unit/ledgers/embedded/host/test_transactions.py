"""Transactions and their bytes: one canonical form each, and one refusal for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.chain.operators import equal_validators
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import (
    MAXIMUM_TRANSACTION_BYTES,
    ChangeValidators,
    CreateClient,
    RecoverClient,
    RegisterCounterparty,
    SendPacket,
    Transaction,
    UpdateClient,
    decode_transaction,
    encode_transaction,
)
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.settlement.log import command_to_message
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import Agreement, ClosePeriod, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.factories import a_packet, a_payload
from relayer.wire.cosmos_protos import any_, channel_packet, channel_tx
from tests.support.embedded import KEYS

PROOF = Proof(value=b"proof", height=Height(7), revision=1)
CREATE = CreateClient(
    client_state_type_url="/a.State",
    client_state=b"state",
    consensus_state_type_url="/a.Consensus",
    consensus_state=b"consensus",
    signer="operator",
)
RECORD_AGREEMENT = RecordAgreement(
    request_id="r",
    agreement=Agreement(
        agreement_id="a",
        creditor=bytes(32),
        debtor=b"\x01" * 32,
        currencies=(
            CurrencyTerms(currency="EUR", exponent=2, open_limit=2**127),
            CurrencyTerms(currency="JPY", exponent=0, open_limit=None),
        ),
    ),
    actor=OPERATOR,
    replaces=0,
)
TRANSACTIONS: list[Transaction] = [
    CREATE,
    RegisterCounterparty(
        client_id="client-one-0",
        counterparty_client_id="client-two-0",
        counterparty_merkle_prefix=(b"ibc", b""),
        signer="operator",
    ),
    UpdateClient(client_id=ClientId("client-one-0"), type_url="/a.Header", value=b"header"),
    RecoverClient(subject=ClientId("client-one-0"), substitute=ClientId("client-two-0")),
    SendPacket(source_client=ClientId("client-one-0"), timeout_timestamp=99, payload=a_payload(), signer="anyone"),
    ReceivePacket(packet=a_packet(), proof=PROOF),
    AcknowledgePacket(packet=a_packet(), acknowledgement=Acknowledgement(app_acknowledgements=(b"ok",)), proof=PROOF),
    TimeoutPacket(packet=a_packet(), proof=PROOF),
    ChangeValidators(validators=equal_validators(KEYS)),
    RegisterParty(
        request_id="r",
        party=Party(party_id=party_id("DE*KCS"), ocpi_id="DE*KCS", name="K", lei="L", vat_id="V"),
        actor=OPERATOR,
    ),
    RECORD_AGREEMENT,
    ClosePeriod(request_id="r", cut_off_seconds=5, actor=OPERATOR),
]


@pytest.mark.parametrize("transaction", TRANSACTIONS, ids=lambda each: type(each).__name__)
def test_a_transaction_survives_its_bytes(transaction: Transaction) -> None:
    assert decode_transaction(encode_transaction(transaction)) == transaction


def test_a_receive_has_the_bytes_of_the_cosmos_message() -> None:
    packet = a_packet()
    message = channel_tx.MsgRecvPacket(
        packet=channel_packet.Packet(
            sequence=packet.sequence,
            source_client=packet.source_client,
            destination_client=packet.destination_client,
            timeout_timestamp=packet.timeout_timestamp,
            payloads=[
                channel_packet.Payload(
                    source_port=packet.payload.source_port,
                    destination_port=packet.payload.destination_port,
                    version=packet.payload.version,
                    encoding=packet.payload.encoding,
                    value=packet.payload.value,
                )
            ],
        ),
        proof_commitment=b"proof",
    )
    message.proof_height.revision_number, message.proof_height.revision_height = 1, 7
    packed = any_.Any()
    packed.Pack(message, type_url_prefix="")
    assert encode_transaction(ReceivePacket(packet=packet, proof=PROOF)) == packed.SerializeToString(deterministic=True)


def packed(type_url: str, value: bytes = b"") -> bytes:
    return any_.Any(type_url=type_url, value=value).SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        packed("/unknown.Message"),
        packed("/ibc.core.channel.v2.MsgRecvPacket"),
        packed("/ibc.core.channel.v2.MsgSendPacket", b"\x0a\x03abc"),
        packed("/ibc.core.client.v1.MsgUpdateClient", b"\x0a\x01x"),
        packed("/tendermint.types.ValidatorSet"),
        encode_transaction(CREATE) + b"\x18\x01",
        packed("/interledger.settlement.v1.Command", b"\x2a\x03\x08\x80\x00"),
        bytes(MAXIMUM_TRANSACTION_BYTES + 1),
    ],
    ids=lambda raw: raw[:24].hex(),
)
def test_anything_else_is_refused_with_one_code(raw: bytes) -> None:
    with pytest.raises(MessageRefused) as caught:
        decode_transaction(raw)
    assert (caught.value.codespace, caught.value.number) == ("ibc", 14)


@pytest.mark.parametrize("limit", ["-1", "1.0", "01", " 1", "1_000", "٣", "x", "9" * 81])
def test_a_limit_is_a_plain_number(limit: str) -> None:
    message = command_to_message(RECORD_AGREEMENT)
    message.record_agreement.agreement.currencies[0].open_limit = limit
    raw = packed("/interledger.settlement.v1.Command", message.SerializeToString())
    with pytest.raises(MessageRefused):
        decode_transaction(raw)


def test_a_transaction_that_is_too_large_is_not_made() -> None:
    large = UpdateClient(client_id=ClientId("client-one-0"), type_url="/a", value=bytes(MAXIMUM_TRANSACTION_BYTES))
    with pytest.raises(MessageRefused) as caught:
        encode_transaction(large)
    assert (caught.value.codespace, caught.value.number) == ("ibc", 17)


@given(st.sampled_from(TRANSACTIONS), st.data())
def test_a_changed_byte_is_another_transaction_or_none(transaction: Transaction, draw: st.DataObject) -> None:
    raw = bytearray(encode_transaction(transaction))
    raw[draw.draw(st.integers(0, len(raw) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        decoded = decode_transaction(bytes(raw))
    except MessageRefused:
        return
    assert decoded != transaction
    assert encode_transaction(decoded) == bytes(raw)
