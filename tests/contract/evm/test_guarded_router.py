"""A router that somebody else deployed and an access manager guards, as solidity-ibc-eureka's: what is refused says who has
to grant which role, is found before anything is paid for, and is never held against a packet."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.core.ids import LedgerId
from relayer.devnet.nodes import Ganache
from relayer.errors import AccessDenied, ConfigurationError
from relayer.facts.codec import PORT
from relayer.ledgers.evm.access import RELAYING
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.contracts import Contract, call_data, creation_code
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ledgers.evm.facts_port import address_port, port_line
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions
from relayer.ledgers.evm.ownership import ownership_lines
from relayer.ports.ledger import ClientCondition, SubmissionBatch
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256
from tests.contract.evm.conftest import SETTLEMENT_CLIENT, connection_options
from tests.contract.solidity.support.evm_harness import TEST_ARTIFACTS
from tests.support.comet_chain import MERKLE_PREFIX, CometChain

RELAYER, CUSTOMIZER = 1, 6
ADD_APP = keccak256(b"addIBCApp(string,address)")[:4]


def code_of(name: str, *arguments: str) -> bytes:
    artifact = json.loads((TEST_ARTIFACTS / f"{name}.json").read_text())
    return bytes.fromhex(artifact["bytecode"].removeprefix("0x")) + encode(("address",) * len(arguments), arguments)


@dataclass(kw_only=True)
class Guarded:
    """The consortium's router, its manager, and an account of ours that has no role."""

    owner: EvmConnection
    ours: EvmConnection
    account: LocalAccount
    manager: bytes
    router: bytes

    async def grant(self, role: int) -> None:
        call = keccak256(b"grantRole(uint64,address,uint32)")[:4]
        arguments = encode(("uint64", "address", "uint32"), (role, self.account.address, 0))
        await self.owner.deployer.call(self.manager, call + arguments, "grantRole")

    async def restrict(self, role: int, *selectors: bytes) -> None:
        call = keccak256(b"setTargetFunctionRole(address,bytes4[],uint64)")[:4]
        arguments = encode(("address", "bytes4[]", "uint64"), ("0x" + self.router.hex(), selectors, role))
        await self.owner.deployer.call(self.manager, call + arguments, "setTargetFunctionRole")

    async def sent(self) -> int:
        """How many transactions of ours are in blocks."""
        return int(await self.ours.rpc.call("eth_getTransactionCount", self.account.address, "latest"), 16)


@pytest.fixture
async def guarded(ganache: Ganache, accounts: Iterator[LocalAccount]) -> AsyncIterator[Guarded]:
    async with AsyncExitStack() as stack:
        owner, account = (next(accounts), next(accounts))
        theirs, ours = (EvmConnection(connection_options(ganache), each, SystemClock()) for each in (owner, account))
        for connection in (theirs, ours):
            stack.push_async_callback(connection.close)
        plain, _ = await theirs.deployer.deploy(creation_code(Contract.ROUTER), "router")
        manager, _ = await theirs.deployer.deploy(code_of("RoleManager"), "manager")
        addresses = (checksum_address(manager), checksum_address(plain))
        router, _ = await theirs.deployer.deploy(code_of("GuardedRouter", *addresses), "guard")
        made = Guarded(owner=theirs, ours=ours, account=account, manager=manager, router=router)
        await made.restrict(RELAYER, *RELAYING.values())
        await made.restrict(CUSTOMIZER, ADD_APP)
        yield made


async def test_a_port_that_will_be_refused_costs_nothing_and_names_the_role(guarded: Guarded) -> None:
    """The fault: the facts were deployed at every try, and only then the router refused their port, by a number."""
    for _ in range(2):
        with pytest.raises(AccessDenied) as refused:
            await deploy_contracts(guarded.ours, router=guarded.router)
        assert "addIBCApp: the contract refused with AccessManagedUnauthorized" in str(refused.value)
        assert f"for addIBCApp grantRole({CUSTOMIZER}, {guarded.account.address}, 0)" in str(refused.value)
        assert checksum_address(guarded.manager) in str(refused.value)
    assert await guarded.sent() == 0


async def test_what_was_deployed_before_a_late_refusal_is_used_by_the_next_try(guarded: Guarded) -> None:
    await guarded.grant(CUSTOMIZER)
    noted: list[bytes | None] = []
    facts, _ = await guarded.ours.deployer.deploy(
        creation_code(Contract.BUSINESS_FACTS, checksum_address(guarded.router), 1337, PORT), "facts"
    )
    before = await guarded.sent()
    for _ in range(2):
        contracts = await deploy_contracts(
            guarded.ours, router=guarded.router, facts=facts, note=lambda _router, noting, _height: noted.append(noting)
        )
        assert contracts.facts == facts
    assert noted == []
    assert await guarded.sent() == before + 1
    with pytest.raises(ConfigurationError, match=f"belongs to {checksum_address(facts)} already"):
        await deploy_contracts(guarded.ours, router=guarded.router)
    with pytest.raises(ConfigurationError, match="correct `facts`"):
        await deploy_contracts(guarded.ours, router=guarded.router, facts=guarded.manager)


