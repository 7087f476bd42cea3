"""All words of a list set, and for any word those that are like it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fondaco.compliance.matching.name_forms import groups
from fondaco.compliance.matching.words import (
    Choir,
    abjad_similarity,
    abjad_skeletons,
    are_neighbours,
    deletions,
    is_abjad,
    is_pinyin,
    lacks_vowels,
    scanned,
    skeletons,
    sound_similarities,
    sound_similarity,
    sounds,
    spelling_similarity,
    without_vowels,
)

FLOOR = 0.75
LIKES_MAX = 32
# From so many on it is quicker to compare all at once.
_MANY = 12
_PREFIXED_MAX = 64
_FORM = 0.93
_SCANNED = 0.94
_PREFIX = 0.93
_VOWELLESS = (0.0, 0.0, 0.72, 0.84, 0.88, 0.91)
_SHORT = 0.78
_TURNED = 0.8


# What a likeness lacks counts for less where the word is nobody's name, so likely a slip, and for more where it is one.
_STRANGE = {"spelling": 0.45, "sound": 0.85, "scanner": 0.6, "vowels": 0.6}
_BORNE = {"spelling": 1.2, "sound": 1.3, "scanner": 2.0, "vowels": 1.2}
# Two letters are soon another word: one of them doubled or lost, or its neighbour on the keyboard in what is no word.
_DOUBLED = 0.88
_MISSED = 0.8


class Like(NamedTuple):
    """A listed word that a word resembles: how much, and by which rule."""

    number: int
    similarity: float
    rule: str


class Vocabulary:
    """Words by number. What `alike` answers depends on the words alone, in whatever order they were asked for."""

    def __init__(self, words: Iterable[str], among: Vocabulary | None = None) -> None:
        """`among`: the words of a greater set that these are a part of."""
        self._among = among
        self.words = list(words)
        self.ids = {word: number for number, word in enumerate(self.words)}
        known = groups()
        # Of most keys there is one word: a number then, else a tuple. Neither keeps the garbage collector busy.
        self._deletions: dict[str, int | tuple[int, ...]] = {}
        self._skeletons: dict[str, int | tuple[int, ...]] = {}
        self._scanned: dict[str, int | tuple[int, ...]] = {}
        self._vowelless: dict[str, int | tuple[int, ...]] = {}
        self._forms: dict[int, int | tuple[int, ...]] = {}
        for number, word in enumerate(self.words):
            for group in known.get(word, ()):
                _note(self._forms, group, number)
            for variant in deletions(word):
                _note(self._deletions, variant, number)
            if not word.isalpha() or is_abjad(word) or len(word) < 2:
                continue
            if len(word) == 2:
                _note(self._scanned, scanned(word), number)
                continue
            for key in skeletons(word):
                _note(self._skeletons, key, number)
            _note(self._scanned, scanned(word), number)
            if not lacks_vowels(word):
                _note(self._vowelless, without_vowels(word), number)
        self._sounds = [sounds(word) for word in self.words]
        self._heard: dict[str, Choir] = {}
        self._sorted = sorted(self.words)

    def bears(self, word: str) -> bool:
        """Whether somebody's name holds the word: a listed word, a name of the table, Chinese syllables. Figures are not told by this."""
        return word in (self._among or self).ids or word in groups() or is_pinyin(word) or not (word.isascii() and word.isalpha())

    def alike(self, word: str) -> tuple[Like, ...]:
        """Listed words like `word`, the likest first."""
        best: dict[int, tuple[float, str]] = {}
        if len(word) == 2 and word.isalpha():
            self._by_two_letters(word, best)
        if len(word) > 2:
            if is_abjad(word):
                self._by_letters(word, best)
            elif word.isalpha():
                self._by_sound(word, best)
            self._by_spelling(word, best)
        factors = _BORNE if self.bears(word) else _STRANGE
        best = {
            number: (weighed, rule)
            for number, (similarity, rule) in best.items()
            if (weighed := 1.0 - (1.0 - similarity) * factors.get(rule, 1.0)) >= FLOOR
        }
        exact = self.ids.get(word)
        if exact is not None:
            best[exact] = (1.0, "same")
        for group in groups().get(word, ()):
            for number in _all(self._forms.get(group)):
                short = min(len(word), len(self.words[number])) < 5 and word.isascii()
                _better(best, number, _SHORT if short else _FORM, "name")
        ranked = sorted([(-similarity, number, rule) for number, (similarity, rule) in best.items()])[:LIKES_MAX]
        return tuple([Like(number, -less, rule) for less, number, rule in ranked])

    def begun(self, word: str) -> tuple[Like, ...]:
        """Listed words that begin with `word`, the first of them by alphabet: what a cut field may have held."""
        if len(word) < 2:
            return ()
        found: list[Like] = []
        at = bisect_left(self._sorted, word)
        while at < len(self._sorted) and len(found) < _PREFIXED_MAX and self._sorted[at].startswith(word):
            if len(self._sorted[at]) > len(word):
                found.append(Like(self.ids[self._sorted[at]], _PREFIX, "cut"))
            at += 1
        return tuple(found)

    def _by_two_letters(self, word: str, best: dict[int, tuple[float, str]]) -> None:
        for number in _all(self._scanned.get(scanned(word))):
            _better(best, number, _SCANNED, "scanner")
        turned = self.ids.get(word[::-1])
        if turned is not None:
            _better(best, turned, _TURNED, "spelling")
        for number in _all(self._deletions.get(word)):
            if self.words[number] in (word[0] + word, word + word[1]):
                _better(best, number, _DOUBLED, "spelling")
        if not self.bears(word):
            for letter in word:
                for number in _all(self._deletions.get(letter)):
                    if are_neighbours(word, self.words[number]):
                        _better(best, number, _MISSED, "spelling")

    def _by_spelling(self, word: str, best: dict[int, tuple[float, str]]) -> None:
        seen: set[int] = set()
        known = self._deletions
        for variant in deletions(word):
            hit = known.get(variant)
            if hit is not None:
                seen.update((hit,) if isinstance(hit, int) else hit)
        for number in seen:
            listed = self.words[number]
            if len(listed) == 2 and word in (listed[0] + listed, listed + listed[1]):
                _better(best, number, _DOUBLED, "spelling")
            elif len(listed) > 2:
                _better(best, number, spelling_similarity(word, listed), "spelling")

    def _by_sound(self, word: str, best: dict[int, tuple[float, str]]) -> None:
        heard = sounds(word)
        for key in skeletons(word):
            numbers = _all(self._skeletons.get(key)) if len(key) > 1 else ()
            if len(numbers) > _MANY:
                others = self._heard.get(key)
                if others is None:
                    others = self._heard[key] = Choir.of([self._sounds[number] for number in numbers])
                similarities = sound_similarities(heard, others)
                for at in np.flatnonzero(similarities >= FLOOR).tolist():
                    _better(best, numbers[at], float(similarities[at]), "sound")
            else:
                for number in numbers:
                    _better(best, number, sound_similarity(heard, self._sounds[number]), "sound")
        for number in _all(self._scanned.get(scanned(word))):
            _better(best, number, _SCANNED, "scanner")
        if lacks_vowels(word):
            for number in _all(self._vowelless.get(word)):
                _better(best, number, _VOWELLESS[min(len(word), 5)], "vowels")

    def _by_letters(self, word: str, best: dict[int, tuple[float, str]]) -> None:
        for key in abjad_skeletons(word):
            for marked in (key, "a" + key):
                if len(key) > 1:
                    for number in _all(self._skeletons.get(marked)):
                        _better(best, number, abjad_similarity(word, self.words[number]), "letters")


def _note(keys: dict, key: object, number: int) -> None:  # type: ignore[type-arg]
    known = keys.get(key)
    if known is None:
        keys[key] = number
    else:
        keys[key] = (known, number) if isinstance(known, int) else (*known, number)


def _all(numbers: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if numbers is None:
        return ()
    return (numbers,) if isinstance(numbers, int) else numbers


def _better(best: dict[int, tuple[float, str]], number: int, similarity: float, rule: str) -> None:
    if similarity >= FLOOR:
        known = best.get(number)
        if known is None or known[0] < similarity:
            best[number] = (similarity, rule)
