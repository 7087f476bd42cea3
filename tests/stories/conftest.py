"""The desk that the stories play at: the straits union, opened, funded and quoted. At the end its books must hold, and journal and books say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.ledger import prove
from union import Desk, agree


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    assert prove(made.hub.books).faults == ()
    agree(made)
    made.close()
