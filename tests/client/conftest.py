"""One prepared hub for all doors of this folder, a door that most tests share, and both clients as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asking import BOTH, Asked
from doors import Door, door_on, prepared


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("ready") / "hub"
    return folder, prepared(folder)


@pytest.fixture(scope="module")
def door(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door_on(ready, tmp_path_factory.mktemp("door") / "hub") as opened:
        yield opened


@pytest.fixture(params=sorted(BOTH))
def asked(request: pytest.FixtureRequest) -> type[Asked]:
    """A client of either kind, asked in the same way."""
    found: type[Asked] = BOTH[request.param]
    return found
