"""An element of a message that passed the gate, as readers see it: in libxml2's tree, or cut out of the bytes of a known form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lxml import etree

from fondaco.core import Mention
from fondaco.messages.skim import skim
from fondaco.messages.walk import Node, local_name
from fondaco.messages.writing import unprefixed


class Part(Protocol):
    """One element. It has the same to say of a message whichever way the message came past the gate."""

    @property
    def tag(self) -> str:
        """Its namespace and name, as `{namespace}name`."""

    @property
    def name(self) -> str:
        """Its name without the namespace."""

    def __len__(self) -> int:
        """How many elements stand directly in it."""

    def __iter__(self) -> Iterator[Part]:
        """Those elements, in their order."""

    def skim(self, node: Node) -> tuple[dict[str, str], list[Mention]]:
        """Its fields and mentions; `node` is its place in the message."""

    def leaf_text(self) -> str:
        """Its own text where no element stands in it, else ""."""

    def texts(self, path: str) -> list[str]:
        """The texts of all elements at a path of names below it, in their order."""

    def onward(self, names: frozenset[str]) -> str:
        """Its content to the letter, from the first element on that bears one of these names, without prefixes of namespaces; "" where
        none does. No element before the first has one of them in it."""


class TreePart:
    """An element of a tree that libxml2 parsed and checked."""

    __slots__ = ("_text", "element")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self._text = ""  # as libxml2 writes it, once it did

    @property
    def tag(self) -> str:
        return str(self.element.tag)

    @property
    def name(self) -> str:
        return local_name(self.element)

    def __len__(self) -> int:
        return len(self.element)

    def __iter__(self) -> Iterator[Part]:
        return map(TreePart, self.element)

    def skim(self, node: Node) -> tuple[dict[str, str], list[Mention]]:
        self._text, fields, mentions = skim(self.element, node)
        return fields, mentions

    def leaf_text(self) -> str:
        return (self.element.text or "") if not len(self.element) else ""

    def texts(self, path: str) -> list[str]:
        found = self.element.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))
        return [one.text for one in found if one.text]

    def onward(self, names: frozenset[str]) -> str:
        text = self._text or etree.tostring(self.element, encoding="unicode", with_tail=False)
        if "xmlns:" in text or " xmlns=" in text[text.index(">") :]:
            text = etree.tostring(unprefixed(self.element), encoding="unicode", with_tail=False)
        # A text holds no `<`: the first found is an element.
        first = min((at for at in [text.find(f"<{name}>") for name in names] if at >= 0), default=-1)
        return text[first : text.rindex("</")] if first >= 0 else ""
