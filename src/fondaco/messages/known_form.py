"""The gate for messages whose form passed it before: what remains to be checked are the texts.

A form is a message without its texts, to the byte: every tag, attribute, namespace and space between tags. Whether a message is well
formed, in a known envelope and true to its schema depends on its form and, for each text, on that text alone (ISO 20022 schemas have no keys,
defaults or types told by the message). So once libxml2 has passed one message of a form, another of the same form passes if each of its texts is
one that the schema allows in its place, and holds nothing that XML reads as anything but itself. What says no here decides nothing: such a message goes
the long way, and libxml2 tells what is wrong with it. Decision 0032 has the argument and what judges it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from lxml import etree

from fondaco.core import Mention
from fondaco.messages.facets import text_pattern
from fondaco.messages.part import Part
from fondaco.messages.skim import Plan, filled, plan_of
from fondaco.messages.walk import Node, local_name

# Messages whose readers take parts; of less than this, so that no limit of the gate (bytes, elements) can be met here and not there.
_FAMILIES = frozenset({"pacs.008", "pacs.009", "pacs.002", "pacs.004", "pacs.028"})
_BYTES_MAX = 16_000
_FORMS_MAX = 512
# Making what is known of a form costs some ten readings: a form has earned it once it came as often as this.
_EARNED = 8
_SIGHTS_MAX = 4096

_TEXT = re.compile(r">([^<]+)<")
_MARK = ">\0<"
# In a text: what XML reads as markup or changes (`&`, `<`, `>` of `]]>`, carriage returns), and what is no character of XML 1.0.
_UNFIT = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
# libxml2 writes it with apostrophes: what was signed comes out of its verification so.
_DECLARATION = re.compile(r"""<\?xml version=("|')1\.0\1(?: encoding=("|')(?:UTF-8|utf-8)\2)?\?>""")
_DECLARED = re.compile(r'\s+xmlns="[^"]*"')
_TOKEN = re.compile(r'<(/?)([\w.-]+)((?:\s+[\w.-]+="[^"<>&]*")*)\s*(/?)>|([^<>]+)')
_SPACE = "[ \\t\\n]+"


class _Cut:
    """An element of a form: `first` to `last` of the message's texts are below it. It begins `skipped` characters into one of the pieces
    between texts, and ends `left` characters before the end of another, pieces taken with the `<` before and the `>` behind them."""

    __slots__ = (
        "_template",
        "children",
        "first",
        "last",
        "leaf",
        "left",
        "name",
        "namespace",
        "onward",
        "plans",
        "skipped",
        "tag",
    )

    def __init__(self, tag: str, first: int, skipped: int) -> None:
        self.tag = tag
        self.namespace, _, self.name = tag.rpartition("}")
        self.namespace = self.namespace[1:]
        self.first = self.last = first
        self.skipped = skipped
        self.left = 0
        self.children: list[_Cut] = []
        self.leaf = False
        self.plans: dict[Node, Plan] = {}
        self.onward: dict[frozenset[str], _Cut | None] = {}
        self._template: list[str] = []

    def texts_in(self, message: list[str]) -> list[str]:
        return message[2 * self.first + 1 : 2 * self.last + 1 : 2]

    def text_in(self, message: list[str]) -> str:
        """The element as libxml2 would write it within its parent."""
        template = self._template
        if not template:
            template = self._template = self._pieces(message)
        whole = template.copy()
        whole[1::2] = message[2 * self.first + 1 : 2 * self.last + 1 : 2]
        return "".join(whole)

    def _pieces(self, message: list[str]) -> list[str]:
        """What stands between texts from where this begins to where it ends, with a NUL for each text."""
        pieces = message[2 * self.first : 2 * self.last + 1]
        pieces[1::2] = ["\0"] * (self.last - self.first)
        pieces[::2] = [f"<{piece}>" for piece in pieces[::2]]
        pieces[0] = pieces[0][self.skipped if self.first else self.skipped + 1 :]  # nothing stands before a message's first piece
        if self.left:
            pieces[-1] = pieces[-1][: -self.left]
        return pieces

    def form_in(self, message: list[str]) -> str:
        """The form of this element as libxml2 would write it apart: with its namespace declared."""
        form = "".join(self._pieces(message))
        attributes, _, rest = form[len(self.name) + 1 :].partition(">")
        return f'<{self.name} xmlns="{self.namespace}"{_DECLARED.sub("", attributes)}>{rest}'

    def from_first(self, names: frozenset[str]) -> _Cut | None:
        """What stands in this element from the first child on that bears one of these names."""
        child = next((one for one in self.children if one.name in names), None)
        if child is None:
            return None
        found = _Cut(self.tag, child.first, child.skipped)
        found.last = self.last
        found.left = self.left + len(f"</{self.name}>")
        return found


class _CutPart:
    """A part of one message of a known form: `message` is what stands between texts and the texts, in turn."""

    __slots__ = ("_cut", "_message")

    def __init__(self, cut: _Cut, message: list[str]) -> None:
        self._cut = cut
        self._message = message

    @property
    def tag(self) -> str:
        return self._cut.tag

    @property
    def name(self) -> str:
        return self._cut.name

    def __len__(self) -> int:
        return len(self._cut.children)

    def __iter__(self) -> Iterator[Part]:
        message = self._message
        return iter([_CutPart(cut, message) for cut in self._cut.children])

    def _plan(self, node: Node) -> Plan:
        plan = plan_of(self._cut.form_in(self._message), node)
        assert plan is not None, "a form without prefixes, wildcards and unknown attributes has a plan"
        self._cut.plans[node] = plan
        return plan

    def skim(self, node: Node) -> tuple[dict[str, str], list[Mention]]:
        return filled(self._cut.plans.get(node) or self._plan(node), self._cut.texts_in(self._message))

    def leaf_text(self) -> str:
        return "".join(self._cut.texts_in(self._message)) if self._cut.leaf else ""

    def texts(self, path: str) -> list[str]:
        found = [self._cut]
        for name in path.split("/"):
            found = [child for cut in found for child in cut.children if child.name == name]
        return [text for cut in found if cut.leaf for text in cut.texts_in(self._message)]

    def onward(self, names: frozenset[str]) -> str:
        cut = self._cut
        if names not in cut.onward:
            cut.onward[names] = cut.from_first(names)
        found = cut.onward[names]
        return "" if found is None else found.text_in(self._message)


_Matches = Callable[[str], object]


class _Known(NamedTuple):
    """A form that passed the gate: of which version of a message, what its texts must look like (one by place, several of one type
    joined by NUL), and its header and body."""

    kind: str
    single: tuple[tuple[int, _Matches], ...]
    alike: tuple[tuple[Callable[[list[str]], tuple[str, ...]], _Matches], ...]
    header: _Cut | None
    body: _Cut


class Sight(NamedTuple):
    """A message as first looked at: what stands between its texts and the texts, in turn, and its form."""

    message: list[str]
    form: str


_known: dict[str, _Known | None] = {}
_sights: dict[str, int] = {}
_lock = threading.Lock()


def sight_of(raw: bytes) -> Sight | None:
    """A message cut into its form and its texts; None where it is too large for it or no UTF-8."""
    if len(raw) >= _BYTES_MAX:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    message = _TEXT.split(text)
    return Sight(message, _MARK.join(message[::2]))


def recognised(sight: Sight) -> tuple[str, Part | None, Part] | None:
    """The version of a message, its header and its body, where a message of its form passed the gate and each of its texts is one
    that its schema allows; None where that is not known."""
    known = _known.get(sight.form)
    if known is None:
        return None
    message = sight.message
    texts = message[1::2]
    if _UNFIT.search("".join(texts)):
        return None
    for place, matches in known.single:
        if not matches(texts[place]):
            return None
    for picked, matches in known.alike:
        if not matches("\0".join(picked(texts))):
            return None
    header = None if known.header is None else _CutPart(known.header, message)
    return known.kind, header, _CutPart(known.body, message)


@cache
def _repeated(pattern: str) -> re.Pattern[str]:
    """An expression for texts that each look like `pattern`, joined by NUL. There are as many as schemas have types."""
    return re.compile(f"(?:{pattern})(?:\0(?:{pattern}))*")


def passed(sight: Sight, header: etree._Element | None, document: etree._Element, kind: str) -> None:
    """Remember that a message passed the gate, as this tree. Once its form came often enough it is known."""
    form = sight.form
    if kind[:8] not in _FAMILIES or form in _known:
        return
    with _lock:
        count = _sights.pop(form, 0) + 1
        if count < _EARNED:
            if len(_sights) >= _SIGHTS_MAX:
                del _sights[next(iter(_sights))]
            _sights[form] = count
            return
    known = _made(sight.message, header, document, kind)
    with _lock:
        if len(_known) >= _FORMS_MAX:
            del _known[next(iter(_known))]
        _known[form] = known


def _made(message: list[str], header: etree._Element | None, document: etree._Element, kind: str) -> _Known | None:
    """What is to be known of the form of a message that passed the gate as this tree; None where something of it is unusual."""
    *pieces, last = message[::2]
    text = "<".join([*(f"{piece}>{said}" for piece, said in zip(pieces, message[1::2], strict=True)), last])
    declared = _DECLARATION.match(text)
    start = declared.end() if declared else 0
    if "xmlns:" in text or "&" in text or "<!" in text or "<?" in text[start:] or "\r" in text or "\0" in text:
        return None
    cuts = _cuts(message, text, start, document.getroottree().getroot())
    if cuts is None:
        return None
    found: dict[etree._Element, _Cut] = cuts
    patterns: list[str] = [_SPACE] * (len(message) // 2)
    for part, of in ((header, "AppHdr"), (document, "Document")):
        if part is None:
            continue
        # libxml2's own writing of what it checked is, to the letter, what came: then texts can be cut out of what comes.
        cut = found[part]
        written = str(etree.tostring(part, encoding="unicode", with_tail=False))
        if cut.text_in(message).partition(">")[2] != written.partition(">")[2]:
            return None
        version = cut.namespace.rpartition(":")[2]
        if not _patterns_below(cut, version, (of,), patterns):
            return None
    body = found[document[0]]
    head = None if header is None else found[header]
    if any(child.leaf for child in body.children) or not _have_plans(message, body, head):
        return None
    places: dict[str, list[int]] = {}
    for place, pattern in enumerate(patterns):
        places.setdefault(pattern, []).append(place)
    single = [(those[0], _repeated(pattern).fullmatch) for pattern, those in places.items() if len(those) == 1]
    alike = [(itemgetter(*those), _repeated(pattern).fullmatch) for pattern, those in places.items() if len(those) > 1]
    return _Known(kind, tuple(single), tuple(alike), head, body)


def _have_plans(message: list[str], body: _Cut, header: _Cut | None) -> bool:
    """Whether texts of this form can be put in their places without the tree. Asked of no place, so past the memory of plans, which is for real ones."""
    parts = [body, *body.children, *([] if header is None else [header])]
    return all(plan_of.__wrapped__(one.form_in(message), Node("", one.name)) is not None for one in parts)


def _cuts(message: list[str], text: str, start: int, root: etree._Element) -> dict[etree._Element, _Cut] | None:
    """Where each element of the tree stands in the message; None where the text, read token by token, is not that tree."""
    elements = root.iter()
    found: dict[etree._Element, _Cut] = {}
    stack: list[_Cut] = []
    texts = 0  # how many were met
    began = 0  # where in `text` the piece between the last text and the next begins
    at = start
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        closing, name, _, empty, said = token.groups()
        if said is not None:
            if at == len(text):
                break
            if texts >= len(message) // 2 or message[2 * texts + 1] != said:
                return None
            texts, began = texts + 1, at
            continue
        if closing:
            if not stack or stack[-1].name != name:
                return None
            cut = stack.pop()
        else:
            element = next(elements, None)
            if element is None or local_name(element) != name:
                return None
            cut = found[element] = _Cut(element.tag, texts, token.start() - began)
            cut.leaf = not len(element)
            if stack:
                stack[-1].children.append(cut)
        if closing or empty:
            cut.last = texts
            cut.left = began + (1 if texts else 0) + len(message[2 * texts]) + 1 - at
        else:
            stack.append(cut)
    if stack or next(elements, None) is not None or texts != len(message) // 2:
        return None
    return found


def _patterns_below(cut: _Cut, kind: str, path: tuple[str, ...], patterns: list[str]) -> bool:
    """Say what each text of an element's leaves must look like; what is not said stays space between elements. Whether all is known."""
    if cut.leaf:
        if cut.first == cut.last:
            return True
        pattern = text_pattern(kind, path)
        if pattern is None or cut.last != cut.first + 1:
            return False
        patterns[cut.first] = pattern
        return True
    return all(_patterns_below(child, kind, (*path, child.name), patterns) for child in cut.children)
