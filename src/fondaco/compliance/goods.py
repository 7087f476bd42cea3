"""Controlled goods in texts: codes of the Harmonised System and phrases -> which list controls them, and which licence they need."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from fondaco.compliance.list_set import ScreeningUnfit
from fondaco.compliance.lists import Good, ListEdition
from fondaco.core import Mention

_LABEL = r"(?:H\.?\s?S\.?(?:\s?N)?|HTS(?:US)?|TARIC|NCM|CN|customs|tariff|commodity)(?![A-Za-z])\.?(?:\s*(?:codes?|nos?|numbers?|headings?|items?))*\s*[.:#=-]*\s*"
_CODE = r"\d{4}(?:[. ]?\d\d){0,3}(?![\d])"
# A label, and the codes that follow it: `HS 8542.31, 8542.32 and 848210`.
_LABELLED = re.compile(rf"\b{_LABEL}((?:{_CODE})(?:(?:\s*[,;/&+]\s*|\s+and\s+)(?:{_CODE}))*)", re.IGNORECASE)
# Without a label what is written with its points: `8542.31.90` is no other number, `8542.31` may be an amount.
_DOTTED = re.compile(r"(?<![\d.,])\d{4}\.\d\d(?:\.\d\d){0,2}(?![\d]|[.,]\d)")
_CURRENCY_BEFORE = re.compile(r"(?:\b[A-Z]{3}|[$€£¥])\s?$")
_CURRENCY_AFTER = re.compile(r"\s?(?:[A-Z]{3}\b|[$€£¥%])")
_ONE = re.compile(_CODE)
_NAKED = re.compile(r"(?<!\d)(?:\d{4}|\d{6}|\d{8}|\d{10})(?!\d)")
_GOODS_PATH = re.compile(r"(?:HS|Tarf|Tariff|Cmmdty|Commodity|GoodsC)[A-Za-z]*$", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
_LICENCE = re.compile(
    r"\b(?:licen[cs]e|authori[sz]ation|permit)\b[\s:.#-]*(?:(?:no|number|nr|ref|reference)\b[\s:.#-]*)*((?=[A-Z/-]*\d)[A-Z0-9][A-Z0-9/-]{3,34})",
    re.IGNORECASE,
)
_CANARIES = 16


class GoodsHit(msgspec.Struct, frozen=True, array_like=True):
    """One mention of controlled goods; for officers alone.

    `rule` is code (the listed code, or one below it, is said), heading (only the heading of the listed code is said: it may be these
    goods), or phrase. `licence` is what the list asks for, "" where the goods are prohibited outright; `licences_said` are the references
    of licences that the same text gives: whether one of them covers the goods is for an officer.
    """

    path: str
    said: str
    list_id: str
    good_id: str
    code: str
    tier: str
    text: str
    rule: str
    licence: str
    source: str
    licences_said: tuple[str, ...] = ()


class Goods:
    """The goods of all lists of goods in a set. Immutable once built; the same text gets the same answer."""

    def __init__(self, editions: Iterable[ListEdition]) -> None:
        self._by_code: dict[str, list[tuple[str, Good]]] = {}
        self._below: dict[str, list[tuple[str, Good]]] = {}
        self._by_word: dict[str, list[tuple[tuple[str, ...], str, Good]]] = {}
        self._all: list[tuple[str, Good]] = []
        for edition in editions:
            for good in edition.goods:
                self._all.append((edition.list_id, good))
                if good.code:
                    self._by_code.setdefault(good.code, []).append((edition.list_id, good))
                    for length in range(4, len(good.code), 2):
                        self._below.setdefault(good.code[:length], []).append((edition.list_id, good))
                for phrase in good.phrases:
                    words = _words(phrase)
                    if words:
                        self._by_word.setdefault(words[0], []).append((words, edition.list_id, good))

    def __len__(self) -> int:
        return len(self._all)

    def hits(self, mentions: Sequence[Mention]) -> tuple[GoodsHit, ...]:
        """Every listed good that these mentions of one message say, once for each mention, in their order."""
        if not self._all:
            return ()
        return tuple(hit for mention in mentions if mention.kind != "country" for hit in self.find(mention.text, mention.path))

    def find(self, text: str, path: str = "") -> tuple[GoodsHit, ...]:
        """What one text says. Where `path` names an element for codes of goods, numbers need neither label nor points."""
        plain = unicodedata.normalize("NFKC", text)
        found: dict[tuple[str, str], tuple[str, str, Good]] = {}
        for code, sure in codes_in(plain, structured=bool(_GOODS_PATH.search(path))):
            for length in range(4 if sure else len(code), len(code) + 1, 2):
                for list_id, good in self._by_code.get(code[:length], ()):
                    found.setdefault((list_id, good.good_id), ("code", list_id, good))
            for list_id, good in self._below.get(code, ()) if sure else ():
                found.setdefault((list_id, good.good_id), ("heading", list_id, good))
        for list_id, good in self._phrases(_words(plain)):
            found.setdefault((list_id, good.good_id), ("phrase", list_id, good))
        if not found:
            return ()
        licences = licence_references(plain)
        return tuple(
            GoodsHit(
                path, text, list_id, good.good_id, good.code, good.tier, good.text, rule, good.licence, good.source, licences
            )
            for rule, list_id, good in found.values()
        )

    def _phrases(self, words: tuple[str, ...]) -> Iterator[tuple[str, Good]]:
        for at, word in enumerate(words):
            for phrase, list_id, good in self._by_word.get(word, ()):
                if words[at : at + len(phrase)] == phrase:
                    yield list_id, good

    def self_test(self) -> None:
        """Goods of each list, evenly taken, must be found by their code and by their phrases. Raises `ScreeningUnfit`."""
        step = max(1, len(self._all) // _CANARIES)
        for list_id, good in self._all[::step]:
            for said in (*((f"HS {good.code}",) if good.code else ()), *good.phrases):
                if not any(hit.list_id == list_id and hit.good_id == good.good_id for hit in self.find(said)):
                    raise ScreeningUnfit(f"list {list_id}: the canary of goods {good.good_id} is not found")


def codes_in(text: str, *, structured: bool = False) -> tuple[tuple[str, bool], ...]:
    """Codes of the Harmonised System that a text says, as digits alone, each once, and whether it surely is one.

    Sure is what stands behind a label, or is written with two points or more. Six digits with one point and without label may be an
    amount: they are not sure, and none at all beside a currency. `structured`: the text is a field for such codes, where plain numbers
    are codes too.
    """
    found: dict[str, bool] = {}
    for labelled in _LABELLED.finditer(text):
        for one in _ONE.findall(labelled[1]):
            found[re.sub(r"[. ]", "", one)] = True
    for met in _DOTTED.finditer(text):
        code = met[0].replace(".", "")
        if len(code) > 6 or not (_CURRENCY_BEFORE.search(text[: met.start()]) or _CURRENCY_AFTER.match(text[met.end() :])):
            found.setdefault(code, len(code) > 6)
    if structured:
        found.update(dict.fromkeys(_NAKED.findall(re.sub(r"(?<=\d)[. ](?=\d)", "", text)), True))
    return tuple(found.items())


def licence_references(text: str) -> tuple[str, ...]:
    """References of licences, authorisations and permits that a text gives, each once."""
    return tuple(dict.fromkeys(found.rstrip("-/") for found in _LICENCE.findall(text)))


def _words(text: str) -> tuple[str, ...]:
    """Words in one case, the plural's s gone: `Ball Bearings` and `ball bearing` are one phrase."""
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
    )
