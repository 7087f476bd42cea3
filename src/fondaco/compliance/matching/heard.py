"""What is known of words that were said: what they weigh, and which listed words they are like, each found once and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import add

import numpy as np
from numpy.typing import NDArray

from fondaco.compliance.matching.candidates import LETTER_SHARE
from fondaco.compliance.matching.name_forms import fame, groups
from fondaco.compliance.matching.normalise import GENERIC, LEGAL, LIGHT, PARTICLES, TITLES, Reading
from fondaco.compliance.matching.remembered import NOTHING, Known, Remembered
from fondaco.compliance.matching.vocabulary import PREFIX, RULES, Like, Likes, Vocabulary
from fondaco.compliance.matching.words import lacks_vowels

_LIGHT_WEIGHT = LETTER_SHARE
_TITLE_WEIGHT = 0.03
_GENERIC_WEIGHT = 0.4
# What a name loses of its weight that the whole world bears.
_FAME = 0.5
# Two or three letters are soon met by chance, and soon mangled.
_SHORT_SHARE = {2: 0.5, 3: 0.8}
_UNKNOWN = 0.75
# Two or three letters that are no listed word and no known name are likely a slip of a small word.
_STRANGE_SHARE = {2: 0.4, 3: 0.7}
# A word of more letters and with vowels shows that its text has its vowels.
_SHORT_MAX = 3
_MEMO_MAX = 1 << 18
_CUT, _JOINED = RULES.index("cut"), RULES.index("joined")


class Heard:
    """The words that texts have said, against one vocabulary. What it answers of a word depends on the word alone."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        weights: Sequence[float],
        unknown_weight: float,
        joins: Mapping[str, int],
        joined_as: NDArray[np.int64],
        hefts: NDArray[np.float64],
        counts: NDArray[np.float64],
        among: Heard | None,
    ) -> None:
        """`weights` of the listed words, and of one that no list holds; `joins` numbers neighbours written as one, `joined_as` the same by the
        number of a listed word (-1 for none); `hefts` what listed words and such neighbours weigh, `counts` how many names hold each. `among`: that of a greater set of lists, whose weights hold."""
        self._vocabulary, self._weights, self._unknown_weight = vocabulary, weights, unknown_weight
        self._joins, self._joined_as, self._hefts, self._counts, self._among = joins, joined_as, hefts, counts, among
        self.remembered = Remembered()
        # Nobody sends the same code again: what meets nothing is one row.
        self._nothing = {
            (bare, long): Known(NOTHING, 0.0, bare, False, long and not bare) for bare in (False, True) for long in (False, True)
        }
        self._known: dict[str | tuple[str, str], Known] = {}
        # The same for words within texts, where codes are compared exactly.
        self._known_within: dict[str, Known] = {}

    def forget(self) -> None:
        """Remember no word any more: what was compared is compared again when it is said again, with the same result."""
        self._known.clear()
        self._known_within.clear()
        self.remembered.clear()

    def meet(self, readings: Sequence[Reading], within: bool) -> None:
        """Compare the words of these texts that were never said, all at once."""
        known = self._known
        if len(known) >= _MEMO_MAX:
            self.forget()
        said = dict.fromkeys(chain.from_iterable([reading.words for reading in readings]))
        if within:
            have = self._known_within
            words = [word for word in said if word not in have and _readable(word) and word not in known]
        else:
            words = [word for word in said if word not in known]
        if words:
            known.update(zip(words, self._compare(words, self._vocabulary.alike_many(words)), strict=True))
        if not within:
            last = dict.fromkeys([reading.words[-1] for reading in readings if reading.cut and reading.words])
            words = [word for word in last if (word, "cut") not in known]
            known.update(zip([(word, "cut") for word in words], self._cut(words), strict=True))

    def recall(self, word: str, circumstance: str = "") -> Known:
        """What is known of a word: as it is, as the last of a text that may be `cut`, in a text that is `bare` of vowels."""
        key = (word, circumstance) if circumstance else word
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._learn(word, circumstance)
        return known

    def _learn(self, word: str, circumstance: str) -> Known:
        if circumstance == "":
            return self._compare([word], self._vocabulary.alike_many([word]))[0]
        if circumstance == "cut":
            return self._cut([word])[0]
        known = self.recall(word)
        likes = self.remembered.likes(known.row).values()
        return self._like(word, list(map(_without, likes))) if any(like.rule == "vowels" for like in likes) else known

    def _cut(self, words: Sequence[str]) -> list[Known]:
        """What is known of words that may have been longer: where nothing listed begins with them, what is known anyway."""
        found = [self.recall(word) for word in words]
        begun = [self._vocabulary.begun(word) for word in words]
        places = [at for at, more in enumerate(begun) if len(more)]
        if places:
            likes = self.remembered.stretch([found[at].row for at in places])
            numbers = np.concatenate([begun[at] for at in places])
            owners = np.repeat(np.arange(len(places)), [len(begun[at]) for at in places])
            more = Likes(owners, numbers, np.full(len(numbers), PREFIX), np.full(len(numbers), _CUT))
            likes = likes.and_(more.at(~_within(more, likes)))
            for at, known in zip(places, self._compare([words[at] for at in places], likes), strict=True):
                found[at] = known
        return found

    def _like(self, word: str, likes: Sequence[Like]) -> Known:
        return self._compare([word], Likes.of([(0, like.number, like.similarity, RULES.index(like.rule)) for like in likes]))[0]

    def _compare(self, words: Sequence[str], likes: Likes) -> list[Known]:
        """Remember words with what they are like, and the neighbours that are such a word when written as one."""
        joined = likes.at((self._joined_as[likes.numbers] >= 0) & (likes.rules != _CUT))
        joined = Likes(joined.words, self._joined_as[joined.numbers], joined.alike, np.full(len(joined.words), _JOINED))
        ids, joins = self._vocabulary.ids, self._joins
        own = Likes.of([(at, joins[word], 1.0, _JOINED) for at, word in enumerate(words) if word in joins])
        # What is told already of neighbours stays: it is not changed by what a text is.
        told = likes.at(likes.numbers >= len(self._vocabulary.words))
        own = own.at(~_within(own, told))
        joined = joined.at(~_within(joined, told.and_(own)) & _last_of_each(joined))
        likes = likes.and_(joined).and_(own)
        likes = likes.at(np.argsort(likes.words, kind="stable"))
        weights = [self.weight_of(word) for word in words]
        held = np.bincount(likes.words, self._counts[likes.numbers], len(words)).astype(np.int64)
        row = self.remembered.add(words, weights, likes, self._hefts[likes.numbers], held, [ids.get(word, -1) for word in words])
        return [_known(row + at, weights[at], word) for at, word in enumerate(words)]

    def weight_of(self, word: str) -> float:
        """What a word weighs, listed or not."""
        number = self._vocabulary.ids.get(word)
        if number is not None:
            return self._weights[number]
        if self._among is not None:
            return self._among.weight_of(word)
        share = min(share_of(word), _UNKNOWN)
        return self._unknown_weight * (share if word in groups() else share * _STRANGE_SHARE.get(len(word), 1.0))

    def knowns(self, reading: Reading, within: bool) -> tuple[list[Known], bool]:
        """What is known of each word of a text, nothing at all where such words name nobody; and whether the text counts as cut."""
        words = reading.words
        have = self._known_within if within else self._known
        try:
            knowns = [have[word] for word in words]
        except KeyError:
            knowns = [have.get(word) or (self._within(word) if within else self.recall(word)) for word in words]
        if not within:
            for one in knowns:
                if not one.light:
                    break
            else:
                # But where they are all that a listed name has.
                return [], reading.cut and bool(words)
        cut = reading.cut and not within
        if cut:
            knowns[-1] = self.recall(words[-1], "cut")
        for one in knowns:
            if one.voiced:
                return knowns, cut
        if sum([one.bare for one in knowns]) > 1:
            knowns = [self.recall(word, "bare") for word in words]
        return knowns, cut

    def _within(self, word: str) -> Known:
        """What is known of a word in a text. Figures and codes are a listed word or none; nobody sends the same code again, and what meets
        nothing is not remembered."""
        if _readable(word):
            known = self.recall(word)
        else:
            number = self._vocabulary.ids.get(word)
            if number is None and word not in self._joins:
                return self._nothing[lacks_vowels(word), len(word) > _SHORT_MAX]
            known = self._like(word, [] if number is None else [Like(number, 1.0, "same")])
        self._known_within[word] = known
        return known

    def glue(self, words: Sequence[str]) -> list[Known]:
        """What is known of words that are two neighbours written as one (`glued`); what is not known yet is compared all at once."""
        new = [word for word in dict.fromkeys(words) if (word, "glued") not in self._known]
        if new:
            ids = self._vocabulary.ids
            likes = Likes.of([(at, ids[word], 1.0, _JOINED) for at, word in enumerate(new) if word in ids])
            self._known.update(zip([(word, "glued") for word in new], self._compare(new, likes), strict=True))
        return [self._known[word, "glued"] for word in words]

    def glued(self, words: Sequence[str]) -> list[tuple[int, str]]:
        """Neighbours that are a listed word, or two of a name, when written as one: the place of the first, and the two."""
        ids, joins = self._vocabulary.ids, self._joins
        together = list(map(add, words, words[1:]))
        if ids.keys().isdisjoint(together) and joins.keys().isdisjoint(together):
            return []
        return [(at, word) for at, word in enumerate(together) if word in ids or word in joins]


