"""The engines under test: one way to make them, so that one suite serves all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from books import EMBEDDED
from fondaco.ledger import Engine

# Those on a server: what is decided on the way is the kernel's, what is kept is the server's.
SERVERS = {"postgres": "reference", "postgres-compiled": "compiled"}
ENGINES = [*EMBEDDED, *SERVERS]

Maker = Callable[[str], Engine]


@pytest.fixture
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Maker]:
    """Makes an engine by its name, with empty books of its own; closes them all in the end."""
    made: list[Engine] = []

    def make(name: str) -> Engine:
        if name in SERVERS:
            from fondaco.ledger import PostgresEngine

            engine: Engine = PostgresEngine(
                request.getfixturevalue("postgres"), kernel=SERVERS[name], schema=f"books_{len(made)}"
            )
        else:
            engine = EMBEDDED[name](tmp_path / f"{name}-{len(made)}")
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.close()


@pytest.fixture(params=ENGINES)
def any_engine(request: pytest.FixtureRequest, make_engine: Maker) -> Engine:
    return make_engine(request.param)
