"""The client's certificate through a real uvicorn on loopback: none, rogue, expired, revoked, good."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from access_world import DAY, World, bank, registering
from fondaco.access import CLIENT, SERVER, Caller, ClientCertificateProtocol, DemoAuthority, Gate, from_pem, server_settings
from fondaco.api.protocol import protocol_of
from fondaco.core import Instant

pytestmark = pytest.mark.server


@contextmanager
def serving(gate: Gate, folder: Path, **more: Any) -> Iterator[int]:
    """An application of four lines, which says who asked."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        answer = gate.authenticate(scope, Instant(time.time_ns()))
        known = isinstance(answer, Caller)
        tls = scope["extensions"]["tls"]
        body = json.dumps({"who": answer.name if known else answer.reason.name, "chain": len(tls["client_cert_chain"])})  # type: ignore[union-attr]
        await send(
            {
                "type": "http.response.start",
                "status": 200 if known else 401,
                "headers": [(b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body.encode()})

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        settings = server_settings(folder / "server.pem", folder / "server.key", folder / "ca.pem") | more
        server = uvicorn.Server(
            # A connection that is kept is not ended between two questions, however late the second one comes.
            uvicorn.Config(
                app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1, timeout_keep_alive=600, **settings
            )
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield port
        server.should_exit = True
        thread.join(timeout=60)
        assert not thread.is_alive()


def connected(port: int, authorities: Path, certificate: Path | None) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(authorities))
    if certificate is not None:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)


def ask(connection: http.client.HTTPSConnection, **headers: str) -> tuple[int, dict[str, Any]]:
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_none_rogue_expired_revoked_and_good(world: World, tmp_path: Path) -> None:
    now = Instant(time.time_ns())
    folder = tmp_path / "tls"
    authority = DemoAuthority.create(folder, Instant(int(now) - 30 * DAY))
    authority.issue("server", SERVER, Instant(int(now) - DAY), 30, ("127.0.0.1", "localhost"))
    world.authority = authority
    world.machine("good", at=Instant(int(now)))
    revoked = from_pem(authority.issue("revoked", CLIENT, now, 30).read_bytes())
    world.done(registering(revoked.der, bank("revoked")), now)
    expired = authority.issue("expired", CLIENT, Instant(int(now) - 20 * DAY), 10)
    world.done(registering(from_pem(expired.read_bytes()).der, bank("expired")), Instant(int(now) - 15 * DAY))
    stranger = authority.issue("stranger", CLIENT, now, 30)
    rogue = DemoAuthority.create(tmp_path / "rogue", now).issue("good", CLIENT, now, 30)
    ca = folder / "ca.pem"
    with serving(world.gate, folder) as port:
        assert ask(connected(port, ca, None)) == (401, {"who": "NOT_RECOGNISED", "chain": 0})
        assert ask(connected(port, ca, folder / "good.pem")) == (200, {"who": "good", "chain": 1})
        assert ask(connected(port, ca, stranger)) == (401, {"who": "NOT_RECOGNISED", "chain": 1})
        forged = {"X-Client-Cert": "anything", "X-Fondaco-Proxy": "0" * 32}
        assert ask(connected(port, ca, None), **forged)[0] == 401
        for wrong in (rogue, expired):
            with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
                ask(connected(port, ca, wrong))
        # A connection that stands: what is revoked while it is open is nobody at its next request.
        kept = connected(port, ca, folder / "revoked.pem")
        assert ask(kept) == (200, {"who": "revoked", "chain": 1})
        assert world.register.revoke(revoked.thumbprint, "operator-1", "key lost", now) is None
        assert ask(kept) == (401, {"who": "NOT_RECOGNISED", "chain": 1})


def test_no_version_below_1_2_and_no_session_is_resumed(world: World, tmp_path: Path) -> None:
    now = Instant(time.time_ns())
    folder = tmp_path / "tls"
    authority = DemoAuthority.create(folder, now)
    authority.issue("server", SERVER, now, 30, ("127.0.0.1",))
    with serving(world.gate, folder) as port:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
            context.minimum_version = context.maximum_version = version
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
            ):
                tls.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                assert b"401" in tls.recv(100)
                session = tls.session
            if session is None or not session.has_ticket:
                continue
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as tls,
            ):
                assert not tls.session_reused
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)), socket.create_connection(("127.0.0.1", port)) as plain:
            old.wrap_socket(plain)


def test_it_goes_together_with_the_protocol_that_is_patient_with_nobody(world: World, tmp_path: Path) -> None:
    """The door's own protocol bounds headers; both are one class for a server."""
    now = Instant(time.time_ns())
    folder = tmp_path / "tls"
    world.authority = DemoAuthority.create(folder, now)
    world.authority.issue("server", SERVER, now, 30, ("127.0.0.1",))
    world.machine("good", at=now)
    both = protocol_of(60.0, 2_000)
    assert issubclass(both, ClientCertificateProtocol)
    with serving(world.gate, folder, http=both) as port:
        asked = connected(port, folder / "ca.pem", folder / "good.pem")
        assert [ask(asked)[1]["who"] for _ in range(3)] == ["good"] * 3
        asked.request("GET", "/", headers={"X-Long": "x" * 3_000})
        assert asked.getresponse().status == 431
