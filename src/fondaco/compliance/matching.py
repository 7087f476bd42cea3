"""Candidates, then an explained score: which word met which, by what rule, and what stayed alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
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
        self._names: list[tuple[str, str, str, bool, tuple[int, ...]]] = []
        self._words: list[str] = []
        self._ids: dict[str, int] = {}
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
                    key = normal_identifier(identifier.value)
                    if len(key) >= 5:
                        self.identifiers.setdefault(key, []).append((edition.list_id, entry.entry_id))
        lists: list[list[int]] = []
        for number, (_, _, _, _, words) in enumerate(raw):
            for word in dict.fromkeys(words):
                place = self._ids.setdefault(word, len(self._words))
                if place == len(self._words):
                    self._words.append(word)
                    lists.append([])
                lists[place].append(number)
        # For each word the names that hold it, rising.
        self._postings = [np.array(one, np.int32) for one in lists]
        total = max(1, len(raw))
        self._weights = [
            (_LIGHT_WEIGHT if word in LIGHT else 1.0) * math.log(1 + total / len(postings))
            for word, postings in zip(self._words, self._postings, strict=True)
        ]
        self._unknown_weight = math.log(1 + total)
        for list_id, entry_id, text, weak, words in raw:
            ids = tuple(self._ids[word] for word in words)
            self._names.append((list_id, entry_id, text, weak, ids))
            self._squashed.setdefault("".join(words), []).append(len(self._names) - 1)
        self._name_weights = np.array([sum(self._weights[i] for i in one[4]) for one in self._names] or [1.0])
        self._initials = np.array([sum(len(self._words[i]) == 1 for i in one[4]) for one in self._names] or [0], np.float64)
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

    def search(self, words: Sequence[str], floor_milli: int, *, exhaustive: bool = False) -> list[Found]:
        """Listed names that these words resemble with at least `floor_milli`, the best first.

        `exhaustive` aligns every name, likely or not: the judge of the quick way, in tests.
        """
        if not words:
            return []
        floor = floor_milli / 1000
        hopeful = list(range(len(self._names))) if exhaustive else self._hopeful(words, floor)[:_CANDIDATES_MAX]
        found = []
        for name in hopeful:
            score, met = self._align(words, name)
            list_id, entry_id, text, weak, ids = self._names[name]
            if weak and score < 0.999:
                continue
            if len(ids) == 1 and len(words) > 1 and score < 0.999:
                continue
            if score >= floor:
                found.append(Found(list_id, entry_id, text, weak, round(score * 1000), met))
        found.sort(key=lambda one: (-one.score_milli, one.list_id, one.entry_id, one.name))
        return found

    def _hopeful(self, words: Sequence[str], floor: float) -> list[int]:
        """Every name whose score can reach `floor`, the likeliest first: a bound from above that needs no alignment.

        With g gained, the score is at most g / (0.84 g + 0.8 (said - met) + 0.16 all), by the weights of `_align`; that it is
        at least `floor` is a sum over the words of the text on one side, and a constant of the name on the other. What
        counts a word twice only raises the sum.
        """
        gain_part = 1 - (1 - _UNMET_LISTED) * floor
        said_part = _UNMET_QUERY * floor
        weights = [self._weight_of(word) for word in words]
        need = said_part * sum(weights)
        # Initials meet words that are not alike, whatever these weigh: what that could bring is granted.
        initial = said_part * max(weights) + gain_part * self._unknown_weight
        places, gains = [], []
        for word in dict.fromkeys(words):
            if len(word) == 1:
                need -= words.count(word) * (said_part * self._weight_of(word) + gain_part * self._unknown_weight)
            met = said_part * self._weight_of(word) * words.count(word)
            for number, similarity, _ in self.alike(word):
                postings = self._postings[number]
                gain = gain_part * self._weights[number] * similarity + met
                if len(postings) > _POSTINGS_MAX and len(words) > 1:
                    need -= gain
                else:
                    places.append(postings)
                    gains.append(gain)
        found: list[int] = []
        if places:
            touched = np.concatenate(places)
            bounds = np.bincount(touched, np.repeat(gains, [len(one) for one in places]))
            near = np.unique(touched)
            short = bounds[near] + initial * self._initials[near] - _UNMET_LISTED * floor * self._name_weights[near] - need
            kept = short >= -1e-9
            near = near[kept]
            # By the bound over the name's weight; of equal ones the first: numbers are rising, and the sort is stable.
            found = near[np.argsort(-bounds[near] / self._name_weights[near], kind="stable")].tolist()
        glued = self._squashed.get("".join(words), ())
        return list(dict.fromkeys([*glued, *found]))

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
