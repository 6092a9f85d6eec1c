"""The ledger's file: one writer, tables that only grow, amounts that add up, and checks at opening and by replay."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from relayer.errors import ConfigurationError, LedgerUnavailable, WrongLedger
from relayer.facts.schema import party_id
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.operators import OperatorKey, equal_validators, open_operator
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.tree import store
from relayer.ledgers.embedded.tree.errors import (
    KeystoreRefused,
    LedgerCorrupt,
    LedgerExists,
    LedgerLocked,
    LedgerMissing,
    QuorumMissing,
)
from relayer.ports.prover import ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod, Party, RegisterParty
from relayer.testing.clock import ManualClock
from tests.support.embedded import KEYS, embedded_ledger
from tests.support.evm_counterparty import EvmCounterparty

CLOCK = ManualClock()
TERMS = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)


async def filled(folder: Path) -> None:
    """Parties, a closed period and an empty block."""
    ledger = embedded_ledger(folder, CLOCK)
    await ledger.connect()
    for ocpi_id in ("DE*KCS", "DE*NBM"):
        party = Party(party_id=party_id(ocpi_id), ocpi_id=ocpi_id, name=ocpi_id, lei="", vat_id="")
        await ledger.settlement.execute(RegisterParty(request_id=ocpi_id, party=party, actor=OPERATOR))
    await ledger.settlement.execute(ClosePeriod(request_id="close", cut_off_seconds=7, actor=OPERATOR))
    await ledger.advance()
    await ledger.close()


def tamper(folder: Path, *statements: str) -> None:
    """Changes the file as somebody would who has it in hand: past the triggers, which are there again afterwards."""
    connection = sqlite3.connect(folder / store.DATABASE_NAME)
    connection.create_function("amounts_hold", 6, lambda *_: True, deterministic=True)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, again in triggers:
        connection.execute(again)
    connection.commit()
    connection.close()


async def opens(folder: Path) -> None:
    ledger = embedded_ledger(folder, CLOCK)
    try:
        await ledger.connect()
    finally:
        await ledger.close()


class TestOpening:
    async def test_a_second_writer_is_kept_out(self, tmp_path: Path) -> None:
        first, second = embedded_ledger(tmp_path, CLOCK), embedded_ledger(tmp_path, CLOCK)
        await first.connect()
        with pytest.raises(LedgerLocked):
            await second.connect()
        await first.close()
        await second.connect()
        await second.close()

    async def test_an_empty_folder_holds_no_ledger(self, tmp_path: Path) -> None:
        ledger = EmbeddedLedger(ledger_id="x", folder=tmp_path, chain_id="settlement-1", keys=KEYS, clock=CLOCK)
        with pytest.raises(LedgerMissing):
            await ledger.connect()
        await ledger.close()

    async def test_another_chain_id_is_refused(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        ledger = EmbeddedLedger(ledger_id="x", folder=tmp_path, chain_id="settlement-2", keys=KEYS, clock=CLOCK)
        with pytest.raises(WrongLedger, match="settlement-1"):
            await ledger.connect()
        await ledger.close()
        await opens(tmp_path)

    async def test_too_few_keys_are_told_at_once(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        with pytest.raises(QuorumMissing):
            await embedded_ledger(tmp_path, CLOCK, keys=KEYS[:2]).connect()

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / store.DATABASE_NAME).write_bytes(b"no database" * 100)
        with pytest.raises(LedgerCorrupt):
            await opens(tmp_path)

    async def test_a_file_with_ruined_pages(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        with (tmp_path / store.DATABASE_NAME).open("r+b") as file:
            size = file.seek(0, 2)
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))
        with pytest.raises(LedgerCorrupt, match="restore it"):
            await opens(tmp_path)

    async def test_a_file_that_cannot_be_used_is_not_called_damaged(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        (tmp_path / f"{store.DATABASE_NAME}-wal").mkdir()
        with pytest.raises(LedgerUnavailable, match="disk space"):
            await opens(tmp_path)
        (tmp_path / f"{store.DATABASE_NAME}-wal").rmdir()
        await opens(tmp_path)

    def test_a_folder_that_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(LedgerUnavailable, match="check the path"):
            create_ledger(tmp_path / "file" / "ledger", chain_id="settlement-1", keys=KEYS, now=1)

    async def test_another_schema_version_is_refused(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        tamper(tmp_path, "PRAGMA user_version = 99")
        with pytest.raises(LedgerCorrupt, match="schema 99"):
            await opens(tmp_path)

    async def test_opening_keeps_everything(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        ledger = embedded_ledger(tmp_path, CLOCK)
        await ledger.connect()
        assert (await ledger.head()).height == 8
        assert [party.ocpi_id for party in await ledger.settlement.parties()] == ["DE*KCS", "DE*NBM"]
        repeated = await ledger.settlement.execute(ClosePeriod(request_id="close", cut_off_seconds=7, actor=OPERATOR))
        assert repeated.sequence == 3
        await ledger.close()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE block SET time_nanoseconds = 0, hash = zeroblob(32) WHERE height = 8",
            "UPDATE block SET header = zeroblob(10) WHERE height = 7",
            "UPDATE block SET commit_ = (SELECT commit_ FROM block WHERE height = 7) WHERE height = 8",
            "DELETE FROM block WHERE height >= 7",
            "DELETE FROM block",
            "DELETE FROM genesis",
            "DELETE FROM validator_set",
            "DELETE FROM settlement_log WHERE sequence = 3",
            "UPDATE settlement_log SET head_hash = zeroblob(32) WHERE sequence = 3",
            "UPDATE tree_root SET hash = zeroblob(32) WHERE store = 'settlement' AND version = 6",
            "DELETE FROM iavl_node WHERE number = (SELECT max(node) FROM tree_root)",
            "UPDATE block_transaction SET body = zeroblob(3) WHERE height = 6",
        ],
    )
    async def test_damage_at_the_end_is_noticed_at_once(self, tmp_path: Path, statement: str) -> None:
        await filled(tmp_path)
        tamper(tmp_path, statement)
        with pytest.raises(LedgerCorrupt):
            await opens(tmp_path)


class TestVerify:
    async def test_a_sound_ledger_passes(self, tmp_path: Path) -> None:
        await filled(tmp_path)
        told: list[tuple[int, int]] = []
        verified = verify(tmp_path, progress=lambda done, of: told.append((done, of)))
        assert (verified.height, verified.transactions, verified.log_entries) == (8, 3, 3)
        assert told == [(height, 8) for height in range(1, 9)]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE block SET header = (SELECT header FROM block WHERE height = 3) WHERE height = 2",
            "UPDATE block SET commit_ = (SELECT commit_ FROM block WHERE height = 3) WHERE height = 2",
            "UPDATE block SET results_hash = zeroblob(32) WHERE height = 2",
            "UPDATE block_transaction SET body = (SELECT body FROM block_transaction WHERE height = 4) WHERE height = 2",
            "UPDATE block_transaction SET code = 5 WHERE height = 2",
            "UPDATE block_transaction SET detail = 'x' WHERE height = 2",
            "DELETE FROM block WHERE height = 2",
            "DELETE FROM block_transaction WHERE height = 2",
            "UPDATE settlement_log SET entry = CAST(replace(CAST(entry AS TEXT), 'KCS', 'XCS') AS BLOB) WHERE sequence = 1",
            "DELETE FROM settlement_log WHERE sequence = 1",
            "UPDATE settlement_party SET body = zeroblob(9) WHERE ocpi_id = 'DE*KCS'",
            "DELETE FROM settlement_party WHERE ocpi_id = 'DE*KCS'",
            "UPDATE settlement_period SET cut_off_seconds = 6",
            "UPDATE settlement_request SET sequence = 2 WHERE request_id = 'close'",
            "INSERT INTO settlement_position VALUES (zeroblob(32), zeroblob(32), 'EUR', 2, '5')",
            "INSERT INTO validator_set SELECT 4, body FROM validator_set",
            "UPDATE block SET time_nanoseconds = time_nanoseconds + 1 WHERE height = 2",
            "INSERT INTO block SELECT 0, zeroblob(32), time_nanoseconds, header, commit_, results_hash FROM block LIMIT 1",
            "DELETE FROM genesis",
            "UPDATE genesis SET time_nanoseconds = 1",
            "UPDATE tree_root SET node = node + 1 WHERE store = 'settlement' AND version = 2",
            "INSERT INTO tree_root SELECT 3, store, node, hash FROM tree_root WHERE version = 2",
            "DELETE FROM iavl_node WHERE number = 1",
            "UPDATE iavl_node SET body = zeroblob(12) WHERE number = 1",
            "INSERT INTO iavl_node VALUES (1000, zeroblob(1))",
            "CREATE TRIGGER own AFTER INSERT ON settlement_log BEGIN DELETE FROM settlement_request; END",
            "CREATE VIEW own AS SELECT * FROM settlement_party",
            "DROP INDEX packet_event_height",
        ],
    )
    async def test_damage_anywhere_is_found_by_replay(self, tmp_path: Path, statement: str) -> None:
        await filled(tmp_path)
        tamper(tmp_path, statement.replace("replace(event, 'KCS', 'XCS')", "CAST(replace(event, 'KCS', 'XCS') AS BLOB)"))
        with pytest.raises(LedgerCorrupt):
            verify(tmp_path)

    async def test_a_local_user_who_turns_the_signposts_of_the_tree_is_found_out(self, tmp_path: Path) -> None:
        """The key of a branch steers every search and is no part of its hash: a receipt behind it would be unseen."""
        ledger = embedded_ledger(tmp_path, CLOCK)
        await ledger.connect()
        start = await EvmCounterparty(CLOCK).initial_client(TERMS)
        await ledger.create_client(start, counterparty_client_id=None, counterparty_merkle_prefix=())
        await ledger.close()
        verify(tmp_path)
        connection = sqlite3.connect(tmp_path / store.DATABASE_NAME)
        rows = connection.execute("SELECT number, body FROM iavl_node ORDER BY number DESC").fetchall()
        connection.close()
        number, body = next(row for row in rows if row[1][0] > 0)
        turned = (body[:-1] + bytes([body[-1] ^ 0xFF])).hex()
        tamper(tmp_path, f"UPDATE iavl_node SET body = x'{turned}' WHERE number = {number}")
        await opens(tmp_path)
        with pytest.raises(LedgerCorrupt, match="iavl_node"):
            verify(tmp_path)

    async def test_a_ledger_in_use_is_left_alone(self, tmp_path: Path) -> None:
        ledger = embedded_ledger(tmp_path, CLOCK)
        await ledger.connect()
        with pytest.raises(LedgerLocked):
            verify(tmp_path)
        await ledger.close()


A_ROW = {
    "packet_event": "1, 1, 'send_packet', zeroblob(32), zeroblob(1), NULL",
    "settlement_posting": "1, 1, 1, 'claim', 'free', '5'",
    "settlement_evidence": "zeroblob(32), zeroblob(32), 'transaction', '0x01', 'P-1'",
}
"""For tables that a ledger without facts leaves empty."""


class TestTables:
    @pytest.mark.parametrize("table", store.RECORD)
    @pytest.mark.parametrize(
        "statement", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}", "REPLACE INTO {0} SELECT * FROM {0}"]
    )
    async def test_the_record_only_grows(self, tmp_path: Path, table: str, statement: str) -> None:
        await filled(tmp_path)
        connection = store.open_existing(tmp_path)
        column = connection.execute(f"PRAGMA table_info({table})").fetchone()[1]
        if connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute(f"INSERT INTO {table} VALUES ({A_ROW[table]})")
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            connection.execute(statement.format(table).replace("rowid = rowid", f"{column} = {column}"))
        connection.close()

    @pytest.mark.parametrize(
        ("amounts", "holds"),
        [
            (("5", "5", "0", "0", "0", "0"), True),
            (("10", "1", "2", "3", "4", "1"), True),
            (("10", "1", "2", "3", "5", "0"), False),
            (("5", "5", "0", "0", "0", "6"), False),
            (("5", "6", "0", "-1", "0", "0"), False),
            (("5", "5", "0", "0", "0", "-1"), False),
            ((str(2**128 - 1), str(2**128 - 1), "0", "0", "0", "0"), True),
        ],
    )
    def test_liabilities_must_add_up(self, amounts: tuple[str, ...], holds: bool) -> None:
        connection = store.scratch()
        texts = ",".join(f"'{amount}'" for amount in amounts)
        blob = "zeroblob(32)"
        row = f"1,{blob},{blob},{blob},{blob},1,{blob},{blob},'EUR',2,{blob},{blob},{blob},{texts}"
        if holds:
            connection.execute(f"INSERT INTO settlement_liability VALUES ({row})")
        else:
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(f"INSERT INTO settlement_liability VALUES ({row})")

    def test_the_file_waits_for_the_disk(self, tmp_path: Path) -> None:
        create_ledger(tmp_path, chain_id="settlement-1", keys=KEYS, now=1)
        connection = store.open_existing(tmp_path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        connection.close()


class TestFolder:
    def test_an_existing_ledger_is_not_overwritten(self, tmp_path: Path) -> None:
        create_ledger(tmp_path, chain_id="settlement-1", keys=KEYS, now=1)
        with pytest.raises(LedgerExists):
            create_ledger(tmp_path, chain_id="settlement-1", keys=KEYS, now=1)
        assert verify(tmp_path).height == 1

    def test_a_failed_creation_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError):
            create_ledger(tmp_path, chain_id="no revision", keys=KEYS, now=1)
        with pytest.raises(ConfigurationError, match="operator"):
            create_ledger(tmp_path, chain_id="settlement-1", keys=[], now=1)
        with pytest.raises(QuorumMissing):
            create_ledger(tmp_path, chain_id="settlement-1", keys=KEYS[:1], now=1, validators=equal_validators(KEYS))
        create_ledger(tmp_path, chain_id="settlement-1", keys=KEYS, now=1)

    def test_keystores_hold_the_keys(self, tmp_path: Path) -> None:
        path = tmp_path / "operator.json"
        made = create_keystore(path, "secret")
        assert open_operator(path, "secret").address == OperatorKey(bytes(made.key)).address
        with pytest.raises(ConfigurationError):
            open_operator(path, "wrong")

    def test_a_key_that_is_none(self) -> None:
        with pytest.raises(KeystoreRefused):
            OperatorKey(bytes(32))