async def test_a_named_port_needs_the_role_and_an_address_needs_none(guarded: Guarded) -> None:
    """As on solidity-ibc-eureka's router: who may name no port has the facts' address as their port."""
    with pytest.raises(AccessDenied, match="addIBCApp"):
        await deploy_contracts(guarded.ours, router=guarded.router, port="facts-7")
    assert await guarded.sent() == 0
    nameless = await deploy_contracts(guarded.ours, router=guarded.router, port=None)
    await guarded.grant(CUSTOMIZER)
    named = await deploy_contracts(guarded.ours, router=guarded.router, port="facts-7")
    before = await guarded.sent()
    for contracts, port in ((nameless, address_port(nameless.facts)), (named, "facts-7")):
        line = await port_line(guarded.ours.node, router=guarded.router, facts=contracts.facts, expected=port)
        assert (line.found, line.good) == (port, True)
        again = None if port.startswith("0x") else port
        assert await deploy_contracts(guarded.ours, router=guarded.router, facts=contracts.facts, port=again) == replace(
            contracts, router_height=None
        )
    assert await guarded.sent() == before, "a repeat pays for nothing"
    wrong = await port_line(guarded.ours.node, router=guarded.router, facts=named.facts, expected=PORT)
    assert "the configuration says settlement, so no fact is relayed" in wrong.remedy
    with pytest.raises(ConfigurationError, match=r"send from port facts-7, not from settlement; write `port: facts-7`"):
        await deploy_contracts(guarded.ours, router=guarded.router, facts=named.facts)
    with pytest.raises(ConfigurationError, match=r"port facts-7 of router .* belongs to"):
        await deploy_contracts(guarded.ours, router=guarded.router, port="facts-7")


async def test_a_port_that_a_stranger_took_first_is_reported(guarded: Guarded) -> None:
    """The attacker registers an application on our port between our deployment and our registration."""
    code = creation_code(Contract.BUSINESS_FACTS, checksum_address(guarded.router), 1337, "facts-7")
    facts, _ = await guarded.ours.deployer.deploy(code, "facts")
    unregistered = await port_line(guarded.ours.node, router=guarded.router, facts=facts, expected="facts-7")
    assert "run `relayer channel open`" in unregistered.remedy
    await guarded.grant(CUSTOMIZER)
    theirs = call_data(Contract.ROUTER, "addIBCApp(string,address)", "facts-7", checksum_address(guarded.manager))
    await guarded.ours.deployer.call(guarded.router, theirs, "addIBCApp")
    taken = await port_line(guarded.ours.node, router=guarded.router, facts=facts, expected="facts-7")
    assert f"the router has {checksum_address(guarded.manager)} there" in taken.remedy
    with pytest.raises(ConfigurationError, match="correct `facts`"):
        await deploy_contracts(guarded.ours, router=guarded.router, facts=facts, port="facts-7")
    nothing = await port_line(guarded.ours.node, router=guarded.router, facts=guarded.manager, expected="facts-7")
    assert nothing.found == "cannot be looked at"


async def test_a_relayer_without_its_role_is_reported_and_no_packet_is_blamed(ganache: Ganache, guarded: Guarded) -> None:
    """The fault: the update and all messages behind it were refused by a number, again and again."""
    options = EvmLedgerOptions(
        ledger_id=LedgerId("contracts"),
        connection=connection_options(ganache),
        router=guarded.router,
        authorities=(AuthorityEndpoint(address=bytes([9] * 20), target="127.0.0.1:1"),),
        threshold=1,
    )
    async with AsyncExitStack() as stack:
        ledger = EvmLedger(options, guarded.account, SystemClock())
        stack.push_async_callback(ledger.close)
        await ledger.connect()
        chain = CometChain(time=time.time_ns())
        creation = chain.creation(trusting_period_seconds=3_600)
        pairing = {"counterparty_client_id": SETTLEMENT_CLIENT, "counterparty_merkle_prefix": MERKLE_PREFIX}
        contract = await ledger.deploy_client(creation, **pairing)
        status = await ledger.deployed_client(contract)
        assert (status.condition, status.counterparty_chain_id) == (ClientCondition.ACTIVE, "settlement-1")
        assert (await ledger.deployed_client(checksum_address(guarded.manager))).condition is ClientCondition.UNKNOWN
        client = await ledger.add_client(contract, **pairing)
        assert replace(status, client_id=client, counterparty_client_id=SETTLEMENT_CLIENT) == await ledger.client_status(
            client
        )

        chain.seal(time.time_ns())
        batch = SubmissionBatch(client_id=client, update=chain.update(trusted=status.latest_height), messages=())
        before = await guarded.sent()
        with pytest.raises(AccessDenied) as refused:
            await ledger.submit(batch)
        names = "recvPacket, ackPacket, timeoutPacket, updateClient"
        assert f"for {names} grantRole({RELAYER}, {guarded.account.address}, 0)" in str(refused.value)
        assert await guarded.sent() == before
        assert "may not relay" in (await rights(guarded)).found
        assert f"grantRole({RELAYER}, " in (await rights(guarded)).remedy

        await guarded.grant(RELAYER)
        assert (await rights(guarded)).good
        await ledger.submit(batch)
        assert (await ledger.client_status(client)).latest_height == batch.update.height  # type: ignore[union-attr]


async def rights(guarded: Guarded):
    lines = ownership_lines(
        guarded.ours.node, account=guarded.ours.sender.address, router=guarded.router, facts=None, clients=()
    )
    (line,) = [each async for each in lines]
    assert line.subject == "rights on the router"
    return line