def _known(row: int, weight: float, word: str) -> Known:
    bare = lacks_vowels(word)
    return Known(row, weight, bare, len(word) == 1 or word in LIGHT, len(word) > _SHORT_MAX and not bare)


def _last_of_each(likes: Likes) -> NDArray[np.bool_]:
    """Which of these is the last that tells of its word and its listed word, as an article's two words may be written in several ways."""
    keys = likes.words << 32 | likes.numbers
    last = np.zeros(len(keys), np.bool_)
    last[len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]] = True
    return last


def _within(some: Likes, likes: Likes) -> NDArray[np.bool_]:
    """Which of these tell of the same word and the same listed word as any of those."""
    return np.isin(some.words << 32 | some.numbers, likes.words << 32 | likes.numbers)


def share_of(word: str) -> float:
    """Of a word's weight by its rarity, what it has by its kind."""
    if word in TITLES:
        return _TITLE_WEIGHT
    if word in LEGAL or word in PARTICLES or len(word) == 1:
        return _LIGHT_WEIGHT
    if word in GENERIC:
        return _GENERIC_WEIGHT
    return _SHORT_SHARE.get(len(word), 1.0) * (1.0 - _FAME * fame().get(word, 0.0))


def _without(like: Like) -> Like:
    """In a text without vowels, a word without them is no chance."""
    return Like(like.number, min(0.97, like.similarity + 0.06), like.rule) if like.rule == "vowels" else like


def _readable(word: str) -> bool:
    return len(word) < 20 and word.isalpha()
