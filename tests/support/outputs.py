"""The JSON that commands print, held to the schema that `relayer schema` publishes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from relayer.views.outputs import OUTPUTS
from relayer.views.schema import of_output


def output(name: str, text: str) -> Any:
    """The document of a command, named as in OUTPUTS. Fails if it does not fit its schema."""
    found = json.loads(text)
    _validator(name).validate(found)
    return found


def output_of(arguments: tuple[str, ...], text: str) -> Any:
    """The same, from the command's arguments."""
    words = " ".join(arguments)
    fitting = [name for name in OUTPUTS if words == name or words.startswith(f"{name} ")]
    assert fitting, f"{words} has no published output"
    return output(max(fitting, key=len), text)


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(of_output(OUTPUTS[name]))
