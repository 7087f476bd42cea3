"""An instruction's mentions -> a verdict bound to the list set. Whatever goes wrong is a hold, never a pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from fondaco.compliance.list_set import ENGINE, ListSet, ScreeningUnfit
from fondaco.compliance.matching import Index, normal_identifier
from fondaco.compliance.names import tokens
from fondaco.core import Instant, Mention

_TEXTS_MAX = 1 << 18
_WORDS_WHOLE = 7
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[^\W\d_]")


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
        self._by_text: dict[tuple[str, str], tuple[Hit, ...]] = {}
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
                if not name.weak and len(tokens(name.text)) > 1
            ]
            if not chosen:
                raise ScreeningUnfit(f"list {key} holds no name to try")
            step = max(1, len(chosen) // 16)
            for entry_id, text in chosen[::step][:16]:
                turned = " ".join(reversed(text.split()))
                for tried in (text, turned):
                    hits = self._text(Mention("name", "canary", tried))
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
        for mentions in batch:
            try:
                hits = self._all(mentions)
            except Exception as fault:
                verdicts.append(Verdict("HOLD", version, ENGINE, f"{type(fault).__name__} while matching"))
                continue
            verdicts.append(Verdict("HIT", version, ENGINE, "", hits) if hits else clear)
        return verdicts

    def _all(self, mentions: Sequence[Mention]) -> tuple[Hit, ...]:
        found: list[Hit] = []
        remembered = self._by_text
        for mention in mentions:
            if mention.kind == "country":
                continue
            masked = _DIGIT.sub("0", mention.text) if mention.kind == "text" else mention.text
            key = (mention.kind, masked)
            hits = remembered.get(key)
            if hits is None:
                if len(remembered) >= _TEXTS_MAX:
                    remembered.clear()
                hits = remembered[key] = self._text(mention)
            if mention.kind == "text" and masked != mention.text:
                hits = (*hits, *self._identifier(mention))
            if hits:
                found.extend(msgspec.structs.replace(hit, path=mention.path, said=mention.text) for hit in hits)
        return tuple(found)

    def _text(self, mention: Mention) -> tuple[Hit, ...]:
        hits: dict[tuple[str, str], Hit] = {}
        if mention.kind in ("identifier", "agent"):
            for hit in self._identifier(mention):
                hits[hit.list_id, hit.entry_id] = hit
            if mention.kind == "identifier" and (_DIGIT.search(mention.text) or not _LETTER.search(mention.text)):
                return tuple(hits.values())
        words = tuple(word for word in tokens(mention.text) if not word.isdigit())
        stretches: list[tuple[str, ...]] = [words] if len(words) <= _WORDS_WHOLE else []
        if mention.kind != "name" or len(words) > 4:
            stretches += self._index.windows(words)
        for stretch in dict.fromkeys(stretches):
            for found in self._index.search(stretch, self._floor):
                if found.score_milli < self.lists.settings[found.list_id].threshold_milli:
                    continue
                known = hits.get((found.list_id, found.entry_id))
                if known is None or known.score_milli < found.score_milli:
                    hits[found.list_id, found.entry_id] = Hit(
                        mention.path, mention.text, found.list_id, found.entry_id, found.name, found.score_milli,
                        tuple((met.said, met.listed, met.rule, met.similarity) for met in found.words),
                    )  # fmt: skip
        return tuple(sorted(hits.values(), key=lambda hit: (-hit.score_milli, hit.list_id, hit.entry_id)))

    def _identifier(self, mention: Mention) -> list[Hit]:
        """Identifiers meet exactly or not at all: the whole text, and each run of letters and digits in it."""
        found = []
        keys = dict.fromkeys([normal_identifier(mention.text), *map(normal_identifier, mention.text.split())])
        for key in keys:
            for list_id, entry_id in self._index.identifiers.get(key, ()):
                found.append(Hit(mention.path, mention.text, list_id, entry_id, key, 1000, ((key, key, "identifier", 1.0),)))
        return found
