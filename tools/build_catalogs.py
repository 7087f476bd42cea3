"""The texts of the console: which there are, and which of them a language lacks. `python tools/build_catalogs.py` writes what is lacking into its catalog.

A text stands in a template as `_("...")`, or in a module of the console as `_("...")`; names of states are the tables' own. Catalogs are files of gettext (`.po`) and are read as they are.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from build_docs import TABLES
from fondaco.payments import Event

CONSOLE = Path(__file__).resolve().parent.parent / "src" / "fondaco" / "console"
COMPOSED = CONSOLE.parent / "cli" / "composing.py"


def texts() -> list[str]:
    """Every text that may be shown, in the order in which the files have them."""
    found: dict[str, None] = {}
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for template in sorted((CONSOLE / "templates").glob("*.html")):
        for _, _, said in environment.extract_translations(template.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            if isinstance(said, str):  # what a variable says is marked where it is written
                found[said] = None
    for module in sorted(CONSOLE.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                found[ast.literal_eval(node.args[0])] = None
    for node in ast.walk(ast.parse(COMPOSED.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "SIMULATED":
            found[ast.literal_eval(node.value)] = None
    # What a payment went through and the state of anything, by their names in the tables: English shows these, other languages their own words.
    found |= dict.fromkeys(event.name for event in Event)
    found |= dict.fromkeys(state.name for _, _, table in TABLES for state in table.states())
    return list(found)


def catalog_of(language: str) -> Catalog:
    with path_of(language).open("rb") as opened:
        return read_po(opened, locale=language)


def path_of(language: str) -> Path:
    return CONSOLE / "locale" / language / "LC_MESSAGES" / "console.po"


def main() -> None:
    for path in sorted((CONSOLE / "locale").iterdir()):
        catalog = catalog_of(path.name)
        wanted = texts()
        for text in wanted:
            if text not in catalog:
                catalog.add(text)
        for text in [str(one.id) for one in catalog if one.id and str(one.id) not in wanted]:
            catalog.delete(text)
        with path_of(path.name).open("wb") as out:
            write_po(out, catalog, width=0, no_location=True, omit_header=False, include_previous=False, ignore_obsolete=True)
        lacking = sum(1 for one in catalog if one.id and not one.string)
        sys.stdout.write(f"{path.name}: {len(wanted)} texts, {lacking} without a translation\n")


if __name__ == "__main__":
    main()
