"""Where the stores of the hubs under test are: in their folders, and on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import union
from postgres_server import PostgresServer
from server_stores import stores_on


@pytest.fixture(params=["in the folder", "on a server"])
def stores(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Every hub that is laid out has its stores in its folder, or in a database of its own; gives the next `hub.toml`, "" for none."""
    if request.param == "in the folder":
        yield lambda: ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")

    def place(folder: Path) -> None:
        (folder / "hub.toml").write_text(stores_on(server.fresh_database()))

    before, union.place_stores = union.place_stores, place
    yield lambda: stores_on(server.fresh_database())
    union.place_stores = before
