"""The hub of `bench door`: the pipeline benchmark's hub, funded and quoted, with all its lists in force, behind doors with mutual TLS.

_serve(pipe, folder, doors) in a process of its own; ends by SIGTERM, and then tells what became of the payments.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench_pipeline import SHARED, Bench
from fondaco.access import CLIENT, CONNECT, SERVER, SIGN, Access, DemoAuthority, Grant, Registration, Role, from_pem
from fondaco.api import Hello, House, Identity, Seal, ServerTls, application, log_in_json, read_settings, run, run_doors
from fondaco.core import Instant, at
from fondaco.hub import close_hub, settle_heap
from fondaco.payments import DECODER
from fondaco.simulation import DEMO_DAY

DAY_NS = int(timedelta(days=1).total_seconds()) * 1_000_000_000
# Of the benchmark's two hundred cycles, a minute apart (`bench_pipeline`).
FIRST_CUT_OFF = clock_time(5)
SETTINGS = "requests_per_s = 100000.0\nrequests_at_once = 100000\n"


class AheadClock:
    """The machine's clock on the demo's day."""

    def __init__(self, ahead_ns: int) -> None:
        self._ahead, self._last = ahead_ns, 0

    def now(self) -> Instant:
        self._last = max(self._last + 1, time.time_ns() + self._ahead)
        return Instant(self._last)


def certify(folder: Path, access: Access, banks: list[str], now: Instant) -> None:
    """A small authority, and for each bank a key to connect and one to sign, registered. TLS judges by the machine's day, the hub by the demo's: both are within."""
    begins = Instant(min(int(now), time.time_ns()) - 2 * DAY_NS)
    days = abs(int(now) - time.time_ns()) // DAY_NS + 30
    authority = DemoAuthority.create(folder, begins)
    authority.issue("server", SERVER, begins, days, ("127.0.0.1",))
    authority.issue("hub-sign", CLIENT, begins, days)
    with access.store.transaction() as connection:
        for bic in banks:
            for purpose in (CONNECT, SIGN):
                der = from_pem(authority.issue(f"{bic}-{purpose}", CLIENT, begins, days).read_bytes()).der
                grant = Grant(f"{bic.lower()}.{purpose}", bic, (Role.MEMBER_MAKER,))
                found = access.register.add(connection, Registration(der, purpose, grant), now)
                assert isinstance(found, str), found


def serve(pipe: Connection, folder: Path, doors: int, quiet: bool, cycles: bool) -> None:
    """Tells (port, TLS folder, instant ahead, list entries, the agents' world), serves, and at the end how many payments are in which state.

    With `cycles` the day begins half a minute before the first net cycle's cut-off, and the hub's clock closes one each minute.
    """
    bench = Bench(folder / "hub", real_lists=SHARED.is_dir())
    hub, tls = bench.hub, folder / "tls"
    hub_folder = folder / "hub"
    (hub_folder / "api.toml").write_text(f"{SETTINGS}doors = {doors}\n")
    settings = read_settings(hub_folder)
    if cycles:
        bench.now = Instant(int(at(datetime.combine(DEMO_DAY, FIRST_CUT_OFF, UTC))) - 30 * 1_000_000_000)
    ahead = int(bench.now) - time.time_ns()
    clock = AheadClock(ahead)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    access = Access(hub_folder, f"https://127.0.0.1:{port}")
    agents = {one.agent_bic[:8] for one in bench.rules.currencies.values()}
    certify(tls, access, sorted({one.bic[:8] for one in bench.rules.members()} | agents), clock.now())
    level = logging.WARNING if quiet else logging.INFO
    log_in_json(level)
    identity = Identity(access, clock)
    names = {"signing_certificate": "hub-sign.pem", "signing_key": "hub-sign.key"}
    seal = Seal(*((tls / name).read_bytes() for name in names.values()), settings.message_bytes_max)
    house = House(
        hub,
        clock,
        hub_folder,
        settings,
        identity.authenticate,
        forged=identity.forged,
        look=identity.look,
        identity=identity,
        seal=seal,
    )
    settle_heap()
    pipe.send((port, tls, ahead, bench.entries, bench.world))
    app = application(house)
    if doors:
        hello = Hello(
            str(hub_folder), access.address, settings, ceil(settings.connections_max / doors), ahead_ns=ahead, log_level=level,
            certificate=str(tls / "server.pem"), key=str(tls / "server.key"), authorities=str(tls / "ca.pem"),
            **{name: str(tls / file) for name, file in names.items()},
        )  # fmt: skip
        run_doors(app, house, "127.0.0.1", port, doors, hello)
    else:
        run(app, house, "127.0.0.1", port, ServerTls(tls / "server.pem", tls / "server.key", tls / "ca.pem"))
    sizes = house.writer.taken_sizes()
    states = Counter(DECODER.decode(raw).state.name for _, raw in hub.journal.payments())
    pipe.send({"states": dict(states), "batch_mean": round(sum(sizes) / max(1, len(sizes)), 1)})
    access.close()
    close_hub(hub)


def processes_of(parent: int) -> list[int]:
    """A process and those that it started."""
    found = [parent]
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text().split()]
    return found


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def is_door(pid: int) -> bool:
    return b"fondaco.api.front_process" in Path(f"/proc/{pid}/cmdline").read_bytes()


def told(pipe: Connection, process: Any) -> Any:
    """What a process says next; ends with it."""
    while not pipe.poll(1):
        if not process.is_alive():
            raise SystemExit(f"{process.name} ended")
    return pipe.recv()
