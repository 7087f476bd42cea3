"""Three etcd, three PostgreSQL under Patroni, a steady writer: the leader is killed, then another is asked to lead. Nothing may be lost.

    ./run drill patroni [--json] [--steady-s 8]

A machine with everything on it, so it shows the order of things and not the distance between three sites. The writer is a process with
the hub's own engine. It stops when it does not know how a commit ended and is started anew; it asks again under the same ids.

Needs PostgreSQL's programs in a Debian folder, etcd (fetched by apt where root may), and Patroni from the folder `.drill`. Exit code 0
also where something of this is absent, with a line that says what.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from fondaco.ledger import Account, BooksLocked, EngineUnavailable, PostgresEngine, Status, Transfer, prove

ROOT = Path(__file__).resolve().parent.parent
DRILL = ROOT / ".drill"
NODES = 3
BATCH = 10
_GIVER, _TAKER, _LEDGER = 1, 2, 7
# Patroni's smallest time to live of the leader's key, and a short loop.
TTL_S, LOOP_S = 20, 2
# Whoever waits longer than this has another trouble than the one that is played.
_PATIENCE_S = 180
_UNKNOWN = 75


class Absent(Exception):
    """Something that the drill needs is not on this machine."""


# The cluster


def main() -> int:
    parser = argparse.ArgumentParser(prog="drill patroni")
    parser.add_argument("--json", action="store_true", help="the figures as one line of JSON, progress on the other channel")
    parser.add_argument("--steady-s", type=int, default=8, help="seconds of undisturbed writing before and after each event")
    parser.add_argument("--write", nargs=2, metavar=("DSN", "FROM"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        return write(given.write[0], int(given.write[1]))
    progress = sys.stderr if given.json else sys.stdout
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {text}", file=progress, flush=True)

    signal.signal(signal.SIGTERM, _interrupted)
    try:
        programs = Programs(tell)
    except Absent as fault:
        print(f"drill patroni: skipped: {fault}", file=progress)
        if given.json:
            print(json.dumps({"skipped": str(fault)}))
        return 0
    home = Path(tempfile.mkdtemp(prefix="fondaco-drill-"))
    try:
        with Cluster(programs, home) as cluster:
            figures = play(cluster, given.steady_s, tell)
    except KeyboardInterrupt:
        tell("interrupted; everything that was started is stopped")
        return 130
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for fault in figures["faults"][:20]:
        tell(fault)
    if given.json:
        print(json.dumps(figures))
    return 1 if figures["faults"] else 0


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


class Programs:
    """Where the programs are, and as whom they run. Raises `Absent`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.postgres = self._postgres()
        self.user = self._user()
        self.python = DRILL / "venv" / "bin" / "python"
        self.patroni = DRILL / "venv" / "bin" / "patroni"
        if not self.patroni.exists():
            raise Absent("Patroni is not in .drill: `./run drill patroni` puts it there")
        if subprocess.run([self.python, self.patroni, "--version"], user=self.user, capture_output=True, check=False).returncode:
            raise Absent(f"the user {self.user or 'who runs this'} cannot run the Python in .drill")
        self.etcd = self._etcd(tell)

    def _postgres(self) -> Path:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_rewind"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise Absent("no PostgreSQL of Debian's is installed (package postgresql)")
        return found[-1].parent

    def _user(self) -> str | None:
        """PostgreSQL refuses to run as root: then as the user of Debian's package."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam("postgres").pw_name
        except KeyError as fault:
            raise Absent("root cannot run PostgreSQL, and there is no user postgres") from fault

    def _etcd(self, tell: Callable[[str], None]) -> Path:
        fetched = DRILL / "etcd" / "usr" / "bin" / "etcd"
        installed = shutil.which("etcd")
        if installed is not None or fetched.exists():
            return Path(installed) if installed is not None else fetched
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise Absent("etcd is not installed (package etcd-server)")
        tell("fetching etcd-server from Debian")
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["apt-get", "download", "etcd-server"], cwd=folder, capture_output=True, text=True, check=False)
            packages = list(Path(folder).glob("etcd-server_*.deb"))
            if done.returncode or not packages:
                raise Absent(f"etcd-server cannot be fetched: {done.stderr.strip()[-200:]}")
            subprocess.run(["dpkg", "-x", packages[0], DRILL / "etcd"], check=True)
        return fetched


class Cluster:
    """Everything that is started, by process id; leaving it stops all of it, whatever happened."""

    def __init__(self, programs: Programs, home: Path) -> None:
        self._programs, self._home = programs, home
        self._started: list[subprocess.Popen[bytes]] = []
        self.patroni: dict[str, subprocess.Popen[bytes]] = {}
        ports = iter(_free_ports(4 * NODES))
        self._etcd_ports = [(next(ports), next(ports)) for _ in range(NODES)]
        self.nodes = {f"node{n}": (next(ports), next(ports)) for n in range(1, NODES + 1)}  # of PostgreSQL, of Patroni's door
        if programs.user is not None:
            entry = pwd.getpwnam(programs.user)
            os.chown(home, entry.pw_uid, entry.pw_gid)

    @property
    def dsn(self) -> str:
        hosts = ",".join(["127.0.0.1"] * NODES)
        ports = ",".join(str(postgres) for postgres, _ in self.nodes.values())
        return f"host={hosts} port={ports} user=postgres dbname=postgres target_session_attrs=read-write connect_timeout=3"

    def __enter__(self) -> Cluster:
        try:
            self._start_etcd()
            for name in self.nodes:
                self.start(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, name: str, command: list[Any]) -> subprocess.Popen[bytes]:
        with (self._home / f"{name}.log").open("ab") as log:
            made = subprocess.Popen(
                [str(part) for part in command], cwd=self._home, user=self._programs.user, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self._home)},
            )  # fmt: skip
        self._started.append(made)
        return made

    def _start_etcd(self) -> None:
        peers = ",".join(f"etcd{n}=http://127.0.0.1:{peer}" for n, (_, peer) in enumerate(self._etcd_ports))
        for n, (client, peer) in enumerate(self._etcd_ports):
            own, other = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
            self._run(f"etcd{n}", [
                self._programs.etcd, "--name", f"etcd{n}", "--data-dir", self._home / f"etcd{n}", "--listen-client-urls", own,
                "--advertise-client-urls", own, "--listen-peer-urls", other, "--initial-advertise-peer-urls", other,
                "--initial-cluster", peers, "--initial-cluster-state", "new",
            ])  # fmt: skip
        for client, _ in self._etcd_ports:
            wait_for(lambda client=client: b"true" in _asked(f"http://127.0.0.1:{client}/health"), "etcd is healthy")

    def start(self, name: str) -> None:
        """Start the Patroni of a node, and by it its PostgreSQL."""
        path = self._home / f"{name}.json"  # JSON is YAML
        path.write_text(json.dumps(self._settings(name)))
        path.chmod(0o644)
        self.patroni[name] = self._run(name, [self._programs.python, self._programs.patroni, path])

    def _settings(self, name: str) -> dict[str, Any]:
        postgres, door = self.nodes[name]
        return {
            "scope": "fondaco",
            "name": name,
            "restapi": {"listen": f"127.0.0.1:{door}", "connect_address": f"127.0.0.1:{door}"},
            "etcd3": {"hosts": [f"127.0.0.1:{client}" for client, _ in self._etcd_ports]},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL_S,
                    "loop_wait": LOOP_S,
                    "retry_timeout": (TTL_S - LOOP_S) // 2,
                    "synchronous_mode": True,
                    "synchronous_node_count": 1,
                    "postgresql": {"use_pg_rewind": True, "parameters": {"wal_keep_size": "256MB", "shared_buffers": "64MB"}},
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{postgres}",
                "connect_address": f"127.0.0.1:{postgres}",
                "data_dir": str(self._data(name)),
                "bin_dir": str(self._programs.postgres),
                "pgpass": str(self._home / f"{name}.pgpass"),
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "replicator"},
                    "rewind": {"username": "rewinder"},
                },
                # Loopback alone, for as long as the drill runs.
                "pg_hba": ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                "parameters": {"unix_socket_directories": str(self._home)},
            },
        }

    def _data(self, name: str) -> Path:
        return self._home / name

    def postmaster(self, name: str) -> int | None:
        """The process id of a node's PostgreSQL, while one of that id runs on that node's data."""
        try:
            pid = int((self._data(name) / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._data(name)).encode() in command else None

    def members(self) -> dict[str, dict[str, Any]]:
        """What the first node that answers says of all."""
        for _, door in self.nodes.values():
            told = _asked(f"http://127.0.0.1:{door}/cluster")
            if told:
                return {member["name"]: member for member in json.loads(told)["members"]}
        return {}

    def leader(self) -> str | None:
        return next((name for name, one in self.members().items() if one["role"] == "leader"), None)

    def whole(self) -> bool:
        """Whether one leads, all others stream from it, and one of them is waited for by every commit."""
        members = self.members()
        roles = sorted(one["role"] for one in members.values())
        others = [one["state"] for one in members.values() if one["role"] != "leader"]
        return len(members) == NODES and roles.count("leader") == 1 and "sync_standby" in roles and set(others) == {"streaming"}

    def kill_leader(self) -> str:
        """End the leader's PostgreSQL and its Patroni at once, as a machine ends; its name."""
        name = self.leader()
        assert name is not None, "somebody leads"
        pid = self.postmaster(name)
        assert pid is not None, "the leader has a server"
        self.patroni[name].kill()
        os.kill(pid, signal.SIGKILL)
        self.patroni[name].wait()
        return name

    def switch(self) -> tuple[str, str]:
        """Ask the leader to hand over to the standby that every commit waits for; returns the two."""
        members = self.members()
        old = next(name for name, one in members.items() if one["role"] == "leader")
        new = next(name for name, one in members.items() if one["role"] == "sync_standby")
        body = json.dumps({"leader": old, "candidate": new}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.nodes[old][1]}/switchover", body, method="POST")
        with urllib.request.urlopen(request, timeout=_PATIENCE_S):
            return old, new

    def stop(self) -> None:
        """Stop everything that was started, Patroni before its servers, etcd last; doing it again does nothing."""
        for one in self.patroni.values():
            one.send_signal(signal.SIGTERM)
        for name, one in self.patroni.items():
            _ended(one)
            pid = self.postmaster(name)
            if pid is not None:
                os.kill(pid, signal.SIGQUIT)
                wait_for(lambda name=name: self.postmaster(name) is None, "PostgreSQL has ended")
        for one in reversed(self._started):
            one.send_signal(signal.SIGTERM)
            _ended(one)
        self._started.clear()
        self.patroni.clear()


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _asked(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bytes(answer.read())
    except (OSError, urllib.error.URLError):
        return b""


def wait_for(done: Callable[[], bool], what: str, patience_s: int = _PATIENCE_S) -> float:
    """The seconds until it is so. Raises `TimeoutError` when it is not after `patience_s`."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > patience_s:
            raise TimeoutError(f"waited {patience_s} s in vain: {what}")
        time.sleep(0.1)
    return time.monotonic() - begun


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


# The writer


def write(dsn: str, first: int) -> int:
    """Book message after message from `first` on, a line for each that is answered. Ends when it is not known how one ended."""
    try:
        engine = opened(dsn)
        engine.create_accounts([Account(_GIVER, _LEDGER, 1), Account(_TAKER, _LEDGER, 1)], 1)
        number = first
        while True:  # ends with a signal or with the first unknown outcome
            statuses = engine.create_transfers(message(number), time.time_ns())
            assert set(statuses) <= {int(Status.OK), int(Status.EXISTS)}, statuses
            print(number, flush=True)
            number += 1
    except (EngineUnavailable, BooksLocked) as fault:
        print(str(fault).replace("\n", " ")[:300], file=sys.stderr)
        return _UNKNOWN


def opened(dsn: str) -> PostgresEngine:
    """The books, as soon as some server takes a writer. Raises `EngineUnavailable` when none does for long."""
    begun = time.monotonic()
    while True:  # ends with the patience
        try:
            return PostgresEngine(dsn, kernel="reference", patience_s=2)
        except (EngineUnavailable, BooksLocked):
            if time.monotonic() - begun > _PATIENCE_S:
                raise
            time.sleep(0.2)


def message(number: int) -> list[Transfer]:
    return [Transfer(number << 64 | leg, _GIVER, _TAKER, leg, _LEDGER, 1) for leg in range(1, BATCH + 1)]


class Writer:
    """Keeps a writing process running: one that ended for want of an answer is started anew behind the last answer."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.moments: list[float] = []  # of the answers: the n-th is of message n
        self.starts = 0
        self.said: list[str] = []
        self.fault: Exception | None = None
        self._stop = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._one_process()
        except Exception as fault:
            self.fault = fault

    def _one_process(self) -> None:
        self.starts += 1
        command = [sys.executable, __file__, "--write", self._dsn, str(len(self.moments) + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            self._process = process
            assert process.stdout is not None and process.stderr is not None, "both are pipes"
            for line in process.stdout:
                assert int(line) == len(self.moments) + 1, "answers come in order"
                self.moments.append(time.monotonic())
            said = process.stderr.read().strip()
        if process.returncode == _UNKNOWN:
            self.said.append(said.splitlines()[-1] if said else "")
        elif not self._stop.is_set():
            raise RuntimeError(f"the writer ended with {process.returncode}: {said[-1000:]}")

    def silence_since(self, moment: float) -> float:
        """The longest time without an answer that ended after `moment`, or has not ended, in seconds."""
        return max(b - a for a, b in pairwise([moment, *self.moments, time.monotonic()]) if b > moment)

    def resumed(self, count: int) -> bool:
        """Whether more than so many were answered. Raises what ended the writer."""
        if self.fault is not None:
            raise self.fault
        return len(self.moments) > count

    def end(self) -> None:
        """Stop the process in mid-work; doing it again does nothing."""
        self._stop.set()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._thread.join()


# The play


def play(cluster: Cluster, steady_s: int, tell: Callable[[str], None]) -> dict[str, Any]:
    ready_s = wait_for(cluster.whole, "three nodes stream")
    with psycopg.connect(cluster.dsn) as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or ("unknown",)
    tell(f"PostgreSQL {version}: one leads, two stream, one of them synchronously; {ready_s:.1f} s after the last was started")
    writer = Writer(cluster.dsn)
    try:
        wait_for(lambda: writer.resumed(0), "the first message is answered")
        begun = time.monotonic()
        time.sleep(steady_s)
        steady = len(writer.moments)
        tell(f"steady: {steady / steady_s:.0f} messages of {BATCH} a second, longest silence {writer.silence_since(begun):.2f} s")

        killed_at, before = time.monotonic(), len(writer.moments)
        killed = cluster.kill_leader()
        tell(f"{killed}: PostgreSQL and Patroni killed")
        # What was under way may still be answered by processes that have not noticed; another leader is what is waited for.
        wait_for(lambda: cluster.leader() not in (None, killed), "another leads")
        leads_s = time.monotonic() - killed_at
        before = max(before, len(writer.moments))
        wait_for(lambda: writer.resumed(before), "writing goes on")
        kill_s = writer.silence_since(killed_at)
        tell(f"{cluster.leader()} leads after {leads_s:.1f} s; writing went on after {kill_s:.1f} s")
        time.sleep(steady_s)

        cluster.start(killed)
        back_s = wait_for(cluster.whole, "the killed node streams again")
        tell(f"{killed} started again: follows and streams after {back_s:.1f} s")
        time.sleep(steady_s)

        switched_at, before = time.monotonic(), len(writer.moments)
        old, new = cluster.switch()
        wait_for(lambda: cluster.leader() == new, "the candidate leads")
        wait_for(lambda: writer.resumed(before), "writing goes on")
        time.sleep(steady_s)
        switch_s = writer.silence_since(switched_at)
        tell(f"handed over from {old} to {new} as planned: longest silence {switch_s:.2f} s")
    finally:
        writer.end()
    wait_for(cluster.whole, "three nodes stream in the end")
    answered = len(writer.moments)
    faults = [f"the writer broke off: {writer.fault!r}"] if writer.fault is not None else []
    faults += faults_of(cluster.dsn, answered)
    tell(f"{answered} messages answered, {writer.starts} processes wrote, in turn")
    for said in sorted(set(writer.said)):
        tell(f"   {writer.said.count(said)} ended with: {said}")
    if not faults:
        tell("nothing answered was lost or doubled; every balance follows from the transfers")
    return {
        "postgresql": version,
        "processors": os.cpu_count(),
        "load": os.getloadavg()[1],
        "system": platform.release(),
        "ttl_s": TTL_S,
        "loop_wait_s": LOOP_S,
        "transfers_in_a_message": BATCH,
        "ready_s": round(ready_s, 2),
        "messages_a_second": round(steady / steady_s),
        "another_leads_s": round(leads_s, 2),
        "resumed_after_kill_s": round(kill_s, 2),
        "killed_node_streams_s": round(back_s, 2),
        "silence_of_switchover_s": round(switch_s, 2),
        "messages_answered": answered,
        "writers": writer.starts,
        "faults": faults,
    }


def faults_of(dsn: str, answered: int) -> list[str]:
    """What the books hold otherwise than every message that was answered, once and in order, and at most one besides."""
    engine = PostgresEngine(dsn, kernel="reference", patience_s=30)
    faults = []
    found = [transfer.id for _, transfer, _ in engine.history()]
    held = len(found) // BATCH
    wanted = [transfer.id for number in range(1, held + 1) for transfer in message(number)]
    if found != wanted:
        faults.append(f"{len(found)} transfers are on the books, and they are not messages 1 to {held} in order")
    if not answered <= held <= answered + 1:
        faults.append(f"{answered} messages were answered, and {held} are on the books")
    balance = engine.balance(_TAKER)
    if balance is None or balance.credits_posted != held * sum(range(1, BATCH + 1)):
        faults.append(f"{held} messages are on the books, and the taker has {balance}")
    faults += prove(engine).faults
    engine.close()
    return faults


if __name__ == "__main__":
    sys.exit(main())
