"""Generates constants from proto/codes.yaml for Python, Go and Solidity. Run it after a change there; a test compares.

It must never be needed to run the product: the generated files are checked in. The data file is read strictly: a name or a
number that occurs twice, a field that is missing or unknown, stops it.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "proto" / "codes.yaml"
WIDTH = 125
GO = Path("contracts/cosmos")
GO_SETTLEMENT = GO / "x" / "settlement"

NUMBERED = {
    "fact_kinds": {"issued_by", "meaning"},
    "fact_categories": set(),
    "fact_statuses": set(),
    "fact_codes": {"later", "meaning"},
    "news_statuses": {"meaning"},
    "news_answers": {"later", "meaning"},
    "settlement_refusals": {"later", "meaning"},
    "forward_refusals": {"later", "meaning"},
}
"""Sections of numbers, with the fields that each entry has beside its number."""
OPTIONAL = {"fact_codes": {"returned"}}
"""Fields that an entry may have besides."""
NAMED = {"ibc_refusals", "chain_refusals"}
ISSUERS = {"creditor"}
"""Sides that a kind of fact can be issued by. The rules know no other: whoever adds one changes them in all languages."""
REMEDIES = {"message": "MESSAGE", "later": "LATER", "client": "CLIENT", "account": "ACCOUNT"}


class DataError(Exception):
    """The data file breaks its form; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the data file. What a section does not have is empty."""

    name: str
    number: int
    meaning: str = ""
    later: bool = False
    returned: bool = False
    issued_by: str = ""
    codespace: str = ""
    remedy: str = ""


Codes = dict[str, list[Entry]]


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that occurs twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """As the safe loader, which would keep the last of two."""
        keys = [self.construct_object(key) for key, _ in node.value]
        if doubled := {key for key in keys if keys.count(key) > 1}:
            raise DataError(f"{sorted(doubled)} occur twice; {node.start_mark}")
        return super().construct_mapping(node, deep=deep)


def read(path: Path) -> Codes:
    """The data file by section. Raises DataError."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a safe loader
    if set(raw) != {*NUMBERED, *NAMED, "limits"}:
        raise DataError(f"the sections are {sorted(raw)}")
    return {section: _section(section, entries) for section, entries in raw.items()}


def generate(codes: Codes) -> dict[Path, str]:
    """The text of every generated file, by its path below the root."""
    return {
        Path("relayer/codes/facts.py"): _python_facts(codes),
        Path("relayer/codes/news.py"): _python_news(codes),
        Path("relayer/codes/settlement.py"): _python_settlement(codes),
        Path("relayer/codes/forward.py"): _python_forward(codes),
        Path("relayer/codes/ibc.py"): _python_refusals(codes),
        Path("relayer/codes/limits.py"): _python_limits(codes),
        GO_SETTLEMENT / "facts" / "codes.go": _go_facts(codes),
        GO_SETTLEMENT / "ledger" / "codes.go": _go_ledger(codes),
        GO_SETTLEMENT / "ledger" / "netting" / "limits.go": _go_netting(codes),
        GO_SETTLEMENT / "keeper" / "limits.go": _go_keeper(codes),
        GO / "x" / "forward" / "rules" / "codes.go": _go_forward(codes),
        GO / "light-clients" / "poaevm" / "limits.go": _go_poa_evm(codes),
        Path("contracts/evm/src/Codes.sol"): _solidity(codes),
    }


def main(arguments: list[str]) -> int:
    """Writes the files, below another root if one is given."""
    root = Path(arguments[0]) if arguments else ROOT
    for path, text in generate(read(SOURCE)).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return 0


# Reading.


def _section(section: str, entries: dict[str, dict[str, Any]]) -> list[Entry]:
    found = [_entry(section, name, fields) for name, fields in entries.items()]
    numbers = [(entry.codespace, entry.number) for entry in found]
    if section != "limits" and len(set(numbers)) != len(numbers):
        raise DataError(f"{section}: a number occurs twice")
    return found


