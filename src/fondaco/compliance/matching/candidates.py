"""Which listed names can reach a score at all: a bound from above by sparse products, for many texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fondaco.compliance.matching import alignment
from fondaco.compliance.matching.vocabulary import Like

_SLACK = 1e-6
# Texts bounded at once, and of these at once a table of gains that stays within the processor's reach.
_BATCH = 128
_TABLE = 32
# Of the weight of a word that no list holds, what a single letter weighs.
LETTER_SHARE = 0.12
_SHORT = 6
_LONG = 24


class Known(NamedTuple):
    """A word's weight in a text, the listed words that it resembles, and how many names hold these."""

    weight: float
    numbers: NDArray[np.int32]
    similarities: NDArray[np.float64]
    likes: dict[int, Like]
    joins: tuple[Like, ...]
    held: int
    bare: bool


class Asked(NamedTuple):
    """One text, ready to be compared: its words, their weights, and each span of them that resembles listed words.

    Spans are bits, the first word the lowest. `joins` tells which spans are two listed neighbours written as one, and how nearly; `letters` whether a word
    is an initial. `whole` and `plain` are its letters without spaces, of these words and as they were written.
    """

    words: tuple[str, ...]
    cut: bool
    whole: str
    weights: list[float]
    spans: list[tuple[int, Known]]
    joins: dict[int, list[tuple[int, float]]]
    letters: bool
    plain: str

    def weight(self, span: int) -> float:
        return sum([weight for at, weight in enumerate(self.weights) if span >> at & 1])


