"""All names of a list set, by their words: candidates by a bound from above, then an explained score."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fondaco.compliance.lists import ListEdition
from fondaco.compliance.matching import alignment
from fondaco.compliance.matching.alignment import Met, Pair, best_pairs, bits
from fondaco.compliance.matching.candidates import LETTER_SHARE, Asked, Candidates, Known, beginnings
from fondaco.compliance.matching.free_text import Phrases
from fondaco.compliance.matching.name_forms import fame, groups
from fondaco.compliance.matching.normalise import GENERIC, LEGAL, LIGHT, PARTICLES, TITLES, Reading, as_letters, read
from fondaco.compliance.matching.vocabulary import Like, Vocabulary
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
_MEMO_MAX = 1 << 18
_FOUND_MAX = 64
_CUT_MIN = 12
_CUT_SCORE = 0.95
_CUT_MAX = 32
# Words of one name in a text stand this near to each other.
_GAP_MAX = 1


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

    def __init__(self, editions: Iterable[ListEdition], among: Index | None = None) -> None:
        """`among`: where these are a part of a greater set, words weigh what they weigh there, and scores are the same as there."""
        self.identifiers: dict[str, list[tuple[str, str]]] = {}
        # Names by their words: lists share most of theirs.
        forms: dict[tuple[str, ...], list[tuple[str, str, str, bool]]] = {}
        plain: dict[tuple[str, ...], set[str]] = {}
        for edition in editions:
            for entry in edition.entries:
                for name in entry.names:
                    words, _, letters, _ = read(name.text)
                    if words and not LIGHT.issuperset(words):
                        plain.setdefault(words, set()).add(letters)
                        forms.setdefault(words, []).append((edition.list_id, entry.entry_id, name.text, name.weak))
                for identifier in entry.identifiers:
                    key = normal_identifier(identifier.value)
                    if len(key) >= 5:
                        self.identifiers.setdefault(key, []).append((edition.list_id, entry.entry_id))
        self._owners = list(forms.values())
        self._length = sum(map(len, self._owners))
        # `Abdul` and what follows are often written as one, and then misspelt as one.
        servants = dict.fromkeys(one + other for words in forms for one, other in pairwise(words) if one == "abdul")
        said = dict.fromkeys([*[word for words in forms for word in words], *servants])
        self._vocabulary: Vocabulary = Vocabulary(said, None if among is None else among._vocabulary)
        self._words = self._vocabulary.words
        ids = self._vocabulary.ids
        self._forms = [tuple([ids[word] for word in words]) for words in forms]
        self._weigh(among)
        self._join()
        self._squash(plain.values())
        self._known: dict[str | tuple[str, str], Known] = {}

    def _weigh(self, among: Index | None) -> None:
        counts = np.zeros(len(self._words), np.int64)
        for form in self._forms:
            counts[list(set(form))] += 1
        total = max(1, len(self._forms))
        self._light = [word in LIGHT for word in self._words]
        weights = np.log1p(total / np.maximum(1, counts)) * np.array([_share(word) for word in self._words])
        self._weights: list[float] = weights.tolist()
        self._unknown_weight = math.log1p(total)
        self._among = among
        if among is not None:
            self._unknown_weight = among._unknown_weight
            self._weights = [among._weight_of(word) for word in self._words]

    def _join(self) -> None:
        """Neighbours written as one are words of their own, numbered after the others."""
        self._joins: dict[str, int] = {}
        weights = list(self._weights)
        holding = []
        for form in self._forms:
            held = list(form)
            for one, other in pairwise(form):
                place = self._joins.setdefault(self._words[one] + self._words[other], len(weights))
                weight = self._weights[one] + self._weights[other]
                if place == len(weights):
                    weights.append(weight)
                else:
                    weights[place] = max(weights[place], weight)
                held.append(place)
                if self._words[one] in ("al", "el", "ul"):
                    self._write_together(self._words[other], place)
            holding.append(held)
        self._letters = np.array([sum([len(self._words[i]) == 1 for i in form]) for form in self._forms] or [0], np.float64)
        names = np.array([sum([self._weights[i] for i in form]) for form in self._forms] or [1.0])
        begins = np.array([beginnings([self._words[i] for i in form]) for form in self._forms] or [0], np.int64)
        self._candidates = Candidates(holding, weights, names, self._letters, begins, self._unknown_weight)

    def _write_together(self, word: str, place: int) -> None:
        """The article and its word as one, in the ways that the article is spoken: Elbazzaz, Arrahman."""
        for spoken in ("al", "el", "ul", "a" + word[0], "a" + word[:2]):
            self._joins.setdefault(spoken + word, place)

    def _squash(self, plain: Iterable[set[str]]) -> None:
        self._whole = [as_letters("".join([self._words[i] for i in form])) for form in self._forms]
        self._squashed: dict[str, list[int]] = {}
        for number, text in enumerate(self._whole):
            self._squashed.setdefault(text, []).append(number)
        self._phrases = Phrases((letters, numbers[0]) for letters, numbers in self._squashed.items())
        self._beginnings = sorted(self._squashed)
        # Where the words are not as they were written, the letters of all who bear the name.
        self._plain = {at: tuple(sorted(more)) for at, letters in enumerate(plain) if (more := letters - {self._whole[at]})}
        for number, texts in self._plain.items():
            for text in texts:
                self._squashed.setdefault(text, []).append(number)

    def __len__(self) -> int:
        return self._length

    def alike(self, word: str) -> tuple[Like, ...]:
        """Listed words like `word`."""
        return tuple(self._recall(word).likes.values())

    def forget(self) -> None:
        """Remember no word any more: what was compared is compared again when it is said again, with the same result."""
        self._known.clear()

    def search(self, text: str, floor_milli: int, *, exhaustive: bool = False) -> list[Found]:
        """`search_many` for one text. `exhaustive` aligns every name, likely or not: the judge of the quick way, in tests."""
        if not exhaustive:
            return self.search_many([text], floor_milli)[0]
        asked = [self._ask(one) for one in _readings(read(text))]
        return _best([self._found(one, range(len(self._forms)), floor_milli) for one in asked])

    def search_many(self, texts: Sequence[str], floor_milli: int) -> list[list[Found]]:
        """For each text the listed names that it resembles with at least `floor_milli`, the best first, 64 at most."""
        return self.search_readings([read(text) for text in texts], floor_milli)

    def search_readings(self, readings: Sequence[Reading], floor_milli: int) -> list[list[Found]]:
        """`search_many` for texts that were read."""
        asked = [self._ask(one) for reading in readings for one in _readings(reading)]
        hopeful = self._candidates.hopeful(asked, alignment.needed(floor_milli))
        found = [
            self._found(one, [*self._by_letters(one), *names], floor_milli) for one, names in zip(asked, hopeful, strict=True)
        ]
        return _of_each(readings, found)

    def search_within(self, texts: Sequence[str], floor_milli: int) -> list[list[Found]]:
        """For each text the listed names that stretches of it resemble: two words or more of a name, not far from each other."""
        readings = [read(text) for text in texts]
        asked = [self._ask(one, within=True) for reading in readings for one in _readings(reading)]
        hopeful = self._candidates.hopeful(asked, alignment.needed(floor_milli), within=True)
        return _of_each(readings, [self._stretches(one, names, floor_milli) for one, names in zip(asked, hopeful, strict=True)])

    def _stretches(self, asked: Asked, names: Iterable[int], floor_milli: int) -> list[Found]:
        """The stretches in which words of these names stand, each compared as if it were all that was said."""
        stretches: dict[tuple[int, int], dict[int, None]] = {}
        for name, first, end in self._phrases.found(asked.words):
            stretches.setdefault((first, end), {})[name] = None
        met_by: dict[int, int] = {}
        for span, known in asked.spans:
            for number in known.likes:
                met_by[number] = met_by.get(number, 0) | span
        for name in names:
            form = self._forms[name]
            places = 0
            strong = 0
            for number in form:
                met = met_by.get(number, 0)
                places |= met
                strong += met > 0 and not self._light[number]
            if strong < 2 and not (strong and places & (places - 1) and all(number in met_by for number in form)):
                continue
            for first, end in _clusters(places):
                if end - first > 1:
                    stretches.setdefault((first, end), {})[name] = None
        return _best(
            [self._found(_part(asked, first, end), hopeful, floor_milli) for (first, end), hopeful in sorted(stretches.items())]
        )

    def _recall(self, word: str, circumstance: str = "") -> Known:
        """What is known of a word: as it is, as the last of a text that may be `cut`, in a text that is `bare` of vowels."""
        key = (word, circumstance) if circumstance else word
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MEMO_MAX:
                self._known.clear()
            likes = list(self._recall(word).likes.values()) if circumstance else self._vocabulary.alike(word)
            if circumstance == "cut":
                have = {like.number for like in likes}
                likes = [*likes, *[like for like in self._vocabulary.begun(word) if like.number not in have]]
            elif circumstance == "bare":
                likes = [_without(like) for like in likes]
            known = self._known[key] = self._compare(word, likes)
        return known

    def _exactly(self, word: str) -> Known:
        """Figures and codes are a listed word or none, and nobody sends the same code again: they are not remembered."""
        number = self._vocabulary.ids.get(word)
        return self._compare(word, () if number is None else (Like(number, 1.0, "same"),))

    def _compare(self, word: str, likes: Sequence[Like]) -> Known:
        joins = {}
        for like in likes:
            place = self._joins.get(self._words[like.number]) if like.number < len(self._words) and like.rule != "cut" else None
            if place is not None:
                joins[place] = Like(place, like.similarity, "joined")
            elif like.number >= len(self._words):
                joins[like.number] = like
        place = self._joins.get(word)
        if place is not None:
            joins[place] = Like(place, 1.0, "joined")
        likes = [*[like for like in likes if like.number < len(self._words)], *joins.values()]
        return Known(
            self._weight_of(word),
            np.array([like.number for like in likes], np.int32),
            np.array([like.similarity for like in likes]),
            {like.number: like for like in likes},
            tuple(joins.values()),
            sum([self._candidates.counts[like.number] for like in likes]),
            lacks_vowels(word),
        )

    def _weight_of(self, word: str) -> float:
        number = self._vocabulary.ids.get(word)
        if number is not None:
            return self._weights[number]
        if self._among is not None:
            return self._among._weight_of(word)
        share = min(_share(word), _UNKNOWN)
        return self._unknown_weight * (share if word in groups() else share * _STRANGE_SHARE.get(len(word), 1.0))

    def _ask(self, reading: Reading, *, within: bool = False) -> Asked:
        words, cut, plain, _ = reading
        cut = cut and bool(words) and not within
        knowns = [self._exactly(word) if within and not _readable(word) else self._recall(word) for word in words]
        last = len(words) - 1
        if cut:
            knowns[last] = self._recall(words[last], "cut")
        if sum([known.bare for known in knowns]) > 1 and all(
            known.bare or len(word) < 4 for word, known in zip(words, knowns, strict=True)
        ):
            knowns = [self._recall(word, "bare") for word in words]
        if not within and all(len(word) == 1 or word in LIGHT for word in words):
            # Such words name nobody, but where they are all that a listed name has.
            return Asked(words, cut, as_letters("".join(words)), [known.weight for known in knowns], [], {}, False, plain)
        spans = [(1 << at, known) for at, known in enumerate(knowns) if known.likes]
        for at, (word, following) in enumerate(pairwise(words)):
            joined = word + following
            number = self._vocabulary.ids.get(joined)
            place = self._joins.get(joined)
            if number is None and place is None:
                continue
            likes = [Like(found, 1.0, "joined") for found in (number, place) if found is not None]
            spans.append((3 << at, self._compare(joined, likes)))
        joins: dict[int, list[tuple[int, float]]] = {}
        for span, known in spans:
            for like in known.joins:
                joins.setdefault(like.number, []).append((span, like.similarity))
        weights = [known.weight for known in knowns]
        return Asked(words, cut, as_letters("".join(words)), weights, spans, joins, 1 in map(len, words), plain)

    def _by_letters(self, one: Asked) -> list[int]:
        """Names with the very letters of the text, and names that a cut text is the beginning of."""
        whole = one.whole
        found = [*self._squashed.get(whole, ()), *self._squashed.get(one.plain, ())]
        if one.cut and len(whole) >= _CUT_MIN:
            at = bisect_left(self._beginnings, whole)
            while at < len(self._beginnings) and self._beginnings[at].startswith(whole) and len(found) < _CUT_MAX:
                found += self._squashed[self._beginnings[at]]
                at += 1
        return found

    def _found(self, asked: Asked, names: Iterable[int], floor_milli: int) -> list[Found]:
        found = []
        for name in dict.fromkeys(names):
            score, chosen = self._align(asked, name)
            milli = round(score * 1000)
            if milli < floor_milli:
                continue
            met: tuple[Met, ...] = ()
            for list_id, entry_id, text, weak in self._owners[name]:
                if not weak or milli >= 999:
                    met = met or self._explain(asked, name, chosen)
                    found.append(Found(list_id, entry_id, text, weak, milli, met))
        found.sort(key=lambda one: (-one.score_milli, one.list_id, one.entry_id, one.name))
        return found[:_FOUND_MAX]

    def _explain(self, asked: Asked, name: int, chosen: list[Pair]) -> tuple[Met, ...]:
        said, listed = asked.words, [self._words[i] for i in self._forms[name]]
        if not chosen:
            return (Met(" ".join(said), " ".join(listed), "same letters" if self._is_spelt(asked, name) else "cut", 1.0),)
        return tuple([Met(_of(said, one.said), _of(listed, one.listed), one.rule, round(one.similarity, 3)) for one in chosen])

    def _align(self, asked: Asked, name: int) -> tuple[float, list[Pair]]:
        """The score, and the pairs that it comes from: none where the letters are the same, or the beginning of a cut text's."""
        form = self._forms[name]
        listed = self._whole[name]
        if self._is_spelt(asked, name):
            return 1.0, []
        weights = self._weights
        pairs = []
        for span, known in asked.spans:
            likes = known.likes
            for other, number in enumerate(form):
                like = likes.get(number)
                if like is not None:
                    pairs.append(
                        Pair(weights[number] * like.similarity, span, 1 << other, like.similarity, like.rule, weights[number])
                    )
        if asked.joins:
            self._joined_pairs(asked, form, pairs)
        if asked.letters or self._letters[name]:
            self._initial_pairs(asked, form, pairs)
        chosen = best_pairs(pairs)
        score = alignment.score(
            chosen, asked.weights, [weights[i] for i in form], [self._light[i] for i in form], asked.cut, self._unknown_weight
        )
        if asked.cut and score < _CUT_SCORE and len(asked.whole) >= _CUT_MIN and listed.startswith(asked.whole):
            return _CUT_SCORE, []
        return score, chosen

    def _is_spelt(self, asked: Asked, name: int) -> bool:
        """Whether a text has the very letters of a name."""
        return self._whole[name] in (asked.whole, asked.plain) or asked.plain in self._plain.get(name, ())

    def _joined_pairs(self, asked: Asked, form: tuple[int, ...], pairs: list[Pair]) -> None:
        words = self._words
        for other in range(len(form) - 1):
            place = self._joins[words[form[other]] + words[form[other + 1]]]
            for span, similarity in asked.joins.get(place, ()):
                if span & (span - 1) == 0 or asked.words[span.bit_length() - 1] != words[form[other + 1]]:
                    weight = self._weights[form[other]] + self._weights[form[other + 1]]
                    # What is not the same to the letter must not take the words from those that are.
                    rank = 0.999 if similarity == 1.0 else 0.4
                    pairs.append(Pair(weight * similarity * rank, span, bits(other, 2), similarity, "joined", weight))

    def _initial_pairs(self, asked: Asked, form: tuple[int, ...], pairs: list[Pair]) -> None:
        for at, word in enumerate(asked.words):
            for other, number in enumerate(form):
                listed = self._words[number]
                if len(word) == 1 and len(listed) > 1 and listed[0] == word and len(asked.words) > 1:
                    rule = "initial"
                elif len(listed) == 1 and len(word) > 1 and word[0] == listed and len(form) > 1:
                    rule = "letter"
                else:
                    continue
                weight = alignment.INITIAL_SHARE * self._weights[number]
                pairs.append(Pair(weight * 0.5, bits(at, 1), bits(other, 1), alignment.INITIAL_SIMILARITY, rule, weight))


