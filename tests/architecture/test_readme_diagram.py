"""The README's picture of the lifecycle is the one that the table draws."""

from __future__ import annotations

from relayer.core.diagram import lifecycle_diagram
from tests.support.paths import ROOT

README = ROOT / "README.md"


def test_the_readme_shows_the_lifecycle_as_it_is() -> None:
    assert f"```mermaid\n{lifecycle_diagram()}```" in README.read_text(), (
        "replace the README's state diagram by what relayer.core.diagram.lifecycle_diagram() returns"
    )
