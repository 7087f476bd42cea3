"""Listed ships by their IMO number, wherever it stands: a ship keeps it under every name and every flag."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from fondaco.compliance.lists import Entry, ListEdition, imo_holds
from fondaco.core import Mention

_NUMBER = re.compile(r"(?<!\d)\d{7}(?!\d)")
_LABEL = re.compile(r"\bI\.?M\.?O\b\.?(?:\s*(?:ship|vessel|no|nr|number)\b\.?)*[\s:.#-]*$", re.IGNORECASE)
_LABEL_WINDOW = 24


class VesselHit(msgspec.Struct, frozen=True, array_like=True):
    """One mention of a listed ship; for officers alone.

    `names` are all that the list gives it, the primary one first, `former` those it had before, `flags` the present one and earlier ones.
    `labelled`: the text itself calls the number an IMO number.
    """

    path: str
    said: str
    list_id: str
    entry_id: str
    imo: str
    names: tuple[str, ...]
    former: tuple[str, ...]
    flags: tuple[str, ...]
    labelled: bool


class Vessels:
    """Everything in a set of lists that carries an IMO number. Immutable once built."""

    def __init__(self, editions: Iterable[ListEdition]) -> None:
        self._by_imo: dict[str, list[tuple[str, Entry]]] = {}
        for edition in editions:
            for entry in edition.entries:
                for number in dict.fromkeys(one.value for one in entry.identifiers if one.kind == "imo"):
                    self._by_imo.setdefault(number, []).append((edition.list_id, entry))

    def __len__(self) -> int:
        return len(self._by_imo)

    def hits(self, mentions: Sequence[Mention]) -> tuple[VesselHit, ...]:
        """Every listed ship that these mentions of one message name by number, in their order."""
        if not self._by_imo:
            return ()
        return tuple(hit for mention in mentions if mention.kind != "country" for hit in self.find(mention.text, mention.path))

    def find(self, text: str, path: str = "") -> tuple[VesselHit, ...]:
        """What one text says. A number without label counts only with its check digit; a labelled one is looked up as it is."""
        found = []
        for number, labelled in imo_numbers(text):
            for list_id, entry in self._by_imo.get(number, ()):
                names = sorted(entry.names, key=lambda name: name.kind != "primary")
                found.append(
                    VesselHit(
                        path,
                        text,
                        list_id,
                        entry.entry_id,
                        number,
                        tuple(name.text for name in names),
                        tuple(name.text for name in names if name.kind == "former"),
                        entry.flags,
                        labelled,
                    )
                )
        return tuple(found)


def imo_numbers(text: str) -> tuple[tuple[str, bool], ...]:
    """Numbers of seven digits that are IMO numbers by their label or by their check digit, each once: (number, labelled).

    Digits of every script count: full-width and Arabic ones are the same number.
    """
    plain = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFKC", text)
        if unicodedata.category(char) != "Cf"
    )
    found: dict[str, bool] = {}
    for met in _NUMBER.finditer(plain):
        labelled = bool(_LABEL.search(plain[max(0, met.start() - _LABEL_WINDOW) : met.start()]))
        if labelled or imo_holds(met[0]):
            found[met[0]] = found.get(met[0], False) or labelled
    return tuple(found.items())
