"""How alike two words are, and by which rule: spelling, sound, scanner, dropped vowels, letters of scripts without vowels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from operator import eq

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

VOWELS = frozenset("aeiou")
# What one slip may cost, by the hand that made it (`slip_cost`); and what parts two words otherwise.
SLIP_COSTS = (0.35, 0.5, 0.6, 0.7, 0.8, 0.95, 1.0)
FAR, SAME, TWO_SLIPS = -1, -2, -3
_CLUSTERS = (
    ("shch", "s"), ("tsch", "ch"), ("sch", "s"), ("tch", "ch"), ("dzh", "j"), ("ph", "f"), ("sh", "s"), ("th", "t"), ("dh", "d"), ("gh", "g"),
    ("zh", "j"), ("dj", "j"), ("ts", "s"), ("tz", "s"), ("ck", "k"), ("cz", "ch"), ("ch", "C"), ("ce", "se"), ("ci", "si"), ("cy", "sy"),
    ("x", "ks"),
)  # fmt: skip
_CLUSTER = re.compile("|".join(key for key, _ in _CLUSTERS))
# Where none of these stand, no cluster does.
_MAY_CLUSTER = re.compile("[hxz]|c[keiy]|ts|dj")
_SOUND_OF = dict(_CLUSTERS) | {"ch": "C", "tch": "C", "tsch": "C", "cz": "C"}
_CLASSES = str.maketrans("qgczpvb", "kkksbfb")
_SCANNED = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_SCANNED_LETTERS = str.maketrans("l1j05823", "iiiosbze")
_SCANNED_PAIRS = frozenset(("il", "li", "o0", "0o", "l1", "1l", "i1", "1i", "s5", "5s", "b8", "8b", "z2", "2z"))
_KEYBOARD = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "o", "a": "qsz", "s": "awdx",
    "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil", "l": "ko", "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb",
    "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
_SYLLABLE = (
    "(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])(?:[iu]ang|i?ong|iao|ian|[ae]ng|ing|uai|uan|[ae]i|ao|ou|[aeiu]n|er|i[aeu]|u[aoie]|[aoeiu])"
)
_PINYIN = re.compile(f"{_SYLLABLE}(?:{_SYLLABLE})?")
# What the letters of scripts without vowels may stand for among consonants; the empty string: nothing, or a vowel.
_ARABIC = {
    "ب": "b", "ت": "t", "ث": "ts", "ج": "jk", "ح": "_", "خ": "k_", "د": "d", "ذ": "ds", "ر": "r", "ز": "s", "س": "s", "ش": "s", "ص": "s", "ض": "ds",
    "ط": "t", "ظ": "sd", "ع": "_", "غ": "k", "ف": "f", "ق": "k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "_", "و": "_f", "ي": "_", "ا": "_",
}  # fmt: skip
_HEBREW = {
    "א": "_", "ב": "bf", "ג": "k", "ד": "d", "ה": "_", "ו": "_f", "ז": "s", "ח": "_C", "ט": "t", "י": "_", "כ": "kC", "ל": "l", "מ": "m", "נ": "n",
    "ס": "s", "ע": "_", "פ": "bf", "צ": "s", "ק": "k", "ר": "r", "ש": "s", "ת": "t",
}  # fmt: skip
ABJAD = _ARABIC | _HEBREW
_ONLY_VOWELS = str.maketrans("", "", "bcdfghjklmnpqrstvxz")
_CONSONANTS = str.maketrans("", "", "aeiouyhw")
_ONE_VOWEL = str.maketrans("eiou", "aaaa")
_AGAIN = re.compile(r"(.)\1+", re.DOTALL)
_NO_VOWELS = str.maketrans("", "", "aeiouwy")
_LONG = {
    letter: re.compile(f"[{heard}]").search
    for letter, heard in {"ا": "ae", "א": "ae", "و": "uow", "ו": "uow", "ي": "iye", "י": "iye"}.items()
}


def deletions(word: str) -> set[str]:
    """The word and all that one letter's loss makes of it: two words one slip apart share one of these."""
    return {word, *[word[:at] + word[at + 1 :] for at in range(len(word))]}


def _classes(word: str) -> str:
    if _MAY_CLUSTER.search(word):
        word = _CLUSTER.sub(lambda found: _SOUND_OF[found.group()], word)
    return word.translate(_CLASSES)


def _once(letters: str) -> str:
    """Letters that follow themselves, once."""
    return _AGAIN.sub(r"\1", letters) if True in map(eq, letters, letters[1:]) else letters


