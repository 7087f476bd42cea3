"""The desk that the stories play at: the straits union, opened, funded and quoted. Its books must hold at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.ledger import prove
from union import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    assert prove(made.hub.books).faults == ()
    made.close()
