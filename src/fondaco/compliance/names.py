"""How a name is brought into one form before it is compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Letters of other scripts that are drawn like Latin ones, for words that mix scripts (Unicode TR39, the common part).
_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХІЈЅԌԚԜаеорсухіјѕԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοικνρτυχ", "ABEKMHOPCTYXIJSGQWaeopcyxijsdqwhABEZHIKMNOPTYXaoiknptux"
)
_LATIN = re.compile(r"[A-Za-z]")
_SPLIT = re.compile(r"[^0-9a-z]+")
_APOSTROPHES = re.compile(r"[’‘ʼʻʹ`´'.·]")
_INVISIBLE = {"Cf", "Cc", "Mn", "Me"}
# Figures inside words, as a keyboard or a scanner swaps them.
_FIGURES = str.maketrans("013458", "oleasb")
# Words that say what a party is, not who: they weigh little, and are never dropped.
LIGHT = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "haji",
        "hajji",
        "sheikh",
        "shaikh",
        "general",
        "col",
        "the",
        "of",
        "and",
        "al",
        "el",
        "abd",
        "bin",
        "ibn",
        "bint",
        "de",
        "la",
        "los",
        "van",
        "von",
        "der",
        "co",
        "company",
        "corp",
        "corporation",
        "inc",
        "ltd",
        "limited",
        "llc",
        "plc",
        "pte",
        "sdn",
        "bhd",
        "pt",
        "tbk",
        "gmbh",
        "ag",
        "sa",
        "sas",
        "spa",
        "srl",
        "bv",
        "nv",
        "jsc",
        "ojsc",
        "pjsc",
        "ooo",
        "oao",
        "zao",
        "joint",
        "stock",
        "public",
        "group",
        "holding",
        "holdings",
        "international",
        "trading",
        "enterprise",
        "enterprises",
    ]
)


@lru_cache(maxsize=1 << 16)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a name in lower-case Latin letters and digits.

    Invisible and combining characters are removed, look-alike letters in words that also hold Latin ones become Latin,
    other scripts are transliterated, digits inside words of letters are read as the letters that they imitate.
    """
    shown = "".join(char if unicodedata.category(char) not in _INVISIBLE else "" for char in unicodedata.normalize("NFKC", text))
    words = []
    for word in shown.replace("\xa0", " ").split():
        if not word.isascii():
            if _LATIN.search(word):
                word = word.translate(_LOOKALIKES)
            word = "".join(char for char in unicodedata.normalize("NFKD", word) if unicodedata.category(char) not in _INVISIBLE)
            word = anyascii(word)
        word = _APOSTROPHES.sub("", word).lower()
        for part in _SPLIT.split(word):
            if not part:
                continue
            if not part.isalpha() and sum(map(str.isalpha, part)) * 2 > len(part):
                part = part.translate(_FIGURES)
            words.append(part)
    return tuple(words)


@lru_cache(maxsize=1 << 16)
def skeleton(token: str) -> str:
    """The consonants of a word by how they sound, doubled ones once: what romanisations and misspellings keep."""
    word = token
    for cluster, sound in (
        ("kh", "h"),
        ("gh", "g"),
        ("ph", "f"),
        ("sh", "s"),
        ("ch", "c"),
        ("th", "t"),
        ("dh", "d"),
        ("ts", "s"),
        ("dj", "j"),
        ("zh", "j"),
        ("ck", "k"),
    ):
        word = word.replace(cluster, sound)
    word = word.translate(str.maketrans("qczwyvb", "kssuifp"))
    first = "a" if word[:1] in "aeiou" else ""
    consonants = [char for char in word if char not in "aeiouh" or char.isdigit()]
    return first + "".join(char for at, char in enumerate(consonants) if at == 0 or consonants[at - 1] != char)
