"""The port of the HTTP service. Apart from the service, so that `relayer check` tries the port and loads no web server."""

from __future__ import annotations

import socket

from relayer.errors import ConfigurationError


def bind(host: str, port: int) -> socket.socket:
    """Raises ConfigurationError if the port is taken, before anything else has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"service: cannot listen on {host}:{port} ({error.strerror}); stop what uses it, or change service.port"
        ) from error
    return listener
