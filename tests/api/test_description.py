"""The description of the door says what the door does: read by schemathesis, which then tries it on a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from doors import Door, door_on
from fondaco.api import OPEN_PLACES, ROUTES
from fondaco.api.schema import description

# What schemathesis may try on each operation. More is asked for with FONDACO_FUZZ_EXAMPLES.
EXAMPLES = int(os.environ.get("FONDACO_FUZZ_EXAMPLES", "10"))
# `coverage,fuzzing` tries every bound of every parameter as well, and takes minutes.
PHASES = os.environ.get("FONDACO_FUZZ_PHASES", "fuzzing")


def test_every_route_is_described_once_with_its_roles() -> None:
    told = description(ROUTES)
    operations = [one for path in told["paths"].values() for one in path.values() if one["tags"] != ["open"]]
    assert sorted(one["operationId"] for one in operations) == sorted(route.name for route in ROUTES)
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert all(one["x-roles"] for one in operations)
    text = json.dumps(told)
    assert "\\\\Z" not in text and "float" not in text
    for schema in told["components"]["schemas"].values():
        assert schema.get("title") and schema.get("description"), schema


def test_what_is_open_is_described_where_it_is_served() -> None:
    listed = {(method, path) for method, path, _ in OPEN_PLACES} - {("GET", "/docs"), ("GET", "/v1/openapi.json")}

    def opened(**there: bool) -> set[tuple[str, str]]:
        told = description(ROUTES, **there)
        return {
            (method.upper(), path)
            for path, one in told["paths"].items()
            for method, its in one.items()
            if its["tags"] == ["open"]
        }

    assert opened(tokens=True, seal=True) == listed
    assert opened() == {one for one in listed if one[1].startswith("/health/")}
    whole = description(ROUTES, tokens=True, seal=True)
    assert whole["paths"]["/v1/token"]["post"]["security"] == [{"mutualTLS": []}]
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(whole)))
    assert named <= set(whole["components"]["schemas"])


def test_the_description_keeps_the_schema_of_its_own_version() -> None:
    """OpenAPI 3.1: the schema that its makers publish has these rules; schemas within it are JSON Schema 2020-12."""
    told = description(ROUTES, tokens=True, seal=True)
    assert told["openapi"] == "3.1.0" and told["info"]["title"] and told["info"]["version"]
    assert (
        {"openapi", "info"}
        <= set(told)
        <= {"openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"}
    )
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(told)):
        found = told
        for part in reference.split("/"):
            found = found[part]
    known = set(told["components"].get("securitySchemes", {}))
    for path, item in told["paths"].items():
        for method, one in item.items():
            where = (method, path)
            assert method in {"get", "put", "post", "delete", "patch", "head", "options"}, where
            assert one["responses"] and all(re.fullmatch(r"[1-5][0-9]{2}|default", status) for status in one["responses"]), where
            assert all(response["description"] for response in one["responses"].values()), where
            assert all(set(way) <= known for way in one.get("security", [])), where
            parameters = one.get("parameters", [])
            assert len({(each["name"], each["in"]) for each in parameters}) == len(parameters), where
            assert {each["name"] for each in parameters if each["in"] == "path"} == set(re.findall(r"{(\w+)}", path)), where
            for each in parameters:
                assert each["in"] in {"path", "query", "header", "cookie"} and ("schema" in each) != ("content" in each), where
                assert each["in"] != "path" or each["required"] is True, where
                Draft202012Validator.check_schema(each.get("schema", {}))


@pytest.mark.server
def test_the_description_and_its_page_come_from_this_server_alone(door: Door) -> None:
    assert door.ask("GET", "/v1/openapi.json").json["openapi"] == "3.1.0"
    page = door.ask("GET", "/docs").raw.decode()
    assert "<script" not in page and "http://" not in page and "https://" not in page
    for route in ROUTES:
        assert f"id='{route.name}'" in page
    assert door.ask("GET", "/docs/style.css").headers["content-type"].startswith("text/css")


@pytest.fixture(scope="module")
def hurried(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A door that lets nobody wait for mail for long."""
    with door_on(ready, tmp_path_factory.mktemp("hurried") / "hub", "wait_s_max = 0.05") as opened:
        yield opened


@pytest.mark.server
@pytest.mark.parametrize("who", ["ZZBASG01-maker", "auditor"])
def test_schemathesis_finds_no_answer_that_is_not_described_and_no_failure(hurried: Door, who: str, tmp_path: Path) -> None:
    """What changes the day or the lists for everybody is left out: it is tried in stories."""
    found = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{hurried.port}/v1/openapi.json",
            "--header", f"Authorization: Bearer {hurried.keys[who]}",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--phases", PHASES, "--max-examples", str(EXAMPLES), "--seed", "20261127",
            "--exclude-operation-id", "close_cycle", "--exclude-operation-id", "end_day", "--exclude-operation-id", "open_day",
            "--exclude-operation-id", "swap_lists", "--request-timeout", "30", "--no-color",
        ],
        check=False, capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "SCHEMATHESIS_HOOKS": "fuzz_forms"},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    failed = [line for line in hurried.log.read_text().splitlines() if json.loads(line).get("status", 0) >= 500]
    assert failed == []
