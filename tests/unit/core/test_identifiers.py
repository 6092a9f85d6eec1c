"""Identifiers of ICS-24 as the relayer takes them."""

from __future__ import annotations

import pytest

from relayer.core.ids import parse_client_id
from relayer.errors import InvalidInput


@pytest.mark.parametrize("text", ["base", "client-0", "07-tendermint-12", "a.b_c+d#[e]<f>", "x" * 128])
def test_whatever_a_router_lets_its_owner_choose_names_a_client(text: str) -> None:
    """The fault: a client named by its router's owner could not be written into a configuration, and its packets were left
    out as unreadable."""
    assert parse_client_id(text) == text


@pytest.mark.parametrize("text", ["", "abc", "x" * 129, "with space", "a/path", "client\x01", "clïent-0", "client-0\n"])
def test_what_no_ledger_takes_as_a_client_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="4 to 128"):
        parse_client_id(text)
