"""Good-guy entries of a desk: two officers' words bring them into force; other lists and time end them. All of it is journalled."""

from __future__ import annotations

from fondaco.compliance import VOUCH, GoodGuy, GoodGuyEvent, GoodGuyState, Screener, end, vouch, withdraw
from fondaco.core import Reason, Refusal
from fondaco.hub.commands import Vouch
from fondaco.hub.state import Batch, Desk, officers_of

_OPEN = (GoodGuyState.PROPOSED, GoodGuyState.IN_FORCE)


class Vouching:
    """The entries of a desk. `revision` counts up with every change of what is in force."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.revision = 0

    def in_force(self) -> tuple[GoodGuy, ...]:
        """What answers hits now, by key; the words stay with the journal's records."""
        found = [one for _, one in sorted(self._desk.good_guys.items()) if one.state is GoodGuyState.IN_FORCE]
        return tuple(GoodGuy(o.key, o.fingerprint, o.list_id, o.entry_id, o.entry, o.until, o.state, ()) for o in found)

    def said(self, batch: Batch, command: Vouch) -> Refusal | str:
        desk, word = self._desk, command.word
        days = desk.in_force().good_guy_days_max
        if not days:
            return Refusal(Reason.OUT_OF_TURN, "entry", "no article lets officers vouch for a party", "5.10")
        # A word that was kept is signed for ever, and whoever reads it could hand it in again after the entry was withdrawn.
        if any(said.material() == word.material() for one in desk.good_guys.values() for said in one.words):
            return Refusal(Reason.OUT_OF_TURN, "word", "it was counted before", "5.10")
        bound = (word.fingerprint, word.list_id, word.entry_id)
        known = next(
            (o for o in desk.good_guys.values() if o.state in _OPEN and (o.fingerprint, o.list_id, o.entry_id) == bound), None
        )
        officers = officers_of(desk.scheme)
        if word.verb == VOUCH:
            made = vouch(known, word, desk.cases.get(word.case_id), officers, batch.at, days)
        elif known is None:
            made = Refusal(Reason.NOT_FOUND, "entry", "no open entry for this party and entity", "5.10")
        else:
            made = withdraw(known, word, officers)
        if isinstance(made, Refusal):
            return made
        if made.key in desk.good_guys and known is None:  # an earlier one of the same case and entry ended
            made = GoodGuy(
                f"{made.key}-{batch.number}", made.fingerprint, made.list_id, made.entry_id, made.entry, made.until, made.state, made.words
            )  # fmt: skip
        self._keep(batch, made, word.verb, f"officer {word.officer_id}")
        return f"{made.key} {made.state.name}"

    def lists_swapped(self, batch: Batch, screener: Screener) -> None:
        """Entries whose listed entity is not what it was are void."""
        for key in sorted(self._desk.good_guys):
            one = self._desk.good_guys[key]
            if one.state in _OPEN and screener.entry(one.list_id, one.entry_id) != one.entry:
                self._keep(batch, end(one, GoodGuyEvent.ENTRY_CHANGED), "ENTRY_CHANGED", "")

    def time(self, batch: Batch) -> None:
        """End what was for a time that is over. A verdict counts the time itself: nothing depends on when this is noted."""
        for key in sorted(self._desk.good_guys):
            one = self._desk.good_guys[key]
            if one.state in _OPEN and one.until <= batch.at:
                self._keep(batch, end(one, GoodGuyEvent.TIME_RAN_OUT), "TIME_RAN_OUT", "")

    def _keep(self, batch: Batch, one: GoodGuy, event: str, facts: str) -> None:
        self._desk.good_guys[one.key] = one
        batch.good_guys.add(one.key)
        self.revision += 1
        self._desk.note(batch, f"good guy {one.key}", event, "5.10", f"{facts}{', ' if facts else ''}now {one.state.name}")
