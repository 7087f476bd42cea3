"""What a schema lets a text be, as a regular expression: for messages whose structure is known to be right already.

An expression may say no to what the schema allows (such a message is then checked by libxml2 as ever), never yes to what it forbids.
"""

from __future__ import annotations

import importlib.resources
import re
from functools import cache
from typing import NamedTuple

from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"
# Patterns of XML Schema that say the same to Python: letters, digits and classes of them, counts, groups, alternatives, escaped signs.
_SAME_PATTERN = re.compile(r"(?:[A-Za-z0-9{},()|+]|\[(?:[A-Za-z0-9()+-]|\\[+\-])+\]|\\\+|-)+")
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?"
# Without the 29th of February, and without the year 0, which libxml2 looks at for itself.
_DAY = "(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
_BUILT_IN = {
    "xs:date": _DAY + _ZONE,
    "xs:dateTime": f"{_DAY}T{_TIME}{_ZONE}",
    "xs:time": _TIME + _ZONE,
    "xs:boolean": "(?:true|false|0|1)",
}
_FRACTION_USUAL = 5


class _Schema(NamedTuple):
    """`children`: of each complex type, what the elements in it are, by name: the name of a type, or the simple type itself.
    `simple`: simple types by name. `content`: the simple type of complex types that hold a text and attributes."""

    roots: dict[str, str]
    children: dict[str, dict[str, str | etree._Element]]
    simple: dict[str, etree._Element]
    content: dict[str, str]


@cache
def _schema(kind: str) -> _Schema:
    raw = (importlib.resources.files("fondaco.messages") / "schemas" / f"{kind}.xsd").read_bytes()
    root = etree.fromstring(raw)
    found = _Schema({}, {}, {}, {})
    for one in root:
        name = one.get("name", "")
        if one.tag == _XS + "element":
            found.roots[name] = one.get("type", "")
        elif one.tag == _XS + "simpleType":
            found.simple[name] = one
        elif one.tag == _XS + "complexType":
            extension = one.find(f"{_XS}simpleContent/{_XS}extension")
            if extension is not None:
                found.content[name] = extension.get("base", "")
            found.children[name] = {
                inside.get("name", ""): inside.get("type") or inside.find(f"{_XS}simpleType")
                for inside in one.iter(_XS + "element")
            }
    return found


@cache
def text_pattern(kind: str, path: tuple[str, ...]) -> str | None:
    """A regular expression for the whole text of the element at `path` (names from the schema's root element on), in which no NUL, `<`,
    `>`, `&`, carriage return or forbidden character stands; None where nothing is known that would do."""
    schema = _schema(kind)
    of: str | etree._Element | None = schema.roots.get(path[0])
    for name in path[1:]:
        if not isinstance(of, str):
            return None
        of = schema.children.get(of, {}).get(name)
    if isinstance(of, str):
        of = schema.simple.get(schema.content.get(of, of))
    return None if of is None else simple_pattern(of)


def simple_pattern(simple: etree._Element) -> str | None:
    """The same for an element `xs:simpleType` of a schema."""
    restriction = simple.find(_XS + "restriction")
    if restriction is None:
        return None
    base = restriction.get("base", "")
    facets: dict[str, list[str]] = {}
    for facet in restriction:
        facets.setdefault(str(facet.tag).removeprefix(_XS), []).append(facet.get("value", ""))
    names = frozenset(facets)
    if base in _BUILT_IN:
        return _BUILT_IN[base] if not names else None
    if base == "xs:decimal":
        return _decimal(facets) if names <= {"totalDigits", "fractionDigits", "minInclusive"} else None
    if base != "xs:string":
        return None
    if names == {"enumeration"}:
        return "(?:" + "|".join(re.escape(value) for value in facets["enumeration"]) + ")"
    if names == {"pattern"} and len(facets["pattern"]) == 1 and _SAME_PATTERN.fullmatch(facets["pattern"][0]):
        return f"(?:{facets['pattern'][0]})"
    if names <= {"minLength", "maxLength"}:
        least = max(1, int(facets.get("minLength", ["1"])[0]))
        most = facets.get("maxLength", [""])[0]
        return f"[^\\0]{{{least},{most}}}"
    return None


def _decimal(facets: dict[str, list[str]]) -> str | None:
    """Amounts and rates without a sign; of the places after the point, as many as are usual."""
    if facets.get("minInclusive", ["0"]) != ["0"] or "totalDigits" not in facets or "fractionDigits" not in facets:
        return None
    total, fraction = int(facets["totalDigits"][0]), int(facets["fractionDigits"][0])
    places = min(fraction, _FRACTION_USUAL) if total - fraction < _FRACTION_USUAL else fraction
    if total <= places:
        return None
    after = f"(?:\\.[0-9]{{1,{places}}})?" if places else ""
    return f"[0-9]{{1,{total - places}}}{after}"
