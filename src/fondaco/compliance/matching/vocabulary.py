"""All words of a list set, and for any word those that are like it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fondaco.compliance.matching.name_forms import groups
from fondaco.compliance.matching.words import (
    Sounds,
    abjad_similarities,
    abjad_skeletons,
    are_neighbours,
    deletions,
    distances,
    is_abjad,
    is_pinyin,
    lacks_vowels,
    scanned,
    skeletons,
    slip_similarities,
    sound_similarities,
    sounds,
    spelling_similarities,
    without_vowels,
)

if TYPE_CHECKING:
    from fondaco.compliance.matching.pairs_numba import Pairs

FLOOR = 0.75
LIKES_MAX = 32
_PREFIXED_MAX = 64
_FORM = 0.93
_SCANNED = 0.94
PREFIX = 0.93
_VOWELLESS = (0.0, 0.0, 0.72, 0.84, 0.88, 0.91)
_SHORT = 0.78
_TURNED = 0.8


# Two letters are soon another word: one of them doubled or lost, or its neighbour on the keyboard in what is no word.
_DOUBLED = 0.88
_MISSED = 0.8
# Of two that find a word equally alike the first is told.
RULES = ("same", "sound", "scanner", "vowels", "letters", "spelling", "name", "cut", "joined")
_SAME, _BY_SOUND, _BY_SCANNER, _BY_VOWELS, _BY_LETTERS, _BY_SPELLING, _BY_NAME, _, _ = range(len(RULES))
# What a likeness lacks counts for less where the word is nobody's name, so likely a slip, and for more where it is one.
_STRANGE = {"spelling": 0.45, "sound": 0.85, "scanner": 0.6, "vowels": 0.6}
_BORNE = {"spelling": 1.2, "sound": 1.3, "scanner": 2.0, "vowels": 1.2}
_LACKS = np.array([[factors.get(rule, 1.0) for rule in RULES] for factors in (_STRANGE, _BORNE)])


class Like(NamedTuple):
    """A listed word that a word resembles: how much, and by which rule."""

    number: int
    similarity: float
    rule: str


class Likes(NamedTuple):
    """Listed words that words resemble: whose word (by its place), which, how much, by which of `RULES`. By word, the likest first."""

    words: NDArray[np.int64]
    numbers: NDArray[np.int64]
    alike: NDArray[np.float64]
    rules: NDArray[np.int64]

    @classmethod
    def of(cls, likes: Sequence[tuple[int, int, float, int]]) -> Likes:
        words, numbers, alike, rules = zip(*likes, strict=True) if likes else ((), (), (), ())
        return cls(np.array(words, np.int64), np.array(numbers, np.int64), np.array(alike, np.float64), np.array(rules, np.int64))

    def and_(self, other: Likes) -> Likes:
        return Likes(
            np.concatenate([self.words, other.words]),
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.alike, other.alike]),
            np.concatenate([self.rules, other.rules]),
        )

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> Likes:
        return Likes(self.words[places], self.numbers[places], self.alike[places], self.rules[places])


class _Choirs:
    """Listed words by skeleton: a choir is a stretch of `numbers`, with how each of them sounds as a whole. Of their sounds with all vowels alike,
    and of their rows of consonants, there are few: each choir has a stretch of these, too, and each word knows its own."""

    def __init__(
        self, skeletons: dict[str, int | tuple[int, ...]], heard: Sequence[Sounds], pairs: Callable[[Sequence[str]], Pairs] | None
    ) -> None:
        self._rows = {key: row for row, key in enumerate(skeletons)}
        self._numbers = [number for numbers in skeletons.values() for number in _all(numbers)]
        sizes = [len(_all(numbers)) for numbers in skeletons.values()]
        self._begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64).tolist()
        self._number_of = np.array(self._numbers, np.int64)
        self._size_of = np.array([heard[number][3] for number in self._numbers], np.int64)
        # By part of the sounds: the sounds, where each choir's begin, and which is each word's.
        whole = ([heard[number][0] for number in self._numbers], self._begins, np.arange(len(self._numbers)))
        self._parts = [whole, self._few(1, heard), self._few(2, heard)]
        self._pairs = [pairs(part[0]) for part in self._parts] if pairs is not None else []

    def _few(self, part: int, heard: Sequence[Sounds]) -> tuple[list[str], list[int], NDArray[np.int64]]:
        sounds_: list[str] = []
        begins = [0]
        places: list[int] = []
        for begin, end in pairwise(self._begins):
            own: dict[str, int] = {}
            for number in self._numbers[begin:end]:
                places.append(own.setdefault(str(heard[number][part]), len(sounds_) + len(own)))
            sounds_ += own
            begins.append(len(sounds_))
        return sounds_, begins, np.array(places, np.int64)

    def row(self, key: str) -> int | None:
        return self._rows.get(key)

    def words(self, key: str) -> list[int]:
        row = self._rows.get(key)
        return [] if row is None else self._numbers[self._begins[row] : self._begins[row + 1]]

    def alike(self, said: Sequence[tuple[int, Sounds, int]]) -> Likes:
        """Each of these words, by its place and how it sounds, with all of a choir, by its row."""
        rows = [row for _, _, row in said]
        begins = np.array([self._begins[row] for row in rows])
        counts = np.array([self._begins[row + 1] for row in rows]) - begins
        places = _stretches(begins, counts)
        apart = []
        for part, (_, starts, own) in enumerate(self._parts):
            firsts, ends = (np.array([starts[row + more] for row in rows]) for more in (0, 1))
            moved = np.cumsum(ends - firsts) - ends
            apart.append(self._apart(part, said, firsts, ends)[own[places] + np.repeat(moved, counts)])
        sizes = np.maximum(self._size_of[places], np.repeat([sounds_[3] for _, sounds_, _ in said], counts))
        alike = sound_similarities(apart[0], apart[1], apart[2], sizes)
        enough = np.flatnonzero(alike >= FLOOR)
        words = np.repeat([at for at, _, _ in said], counts)[enough]
        return Likes(words, self._number_of[places[enough]], alike[enough], np.full(len(enough), _BY_SOUND))

    def _apart(
        self, part: int, said: Sequence[tuple[int, Sounds, int]], firsts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """How far this part of each word's sounds is from those of its choir, choir after choir."""
        ones = [str(sounds_[part]) for _, sounds_, _ in said]
        if self._pairs:
            return self._pairs[part].distances(ones, firsts, ends)
        heard = self._parts[part][0]
        each: list[str] = []
        others: list[str] = []
        for one, first, end in zip(ones, firsts.tolist(), ends.tolist(), strict=True):
            each += [one] * (end - first)
            others += heard[first:end]
        return distances(each, others)


