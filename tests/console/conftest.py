"""One hub that lived a little, and a console before it that most tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console_door import Consoles, consoles_on
from console_tale import lived


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("lived") / "hub"
    return folder, lived(folder)


@pytest.fixture(scope="module")
def door(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    with consoles_on(ready, tmp_path_factory.mktemp("console") / "hub") as opened:
        yield opened


@pytest.fixture(scope="module")
def named(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """The same under a name: browsers make passkeys for names alone."""
    with consoles_on(ready, tmp_path_factory.mktemp("named") / "hub", "localhost") as opened:
        yield opened
