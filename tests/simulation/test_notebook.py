"""The notebook of published results: every cell runs, every assertion in it holds, and what is recorded is what it prints."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "simulator" / "published.ipynb"


def test_the_notebook_runs_from_its_top_to_its_end_and_prints_what_is_recorded() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names: dict[str, Any] = {"__name__": "notebook"}
    asserted = 0
    for number, cell in enumerate(one for one in notebook["cells"] if one["cell_type"] == "code"):
        source, printed = "".join(cell["source"]), io.StringIO()
        asserted += source.count("assert ")
        with redirect_stdout(printed):
            exec(compile(source, f"cell {number + 1}", "exec"), names)
        assert "".join(line for output in cell["outputs"] for line in output["text"]) == printed.getvalue()
    assert asserted >= 8
    assert names["Picture"](names["work"] / "ubin" / "network.svg")._repr_svg_().startswith("<svg")


def test_the_notebook_names_its_sources() -> None:
    text = "".join(
        line for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "markdown" for line in cell["source"]
    )
    for source in (
        "Bank of Finland Discussion Papers\n9/2001",
        "Working Paper 2021-7",
        "Denbee and McLafferty",
        "Davey and Gray",
        "Project Ubin",
    ):
        assert source in text
