"""Listed names inside longer texts: by their letters without spaces, wherever words begin and end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ahocorasick

from fondaco.compliance.matching.normalise import as_letters

# Fewer letters stand in honest words by chance.
_LETTERS_MIN = 10


class Phrases:
    """An automaton over names without their spaces: one pass over a text, however many names there are."""

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for letters, number in names:
            if len(letters) >= _LETTERS_MIN:
                self._automaton.add_word(letters, (number, len(letters)))
        if len(self._automaton):
            self._automaton.make_automaton()

    def found(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """(number, first word, last word and one) of each name whose letters are those of whole words that follow each other."""
        if not len(self._automaton):
            return []
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        length = 0
        for at, word in enumerate(words):
            starts[length] = at
            length += len(word)
            ends[length] = at + 1
        hits = []
        for last, (number, letters) in self._automaton.iter(as_letters("".join(words))):
            first = starts.get(last + 1 - letters)
            end = ends.get(last + 1)
            if first is not None and end is not None:
                hits.append((number, first, end))
        return hits
