"""How data are made comparable before they are compared: words, party names, units, places, vessels, goods.

Documents need not be identical; they must not contradict each other (UCP 600 art. 14(d)). What is taken away here is what no reader would call a
contradiction: letter case, punctuation, the long and short forms of a company's legal form, a unit's own name, a country after a port.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from fondaco.trade.examination.words import EXACT, Party, Place, Quantity

_REMEMBERED = 1 << 14


class Likeness(Enum):
    """What a comparison can know: there are data that neither agree nor contradict."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    UNKNOWN = "UNKNOWN"


_APART = re.compile(r"[^\w%&+]+|_")


@lru_cache(maxsize=_REMEMBERED)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, without marks and accents. Full stops within an abbreviation vanish: `Co., Ltd.` is `co ltd`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    # A full stop or comma between digits is part of a number; other full stops and apostrophes join letters.
    plain = re.sub(r"(?<=\d)[.,](?=\d)", "\0", plain)
    plain = re.sub(r"[.'’]", "", plain).replace("\0", "point")
    return tuple(word.replace("point", ".") if word[:1].isdigit() else word for word in _APART.split(plain) if word)


def same_text(one: str, other: str) -> bool:
    return words_of(one) == words_of(other)


def same_reference(one: str, other: str) -> bool:
    """Whether two numbers of documents, orders or voyages are one: `EXKL-2026-0117` is `EXKL 2026/0117`."""
    return "".join(char for char in one.casefold() if char.isalnum()) == "".join(
        char for char in other.casefold() if char.isalnum()
    )


@lru_cache(maxsize=_REMEMBERED)
def contains(text: str, part: str) -> bool:
    """Whether the words of `part` stand in `text`, one after the other."""
    return f" {' '.join(words_of(part))} " in f" {' '.join(words_of(text))} "


# Long and short forms of what a company is; the first word of a line is what the others become.
_LEGAL_FORMS = """
ltd limited
co company
corp corporation
inc incorporated
plc
pte private
pvt
bhd berhad
sdn sendirian
intl international
bros brothers
mfg manufacturing
& and
"""
_SHORT = {word: line.split()[0] for line in _LEGAL_FORMS.strip().splitlines() for word in line.split()} | {"pvt": "pte"}
_JOINED = {"p t": "pt", "s a": "sa", "l t d": "ltd"}


@lru_cache(maxsize=_REMEMBERED)
def party_words(name: str) -> tuple[str, ...]:
    """The words of a party's name with its legal form in short: `Company Limited` and `Co., Ltd.` are one."""
    return tuple(_SHORT.get(word, word) for word in words_of(name) if word != "the")


def same_party(one: str, other: str) -> bool:
    """Whether two names are of one party, whatever the order of their words: `PT Kopi` is `Kopi PT`."""
    return sorted(party_words(one)) == sorted(party_words(other))


def misprinted(one: str, other: str) -> bool:
    """Whether two texts of several words differ by one letter only. That may be a misprint, which is no discrepancy: a person says."""
    here, there = party_words(one), party_words(other)
    if len(here) != len(there) or here == there:
        return False
    differing = [(a, b) for a, b in zip(here, there, strict=True) if a != b]
    return len(differing) == 1 and near(*differing[0])


_NEAR_MIN = 5