def _bare(sounds: str) -> str:
    first = "a" if sounds[:1] in "aeiouyhw" else ""
    return first + _once(sounds.translate(_CONSONANTS))


def skeleton(word: str) -> str:
    """The consonants of a word by how they sound, doubled ones once: what romanisations and misspellings keep."""
    return _bare(_classes(word))


def skeletons(word: str) -> tuple[str, ...]:
    """`skeleton` in each of the ways that a romanisation may be meant: kh as k or h, w as v or a vowel, j as y or g."""
    found = {skeleton(word): None}
    if "kh" in word:
        found[skeleton(word.replace("kh", "h"))] = None
    if "w" in word:
        found[skeleton(word.replace("w", "v"))] = None
    if "j" in word:
        found[skeleton(word.replace("j", "y"))] = None
    if "j" in word or "g" in word:
        found[skeleton(word.replace("j", "g"))] = None
        found[skeleton(word.replace("g", "j"))] = None
    if "ch" in word:
        found[skeleton(word.replace("ch", "kh"))] = None
    return tuple(found)


Sounds = tuple[str, str, str, int]


def sounds(word: str) -> Sounds:
    """How a word sounds, doubled letters once: with its vowels, with all vowels alike, its consonants as they are written; its length."""
    classes = _classes(word).replace("y", "i").replace("h", "").replace("w", "u")
    return _once(classes), _once(classes.translate(_ONE_VOWEL)), _once(word.translate(_CONSONANTS)), len(word)


def sound_similarity(one: Sounds, other: Sounds) -> float:
    """Of the sounds of two words with one skeleton: other vowels cost less than vowels that are not there."""
    size = max(one[3], other[3])
    moved = OSA.distance(one[1], other[1])
    if moved * 2 > size:
        return 0.0
    changed = max(0, OSA.distance(one[0], other[0]) - moved)
    letters = OSA.distance(one[2], other[2])
    return 0.99 - (0.4 * changed + 0.55 * moved + 0.4 * letters) / (size + 0.5)


