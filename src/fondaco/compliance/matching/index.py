"""All names of a list set, by their words: candidates by a bound from above, then an explained score."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fondaco.compliance.lists import ListEdition
from fondaco.compliance.matching import alignment
from fondaco.compliance.matching.alignment import Met, Pair, best_pairs, bits
from fondaco.compliance.matching.candidates import LETTER_SHARE, Candidates, beginnings
from fondaco.compliance.matching.free_text import Phrases
from fondaco.compliance.matching.heard import Heard, share_of
from fondaco.compliance.matching.normalise import LIGHT, Reading, as_letters, read
from fondaco.compliance.matching.remembered import GAP_MAX, NOTHING, Asks
from fondaco.compliance.matching.vocabulary import Like, Vocabulary

if TYPE_CHECKING:
    from fondaco.compliance.matching.pairs_numba import Pairs
    from fondaco.compliance.matching.walk_numba import Walk

_FOUND_MAX = 64
_CUT_MIN = 12
_CUT_SCORE = 0.95
_CUT_MAX = 32
_COMPILED_FROM = 4096
# Texts that go through the matcher together.
_TOGETHER = 256


class Found(NamedTuple):
    """One listed name that a text resembles, in thousandths."""

    list_id: str
    entry_id: str
    name: str
    weak: bool
    score_milli: int
    words: tuple[Met, ...]


class Asked(NamedTuple):
    """One text, ready to be compared: its words, their weights, and each span of them that resembles listed words.

    Spans are bits, the first word the lowest. `joins` tells which spans are two listed neighbours written as one, and how nearly; `letters` whether a word
    is an initial. `whole` and `plain` are its letters without spaces, of these words and as they were written.
    """

    words: tuple[str, ...]
    cut: bool
    whole: str
    weights: list[float]
    spans: list[tuple[int, dict[int, Like]]]
    joins: dict[int, list[tuple[int, float]]]
    letters: bool
    plain: str


class Index:
    """All names of a list set, by their words. Immutable once built; answers are the same for the same text."""

    def __init__(self, editions: Iterable[ListEdition], among: Index | None = None, *, plain: bool | None = None) -> None:
        """`among`: where these are a part of a greater set, words weigh what they weigh there, and scores are the same as there.

        `plain`: candidates are looked for without compiled code, though numba is there; by default where names are few.
        """
        self.identifiers: dict[str, list[tuple[str, str]]] = {}
        # Names by their words: lists share most of theirs.
        forms: dict[tuple[str, ...], list[tuple[str, str, str, bool]]] = {}
        written: dict[tuple[str, ...], set[str]] = {}
        for edition in editions:
            for entry in edition.entries:
                for name in entry.names:
                    words, _, letters, _ = read(name.text)
                    if words and not LIGHT.issuperset(words):
                        written.setdefault(words, set()).add(letters)
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
        # Importing numba takes longer than indexing a few names does.
        compiled = not (len(forms) < _COMPILED_FROM if plain is None else plain)
        pairs: type[Pairs] | None = None
        if compiled:
            with suppress(ImportError):
                from fondaco.compliance.matching import pairs_numba

                pairs = pairs_numba.Pairs
        self._vocabulary: Vocabulary = Vocabulary(said, None if among is None else among._vocabulary, pairs)
        self._words = self._vocabulary.words
        ids = self._vocabulary.ids
        self._forms = [tuple([ids[word] for word in words]) for words in forms]
        self._weigh(among)
        joins = self._join(among)
        self._squash(written.values())
        self._walk: Walk | None = None
        if compiled:
            # Without the extra `fast` the bound is made of sparse products, and all that passes it is aligned: the same answers.
            with suppress(ImportError):
                from fondaco.compliance.matching.walk_numba import Walk

                lengths = [{len(text), *map(len, self._plain.get(at, ()))} for at, text in enumerate(self._whole)]
                self._walk = Walk(self._candidates, self._forms, joins, self._words, self._light, lengths)

    def _weigh(self, among: Index | None) -> None:
        counts = np.zeros(len(self._words), np.int64)
        for form in self._forms:
            counts[list(set(form))] += 1
        total = max(1, len(self._forms))
        self._light = [word in LIGHT for word in self._words]
        weights = np.log1p(total / np.maximum(1, counts)) * np.array([share_of(word) for word in self._words])
        self._weights: list[float] = weights.tolist()
        self._unknown_weight = math.log1p(total)
        if among is not None:
            self._unknown_weight = among._unknown_weight
            self._weights = [among._heard.weight_of(word) for word in self._words]

    def _join(self, among: Index | None) -> list[tuple[int, ...]]:
        """Neighbours written as one are words of their own, numbered after the others. Returns those of each name."""
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
        places = [self._joins.get(word, -1) for word in self._words]
        joined_as = np.array([*places, *[-1] * (len(weights) - len(places))] or [-1], np.int64)
        self._candidates = Candidates(holding, weights, names, self._letters, begins, self._unknown_weight)
        counts = np.diff(self._candidates.holders.ends).astype(np.float64)
        self._heard: Heard = Heard(
            self._vocabulary, self._weights, self._unknown_weight, self._joins, joined_as, self._candidates.weights, counts, None if among is None else among._heard
        )  # fmt: skip
        return [tuple(held[len(form) :]) for form, held in zip(self._forms, holding, strict=True)]

    def _write_together(self, word: str, place: int) -> None:
        """The article and its word as one, in the ways that the article is spoken: Elbazzaz, Arrahman."""
        for spoken in ("al", "el", "ul", "a" + word[0], "a" + word[:2]):
            self._joins.setdefault(spoken + word, place)

    def _squash(self, written: Iterable[set[str]]) -> None:
        self._whole = [as_letters("".join([self._words[i] for i in form])) for form in self._forms]
        self._squashed: dict[str, list[int]] = {}
        for number, text in enumerate(self._whole):
            self._squashed.setdefault(text, []).append(number)
        self._phrases = Phrases((letters, numbers[0]) for letters, numbers in self._squashed.items())
        self._beginnings = sorted(self._squashed)
        # Where the words are not as they were written, the letters of all who bear the name.
        self._plain = {at: tuple(sorted(more)) for at, letters in enumerate(written) if (more := letters - {self._whole[at]})}
        for number, texts in self._plain.items():
            for text in texts:
                self._squashed.setdefault(text, []).append(number)

    def __len__(self) -> int:
        return self._length

    def alike(self, word: str) -> tuple[Like, ...]:
        """Listed words like `word`."""
        return tuple(self._heard.remembered.likes(self._heard.recall(word).row).values())

    def forget(self) -> None:
        """Remember no word any more: what was compared is compared again when it is said again, with the same result."""
        self._heard.forget()

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
        asked = [one for reading in readings for one in _readings(reading)]
        found: list[list[Found]] = []
        for start in range(0, len(asked), _TOGETHER):
            some = asked[start : start + _TOGETHER]
            by_letters = [self._by_letters(reading) for reading in some]
            hopeful = self._hopeful(some, floor_milli, by_letters)
            for reading, same, names in zip(some, by_letters, hopeful, strict=True):
                found.append(self._found(self._ask(reading), [*same, *names], floor_milli) if same or names else [])
        return _of_each(readings, found)

    def search_within(self, texts: Sequence[str], floor_milli: int) -> list[list[Found]]:
        """For each text the listed names that stretches of it resemble: two words or more of a name, not far from each other."""
        readings = [read(text) for text in texts]
        asked = [one for reading in readings for one in _readings(reading)]
        found: list[list[Found]] = []
        for start in range(0, len(asked), _TOGETHER):
            some = asked[start : start + _TOGETHER]
            hopeful = self._hopeful(some, floor_milli)
            for reading, names in zip(some, hopeful, strict=True):
                phrases = self._phrases.found(reading.words)
                if names or phrases:
                    found.append(self._stretches(self._ask(reading, within=True), names, phrases, floor_milli))
                else:
                    found.append([])
        return _of_each(readings, found)

    def _hopeful(
        self, readings: Sequence[Reading], floor_milli: int, by_letters: Sequence[Sequence[int]] | None = None
    ) -> list[list[int]]:
        """For each text names that may reach `floor_milli`, all that do among them: as names or, without `by_letters`, within texts.

        `by_letters` are those that are found by the text's very letters anyway.
        """
        within = by_letters is None
        self._heard.meet(readings, within)
        asks = self._asks(readings, within)
        floor = alignment.needed(floor_milli)
        if self._walk is None:
            return self._candidates.hopeful(asks, self._heard.remembered, floor, within=within)
        whole = np.ones(len(readings), np.bool_)
        if by_letters is not None:
            # What begins as a cut text does is worth more than its alignment, and there may be more of these than were found by letters.
            whole[:] = [not (reading.cut and same) for reading, same in zip(readings, by_letters, strict=True)]
        return self._walk.hopeful(asks, self._heard.remembered, floor, floor_milli, whole, within)

    def _asks(self, readings: Sequence[Reading], within: bool) -> Asks:
        words: list[int] = []
        glued: list[str] = []
        glued_at: list[int] = []
        ends, glued_ends, letters = [], [], []
        cuts = []
        for reading in readings:
            knowns, cut = self._heard.knowns(reading, within)
            if knowns:
                words += [known.row for known in knowns]
                for at, word in self._heard.glued(reading.words):
                    glued.append(word)
                    glued_at.append(at)
            ends.append(len(words))
            glued_ends.append(len(glued))
            cuts.append(cut)
            letters.append(1 in map(len, reading.words))
        return Asks(
            np.array(words, np.int32), np.array(ends, np.int64),
            np.array([known.row for known in self._heard.glue(glued)], np.int32), np.array(glued_at, np.int32),
            np.array(glued_ends, np.int64), np.array(cuts, np.bool_), np.array(letters, np.bool_),
        )  # fmt: skip

    def _stretches(
        self, asked: Asked, names: Iterable[int], phrases: Iterable[tuple[int, int, int]], floor_milli: int
    ) -> list[Found]:
        """The stretches in which words of these names or whole phrases stand, each compared as if it were all that was said."""
        stretches: dict[tuple[int, int], dict[int, None]] = {}
        for name, first, end in phrases:
            stretches.setdefault((first, end), {})[name] = None
        met_by: dict[int, int] = {}
        for span, likes in asked.spans:
            for number in likes:
                met_by[number] = met_by.get(number, 0) | span
        alike = _alike(asked) if asked.letters else {}
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
            if asked.letters and not self._reaches(alike, name, alignment.needed(floor_milli)):
                continue
            for first, end in _clusters(places):
                if end - first > 1:
                    stretches.setdefault((first, end), {})[name] = None
        return _best(
            [self._found(_part(asked, first, end), hopeful, floor_milli) for (first, end), hopeful in sorted(stretches.items())]
        )

    def _reaches(self, alike: Mapping[int, Sequence[float]], name: int, floor: float) -> bool:
        """Whether a name can reach `floor` within a text by what its words are like (`_alike`), initials of the text left out: by these alone the
        `S.A. de C.V.` of every company would be some other that begins with C and V. Less than any of the bounds from above lets pass."""
        form, words, candidates = self._forms[name], self._words, self._candidates
        kept = 1 - (1 - alignment.UNMET_INNER) * floor
        initial = candidates.most * alignment.initial_gain(alignment.UNMET_INNER, floor)
        must = alignment.UNMET_INNER * floor * candidates.names[name] - LETTER_SHARE * self._letters[name] * initial
        reached = 0.0
        held = Counter([*form, *[self._joins[words[one] + words[other]] for one, other in pairwise(form)]])
        for number, times in held.items():
            likest = alike.get(number, ())[:times]
            reached += sum([max(0.0, candidates.weights[number] * (one - 1 + kept)) for one in likest])
        return bool(reached >= must)

    def _ask(self, reading: Reading, *, within: bool = False) -> Asked:
        words = reading.words
        knowns, cut = self._heard.knowns(reading, within)
        if not knowns:
            weights = [self._heard.recall(word).weight for word in words]
            return Asked(words, cut, as_letters("".join(words)), weights, [], {}, False, reading.letters)
        likes = self._heard.remembered.likes
        spans = [(1 << at, likes(known.row)) for at, known in enumerate(knowns)]
        glued = self._heard.glued(words)
        together = self._heard.glue([word for _, word in glued])
        spans += [(3 << at, likes(known.row)) for (at, _), known in zip(glued, together, strict=True)]
        joins: dict[int, list[tuple[int, float]]] = {}
        for span, found in spans:
            for like in found.values():
                if like.number >= len(self._words):
                    joins.setdefault(like.number, []).append((span, like.similarity))
        weights = [
            known.weight if known.row != NOTHING else self._heard.weight_of(word)
            for known, word in zip(knowns, words, strict=True)
        ]
        return Asked(words, cut, as_letters("".join(words)), weights, spans, joins, 1 in map(len, words), reading.letters)

    def _by_letters(self, one: Reading) -> list[int]:
        """Names with the very letters of the text, and names that a cut text is the beginning of."""
        whole = as_letters("".join(one.words))
        found = [*self._squashed.get(whole, ()), *self._squashed.get(one.letters, ())]
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
        for span, likes in asked.spans:
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


def _alike(asked: Asked) -> dict[int, list[float]]:
    """By listed word how alike the words of a text are to it, the likest first."""
    found: dict[int, list[float]] = {}
    for _, likes in asked.spans:
        for number, like in likes.items():
            found.setdefault(number, []).append(like.similarity)
    for similarities in found.values():
        similarities.sort(reverse=True)
    return found


def _clusters(places: int) -> list[tuple[int, int]]:
    """Stretches (first, last and one) of the words whose bits are set, parted where more than two others stand between."""
    found: list[tuple[int, int]] = []
    at = 0
    while places >> at:
        if places >> at & 1:
            if found and at - found[-1][1] <= GAP_MAX:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
        at += 1
    return found


def _part(asked: Asked, first: int, end: int) -> Asked:
    """A stretch of the words as a text of its own."""
    inside = (1 << end) - (1 << first)
    spans = [(span >> first, likes) for span, likes in asked.spans if span & inside == span]
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
    capital = text.upper()
    return capital if capital.isalnum() else "".join(filter(str.isalnum, capital))
