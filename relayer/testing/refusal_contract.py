"""One meaning of a refusal: every ledger gives the same code, or its own name for it, and the same chance of a retry.

A pytest class, to be added to the class that runs LedgerContractSuite. The codes are those of ibc-go (relayer.codes.ibc),
each provoked as far as the ports allow; a ledger with other names lists them in its bench.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.errors import ClientUnusable
from relayer.ports.ledger import Outcome, SubmissionBatch
from relayer.testing.ledger_contract import LedgerBench, acknowledges, deliver, receives, send, timeouts


class RefusalSuite:
    """Every test provokes one refusal."""

    async def test_refusal_of_a_late_packet(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench, seconds=bench.short_seconds)
        await bench.pass_time(bench.short_seconds + 1)
        batch = await receives(bench.counterparty, bench.subject, [packet])
        await _is_refused(bench, batch, IbcCode.TIMEOUT_ELAPSED)

    async def test_refusal_of_an_early_timeout(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench)
        batch = await timeouts(bench.counterparty, bench.subject, packet)
        await _is_refused(bench, batch, IbcCode.TIMEOUT_NOT_REACHED)

    async def test_refusal_of_another_packet_than_the_one_sent(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench)
        await deliver(bench.subject, bench.counterparty, [packet])
        batch = await acknowledges(bench.counterparty, bench.subject, packet)
        other = replace(packet, timeout_timestamp=TimestampSeconds(packet.timeout_timestamp + 1))
        await _is_refused(bench, _with(batch, packet=other), IbcCode.INVALID_PACKET)

    async def test_refusal_of_another_counterparty(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        batch = await receives(bench.counterparty, bench.subject, [packet])
        other = replace(packet, source_client=ClientId("client-99"))
        await _is_refused(bench, _with(batch, packet=other), IbcCode.INVALID_COUNTERPARTY)

    async def test_refusal_of_a_proof_that_leads_elsewhere(self, bench: LedgerBench) -> None:
        packets = [await send(bench.counterparty, bench) for _ in range(2)]
        batch = await receives(bench.counterparty, bench.subject, packets)
        swapped = replace(batch, messages=(replace(batch.messages[0], proof=batch.messages[1].proof),))
        await _is_refused(bench, swapped, IbcCode.INVALID_PROOF)

    async def test_refusal_of_absence_where_something_is_stored(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench, seconds=bench.short_seconds)
        await deliver(bench.subject, bench.counterparty, [packet])
        await bench.pass_time(bench.short_seconds + 1)
        batch = await timeouts(bench.counterparty, bench.subject, packet)
        await _is_refused(bench, batch, IbcCode.INVALID_PROOF)

    async def test_refusal_of_a_proof_ahead_of_the_client(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        await bench.pass_time(1)
        batch = await receives(bench.counterparty, bench.subject, [packet])
        await _is_refused(bench, replace(batch, update=None), IbcCode.PROOF_HEIGHT_AHEAD)

    async def test_a_client_that_does_not_exist_is_no_messages_fault(self, bench: LedgerBench) -> None:
        await bench.pass_time(1)
        batch = await receives(bench.counterparty, bench.subject, [])
        client_type, _, _ = bench.subject.client.rpartition("-")
        unknown = replace(batch, client_id=ClientId(f"{client_type}-99"))
        assert await _fails_with(ClientUnusable, bench.subject.ledger.submit(unknown))


async def _is_refused(bench: LedgerBench, batch: SubmissionBatch, code: IbcCode) -> None:
    (result,) = (await bench.subject.ledger.submit(batch)).results
    assert result.outcome is Outcome.REFUSED
    assert result.code in bench.names.get(code, (str(code),)), result.code
    assert result.retryable == code.retryable


def _with(batch: SubmissionBatch, *, packet: Packet) -> SubmissionBatch:
    (message,) = batch.messages
    return replace(batch, messages=(replace(message, packet=packet),))


async def _fails_with(kind: type[Exception], call: Awaitable[object]) -> bool:
    try:
        await call
    except kind:
        return True
    return False
