"""Two settlement chains form a channel: each follows the other with the light client that stock ibc-go has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from eth_account.signers.local import LocalAccount

from relayer.app.ledgers import connected, make_ledger
from relayer.app.opening import open_channel
from relayer.app.selection import choose
from relayer.config.deployment import deployment_path
from relayer.devnet.chain_node import BECH32_PREFIX, ChainOptions, SettlementChain
from relayer.devnet.ports import free_ports
from relayer.keystore import create_keystore
from relayer.ports.ledger import ClientCondition

pytestmark = [pytest.mark.node, pytest.mark.chain]


def entry(chain: SettlementChain) -> dict[str, object]:
    return {
        "type": "cosmos",
        "chain_id": chain.chain_id,
        "endpoints": list(chain.endpoints),
        "bech32_prefix": BECH32_PREFIX,
        "account": {"keystore": "operator.json", "password": {"file": "password"}},
        "fees": {"gas_price": "0stake"},
    }


async def test_two_chains_are_opened_by_channel_open_and_follow_each_other(
    tmp_path: Path, chain_options: ChainOptions, chain: SettlementChain, relayer_account: LocalAccount
) -> None:
    (tmp_path / "password").write_text("a password")
    create_keystore(tmp_path / "operator.json", "a password", key=bytes(relayer_account.key))
    with SettlementChain(replace(chain_options, chain_id="settlement-2")) as second:
        config = tmp_path / "relayer.yaml"
        config.write_text(
            yaml.safe_dump(
                {
                    "version": 1,
                    "ledgers": {"one": entry(chain), "other": entry(second)},
                    "channels": [{"name": "main", "ends": [{"ledger": "one"}, {"ledger": "other"}]}],
                    "journal": {"path": "relayer.journal"},
                    "service": {"host": "127.0.0.1", "port": free_ports(1)[0]},
                }
            )
        )
        await open_channel(config, None, print)
        assert deployment_path(config).exists()
        chosen = choose(config, None)
        clients = {end.ledger: chosen.client(end) for end in chosen.channel.ends}
        for mine, theirs, followed in (("one", "other", second), ("other", "one", chain)):
            async with connected(make_ledger(mine, chosen.settings.ledgers[mine])) as ledger:
                status = await ledger.client_status(clients[mine])
                newest = (await ledger.head()).height
            # Read from where the channel began, not from the chain's first block.
            assert 0 < chosen.settings.ledgers[mine].read_above < newest
            assert status.condition is ClientCondition.ACTIVE
            assert status.client_type == "07-tendermint"
            assert (status.counterparty_client_id, status.counterparty_chain_id) == (clients[theirs], followed.chain_id)
