"""Groups of commands: loaded when they are called, and listed by topic in their help."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

_OTHERS = "Commands"


class TopicGroup(TyperGroup):
    """Lists its commands under the topics that they name as their help panel, in the order of the first of each."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """One section for each topic."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        limit = formatter.width - 6 - max(len(name) for name, _ in commands)
        topics: dict[str, list[tuple[str, str]]] = {}
        for name, command in commands:
            topic = getattr(command, "rich_help_panel", None) or _OTHERS
            topics.setdefault(topic, []).append((name, command.get_short_help_str(limit)))
        for topic, rows in topics.items():
            with formatter.section(topic):
                formatter.write_dl(rows)


def application(help_text: str, **attributes: Any) -> typer.Typer:
    """A group of commands in the form of this program: no completion to install, and help in plain text."""
    return typer.Typer(cls=TopicGroup, add_completion=False, rich_markup_mode=None, help=help_text, **attributes)


@cache
def _command(module: str) -> Any:
    """What the module's application is made into: once, however often it is called or described."""
    return get_command(import_module(module).app)


class LateGroup(TyperGroup):
    """Stands for a Typer application of another module, which is imported once the group is called."""

    def __init__(self, *, name: str, module: str, help_text: str, topic: str) -> None:
        super().__init__(name=name, help=help_text, rich_help_panel=topic)
        self._module = module

    def loaded(self) -> Any:
        """The group itself."""
        return _command(self._module)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Of the group itself, which then runs instead of this one."""
        return self.loaded().make_context(info_name, args, parent, **extra)