def _entry(section: str, name: str, fields: dict[str, Any]) -> Entry:
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", name):
        raise DataError(f"{section}: {name!r} is not a name in capitals")
    required = {"value", "meaning"} if section == "limits" else {"code", "remedy", "meaning"}
    if section in NUMBERED:
        required = {"number", *NUMBERED[section]}
    if not required <= set(fields) <= required | OPTIONAL.get(section, set()):
        raise DataError(f"{section}: {name} has the fields {sorted(fields)}, expected {sorted(required)}")
    meaning = str(fields.get("meaning", ""))
    if '"' in meaning or "\\" in meaning or not meaning.isascii():
        raise DataError(f"{section}: the meaning of {name} has a character that source code quotes")
    if section == "limits":
        return Entry(name=name, number=_value(str(fields["value"])), meaning=meaning)
    if section in NUMBERED:
        issued_by = str(fields.get("issued_by", ""))
        if "issued_by" in required and issued_by not in ISSUERS:
            raise DataError(f"{section}: {name} is issued by {issued_by!r}, expected one of {sorted(ISSUERS)}")
        return Entry(
            name=name,
            number=int(fields["number"]),
            meaning=meaning,
            later=bool(fields.get("later")),
            returned=bool(fields.get("returned")),
            issued_by=issued_by,
        )
    codespace, _, number = str(fields["code"]).partition("/")
    if fields["remedy"] not in REMEDIES:
        raise DataError(f"{section}: {name} has the remedy {fields['remedy']!r}, expected one of {sorted(REMEDIES)}")
    return Entry(name=name, number=int(number), codespace=codespace, remedy=fields["remedy"], meaning=meaning)


def _value(text: str) -> int:
    """``64``, ``2^20`` or ``2^63 - 2``."""
    found = re.fullmatch(r"(\d+)(?:\^(\d+))?(?: - (\d+))?", text)
    if found is None:
        raise DataError(f"limits: {text!r} is not a number, a power, or a power less a number")
    base, power, less = found.groups()
    return int(base) ** int(power or 1) - int(less or 0)


# Python.


def _python(purpose: str, *parts: str) -> str:
    header = f'"""{purpose}\n\nMade by devnet/generate_codes.py of proto/codes.yaml; change it there.\n"""\n'
    return header + "\n" + "from __future__ import annotations\n\n" + "".join(parts)


def _docstring(text: str, indent: str = "    ") -> str:
    """A docstring in one line, or with its text wrapped."""
    if not text:
        return ""
    lines = textwrap.wrap(text, WIDTH - len(indent) - 6)
    return indent + '"""' + f"\n{indent}".join(lines) + '"""\n'


def _sentence(meaning: str) -> str:
    text = meaning[:1].upper() + meaning[1:]
    return text if not text or text.endswith(".") else text + "."


def _python_enum(name: str, purpose: str, entries: list[Entry], *, has_later: bool = False) -> str:
    body = "".join(f"    {each.name} = {each.number}\n{_docstring(_sentence(each.meaning))}" for each in entries)
    text = f'\n\nclass {name}(IntEnum):\n    """{purpose}"""\n\n{body}'
    if not has_later:
        return text
    later = "".join(f"        {name}.{each.name},\n" for each in entries if each.later)
    text += "\n    @property\n    def may_pass_later(self) -> bool:\n"
    text += '        """Whether the same content may be accepted later without being changed."""\n'
    text += f"        return self in _{name.upper()}_LATER\n"
    return text + f"\n\n_{name.upper()}_LATER = frozenset(\n    {{\n{later}    }}\n)\n"


def _python_returned(name: str, entries: list[Entry]) -> str:
    """Those after which a fact may be sent again."""
    members = "".join(f"        {name}.{each.name},\n" for each in entries if each.returned)
    return _RETURNED.format(name=name, members=members)


