"""The bill of materials is one by the official schema, names what is pinned, and comes out the same again."""

from __future__ import annotations

import json

import pytest

import sbom
from locked import RUNTIME, pins_of


@pytest.fixture(scope="module")
def made() -> str:
    return sbom.bill(pins_of(RUNTIME))


def test_it_keeps_the_schema_of_cyclonedx(made: str) -> None:
    assert sbom.fault(made) == ""
    assert json.loads(made)["specVersion"] == "1.6"


def test_what_breaks_the_schema_is_told() -> None:
    assert "nonsense" in sbom.fault('{"bomFormat": "CycloneDX", "specVersion": "1.6", "nonsense": 1}')


def test_every_pin_stands_in_it_with_its_digests_and_its_licence(made: str) -> None:
    parts = {one["name"]: one for one in json.loads(made)["components"]}
    for pin in pins_of(RUNTIME):
        part = parts[pin.name]
        assert part["version"] == pin.version and part["purl"] == f"pkg:pypi/{pin.name}@{pin.version}"
        assert sorted(one["content"] for one in part["externalReferences"][0]["hashes"]) == sorted(pin.digests)
        assert part["licenses"][0]["expression"], pin.name
    assert parts["htmx.org"]["components"][0]["hashes"]


def test_everything_in_it_is_needed_by_something(made: str) -> None:
    told = json.loads(made)
    needed = {one for part in told["dependencies"] for one in part.get("dependsOn", ())}
    assert {one["bom-ref"] for one in told["components"]} <= needed


def test_it_comes_out_the_same_again(made: str) -> None:
    assert sbom.bill(pins_of(RUNTIME)) == made
    assert sbom.bill(pins_of(RUNTIME)[1:]) != made
    assert "timestamp" not in json.loads(made)["metadata"]
