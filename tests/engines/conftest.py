"""The engines under test: one fixture, so that one suite serves all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from books import EMBEDDED
from fondaco.ledger import Engine


@pytest.fixture(params=list(EMBEDDED))
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = EMBEDDED[request.param](tmp_path)
    yield made
    made.close()
