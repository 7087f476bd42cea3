"""One text's words against one listed name's, one to one: a score from 0 to 1, and which word met which by what rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

# A score is what was gained over all that was there: the words that met, those of the text that met nothing, and those of the listed name.
UNMET_SAID = 0.80
UNMET_LISTED = 0.24
# A name between the first and the last that is left out, as people leave out a second name.
UNMET_INNER = 0.09
# A cut field has lost words: those of the listed name that are not there tell little.
UNMET_CUT = 0.04
# An initial is a part of a word's evidence.
INITIAL_SHARE = 0.35
INITIAL_SIMILARITY = 0.93
LONE_FACTOR = 2.5
LONE_SHARE = 0.35
# Of the weight of a word that no list holds.
RARE = 0.50
# With little evidence a doubt weighs more: of common or short words many people share.
DOUBT = 0.13
# Of the weight of a word that no list holds.
DOUBT_EVIDENCE = 0.70

# Scores are laid out so that 880 thousandths is about where one honest name in a hundred alerts on the lists of the world.
SPREAD = 0.79


class Met(NamedTuple):
    """One word of the message, the listed word that it met, the rule, and how alike they are (0 to 1)."""

    said: str
    listed: str
    rule: str
    similarity: float


class Pair(NamedTuple):
    """A span of the text's words and a span of the listed name's that may meet. Spans are bits, the first word the lowest."""

    evidence: float
    said: int
    listed: int
    similarity: float
    rule: str
    weight: float


def bits(first: int, count: int) -> int:
    return ((1 << count) - 1) << first


def best_pairs(pairs: list[Pair]) -> list[Pair]:
    """Pairs that share no word, greedily by evidence; of equal ones the earlier in the text."""
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    said = listed = 0
    chosen = []
    for pair in pairs:
        if pair[1] & said or pair[2] & listed:
            continue
        said |= pair[1]
        listed |= pair[2]
        chosen.append(pair)
    return chosen


def score(
    chosen: Sequence[Pair],
    said_weights: Sequence[float],
    listed_weights: Sequence[float],
    light: Sequence[bool],
    cut: bool,
    most: float,
) -> float:
    """What the chosen pairs are worth; `light` says of each listed word whether it tells what a party is, not who; `most` is what a word
    weighs that no list holds."""
    gained = full = 0.0
    said = listed = initials = 0
    for pair in chosen:
        gained += pair.weight * pair.similarity
        full += pair.weight
        if pair.rule == "initial":
            initials |= pair.listed
        elif pair.rule == "letter":
            # A listed letter met by a longer word explains little of that word.
            initials |= pair.listed
            listed |= pair.listed
            continue
        said |= pair.said
        listed |= pair.listed
    if not listed & ~initials:
        return 0.0
    alone = sum([weight for at, weight in enumerate(said_weights) if not said >> at & 1])
    inner = outer = 0.0
    strong = 0
    beside = False
    last = len(listed_weights) - 1
    within = last > 1 and listed & 1 and listed >> last & 1
    for at, weight in enumerate(listed_weights):
        if not listed >> at & 1:
            if within:
                inner += weight
            else:
                outer += weight
        elif not light[at]:
            strong += 1
        else:
            beside = True
    missing = (UNMET_CUT if cut else UNMET_LISTED) * outer + (UNMET_CUT if cut else UNMET_INNER) * inner
    # One common word of several is no person: at least two words must meet, unless one is all there is, or it is rare and a small word
    # of the name stands beside it, as a company's legal form does.
    if strong < 2 and inner + outer > LONE_SHARE * full and not (beside and max(pair.weight for pair in chosen) > RARE * most):
        missing *= LONE_FACTOR
    reached = min(1.0, gained / (full + UNMET_SAID * alone + missing))
    if reached == 1.0:
        return 1.0
    return 1.0 - SPREAD * (1.0 - reached * (1.0 - DOUBT * math.exp(-gained / (DOUBT_EVIDENCE * most))))


def initial_gain(missing: float, floor: float) -> float:
    """What an initial that meets a word adds, of the word's weight, to the sum by which `Candidates` bounds a score from above.

    A part of the word's evidence is gained, and the whole word is no longer missing; `missing` is what a missing word costs at the least. Above zero
    for every floor up to 1.
    """
    return INITIAL_SHARE * (INITIAL_SIMILARITY - floor) + missing * floor


def needed(floor_milli: int) -> float:
    """What must be reached, before doubt, for a score that rounds to `floor_milli` thousandths."""
    return 1.0 - (1.0 - (floor_milli - 0.5) / 1000) / SPREAD