@lru_cache(maxsize=_REMEMBERED)
def near(one: str, other: str) -> bool:
    """Whether two longer words differ by one letter: another, one more, one less, or two that changed places. A digit is never a misprint."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _NEAR_MIN or len(longer) - len(shorter) > 1 or any(char.isdigit() for char in one + other):
        return False
    first = next((place for place, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[first:] == longer[first + 1 :]
    swapped = shorter[first : first + 2] == longer[first : first + 2][::-1] and shorter[first + 2 :] == longer[first + 2 :]
    return swapped or shorter[first + 1 :] == longer[first + 1 :]


def same_address(one: Party, other: Party) -> bool:
    """Whether two addresses agree, as far as both are given; order, lines and the country's name don't count."""
    here, there = set(words_of(" ".join(one.address))), set(words_of(" ".join(other.address)))
    return not here or not there or here <= there or there <= here


# UN/ECE Recommendation 20: the code, its dimension, how many of the dimension's base unit it is, and the words it goes by.
_UNITS = """
KGM|mass|1|kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes
GRM|mass|0.001|g gram grams gramme grammes
TNE|mass|1000|t mt mts tonne tonnes ton tons mton mtons
DTN|mass|100|quintal quintals
LBR|mass|0.45359237|lb lbs pound pounds
ONZ|mass|0.028349523125|oz ounce ounces
STN|mass|907.18474|shortton
LTN|mass|1016.0469088|longton
LTR|volume|1|l ltr litre litres liter liters
MTQ|volume|1000|m3 cbm
HLT|volume|100|hl
GLL|volume|3.785411784|gallon gallons gal
BLL|volume|158.987294928|bbl barrel barrels
MTR|length|1|m metre metres meter meters mtr mtrs
CMT|length|0.01|cm
KMT|length|1000|km
FOT|length|0.3048|ft foot feet
YRD|length|0.9144|yd yard yards
MTK|area|1|m2 sqm
KWH|energy|1|kwh
MWH|energy|1000|mwh
H87|item|1|c62 ea pce pcs piece pieces unit units item items nmb nos each
DZN|item|12|dozen dozens doz
PR|item|2|pair pairs prs
SET|set|1|sets
BG|bag|1|bag bags
CT|carton|1|carton cartons ctn ctns
BX|box|1|box boxes
DR|drum|1|drum drums
PX|pallet|1|pallet pallets
BL|bale|1|bale bales
RO|roll|1|roll rolls
PK|package|1|package packages pkg pkgs
"""


def _units() -> dict[str, tuple[str, Decimal]]:
    known: dict[str, tuple[str, Decimal]] = {}
    for line in _UNITS.strip().splitlines():
        code, dimension, factor, names = line.split("|")
        for name in (code.casefold(), *names.split()):
            known[name] = (dimension, Decimal(factor))
    return known


_KNOWN_UNITS = _units()
_MEASURES = frozenset({"mass", "volume", "length", "area", "energy"})


@lru_cache(maxsize=_REMEMBERED)
def _unit(text: str) -> tuple[str, Decimal]:
    name = text.casefold().replace(" ", "").replace(".", "")
    return _KNOWN_UNITS.get(name, (name, Decimal(1)))


def is_unit(word: str) -> bool:
    return word.casefold() in _KNOWN_UNITS


@lru_cache(maxsize=_REMEMBERED)
def unit_words(unit: str) -> tuple[str, ...]:
    """All words for the same unit."""
    meant = _unit(unit)
    return tuple(word for word, known in _KNOWN_UNITS.items() if known == meant)


def counts_packages(unit: str) -> bool:
    """Whether a unit counts packages or items, to which the tolerance of art. 30(b) does not apply. A unit that we don't know does."""
    return _unit(unit)[0] not in _MEASURES


# Packages by what they are: other words of one line are the same thing, or near enough that no reader would call them a contradiction.
_PACKAGES = """
bag sack pouch bg sa
carton ctn ct
box case crate chest bx cs cr
drum barrel dr ba
bale bl
roll coil reel ro
pallet px
"""
OUTER = "pallet"  # on which other packages stand
_KINDS_OF_PACKAGE = {word: line.split()[0] for line in _PACKAGES.strip().splitlines() for word in line.split()}


def package_kind(text: str) -> str:
    """What kind of package a word or a code of Recommendation 21 means, "" for one that says nothing or that we don't know."""
    return next((_KINDS_OF_PACKAGE[word] for word in map(_stem, words_of(text)) if word in _KINDS_OF_PACKAGE), "")


def dimension(unit: str) -> str:
    """What a unit measures: `mass`, `volume`...; of a unit that we don't know, itself. Only what has one dimension can be compared or added."""
    return _unit(unit)[0]


def in_base(quantity: Quantity) -> Decimal:
    """The quantity in its dimension's base unit (kilograms, litres, metres, pieces), exact."""
    return EXACT.multiply(quantity.value, _unit(quantity.unit)[1])


def base_price(price: Decimal, unit: str, other_unit: str) -> Decimal:
    """A price for one `unit`, as one for `other_unit`; both are of one dimension. Multiplied up rather than divided by the caller: exact."""
    return EXACT.multiply(price, _unit(other_unit)[1])


_PORT_NOISE = frozenset({"port", "of", "the", "airport", "seaport", "any", "harbour"})


def likeness(one: Place, other: Place) -> Likeness:
    """Whether two places are one. UN/LOCODEs decide where both have one; a country alone is a range that holds all its places."""
    if one.locode and other.locode:
        return Likeness.SAME if one.locode.replace(" ", "") == other.locode.replace(" ", "") else Likeness.DIFFERENT
    for wide, narrow in ((one, other), (other, one)):
        if wide.country and not wide.locode and _is_range(wide):
            country = narrow.country or narrow.locode[:2]
            if country:
                return Likeness.SAME if country == wide.country else Likeness.DIFFERENT
            return Likeness.UNKNOWN
        if _is_range(wide) and wide.name and not wide.locode:
            return Likeness.UNKNOWN  # "any port in the Straits": a person says what lies in it
    here, there = frozenset(words_of(one.name)), frozenset(words_of(other.name))
    if not here or not there:
        return Likeness.UNKNOWN
    shorter, longer = sorted((here - _PORT_NOISE or here, there - _PORT_NOISE or there), key=len)
    return Likeness.SAME if shorter <= longer else Likeness.DIFFERENT


