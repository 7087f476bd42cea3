"""`fondaco demo --serve` as a newcomer meets it: a link that says localhost, a server that this machine alone reaches, forms and passkeys that work there."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from fondaco.cli import living
from fondaco.cli.terminal import Misused
from server_ports import free_port

pytestmark = pytest.mark.server


class Served(NamedTuple):
    address: str
    path: str
    port: int


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    words = ["demo", str(tmp_path_factory.mktemp("demo") / "fondaco-demo"), "--serve", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "fondaco.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={"COLUMNS": "200"}
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            found = re.search(r"(http://([^/:]+):(\d+))(/console/enter/\S+)", line)
            if found:
                break
        assert found, said
        while not answers(int(found[3])):
            assert process.poll() is None
            time.sleep(0.1)
        yield Served(found[1], found[4], int(found[3]))
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=60)
        process.kill()


def ask(
    served: Served, method: str, path: str, cookies: str = "", body: str = "", **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("localhost", served.port, timeout=60)
    try:
        sent = {"Cookie": cookies} if cookies else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body or None, sent)
        found = connection.getresponse()
        return found, found.read().decode()
    finally:
        connection.close()


def test_the_link_says_localhost_and_forms_tour_and_passkeys_work_there(served: Served) -> None:
    assert served.address == f"http://localhost:{served.port}"
    own = {"Origin": served.address, "Sec_Fetch_Site": "same-origin"}
    assert (
        ask(served, "POST", served.path, Origin=f"http://127.0.0.1:{served.port}", Sec_Fetch_Site="cross-site")[0].status == 403
    )
    entered, _ = ask(served, "POST", served.path, **own)
    assert entered.status == 303
    cookie = entered.headers["Set-Cookie"]
    assert "Domain" not in cookie and "Secure" not in cookie and "SameSite=Strict" in cookie
    session = cookie.partition(";")[0]
    tour, page = ask(served, "GET", "/console/tour", session)
    word = re.search(r'name="word" value="([0-9a-f]{64})"', page)
    assert tour.status == 200 and word
    begun, _ = ask(served, "POST", "/console/tour/chapter", session, f"word={word[1]}&chapter=pay", **own)
    assert begun.status == 303, "the tour's forms are the page's own"
    ceremony, said = ask(served, "POST", "/console/account/passkeys/begin", session, f"word={word[1]}", **own)
    assert ceremony.status == 200 and '"id":"localhost"' in said.replace(" ", "")


def test_this_machine_alone_reaches_it(served: Served) -> None:
    others = {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), served.port, socket.AF_INET, socket.SOCK_STREAM)}
    for address in others - {"127.0.0.1"}:
        if address.startswith("127."):
            continue
        with pytest.raises(OSError), socket.create_connection((address, served.port), timeout=5):
            pass
    socket.create_connection(("127.0.0.1", served.port), timeout=5).close()


def test_a_port_that_another_program_has_under_the_names_other_address_is_left_alone() -> None:
    try:
        taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with taken:
        port = taken.getsockname()[1]
        with suppress(Misused), living.bound_port("127.0.0.1", port) as found:
            assert found.getsockname()[1] != port


def test_two_demos_that_begin_at_the_same_time_have_two_ports() -> None:
    """Each has its port from the moment it begins, and is asked there once its day is prepared."""
    with living.bound_port("127.0.0.1", 18_440) as first, living.bound_port("127.0.0.1", 18_440) as second:
        assert first.getsockname() != second.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(first.getsockname(), timeout=5)