class Candidates:
    """Who holds which word, and what names weigh. Immutable once built."""

    def __init__(
        self,
        held: Sequence[Sequence[int]],
        weights: Sequence[float],
        names: NDArray[np.float64],
        letters: NDArray[np.float64],
        begins: NDArray[np.int64],
        most: float,
    ) -> None:
        """`held`: for each name its words and joined neighbours; `weights` of these; `names`: what each name weighs; `letters`: how many
        of its words are one letter; `begins`: the letters that its words begin with, as bits; `most`: what a word weighs that no list holds."""
        self._weights = np.array(weights or [1.0])
        self._names = names
        self._letters = letters
        self._begins = begins
        self._most = most
        rows = np.concatenate([np.array(one, np.int32) for one in held] or [np.zeros(0, np.int32)])
        counts = np.array([len(one) for one in held], np.int64)
        columns = np.repeat(np.arange(len(held), dtype=np.int32), counts)
        shape = (len(self._weights), max(1, len(held)))
        self._holders = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
        self.counts: list[int] = np.diff(self._holders.indptr).tolist()
        # What each name holds, in rows of one length: the rest points at a word that nobody says. Longer ones are bounded less tightly.
        # Most names are short, so there are two tables.
        self._held, self._held_long = (
            np.full((max(1, len(held)), size), len(self._weights), np.int32) for size in (_SHORT, _LONG)
        )
        kept = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._size = np.zeros(max(1, len(held)), np.int64)
        self._size[: len(held)] = counts
        for table, size in ((self._held, _SHORT), (self._held_long, _LONG)):
            inside = kept < size
            table[columns[inside], kept[inside]] = rows[inside]

    def hopeful(self, asked: Sequence[Asked], floor: float, *, within: bool = False) -> list[list[int]]:
        """For each text every name that can reach `floor` before doubt: a bound from above that needs no alignment.

        With g gained, the score is at most g / ((1 - m) met + a (said - met said) + m all), by the weights of `alignment`; that it is
        at least `floor` is a sum over the words of the text on one side, and a constant of the name on the other. What
        counts a word twice only raises the sum. `within` a text words that meet nothing cost nothing.
        """
        found: list[list[int]] = []
        for start in range(0, len(asked), _BATCH):
            found += self._batch(asked[start : start + _BATCH], floor, within)
        return found

    def _batch(self, asked: Sequence[Asked], floor: float, within: bool) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in asked]
        numbers = [known.numbers for one in asked for _, known in one.spans]
        if not numbers:
            return found
        missing = np.array([alignment.UNMET_CUT if one.cut else alignment.UNMET_INNER for one in asked])
        kept = 1 - (1 - missing) * floor
        lost = 0.0 if within else alignment.UNMET_SAID * floor
        sizes = np.array([len(one) for one in numbers])
        starts = np.cumsum(sizes) - sizes
        span_rows = np.repeat(np.arange(len(asked)), [len(one.spans) for one in asked])
        said = np.array(
            [known.weight if span & (span - 1) == 0 else one.weight(span) for one in asked for span, known in one.spans]
        )
        flat = np.concatenate(numbers)
        rows = np.repeat(span_rows, sizes)
        alike = np.concatenate([known.similarities for one in asked for _, known in one.spans])
        gains = np.maximum(self._weights[flat] * (alike - 1 + kept[rows]) + np.repeat(lost * said, sizes), 0.0)
        # Initials meet words that are not alike, whatever these weigh: what that could bring is granted.
        initial = self._most * alignment.INITIAL_SHARE * np.maximum(0.0, alignment.INITIAL_SIMILARITY - 1 + kept)
        needs = [] if within else [self._need(one, lost, more) for one, more in zip(asked, initial.tolist(), strict=True)]
        need = np.array(needs) if needs else np.zeros(len(asked))
        listed_letters = LETTER_SHARE * float(self._letters.max()) * initial + _SLACK
        taken, others = self._essential(asked, np.maximum.reduceat(gains, starts).tolist(), (need - listed_letters).tolist())
        picked = np.repeat(np.array(taken), sizes)
        if not picked.any():
            return found
        lengths = np.bincount(rows[picked], minlength=len(asked))
        shape = (len(asked), self._holders.shape[0])
        product = (
            csr_array((gains[picked], flat[picked], np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)), shape=shape)
            @ self._holders
        )
        texts = np.repeat(np.arange(len(asked)), np.diff(product.indptr))
        names = product.indices
        must = (
            need[texts]
            + (missing * floor)[texts] * self._names[names]
            - LETTER_SHARE * self._letters[names] * initial[texts]
            - _SLACK
        )
        near = product.data + np.array(others)[texts] >= must
        texts, names, must = texts[near], names[near], must[near]
        if not within and any(one.letters for one in asked):
            must += self._strangers(asked, lost, initial, texts, names)
        if any(others):
            # A second look with all the words: each listed word once, by the likest that was said.
            reach = self._reach(rows, flat, gains, texts, names)
            near = reach >= must
            texts, names = texts[near], names[near]
        for text, name in zip(texts.tolist(), names.tolist(), strict=True):
            found[text].append(name)
        return found

    def _strangers(
        self,
        asked: Sequence[Asked],
        lost: float,
        initial: NDArray[np.float64],
        texts: NDArray[np.int64],
        names: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """For each pair what was granted to initials of the text with which no word of the name begins."""
        ungranted = np.zeros(len(texts))
        for row, one in enumerate(asked):
            if one.letters:
                pairs = slice(*np.searchsorted(texts, (row, row + 1)))
                begins = self._begins[names[pairs]]
                for word, weight in zip(one.words, one.weights, strict=True):
                    if len(word) == 1:
                        ungranted[pairs] += np.where(begins & _letter(word), 0.0, lost * weight + initial[row])
        return ungranted

    def _reach(
        self,
        rows: NDArray[np.int64],
        numbers: NDArray[np.int32],
        gains: NDArray[np.float64],
        texts: NDArray[np.int64],
        names: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """For each pair of a text and a name the sum over the name's words of the most that any word of the text gains by it.

        `rows` and `texts` are rising.
        """
        reached = np.empty(len(texts))
        bounds = range(0, int(rows[-1]) + 1 + _TABLE, _TABLE)
        inputs = np.searchsorted(rows, bounds)
        outputs = np.searchsorted(texts, bounds)
        for at, base in enumerate(bounds[:-1]):
            said = slice(inputs[at], inputs[at + 1])
            pairs = slice(outputs[at], outputs[at + 1])
            if pairs.start < pairs.stop:
                reached[pairs] = self._reach_few(rows[said] - base, numbers[said], gains[said], texts[pairs] - base, names[pairs])
        return reached

    def _reach_few(
        self,
        rows: NDArray[np.int64],
        numbers: NDArray[np.int32],
        gains: NDArray[np.float64],
        texts: NDArray[np.int64],
        names: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        place = np.zeros(len(self._weights) + 1, np.int32)
        place[numbers] = np.arange(1, len(numbers) + 1, dtype=np.int32)
        size = len(numbers) + 1
        table = np.zeros(_TABLE * size)
        # Gains rise along `order`, and of several for one place the last stays.
        order = np.argsort(gains, kind="stable")
        table[(rows * size + place[numbers])[order]] = gains[order]
        reached: NDArray[np.float64] = table[texts[:, None] * size + place[self._held[names]]].sum(1)
        long = np.flatnonzero(self._size[names] > _SHORT)
        if len(long):
            reached[long] = table[texts[long, None] * size + place[self._held_long[names[long]]]].sum(1)
            reached[self._size[names] > _LONG] = np.inf
        return reached

    @staticmethod
    def _need(one: Asked, lost: float, initial: float) -> float:
        need = lost * sum(one.weights)
        if one.letters:
            need -= sum([lost * weight + initial for word, weight in zip(one.words, one.weights, strict=True) if len(word) == 1])
        return need

    @staticmethod
    def _essential(asked: Sequence[Asked], most: list[float], need: list[float]) -> tuple[list[bool], list[float]]:
        """The spans that every hopeful name meets at least one of, the rarest first; and what the others could bring at most."""
        taken = [False] * len(most)
        others = []
        at = 0
        for row, one in enumerate(asked):
            end = at + len(one.spans)
            rest = sum(most[at:end])
            for span in sorted([(known.held, at + place) for place, (_, known) in enumerate(one.spans)]):
                if rest < need[row]:
                    break
                taken[span[1]] = True
                rest -= most[span[1]]
            others.append(max(rest, 0.0))
            at = end
        return taken, others


def _letter(word: str) -> int:
    """The bit of a word's first letter: one each for a to z, and one for all others."""
    return 1 << min(26, (ord(word[0]) - 97) % 1_000_000)


def beginnings(words: Sequence[str]) -> int:
    bits = 0
    for word in words:
        bits |= _letter(word)
    return bits
