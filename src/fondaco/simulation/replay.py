"""A real day played again on a hub of its own, under the rules that it had or under others (docs/simulator.md).

What came in of itself comes as it came and when it came. Who answered the hub answers as it did and after the same time, also where
the hub asks earlier, later or under another name. Under the same rules the day comes to the same chain, to the byte.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from heapq import heappop, heappush
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance import Decision, sign
from fondaco.core import Instant, Refusal, at, utc_text
from fondaco.hub import BATCH_MAX, Arrive, Command, DecideCase, EndDay, Hub, Move, NotReady, Rulebooks, Tick, close_hub, open_hub
from fondaco.journal import Mail
from fondaco.messages import CustomerTransfers, LiquidityTransfer, Receipt, Returns, Status, camt_025, pacs_002, read, wrap
from fondaco.payments import DECODER, Payment, State
from fondaco.rulebook import (
    RULES,
    Deed,
    OfficerRule,
    Rules,
    Scheme,
    Vote,
    difference,
    edition_on,
    read_scheme,
    sign_vote,
    succession_faults,
)
from fondaco.simulation.past_day import Correspondence, Letters, PastDay, Reply, names_of

# So often a day that will not end is tried to be ended, each time after what is waited for next.
_ENDS_MAX = 64
_SECOND = 1_000_000_000
OPERATOR, REPRESENTATIVE = "operator", "representative"
_ASKS = frozenset({"pacs.008", "pacs.004", "pacs.009", "pacs.029", "camt.050"})


class RulesUnfit(ValueError):
    """The other rules cannot hold on that day; one mistake a line."""


class Replayed(NamedTuple):
    """A day as it was (`then`) and as it came out (`now`), payments in the order in which they came. `rules` are what differs of the rulebooks.

    `same` says whether the chain came to the same link, `ended` whether the day ended where it had; `undecided` are words of officers on
    cases that are not there now, `supposed` answers that nobody gave then and that were taken to be yes.
    """

    day: str
    then: tuple[Payment, ...]
    now: tuple[Payment, ...]
    scheme_then: Scheme
    scheme_now: Scheme
    same: bool
    ended: bool
    undecided: int
    supposed: int


def replay_day(
    folder: Path, day: str, target: Path, draft: Path | None = None, progress: Callable[[int], None] | None = None
) -> Replayed:
    """Play the business day `day` (ISO date) of the hub in `folder` again in `target`, which is absent or empty; under the rulebook in
    `draft`, or under its own. The hub in `folder` is only read. `progress` is told batches.

    Raises `RulesUnfit` where the draft cannot follow with that day, `NotReady` as `PastDay` does and for a `target` that holds something.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotReady(f"{target} is not empty; a day is replayed in a folder of its own")
    with TemporaryDirectory(prefix="fondaco-replay-") as scratch:
        past = PastDay(folder, day, Path(scratch))
        try:
            return _replayed(past, target, draft, progress or (lambda _: None))
        finally:
            past.close()


def _replayed(past: PastDay, target: Path, draft: Path | None, progress: Callable[[int], None]) -> Replayed:
    first = (past.journal.meta("rulebook") or b"").decode()
    rulebooks = Rulebooks(past.folder)
    then = rulebooks(_version_of(past, first))
    now = then if draft is None else _lawful(then, draft, past)
    _lay_out(past, target, first if draft is None or not past.is_first else None, draft)
    salts = _Salts(past, same=draft is None)
    hub = open_hub(target, salts)
    try:
        for batch in range(1, past.first):
            hub.decide_again(past.inputs(batch))
            hub.take_mail()
            if hub.journal.head()[1] != past.link(batch):
                raise NotReady(f"batch {batch}, before the day, came to another end than it had: another release decided it")
            progress(batch)
        if draft is not None:
            _follow(hub, target, draft, past)
        again = _Again(hub, past, changed=draft is not None)
        ended = again.play(progress)
        hub.flush()
        same = hub.journal.head() == (past.last, past.link(past.last))
        known = (DECODER.decode(raw) for _, raw in hub.journal.payments())
        made = tuple(one for one in known if one.taken and one.taken[-1].at >= past.opened)
    finally:
        close_hub(hub)
    return Replayed(past.day, tuple(past.payments()), made, then, now, same, ended, again.undecided, again.supposed)


