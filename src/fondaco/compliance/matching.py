"""Candidates, then an explained score: which word met which, by what rule, and what stayed alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from fondaco.compliance.lists import ListEdition
from fondaco.compliance.names import LIGHT, skeleton, tokens

_LIGHT_WEIGHT = 0.12
_UNMET_QUERY = 0.8
_UNMET_LISTED = 0.16
_POSTINGS_MAX = 3_000
_CANDIDATES_MAX = 48
_MEMO_MAX = 1 << 18
_WINDOW = 5


class Met(NamedTuple):
    """One word of the message, the listed word that it met, the rule, and how alike they are (0 to 1)."""

    said: str
    listed: str
    rule: str
    similarity: float


class Found(NamedTuple):
    """One listed name that a text resembles, in thousandths."""

    list_id: str
    entry_id: str
    name: str
    weak: bool
    score_milli: int
    words: tuple[Met, ...]


class Index:
    """All names of a list set, by their words. Immutable once built; answers are the same for the same text."""

    def __init__(self, editions: Iterable[ListEdition]) -> None:
        self._names: list[tuple[str, str, str, bool, tuple[int, ...], float]] = []
        self._words: list[str] = []
        self._ids: dict[str, int] = {}
        self._postings: list[list[int]] = []
        self._squashed: dict[str, list[int]] = {}
        self.identifiers: dict[str, list[tuple[str, str]]] = {}
        raw: list[tuple[str, str, str, bool, tuple[str, ...]]] = []
        for edition in editions:
            for entry in edition.entries:
                for name in entry.names:
                    words = tokens(name.text)
                    if words and not all(word in LIGHT for word in words):
                        raw.append((edition.list_id, entry.entry_id, name.text, name.weak, words))
                for identifier in entry.identifiers:
                    key = normal_identifier(identifier)
                    if len(key) >= 5:
                        self.identifiers.setdefault(key, []).append((edition.list_id, entry.entry_id))
        for number, (_, _, _, _, words) in enumerate(raw):
            for word in dict.fromkeys(words):
                self._postings[self._word(word)].append(number)
        total = max(1, len(raw))
        self._weights = [
            (_LIGHT_WEIGHT if word in LIGHT else 1.0) * math.log(1 + total / len(postings))
            for word, postings in zip(self._words, self._postings, strict=True)
        ]
        self._unknown_weight = math.log(1 + total)
        for list_id, entry_id, text, weak, words in raw:
            ids = tuple(self._ids[word] for word in words)
            self._names.append((list_id, entry_id, text, weak, ids, sum(self._weights[i] for i in ids)))
            self._squashed.setdefault("".join(words), []).append(len(self._names) - 1)
        self._deletes: dict[str, list[int]] = {}
        self._skeletons: dict[str, list[int]] = {}
        for number, word in enumerate(self._words):
            for variant in _variants(word):
                self._deletes.setdefault(variant, []).append(number)
            if len(word) > 3:
                self._skeletons.setdefault(skeleton(word), []).append(number)
        self._alike: dict[str, tuple[tuple[int, float, str], ...]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def _word(self, word: str) -> int:
        number = self._ids.get(word)
        if number is None:
            number = self._ids[word] = len(self._words)
            self._words.append(word)
            self._postings.append([])
        return number

    def alike(self, word: str) -> tuple[tuple[int, float, str], ...]:
        """Listed words like `word`: (number, similarity, rule), remembered."""
        found = self._alike.get(word)
        if found is None:
            if len(self._alike) >= _MEMO_MAX:
                self._alike.clear()
            found = self._alike[word] = self._compare(word)
        return found

    def _compare(self, word: str) -> tuple[tuple[int, float, str], ...]:
        best: dict[int, tuple[float, str]] = {}
        exact = self._ids.get(word)
        if exact is not None:
            best[exact] = (1.0, "same")
        if len(word) > 2:
            for variant in _variants(word):
                for number in self._deletes.get(variant, ()):
                    if number in best:
                        continue
                    listed = self._words[number]
                    distance = OSA.distance(word, listed, score_cutoff=2)
                    limit = 1 if min(len(word), len(listed)) < 7 else 2
                    if distance <= limit and min(len(word), len(listed)) > 2:
                        best[number] = (1.0 - distance / (max(len(word), len(listed)) + 2), "spelling")
        if len(word) > 3:
            for number in self._skeletons.get(skeleton(word), ()):
                similarity = 0.55 + 0.45 * JaroWinkler.similarity(word, self._words[number])
                if number not in best or best[number][0] < similarity:
                    best[number] = (similarity, "sound")
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:24]
        return tuple((number, similarity, rule) for number, (similarity, rule) in ranked if similarity >= 0.72)

    def search(self, words: Sequence[str], floor_milli: int) -> list[Found]:
        """Listed names that these words resemble with at least `floor_milli`, the best first."""
        if not words:
            return []
        reached: dict[int, float] = {}
        for word in dict.fromkeys(words):
            for number, similarity, _ in self.alike(word):
                postings = self._postings[number]
                if len(postings) > _POSTINGS_MAX and len(words) > 1:
                    continue
                gain = self._weights[number] * similarity
                for name in postings:
                    reached[name] = reached.get(name, 0.0) + gain
        for name in self._squashed.get("".join(words), ()):
            reached[name] = self._names[name][5]
        floor = floor_milli / 1000
        hopeful = [(gain / self._names[name][5], name) for name, gain in reached.items() if gain >= 0.5 * self._names[name][5]]
        hopeful.sort(key=lambda item: (-item[0], item[1]))
        found = []
        for _, name in hopeful[:_CANDIDATES_MAX]:
            score, met = self._align(words, name)
            list_id, entry_id, text, weak, ids, _ = self._names[name]
            if weak and score < 0.999:
                continue
            if len(ids) == 1 and len(words) > 1 and score < 0.999:
                continue
            if score >= floor:
                found.append(Found(list_id, entry_id, text, weak, round(score * 1000), met))
        found.sort(key=lambda one: (-one.score_milli, one.list_id, one.entry_id, one.name))
        return found

    def _align(self, words: Sequence[str], name: int) -> tuple[float, tuple[Met, ...]]:
        """One-to-one, greedily by weight times likeness; initials meet what begins with them; glued words meet glued."""
        ids = self._names[name][4]
        if "".join(words) == "".join(self._words[i] for i in ids):
            return 1.0, (Met(" ".join(words), " ".join(self._words[i] for i in ids), "same letters", 1.0),)
        pairs = []
        for at, word in enumerate(words):
            likes = {number: (similarity, rule) for number, similarity, rule in self.alike(word)}
            for other, number in enumerate(ids):
                hit = likes.get(number)
                if hit is not None:
                    pairs.append((self._weights[number] * hit[0], at, other, hit[0], hit[1]))
                elif (len(word) == 1 and self._words[number].startswith(word) and len(words) > 1) or (
                    len(self._words[number]) == 1 and word.startswith(self._words[number]) and len(ids) > 1
                ):
                    pairs.append((self._weights[number] * 0.5, at, other, 0.85, "initial"))
        pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
        said: set[int] = set()
        listed: set[int] = set()
        gained = 0.0
        met = []
        for _, at, other, similarity, rule in pairs:
            if at in said or other in listed:
                continue
            said.add(at)
            listed.add(other)
            gained += self._weights[ids[other]] * similarity
            met.append(Met(words[at], self._words[ids[other]], rule, round(similarity, 3)))
        full = sum(self._weights[ids[other]] for other in listed)
        if not full:
            return 0.0, ()
        alone = sum(self._weight_of(word) for at, word in enumerate(words) if at not in said)
        missing = sum(self._weights[number] for other, number in enumerate(ids) if other not in listed)
        strong = sum(1 for other in listed if self._words[ids[other]] not in LIGHT)
        # One common word of several is no person: at least two words must meet, unless one is all there is.
        if strong < 2 and missing > 0.35 * full:
            missing *= 4
        score = gained / (full + _UNMET_QUERY * alone + _UNMET_LISTED * missing)
        return min(1.0, score), tuple(met)

    def _weight_of(self, word: str) -> float:
        number = self._ids.get(word)
        if number is not None:
            return self._weights[number]
        return _LIGHT_WEIGHT * self._unknown_weight if word in LIGHT or len(word) == 1 else 0.75 * self._unknown_weight

    def windows(self, words: Sequence[str]) -> Iterable[tuple[str, ...]]:
        """Stretches of a longer text whose ends resemble listed words, one of them more than a light one: where a name
        may hide."""
        alike = [bool(self.alike(word)) for word in words]
        strong = [mark and word not in LIGHT for mark, word in zip(alike, words, strict=True)]
        for start in range(len(words)):
            if not alike[start]:
                continue
            for end in range(start + 2, min(start + _WINDOW, len(words)) + 1):
                if alike[end - 1] and any(strong[start:end]):
                    yield tuple(words[start:end])


def _variants(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def normal_identifier(text: str) -> str:
    """Letters and digits alone, capital: how identifiers are compared, and only exactly."""
    return "".join(char for char in text.upper() if char.isalnum())