class Vocabulary:
    """Words by number. What `alike` answers depends on the words alone, in whatever order they were asked for."""

    def __init__(
        self, words: Iterable[str], among: Vocabulary | None = None, pairs: Callable[[Sequence[str]], Pairs] | None = None
    ) -> None:
        """`among`: the words of a greater set that these are a part of. `pairs`: what compares letter by letter, compiled; without it rapidfuzz
        does, with the same results."""
        self._among = among
        self.words = list(words)
        self.ids = {word: number for number, word in enumerate(self.words)}
        known = groups()
        # Of most keys there is one word: a number then, else a tuple. Neither keeps the garbage collector busy.
        self._deletions: dict[str, int | tuple[int, ...]] = {}
        by_skeleton: dict[str, int | tuple[int, ...]] = {}
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
                _note(by_skeleton, key, number)
            _note(self._scanned, scanned(word), number)
            if not lacks_vowels(word):
                _note(self._vowelless, without_vowels(word), number)
        self._choirs = _Choirs(by_skeleton, [sounds(word) for word in self.words], pairs)
        self._pairs = pairs(self.words) if pairs is not None else None
        self._lengths = np.array(list(map(len, self.words)), np.int64)
        self._sorted = sorted(self.words)
        self._by_alphabet = np.array([self.ids[word] for word in self._sorted], np.int64)

    def bears(self, word: str) -> bool:
        """Whether somebody's name holds the word: a listed word, a name of the table, Chinese syllables. Figures are not told by this."""
        return word in (self._among or self).ids or word in groups() or is_pinyin(word) or not (word.isascii() and word.isalpha())

    def alike(self, word: str) -> tuple[Like, ...]:
        """Listed words like `word`, the likest first."""
        _, numbers, alike, rules = self.alike_many([word])
        return tuple(map(Like, numbers.tolist(), alike.tolist(), [RULES[rule] for rule in rules.tolist()]))

    def alike_many(self, words: Sequence[str]) -> Likes:
        """Listed words like each of these, `LIKES_MAX` at most, by word and the likest first. `alike` is the same for one."""
        found: list[tuple[int, int, float, int]] = []
        named = groups()
        # What is no matter of how a word is written weighs what it weighs.
        known: list[tuple[int, int, float, int]] = []
        # Words that share a skeleton are many, and are compared all at once.
        choirs: list[tuple[int, Sounds, int]] = []
        slipped: list[int] = []
        numbers: list[int] = []
        for at, word in enumerate(words):
            exact = self.ids.get(word)
            if exact is not None:
                known.append((at, exact, 1.0, _SAME))
            for group in named.get(word, ()):
                for number in _all(self._forms.get(group)):
                    short = min(len(word), len(self.words[number])) < 5 and word.isascii()
                    known.append((at, number, _SHORT if short else _FORM, _BY_NAME))
            if len(word) == 2 and word.isalpha():
                self._by_two_letters(at, word, found)
            if len(word) > 2:
                if is_abjad(word):
                    self._by_letters(at, word, found)
                elif word.isalpha():
                    own = sounds(word)
                    for key in skeletons(word):
                        row = self._choirs.row(key) if len(key) > 1 else None
                        if row is not None:
                            choirs.append((at, own, row))
                    self._by_looks(at, word, found)
                near = self._near(word)
                if len(word) == 3:
                    doubled = [number for number in near if _is_doubled(self.words[number], word)]
                    found += [(at, number, _DOUBLED, _BY_SPELLING) for number in doubled]
                numbers += near
                slipped += [at] * len(near)
        likes = Likes.of(found)
        if choirs:
            likes = likes.and_(self._choirs.alike(choirs))
        if numbers:
            likes = likes.and_(self._by_spelling(words, slipped, numbers))
        likes = _best(likes)
        borne = np.array([self.bears(word) for word in words], np.int64)
        likes = likes._replace(alike=1.0 - (1.0 - likes.alike) * _LACKS[borne[likes.words], likes.rules])
        return _ranked(likes.and_(Likes.of(known)))

    def begun(self, word: str) -> NDArray[np.int64]:
        """Listed words that begin with `word`, the first of them by alphabet: what a cut field may have held."""
        if len(word) < 2:
            return self._by_alphabet[:0]
        first = bisect_left(self._sorted, word)
        if first < len(self._sorted) and self._sorted[first] == word:
            first += 1
        end = min(first + _PREFIXED_MAX, bisect_left(self._sorted, word + chr(0x10FFFF), first))
        return self._by_alphabet[first:end]

    def _by_spelling(self, words: Sequence[str], slipped: Sequence[int], numbers: Sequence[int]) -> Likes:
        """Words and listed ones of three letters and more, one by one."""
        ones, others = np.array(slipped, np.int64), np.array(numbers, np.int64)
        longer = self._lengths[others] > 2
        ones, others = ones[longer], others[longer]
        if self._pairs is None:
            alike = spelling_similarities([words[at] for at in ones], [self.words[number] for number in others])
        else:
            lengths = np.array(list(map(len, words)), np.int64)[ones], self._lengths[others]
            alike = slip_similarities(self._pairs.slips(words, ones, others), np.minimum(*lengths), np.maximum(*lengths))
        enough = np.flatnonzero(alike >= FLOOR)
        return Likes(ones[enough], others[enough], alike[enough], np.full(len(enough), _BY_SPELLING))

    def _by_two_letters(self, at: int, word: str, found: list[tuple[int, int, float, int]]) -> None:
        for number in _all(self._scanned.get(scanned(word))):
            found.append((at, number, _SCANNED, _BY_SCANNER))
        turned = self.ids.get(word[::-1])
        if turned is not None:
            found.append((at, turned, _TURNED, _BY_SPELLING))
        for number in _all(self._deletions.get(word)):
            if _is_doubled(word, self.words[number]):
                found.append((at, number, _DOUBLED, _BY_SPELLING))
        if not self.bears(word):
            for letter in word:
                for number in _all(self._deletions.get(letter)):
                    if are_neighbours(word, self.words[number]):
                        found.append((at, number, _MISSED, _BY_SPELLING))

    def _near(self, word: str) -> set[int]:
        """Listed words that are this one, or one slip from it, once a letter is taken from either."""
        seen: set[int] = set()
        known = self._deletions
        for variant in deletions(word):
            hit = known.get(variant)
            if hit is not None:
                if isinstance(hit, int):
                    seen.add(hit)
                else:
                    seen.update(hit)
        return seen

    def _by_looks(self, at: int, word: str, found: list[tuple[int, int, float, int]]) -> None:
        for number in _all(self._scanned.get(scanned(word))):
            found.append((at, number, _SCANNED, _BY_SCANNER))
        if lacks_vowels(word):
            for number in _all(self._vowelless.get(word)):
                found.append((at, number, _VOWELLESS[min(len(word), 5)], _BY_VOWELS))

    def _by_letters(self, at: int, word: str, found: list[tuple[int, int, float, int]]) -> None:
        keys = [marked for key in abjad_skeletons(word) if len(key) > 1 for marked in (key, "a" + key)]
        numbers = list({number for key in keys for number in self._choirs.words(key)})
        for number, similarity in zip(numbers, abjad_similarities(word, [self.words[one] for one in numbers]), strict=True):
            if similarity >= FLOOR:
                found.append((at, number, similarity, _BY_LETTERS))


def _stretches(begins: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of so many that follow each other, from each of these on."""
    found: NDArray[np.int64] = np.arange(counts.sum()) + np.repeat(begins - (np.cumsum(counts) - counts), counts)
    return found


def _is_doubled(two: str, three: str) -> bool:
    """Whether three letters are these two, one of them doubled."""
    return len(two) == 2 and three in (two[0] + two, two + two[1])


def _best(likes: Likes) -> Likes:
    """Each listed word once for a word that was said, by its best rule; in the order of both."""
    likes = likes.at(likes.alike >= FLOOR)
    pairs = likes.words << 32 | likes.numbers
    order = np.lexsort((likes.rules, -likes.alike, pairs))
    return likes.at(order[np.diff(pairs[order], prepend=-1) != 0])


def _ranked(likes: Likes) -> Likes:
    """Each listed word once, and the likest `LIKES_MAX`."""
    likes = _best(likes)
    # What is equally alike stays in the order of its numbers.
    likes = likes.at(np.lexsort((-likes.alike, likes.words)))
    firsts = np.searchsorted(likes.words, likes.words)
    return likes.at(np.arange(len(firsts)) - firsts < LIKES_MAX)


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
