"""uvicorn's HTTP/1.1 protocol, which also tells the application whose certificate the client showed.

uvicorn 0.54 checks a client certificate and forgets it. This class keeps it where the ASGI TLS extension has it:
`scope["extensions"]["tls"]["client_cert_chain"]`, PEM, the client's own first. It leans on how 0.54 makes a scope (`on_message_begin`), so
uvicorn is pinned below 0.55 and `tests/access/test_tls.py` tries it on a real server.

    uvicorn.Config(app, http=ClientCertificateProtocol, **server_settings(...))
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# An application reads these alone: a header can be written by anybody, the extension only by this class.
TLS_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


class ClientCertificateProtocol(HttpToolsProtocol):
    """HTTP/1.1 with the client's certificate in the scope; without TLS there is no extension, without a certificate an empty chain."""

    tls: dict[str, Any] | None = None
    # Whose connection it is where a proxy that is trusted said so; its own address is the proxy's then.
    told_client: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.told_client is not None:
            self.client = self.told_client
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            der = tls.getpeercert(binary_form=True)
            chain = (ssl.DER_cert_to_PEM_cert(der),) if der else ()
            self.tls = {
                "server_cert": None, "client_cert_chain": chain, "client_cert_name": None, "client_cert_error": None,
                "tls_version": TLS_VERSIONS.get(tls.version()), "cipher_suite": None,
            }  # fmt: skip

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.tls is not None:
            # uvicorn makes a scope without extensions; a copy for each request, since an application may write to it.
            self.scope["extensions"] = {"tls": {**self.tls}}  # type: ignore[dict-item]


def server_context(certificate: Path, key: Path, authorities: Path) -> ssl.SSLContext:
    """Mutual TLS as every server of ours has it: a client may show a certificate; a wrong one ends the handshake.

    None at all reaches the application, which answers 401 with a text: TLS 1.3 would let the client see an empty reply only. No version
    below 1.2, no renegotiation, no session tickets: a resumed session would carry a certificate that was not shown again.

    Raises `OSError` (`ssl.SSLError` is one) where a file cannot be read, or certificate and key do not belong together.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A key that asks for a password is refused: nobody is there to type it.
    made.load_cert_chain(certificate, key, password="")
    made.verify_mode = ssl.CERT_OPTIONAL
    made.load_verify_locations(authorities)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.num_tickets = 0
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    return made


def server_settings(certificate: Path, key: Path, authorities: Path) -> dict[str, Any]:
    """What `uvicorn.Config` needs for `server_context`."""

    def context(config: Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        return server_context(certificate, key, authorities)

    return {
        "http": ClientCertificateProtocol,
        "ssl_certfile": str(certificate), "ssl_keyfile": str(key), "ssl_ca_certs": str(authorities),
        "ssl_cert_reqs": ssl.CERT_OPTIONAL, "ssl_context_factory": context, "proxy_headers": False, "server_header": False,
    }  # fmt: skip
