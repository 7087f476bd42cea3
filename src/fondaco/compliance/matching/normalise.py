"""How a text is brought into words before it is compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from fondaco.compliance.matching.scripts import is_han, latin, latin_alike, one_script, together, undisguise

_SPACES = "\u00a0\u202f\u2007"
_NO_SPACE = str.maketrans("", "", _SPACES)
# Letters that are read with those beside them: Greek, Cyrillic, Hebrew, Arabic, Han. Others are read word by word.
_BESIDE = re.compile(r"[\u0370-\u06ff\u1f00-\u1fff\u3400-\u4dbf\u4e00-\u9fff]")
# Where none of these stand, no word is an l among capitals.
_CAPITAL_BESIDE_L = re.compile("[A-Z]l|l[A-Z]")
_APOSTROPHES = re.compile(r"[’‘ʼʻʹ`´'·׳]")
_SPLIT = re.compile(r"[\W_]+")
_HYPHENS = "-‐‑‒–"
_REMOVED = {"Cf", "Cc"}
# Figures inside words, as a keyboard or a scanner swaps them, and letters inside numbers.
_FIGURES = str.maketrans("013458269", "oleasbzgg")
_LETTERS = str.maketrans("oliasbzg", "01145826")
# Figures anywhere in a text: no two of them may become one.
_DRAWN = str.maketrans("01345829", "oleasbzg")
# Where fields of common formats end (BACS, NACHA, DTAUS, MT, SEPA, ISO 20022 and their forerunners): a text as long may be cut.
WIDTHS = frozenset((20, 22, 27, 30, 32, 35, 40, 50, 70, 140))
_WIDTHS_MET = WIDTHS | {width - 1 for width in WIDTHS}
# Words that say what a party is, not who: they weigh little, and are never dropped.
TITLES = frozenset(
    "mr mrs ms miss dr doctor prof professor eng engineer haji hajji hajj sheikh shaikh shaykh sayyid sayed mullah maulana maulvi imam"
    " general gen col colonel capt captain major brigadier lt commander jr sr junior senior ii iii iv sir lady hon".split()
)
PARTICLES = frozenset(
    "the of and for al bin ibn bint ben ould abu von van der den de del della di da la le los las el y e und et mv mt vessel".split()
)
LEGAL = frozenset(
    "co company corp corporation inc incorporated ltd limited llc llp lp plc pte pvt private sdn bhd pt tbk cv gmbh ag kg sa sas sarl spa srl"
    " sl bv nv jsc ojsc pjsc cjsc ooo oao zao pao ao ip fze fzco fzc est sal joint stock public open closed liability group holding holdings"
    " aktsionernoe obshchestvo obshchestvennoe otkrytoe zakrytoe publichnoe ogranichennoi otvetstvennostyu s o as"
    " sirketi anonim ticaret limitada cia de cv sociedad anonima".split()
)
LIGHT = TITLES | PARTICLES | LEGAL
# Words of many companies' names: they tell little, and more than a legal form.
GENERIC = frozenset(
    "international trading general enterprise enterprises establishment industries industrial industry services service solutions management"
    " investment investments import export trade commercial global exchange shipping technology technologies bank foundation electronics"
    " construction energy engineering development logistics systems center centre organization organisation transport money".split()
)
_ACRONYMS = frozenset(
    "sa sas spa srl sarl llc llp lp plc ltd jsc ojsc pjsc ooo oao zao pao bv nv ag kg sl ii iii iv fze fzco gmbh pt usa uae uk".split()
)
_ABDUL = frozenset("abd abdul abdel abdal abdol abdoul abdool abdil".split())
_ARTICLE = frozenset("al el ul as ad ash ar az an at ath".split())
# The article before letters that it takes on: ar-Rahman. Apart from its word it is told by them alone.
_ASSIMILATED = frozenset("as ad ash ar az an at ath".split())
# A mark or a model, and its number: the two are written together or apart.
_NUMBERED = re.compile(r"([^\W\d_]{2,})(\d{3,})")


class Reading(NamedTuple):
    """The words of a text in order, and whether its length is one at which fields are cut.

    `letters` are its letters and figures as they are written, wherever words begin and end. `otherwise` are its words read another way that
    may be meant: all of its letters Cyrillic or Greek ones that are drawn like Latin ones, or Arabic names of God and of faith one word with
    what they stand behind.
    """

    words: tuple[str, ...]
    cut: bool
    letters: str
    otherwise: tuple[str, ...] = ()


def as_letters(letters: str) -> str:
    """Figures as the letters that they are drawn like: how letters without spaces are compared."""
    return letters if letters.isalpha() else letters.translate(_DRAWN)


def read(text: str, *, once: bool = False) -> Reading:
    """The words of a text in lower case, each of one script, and in Latin letters where that can be told letter by letter.

    Invisible and combining characters are removed. A non-breaking space is nothing where the text has real spaces, else a space. `once` leaves
    out what may be meant otherwise.
    """
    stripped = text.strip()
    cut = len(stripped) in _WIDTHS_MET
    lower = _plain(text)
    if lower:
        words = lower.split()
        return Reading(tuple(_joined(words)), cut, "".join(words))
    if not text.isascii():
        if any(space in text for space in _SPACES) and " " in stripped:
            text = text.translate(_NO_SPACE)
        text = unicodedata.normalize("NFKC", text)
        if not text.isprintable():
            text = "".join([char for char in text if unicodedata.category(char) not in _REMOVED or char in "\t\n\r"])
    elif not text.isprintable():
        text = "".join([char for char in text if char.isprintable() or char in "\t\n\r"])
    whole = text.split()
    otherwise: tuple[str, ...] = ()
    lone = True
    if not text.isascii() and _BESIDE.search(text):
        meant = "" if once else latin_alike(text) or together(text)
        if meant:
            otherwise = read(meant, once=True).words
        whole = undisguise(whole)
        lone = sum([not word.isascii() and is_han(word) for word in whole]) < 2
    words = []
    letters: list[str] = []
    for word in whole:
        if word.isalpha() and word.isascii():
            letters.append(word.lower())
            words.append(_capital_l(word).lower() if "l" in word else letters[-1])
        else:
            found, plain = _parts(word, lone)
            words += found
            letters.append(plain)
    return Reading(tuple(_joined(words)), cut, as_letters("".join(letters)), otherwise)


def _plain(text: str) -> str:
    """The text in lower case where it is plain ASCII letters and spaces, which are their own reading; else ""."""
    if text.isascii() and text.isprintable() and text.replace(" ", "").isalpha() and not _CAPITAL_BESIDE_L.search(text):
        return text.lower()
    return ""


def tokens(text: str) -> tuple[str, ...]:
    """The words of `read`."""
    return read(text).words


def _capital_l(word: str) -> str:
    """An l among capitals, two at least, is a scanner's I."""
    capitals = len(word) - word.count("l")
    return word.replace("l", "I") if "l" in word and capitals > 1 and sum(map(str.isupper, word)) == capitals else word