_RETURNED = '''

RETURNED_CODES = frozenset(
    {{
{members}    }}
)
"""Say that a fact did not reach the ledger that it was sent to: it may be sent again, as after a timeout."""
'''


def _python_meanings(name: str, entries: list[Entry]) -> str:
    """The meanings as a function, for those who explain an answer to a person."""
    rows = "".join(_row(f"    {name}.{each.name}: ", _sentence(each.meaning)) for each in entries)
    return f"\n_{name.upper()}_MEANINGS = {{\n{rows}}}\n" + _MEANING.format(name=name, upper=name.upper())


def _row(key: str, text: str) -> str:
    """In one line, or as the formatter has it: in parentheses, in as many literals as it takes."""
    line = f'{key}"{text}",\n'
    if len(line) <= WIDTH + 1:
        return line
    parts = textwrap.wrap(text, WIDTH - 10, drop_whitespace=False)
    return f"{key}(\n" + "".join(f'        "{part}"\n' for part in parts) + "    ),\n"


_MEANING = '''

def meaning_of(code: {name}) -> str:
    """The answer explained to a person, in a sentence."""
    return _{upper}_MEANINGS[code]
'''
_INT_ENUM = "from enum import IntEnum\n"


def _python_facts(codes: Codes) -> str:
    return _python(
        "Kinds, categories and answers of business facts.",
        _INT_ENUM,
        _python_enum("FactKind", "What happened.", codes["fact_kinds"]),
        _KINDS_ISSUED_BY.format(names="".join(f"        FactKind.{each}," + "\n" for each in _issued_by_creditor(codes))),
        _python_enum("FactCategory", "TOMP-API category of the claim.", codes["fact_categories"]),
        _python_enum("FactStatus", "Whether a fact was recorded as a liability.", codes["fact_statuses"]),
        _python_enum("FactCode", "Why, in the acknowledgement of a fact.", codes["fact_codes"], has_later=True),
        _python_returned("FactCode", codes["fact_codes"]),
        _python_meanings("FactCode", codes["fact_codes"]),
    )


_KINDS_ISSUED_BY = '''

KINDS_ISSUED_BY_CREDITOR = frozenset(
    {{
{names}    }}
)
"""Come from an issuer of the creditor, or from one with its mandate."""
'''


def _issued_by_creditor(codes: Codes) -> list[str]:
    return [each.name for each in codes["fact_kinds"] if each.issued_by == "creditor"]


def _python_news(codes: Codes) -> str:
    return _python(
        "Status news: what became of a liability, and what the contract ledger did with it.",
        _INT_ENUM,
        _python_enum("Status", "What became of a liability.", codes["news_statuses"]),
        _python_enum("StatusAnswer", "What the contract ledger did with one update.", codes["news_answers"]),
    )


def _python_settlement(codes: Codes) -> str:
    purpose = "Stable numbers of the refusals, as a ledger prints them behind its codespace ``settlement``."
    return _python(
        "Refusals of settlement commands.",
        _INT_ENUM,
        _python_enum("RefusalCode", purpose, codes["settlement_refusals"], has_later=True),
    )


def _python_forward(codes: Codes) -> str:
    purpose = "Stable numbers of the refusals, as a ledger prints them behind its codespace ``forward``."
    return _python(
        "Refusals of what operators of a hub ask of its route table.",
        _INT_ENUM,
        _python_enum("ForwardRefusal", purpose, codes["forward_refusals"]),
    )


def _python_refusals(codes: Codes) -> str:
    def members(entries: Iterable[Entry]) -> str:
        return "".join(
            f'    {each.name} = ("{each.codespace}", {each.number}, Remedy.{REMEDIES[each.remedy]})\n'
            + _docstring(_sentence(each.meaning))
            for each in entries
        )

    return _python(
        "Refusals of messages by an IBC host, and what helps against each.",
        "from enum import Enum, StrEnum\n",
        _REMEDY,
        '\n\nclass IbcCode(_Code):\n    """As ibc-go v11.2.0 registers them."""\n\n',
        members(codes["ibc_refusals"]),
        '\n\nclass ChainCode(_Code):\n    """What a Cosmos SDK chain and our light client on it add."""\n\n',
        members(codes["chain_refusals"]),
        _REMEDY_OF,
    )


