"""One table judges refusals: what the EVM router's reverts mean is stated with ibc-go's codes."""

from __future__ import annotations

import pytest

from relayer.codes.ibc import ChainCode, IbcCode, Remedy
from relayer.ledgers.cosmos.refusals import ChainRefusal, refused_message
from relayer.ledgers.embedded.host.refusals import refuse
from relayer.ledgers.evm import refusals as evm
from relayer.ledgers.evm.contracts import Contract, artifact


@pytest.mark.parametrize("code", IbcCode, ids=str)
def test_embedded_and_cosmos_judge_alike(code: IbcCode) -> None:
    chain = refused_message(ChainRefusal(codespace=code.codespace, code=code.number, log=""))
    host = refuse(code, "")
    assert (chain.code, chain.retryable) == (f"{host.codespace}/{host.number}", host.retryable)
    assert chain.retryable == (code.remedy is not Remedy.MESSAGE)


def test_a_chains_own_refusals_are_in_the_same_vocabulary() -> None:
    frozen = refused_message(ChainRefusal(codespace="poa-evm", code=18, log=""))
    assert (frozen.code, frozen.retryable) == (str(ChainCode.POA_EVM_FROZEN), True)
    assert not refused_message(ChainRefusal(codespace="sdk", code=111_222, log="")).retryable


def test_every_revert_with_a_meaning_is_an_error_of_the_contracts_or_found_before_sending() -> None:
    entries = (*artifact(Contract.ROUTER).entries("error"), *artifact(Contract.COMET_BFT_LIGHT_CLIENT).entries("error"))
    assert set(evm.MEANINGS) <= {each["name"] for each in entries} | {"MALFORMED_PROOF"}
