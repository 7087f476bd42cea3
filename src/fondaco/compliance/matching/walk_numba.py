"""The bound of `candidates`, and a first alignment after it, as one compiled walk over the holders of the words that were said.

It only ever says who is not aligned: what it lets pass is scored by `alignment`, and that decides. Its alignment follows `alignment.score`
and `Index._align` line by line, and lets pass what is a millionth below; `tests/compliance/test_walk.py` holds the two against each other.
Weights of the alignment are handed in: what is compiled is kept on disk by this file's date, not by that of others.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fondaco.compliance.matching import alignment
from fondaco.compliance.matching.candidates import LETTER_SHARE, SLACK, Candidates
from fondaco.compliance.matching.remembered import GAP_MAX, NOTHING, Asks, Remembered

# Spans are bits of 64, and one is a sign. What has more words, or more pairs, is let pass.
WORDS_MAX = 60
_PAIRS_MAX = 512
# So many letters are as good as more: lengths are bits, too.
_LENGTH_MAX = 62
# What the two alignments may differ by, in thousandths of a score.
_SLACK_MILLI = 1e-3
_RULE_LIKE, _RULE_JOINED, _RULE_INITIAL, _RULE_LETTER = range(4)


class Walk:
    """The walk over one index, and the room that it works in. Not to be used by two threads at once: it keeps the interpreter's lock."""

    def __init__(
        self,
        candidates: Candidates,
        forms: list[tuple[int, ...]],
        joins: list[tuple[int, ...]],
        words: list[str],
        light: list[bool],
        lengths: list[set[int]],
    ) -> None:
        """`forms` are the words of each name, `joins` the numbers of its neighbours written as one; `light` tells of each word whether it
        says what a party is, not who, and `lengths` of each name how many letters it may be written with."""
        self._candidates = candidates
        ends = np.cumsum([len(form) for form in forms] or [0])
        self._names = (
            candidates.holders.ends,
            candidates.holders.names,
            candidates.weights,
            candidates.begins,
            np.concatenate([[0], ends]).astype(np.int64),
            np.array(
                [pair for form, places in zip(forms, joins, strict=True) for pair in zip(form, (*places, -1), strict=False)],
                np.int32,
            ).reshape(-1, 2),
            np.array([sum({1 << min(length, _LENGTH_MAX) for length in some}) for some in lengths], np.int64),
            np.array([ord(word[0]) for word in words], np.int32),
            np.array([len(word) == 1 for word in words], np.bool_),
            np.array(light, np.bool_),
        )
        # The time goes into fetching what lies far apart, so what is asked of a name stands in one row: what it gained, what it weighs,
        # how many of its words are one letter.
        table = np.zeros((len(candidates.names), 4))
        table[:, 1], table[:, 2] = candidates.names, candidates.letters
        self._room = (table, np.zeros(len(table), np.int32))
        self._most_letters = float(candidates.letters.max())

        # What is compiled is fetched, or made the first time, now and not while a payment waits.
        none = np.zeros(0, np.int32)
        nobody = Asks(none, np.zeros(1, np.int64), none, none, np.zeros(1, np.int64), *(np.zeros(1, np.bool_) for _ in range(2)))
        self.hopeful(nobody, Remembered(), 0.8, 880, np.ones(1, np.bool_), False)

    def hopeful(
        self, asks: Asks, known: Remembered, floor: float, floor_milli: int, whole: NDArray[np.bool_], within: bool
    ) -> list[list[int]]:
        """`Candidates.hopeful`, less those whose alignment is below `floor_milli`; of the texts of which `whole` is false nobody is aligned."""
        most = self._candidates.most
        weights = np.array(
            [
                floor, floor_milli - 0.5 - _SLACK_MILLI, most, LETTER_SHARE, SLACK, alignment.UNMET_SAID, alignment.UNMET_LISTED,
                alignment.UNMET_INNER, alignment.UNMET_CUT, alignment.INITIAL_SHARE, alignment.INITIAL_SIMILARITY, alignment.LONE_FACTOR,
                alignment.LONE_SHARE, alignment.DOUBT, alignment.DOUBT_EVIDENCE * most, alignment.SPREAD, GAP_MAX,
                alignment.RARE * most, self._most_letters,
            ]
        )  # fmt: skip
        said = (
            known.weights,
            known.begins,
            known.ends,
            known.held,
            known.exact,
            known.first,
            known.length,
            known.numbers,
            known.alike,
            known.hefts,
        )
        texts, names = _walk(tuple(asks), said, self._names, self._room, weights, whole, within)
        found: list[list[int]] = [[] for _ in range(len(asks.ends))]
        for text, name in zip(texts.tolist(), names.tolist(), strict=True):
            found[text].append(name)
        return found