_REMEDY = '''

class Remedy(StrEnum):
    """Who or what can make a refused message pass."""

    MESSAGE = "message"
    """Nothing: the message itself is at fault."""
    LATER = "later"
    """A newer proof, a client update, or time."""
    CLIENT = "client"
    """The owner of the light client, or the ledger's authority: until then no message to this client passes."""
    ACCOUNT = "account"
    """Another account, or this one once it is admitted or can pay."""


class _Code(Enum):
    def __init__(self, codespace: str, number: int, remedy: Remedy) -> None:
        self.codespace = codespace
        self.number = number
        self.remedy = remedy

    def __str__(self) -> str:
        """As a refusal names itself, for example ``channelv2/9``."""
        return f"{self.codespace}/{self.number}"

    @property
    def retryable(self) -> bool:
        """Whether the message, unchanged but for its proof, may pass later."""
        return self.remedy is not Remedy.MESSAGE
'''

_REMEDY_OF = '''

_REMEDIES: dict[str, Remedy] = {str(each): each.remedy for each in (*IbcCode, *ChainCode)}


def remedy_of(code: str) -> Remedy:
    """Of a code such as ``channelv2/9``. One that is not listed blames no message: its cause may pass."""
    return _REMEDIES.get(code, Remedy.LATER)
'''


def _python_limits(codes: Codes) -> str:
    lines = "".join(f"{each.name} = {_number(each.number)}\n{_docstring(each.meaning, '')}" for each in codes["limits"])
    return _python("Bounds that every implementation checks.", lines)


def _number(value: int) -> str:
    """Long ones as powers, or in groups of three digits."""
    if value.bit_length() > 32:
        for less in (1, 2):
            if (value + less).bit_count() == 1:
                return f"2**{(value + less).bit_length() - 1} - {less}"
    return f"{value:_}" if value >= 10_000 else str(value)


# Go.


def _go_name(name: str, *, exported: bool = True) -> str:
    words = [word if word in {"ID", "OK", "EVM"} else word.capitalize() for word in name.split("_")]
    text = "".join(words)
    return text if exported else text[:1].lower() + text[1:]


def _go(package: str, *parts: str) -> str:
    header = "// Code generated by devnet/generate_codes.py from proto/codes.yaml. DO NOT EDIT.\n\n"
    return header + f"package {package}\n\n" + "\n".join(parts)


def _comment(text: str) -> str:
    return "\t// " + text + "\n" if text else ""


def _go_enum(kind: str, width: str, purpose: str, entries: list[Entry]) -> str:
    names = [_go_name(each.name) for each in entries]
    body = "".join(
        f"{_comment(f'{name}: {each.meaning}' if each.meaning else '')}\t{name} {kind} = {each.number}\n"
        for name, each in zip(names, entries, strict=True)
    )
    return f"// {kind} {purpose}\ntype {kind} {width}\n\n// Values of {kind}.\nconst (\n{_aligned(body)})\n"


def _aligned(body: str) -> str:
    """As gofmt does it: in lines that follow one another, names, types and equal signs begin in the same column."""
    lines, block = [], []

    def flush() -> None:
        columns = [line.split(maxsplit=2) for line in block]
        first = max((len(name) for name, _, _ in columns), default=0)
        second = max((len(kind) for _, kind, _ in columns), default=0)
        for name, kind, rest in columns:
            lines.append(f"\t{name.ljust(first)} {kind.ljust(second)} {rest}")
        block.clear()

    for line in body.splitlines():
        if line.lstrip().startswith("//"):
            flush()
            lines.append(line)
        else:
            block.append(line)
    flush()
    return "".join(f"{line}\n" for line in lines)