def distances(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """How far each of the ones is from its other, in slips."""
    return cpdist(ones, others, scorer=OSA.distance, dtype=np.int32).astype(np.float64)


def sound_similarities(
    whole: NDArray[np.float64], flat: NDArray[np.float64], letters: NDArray[np.float64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """`sound_similarity` of many pairs by the `distances` of the parts of their `Sounds`, and the length of the longer word: the same
    figures, bit for bit."""
    changed = np.maximum(0.0, whole - flat)
    return np.where(flat * 2 > sizes, 0.0, 0.99 - (0.4 * changed + 0.55 * flat + 0.4 * letters) / (sizes + 0.5))


def spelling_similarity(one: str, other: str) -> float:
    """Of two words one slip apart, or two slips when both are long; 0.0 beyond that. Slips that hands and scanners make cost less."""
    if one == other:
        return 1.0
    size = min(len(one), len(other))
    apart = 1 if size < 6 else 2
    if OSA.distance(one, other, score_cutoff=apart) > apart:
        return 0.0
    start = 0
    while start < size and one[start] == other[start]:
        start += 1
    end = 0
    while end < size - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left = one[start : len(one) - end]
    right = other[start : len(other) - end]
    cost = slip_cost(left, right, one[start - 1 : start], one[len(one) - end : len(one) - end + 1], start)
    longest = max(len(one), len(other))
    if cost is None:
        if size < 6:
            return 0.0
        cost = 2.0 if size < 8 else 1.8
    return 1.0 - cost / (longest + (1.5 if longest < 7 else 3.0))


def spelling_similarities(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """`spelling_similarity` of each of the ones with its other: the same figures, bit for bit."""
    apart = cpdist(ones, others, scorer=OSA.distance, dtype=np.int32, score_cutoff=2)
    sizes = np.array([list(map(len, ones)), list(map(len, others))], np.int64).reshape(2, -1)
    size, longest = sizes.min(0), sizes.max(0)
    # Two slips are two slips, whatever they are.
    alike: NDArray[np.float64] = 1.0 - np.where(size < 8, 2.0, 1.8) / (longest + np.where(longest < 7, 1.5, 3.0))
    alike[(apart > 2) | (size < 6)] = 0.0
    for at in np.flatnonzero(apart < 2).tolist():
        alike[at] = spelling_similarity(ones[at], others[at])
    return alike


def slip_similarities(slips: NDArray[np.int8], sizes: NDArray[np.int64], longest: NDArray[np.int64]) -> NDArray[np.float64]:
    """`spelling_similarity` of pairs by what parts them (a place in `SLIP_COSTS`, or FAR, SAME, TWO_SLIPS) and by the lengths of the shorter word
    and the longer one: the same figures, bit for bit."""
    costs = np.array([*SLIP_COSTS, 0.0, 0.0, 0.0])[slips]
    costs = np.where(slips == TWO_SLIPS, np.where(sizes < 8, 2.0, 1.8), costs)
    alike: NDArray[np.float64] = np.where(slips == FAR, 0.0, 1.0 - costs / (longest + np.where(longest < 7, 1.5, 3.0)))
    return alike


def slip_cost(left: str, right: str, before: str, after: str, start: int) -> float | None:
    """Which of `SLIP_COSTS` one slip costs, None where it is more than one: what is left of two words without the letters that they begin and end
    with alike, the letters before and after it, and whether (not 0) any were before."""
    if not left or not right:
        letter = left or right
        if len(letter) != 1:
            return None
        if letter in (before, after):
            return 0.35
        return 0.7 if letter in "aeiouhy" and start else 0.95
    if len(left) == 1 and len(right) == 1:
        if left + right in _SCANNED_PAIRS:
            return 0.5
        if left in VOWELS and right in VOWELS:
            return 0.6
        if left.translate(_CLASSES) == right.translate(_CLASSES):
            return 0.6
        return 0.8 if right in _KEYBOARD.get(left, "") else 1.0
    if len(left) == 2 and left == right[::-1]:
        return 0.7
    return None


def are_neighbours(one: str, other: str) -> bool:
    """Whether of two letters each one is the same, and the other a neighbour on the keyboard."""
    if len(other) != 2:
        return False
    return (one[0] == other[0] and one[1] in _KEYBOARD.get(other[1], "")) or (
        one[1] == other[1] and one[0] in _KEYBOARD.get(other[0], "")
    )


def is_pinyin(word: str) -> bool:
    """Whether a word is one or two Chinese syllables."""
    return _PINYIN.fullmatch(word) is not None


def scanned(word: str) -> str:
    """What a scanner may see in a word: letters that it confuses are one."""
    for pair, seen in _SCANNED:
        word = word.replace(pair, seen)
    return word.translate(_SCANNED_LETTERS)


def without_vowels(word: str) -> str:
    """First and last letter, and between them no vowel."""
    return word if len(word) < 3 else word[0] + "".join(char for char in word[1:-1] if char not in VOWELS) + word[-1]


def lacks_vowels(word: str) -> bool:
    return len(word) > 2 and not any(char in VOWELS for char in word[1:-1])


def is_abjad(word: str) -> bool:
    return word[:1] in ABJAD


def abjad_skeletons(word: str) -> tuple[str, ...]:
    """Skeletons that a word of a script without vowels may have in Latin letters, without the mark of a first vowel."""
    choices = [ABJAD.get(char, "_") for char in word]
    if sum(len(choice) > 1 for choice in choices) > 5:
        choices = [choice[0] for choice in choices]
    found: dict[str, None] = {}
    for letters in product(*choices):
        kept: list[str] = []
        for letter in letters:
            if letter != "_" and (not kept or kept[-1] != letter):
                kept.append(letter)
        found["".join(kept)] = None
    return tuple(found)


def abjad_similarity(word: str, latin: str) -> float:
    """Of an Arabic or Hebrew word and a Latin one with one skeleton: written vowels should be heard, in their order."""
    missed = at = written = 0
    for char in word:
        heard = _LONG.get(char)
        if heard is None:
            continue
        written += 1
        found = heard(latin, at)
        if found is None:
            missed += 1
        else:
            at = found.end()
    vowels = len(latin) - len(latin.translate(_NO_VOWELS))
    extra = max(0, vowels - written - max(1, len(word) // 2))
    consonants = max(1, len(latin) - vowels)
    return 0.96 - 0.30 / consonants - 0.10 * missed - 0.04 * extra


def abjad_similarities(word: str, listed: Iterable[str]) -> list[float]:
    """`abjad_similarity` with each of these: of a Latin word only its vowels and its length matter."""
    known: dict[tuple[str, int], float] = {}
    found = []
    for latin in listed:
        key = (latin.translate(_ONLY_VOWELS), len(latin))
        similarity = known.get(key)
        if similarity is None:
            similarity = known[key] = abjad_similarity(word, latin)
        found.append(similarity)
    return found
