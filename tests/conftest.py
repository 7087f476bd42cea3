"""No test has a time limit: machines are shared, and a slow one is not a wrong one."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from postgres_server import CannotStart, PostgresServer

settings.register_profile("fondaco", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fondaco")

# Folders of tests lie in memory where there is room: a hub syncs whatever it decides, a hundred times before a story begins. What a disk loses
# is no matter of the disk beneath: `engines/faulty_disk.py` plays it, and a process that is killed leaves the same behind in memory.
_MEMORY, _ROOM = Path("/dev/shm"), 8 << 30
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where tests want a desk, its day is begun before the first of them."""
    union = sys.modules.get("union")
    if union is not None and session.items and not session.config.option.collectonly:
        union.take_image()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of a process."""
    try:
        server = PostgresServer()
    except CannotStart as fault:
        pytest.skip(f"PostgreSQL cannot be started here: {fault}")
    with server:
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> str:
    """The address of a database that nobody used before."""
    return postgres_server.fresh_database()
