"""A start of the program reads what its command needs, and no more: reading everything takes longer than most commands do."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from fondaco.cli import program, terminal

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fondaco"
FACES = sorted(path.parent for path in SOURCE.rglob("__init__.py") if "__all__" in path.read_text())
# What belongs to some commands alone, and is long to read.
OF_SOME = [
    "scipy", "highspy", "numba", "pylmcf", "pyarrow", "ray", "psycopg", "saxonche", "facturx", "currency_converter",
    "urllib.request", "http.client", "importlib.metadata", "fondaco.simulation", "fondaco.trade.mt", "fondaco.trade.validation",
    "fondaco.trade.documents.reading", "fondaco.trade.price_flag", "fondaco.trade.harmonised", "fondaco.ledger.postgres",
]  # fmt: skip
# What has to do with a hub, which a start may turn out not to need.
OF_A_HUB = [
    "numpy", "lxml", "apsw", "rapidfuzz", "ahocorasick", "fondaco.hub", "fondaco.compliance", "fondaco.messages",
    "fondaco.rulebook", "fondaco.ledger", "fondaco.journal", "fondaco.trade", "fondaco.clearing", "fondaco.reporting",
]  # fmt: skip


def read_by(statement: str) -> set[str]:
    """The modules that a Python of its own has read after `statement`."""
    asked = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split())


def test_the_start_of_the_program_reads_nothing_of_a_hub() -> None:
    assert read_by("import fondaco.cli").intersection([*OF_A_HUB, *OF_SOME]) == set()


def test_a_hub_reads_nothing_that_belongs_to_some_commands() -> None:
    read = read_by("import fondaco.hub")
    assert {"fondaco.trade", "fondaco.trade.register", "numpy"} <= read
    assert read.intersection(OF_SOME) == set()


@pytest.mark.parametrize("words", ["status", "cycle close", "trade record list"])
def test_a_command_reads_no_other_commands_words(words: str) -> None:
    read = read_by(f"from fondaco.cli.program import put_in\nput_in({words.split()!r})")
    modules = {name.removeprefix("fondaco.cli.") for name in read if name.startswith("fondaco.cli.")}
    if words == "status":
        # There is no such command; whoever asks for it is told of all.
        assert set(program.WORDS) <= modules
    else:
        assert len(modules.intersection(program.WORDS)) <= 2
        assert read.intersection(OF_SOME) == set()


def commands(app: App, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command's words, and the module that it stands in."""
    for name in app:
        if name.startswith("-"):
            continue
        one = app[name]
        if one.default_command is not None:
            yield (*before, name), one.default_command.__module__.removeprefix("fondaco.cli.")
        yield from commands(one, (*before, name))


def test_every_command_is_put_in_by_its_own_words() -> None:
    program.put_in([])
    found = list(commands(terminal.app))
    assert len(found) > 100
    for words, module in found:
        begun = {words[0], " ".join(words[:2])}
        assert any(begun.intersection(said) and module == name for name, said in program.WORDS.items()), (words, module)
    spoken = {said for one in program.WORDS.values() for said in one}
    begun = {words[0] for words, _ in found} | {" ".join(words[:2]) for words, _ in found}
    assert spoken <= begun, "no command begins so"


def test_every_module_of_words_is_in_the_program() -> None:
    putting = {
        path.stem for path in (SOURCE / "cli").glob("*.py") if ".command" in path.read_text() and "_app.py" not in path.name
    }
    assert putting - {"terminal"} == set(program.WORDS)


@pytest.mark.parametrize("face", FACES, ids=lambda path: ".".join(path.relative_to(SOURCE.parent).parts))
def test_a_face_shows_every_name_that_it_says(face: Path) -> None:
    package = importlib.import_module(".".join(face.relative_to(SOURCE.parent).parts))
    for name in package.__all__:
        try:
            assert getattr(package, name) is not None, name
        except ModuleNotFoundError as missing:
            pytest.skip(f"an extra is not installed: {missing.name}")
