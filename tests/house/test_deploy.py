"""What is shipped to run a hub names what the program has: options, figures, pages. Where systemd and promtool are installed they judge it too."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fondaco.api.measures import Measures
from fondaco.cli.serving import serve

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "fondaco.service"
RULES = ROOT / "deploy" / "prometheus" / "fondaco.rules.yml"
PROMTOOL = os.environ.get("FONDACO_PROMTOOL") or shutil.which("promtool") or ""
PAGES = sorted((ROOT / "docs" / "operate").glob("*.md"))


def test_the_unit_starts_serve_with_options_that_it_has() -> None:
    words = re.search(r"^ExecStart=(.*\\\n.*)$", UNIT.read_text(), re.MULTILINE)
    assert words is not None
    named = {one.replace("-", "_") for one in re.findall(r"--([a-z-]+)", words[1])}
    assert named == {"hub", "host", "port", "address", "certificate", "key", "authorities"}
    assert named <= set(inspect.signature(serve).parameters)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "fondaco.service"
    unit.write_text(UNIT.read_text().replace("/opt/fondaco/.venv/bin/python", sys.executable))
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in (found.stdout + found.stderr).splitlines() if "fondaco" in line]
    assert ours == []


def _rules() -> list[dict[str, object]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_a_rule_names_only_figures_that_the_door_has() -> None:
    measures = Measures()
    had = {f"fondaco_{name}" for name in ("messages_total", "requests_total")}
    for family in measures.registry.collect():
        had |= {family.name, f"{family.name}_total", f"{family.name}_bucket"}
    for rule in _rules():
        named = set(re.findall(r"\bfondaco_\w+", str(rule["expr"])))
        assert named <= had, rule["alert"]
        assert named or "up{" in str(rule["expr"])


def test_an_alert_says_how_urgent_it_is_and_where_its_page_is() -> None:
    rules = _rules()
    assert len(rules) >= 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule  # type: ignore[index]
        path, _, anchor = str(rule["annotations"]["do"]).partition("#")  # type: ignore[index]
        assert (ROOT / path).is_file(), path
        assert not anchor or anchor in _anchors(ROOT / path), f"{path}#{anchor}"


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_for_operators_points_only_where_something_is(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in _anchors(there), f"{page.name}: {target}"


@pytest.mark.skipif(not PROMTOOL, reason="no promtool (Debian's package prometheus has it; FONDACO_PROMTOOL names one)")
def test_the_alerts_ring_when_they_should() -> None:
    found = subprocess.run(
        [PROMTOOL, "test", "rules", "fondaco.tests.yml"], cwd=RULES.parent, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