def _version_of(past: PastDay, first: str) -> str:
    """The rulebook under which the day was opened, as the journal notes it."""
    noted = next(one.facts for one in next(past.journal.links(past.first)).entries() if one.subject == f"day {past.day}")
    begin = noted.removeprefix("rulebook ")
    kept = [first, *sorted(path.name for path in (past.folder / "rulebooks").iterdir())]
    return next(version for version in kept if version.startswith(begin))


def _lawful(then: Scheme, draft: Path, past: PastDay) -> Scheme:
    """The draft's rulebook, if it could have taken over with that day. Raises `RulesUnfit`."""
    found = read_scheme(draft)
    if isinstance(found, list):
        raise RulesUnfit("the rulebook has mistakes:\n" + "\n".join(f"  {one}" for one in found))
    faults = [f"{one.where}: {one.found}" for one in succession_faults(then, found, past.before, past.day)]
    if any(one.place.startswith("lists/") for one in difference(then, found)):
        faults.append("lists: a day is replayed against the lists that it had")
    if faults:
        raise RulesUnfit(f"the rulebook cannot take over with {past.day}:\n" + "\n".join(f"  {one}" for one in faults))
    return found


def _lay_out(past: PastDay, target: Path, first: str | None, draft: Path | None) -> None:
    """A hub's folder with the lists and rulebooks that the other has, on embedded stores; it begins with the rulebook `first`, or with the
    draft."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(past.folder / "lists", target / "lists", ignore=shutil.ignore_patterns("inbox"))
    shutil.copytree(past.folder / "rulebooks", target / "rulebooks", ignore=shutil.ignore_patterns("*.draft"))
    source = past.folder / "rulebooks" / first if first is not None else draft
    assert source is not None, "a hub begins with a rulebook"
    shutil.copytree(source, target / "union")


class _Salts:
    """The salts that the batches had, so that the same day comes to the same links; under other rules what follows from them."""

    def __init__(self, past: PastDay, *, same: bool) -> None:
        self._past, self._same = past, same

    def __call__(self, batch: int) -> bytes:
        if self._same and batch <= self._past.last:
            return self._past.inputs(batch).salt
        return hashlib.sha256(b"fondaco replay\0" + self._past.link(self._past.first) + batch.to_bytes(8, "big")).digest()


# Other rules, and officers


def _key(officer: str) -> Ed25519PrivateKey:
    """The key of somebody who is an officer in a replay alone. Everybody can make it, and nobody else's hub knows it."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"fondaco replay {officer}".encode()).digest())


def _public(officer: str) -> str:
    return _key(officer).public_key().public_bytes_raw().hex()


def _twin(officer: str) -> str:
    return f"{officer} in a replay"


def _with_twins(scheme: Scheme) -> Scheme:
    """The rulebook with a twin of every officer and a representative of every member. What an officer said of a case is said again by its
    twin, of the number and the verdict that the case has now, which the officer's signature cannot cover."""
    twins = [
        replace(one, officer_id=_twin(one.officer_id), public_key=_public(_twin(one.officer_id)), passkeys=())
        for one in scheme.officers
    ]
    speakers = [
        OfficerRule(
            _twin(one.bic[:8]), f"{one.name}, in a replay", frozenset({REPRESENTATIVE}), _public(_twin(one.bic[:8])), one.bic[:8]
        )
        for one in scheme.participants
    ]
    return replace(scheme, officers=(*scheme.officers, *twins, *speakers))


