"""How a threshold would do on traffic and on a seeded test set: alert rates, recall, and a proposal. It changes nothing by itself.

The test set is made by code from a seed: honest names out of invented syllables, and names of the lists in force, each disguised in one
way. Only sums are reported: which disguise works worst is nobody's to read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from fondaco.compliance.list_set import ListSet
from fondaco.compliance.matching import LIGHT, tokens
from fondaco.compliance.screening import Screener
from fondaco.core import Mention

LOWEST, HIGHEST, STEP = 800, 950, 10
THRESHOLDS = tuple(range(LOWEST, HIGHEST + 1, STEP))
ANY = "any"
_CASES_PER_LIST = 400
_BATCH = 256
_ONSETS = "b br c ch d dr f g gr h j k kl l m n p pr r s st t tr v w y z".split()
_NUCLEI = "a e i o u ai ei ou ia".split()
_CODAS = ["", "", "", "n", "r", "l", "s", "m", "ng", "k"]
_HONEST_FORMS = ("Trading", "Foods", "Textiles", "Marine", "Works", "Logistics", "Partners", "Clinic")
_LOOKALIKES = str.maketrans("aeopcxAEOPCXTHKBM", "аеорсхАЕОРСХТНКВМ")
_INVISIBLE = "\u200b\u00ad\u2060\u200d"


class Sample(NamedTuple):
    """One message of the traffic: its corridor (`SG-TH`, "" where unknown) and what it says."""

    corridor: str
    said: Sequence[Mention]


class Rate(msgspec.Struct, frozen=True):
    """One list in one corridor (`any` for all) at one threshold (thousandths): messages that would alert, of how many.

    `found` of `cases` disguised names of the list would be found; `honest_alerts` of `honest` invented honest names would alert.
    """

    list_id: str
    corridor: str
    threshold_milli: int
    alerts: int
    messages: int
    found: int
    cases: int
    honest_alerts: int
    honest: int


class Proposal(msgspec.Struct, frozen=True):
    """A threshold for one list in one corridor, with what speaks for it. `now_milli` is the one in force. Only a rulebook changes it."""

    list_id: str
    corridor: str
    now_milli: int
    proposed_milli: int
    why: str


class Calibration(msgspec.Struct, frozen=True):
    """A calibration of one day (ISO date), on one list set by one engine, with the seed of its test set."""

    day: str
    engine: str
    list_set: str
    seed: int
    alert_target_bps: int
    recall_target_bps: int
    rates: list[Rate]
    proposals: list[Proposal]


def honest_names(seed: int, count: int) -> list[str]:
    """Invented names of people and firms, the same for the same seed."""
    lot = Random(f"honest {seed}")  # noqa: S311 - a lot, not a secret
    names = []
    for _ in range(count):
        words = [_word(lot).capitalize() for _ in range(lot.choice((2, 2, 2, 3)))]
        if lot.random() < 0.3:
            words = [*words[:2], lot.choice(_HONEST_FORMS), lot.choice(("Ltd", "Co", "Sdn Bhd", "PT", ""))]
        names.append(" ".join(filter(None, words)))
    return names


def _word(lot: Random) -> str:
    return "".join(lot.choice(_ONSETS) + lot.choice(_NUCLEI) + lot.choice(_CODAS) for _ in range(lot.choice((2, 2, 3))))


def disguised_names(lists: ListSet, seed: int) -> dict[str, list[tuple[str, str]]]:
    """By list: (entry, a name of it disguised in one way), evenly taken from its strong names of two words and more."""
    found = {}
    for list_id, edition in sorted(lists.editions.items()):
        lot = Random(f"disguised {seed} {list_id}")  # noqa: S311 - a lot, not a secret
        names = [
            (entry.entry_id, name.text)
            for entry in edition.entries
            for name in entry.names
            if not name.weak and sum(word not in LIGHT for word in tokens(name.text)) > 1
        ]
        step = max(1, len(names) // _CASES_PER_LIST)
        found[list_id] = [(entry_id, _disguised(text, lot)) for entry_id, text in names[::step][:_CASES_PER_LIST]]
    return found


def _disguised(text: str, lot: Random) -> str:
    words = text.split()
    way = lot.randrange(9)
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    word = words[longest]
    at = lot.randrange(1, max(2, len(word) - 1))
    if way == 0:
        lot.shuffle(words)
    elif way == 1:
        words[longest] = word[:at] + word[at + 1 :]
    elif way == 2:
        words[longest] = word[:at] + word[at - 1] + word[at:]
    elif way == 3 and len(word) > at + 1:
        words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif way == 4 and len(words) > 2:
        del words[min(range(len(words)), key=lambda at: len(words[at]))]
    elif way == 5:
        words[longest] = word.translate(_LOOKALIKES)
    elif way == 6:
        words[longest] = word[:at] + lot.choice(_INVISIBLE) + word[at:]
    elif way == 7 and len(words) > 2:
        words[0] = words[0][0]
    else:
        words = [one.swapcase() for one in words]
    return " ".join(words)


def calibrate(
    screener: Screener,
    traffic: Iterable[Sample],
    day: str,
    seed: int,
    *,
    alert_target_bps: int = 100,
    recall_target_bps: int = 9_600,
) -> Calibration:
    """Rates of every list in every corridor of the traffic, and proposals. Targets are basis points: of messages that may alert, and of
    disguised names that must be found. The same lists, traffic and seed give the same report."""
    lists = screener.lists
    corridors: dict[str, int] = {}
    alerts: dict[tuple[str, str], list[int]] = {}
    batch: list[Sample] = []

    def count(samples: list[Sample]) -> None:
        for sample, best in zip(samples, screener.best_scores([one.said for one in samples], LOWEST), strict=True):
            places = [ANY] + ([sample.corridor] if sample.corridor else [])
            for place in places:
                corridors[place] = corridors.get(place, 0) + 1
                for list_id, score in best.items():
                    alerts.setdefault((list_id, place), []).append(score)

    for sample in traffic:
        batch.append(sample)
        if len(batch) == _BATCH:
            count(batch)
            batch = []
    count(batch)
    honest = honest_names(seed, 2_000)
    honest_scores = _best(screener, honest)
    disguises = disguised_names(lists, seed)
    rates = []
    for list_id in sorted(lists.editions):
        cases = disguises[list_id]
        met = sorted(
            max((score for entry, score in one if entry == entry_id), default=0)
            for (entry_id, _), one in zip(cases, _entries(screener, list_id, [text for _, text in cases]), strict=True)
        )
        honest_met = sorted(one.get(list_id, 0) for one in honest_scores)
        for place in sorted({ANY, *corridors}, key=lambda one: (one != ANY, one)):
            scored = sorted(alerts.get((list_id, place), []))
            for threshold in THRESHOLDS:
                rates.append(
                    Rate(
                        list_id, place, threshold, _reaching(scored, threshold), corridors.get(place, 0), _reaching(met, threshold), len(met),
                        _reaching(honest_met, threshold), len(honest_met),
                    )
                )  # fmt: skip
    now = {key: one.threshold_milli for key, one in lists.settings.items()}
    return Calibration(
        day, screener.engine, lists.version, seed, alert_target_bps, recall_target_bps, rates,
        _proposals(rates, now, alert_target_bps, recall_target_bps),
    )  # fmt: skip


def _best(screener: Screener, names: Sequence[str]) -> list[dict[str, int]]:
    return screener.best_scores([[Mention("name", "calibration/Nm", name)] for name in names], LOWEST)


def _entries(screener: Screener, list_id: str, names: Sequence[str]) -> list[list[tuple[str, int]]]:
    said = [[Mention("name", "calibration/Nm", name)] for name in names]
    return [
        [(hit.entry_id, hit.score_milli) for hit in hits if hit.list_id == list_id] for hits in screener.likenesses(said, LOWEST)
    ]


def _reaching(scores: Sequence[int], threshold: int) -> int:
    return len(scores) - bisect_left(scores, threshold)


def _proposals(rates: Sequence[Rate], now: Mapping[str, int], alert_bps: int, recall_bps: int) -> list[Proposal]:
    """For each list and corridor the lowest threshold that alerts on no more than the target; where recall falls short there, the highest
    that still finds enough. The United Nations list is never proposed above what is in force."""
    groups: dict[tuple[str, str], list[Rate]] = {}
    for rate in rates:
        groups.setdefault((rate.list_id, rate.corridor), []).append(rate)
    found = []
    for (list_id, corridor), group in groups.items():
        quiet = [r for r in group if _alert_bps(r) <= alert_bps]
        finding = [r for r in group if r.cases and 10_000 * r.found >= recall_bps * r.cases]
        if quiet and quiet[0] in finding:
            chosen, why = quiet[0], "the lowest that alerts on no more than the target"
        elif finding:
            chosen, why = finding[-1], "the highest that still finds what must be found; more alert than the target"
        else:
            chosen, why = group[0], "no threshold finds enough: the lowest there is, and look at the list"
        proposed = chosen.threshold_milli
        if list_id == "un" and proposed > now[list_id]:
            proposed, why = now[list_id], "the United Nations list is not narrowed: what is in force stays"
        found.append(Proposal(list_id, corridor, now[list_id], proposed, why))
    return found


def _alert_bps(rate: Rate) -> int:
    """Of the traffic where there is any, of the honest names else; in basis points, rounded up."""
    alerts, of = (rate.alerts, rate.messages) if rate.messages else (rate.honest_alerts, rate.honest)
    return -(-10_000 * alerts // of) if of else 0
