"""The demo's folder: keys, and the same configuration files that an operator would write."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from relayer.authority.store import create_record
from relayer.config.serving import load_authority
from relayer.devnet.nodes import MNEMONIC
from relayer.devnet.ports import free_ports
from relayer.devnet.wallet import account_of
from relayer.examples.consortium import CONTESTED_PAIR, DEBTS, EUR, OPERATORS, PARTY
from relayer.keystore import LocalAccount, create_keystore

CHAIN_ID = 1337
SETTLEMENT_CHAIN = "settlement-1"
CHANNEL = "main"
MEMBER = PARTY[CONTESTED_PAIR[0]]
"""The debtor of the contested charge."""
AUTHORITIES = 3
THRESHOLD = 2
_CAP_WEI = 100_000_000_000
LEDGER_SOCKET = "ledger/ledger.sock"
_OPERATOR_TOKEN = "keys/ledger.token"  # noqa: S105  (where the token is kept)
_MEMBER_TOKEN = "keys/member.token"  # noqa: S105  (where the token is kept)
_CONSOLE = {"format": "console", "level": "info"}
_NETWORK_ACCOUNTS = {"relayer": 0, "competitor": 1}
_CHAIN_ACCOUNTS = {**_NETWORK_ACCOUNTS, "chain-operator": 100, "chain-member": 101}
"""Who needs coins on a settlement chain. The operator may register parties there, the others have no rights."""
_FIRST_OPERATOR_ACCOUNT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Loopback ports of every process."""

    service: int
    competitor: int
    authorities: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPlace:
    """A settlement chain that runs already, the prefix of its addresses, and the address of MEMBER's account there."""

    chain_id: str
    endpoints: tuple[str, ...]
    prefix: str
    gas_price: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What was written, and the keys that the operators issue facts with."""

    folder: Path
    ports: Ports
    operators: dict[str, LocalAccount]

    @property
    def configuration(self) -> Path:
        """The relayer's configuration."""
        return self.folder / "relayer.yaml"

    @property
    def competitor_configuration(self) -> Path:
        """The configuration of a second relayer on the same channel."""
        return self.folder / "competitor.yaml"

    @property
    def member_configuration(self) -> Path:
        """Of MEMBER, who acts on the settlement ledger with a token of its own."""
        return self.folder / "member.yaml"

    @property
    def ledger_socket(self) -> Path:
        """Where the embedded ledger listens."""
        return self.folder / LEDGER_SOCKET

    @property
    def accounts(self) -> Path:
        """Every operator's bank account."""
        return self.folder / "accounts.json"


def accounts_needed() -> int:
    """Funded accounts that the development ledger has to have."""
    return _FIRST_OPERATOR_ACCOUNT + len(OPERATORS)


def operator_accounts() -> dict[str, LocalAccount]:
    """What the operators issue facts with on the contract ledger, by their codes."""
    return {each.code: _account(_FIRST_OPERATOR_ACCOUNT + number) for number, each in enumerate(OPERATORS)}


def chain_keys() -> dict[str, LocalAccount]:
    """Everyone who needs coins on a settlement chain, by the name of the keystore."""
    return {name: _account(index) for name, index in _CHAIN_ACCOUNTS.items()}


def write_layout(
    folder: Path, ledger_url: str, *, heartbeat_seconds: float = 1.0, clients: int = 1, chain: ChainPlace | None = None
) -> Layout:
    """Creates the keys and writes relayer.yaml, ledger.yaml, the authorities' and a member's files, settlement.json.

    The authorities serve the first `clients` light clients that the settlement ledger will create. With `chain` that is the
    settlement ledger, and there is no ledger.yaml.
    """
    numbers = free_ports(2 + AUTHORITIES)
    ports = Ports(service=numbers[0], competitor=numbers[1], authorities=tuple(numbers[2:]))
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    password = secrets.token_hex(16)
    (keys / "password").touch(mode=0o600)
    (keys / "password").write_text(password + "\n")
    for name, index in (_CHAIN_ACCOUNTS if chain else _NETWORK_ACCOUNTS).items():
        create_keystore(keys / f"{name}.json", password, key=bytes(_account(index).key))
    authorities = [create_keystore(keys / f"authority-{number}.json", password) for number in range(AUTHORITIES)]
    operators = operator_accounts()
    layout = Layout(folder=folder, ports=ports, operators=operators)
    members = [
        {"address": account.address, "endpoint": f"127.0.0.1:{port}"}
        for account, port in zip(authorities, ports.authorities, strict=True)
    ]
    for name, port in (("relayer", ports.service), ("competitor", ports.competitor)):
        settlement = _on_chain(name, "chain-operator", chain) if chain else _remote(_OPERATOR_TOKEN)
        _write(folder / f"{name}.yaml", _relayer(name, port, ledger_url, members, settlement))
    for number, port in enumerate(ports.authorities):
        _write(folder / f"authority-{number}.yaml", _authority(number, port, ledger_url, clients))
        authority = load_authority(folder / f"authority-{number}.yaml")
        create_record(authority.store, counter=authority.counter)
    if chain is None:
        _write(folder / "ledger.yaml", _ledger(heartbeat_seconds))
    settlement = _on_chain("competitor", "chain-member", chain) if chain else _remote(_MEMBER_TOKEN)
    _write(layout.member_configuration, _relayer("competitor", ports.competitor, ledger_url, members, settlement))
    (folder / "settlement.json").write_text(json.dumps(_parties(operators, chain), indent=2))
    layout.accounts.write_text(json.dumps({each.party: {"name": each.name, "number": each.account} for each in OPERATORS}))
    return layout


