"""XML lists, one record at a time: no entity is expanded, nothing is fetched, and a record is let go of when it was read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from fondaco.compliance.lists.gates import Unreadable

_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")
_UNKNOWN_MAX = 12


class Records:
    """The elements of some names of an XML list, in the order of the document.

    `root_attributes` are there from the first record on; `unknown` names elements that the format's reader does not know, so that a
    person looks at them. Raises `Unreadable`: another root, not well-formed, a declaration of document types or entities, another
    encoding than UTF-8.
    """

    def __init__(self, raw: bytes, root: str, names: tuple[str, ...], known: frozenset[str] = frozenset()) -> None:
        if _DECLARED.search(raw):
            raise Unreadable("a document type declaration: no official list has one")
        encoding = _ENCODING.match(raw)
        if encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
            raise Unreadable(f"the encoding {encoding[1].decode('ascii', 'replace')}: lists are read in UTF-8")
        self._raw = raw
        self._root = root
        self._names = names
        self._known = known
        self.root_attributes: dict[str, str] = {}
        self._seen: set[str] = set()

    def __iter__(self) -> Iterator[etree._Element]:
        events = etree.iterparse(
            io.BytesIO(self._raw), events=("end",), tag=[f"{{*}}{name}" for name in self._names], resolve_entities=False,
            no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        begun = False
        try:
            for _, element in events:
                if not begun:
                    self._first(element.getroottree().getroot())
                    begun = True
                if self._known:
                    self._seen.update(one.tag for one in element.iter())
                yield element
                element.clear()
                # What was read before it goes too, or the tree would grow to the size of the list.
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError as fault:
            raise Unreadable(f"not well-formed XML (truncated?): {fault.msg}") from None
        if not begun:
            self._first(events.root)

    def _first(self, element: etree._Element) -> None:
        if local(element) != self._root:
            raise Unreadable(f"the root is {local(element)}, not {self._root}: another format, or its schema has changed")
        self.root_attributes = {str(key).rpartition("}")[2]: str(value) for key, value in element.attrib.items()}

    @property
    def unknown(self) -> list[str]:
        """A note for each element name that was met in a record and is not known, the first twelve by name."""
        names = sorted({tag.rpartition("}")[2] for tag in self._seen if isinstance(tag, str)} - self._known)
        return [f"element {name} is not known in this format: what stands in it is not read" for name in names[:_UNKNOWN_MAX]]


def local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Direct children of these local names, in the order of the document."""
    yield from element.iterchildren(*_any_namespace(names))


def text_of(element: etree._Element | None, name: str = "") -> str:
    """The text of `element`, or of its first child of this local name; "" without one."""
    if element is not None and name:
        element = next(element.iterchildren(*_any_namespace((name,))), None)
    return " ".join((element.text or "").split()) if element is not None else ""


def inner(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Descendants of this local name, in the order of the document."""
    yield from element.iterdescendants(*_any_namespace((name,)))


@lru_cache(maxsize=1 << 10)
def _any_namespace(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{{*}}{name}" for name in names)
