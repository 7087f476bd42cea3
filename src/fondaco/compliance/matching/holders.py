"""Which names hold which word, packed in rows, and sums over them.

A sparse matrix and its product, in a few lines of numpy: reading scipy's takes longer than most commands of the program do, and each start of
the program screens the canaries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Holders:
    """For each word the names that hold it. Immutable once built.

    `names[ends[word] : ends[word + 1]]` hold `word`, rising, and `times` stands beside: how often each does.
    """

    def __init__(self, words: NDArray[np.int32], names: NDArray[np.int32], word_count: int, name_count: int) -> None:
        """The word `words[i]` is held by the name `names[i]`."""
        self.name_count = name_count
        keys, times = np.unique(words * np.int64(name_count) + names, return_counts=True)
        self.names = (keys % name_count).astype(np.int32)
        self.times = times.astype(np.float64)
        self.ends = np.searchsorted(keys, np.arange(word_count + 1) * np.int64(name_count))

    def sums(
        self, texts: NDArray[np.int64], words: NDArray[np.int32], gains: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Each text that says a word gains something by every name that holds the word: all pairs of a text and a name, rising, and their sums."""
        sizes = self.ends[words + 1] - self.ends[words]
        starts = np.cumsum(sizes) - sizes
        places = np.arange(sizes.sum()) + np.repeat(self.ends[words] - starts, sizes)
        keys = np.repeat(texts * self.name_count, sizes) + self.names[places]
        # The holders of a word are rising already, and a stable sort merges what is.
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        firsts = np.flatnonzero(np.diff(keys, prepend=-1))
        added = (np.repeat(gains, sizes) * self.times[places])[order]
        sums = np.add.reduceat(added, firsts) if len(firsts) else added
        return keys[firsts] // self.name_count, keys[firsts] % self.name_count, sums