def _follow(hub: Hub, target: Path, draft: Path, past: PastDay) -> None:
    """Let the other rules take over with the day as a hub lets rules take over: by motion. Who votes is invented, and says so."""
    after = Rulebooks(target).keep(draft)
    kept = hub.desk.scheme_of
    hub.desk.scheme_of = lambda version: _with_twins(kept(version))
    if past.is_first:
        return  # the hub began with it
    hub.desk.refresh()
    deed, day, now = Deed(RULES, after.version, past.day), hub.desk.counters.day, hub.desk.counters.last_instant
    voters = [one for one in hub.desk.scheme.officers if one.public_key == _public(one.officer_id)]
    votes = [
        Move(sign_vote(Vote(deed, one.officer_id, "a replay under other rules", day, now), _key(one.officer_id)))
        for one in sorted(voters, key=lambda one: OPERATOR not in one.roles)
        if one.roles & {OPERATOR, REPRESENTATIVE}
    ]
    said = hub.process(votes, Instant(now + 1))
    if not any(isinstance(one, str) and one.endswith("CARRIED") for one in said):
        faults = [one.sentence() for one in said if isinstance(one, Refusal)]
        raise RulesUnfit(f"the rulebook cannot take over with {past.day}: {faults[0] if faults else 'too few votes'}")
    hub.flush()
    hub.take_mail()


# The day


class _Again:
    """The day on the hub of the replay: what came of itself, and what answers what the hub sends now."""

    def __init__(self, hub: Hub, past: PastDay, *, changed: bool) -> None:
        self._hub, self._past, self._changed = hub, past, changed
        self._then = Correspondence(past)
        self._letters = Letters()
        self._made, self._end_refused = 0, False
        # What is to come: instant, then the batch and the place that it had; a place for each of what nobody sent then.
        self._ahead: list[tuple[int, int, int, int, Command | None]] = []
        for came in self._then.own:
            self._push(came.at, came.batch, came.place, came.command)
        for batch, instant in enumerate(past.instants(), past.first):
            self._push(instant, batch, -1, None)
        self._numbers = {one.number: (one.sender, one.message_id, one.position) for one in past.payments()}
        self.undecided = self.supposed = 0

    def play(self, progress: Callable[[int], None]) -> bool:
        """Play it to its end; returns whether it ended if it had ended then."""
        if self._changed:
            self._push_cut_offs()
        self._drain(progress)
        for _ in range(_ENDS_MAX if self._end_refused else 0):  # ends: each round waits for what is due next
            self._later(self._next_due(), Tick())
            self._later(self._next_due() + 1, EndDay())
            self._end_refused = False
            self._drain(progress)
            if not self._end_refused:
                break
        return not self._end_refused

    def _push(self, instant: int, batch: int, place: int, command: Command | None) -> None:
        heappush(self._ahead, (instant, batch, place, self._made, command))
        self._made += 1

    def _later(self, instant: int, command: Command) -> None:
        self._push(instant, self._past.last + 1, 0, command)

    def _push_cut_offs(self) -> None:
        """A hub's clock ticks at every cut-off; that of the day ticked at those that it had then."""
        day = date.fromisoformat(self._past.day)
        scheme = self._hub.desk.scheme_of(edition_on(self._hub.desk.editions, self._past.day).version)
        for rule in scheme.cycles:
            cut_off = int(at(datetime.combine(day, rule.cut_off, UTC)))
            if self._past.opened < cut_off:
                self._later(cut_off, Tick())

    def _next_due(self) -> int:
        """The next instant at which the hub does something of itself: an offer's last, or a cut-off; else a second from now."""
        desk = self._hub.desk
        cycle = desk.cycles.get(desk.counters.open_cycle)
        due = [one.deadline for one in desk.live.values() if one.state is State.OFFERED]
        due += [cycle.cut_off] if cycle is not None else []
        return max(min(due, default=0), desk.counters.last_instant + _SECOND)

    def _drain(self, progress: Callable[[int], None]) -> None:
        while self._ahead:  # ends: what is sent is answered once
            instant = self._ahead[0][0]
            commands: list[Command] = []
            while self._ahead and self._ahead[0][0] == instant and len(commands) < BATCH_MAX:
                command = heappop(self._ahead)[-1]
                command = self._said_again(command) if isinstance(command, DecideCase) and self._changed else command
                commands += [command] if command is not None else []
            now = Instant(max(instant, self._hub.desk.counters.last_instant + 1))
            for command, said in zip(commands, self._hub.process(commands, now), strict=True):
                if isinstance(command, EndDay):
                    self._end_refused = isinstance(said, Refusal)
            self._hub.flush()
            for mail in self._hub.take_mail():
                self._answer(mail, int(now))
            progress(self._hub.journal.head()[0])

    def _answer(self, mail: Mail, now: int) -> None:
        letter, names = self._letters.of(mail), names_of(mail)
        replies = self._then.replies.get(letter)
        if replies is not None:
            for reply in replies:
                self._push(now + reply.after, reply.came.batch, reply.came.place, _renamed(reply, names))
        elif letter not in self._then.sent and letter.kind in _ASKS:
            self.supposed += 1
            self._later(now + self._then.usual_delay(letter), _yes(mail, Instant(now), self.supposed, self._hub.desk.in_force()))

    def _said_again(self, command: DecideCase) -> DecideCase | None:
        """An officer's word on a case, of the case that the same payment has now; None where it has none, or is another's."""
        said, cases = command.decision, self._hub.desk.cases
        then = self._past.case(said.case_id)
        payment = None
        if then is not None and then.payment in self._numbers:
            payment = self._now(self._numbers[then.payment])
        case = cases.get(payment.case if payment is not None else said.case_id)
        if case is None or then is None or (payment is None and (case.payment, case.subject) != (then.payment, then.subject)):
            self.undecided += 1
            return None
        if case.case_id == said.case_id and case.verdict.digest() == said.verdict:
            return command
        who = _twin(said.officer_id)
        again = Decision(
            case.case_id,
            who,
            said.verb,
            said.note,
            said.at,
            case.verdict.digest(),
            assignee=_twin(said.assignee) if said.assignee else "",
        )
        return DecideCase(sign(again, _key(who)))

    def _now(self, which: tuple[str, str, int]) -> Payment | None:
        """The payment of now that a message brought, by its sender, its identification and the place in it."""
        for one in self._hub.desk.live.values():
            if (one.sender, one.message_id, one.position) == which:
                return one
        return None


