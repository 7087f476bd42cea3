"""The same as `walk`, for elements of a form that was seen before: texts are cut out in one pass and put where the plan says.

A form is the element without its texts. Messages of one bank's software have few forms, so the tree is walked once for
each, not once for each message. What is cut is libxml2's own serialisation of the tree that the gate has checked, never
the bytes as they came: there is no second reading of XML that could differ from the first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from fondaco.core import Mention
from fondaco.messages.walk import CODE_LENGTH, LINES, Node, joined, walk

_TEXT = re.compile(r">([^<]+)<")
_TOKEN = re.compile(r"\0|<(/?)([^\s/>]+)((?:\s[^>]*?)?)(/?)>")
_ATTRIBUTE = re.compile(r'\s(\w+)="([^"<>&]*)"')
_NAMESPACE = re.compile(r'\sxmlns="[^"]*"')
_MARK = ">\0<"
_FORM_MAX = 16 * 1024
_PLANS_MAX = 1024


class Plan(NamedTuple):
    """Where each text goes: `paths` of all texts in order ("" for space between elements); `mentions` as (place, kind, path), `usual`
    those of them that are no codes, and `codes` the places of those that are: a code as short as a code is no mention; `constants` are
    the attributes, which belong to the form; `lines` are places of texts that are also read as one."""

    paths: tuple[str, ...]
    mentions: tuple[tuple[int, str, str], ...]
    usual: tuple[tuple[int, str, str], ...]
    codes: tuple[int, ...]
    constants: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, tuple[int, ...]], ...]


class Skim(NamedTuple):
    """`text` is the element as libxml2 writes it; `fields` and `mentions` as `walk` and `joined` give them."""

    text: str
    fields: dict[str, str]
    mentions: list[Mention]


def skim(element: etree._Element, node: Node) -> Skim:
    """Fields and mentions below `element`, whose place in the message is `node`."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    parts = _TEXT.split(text)
    texts = parts[1::2]
    form = _MARK.join(parts[::2])
    plan = plan_of(form, node) if len(form) <= _FORM_MAX else None
    if plan is None:
        fields: dict[str, str] = {}
        mentions: list[Mention] = []
        walk(element, node, fields, mentions)
        mentions += joined(mentions)
        return Skim(text, fields, mentions)
    if "&" in text:
        texts = [_unescaped(one) if "&" in one else one for one in texts]
    return Skim(text, *filled(plan, texts))


def filled(plan: Plan, texts: list[str]) -> tuple[dict[str, str], list[Mention]]:
    """Fields and mentions of an element whose texts, in order, are these."""
    # The first of repeated elements counts: written last, it stays.
    fields = dict(zip(reversed(plan.paths), reversed(texts), strict=True))
    fields.pop("", None)
    fields.update(plan.constants)
    said = plan.usual
    for place in plan.codes:
        if len(texts[place]) > CODE_LENGTH:
            said = tuple(
                (at, "text" if kind == "code" else kind, path)
                for at, kind, path in plan.mentions
                if kind != "code" or len(texts[at]) > CODE_LENGTH
            )
            break
    mentions = [Mention(kind, path, texts[place]) for place, kind, path in said]
    for path, places in plan.lines:
        mentions.append(Mention("text", path, " ".join([texts[place] for place in places])))
    return fields, mentions


def _unescaped(text: str) -> str:
    """What libxml2 escapes in a text node, and nothing else is."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&#13;", "\r").replace("&amp;", "&")


@lru_cache(maxsize=_PLANS_MAX)
def plan_of(form: str, root: Node) -> Plan | None:
    """The plan of a form, or None where only the walk will do: prefixes, other namespaces, wildcards, unknown attributes."""
    paths: list[str] = []
    mentions: list[tuple[int, str, str]] = []
    constants: dict[str, str] = {}
    lines: dict[str, list[int]] = {}
    stack: list[Node] = []
    leaf = False  # whether the last token opened the element on top of the stack
    namespace = ""
    at = 0
    while at < len(form):
        token = _TOKEN.match(form, at)
        if token is None:
            return None
        closes_after_text = form[at] == "\0" and form.startswith("</", token.end())
        at = token.end()
        if token[0] == "\0":
            if leaf and closes_after_text and len(stack) > 1:  # the element itself is what is below nothing
                node = stack[-1]
                if node.kind:
                    mentions.append((len(paths), node.kind, node.path))
                    if node.kind != "code" and node.name in LINES:
                        lines.setdefault(node.path, []).append(len(paths))
                paths.append(node.path)
            else:
                paths.append("")
            leaf = False
            continue
        closing, name, attributes, empty = token.groups()
        if closing:
            if not stack:
                return None
            stack.pop()
            leaf = False
            continue
        if ":" in name:
            return None
        if not stack:
            if namespace:
                return None
            declared = _NAMESPACE.fullmatch(attributes)
            if declared is None:
                return None
            namespace = attributes[attributes.index('"') + 1 : -1]
            node = root
        else:
            tag = f"{{{namespace}}}{name}"
            node = stack[-1].children.get(tag) or stack[-1].below(tag)
            if node.wild:
                return None
            found = _ATTRIBUTE.findall(attributes)
            if attributes and (not node.attributed or "".join(f' {k}="{v}"' for k, v in found) != attributes):
                return None
            if any(key == "xmlns" for key, _ in found):
                return None
            for key, value in found:
                constants.setdefault(f"{node.path}/@{key}", value)
        leaf = not empty
        if not empty:
            stack.append(node)
    if stack:
        return None
    return Plan(
        tuple(paths),
        tuple(mentions),
        tuple([one for one in mentions if one[1] != "code"]),
        tuple([place for place, kind, _ in mentions if kind == "code"]),
        tuple(constants.items()),
        tuple((path, tuple(places)) for path, places in lines.items() if len(places) > 1),
    )
