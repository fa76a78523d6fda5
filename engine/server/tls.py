"""TLS for the server: https and wss from a certificate and its key."""

from __future__ import annotations

import ssl
from pathlib import Path

from t2s_rt.errors import ConfigError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the server shows its clients.

    Args:
        certificate: PEM file with the server's certificate, and with those between it and the authority.
        key: PEM file with its private key, not encrypted.

    Raises:
        ConfigError: A file cannot be read, is no PEM, or the two do not belong together.
    """
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as problem:
            raise ConfigError(f"{path} cannot be read: {problem.strerror}.") from problem
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as problem:
        reason = (problem.reason or "").replace("_", " ").lower() or str(problem)
        raise ConfigError(
            f"{certificate} and {key} are no certificate and its key: {reason}.",
            "Give PEM files that belong together; docs/protocol.md shows how to make them.",
        ) from problem
    return context


def _no_password() -> str:
    """Refuse an encrypted key at once; without this OpenSSL would ask at the terminal."""
    return ""
