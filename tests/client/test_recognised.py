"""How a hub recognises a client: by its certificate, a token bound to it, a signature of each request; verified by the hub's own code."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
import uvicorn

from access_world import DAY, World, bank
from asking import Asked, BadServer, answer, asking
from fondaco.access import SERVER, SIGN, Caller, DemoAuthority, presented, request_of, server_settings, verify_request
from fondaco.client import Client, ClientCertificate, ClientCredentials, Malformed, RequestSigner, Unauthorised, Unavailable
from fondaco.core import Instant, ManualClock, Refusal

pytestmark = pytest.mark.server
MEMBERS = json.dumps({"union": "Straits", "hub": "ZZHBSG00", "members": []}).encode()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


class Hub:
    """An application of a few lines over TLS: a token endpoint, and one place that tells who asked and whose signature it was."""

    def __init__(self, world: World, base: str, seconds: int = 300) -> None:
        self.world = world
        self.base = base
        self.seconds = seconds
        self.granted = 0
        self.signed: list[str] = []
        self.failing = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        status, told = self._answer(scope, body)
        raw = msgspec.json.encode(told)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    def _answer(self, scope: dict[str, Any], body: bytes) -> tuple[int, Any]:
        at = Instant(time.time_ns())
        if scope["path"] == "/token":
            assert parse_qs(body.decode()) == {"grant_type": ["client_credentials"]}
            shown = presented(scope)
            assert not isinstance(shown, Refusal)
            granted = self.world.tokens.grant(shown.certificate, at)
            self.granted += 1
            return (401, {}) if isinstance(granted, Refusal) else (200, msgspec.structs.replace(granted, expires_in=self.seconds))
        caller = self.world.gate.authenticate(scope, at)
        if not isinstance(caller, Caller):
            return 401, {}
        target = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        request = request_of(scope["method"], self.base, target, scope["headers"])
        assert not isinstance(request, Refusal)
        if request.headers:
            grant = verify_request(request, body, self.world.register, self.world.seen, at)
            self.signed.append(grant.name if not isinstance(grant, Refusal) else grant.sentence())
        if self.failing:
            self.failing -= 1
            return 503, {}
        if scope["method"] == "POST":
            return 200, {"uetr": caller.name, "state": "CANCELLED"}
        return 200, {"union": caller.name, "hub": caller.proof.value, "members": []}


@contextmanager
def serving(world: World) -> Iterator[tuple[Hub, Path]]:
    """The hub over TLS, and the folder of certificates: `bank` connects, `bank.signer` signs."""
    now = Instant(time.time_ns())
    folder = world.folder / "tls"
    authority = DemoAuthority.create(folder, Instant(int(now) - 30 * DAY))
    authority.issue("server", SERVER, Instant(int(now) - DAY), 30, ("127.0.0.1",))
    world.authority = authority
    world.machine("bank", at=now)
    world.machine("bank.signer", grant=bank("bank.signer"), purpose=SIGN, at=now)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        hub = Hub(world, f"https://127.0.0.1:{bound.getsockname()[1]}")
        settings = server_settings(folder / "server.pem", folder / "server.key", folder / "ca.pem")
        server = uvicorn.Server(
            uvicorn.Config(
                hub, lifespan="off", log_level="critical", timeout_graceful_shutdown=1, timeout_keep_alive=600, **settings
            )
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield hub, folder
        server.should_exit = True
        thread.join(timeout=60)
        assert not thread.is_alive()


def certificate(folder: Path) -> ClientCertificate:
    return ClientCertificate(folder / "bank.pem", folder / "bank.key", folder / "ca.pem")


def test_by_its_certificate_and_by_tokens_bound_to_it(asked: type[Asked], world: World) -> None:
    with serving(world) as (hub, folder):
        with asking(asked, hub.base, tls=certificate(folder)) as client:
            found = client.ask("members")
            assert (found.union, found.hub) == ("bank", "certificate")
        with asking(asked, hub.base, tls=certificate(folder), token=ClientCredentials("/token")) as client:
            assert [client.ask("members").hub for _ in range(3)] == ["token"] * 3
            assert hub.granted == 1, "a token serves until it ends"
        hub.seconds = 10  # ends within the half minute in which it is renewed
        with asking(asked, hub.base, tls=certificate(folder), token=ClientCredentials("/token")) as client:
            assert [client.ask("members").hub for _ in range(2)] == ["token"] * 2
            assert hub.granted == 3
        with asking(asked, hub.base, tls=certificate(folder), token="stolen") as client, pytest.raises(Unauthorised):
            client.ask("members")


def test_a_hub_that_is_not_believed_is_not_asked_again(asked: type[Asked], world: World) -> None:
    with serving(world) as (hub, folder):
        own = certificate(folder)
        stranger = ClientCertificate(own.certificate, own.key)
        with asking(asked, hub.base, tls=stranger) as client, pytest.raises(Unavailable, match="not believed"):
            client.ask("members")
        assert client.pauses == []
        other = hub.base.replace("127.0.0.1", "localhost")  # its certificate does not say so
        with asking(asked, other, tls=own) as client, pytest.raises(Unavailable, match="not believed"):
            client.ask("members")


def test_each_attempt_is_signed_anew_and_the_hub_verifies_it(asked: type[Asked], world: World) -> None:
    with serving(world) as (hub, folder):
        signer = RequestSigner.of(folder / "bank.signer.pem", folder / "bank.signer.key")
        with asking(asked, hub.base, tls=certificate(folder), signer=signer) as client:
            hub.failing = 2
            assert client.ask("revoke", "6f1f3c52-1d1e-4b7c-8f3e-2a1b3c4d5e6f").uetr == "bank"
            assert hub.signed == ["bank.signer"] * 3
            assert client.ask("members").union == "bank" and hub.signed == ["bank.signer"] * 4


def test_a_signature_of_another_time_is_refused(world: World, tmp_path: Path) -> None:
    with serving(world) as (hub, folder):
        now = Instant(time.time_ns())
        old = RequestSigner.of(
            folder / "bank.signer.pem", folder / "bank.signer.key", clock=ManualClock(Instant(int(now) - 600 * 10**9))
        )
        headers = old.sign("GET", f"{hub.base}/v1/members", b"")
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        request = request_of("GET", hub.base, "/v1/members", raw)
        assert not isinstance(request, Refusal)
        assert isinstance(verify_request(request, b"", world.register, world.seen, now), Refusal)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"access_token": "", "expires_in": 1, "token_type": "Bearer"},
        {"access_token": "t", "expires_in": 1, "token_type": "mac"},
    ],
)
def test_a_token_endpoint_that_gives_none_is_not_believed(asked: type[Asked], said: dict[str, Any]) -> None:
    with (
        BadServer(answer(200, json.dumps(said).encode())) as server,
        asking(asked, server.base, token=ClientCredentials("/token")) as client,
        pytest.raises(Malformed),
    ):
        client.ask("members")
    assert len(server.requests) == 1


def granted(token: str) -> bytes:
    return answer(200, json.dumps({"access_token": token, "expires_in": 300, "token_type": "Bearer"}).encode())


def shown(server: BadServer) -> list[str]:
    return [server.header(at, "Authorization") for at in range(len(server.requests))]


def test_a_token_that_ended_on_the_way_is_renewed_and_asked_with_once(asked: type[Asked]) -> None:
    tokens = ["old"]

    def ended(connection: socket.socket, _: bytes) -> None:
        tokens[0] = "new"  # whoever renews it was faster than the question
        connection.sendall(answer(401))

    with BadServer(ended, answer(200, MEMBERS)) as server, asking(asked, server.base, token=lambda: tokens[0]) as client:
        assert client.ask("members").union == "Straits"
        assert shown(server) == ["Bearer old", "Bearer new"] and client.pauses == []
    with (
        BadServer(granted("first"), answer(401), granted("second"), answer(200, MEMBERS)) as server,
        asking(asked, server.base, token=ClientCredentials("/token")) as client,
    ):
        assert client.ask("members").union == "Straits"
        assert shown(server) == ["", "Bearer first", "", "Bearer second"] and client.pauses == []


def test_who_is_not_recognised_with_another_token_either_is_told_so(asked: type[Asked]) -> None:
    with BadServer(answer(401)) as server, asking(asked, server.base, token=lambda: "same") as client:
        with pytest.raises(Unauthorised):
            client.ask("members")
        assert shown(server) == ["Bearer same"]
    with (
        BadServer(granted("first"), answer(401), granted("second"), answer(401)) as server,
        asking(asked, server.base, token=ClientCredentials("/token")) as client,
    ):
        with pytest.raises(Unauthorised):
            client.ask("members")
        assert len(server.requests) == 4


def test_a_listener_shows_the_token_of_each_connection(asked: type[Asked]) -> None:
    def one(seq: int) -> bytes:
        letter = {"seq": seq, "kind": "pacs.002.001.10", "about": "", "xml": "<a/>"}
        return answer(200, f"id: {seq}\nevent: message\ndata: {json.dumps(letter)}\n\n".encode(), "text/event-stream")

    with (
        BadServer(granted("first"), one(5), answer(401), granted("second"), one(6)) as server,
        asking(asked, server.base, token=ClientCredentials("/token")) as client,
    ):
        assert [letter.seq for letter in client.ask("stream", 4, most=2)] == [5, 6]
        assert shown(server) == ["", "Bearer first", "Bearer first", "", "Bearer second"]
    with (
        BadServer(granted("first"), answer(401), granted("second"), answer(401)) as server,
        asking(asked, server.base, token=ClientCredentials("/token")) as client,
    ):
        with pytest.raises(Unauthorised):
            client.ask("stream", most=1)
        assert len(server.requests) == 4


def test_a_certificate_is_not_shown_without_tls(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="over https alone"):
        Client("http://127.0.0.1:1", tls=ClientCertificate(tmp_path / "a", tmp_path / "b"))


def test_a_token_endpoint_is_a_path_of_the_hub_or_has_tls() -> None:
    for place in ("token", "http://hub.example/token", ""):
        with pytest.raises(ValueError, match="neither a path"):
            ClientCredentials(place)
    with pytest.raises(ValueError, match="is a path"):
        Client("http://127.0.0.1:1", token=ClientCredentials("https://hub.example/token"))
