"""Which listed names can reach a score at all: a bound from above, for many texts at once.

Here it is made of sums over sparse rows. `walk_numba` is the same bound, compiled: what decides is `alignment` after either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fondaco.compliance.matching import alignment
from fondaco.compliance.matching.holders import Holders
from fondaco.compliance.matching.remembered import Asks, Remembered

SLACK = 1e-6
# Texts bounded at once, and of these at once a table of gains that stays within the processor's reach.
_BATCH = 128
_TABLE = 32
# Of the weight of a word that no list holds, what a single letter weighs.
LETTER_SHARE = 0.12
_SHORT = 6
_LONG = 24


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
        self.weights = np.array(weights or [1.0])
        self.names = names
        self.letters = letters
        self.begins = begins
        self.most = most
        rows = np.concatenate([np.array(one, np.int32) for one in held] or [np.zeros(0, np.int32)])
        counts = np.array([len(one) for one in held], np.int64)
        columns = np.repeat(np.arange(len(held), dtype=np.int32), counts)
        self.holders = Holders(rows, columns, len(self.weights), max(1, len(held)))
        # What each name holds, in rows of one length: the rest points at a word that nobody says. Longer ones are bounded less tightly.
        # Most names are short, so there are two tables.
        self._held, self._held_long = (
            np.full((max(1, len(held)), size), len(self.weights), np.int32) for size in (_SHORT, _LONG)
        )
        kept = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._size = np.zeros(max(1, len(held)), np.int64)
        self._size[: len(held)] = counts
        for table, size in ((self._held, _SHORT), (self._held_long, _LONG)):
            inside = kept < size
            table[columns[inside], kept[inside]] = rows[inside]

    def hopeful(self, asks: Asks, known: Remembered, floor: float, *, within: bool = False) -> list[list[int]]:
        """For each text every name that can reach `floor` before doubt: a bound from above that needs no alignment.

        With g gained, the score is at most g / ((1 - m) met + a (said - met said) + m all), by the weights of `alignment`; that it is
        at least `floor` is a sum over the words of the text on one side, and a constant of the name on the other. What
        counts a word twice only raises the sum. `within` a text words that meet nothing cost nothing, and initials of
        the text are not granted (`Index._reaches`).
        """
        found: list[list[int]] = []
        for start in range(0, len(asks.ends), _BATCH):
            found += self._batch(_some(asks, start, start + _BATCH), known, floor, within)
        return found

    def _batch(self, asks: Asks, known: Remembered, floor: float, within: bool) -> list[list[int]]:
        count = len(asks.ends)
        found: list[list[int]] = [[] for _ in range(count)]
        missing = np.where(asks.cut, alignment.UNMET_CUT, alignment.UNMET_INNER)
        kept = 1 - (1 - missing) * floor
        lost = 0.0 if within else alignment.UNMET_SAID * floor
        lengths = np.diff(asks.ends, prepend=0)
        word_texts = np.repeat(np.arange(count), lengths)
        weights = known.weights[asks.words]
        glued_texts = np.repeat(np.arange(count), np.diff(asks.glued_ends, prepend=0))
        first = (asks.ends - lengths)[glued_texts] + asks.glued_at
        span_texts = np.concatenate([word_texts, glued_texts])
        span_rows = np.concatenate([asks.words, asks.glued])
        said = np.concatenate([weights, weights[first] + weights[first + 1]])
        order = np.flatnonzero(known.ends[span_rows] > known.begins[span_rows])
        if not len(order):
            return found
        # By text, and in it the rarest first.
        order = order[np.lexsort((known.held[span_rows[order]], span_texts[order]))]
        span_texts, span_rows, said = span_texts[order], span_rows[order], said[order]
        sizes = known.ends[span_rows] - known.begins[span_rows]
        starts = np.cumsum(sizes) - sizes
        places = np.arange(sizes.sum()) + np.repeat(known.begins[span_rows] - starts, sizes)
        flat, alike = known.numbers[places], known.alike[places]
        rows = np.repeat(span_texts, sizes)
        gains = np.maximum(self.weights[flat] * (alike - 1 + kept[rows]) + np.repeat(lost * said, sizes), 0.0)
        # Initials meet words that are not alike, whatever these weigh: what that could bring is granted.
        initial = self.most * np.where(
            asks.cut, alignment.initial_gain(alignment.UNMET_CUT, floor), alignment.initial_gain(alignment.UNMET_INNER, floor)
        )
        need = np.zeros(count)
        if not within:
            need += np.bincount(word_texts, lost * weights, count)
            need -= np.bincount(word_texts, (lost * weights + initial[word_texts]) * (known.length[asks.words] == 1), count)
        listed_letters = LETTER_SHARE * float(self.letters.max()) * initial + SLACK
        taken, others = _essential(span_texts, np.maximum.reduceat(gains, starts), need - listed_letters)
        picked = np.repeat(taken, sizes)
        if not picked.any():
            return found
        texts, names, sums = self.holders.sums(rows[picked], flat[picked], gains[picked])
        must = (
            need[texts]
            + (missing * floor)[texts] * self.names[names]
            - LETTER_SHARE * self.letters[names] * initial[texts]
            - SLACK
        )
        near = sums + others[texts] >= must
        texts, names, must = texts[near], names[near], must[near]
        if not within and asks.letters.any():
            must += self._strangers(asks, known, lost, initial, texts, names)
        if others.any():
            # A second look with all the words: each listed word once, by the likest that was said.
            near = self._reach(rows, flat, gains, texts, names) >= must
            texts, names = texts[near], names[near]
        for text, name in zip(texts.tolist(), names.tolist(), strict=True):
            found[text].append(name)
        return found

    def _strangers(
        self,
        asks: Asks,
        known: Remembered,
        lost: float,
        initial: NDArray[np.float64],
        texts: NDArray[np.int64],
        names: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """For each pair what was granted to initials of the text with which no word of the name begins."""
        ungranted = np.zeros(len(texts))
        for text in np.flatnonzero(asks.letters).tolist():
            pairs = slice(*np.searchsorted(texts, (text, text + 1)))
            begins = self.begins[names[pairs]]
            for row in asks.words[asks.ends[text - 1] if text else 0 : asks.ends[text]]:
                if known.length[row] == 1:
                    bit = letter_bit(int(known.first[row]))
                    ungranted[pairs] += np.where(begins & bit, 0.0, lost * known.weights[row] + initial[text])
        return ungranted

    def _reach(
        self,
        rows: NDArray[np.int64],
        numbers: NDArray[np.int32],
        gains: NDArray[np.float64],
        texts: NDArray[np.int64],
        names: NDArray[np.int64],
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
        names: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        place = np.zeros(len(self.weights) + 1, np.int32)
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


def _some(asks: Asks, first: int, end: int) -> Asks:
    """The texts from `first` to before `end`."""
    word = int(asks.ends[first - 1]) if first else 0
    glued = int(asks.glued_ends[first - 1]) if first else 0
    ends, glued_ends = asks.ends[first:end], asks.glued_ends[first:end]
    stretch = slice(glued, int(glued_ends[-1]))
    return Asks(
        asks.words[word : int(ends[-1])], ends - word, asks.glued[stretch], asks.glued_at[stretch], glued_ends - glued,
        asks.cut[first:end], asks.letters[first:end],
    )  # fmt: skip


def _essential(
    texts: NDArray[np.int64], most: NDArray[np.float64], need: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The spans that every hopeful name meets at least one of, the rarest first, and what the others of each text could bring at most.

    `texts` are rising, and the spans of a text as rare as they are.
    """
    firsts = np.flatnonzero(np.diff(texts, prepend=-1))
    before = np.cumsum(most) - most
    # What a span and all after it could bring.
    ends = np.append(firsts[1:], len(texts))
    total = (before + most)[ends - 1]
    rest = np.repeat(total, ends - firsts) - before
    taken = rest >= need[texts] - SLACK
    others = np.zeros(len(need))
    np.add.at(others, texts[~taken], most[~taken])
    return taken, others


def letter_bit(letter: int) -> int:
    """The bit of a word's first letter, given as its code point: one each for a to z, and one for all others."""
    return 1 << (letter - 97 if 97 <= letter < 123 else 26)


def beginnings(words: Sequence[str]) -> int:
    bits = 0
    for word in words:
        bits |= letter_bit(ord(word[0]))
    return bits
