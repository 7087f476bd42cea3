"""What screening answers: CLEAR, HIT or HOLD, bound to everything that it was made from, so that it can be made again bit for bit."""

from __future__ import annotations

import hashlib

import msgspec

# How hits become a verdict: secondary identifiers, thresholds, embargoes, good-guy entries. Part of the engine's version.
JUDGE = "fondaco-judge-2"
# The pseudo-list of hits that an article of the rulebook brings, not a sanctions list.
EMBARGO = "embargo"
# And of payments that do not tell what FATF Recommendation 16 asks for, where the article holds them.
PARTY_DATA = "party_data"


class Hit(msgspec.Struct, frozen=True, array_like=True):
    """One mention that resembles one listed name, and how; for officers alone.

    `score_milli` decides; `name_milli` is the score of the name alone, and `reasons` are what raised or lowered it, each with its
    thousandths. `party` is the path of who is meant, `fingerprint` the party by what was said of it, `entry` the digest of the listed
    entry. A hit that an identifier brought is exact: its words meet by the rule `identifier`.
    """

    path: str
    said: str
    list_id: str
    entry_id: str
    listed: str
    score_milli: int
    words: tuple[tuple[str, str, str, float], ...]
    name_milli: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    party: str = ""
    fingerprint: str = ""
    entry: str = ""

    @property
    def exact(self) -> bool:
        """Whether a number met the same number, or goods their own word: no likeness of names, and nothing that an officer vouches for."""
        return any(rule == "identifier" or rule.startswith("goods by ") for _, _, rule, _ in self.words)


class Spared(msgspec.Struct, frozen=True, array_like=True):
    """A hit that a good-guy entry in force answers: it stays on record, and does not hold the payment."""

    good_guy: str
    hit: Hit


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """CLEAR, HIT, or HOLD (not to be known now).

    Bound to the list set, the engine, the message (SHA-256 over its mentions), the configuration (its digest) and the instant: whoever
    has these makes the same bytes. An empty `configuration` is of a release that bound verdicts to list set and engine alone.
    """

    outcome: str
    list_set: str
    engine: str
    why: str = ""
    hits: tuple[Hit, ...] = ()
    message: bytes = b""
    configuration: str = ""
    at: int = 0
    spared: tuple[Spared, ...] = ()

    def digest(self) -> bytes:
        """SHA-256 of the verdict; officers sign it."""
        if not self.configuration:
            # As the earlier release encoded it: what was signed then is still what is signed.
            hits = [[h.path, h.said, h.list_id, h.entry_id, h.listed, h.score_milli, h.words] for h in self.hits]
            return hashlib.sha256(msgspec.msgpack.encode([self.outcome, self.list_set, self.engine, self.why, hits])).digest()
        return hashlib.sha256(msgspec.msgpack.encode(self)).digest()


def alert_of(fingerprint: str, hits: tuple[Hit, ...]) -> str:
    """The alert of one party and the entities that it hits together: the same for every payment in which that party stands.

    Entries of several lists that one party hits are one cluster. Another entry, or one that says something else now, is another alert.
    """
    entries = sorted({(hit.list_id, hit.entry_id, hit.entry) for hit in hits if hit.fingerprint == fingerprint})
    return hashlib.sha256(msgspec.msgpack.encode([fingerprint, entries])).hexdigest()[:16]


def alerts_of(verdict: Verdict) -> tuple[str, ...]:
    """The alerts of a verdict, each once, in the order of its hits."""
    return tuple(dict.fromkeys(alert_of(hit.fingerprint, verdict.hits) for hit in verdict.hits if hit.fingerprint))