def _account(index: int) -> LocalAccount:
    return account_of(MNEMONIC, index)


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def _relayer(name: str, port: int, url: str, members: list[dict[str, str]], settlement: dict[str, Any]) -> object:
    return {
        "version": 1,
        "ledgers": {
            "contracts": {
                "type": "evm",
                "chain_id": CHAIN_ID,
                "endpoints": [url, url.replace("http://", "ws://")],
                "finality": "latest",
                # One Node process answers the operators, two relayers and three authorities on whatever machine this is.
                "request_timeout_seconds": 120,
                "account": _keystore(name),
                "fees": {"policy": "eip1559", "cap_wei": _CAP_WEI},
                "authorities": {"threshold": THRESHOLD, "members": members, "request_timeout_seconds": 60},
            },
            "settlement": settlement,
        },
        "channels": [
            {
                "name": CHANNEL,
                "ends": [{"ledger": "contracts"}, {"ledger": "settlement"}],
                "timeout_seconds": 600,
            }
        ],
        "engine": {"poll_seconds": 0.5, "batch_packets": 25},
        "journal": {"path": f"{name}.journal"},
        "service": {"host": "127.0.0.1", "port": port},
        "logging": _CONSOLE,
    }


def _keystore(name: str) -> dict[str, Any]:
    return {"keystore": f"keys/{name}.json", "password": {"file": "keys/password"}}


def _remote(token: str) -> dict[str, Any]:
    return {"type": "remote", "address": f"unix:{LEDGER_SOCKET}", "chain_id": SETTLEMENT_CHAIN, "token": {"file": token}}


def _on_chain(account: str, business_account: str, chain: ChainPlace) -> dict[str, Any]:
    return {
        "type": "cosmos",
        "chain_id": chain.chain_id,
        "endpoints": list(chain.endpoints),
        "bech32_prefix": chain.prefix,
        "account": _keystore(account),
        "business_account": _keystore(business_account),
        "fees": {"gas_price": chain.gas_price},
    }


def _authority(number: int, port: int, url: str, clients: int) -> object:
    return {
        "version": 1,
        "chain_id": CHAIN_ID,
        "endpoint": url,
        "finality": "latest",
        "keystore": f"keys/authority-{number}.json",
        "password": {"file": "keys/password"},
        "store": f"authority-{number}.sqlite",
        "listen": {"host": "127.0.0.1", "port": port},
        "clients": [{"host_chain_id": SETTLEMENT_CHAIN, "client_id": f"poa-evm-{each}"} for each in range(clients)],
        "logging": _CONSOLE,
    }


def _ledger(heartbeat_seconds: float) -> object:
    return {
        "version": 1,
        "folder": "ledger",
        "chain_id": SETTLEMENT_CHAIN,
        "operators": [{"keystore": "keys/operator.json", "password": {"file": "keys/password"}}],
        "heartbeat_seconds": heartbeat_seconds,
        # A development network is left alone for weeks, and no money depends on its clock.
        "maximum_step_seconds": 365 * 86_400,
        "listen": {"socket": LEDGER_SOCKET},
        "token": {"file": _OPERATOR_TOKEN},
        "party_tokens": {MEMBER: {"file": _MEMBER_TOKEN}},
        "logging": _CONSOLE,
    }


def _parties(operators: dict[str, LocalAccount], chain: ChainPlace | None) -> object:
    currency, exponent = EUR
    bound = {} if chain is None else {MEMBER: {"settlement_account": chain.member}}
    return {
        "parties": [
            {"id": each.party, "name": each.name, "account": operators[each.code].address, "issuer": True}
            | bound.get(each.party, {})
            for each in OPERATORS
        ],
        "agreements": [
            {
                "creditor": PARTY[creditor],
                "debtor": PARTY[debtor],
                "currencies": [{"currency": currency, "exponent": exponent}],
            }
            for debtor, creditor in DEBTS
        ],
    }
