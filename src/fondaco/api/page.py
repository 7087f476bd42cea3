"""The reference page of the door: made from the same routes as their description, without a script, and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from fondaco import __version__
from fondaco.api.problem import KINDS
from fondaco.api.roles_page import OPEN_PLACES
from fondaco.api.route import Nothing, Route
from fondaco.api.schema import problems_of

_STYLE = b"""
:root { color-scheme: light dark; --line: light-dark(#c9ccd1, #44484f); --soft: light-dark(#f3f4f6, #22252a); --mark: light-dark(#0b5394, #8ab8e8) }
body { font: 1rem/1.5 system-ui, sans-serif; max-inline-size: 62rem; margin: 0 auto; padding: 1rem }
h2 { margin-block-start: 2.5rem; border-block-end: 1px solid var(--line) }
h3 { margin-block: 2rem .25rem; font-size: 1rem }
h3 b { color: var(--mark) }
code { background: var(--soft); padding: .1em .3em; border-radius: .2em; overflow-wrap: anywhere }
a { color: var(--mark) }
table { border-collapse: collapse; margin-block: .5rem; inline-size: 100% }
th, td { text-align: start; vertical-align: top; border-block-end: 1px solid var(--line); padding: .25rem .75rem .25rem 0; overflow-wrap: anywhere }
th { font-weight: 600; white-space: nowrap }
"""


def reference_page(routes: Sequence[Route]) -> tuple[bytes, bytes]:
    """The page and its style."""
    parts = [
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>Fondaco {escape(__version__)}: reference</title><link rel=stylesheet href=/docs/style.css></head><body><main>",
        f"<h1>Fondaco {escape(__version__)}: reference of the door</h1>",
        "<p>The same for machines: <a href=/v1/openapi.json>/v1/openapi.json</a>. Amounts are texts in units of their currency; instants "
        "are in UTC. Whoever asks is recognised by certificate or token, sees what is its own, and may do what its role may. A deed with the "
        "header <code>Idempotency-Key</code> is done once.</p>",
    ]
    records: dict[str, type[msgspec.Struct]] = {}
    for tag in dict.fromkeys(route.tag for route in routes):
        parts.append(f"<h2>{escape(tag)}</h2>")
        for route in routes:
            if route.tag == tag:
                parts.append(_route(route, records))
    parts.append("<h2>Open to everybody</h2><table><tr><th>place<th>tells</tr>")
    for method, path, tells in OPEN_PLACES:
        parts.append(f"<tr><td><b>{method}</b> <code>{escape(path)}</code><td>{escape(tells)}</tr>")
    parts.append("</table>")
    parts.append("<h2>Records</h2>")
    for name, record in sorted(_all(records).items()):
        parts.append(f"<h3 id='record-{name}'>{name}</h3><p>{escape(_said(record))}</p>{_fields(record)}")
    parts.append("<h2>Problems</h2><table><tr><th>type<th>status<th>title<th>what to do</tr>")
    for name, kind in KINDS.items():
        parts.append(
            f"<tr id='problem-{name}'><td><code>{name}</code><td>{kind.status}<td>{escape(kind.title)}<td>{escape(kind.advice)}</tr>"
        )
    parts.append("</table></main></body></html>\n")
    return "".join(parts).encode(), _STYLE


def _route(route: Route, records: dict[str, type[msgspec.Struct]]) -> str:
    roles = ", ".join(sorted(role.value for role in route.roles)) or "nobody"
    found = [
        f"<h3 id='{route.name}'><b>{route.method}</b> <code>{escape(route.path)}</code></h3><p>{escape(route.summary)}. For: {escape(roles)}.</p>"
    ]
    for title, record in (("In the path", route.place), ("Behind it", route.query)):
        if record is not Nothing:
            found.append(f"<p>{title}: {escape(_said(record))}</p>{_fields(record)}")
    if route.body is not None:
        records[route.body.__name__] = route.body
        found.append(f"<p>Takes <a href='#record-{route.body.__name__}'>{route.body.__name__}</a>.</p>")
    elif route.takes:
        found.append(f"<p>Takes {', '.join(f'<code>{escape(one)}</code>' for one in route.takes)}.</p>")
    if route.headers:
        rows = [
            f"<tr><td><code>{escape(one.name)}</code><td>{escape(one.said)}<td>{'' if one.required else 'optional'}</tr>"
            for one in route.headers
        ]
        found.append(f"<p>Its headers:</p><table><tr><th>name<th>says<th></tr>{''.join(rows)}</table>")
    found.append("<table><tr><th>status<th>meaning<th>gives</tr>")
    for status, meaning, record, media in route.gives:
        if record is not None:
            records[record.__name__] = record
        gives = f"<a href='#record-{record.__name__}'>{record.__name__}</a>, " if record is not None else ""
        found.append(f"<tr><td>{status}<td>{escape(meaning)}<td>{gives}{escape(', '.join(media))}</tr>")
    found.append("</table><p>Problems: ")
    found.append(", ".join(f"<a href='#problem-{name}'>{name}</a>" for name in problems_of(route)))
    found.append(".</p>")
    return "".join(found)


def _said(record: type[msgspec.Struct]) -> str:
    return " ".join((record.__doc__ or "").split())


def _all(records: dict[str, type[msgspec.Struct]]) -> dict[str, type[msgspec.Struct]]:
    """These records and those inside them. Ends: a record that is known is not looked into again."""
    found: dict[str, type[msgspec.Struct]] = {}
    waiting = list(records.values())
    while waiting:
        record = waiting.pop()
        if record.__name__ not in found:
            found[record.__name__] = record
            for one in msgspec.structs.fields(record):
                waiting += _inside(one.type)
    return found


def _inside(given: Any) -> list[type[msgspec.Struct]]:
    if isinstance(given, type) and issubclass(given, msgspec.Struct):
        return [given]
    return [record for one in getattr(given, "__args__", ()) for record in _inside(one)]


def _fields(record: type[msgspec.Struct]) -> str:
    whole = msgspec.json.schema(record)
    schema = whole["$defs"][record.__name__] if "$defs" in whole else whole
    rows = []
    for name, one in schema["properties"].items():
        needed = "" if name in schema.get("required", ()) else "optional"
        rows.append(f"<tr><td><code>{escape(name)}</code><td>{_form(one)}<td>{needed}</tr>")
    return f"<table><tr><th>name<th>form<th></tr>{''.join(rows)}</table>"


def _form(schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href='#record-{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(_form(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        inside = schema.get("items") or {}
        return (
            f"list of {_form(inside)}" if inside else f"list of {', '.join(_form(one) for one in schema.get('prefixItems', ()))}"
        )
    parts = [str(schema.get("type", "any"))]
    parts += [f"<code>{escape(schema['pattern'].replace(chr(92) + 'Z', '$'))}</code>"] if "pattern" in schema else []
    parts += [escape(schema["description"])] if "description" in schema else []
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return ", ".join(parts + bounds)
