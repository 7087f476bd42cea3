"""What keeps the house: faces, names, no float near money, no host or machine in what is committed."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fondaco"
PACKAGES = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
MODULES = sorted(SOURCE.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> list[tuple[str, list[str]]]:
    tree = parsed(path)
    return [
        (node.module, [a.name for a in node.names]) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_packages_speak_through_their_faces(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0]
    for module, _ in imports(path):
        parts = module.split(".")
        if parts[0] == "fondaco" and len(parts) > 2 and parts[1] != own:
            demos = ("fondaco.simulation.demonstration", "fondaco.simulation.served_day", "fondaco.simulation.trade_demo")
            allowed = module in ("fondaco.compliance.demo_lists", *demos)
            assert allowed, f"{path.name} reaches into {module}; its face is {'.'.join(parts[:2])}"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_face_names_what_it_shows(package: str) -> None:
    tree = ast.parse((SOURCE / package / "__init__.py").read_text())
    shown = [n for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"]
    assert shown, f"{package} has no __all__"
    assert ast.get_docstring(tree)


def test_no_name_says_nothing() -> None:
    empty = re.compile(r"(utils|helpers|manager|service|common|misc)(\.py)?$")
    assert [str(p) for p in SOURCE.rglob("*") if empty.search(p.name)] == []


# They hand a problem to a solver that counts in floating point. What it answers is a proposal of payments: amounts are added up again in
# whole numbers before anything is believed (decision 0025).
PROPOSES = {"flow_bound.py", "core_mip.py"}


@pytest.mark.parametrize("package", ["core", "ledger", "payments", "settlement", "clearing", "fx", "rulebook"])
def test_no_float_comes_near_money(package: str) -> None:
    for path in (SOURCE / package).rglob("*.py"):
        if path.name in PROPOSES:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                pytest.fail(f"{path.name}:{node.lineno} holds the float {node.value}")
            if isinstance(node, ast.Name) and node.id == "float":
                pytest.fail(f"{path.name}:{node.lineno} speaks of float")


def test_every_module_and_public_class_says_what_it_is() -> None:
    silent = []
    for path in MODULES:
        tree = parsed(path)
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(SOURCE)))
        silent += [
            f"{path.name}:{n.name}"
            for n in tree.body
            if isinstance(n, ast.ClassDef) and not n.name.startswith("_") and not ast.get_docstring(n) and not _plain(n)
        ]
    assert silent == []


def _plain(node: ast.ClassDef) -> bool:
    """State and event lists of a table explain themselves in its rows."""
    return any(getattr(base, "id", "") == "Enum" for base in node.bases) or any(
        getattr(b, "id", "") == "Protocol" for b in node.bases
    )


def test_nothing_committed_names_a_machine_or_a_download_host() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    wrong = re.compile(r"/(tmp|work|root|home)/[a-z]|pythonhosted|pypi\.org|registry\.npmjs|deb\.debian")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = []
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".xsd", ".json") or not path.is_file() or path == Path(__file__):
            continue
        found += [f"{name}: {line[:80]}" for line in path.read_text(errors="replace").splitlines() if wrong.search(line)]
    assert found == []


def test_every_article_that_the_tables_cite_is_two_numbers() -> None:
    from fondaco.compliance import CASE, GOOD_GUY
    from fondaco.payments import LIFE
    from fondaco.settlement import CYCLE, DEFAULT, FUNDING, UNION_CLOSE

    for table in (LIFE, CYCLE, DEFAULT, FUNDING, UNION_CLOSE, CASE, GOOD_GUY):
        assert all(re.fullmatch(r"\d+\.\d+", row.article) for row in table.rows), table.name


def test_the_glossary_says_each_word_once() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    words = [row for row in rows if row != "word" and not row.startswith("-")]
    assert len(words) > 150 and sorted(words) == sorted(set(words))


def test_the_glossary_knows_every_state_of_a_payment() -> None:
    from fondaco.payments import State

    words = (ROOT / "docs" / "glossary.md").read_text()
    for state in (State.HELD, State.QUEUED, State.RESERVED, State.OFFERED, State.ACCEPTED, State.SETTLED):
        assert f"| {state.name.lower()} |" in words