def _is_range(place: Place) -> bool:
    return not place.name or words_of(place.name)[:1] == ("any",)


@lru_cache(maxsize=_REMEMBERED)
def vessel_name(text: str) -> tuple[str, ...]:
    """A vessel's name without what kind of ship it is (`MV`, `M/V`, `SS`)."""
    words = words_of(text)
    while words and words[0] in ("mv", "ms", "mt", "ss", "m", "v", "s", "vessel"):
        words = words[1:]
    return words


_LITTLE = frozenset(
    "a an and as at by for from in into of on or per the to with about approximately approx circa each price quantity total".split()
)
# Words before a mark of kind or quality: `grade A`, `model X-200`.
_MARKERS = frozenset("grade type model class quality size crop no number series version hs".split())
# What makes goods another kind of goods, whatever else is said of them.
DEGRADING = frozenset(
    "used secondhand reconditioned refurbished rebuilt damaged scrap waste defective reject rejects sample samples".split()
)
# General words under which goods may be described on any document but the invoice (art. 14(e)).
GENERAL = frozenset(
    "goods merchandise cargo general foodstuff food product produce commodity agricultural industrial machinery equipment textile chemical article material freight".split()
)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return (
        word[:-2]
        if len(word) > 4 and word.endswith(("xes", "ches", "shes"))
        else word[:-1]
        if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us"))
        else word
    )


@lru_cache(maxsize=_REMEMBERED)
def goods_words(text: str) -> frozenset[str]:
    """The words of a description that carry meaning, in the singular; a mark stays with its word (`grade a`)."""
    text = re.sub(
        r"(?<=[0-9]) ?(?:per ?cent\b|%)",
        "%",
        text.casefold().replace("second hand", "secondhand").replace("second-hand", "secondhand"),
    )
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)  # `2,300.00` is 2300
    text = re.sub(r"(?<=[0-9])\.0+(?![0-9])", "", text)
    words = words_of(re.sub(r"(?<=\w)[-/](?=\w*[0-9])", "", text))  # `HC-20` is one mark
    found = {
        f"{word} {following}" for word, following in pairwise(words) if word in _MARKERS and following not in _LITTLE - {"a"}
    }
    marked = {index + 1 for index, word in enumerate(words[:-1]) if word in _MARKERS}
    found |= {
        _stem(word) for index, word in enumerate(words) if word not in _LITTLE and word not in _MARKERS and index not in marked
    }
    return frozenset(found)


# Words that may stand before the goods without saying what goods they are: packing, and what a carrier says.
_CARRYING = frozenset(
    "bag bale barrel box bundle can carton case container crate drum jute package pallet piece roll sack set tin wooden bulk said contain containing "
    "stc lot load full consignment shipment new fresh various assorted".split()
)
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:%|per ?cent)")


@lru_cache(maxsize=_REMEMBERED)
def contradicting_kinds(one: str, other: str) -> tuple[str, str] | None:
    """Two words that stand before the same noun and are not in the other text (`arabica coffee`, `robusta coffee`), or two percentages; or None."""
    shares = set(_PERCENT.findall(one.casefold())), set(_PERCENT.findall(other.casefold()))
    if shares[0] and shares[1] and not shares[0] & shares[1]:
        return f"{min(shares[0])} %", f"{min(shares[1])} %"
    here, there = ([_stem(word) for word in words_of(text)] for text in (one, other))
    before = {noun: word for word, noun in pairwise(there)}
    for word, noun in pairwise(here):
        rival = before.get(noun, "")
        if (
            rival
            and rival != word
            and _tells(word)
            and _tells(rival)
            and _tells(noun)
            and word not in there
            and rival not in here
            and not near(word, rival)
        ):
            return f"{word} {noun}", f"{rival} {noun}"
    return None


def _tells(word: str) -> bool:
    return word.isalpha() and word not in _LITTLE | _CARRYING | GENERAL | _MARKERS and word not in _KNOWN_UNITS


@lru_cache(maxsize=_REMEMBERED)
def contradicting_marks(one: str, other: str) -> tuple[str, str] | None:
    """Two marks of one kind that differ (`grade a`, `grade b`), or None."""
    here = {mark.split()[0]: mark for mark in sorted(goods_words(one)) if " " in mark}
    there = {mark.split()[0]: mark for mark in sorted(goods_words(other)) if " " in mark}
    for kind in sorted(here.keys() & there.keys()):
        if here[kind] != there[kind]:
            return here[kind], there[kind]
    return None
