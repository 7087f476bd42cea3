"""The description of the door (OpenAPI 3.1), made from the routes: what is described is what is served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fondaco import __version__
from fondaco.api.open_places import RECORDS as OPEN_RECORDS
from fondaco.api.open_places import open_paths
from fondaco.api.problem import KINDS, MEDIA, Document
from fondaco.api.route import JSON, SSE, Route

_REF = "#/components/schemas/{name}"
# What every request may meet, whatever it asks.
_ALWAYS = ("bad-request", "not-recognised", "not-allowed", "not-found", "too-often", "failed", "busy")
_DEED = ("conflict", "too-large", "media", "not-valid", "too-slow")


def description(routes: Sequence[Route], *, tokens: bool = False, seal: bool = False) -> dict[str, Any]:
    """The OpenAPI document of these routes, and of the places that are open to everybody: those of tokens where `tokens` are given, the hub's certificate where it has a `seal`."""
    records: list[type[msgspec.Struct]] = [Document, *OPEN_RECORDS]
    for route in routes:
        records += [record for record in (route.body, *(given[2] for given in route.gives)) if record is not None]
    _, components = msgspec.json.schema_components(records, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    paths |= open_paths(tokens=tokens, seal=seal)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fondaco",
            "version": __version__,
            "description": "A self-hosted payments hub: messages of ISO 20022 in and out, and what stands in it as JSON.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"mutualTLS": []}, {"bearer": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys([*(route.tag for route in routes), "open"])],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"mutualTLS": {"type": "mutualTLS"}, "bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
    plain: dict[str, Any] = _ends(document)
    return plain


def problems_of(route: Route) -> list[str]:
    """The names of the problems that a route may answer with."""
    taken = _DEED if route.body is not None or route.takes else ("conflict",) if route.deed else ()
    signed = ("signature",) if route.deed else ()
    return list(dict.fromkeys((*_ALWAYS, *taken, *signed, *route.problems)))


def _operation(route: Route) -> dict[str, Any]:
    roles = sorted(role.value for role in route.roles)
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"For: {', '.join(roles) or 'nobody'}.",
        "tags": [route.tag],
        "parameters": [*_parameters(route.place, "path"), *_parameters(route.query, "query")],
        "responses": {},
        "x-roles": roles,
    }
    if route.deed:
        found["parameters"].append(
            {
                "name": "Idempotency-Key", "in": "header", "required": False,
                "description": "Done once under this name, and answered the same again; the same name with another content is refused.",
                "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,128}$"},
            }
        )  # fmt: skip
    for header in route.headers:
        text = {"type": "string"} | ({"pattern": header.pattern} if header.pattern else {})
        found["parameters"].append(
            {"name": header.name, "in": "header", "required": header.required, "description": header.said, "schema": text}
        )
    if route.body is not None:
        schema = {"$ref": _REF.format(name=route.body.__name__)}
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    elif route.takes:
        content = {media: {"schema": {"type": "object"} if media == JSON else {"type": "string"}} for media in route.takes}
        found["requestBody"] = {"required": True, "content": content}
    for status, meaning, record, media in route.gives:
        found["responses"][str(status)] = {
            "description": meaning,
            "content": {one: {"schema": _schema(record, one)} for one in media},
        }
    for name in problems_of(route):
        kind = KINDS[name]
        told = found["responses"].setdefault(str(kind.status), {"description": kind.title, "content": {}})
        told["content"].setdefault(MEDIA, {"schema": {"$ref": _REF.format(name=Document.__name__)}})
    return found


def _schema(record: Any, media: str) -> dict[str, Any]:
    if record is None or media not in (JSON, SSE):
        return {"type": "string"}
    return {"type": "string"} if media == SSE else {"$ref": _REF.format(name=record.__name__)}


def _parameters(record: type[msgspec.Struct], place: str) -> list[dict[str, Any]]:
    """The fields of a record as parameters."""
    whole = msgspec.json.schema(record)
    schema = whole["$defs"][record.__name__] if "$defs" in whole else whole
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": place, "required": place == "path" or name in required, "schema": one}
        for name, one in schema["properties"].items()
    ]


def _ends(value: Any) -> Any:
    """The same with the ends of patterns written as ECMA 262 has them."""
    if isinstance(value, dict):
        return {
            key: one.replace(r"\Z", "$") if key == "pattern" and isinstance(one, str) else _ends(one)
            for key, one in value.items()
        }
    return [_ends(one) for one in value] if isinstance(value, list) else value