def _go_limits(codes: Codes, names: dict[str, bool]) -> str:
    """Constants by name; the value says whether the package exports it."""
    by_name = {each.name: each for each in codes["limits"]}
    body = ""
    for name, exported in names.items():
        word = _go_name(name, exported=exported)
        body += f"\t// {word}: {by_name[name].meaning}\n\t{word} = {by_name[name].number}\n"
    return f"// Bounds that every implementation checks.\nconst (\n{body})\n"


def _go_facts(codes: Codes) -> str:
    categories = [each.number for each in codes["fact_categories"]]
    names = ("FACTS", "DESTINATION_BYTES", "UPDATES", "SIGNED_FACTS", "SIGNED_BYTES", "OBJECT_ID_BYTES")
    return _go(
        "facts",
        _go_limits(codes, dict.fromkeys((f"MAXIMUM_{name}" for name in names), True)),
        _go_enum("Kind", "uint16", "is what happened.", codes["fact_kinds"]),
        "// IsIssuedByCreditor says whether facts of the kind come from the creditor's issuer, or one with its mandate.\n"
        "func (k Kind) IsIssuedByCreditor() bool {\n\tswitch k {\n\tcase "
        + ",\n\t\t".join(_go_name(name) for name in _issued_by_creditor(codes))
        + ":\n\t\treturn true\n\tdefault:\n\t\treturn false\n\t}\n}\n",
        f"// Categories are those of TOMP-API's financial detail.\nconst (\n\tfirstCategory = {min(categories)}\n"
        f"\tlastCategory  = {max(categories)}\n)\n",
        _go_enum("Status", "uint8", "is whether a fact was recorded as a liability.", codes["fact_statuses"]),
        _go_enum("Code", "uint16", "is why, in the acknowledgement of a fact.", codes["fact_codes"]),
        "// IsReturned says whether the fact did not reach the ledger that it was sent to: it may be sent again, as after\n"
        "// a timeout.\nfunc (c Code) IsReturned() bool {\n\tswitch c {\n\tcase "
        + ",\n\t\t".join(_go_name(each.name) for each in codes["fact_codes"] if each.returned)
        + ":\n\t\treturn true\n\tdefault:\n\t\treturn false\n\t}\n}\n",
        _go_enum("NewsStatus", "uint8", "is what became of a liability.", codes["news_statuses"]),
        _go_enum("StatusAnswer", "uint8", "is what the contract ledger did with one update.", codes["news_answers"]),
    )


def _go_errors(entries: list[Entry]) -> str:
    names = [f"Err{_go_name(each.name)}" for each in entries]
    width = max(map(len, names))
    return "".join(
        f'\t{name.ljust(width)} = errorsmod.Register(Codespace, {each.number}, "{each.meaning}")\n'
        for name, each in zip(names, entries, strict=True)
    )


def _go_forward(codes: Codes) -> str:
    names = ("MAXIMUM_ROUTES", "MAXIMUM_FORWARD_QUOTA", "MINIMUM_MARGIN_SECONDS", "MAXIMUM_MARGIN_SECONDS")
    limits = dict.fromkeys((*names, "MAXIMUM_DESTINATION_BYTES", "MAXIMUM_TIMEOUT_SECONDS", "MAXIMUM_LISTED"), True)
    return _go(
        "rules",
        'import (\n\terrorsmod "cosmossdk.io/errors"\n)\n',
        '// Codespace of the refusals.\nconst Codespace = "forward"\n',
        _go_limits(codes, limits),
        "// Refusals of what operators ask of the route table, with the numbers that every hub prints.\n"
        f"var (\n{_go_errors(codes['forward_refusals'])})\n",
    )