def _renamed(reply: Reply, names: tuple[bytes, ...]) -> Command:
    """The answer as it came, naming what it answers as that is called now."""
    command = reply.came.command
    assert isinstance(command, Arrive), "an answer is a message"
    (name, cycle), (name_now, cycle_now) = reply.names, names
    raw = command.raw.replace(b">" + name + b"<", b">" + name_now + b"<")
    if cycle and cycle_now:
        raw = raw.replace(b">" + cycle + b"P", b">" + cycle_now + b"P")
    return Arrive(command.sender, raw)


def _yes(mail: Mail, now: Instant, number: int, rules: Rules) -> Arrive:
    """What a willing bank or agent says to a message of the hub."""
    asked = read(mail.raw, bulk=True)
    bic = rules.participants[mail.recipient].bic if mail.recipient in rules.participants else mail.recipient
    name, text = f"{mail.recipient}-R{number:09d}", utc_text(now)
    if isinstance(asked.body, LiquidityTransfer):
        kind, content = "camt.025.001.08", camt_025(name, text, Receipt(asked.message_id, "ACSC", ""))
    else:
        rows: list[Status] = []
        if isinstance(asked.body, CustomerTransfers | Returns):
            rows = [
                Status(one.instruction_id, one.end_to_end_id, one.transaction_id, one.uetr, "ACSP", "", "", text)
                for one in asked.body.transfers
            ]
        kind = "pacs.002.001.15" if asked.kind.endswith((".13", ".14")) else "pacs.002.001.10"
        said = "" if rows else "ACSC" if asked.kind.startswith("pacs.009") else "ACSP"
        content = pacs_002(name, text, asked.message_id, asked.kind, rows, said)
    return Arrive(bic, wrap(kind, bic, rules.hub_bic, name, text, content))
