"""No test has a time limit: machines are shared, and a slow one is not a wrong one."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from postgres_server import CannotStart, PostgresServer

settings.register_profile("fondaco", deadline=None)
settings.load_profile("fondaco")


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
