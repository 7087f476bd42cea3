"""An instruction's mentions -> a verdict bound to the list set. Whatever goes wrong is a hold, never a pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from contextlib import suppress

import msgspec

from fondaco.compliance.cargo import Cargo
from fondaco.compliance.configuration import Configuration, Judging
from fondaco.compliance.list_set import ENGINE, ListSet, ScreeningUnfit
from fondaco.compliance.lists import Entry
from fondaco.compliance.matching import LIGHT, Found, Index, normal_identifier, tokens
from fondaco.compliance.verdict import JUDGE, PARTY_DATA, Hit, Spared, Verdict
from fondaco.compliance.weighing import RAISE_MAX, Facts, facts_of, fingerprint_of, party_path, weigh, weighed
from fondaco.core import Instant, Mention

_TEXTS_MAX = 1 << 18
_QUIET_MAX = 1 << 16
_MESSAGES_MAX = 1 << 13
# Texts of so few words are also read as one name; names of more may hold one among other words.
_WORDS_WHOLE = 7
_WORDS_NAME = 4
_Key = tuple[str, str]
_NAMES = ("name", "agent")
_NUMBERED = ("identifier", "agent", "text")
_DIGIT = re.compile(r"[0-9]")
_ALL_ZERO = str.maketrans("123456789", "000000000")
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"\w+")
# A number is no name; two words of letters are one, though a figure stands beside them.
_WORDY = re.compile(r"[^\W\d_]{3,}.*[\W_].*?[^\W\d_]{3,}")
# Told of a party, and no name: they weigh a name's score, and are not looked for themselves.
_FACTS = frozenset({"country", "birth"})
_PREFIX_MAX = 4
_ENCODE = msgspec.msgpack.Encoder().encode
NOWHERE = ("", "")
_digests: dict[int, tuple[tuple[Mention, ...], bytes]] = {}


class Screener:
    """Screens against one list set. Making it runs the canaries: names of each list that must hit. `before` is the screener that served
    until now: where the lists say the same, its index and what it remembers serve on.

    Raises `ScreeningUnfit` when a required list is missing or a canary is not found at the configured threshold.
    """

    engine = f"{ENGINE}+{JUDGE}"

    def __init__(self, lists: ListSet, before: Screener | None = None) -> None:
        self.lists = lists
        for key, setting in lists.settings.items():
            if setting.required and key not in lists.editions:
                raise ScreeningUnfit(f"list {key} is missing")
        self._content = _content_of(lists)
        # Lists are published anew more often than they change: what says the same is not indexed and not matched again.
        same = before is not None and before._content == self._content
        self._index: Index = before._index if before is not None and same else Index(lists.editions.values())
        self._entries: dict[tuple[str, str], Entry] = {
            (key, entry.entry_id): entry for key, edition in lists.editions.items() for entry in edition.entries
        }
        self._cargo = Cargo(lists.editions.values())
        self._digests: dict[tuple[str, str], str] = {}
        # What decides where nobody says otherwise: the settings of the lists alone.
        self._bare = Judging(Configuration(tuple(lists.settings[key] for key in sorted(lists.settings))))
        # Below this no reason raises a name to a hit.
        self._floor = self._bare.floor_milli
        self._fits: dict[str, str] = {}
        # By list: the lowest score of a canary, the most that any threshold may ask.
        self.canary_milli: dict[str, int] = {}
        self._by_text: dict[tuple[str, str], tuple[Hit, ...]] = {}
        # Which listed numbers a text holds: banks and forms are said again and again.
        self._by_number: dict[str, tuple[tuple[str, str, str], ...]] = {}
        # Texts of which neither a name nor a number is listed, by kind: most of what a message says was said before.
        self._quiet: set[_Key] = set()
        if before is not None and same:
            self._floor, self._by_text = before._floor, dict(before._by_text)
        self._until = min((lists.valid_until(key) for key in lists.editions), default=0)
        self._canaries()

    def _canaries(self) -> None:
        for key, edition in self.lists.editions.items():
            if edition.goods:
                continue
            chosen = [
                (entry.entry_id, name.text)
                for entry in edition.entries
                for name in entry.names[:1]
                if not name.weak and sum([word not in LIGHT and len(word) > 1 for word in tokens(name.text)]) > 1
            ]
            if not chosen:
                raise ScreeningUnfit(f"list {key} holds no name to try")
            step = max(1, len(chosen) // 16)
            tries = [
                (entry_id, tried) for entry_id, text in chosen[::step][:16] for tried in (text, " ".join(reversed(text.split())))
            ]
            mentions = [self._keyed([Mention("name", "canary", tried)]) for _, tried in tries]
            # Matched together: one text by itself costs nearly what all of them do.
            self._learn(dict.fromkeys(key for keyed in mentions for _, key in keyed if key not in self._by_text))
            for (entry_id, _), keyed in zip(tries, mentions, strict=True):
                hits = self._all(keyed)
                best = max((hit.score_milli for hit in hits if hit.list_id == key), default=0)
                if best < self.lists.settings[key].threshold_milli:
                    raise ScreeningUnfit(f"list {key}: the canary of entry {entry_id} is not found")
                self.canary_milli[key] = min(best, self.canary_milli.get(key, best))

    def unfit_for(self, judging: Judging) -> str:
        """Why this screener must not decide under a configuration, "" when it may: it is of other settings, or some threshold of it is
        above what the canaries reach."""
        own = self._bare.configuration.settings
        if tuple(sorted(judging.configuration.settings, key=lambda one: one.list_id)) != own:
            return "the list set was made under other settings"
        for key, reached in self.canary_milli.items():
            if judging.highest(key) > reached:
                return f"list {key}: a corridor's threshold of {judging.highest(key)} finds no canary (they reach {reached})"
        return ""

    def holds_because(self, at: Instant, judging: Judging | None = None) -> str:
        """Why this screener holds everything at an instant, "" when it decides: a list is too old, or `unfit_for` says no."""
        if at >= self._until:
            return self.lists.unfit(at) or "no list is in force"
        if judging is None:
            return ""
        if judging.digest not in self._fits:
            self._fits[judging.digest] = self.unfit_for(judging)
        return self._fits[judging.digest]

    def entry(self, list_id: str, entry_id: str) -> str:
        """The digest of a listed entry, "" where the list has none of this number: it changes with anything that the list says of it."""
        key = (list_id, entry_id)
        found = self._digests.get(key)
        if found is None:
            entry = self._entries.get(key)
            found = hashlib.sha256(_ENCODE(entry)).hexdigest()[:32] if entry is not None else ""
            self._digests[key] = found
        return found

    def screen(
        self,
        batch: Sequence[Sequence[Mention]],
        at: Instant,
        judging: Judging | None = None,
        ends: Sequence[tuple[str, str]] | None = None,
        lacking: Sequence[tuple[str, str] | None] | None = None,
    ) -> list[Verdict]:
        """One verdict for each instruction's mentions, under a configuration (default: the lists' settings alone).

        `ends` are the BICs (of eight) of each instruction's two banks: with them the corridor's thresholds hold, and a bank that is
        held itself holds the instruction. `lacking` is what an instruction should tell of its parties and does
        not: place and code. Never raises for what it is given: a failure is a HOLD.
        """
        decides = judging or self._bare
        version, engine, digest = self.lists.version, self.engine, decides.digest
        why = self.holds_because(at, judging)
        self._look_from(decides.floor_milli)
        verdicts = []
        # What the whole batch says goes through the matcher at once. If that fails, each instruction is tried alone.
        keyed: list[list[tuple[Mention, _Key]]] = []
        with suppress(Exception):
            if not why:
                keyed = [self._keyed(said) for said in batch]
                self._learn(dict.fromkeys([key for keys in keyed for _, key in keys if key not in self._by_text]))
        for place, said in enumerate(batch):
            between = ends[place] if ends is not None else NOWHERE
            message = b""
            try:
                message = message_digest(said)
                if why or decides.bars(between):
                    because = why or "a bank of this payment is held by screening itself"
                    verdicts.append(Verdict("HOLD", version, engine, because, (), message, digest, int(at)))
                    continue
                found = self._all(keyed[place] if keyed else self._keyed(said))
                hits, spared = self._judge(said, found, between, decides, at) if found else ((), ())
                hits += self._shipped(said, hits) + decides.places(said)
                untold = lacking[place] if lacking is not None else None
                if untold is not None:
                    hits += (_incomplete(*untold),)
            except Exception as fault:
                why_not = f"{type(fault).__name__} while matching"
                verdicts.append(Verdict("HOLD", version, engine, why_not, (), message, digest, int(at)))
                continue
            outcome = "HIT" if hits else "CLEAR"
            verdicts.append(Verdict(outcome, version, engine, "", hits, message, digest, int(at), spared))
        return verdicts

    def _shipped(self, said: Sequence[Mention], known: Sequence[Hit]) -> tuple[Hit, ...]:
        """Goods and ships; a ship whose number hit already is one hit."""
        found = self._cargo.hits(said)
        if not found:
            return ()
        met = {(hit.path, hit.list_id, hit.entry_id) for hit in known if hit.exact}
        return tuple(
            msgspec.structs.replace(hit, entry=hit.entry or self.entry(hit.list_id, hit.entry_id))
            for hit in found
            if (hit.path, hit.list_id, hit.entry_id) not in met
        )

    def _look_from(self, floor_milli: int) -> None:
        if floor_milli != self._floor:
            # What is remembered was looked for from another score on.
            self._floor = floor_milli
            self._by_text.clear()
            self._quiet.clear()

    def likenesses(self, batch: Sequence[Sequence[Mention]], from_milli: int) -> list[tuple[Hit, ...]]:
        """What each instruction's mentions resemble from a score on, whatever the thresholds: for calibration. It is no verdict, and a
        fault is raised."""
        settings = self._bare.configuration.settings
        lower = tuple(msgspec.structs.replace(one, threshold_milli=from_milli) for one in settings)
        judging = Judging(Configuration(lower))
        self._look_from(judging.floor_milli)
        return [self._judge(said, self._all(self._keyed(said)), NOWHERE, judging, Instant(0))[0] for said in batch]

    def best_scores(self, batch: Sequence[Sequence[Mention]], from_milli: int) -> list[dict[str, int]]:
        """The highest score of each list in each instruction's mentions, by list, from a score on."""
        found = []
        for hits in self.likenesses(batch, from_milli):
            best: dict[str, int] = {}
            for hit in hits:
                best[hit.list_id] = max(hit.score_milli, best.get(hit.list_id, 0))
            found.append(best)
        return found

    def _judge(
        self, mentions: Sequence[Mention], found: Sequence[Hit], ends: tuple[str, str], judging: Judging, at: Instant
    ) -> tuple[tuple[Hit, ...], tuple[Spared, ...]]:
        """Weigh what was found: the score that decides, with its reasons; what is below the corridor's threshold falls away, and what an
        officers' entry answers is spared."""
        kinds = {(mention.path, mention.text): mention for mention in mentions}
        told: dict[str, Facts] = {}
        parties: dict[tuple[str, str], str] = {}
        hits, spared = [], []
        for one in found:
            name, threshold = one.score_milli, judging.threshold(one.list_id, ends)
            if name + RAISE_MAX < threshold and not one.exact:
                continue
            mention = kinds[one.path, one.said]
            facts: Facts | None = None
            party = one.path
            if mention.kind == "name" or (mention.kind == "agent" and one.path.endswith("/Nm")):
                party = party_path(one.path)
                facts = told.get(party)
                if facts is None:
                    facts = told[party] = facts_of(party, mentions)
            entry = self._entries.get((one.list_id, one.entry_id))
            reasons: tuple[tuple[str, int], ...] = ()
            score = name
            if facts is not None and entry is not None and not one.exact:
                reasons = weigh(facts, entry)
                score = weighed(name, reasons, threshold, judging.strong_milli)
            if score < threshold and not one.exact:
                continue
            fingerprint = parties.get((one.path, one.said))
            if fingerprint is None:
                fingerprint = parties[one.path, one.said] = fingerprint_of(mention, facts)
            hit = Hit(
                one.path, one.said, one.list_id, one.entry_id, one.listed, score, one.words, name, reasons, party,
                fingerprint, self.entry(one.list_id, one.entry_id),
            )  # fmt: skip
            by = judging.spared_by(hit, int(at))
            if by is None:
                hits.append(hit)
            else:
                spared.append(Spared(by.key, hit))
        return tuple(hits), tuple(spared)

    def _all(self, mentions: Sequence[tuple[Mention, _Key]]) -> tuple[Hit, ...]:
        found: list[Hit] = []
        for mention, key in mentions:
            hits = self._by_text.get(key)
            if hits is None:
                self._learn((key,))
                hits = self._by_text[key]
            if mention.kind in _NUMBERED:
                numbered = self._identifier(mention)
                if numbered:
                    hits = (*numbered, *hits)
            if hits:
                found += [msgspec.structs.replace(hit, path=mention.path, said=mention.text) for hit in hits]
            else:
                if len(self._quiet) >= _QUIET_MAX:
                    self._quiet.clear()
                self._quiet.add((mention.kind, mention.text))
        return tuple(found)

    def _keyed(self, mentions: Sequence[Mention]) -> list[tuple[Mention, _Key]]:
        """What is looked for of these mentions, and by which key it is remembered: figures in free text name nobody.

        What tells of a party and names nobody, and is no longer than its kind is, is not looked for; nor is again what names nobody listed.
        """
        quiet = self._quiet
        return [
            (mention, (kind, mention.text.translate(_ALL_ZERO) if kind == "text" else mention.text))
            for mention in mentions
            if ((kind := mention.kind), mention.text) not in quiet
            and kind not in _FACTS
            and (kind != "prefix" or len(mention.text) > _PREFIX_MAX)
        ]

    def _learn(self, new: Collection[_Key]) -> None:
        """Match what was not said before. What a text's hits are depends on the text alone."""
        if not new:
            return
        if len(self._by_text) >= _TEXTS_MAX:
            self._by_text.clear()
        whole: list[_Key] = []
        within: list[_Key] = []
        for key in new:
            kind, text = key
            if kind == "identifier" and (_DIGIT.search(text) or not _LETTER.search(text)) and not _WORDY.search(text):
                continue
            words = len(_WORDS.findall(text))  # not by spaces: points and strokes part words, too
            if kind in _NAMES or words <= _WORDS_WHOLE:
                whole.append(key)
            if kind != "name" or words > _WORDS_NAME:
                within.append(key)
        found: dict[_Key, list[Found]] = {key: [] for key in new}
        for keys, search in ((whole, self._index.search_many), (within, self._index.search_within)):
            for key, hits in zip(keys, search([text for _, text in keys], self._floor), strict=True):
                found[key] += hits
        for key, hits in found.items():
            self._by_text[key] = self._best(hits) if hits else ()

    def _best(self, found: Sequence[Found]) -> tuple[Hit, ...]:
        """Of each entry the likest name. What its list's threshold makes of it is judged later, with what else is told of the party."""
        hits: dict[tuple[str, str], Found] = {}
        for one in found:
            known = hits.get((one.list_id, one.entry_id))
            if known is None or known.score_milli < one.score_milli:
                hits[one.list_id, one.entry_id] = one
        ranked = sorted(hits.values(), key=lambda one: (-one.score_milli, one.list_id, one.entry_id))
        return tuple(
            [
                Hit(
                    "",
                    "",
                    one.list_id,
                    one.entry_id,
                    one.name,
                    one.score_milli,
                    tuple([(met.said, met.listed, met.rule, met.similarity) for met in one.words]),
                )
                for one in ranked
            ]
        )

    def _identifier(self, mention: Mention) -> Sequence[Hit]:
        """Identifiers meet exactly or not at all: the whole text, and each run of letters and digits in it."""
        if not self._index.identifiers:
            return ()
        met = self._by_number.get(mention.text)
        if met is None:
            if len(self._by_number) >= _TEXTS_MAX:
                self._by_number.clear()
            met = self._by_number[mention.text] = self._numbers_in(mention.text)
        return [
            Hit(mention.path, mention.text, list_id, entry_id, key, 1000, ((key, key, "identifier", 1.0),))
            for key, list_id, entry_id in met
        ]

    def _numbers_in(self, text: str) -> tuple[tuple[str, str, str], ...]:
        """Each listed number that stands in a text, with the list and the entry that have it."""
        listed = self._index.identifiers
        words = text.split()
        keys = [normal_identifier(text), *(map(normal_identifier, words) if len(words) > 1 else ())]
        if listed.keys().isdisjoint(keys):
            return ()
        return tuple([(key, *entry) for key in dict.fromkeys(keys) for entry in listed.get(key, ())])


def _content_of(lists: ListSet) -> dict[str, bytes]:
    """What each list says, without when and in which files it came."""
    return {key: hashlib.sha256(_ENCODE([one.entries, one.goods])).digest() for key, one in lists.editions.items()}


def _incomplete(path: str, code: str) -> Hit:
    return Hit(
        path, "", PARTY_DATA, code, "told of the party (FATF Recommendation 16)", 1000, (("", code, "missing", 1.0),), 1000
    )


def message_digest(mentions: Sequence[Mention]) -> bytes:
    """SHA-256 over what is screened of a message, in its order."""
    # Asked at least twice of each message: by who screens it, and by who checks what screening answered. Known by itself and not by what it
    # says, which would cost as much to compare; what may change is not remembered.
    known = _digests.get(id(mentions))
    if known is not None and known[0] is mentions:
        return known[1]
    made = hashlib.sha256(_ENCODE(list(mentions))).digest()
    if type(mentions) is tuple:
        if len(_digests) >= _MESSAGES_MAX:
            _digests.clear()
        _digests[id(mentions)] = mentions, made
    return made
