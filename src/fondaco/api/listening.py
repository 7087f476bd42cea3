"""A listening socket whose connections the server is handed one by one: each new one gets TLS as the files were when they were read last, and one of a proxy that is
trusted says first whose it is (the PROXY protocol's first version, as nginx sends it).

Connections that stand are nobody's affair here: other certificates change nothing for them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import NamedTuple

import uvicorn

from fondaco.access import ClientCertificateProtocol, from_pem, server_context
from fondaco.core import MalformedMessage, utc_text

log = logging.getLogger("fondaco.api")

# The longest first line of a proxy (the protocol's own bound), and how it begins.
LINE_MAX, _BEGINS = 107, b"PROXY "
# Seconds until a line that came in part is looked at again; and until connections are taken again where the system has no more descriptors.
_LOOK_S, _FULL_S = 0.01, 1.0

Client = tuple[str, int]


class ServerTls(NamedTuple):
    """The files of the server's certificate, of its key, and of the authorities of clients (PEM)."""

    certificate: Path
    key: Path
    authorities: Path

    def context(self) -> tuple[ssl.SSLContext, dict[str, str]]:
        """TLS with these files as they are now, and what the log says of the certificate. Raises `CertificatesUnfit`."""
        try:
            facts = from_pem(self.certificate.read_bytes())
            made = server_context(self.certificate, self.key, self.authorities)
        except (OSError, MalformedMessage) as fault:
            names = ", ".join(str(one) for one in self)
            raise CertificatesUnfit(f"{names}: {fault}") from fault
        return made, {"thumbprint": facts.thumbprint, "until": utc_text(facts.not_after)}


class CertificatesUnfit(Exception):
    """A file of certificates or the key cannot be read, or they do not belong together."""


class ProxyLineWrong(Exception):
    """What a trusted proxy sent first is not its line."""


class Proxies:
    """Whose word for a client's address is taken: networks of a settings file. Raises `ValueError` for what is none."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(one) for one in networks]

    def trusted(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in one for one in self._networks)


def read_line(raw: bytes) -> tuple[Client | None, int] | None:
    """Whose connection a proxy's first line says it is (None: it does not know), and the line's length; None where more is to come. Raises `ProxyLineWrong`."""
    line, end, _ = raw[:LINE_MAX].partition(b"\r\n")
    if not end:
        if len(raw) >= LINE_MAX or line[: len(_BEGINS)] != _BEGINS[: len(line)]:
            raise ProxyLineWrong("no line of the PROXY protocol")
        return None
    words = line.split(b" ")
    length = len(line) + 2
    if words[:2] == [b"PROXY", b"UNKNOWN"]:
        return None, length
    if len(words) != 6 or words[0] != b"PROXY" or words[1] not in (b"TCP4", b"TCP6"):
        raise ProxyLineWrong("no line of the PROXY protocol")
    try:
        host, port = ip_address(words[2].decode("ascii")), int(words[4].decode("ascii"))
    except ValueError as fault:
        raise ProxyLineWrong("no address") from fault
    if host.version != (4 if words[1] == b"TCP4" else 6) or not 0 <= port < 65_536:
        raise ProxyLineWrong("no address")
    return (str(host), port), length


class Listening:
    """Takes connections of a socket until it is stopped. Used on one event loop; `tls` may be another for connections that come from now on."""

    def __init__(
        self,
        listening: socket.socket,
        made: Callable[[], ClientCertificateProtocol],
        tls: ssl.SSLContext | None,
        proxies: Proxies,
        patience_s: float,
    ) -> None:
        self.tls = tls
        self._socket = listening
        self._made = made
        self._proxies = proxies
        self._patience_s = patience_s
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[None]] = set()
        listening.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def stop(self) -> None:
        """No further connection; one that had not ended its handshake is let go."""
        tasks = [self._accepting, *self._beginning]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        while True:  # ends when it is cancelled
            try:
                connection, address = await self._loop.sock_accept(self._socket)
            except OSError as fault:
                log.warning("no connection could be taken", extra={"facts": {"why": str(fault)}})
                await asyncio.sleep(_FULL_S)
                continue
            task = asyncio.create_task(self._begin(connection, address[0]))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket, host: str) -> None:
        client: Client | None = None
        if self._proxies.trusted(host):
            try:
                async with asyncio.timeout(self._patience_s):
                    client = await self._told(connection)
            except (OSError, ProxyLineWrong) as fault:
                connection.close()
                log.warning(
                    "a trusted proxy did not say whose connection it is", extra={"facts": {"proxy": host, "why": str(fault)}}
                )
                return
            except asyncio.CancelledError:
                connection.close()
                raise

        def made() -> ClientCertificateProtocol:
            protocol = self._made()
            protocol.told_client = client
            return protocol

        # What a client does in its handshake is its own affair, as is that it leaves.
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(made, connection, ssl=self.tls)

    async def _told(self, connection: socket.socket) -> Client | None:
        """The client that a proxy's line names; the line is taken off, and nothing behind it. Raises `ProxyLineWrong`, `OSError`."""
        while True:  # ends with the line, or with the patience of who asks
            await self._readable(connection)
            raw = connection.recv(LINE_MAX, socket.MSG_PEEK)
            if not raw:
                raise ProxyLineWrong("it said nothing")
            found = read_line(raw)
            if found is not None:
                client, length = found
                connection.recv(length)
                return client
            await asyncio.sleep(_LOOK_S)

    async def _readable(self, connection: socket.socket) -> None:
        found: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(connection, lambda: None if found.done() else found.set_result(None))
        try:
            await found
        finally:
            self._loop.remove_reader(connection)


class ListeningServer(uvicorn.Server):
    """uvicorn's server, with the connections of one socket that is ours. `tls` None: plain HTTP. Raises `CertificatesUnfit`."""

    def __init__(self, config: uvicorn.Config, tls: ServerTls | None, proxies: Proxies, patience_s: float) -> None:
        super().__init__(config)
        self._tls = tls
        self._context = None if tls is None else tls.context()[0]
        self._proxies = proxies
        self._patience_s = patience_s
        self._listening: Listening | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        assert sockets is not None and len(sockets) == 1, "one socket, that is ours"
        await super().startup([])
        self._listening = Listening(sockets[0], self._protocol, self._context, self._proxies, self._patience_s)

    def _protocol(self) -> ClientCertificateProtocol:
        made: ClientCertificateProtocol = self.config.http_protocol_class(  # type: ignore[call-arg,assignment]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def renew(self) -> None:
        """Let connections from now on have the files as they are now. Where those do not fit, nothing changes and the log says so."""
        if self._tls is None:
            return
        try:
            self._context, facts = self._tls.context()
        except CertificatesUnfit as unfit:
            not_taken(unfit)
            return
        if self._listening is not None:  # else it begins with them
            self._listening.tls = self._context
        log.info("serves with these certificates from now on", extra={"facts": facts})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._listening is not None:
            await self._listening.stop()
        await super().shutdown(sockets)


def not_taken(unfit: CertificatesUnfit) -> None:
    log.error("other certificates are not taken: those from before stay", extra={"facts": {"why": str(unfit)}})