def _go_ledger(codes: Codes) -> str:
    errors = _go_errors(codes["settlement_refusals"])
    private = ("TEXT_BYTES", "ID_CHARACTERS", "CURRENCIES", "EXPONENT", "FACT_BITS", "FACT_SECONDS", "WAIT_SECONDS")
    rates = ("RATE_WINDOW_SECONDS", "DEFAULT_PROPOSALS_PER_HOUR", "DEFAULT_DISPUTES_PER_HOUR")
    limits = {**dict.fromkeys((*(f"MAXIMUM_{name}" for name in private), *rates), False), "MAXIMUM_ENDED": True}
    limits["MAXIMUM_TRUSTED_CHAINS"] = True
    return _go(
        "ledger",
        'import (\n\terrorsmod "cosmossdk.io/errors"\n)\n',
        _go_limits(codes, limits),
        f"// Refusals of commands, with the numbers that every settlement ledger prints.\nvar (\n{errors})\n",
    )


def _go_netting(codes: Codes) -> str:
    limits = {"MAXIMUM_DEBTS": True, "MAXIMUM_PARTIES": True, "MAXIMUM_POTENTIAL": False}
    return _go("netting", _go_limits(codes, limits))


def _go_keeper(codes: Codes) -> str:
    names = ("NEWS_PACKETS", "NEWS_REPEATS", "NEWS_WAIT_SECONDS")
    limits = dict.fromkeys(("MAXIMUM_LISTED", *(f"MAXIMUM_{name}" for name in names), "NEWS_WAIT_SECONDS"), False)
    return _go("keeper", _go_limits(codes, limits))


def _go_poa_evm(codes: Codes) -> str:
    names = ("CLIENT_STATE_BYTES", "AUTHORITIES", "RETIRED_AUTHORITIES", "EVM_HEADER_BYTES", "TRIE_NODES", "TRIE_NODE_BYTES")
    return _go("poaevm", _go_limits(codes, {f"MAXIMUM_{name}": False for name in names}))


# Solidity.


def _solidity(codes: Codes) -> str:
    def library(name: str, kind: str, title: str, entries: Iterable[Entry]) -> str:
        body = "".join(
            (f"    /// @notice {each.meaning}\n" if each.meaning else "")
            + f"    {kind} internal constant {each.name} = {each.number};\n"
            for each in entries
        )
        return f"\n/// @title {title}\nlibrary {name} {{\n{body}}}\n"

    wanted = {"FACTS", "UPDATES", "DESTINATION_BYTES", "FACT_BITS", "TIMEOUT_SECONDS", "CHAIN_ID_BYTES", "PROOF_DEPTH"}
    wanted.update({"FACT_SECONDS", "CONTRACT_VALIDATORS"})
    limits = [each for each in codes["limits"] if each.name.removeprefix("MAXIMUM_") in wanted]
    kinds = sum(1 << each.number for each in codes["fact_kinds"] if each.issued_by == "creditor")
    meaning = "Bit n: kind n comes from an issuer of the creditor, or with its mandate."
    issued_by = [Entry(name="CREDITOR", number=kinds, meaning=meaning)]
    returned = sum(1 << each.number for each in codes["fact_codes"] if each.returned)
    meaning = "Bit n: after code n a fact may be sent again, as after a timeout."
    returned_codes = [Entry(name="MASK", number=returned, meaning=meaning)]
    return (
        "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.20;\n\n"
        "// Made by devnet/generate_codes.py of proto/codes.yaml; change it there.\n"
        + library("KindsIssuedBy", "uint256", "Kinds of facts by the side that issues them.", issued_by)
        + library("FactStatus", "uint8", "Whether a fact was recorded as a liability.", codes["fact_statuses"])
        + library("FactCode", "uint16", "Why, in the acknowledgement of a fact.", codes["fact_codes"])
        + library("ReturnedCodes", "uint256", "Answers that say that a fact did not reach its ledger.", returned_codes)
        + library("NewsStatus", "uint8", "Status news: what became of a liability.", codes["news_statuses"])
        + library("NewsAnswer", "uint8", "What the contract ledger did with one update.", codes["news_answers"])
        + library("Limits", "uint256", "Bounds that every implementation checks.", limits)
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
