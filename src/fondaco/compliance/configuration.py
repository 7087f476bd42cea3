"""What a verdict depends on besides the lists, the message and the instant: thresholds, corridors, embargoes, which banks are barred, and
the good-guy entries in force. Its digest stands in every verdict; whoever has it makes the same verdict again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from fondaco.compliance.good_guy import GoodGuy
from fondaco.compliance.list_set import ListSetting
from fondaco.compliance.matching import tokens
from fondaco.compliance.verdict import EMBARGO, JUDGE, Hit
from fondaco.compliance.weighing import RAISE_MAX, STRONG_MILLI
from fondaco.core import Mention

_MEMO_MAX = 1 << 16
# A place may stand in any text; of numbers an IBAN alone says its country.
_PLACED = frozenset({"address", "text", "country", "name", "agent", "identifier"})


class CorridorThreshold(msgspec.Struct, frozen=True, array_like=True):
    """From which score a name of this list alerts in payments from `origin` to `target` (ISO 3166)."""

    list_id: str
    origin: str
    target: str
    threshold_milli: int
    article: str


class Embargo(msgspec.Struct, frozen=True, array_like=True):
    """A country (ISO 3166), or a region of it by the names of its `towns`, whose payments an article lets nobody make unseen."""

    country: str
    towns: tuple[str, ...]
    article: str


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A participant by its BIC (of eight), and the country in which a corridor begins or ends with it."""

    bic: str
    country: str


class Configuration(msgspec.Struct, frozen=True, array_like=True):
    """Everything that decides a verdict besides lists, message and instant. The same content has the same digest."""

    settings: tuple[ListSetting, ...]
    thresholds: tuple[CorridorThreshold, ...] = ()
    embargoes: tuple[Embargo, ...] = ()
    members: tuple[Member, ...] = ()
    # Participants (BICs of eight) that screening hit itself: until officers released that, their payments are held.
    barred: tuple[str, ...] = ()
    good_guys: tuple[GoodGuy, ...] = ()
    strong_milli: int = STRONG_MILLI
    # By currency, from how many minor units on a payment that tells too little of its parties is held; empty where it is refused.
    full_data_from: tuple[tuple[str, int], ...] = ()
    judge: str = JUDGE

    def digest(self) -> str:
        return hashlib.sha256(b"fondaco screening configuration 1\0" + msgspec.msgpack.encode(self)).hexdigest()[:32]


class Judging:
    """A configuration made ready for many payments. Immutable in what it decides; it remembers texts that it looked at."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.digest = configuration.digest()
        self.strong_milli = configuration.strong_milli
        self.full_data_from = dict(configuration.full_data_from)
        self._lists = {one.list_id: one.threshold_milli for one in configuration.settings}
        self._corridors = {(one.list_id, one.origin, one.target): one.threshold_milli for one in configuration.thresholds}
        self._country_of = {one.bic: one.country for one in configuration.members}
        self._barred = frozenset(configuration.barred)
        self._spared: dict[tuple[str, str, str], GoodGuy] = {
            (one.fingerprint, one.list_id, one.entry_id): one for one in configuration.good_guys
        }
        self._countries = {one.country: one for one in configuration.embargoes if not one.towns}
        self._towns: dict[str, list[tuple[tuple[str, ...], str, Embargo]]] = {}
        for embargo in configuration.embargoes:
            for town in embargo.towns:
                words = tokens(town)
                if words:
                    self._towns.setdefault(words[0], []).append((words, town, embargo))
        self._places: dict[tuple[str, str], tuple[Hit, ...]] = {}

        # From which score of a name on reasons could make it a hit, in any corridor.
        self.floor_milli = min([1000, *self._lists.values(), *self._corridors.values()]) - RAISE_MAX

    def highest(self, list_id: str) -> int:
        """The highest threshold of a list in any corridor: its canaries must hit even there."""
        return max([self._lists[list_id], *(milli for (key, _, _), milli in self._corridors.items() if key == list_id)])

    def threshold(self, list_id: str, ends: tuple[str, str]) -> int:
        """In thousandths, for a payment between two members (BICs of eight)."""
        if self._corridors:
            corridor = (list_id, self._country_of.get(ends[0], ""), self._country_of.get(ends[1], ""))
            return self._corridors.get(corridor, self._lists[list_id])
        return self._lists[list_id]

    def bars(self, ends: tuple[str, str]) -> bool:
        """Whether one of the two banks is itself held by screening."""
        return not self._barred.isdisjoint(ends)

    def spared_by(self, hit: Hit, at: int) -> GoodGuy | None:
        found = self._spared.get((hit.fingerprint, hit.list_id, hit.entry_id))
        return found if found is not None and found.answers(hit, at) else None

    def places(self, mentions: Sequence[Mention]) -> tuple[Hit, ...]:
        """Embargoed countries and towns among these mentions, each as a hit of its article."""
        if not self._countries and not self._towns:
            return ()
        found: list[Hit] = []
        remembered = self._places
        for mention in mentions:
            if mention.kind not in _PLACED:
                continue
            kind = mention.kind
            if kind == "identifier":
                if not mention.path.endswith("/IBAN"):
                    continue
            elif kind not in ("country", "agent"):
                if not self._towns:
                    continue
                kind = "text"
            key = (kind, mention.text)
            hits = remembered.get(key)
            if hits is None:
                if len(remembered) >= _MEMO_MAX:
                    remembered.clear()
                hits = remembered[key] = self._place(mention)
            if hits:
                path, said = mention.path, mention.text
                found.extend(msgspec.structs.replace(hit, path=path, said=said, party=path) for hit in hits)
        return tuple(found)

    def _place(self, mention: Mention) -> tuple[Hit, ...]:
        text = mention.text.strip().upper()
        code = ""
        if mention.kind == "country":
            code = text
        elif mention.kind == "agent" and len(text) in (8, 11) and text.isalnum():
            code = text[4:6]
        elif mention.kind == "identifier":  # an IBAN
            code = text[:2]
        if mention.kind in ("country", "agent", "identifier"):
            embargo = self._countries.get(code)
            if embargo is not None:
                return (self._hit(embargo, code, embargo.country, "country"),)
            if mention.kind != "agent":
                return ()
        words = tokens(mention.text)
        found = {}
        for at, word in enumerate(words):
            for town, name, embargo in self._towns.get(word, ()):
                if words[at : at + len(town)] == town:
                    found[name] = self._hit(embargo, " ".join(town), name, "town")
        return tuple(found.values())

    def _hit(self, embargo: Embargo, said: str, listed: str, rule: str) -> Hit:
        """The place itself is who is meant: its payments are one alert."""
        digest = hashlib.sha256(b"fondaco place 1\0" + msgspec.msgpack.encode([embargo, listed])).hexdigest()[:32]
        return Hit(
            "", "", EMBARGO, embargo.article, listed, 1000, ((said, listed, rule, 1.0),), 1000, fingerprint=digest, entry=digest
        )
