"""Writers that are killed at random moments, again and again, on the same books: what was answered is there, once, in order.

`FONDACO_KILLS` says how many kills each kind of writer gets.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deeds import Twin, deeds_of
from engines import killed_writer
from engines.killed_writer import OPENERS, message
from fondaco.ledger import Engine, SqliteEngine, prove
from fondaco.ledger.sealed import merged

KILLS = int(os.environ.get("FONDACO_KILLS", "2"))
# So many kills books live through before new ones are begun: each is opened on what the one before left.
LIVES = 10
EVENTS = 6_000
CALLERS = 64


def killed_after(seed: int, lines: int, *given: str) -> list[list[int]]:
    """Start a writer, kill it once it answered about so many times (0: whenever), and return all that it answered."""
    draw = random.Random(seed)
    tests = Path(__file__).parent.parent
    paths = [str(tests), str(tests.parent / "tools"), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        [sys.executable, killed_writer.__file__, *given], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        time.sleep(draw.random() * (0.02 if lines else 1.5))
        ended = process.poll()
    finally:
        process.kill()
        process.wait()
    told += process.stdout.read().split("\n")[:-1]
    process.stdout.close()
    assert ended in (None, 0), "the writer ended by itself"
    return [[int(word) for word in line.split()] for line in told if line.strip()]


def opened_again(name: str, place: str) -> Engine:
    """The books as they are now; those with a snapshot are held against what their log alone says."""
    engine = OPENERS[name](place)
    assert prove(engine).faults == ()
    if isinstance(engine, SqliteEngine):
        without = Path(f"{place}-log")
        without.mkdir()
        for file in Path(place).glob("books.sqlite*"):
            shutil.copy(file, without)
        replayed = OPENERS[name](str(without))
        assert isinstance(replayed, SqliteEngine)
        assert _all_known(replayed) == _all_known(engine)
        replayed.close()
        shutil.rmtree(without)
    return engine


def _all_known(engine: SqliteEngine) -> list[object]:
    """Balances, open pendings, and every id with what became of it."""
    state = engine._kernel.state()
    ids = merged([*(one.columns() for one in state.sealed), state.recent])
    pendings = sorted(state.pendings.tobytes()[at : at + 128] for at in range(0, 128 * len(state.pendings), 128))
    return [list(engine.accounts()), pendings, state.position, state.last_ns, *(column.tolist() for column in ids)]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if "postgres" in request.node.callspec.params["name"]:
        return str(request.getfixturevalue("postgres"))
    return str(tmp_path / "books")


@pytest.mark.parametrize("life", range(0, KILLS, LIVES))
@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_a_killed_writer_finds_everything_it_was_answered(name: str, place: str, life: int) -> None:
    deeds = deeds_of(life, EVENTS)
    twin, held = Twin(deeds), 0
    draw = random.Random(life)
    for kill in range(life, min(life + LIVES, KILLS)):
        lines = draw.choice((0, draw.randint(1, 25)))
        told = killed_after(kill, min(lines, len(deeds) - held), name, place, "alone", str(life), str(EVENTS), str(held))
        answered = told[-1][0] if told else held
        assert [number for (number,) in told] == list(range(held + 1, answered + 1))
        engine = opened_again(name, place)
        held = twin.held(engine, answered)
        if kill == min(life + LIVES, KILLS) - 1:
            twin.asked_again(engine, held)
            assert prove(engine).faults == ()
        engine.close()
    assert held, "something was booked"


@pytest.mark.parametrize("life", range(0, KILLS, LIVES))
@pytest.mark.parametrize("name", ["sqlite-compiled", "postgres"])
def test_a_killed_gateway_has_what_each_of_its_callers_was_answered(name: str, place: str, life: int) -> None:
    answered = dict.fromkeys(range(1, CALLERS + 1), 0)
    draw = random.Random(life)
    for kill in range(life, min(life + LIVES, KILLS)):
        lines = draw.choice((0, draw.randint(1, 1_500)))
        firsts = ",".join(str(answered[caller]) for caller in answered)
        for caller, number in killed_after(kill, lines, name, place, "crowd", firsts):
            assert number == answered[caller] + 1
            answered[caller] = number
        engine = opened_again(name, place)
        found: dict[int, list[int]] = {caller: [] for caller in answered}
        for _, event, _ in engine.history():
            found[event.id >> 8 & 0xFFFF].append(event.id)
        for caller, ids in found.items():
            under_way = [event.id for event in message(caller, answered[caller] + 1)]
            sent = [event.id for number in range(1, answered[caller] + 1) for event in message(caller, number)]
            assert ids in (sent, sent + under_way), "what was answered and at most what was under way, once, in order"
        engine.close()
    assert sum(answered.values()), "something was booked"
