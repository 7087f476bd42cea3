"""Controlled goods and listed ships that a message names, as hits of its verdict. Whether a licence covers the goods is for an officer."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from fondaco.compliance.goods import Goods, GoodsHit
from fondaco.compliance.lists import ListEdition
from fondaco.compliance.verdict import Hit
from fondaco.compliance.vessels import VesselHit, Vessels
from fondaco.core import Mention

# Who somebody is, is no cargo; an element that nobody knows is text.
_NO_GOODS = frozenset({"country", "birth", "prefix", "agent", "identifier"})
_NO_SHIPS = frozenset({"country", "birth", "prefix"})
# In plain ASCII a number of seven digits stands by itself or is none. Letters of any script and the marks on them are no digits, whatever
# they are made of; what holds other characters takes the long way.
_SEVEN_DIGITS = 7
_SEVEN_AND_MORE = re.compile(r"[0-9]{7,}")
_MARKS = frozenset({"Mn", "Mc", "Me"})
_NO_DIGITS = str.maketrans("", "", " .,-'&/()\n")


class Cargo:
    """The goods and ships of a list set. Making it tries the canaries of the goods; raises `ScreeningUnfit` when one is not found."""

    def __init__(self, editions: Iterable[ListEdition]) -> None:
        editions = list(editions)
        self._goods = Goods(editions)
        self._goods.self_test()
        self._vessels = Vessels(editions)
        self._any_goods, self._any_vessels = len(self._goods) > 0, len(self._vessels) > 0
        self._digests = {
            (edition.list_id, good.good_id): hashlib.sha256(msgspec.msgpack.encode(good)).hexdigest()[:32]
            for edition in editions
            for good in edition.goods
        }

    def hits(self, said: Sequence[Mention]) -> tuple[Hit, ...]:
        """Every listed good and ship that these mentions of one message name."""
        found: list[Hit] = []
        if self._any_goods:
            goods = self._goods.hits([one for one in said if one.kind not in _NO_GOODS])
            found += [self._good(one) for one in goods]
        if self._any_vessels and (len(said) == 1 or may_hold_seven_digits("\n".join([one.text for one in said]))):
            for one in said:
                text = one.text
                if len(text) >= _SEVEN_DIGITS and one.kind not in _NO_SHIPS and may_hold_seven_digits(text):
                    found += [_ship(hit) for hit in self._vessels.find(one.text, one.path)]
        return tuple(found)

    def _good(self, one: GoodsHit) -> Hit:
        reasons = [(f"licence: {one.licence}" if one.licence else "prohibited outright", 0)]
        if one.tier:
            reasons.append((f"tier {one.tier}", 0))
        reasons += [
            (f"the text names licence {number}: whether it covers the goods is for an officer", 0) for number in one.licences_said
        ]
        listed = f"{one.code} {one.text}".strip()
        words = ((one.code or one.text, listed, f"goods by {one.rule}", 1.0),)
        digest = self._digests.get((one.list_id, one.good_id), "")
        return Hit(
            one.path, one.said, one.list_id, one.good_id, listed, 1000, words, 1000, tuple(reasons), one.path, _fingerprint(one.said), digest
        )  # fmt: skip


def may_hold_seven_digits(text: str) -> bool:
    """Whether a number of seven digits may stand in a text: a quick look that misses none."""
    if text.isascii():
        # Runs of digits as they are found: to look around each character for what is none costs ten times as much.
        return any(len(run) == _SEVEN_DIGITS for run in _SEVEN_AND_MORE.findall(text))
    return _may_be_digits(text)


@lru_cache(maxsize=1 << 16)
def _may_be_digits(text: str) -> bool:
    rest = text.translate(_NO_DIGITS)
    return not rest.isalpha() and not all(char.isalpha() or unicodedata.category(char) in _MARKS for char in rest)


def _ship(one: VesselHit) -> Hit:
    reasons = [(f"former name {name}", 0) for name in one.former] + [(f"flag {flag}", 0) for flag in one.flags]
    words = ((one.imo, one.imo, "identifier", 1.0),)
    name = one.names[0] if one.names else one.imo
    return Hit(
        one.path, one.said, one.list_id, one.entry_id, name, 1000, words, 1000, tuple(reasons), one.path, _fingerprint(one.said)
    )


def _fingerprint(said: str) -> str:
    """Of goods and ships the text itself is who is meant."""
    return hashlib.sha256(b"fondaco cargo 1\0" + said.encode()).hexdigest()[:32]