@njit(cache=True)
def _letter_bit(letter: Any) -> Any:
    return 1 << (letter - 97 if 97 <= letter < 123 else 26)


@njit(cache=True)
def _doubled(array: Any) -> Any:
    longer = np.empty(2 * len(array), np.int32)
    for at in range(len(array)):
        longer[at] = array[at]
    return longer


@njit(cache=True)
def _slot(slots: Any, number: Any) -> Any:
    """Where a listed word stands among those that a text meets, or the free place where it would: rows of its number, -1 where free."""
    last = len(slots) - 1
    at = (number * 2654435761 >> 7) & last
    while slots[at, 0] >= 0 and slots[at, 0] != number:
        at = (at + 1) & last
    return at


@njit(cache=True)
def _walk(asks: Any, said: Any, listed: Any, room: Any, weights: Any, whole: Any, within: Any) -> Any:
    words, ends, glued, glued_at, glued_ends, cuts, initials = asks
    w_weights, w_begins, w_ends, w_held, w_exact, w_first, w_length, numbers, alike, hefts = said
    h_ends, holders, n_weights, n_begins, f_ends, forms, n_lengths, l_first, l_single, l_light = listed
    names, touched = room
    floor, _, most, letter_share, slack = weights[0], weights[1], weights[2], weights[3], weights[4]
    unmet_said, unmet_inner, unmet_cut, initial_share, initial_similarity = (
        weights[5],
        weights[7],
        weights[8],
        weights[9],
        weights[10],
    )
    gap_max = int(weights[16])
    most_letters = weights[18]
    out_texts = np.empty(64, np.int32)
    out_names = np.empty(64, np.int32)
    count = 0
    e_span = np.empty(256, np.int64)
    e_alike = np.empty(256)
    e_gain = np.empty(256)
    e_next = np.empty(256, np.int32)
    # The listed words that a text meets: each one's number and the last entry that met it; and the most that was gained by it.
    slots = np.full((512, 2), -1, np.int32)
    best = np.zeros(512)
    pairs = np.empty((_PAIRS_MAX, 3))
    pair_bits = np.empty((_PAIRS_MAX, 2), np.int64)
    pair_rules = np.empty(_PAIRS_MAX, np.int64)
    for text in range(len(ends)):
        first = ends[text - 1] if text else 0
        glue = glued_ends[text - 1] if text else 0
        size = ends[text] - first
        spans = size + glued_ends[text] - glue
        missing = unmet_cut if cuts[text] else unmet_inner
        kept = 1 - (1 - missing) * floor
        lost = 0.0 if within else unmet_said * floor
        # Initials meet words that are not alike, whatever these weigh: what that could bring is granted.
        initial = most * (initial_share * (initial_similarity - floor) + missing * floor)
        need = 0.0
        if not within:
            for at in range(first, ends[text]):
                need += lost * w_weights[words[at]]
                if w_length[words[at]] == 1:
                    need -= lost * w_weights[words[at]] + initial
        # Each span: its row, the most it brings, how many hold what is like it.
        rows = np.empty(spans, np.int64)
        brings = np.zeros(spans)
        order = np.empty(spans, np.int64)
        e_begins = np.empty(spans, np.int64)
        entries = 0
        for place in range(spans):
            rows[place] = words[first + place] if place < size else glued[glue + place - size]
            entries += w_ends[rows[place]] - w_begins[rows[place]]
        if entries > len(e_span):
            size_of = 512
            while size_of < 4 * entries:
                size_of *= 2
            e_span = np.empty(size_of // 2, np.int64)
            e_alike = np.empty(size_of // 2)
            e_gain = np.empty(size_of // 2)
            e_next = np.empty(size_of // 2, np.int32)
            slots = np.full((size_of, 2), -1, np.int32)
            best = np.zeros(size_of)
        entries = 0
        used = 0
        for place in range(spans):
            row = rows[place]
            begin, end = w_begins[row], w_ends[row]
            if end == begin:
                continue
            if place < size:
                weight = w_weights[row]
                span = 1 << min(place, 62)
            else:
                at = glued_at[glue + place - size]
                weight = w_weights[words[first + at]] + w_weights[words[first + at + 1]]
                span = 3 << min(at, 61)
            used += 1
            e_begins[place] = entries
            order[used - 1] = place
            at = used - 1
            while at > 0 and w_held[rows[order[at - 1]]] > w_held[row]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = place
            for at in range(begin, end):
                gain = hefts[at] * (alike[at] - 1 + kept) + lost * weight
                slot = _slot(slots, numbers[at])
                slots[slot, 0] = numbers[at]
                if gain > best[slot]:
                    best[slot] = gain
                if gain > brings[place]:
                    brings[place] = gain
                e_span[entries] = span
                e_alike[entries] = alike[at]
                e_gain[entries] = gain
                e_next[entries] = slots[slot, 1]
                slots[slot, 1] = entries
                entries += 1
        # The spans that every hopeful name meets at least one of, the rarest first; and what the others could bring at most.
        rest = 0.0
        for at in range(used):
            rest += brings[order[at]]
        least = need - letter_share * most_letters * initial - slack
        met = 0
        for at in range(used):
            if rest < least - slack:
                break
            place = order[at]
            row = rows[place]
            rest -= brings[place]
            for like in range(w_ends[row] - w_begins[row]):
                number = numbers[w_begins[row] + like]
                gain = e_gain[e_begins[place] + like]
                if gain > 0.0:
                    for holder in range(h_ends[number], h_ends[number + 1]):
                        name = holders[holder]
                        if names[name, 0] == 0.0:
                            touched[met] = name
                            met += 1
                        names[name, 0] += gain
        rest = max(rest, 0.0)
        for at in range(met):
            name = touched[at]
            must = need + missing * floor * names[name, 1] - letter_share * names[name, 2] * initial - slack
            reached = names[name, 0] + rest
            names[name, 0] = 0.0
            if reached < must:
                continue
            # A second look with all the words: each listed word once, by the likest that was said.
            reached = 0.0
            for word in range(f_ends[name], f_ends[name + 1]):
                reached += best[_slot(slots, forms[word, 0])]
                if forms[word, 1] >= 0:
                    reached += best[_slot(slots, forms[word, 1])]
            if reached < must:
                continue
            if initials[text] and not within:
                for word in range(first, ends[text]):
                    if w_length[words[word]] == 1 and not n_begins[name] & _letter_bit(w_first[words[word]]):
                        must += lost * w_weights[words[word]] + initial
                if reached < must:
                    continue
            form = forms[f_ends[name] : f_ends[name + 1]]
            if whole[text] and size <= WORDS_MAX and len(form) <= WORDS_MAX:
                said_words = words[first : ends[text]]
                # Stretches of the text, as bits: all of it, or those in which words of the name stand.
                places = (1 << size) - 1
                if within:
                    places = _places(form, l_light, e_span, e_next, slots)
                likely = False
                begin = 0
                while places >> begin and not likely:
                    if not places >> begin & 1:
                        begin += 1
                        continue
                    end = _end_of(places, begin, gap_max)
                    if within and end - begin < 2:
                        begin = end
                        continue
                    part = said_words[begin:end]
                    # What has as many letters may be the same letters, in other words.
                    likely = within and _as_long(part, w_length, n_lengths[name])
                    likely = likely or _align(
                        part, begin, cuts[text] and not within, initials[text] or names[name, 2] > 0, form,
                        w_weights, w_exact, w_first, w_length, n_weights, l_first, l_single, l_light,
                        e_span, e_alike, e_next, slots, pairs, pair_bits, pair_rules, weights,
                    ) * 1000 >= weights[1]  # fmt: skip
                    begin = end
                if not likely:
                    continue
            if count == len(out_texts):
                out_texts = _doubled(out_texts)
                out_names = _doubled(out_names)
            out_texts[count] = text
            out_names[count] = name
            count += 1
        best[:] = 0.0
        slots[:] = -1
    return out_texts[:count], out_names[:count]


@njit(cache=True)
def _places(form: Any, l_light: Any, e_span: Any, e_next: Any, slots: Any) -> Any:
    """Where words of a text meet those of a name, as bits; none where too few do (`Index._stretches`)."""
    places = np.int64(0)
    strong = unmet = 0
    for number in form[:, 0]:
        entry = slots[_slot(slots, number), 1]
        if entry < 0:
            unmet += 1
        elif not l_light[number]:
            strong += 1
        while entry >= 0:
            places |= e_span[entry]
            entry = e_next[entry]
    if strong < 2 and not (strong and places & (places - 1) and not unmet):
        return np.int64(0)
    return places


@njit(cache=True)
def _end_of(places: Any, begin: Any, gap_max: Any) -> Any:
    """Where the stretch ends that begins with this bit: what stands further apart is another."""
    end = at = begin + 1
    while places >> at:
        if places >> at & 1:
            if at - end > gap_max:
                break
            end = at + 1
        at += 1
    return end


@njit(cache=True)
def _as_long(words: Any, w_length: Any, lengths: Any) -> Any:
    """Whether words may have as many letters together as one of these bits says; of what meets nothing it is not known how many it has."""
    length = 0
    for row in words:
        if row == NOTHING:
            return True
        length += w_length[row]
    return lengths >> min(length, _LENGTH_MAX) & 1 == 1


@njit(cache=True)
def _align(
    words: Any, begin: Any, cut: Any, initials: Any, form: Any,
    w_weights: Any, w_exact: Any, w_first: Any, w_length: Any, n_weights: Any, l_first: Any, l_single: Any, l_light: Any,
    e_span: Any, e_alike: Any, e_next: Any, slots: Any, pairs: Any, pair_bits: Any, pair_rules: Any, weights: Any,
) -> Any:  # fmt: skip
    """`Index._align` of the words from `begin` on: the score alone. 1.0 where there are too many pairs."""
    inside = ((1 << len(words)) - 1) << begin
    initial_share, initial_similarity = weights[9], weights[10]
    count = 0
    for other in range(len(form)):
        entry = slots[_slot(slots, form[other, 0]), 1]
        weight = n_weights[form[other, 0]]
        while entry >= 0:
            if e_span[entry] & inside == e_span[entry]:
                if count == _PAIRS_MAX:
                    return 1.0
                pairs[count, 0] = weight * e_alike[entry]
                pairs[count, 1] = e_alike[entry]
                pairs[count, 2] = weight
                pair_bits[count, 0] = e_span[entry] >> begin
                pair_bits[count, 1] = 1 << other
                pair_rules[count] = _RULE_LIKE
                count += 1
            entry = e_next[entry]
    for other in range(len(form) - 1):
        entry = slots[_slot(slots, form[other, 1]), 1]
        weight = n_weights[form[other, 0]] + n_weights[form[other + 1, 0]]
        while entry >= 0:
            span = e_span[entry] >> begin
            end = 0
            while span >> end:
                end += 1
            alone = span & (span - 1) == 0
            if e_span[entry] & inside == e_span[entry] and (alone or w_exact[words[end - 1]] != form[other + 1, 0]):
                if count == _PAIRS_MAX:
                    return 1.0
                rank = 0.999 if e_alike[entry] == 1.0 else 0.4
                pairs[count, 0] = weight * e_alike[entry] * rank
                pairs[count, 1] = e_alike[entry]
                pairs[count, 2] = weight
                pair_bits[count, 0] = span
                pair_bits[count, 1] = 3 << other
                pair_rules[count] = _RULE_JOINED
                count += 1
            entry = e_next[entry]
    if initials:
        for at in range(len(words)):
            row = words[at]
            single = w_length[row] == 1
            for other in range(len(form)):
                number = form[other, 0]
                if w_first[row] != l_first[number] or single == l_single[number]:
                    continue
                if single:
                    if len(words) == 1:
                        continue
                    rule = _RULE_INITIAL
                else:
                    if len(form) == 1:
                        continue
                    rule = _RULE_LETTER
                if count == _PAIRS_MAX:
                    return 1.0
                weight = initial_share * n_weights[number]
                pairs[count, 0] = weight * 0.5
                pairs[count, 1] = initial_similarity
                pairs[count, 2] = weight
                pair_bits[count, 0] = 1 << at
                pair_bits[count, 1] = 1 << other
                pair_rules[count] = rule
                count += 1
    return _score(words, cut, form, w_weights, n_weights, l_light, pairs, pair_bits, pair_rules, count, weights)


@njit(cache=True)
def _before(pairs: Any, bits: Any, one: Any, other: Any) -> Any:
    """Whether pair `one` is chosen before `other`."""
    if pairs[one, 0] != pairs[other, 0]:
        return pairs[one, 0] > pairs[other, 0]
    if bits[one, 0] != bits[other, 0]:
        return bits[one, 0] < bits[other, 0]
    if bits[one, 1] != bits[other, 1]:
        return bits[one, 1] < bits[other, 1]
    return one < other


@njit(cache=True)
def _score(
    words: Any, cut: Any, form: Any, w_weights: Any, n_weights: Any, l_light: Any,
    pairs: Any, bits: Any, rules: Any, count: Any, weights: Any,
) -> Any:  # fmt: skip
    """`alignment.best_pairs` and `alignment.score`."""
    unmet_said, unmet_listed, unmet_inner, unmet_cut = weights[5], weights[6], weights[7], weights[8]
    lone_factor, lone_share, doubt, doubt_evidence, spread = weights[11], weights[12], weights[13], weights[14], weights[15]
    rare = weights[17]
    gained = full = greatest = 0.0
    taken_said = taken_listed = said = listed = initials = 0
    while True:
        best = -1
        for at in range(count):
            if not (bits[at, 0] & taken_said or bits[at, 1] & taken_listed) and (best < 0 or _before(pairs, bits, at, best)):
                best = at
        if best < 0:
            break
        taken_said |= bits[best, 0]
        taken_listed |= bits[best, 1]
        gained += pairs[best, 2] * pairs[best, 1]
        full += pairs[best, 2]
        greatest = max(greatest, pairs[best, 2])
        if rules[best] == _RULE_LETTER:
            # A listed letter met by a longer word explains little of that word.
            initials |= bits[best, 1]
            listed |= bits[best, 1]
            continue
        if rules[best] == _RULE_INITIAL:
            initials |= bits[best, 1]
        said |= bits[best, 0]
        listed |= bits[best, 1]
    if not listed & ~initials:
        return 0.0
    alone = 0.0
    for at in range(len(words)):
        if not said >> at & 1:
            alone += w_weights[words[at]]
    inner = outer = 0.0
    strong = 0
    beside = False
    last = len(form) - 1
    within = last > 1 and listed & 1 and listed >> last & 1
    for at in range(len(form)):
        if not listed >> at & 1:
            if within:
                inner += n_weights[form[at, 0]]
            else:
                outer += n_weights[form[at, 0]]
        elif not l_light[form[at, 0]]:
            strong += 1
        else:
            beside = True
    missing = (unmet_cut if cut else unmet_listed) * outer + (unmet_cut if cut else unmet_inner) * inner
    if strong < 2 and inner + outer > lone_share * full and not (beside and greatest > rare):
        missing *= lone_factor
    reached = min(1.0, gained / (full + unmet_said * alone + missing))
    if reached == 1.0:
        return 1.0
    return 1.0 - spread * (1.0 - reached * (1.0 - doubt * math.exp(-gained / doubt_evidence)))
