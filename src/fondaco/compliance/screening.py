"""An instruction's mentions -> a verdict bound to the list set. Whatever goes wrong is a hold, never a pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import msgspec

from fondaco.compliance.lists import ListEdition
from fondaco.compliance.matching import LIGHT, Found, Index, normal_identifier, tokens
from fondaco.core import Instant, Mention

ENGINE = "fondaco-names-2"
_DAY_NS = 86_400 * 1_000_000_000
_TEXTS_MAX = 1 << 18
# Texts of so few words are also read as one name; names of more may hold one among other words.
_WORDS_WHOLE = 7
_WORDS_NAME = 4
_Key = tuple[str, str]
_NAMES = ("name", "agent")
_NUMBERED = ("identifier", "agent", "text")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[^\W\d_]")


class ListSetting(msgspec.Struct, frozen=True, array_like=True):
    """How one list binds: the alert threshold in thousandths, its greatest age, whether the hub may run without it."""

    list_id: str
    threshold_milli: int
    max_age_days: int
    required: bool


class Hit(msgspec.Struct, frozen=True, array_like=True):
    """One mention that resembles one listed name, and how; for officers alone."""

    path: str
    said: str
    list_id: str
    entry_id: str
    listed: str
    score_milli: int
    words: tuple[tuple[str, str, str, float], ...]


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """CLEAR, HIT, or HOLD (not to be known now). Bound to the list set, the configuration and the engine."""

    outcome: str
    list_set: str
    engine: str
    why: str = ""
    hits: tuple[Hit, ...] = ()

    def digest(self) -> bytes:
        return hashlib.sha256(msgspec.msgpack.encode(self)).digest()


class ScreeningUnfit(Exception):
    """A list is missing, or a name known to be listed is not found: nothing may be screened with this."""


class ListSet:
    """Lists in force together. Immutable; its version is a hash over all their digests and settings."""

    def __init__(self, editions: Sequence[ListEdition], settings: Sequence[ListSetting]) -> None:
        self.editions: Mapping[str, ListEdition] = {edition.list_id: edition for edition in editions}
        self.settings: Mapping[str, ListSetting] = {setting.list_id: setting for setting in settings}
        unknown = set(self.editions) - set(self.settings)
        if unknown:
            raise ScreeningUnfit(f"no setting for list {', '.join(sorted(unknown))}")
        parts = [(key, self.editions[key].digest if key in self.editions else "") for key in sorted(self.settings)]
        material = msgspec.msgpack.encode([ENGINE, parts, [self.settings[key] for key in sorted(self.settings)]])
        self.version = hashlib.sha256(material).hexdigest()[:32]

    def valid_until(self, list_id: str) -> int:
        """The first instant at which this list is too old: a list counts from the instant it was received."""
        return self.editions[list_id].received_at + self.settings[list_id].max_age_days * _DAY_NS

    def unfit(self, at: Instant) -> str:
        """Why nothing may be screened at this instant, "" when it may."""
        for key in sorted(self.settings):
            setting = self.settings[key]
            if key not in self.editions:
                if setting.required:
                    return f"list {key} is missing"
            elif at >= self.valid_until(key):
                return f"list {key} is older than {setting.max_age_days} days"
            elif not self.editions[key].entries:
                return f"list {key} is empty"
        return ""


class Screener:
    """Screens against one list set. Making it runs the canaries: names of each list that must hit.

    Raises `ScreeningUnfit` when a required list is missing or a canary is not found at the configured threshold.
    """

    def __init__(self, lists: ListSet) -> None:
        self.lists = lists
        for key, setting in lists.settings.items():
            if setting.required and key not in lists.editions:
                raise ScreeningUnfit(f"list {key} is missing")
        self._index = Index(lists.editions.values())
        self._floor = min((setting.threshold_milli for setting in lists.settings.values()), default=1000)
        self._by_text: dict[_Key, tuple[Hit, ...]] = {}
        self._until = min((lists.valid_until(key) for key in lists.editions), default=0)
        self._canaries()

    def _canaries(self) -> None:
        for key, edition in self.lists.editions.items():
            chosen = [
                (entry.entry_id, name.text)
                for entry in edition.entries
                for name in entry.names[:1]
                if not name.weak and sum([word not in LIGHT and len(word) > 1 for word in tokens(name.text)]) > 1
            ]
            if not chosen:
                raise ScreeningUnfit(f"list {key} holds no name to try")
            step = max(1, len(chosen) // 16)
            for entry_id, text in chosen[::step][:16]:
                turned = " ".join(reversed(text.split()))
                for tried in (text, turned):
                    hits = self._all([(Mention("name", "canary", tried), ("name", tried))])
                    if not any(hit.list_id == key for hit in hits):
                        raise ScreeningUnfit(f"list {key}: the canary of entry {entry_id} is not found")

    def screen(self, batch: Sequence[Sequence[Mention]], at: Instant) -> list[Verdict]:
        """One verdict for each instruction's mentions. Never raises for what it is given: a failure is a HOLD."""
        version = self.lists.version
        if at >= self._until:
            held = Verdict("HOLD", version, ENGINE, self.lists.unfit(at) or "no list is in force")
            return [held] * len(batch)
        clear = Verdict("CLEAR", version, ENGINE)
        verdicts = []
        keyed = [[(mention, _key(mention)) for mention in mentions if mention.kind != "country"] for mentions in batch]
        remembered = self._by_text
        # What the whole batch says goes through the matcher at once. If that fails, each instruction is tried alone.
        new = dict.fromkeys([key for mentions in keyed for _, key in mentions if key not in remembered])
        if new:
            with suppress(Exception):
                self._learn(new)
        for mentions in keyed:
            try:
                hits = self._all(mentions)
            except Exception as fault:
                verdicts.append(Verdict("HOLD", version, ENGINE, f"{type(fault).__name__} while matching"))
                continue
            verdicts.append(Verdict("HIT", version, ENGINE, "", hits) if hits else clear)
        return verdicts

    def _all(self, mentions: Sequence[tuple[Mention, _Key]]) -> tuple[Hit, ...]:
        found: list[Hit] = []
        for mention, key in mentions:
            hits = self._by_text.get(key)
            if hits is None:
                self._learn((key,))
                hits = self._by_text[key]
            if mention.kind in _NUMBERED:
                hits = (*self._identifier(mention), *hits)
            if hits:
                found += [msgspec.structs.replace(hit, path=mention.path, said=mention.text) for hit in hits]
        return tuple(found)

    def _learn(self, new: Collection[_Key]) -> None:
        """Match what was not said before. What a text's hits are depends on the text alone."""
        if len(self._by_text) >= _TEXTS_MAX:
            self._by_text.clear()
        whole: list[_Key] = []
        within: list[_Key] = []
        for key in new:
            kind, text = key
            if kind == "identifier" and (_DIGIT.search(text) or not _LETTER.search(text)):
                continue
            words = text.count(" ") + 1
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
        """Of each entry the likest name that reaches its list's threshold."""
        hits: dict[tuple[str, str], Found] = {}
        for one in found:
            known = hits.get((one.list_id, one.entry_id))
            if one.score_milli >= self.lists.settings[one.list_id].threshold_milli and (
                known is None or known.score_milli < one.score_milli
            ):
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

    def _identifier(self, mention: Mention) -> list[Hit]:
        """Identifiers meet exactly or not at all: the whole text, and each run of letters and digits in it."""
        if not self._index.identifiers:
            return []
        found = []
        keys = dict.fromkeys([normal_identifier(mention.text), *map(normal_identifier, mention.text.split())])
        for key in keys:
            for list_id, entry_id in self._index.identifiers.get(key, ()):
                found.append(Hit(mention.path, mention.text, list_id, entry_id, key, 1000, ((key, key, "identifier", 1.0),)))
        return found


def _key(mention: Mention) -> _Key:
    """What is remembered of a mention: figures in free text name nobody."""
    return mention.kind, _DIGIT.sub("0", mention.text) if mention.kind == "text" else mention.text