def _readings(reading: Reading) -> list[Reading]:
    """A text's reading, and where its letters may be meant as Latin ones, that too."""
    if not reading.otherwise:
        return [reading]
    return [reading, Reading(reading.otherwise, reading.cut, as_letters("".join(reading.otherwise)))]


def _of_each(readings: Sequence[Reading], found: Sequence[list[Found]]) -> list[list[Found]]:
    """For each text what any of its readings found; `found` is in the order of `_readings`."""
    some = iter(found)
    return [_best([next(some), next(some)]) if reading.otherwise else next(some) for reading in readings]


def _best(found: Sequence[list[Found]]) -> list[Found]:
    """What several readings of one text found, each name at its best."""
    best: dict[tuple[str, str, str], Found] = {}
    for one in [one for some in found for one in some]:
        key = one.list_id, one.entry_id, one.name
        if key not in best or best[key].score_milli < one.score_milli:
            best[key] = one
    return sorted(best.values(), key=lambda one: (-one.score_milli, one.list_id, one.entry_id, one.name))[:_FOUND_MAX]


def _share(word: str) -> float:
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


def _clusters(places: int) -> list[tuple[int, int]]:
    """Stretches (first, last and one) of the words whose bits are set, parted where more than two others stand between."""
    found: list[tuple[int, int]] = []
    at = 0
    while places >> at:
        if places >> at & 1:
            if found and at - found[-1][1] <= _GAP_MAX:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
        at += 1
    return found


def _part(asked: Asked, first: int, end: int) -> Asked:
    """A stretch of the words as a text of its own."""
    inside = (1 << end) - (1 << first)
    spans = [(span >> first, known) for span, known in asked.spans if span & inside == span]
    joins = {
        place: kept
        for place, held in asked.joins.items()
        if (kept := [(span >> first, similarity) for span, similarity in held if span & inside == span])
    }
    words = asked.words[first:end]
    whole = as_letters("".join(words))
    return Asked(words, False, whole, asked.weights[first:end], spans, joins, asked.letters, whole)


def _of(words: Sequence[str], span: int) -> str:
    return " ".join([word for at, word in enumerate(words) if span >> at & 1])


def normal_identifier(text: str) -> str:
    """Letters and digits alone, capital: how identifiers are compared, and only exactly."""
    return "".join(char for char in text.upper() if char.isalnum())