@lru_cache(maxsize=1 << 16)
def _parts(word: str, lone: bool) -> tuple[tuple[str, ...], str]:
    """What one word of a text is read as, when it is more than letters of ASCII, and its letters."""
    words: list[str] = []
    letters: list[str] = []
    word = _APOSTROPHES.sub("", word if word.isascii() else one_script(word))
    attached = next((hyphen for hyphen in _HYPHENS if hyphen in word), "")
    parts = [part for part in _SPLIT.split(word) if part]
    if len(parts) > 2 and all(len(part) == 1 and part.isalpha() for part in parts):
        # Three letters and more with points between are one word: P.C.C.
        parts = ["".join(parts)]
    for at, part in enumerate(parts):
        numbered = _NUMBERED.fullmatch(part)
        if numbered:
            words += [latin(numbered[1], lone), numbered[2]]
            letters += words[-2:]
            continue
        letters.append(latin(part, lone))
        if not part.isalpha() and not part.isdigit():
            part = _figures(part)
        elif part.isascii():
            part = _capital_l(part)
        for written in _SPLIT.split(latin(part, lone)):
            if attached and at == 0 and len(parts) > 1 and written in _ARTICLE:
                written = "al"
            if written:
                words.append(written)
    return tuple(words), "".join("".join(letters).split())


def _figures(part: str) -> str:
    letters = sum(map(str.isalpha, part))
    if letters * 2 >= len(part):
        return part.translate(_FIGURES)
    if letters * 2 < len(part) and letters:
        return part.lower().translate(_LETTERS)
    return part


def _is_article(words: list[str], at: int) -> bool:
    """Whether the word stands before another as the article does, its last letters the other's first: `ar` before r."""
    if at + 1 >= len(words):
        return False
    word, following = words[at], words[at + 1]
    return word in _ASSIMILATED and len(following) > 2 and following.startswith(word[1:])


def _joined(words: list[str]) -> list[str]:
    """Letters that make a legal form are one word, `abd al` is `abdul`, and `ar` before r is `al`, however they are written and
    wherever their parts stand."""
    if 1 not in map(len, words) and _ASSIMILATED.isdisjoint(words) and "abd" not in "".join(words):
        return words
    found: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word in _ABDUL:
            found.append("abdul")
            at += 1
            following = words[at] if at < len(words) else ""
            if following in ("al", "el", "ul") or _is_article(words, at):
                at += 1
            elif following[:2] in ("al", "el", "ul") and len(following) > 5:
                found.append(following[2:])
                at += 1
            continue
        if _is_article(words, at):
            word = "al"
        if word[:5] in _ABDUL and len(word) > 8 and word[5:8] != "lah":
            found += ["abdul", word[5:]]
            at += 1
            continue
        if len(word) == 1:
            end = at + 1
            while end < len(words) and len(words[end]) == 1 and end - at < 5:
                end += 1
            taken = next((last for last in range(end, at + 1, -1) if "".join(words[at:last]) in _ACRONYMS), 0)
            if taken:
                found.append("".join(words[at:taken]))
                at = taken
                continue
        found.append(word)
        at += 1
    return found
