"""Certificates from their files, looked at before anything listens."""

from __future__ import annotations

import ssl

from relayer.config.fields import LedgerListen, Tls
from relayer.config.serving import read_pem
from relayer.errors import ConfigurationError
from relayer.transport import Certificate, Places, host_port


def server_context(tls: Tls) -> ssl.SSLContext:
    """For a server. Raises ConfigurationError if a file cannot be read, or the key is not that of the certificate."""
    for path in (tls.certificate, tls.key):
        read_pem(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without a password of its own OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"{tls.certificate}: this is no certificate in PEM with the unencrypted key {tls.key} "
            f"({getattr(error, 'reason', None) or error}); name the two files of one certificate"
        ) from error
    return context


def certificate_of(tls: Tls) -> Certificate:
    """The same as bytes, for gRPC."""
    server_context(tls)
    return Certificate(key=read_pem(tls.key), chain=read_pem(tls.certificate))


def places_of(listen: LedgerListen) -> Places:
    """Where a gRPC server listens whose calls carry tokens."""
    if listen.port is None or listen.tls is None:
        return Places(socket=listen.socket)
    certificate = certificate_of(listen.tls)
    return Places(socket=listen.socket, tcp=host_port(listen.host, listen.port), certificate=certificate)
