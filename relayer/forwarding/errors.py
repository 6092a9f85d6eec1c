"""The one error of forwarding."""

from __future__ import annotations

from relayer.codes.forward import ForwardRefusal
from relayer.errors import RelayerError


class ForwardRefused(RelayerError):
    """What an operator asks of the route table breaks a rule."""

    def __init__(self, code: ForwardRefusal, message: str) -> None:
        super().__init__(message)
        self.code = code
