"""Keys at rest: what is written is read again, and no error says what was given."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest
from eth_account import Account

from relayer.errors import ConfigurationError
from relayer.keystore import account_from_key, create_keystore, open_keystore

KEY = bytes([7]) * 32
# Web3 Secret Storage Definition, test vector for PBKDF2.
VECTOR = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}


def test_the_published_vector_opens(tmp_path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(VECTOR))
    account = open_keystore(path, "testpassword")
    assert bytes(account.key).hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


@pytest.mark.parametrize("kdf", ["scrypt", "pbkdf2"])
def test_what_eth_account_writes_opens(tmp_path, kdf) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Account.encrypt(KEY, "pässword", kdf=kdf, iterations=1024)))
    account = open_keystore(path, "pässword")
    assert (account.key, account.address) == (KEY, Account.from_key(KEY).address)


def test_eth_account_opens_what_is_written_here(tmp_path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "pässword", key=KEY)
    assert bytes(Account.decrypt(json.loads(path.read_text()), "pässword")) == KEY


def test_names_of_members_may_have_capitals(tmp_path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"Crypto": VECTOR["crypto"], "Version": 3}))
    assert open_keystore(path, "testpassword").key.hex().startswith("7a28b5ba")


@pytest.mark.parametrize(
    "parameters",
    [
        {"dklen": 32, "n": 2**30, "r": 8, "p": 1, "salt": "00"},
        {"dklen": 32, "n": 2, "r": 8, "p": 2**30, "salt": "00"},
        {"dklen": 2**30, "n": 2, "r": 8, "p": 1, "salt": "00"},
        {"dklen": 32, "n": 3, "r": 8, "p": 1, "salt": "00"},
        {"dklen": 32, "n": -2, "r": 8, "p": 1, "salt": "00"},
    ],
)
def test_a_foreign_file_cannot_ask_for_all_memory_or_time(tmp_path, parameters) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(VECTOR | {"crypto": VECTOR["crypto"] | {"kdf": "scrypt", "kdfparams": parameters}}))
    with pytest.raises(ConfigurationError, match="wrong password"):
        open_keystore(path, "testpassword")


def test_an_account_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(account_from_key(KEY.hex()))
    assert repr(KEY) not in repr(account_from_key(KEY.hex()))


def test_a_new_keystore_opens_again_and_is_its_owner_s_alone(tmp_path) -> None:
    path = tmp_path / "key.json"
    account = create_keystore(path, "password", key=KEY)
    assert open_keystore(path, "password").address == account.address
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY.hex() not in path.read_text()


def test_a_file_is_never_overwritten(tmp_path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "password")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="cannot be created"):
        create_keystore(path, "password")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("no json", "not a JSON"),
        ("[" * 9_000, "not a JSON"),
        ("9" * 9_000, "not a JSON"),
        ('{"version": 3, "crypto": []}', "wrong password"),
        ('{"version": 3, "crypto": {"kdf": "scrypt", "kdfparams": 1, "cipher": "aes-128-ctr"}}', "wrong password"),
        ("{}", "wrong password"),
        ("[]", "wrong password"),
        ("x" * 20_000, "larger"),
    ],
)
def test_what_is_no_keystore_is_named_by_its_path(tmp_path, content, words) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        open_keystore(path, "password")
    assert str(path) in str(caught.value)


def test_no_error_says_the_password_or_the_key(tmp_path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "right", key=KEY)
    with pytest.raises(ConfigurationError) as caught:
        open_keystore(path, "a wrong secret")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
    with pytest.raises(ConfigurationError) as caught:
        account_from_key("0x" + "12" * 31)
    assert "1212" not in str(caught.value)


@pytest.mark.parametrize("bad", ["", "0x", "zz" * 32, "00" * 32, "ff" * 32, "12 " * 32])
def test_what_is_no_key_is_refused(bad) -> None:
    with pytest.raises(ConfigurationError):
        account_from_key(bad)


def test_a_key_is_read_with_and_without_prefix() -> None:
    assert account_from_key(KEY.hex()).address == account_from_key(f" 0x{KEY.hex()}\n").address


def test_an_empty_password_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="password"):
        create_keystore(tmp_path / "key.json", "")


MODULES = ("relayer.keystore", "relayer.ledgers.evm.ledger", "relayer.authority.server", "relayer.app.evm")


@pytest.mark.parametrize("module", MODULES)
def test_no_library_leaves_the_process_with_a_deep_stack(module) -> None:
    code = f"import sys, {module}; sys.exit(sys.getrecursionlimit() != 1000)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
