"""One life from one seed: a union's day through the whole hub in one process, with everything that can fail failing, under an auditor."""

from __future__ import annotations

import hashlib
import random
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

from faults.auditor import Auditor
from faults.bound_laws import Noted, collateral_faults, flow_faults
from faults.bounds import Bounds
from faults.little_union import CUT_OFFS, DAYS, FEES, LISTED, PAPER_MOST, PROVIDERS, SPONSOR, SPONSORED, LittleUnion, opening_of
from faults.machine import Down, Machine
from faults.network import MINUTE, MS, Agenda, Courier, Heard, Lines, S, Sent, Weather
from faults.parties import Parties
from fondaco.core import Instant, Refusal, at, utc_text
from fondaco.hub import Arrive, Command, EndDay, Hub, Tick
from fondaco.journal import Mail, verify
from fondaco.simulation import World

_STEPS_KEPT = 60
_TICK = 70 * S
# How long after the last fault everything must have found its end, beyond what the rulebook itself lets it wait; and while there are faults.
_PATIENCE, _PATIENCE_UNDER_FAULTS = 10 * MINUTE, 120 * MINUTE


class Ended(NamedTuple):
    """What a life came to. `digest` is of all messages and of the journal; `faults` are what the auditor holds against the hub."""

    digest: str
    faults: list[str]
    steps: list[str]
    crashes: int
    payments: int


class Life:
    """Plays one seed. The same seed plays the same life, to the byte."""

    def __init__(self, seed: int, union: LittleUnion, home: Path) -> None:
        chance = self._chance = random.Random(f"fondaco {seed}")
        self._union = union
        self.agenda = Agenda(Instant(opening_of(DAYS[0])))
        self.steps: list[str] = []
        self.auditor = Auditor(FEES, PROVIDERS, {LISTED: ""}, {SPONSORED: SPONSOR})
        self._digest = hashlib.sha256()
        self._weather = Weather(chance)
        self._days = DAYS[: chance.choices([1, 2], [4, 1])[0]]
        self._machine = Machine(home, union, chance, len(self._days) * chance.choice([0, 1, 2, 3, 5, 8]))
        failing = (
            [(f"C{chance.randrange(1, 4)}", chance.choice(["ZZBBSG02", "ZZBATH01", "ZZBASG01"]))] if chance.random() < 0.3 else []
        )
        self._world = World(union.rules, failing, everyday=True)
        self._inbox: list[Sent | None] = []
        self._waking = False
        self._last_instant = self._busy_until = 0
        self._lines = Lines(self.agenda, self._weather, self._arrived)
        self._courier = Courier(self.agenda, self._weather, self._delivered)
        self.parties = Parties(self, chance, union)
        self.bounds = Bounds(self, self.parties, random.Random(f"fondaco {seed} bounds"), union)

    # The hub's side

    def _step(self, text: str) -> None:
        self.steps.append(f"{utc_text(Instant(self.agenda.now))[11:]} {text}")

    def _arrived(self, one: Sent | None) -> None:
        if self._machine.hub is None:
            return  # nobody is there
        self._inbox.append(one)
        if not self._waking:
            self._waking = True
            self.agenda.after(self._chance.choice([0, 50 * MS, 400 * MS, 2 * S]), self._wake)

    def _wake(self) -> None:
        """Decide what has arrived, or a part of it; answer now or with the next batch."""
        self._waking = False
        if self._machine.hub is None or not self._inbox:
            return
        size = len(self._inbox) if self._chance.random() < 0.8 else self._chance.randint(1, len(self._inbox))
        taken, self._inbox = self._inbox[:size], self._inbox[size:]
        now = Instant(max(self.agenda.now, self._last_instant + 1))
        self._last_instant = int(now)
        commands = [Tick() if one is None else one.command for one in taken]
        try:
            results = self._machine.process(commands, now)
            self._step(f"batch {' '.join(type(one).__name__ for one in commands)}")
            if self._chance.random() < 0.6:
                self._machine.flush()
            else:
                self.agenda.after(self._chance.randrange(10 * MS, 5 * S), self._flush)
            self._courier.take(self._machine.take_mail())
        except Down:
            self._down()
            return
        for one, result in zip(taken, results, strict=True):
            if one is not None:
                self._lines.took(one, result)
        if self._inbox:
            self._waking = True
            self.agenda.after(10 * MS, self._wake)

    def _flush(self) -> None:
        if self._machine.hub is None:
            return
        try:
            self._machine.flush()
            self._courier.take(self._machine.take_mail())
        except Down:
            self._down()

    def _down(self) -> None:
        self._step(f"DOWN {self._machine.told[-1]}")
        self._inbox = []
        self.agenda.after(self._chance.choice([0, 300 * MS, 5 * S, 40 * S, 4 * MINUTE]), self._up)

    def _up(self) -> None:
        try:
            hub = self._machine.open()
            self._last_instant = max(self._last_instant, hub.desk.counters.last_instant)
            self._step(f"up, batch {hub.journal.head()[0]}")
            hub.take_mail()  # the journal has it as well, and more
            self._courier.take(self._machine.mail_after(self._courier.after))
        except Down:
            self._down()

    # The others' side

    @property
    def hub(self) -> Hub | None:
        """The hub while it is up, for whoever sits at its console."""
        return self._machine.hub

    def say(self, sender: str, raw: bytes, after_ns: int = 0) -> None:
        """A member or an agent sends a message."""

        def say() -> None:
            self.auditor.said(sender, raw)
            self._digest.update(raw)
            self._lines.say(Arrive(sender, raw))

        self.agenda.after(after_ns, say)

    def ask(self, command: Command, heard: Heard | None = None) -> None:
        """An officer or an operator gives the hub a command."""
        self._lines.say(command, heard)

    def listed(self, name: str) -> None:
        """From now on nothing that names this one may settle."""
        self.auditor.listed[name] = utc_text(Instant(self.agenda.now))

    def _delivered(self, mail: Mail) -> None:
        self.auditor.received(mail.seq, mail.recipient, mail.raw)
        self._digest.update(mail.seq.to_bytes(8, "big") + mail.raw)
        for sender, raw in self._world.exchange([(mail.recipient, mail.kind, mail.raw)], Instant(self.agenda.now)):
            if not self.parties.never_says(raw):
                self.say(sender, raw, self.parties.thinks_for())

    def _tick(self) -> None:
        self._arrived(None)
        self.agenda.after(_TICK if self.agenda.now < self._busy_until else 40 * MINUTE, self._tick)

    # The day

    def play(self) -> Ended:
        """Play the day to its end, or to the first thing that is wrong."""
        try:
            self._up()
            for day in self._days:
                self._play(day)
            history = self._history()
            faults = self.auditor.faults(self._journal_mail(), history)
            if self.bounds.kinds:
                faults += self._bound_faults(history)
        except Exception as fault:  # whatever it is, it is the seed's
            faults = [f"{type(fault).__name__}: {fault}"]
            faults += [f"  in {trace}" for trace in _places(fault)]
        head = self._machine.hub.journal.head()[1] if self._machine.hub is not None else b""
        self._digest.update(head)
        self._machine.close()
        return Ended(
            self._digest.hexdigest(), faults, self.steps[-_STEPS_KEPT:], len(self._machine.told), self.auditor.payments_said
        )

    def _play(self, day: date) -> None:
        """One business day; the last of a life heals before it ends, the others do not."""
        self.agenda.run(max(self.agenda.now, opening_of(day)))
        until = self._busy_until = self.agenda.now + self._chance.choice([12, 25, 40, 75]) * MINUTE
        self._tick()
        self.parties.begin(day, until, lambda: self.bounds.begin(day, until))
        self.agenda.run(until)
        if day == self._days[-1]:
            self._heal()
        for cut_off in CUT_OFFS:
            # What officers let go moves before the last cycle, which tells the agents of all that moved.
            self._until(self.parties.nothing_is_held, "officers decided every case")
            self._until(self._nothing_under_way, "what was said was taken")
            self._to(day, cut_off)
        self._end(day)
        self._until(self._nothing_under_way, "the day's last mail was delivered")

    def _nothing_under_way(self) -> bool:
        return self._lines.quiet and not self._courier.under_way

    def _heal(self) -> None:
        self._step("HEALED")
        self._weather.healed = True
        try:
            self._machine.heal()
        except Down:
            self._down()

    def _to(self, day: date, cut_off: str) -> None:
        """Go on to a cut-off and give what it begins the time that the rulebook gives it."""
        due = int(at(datetime.combine(day, time.fromisoformat(cut_off), UTC)))
        if due + 3 * MINUTE < self.agenda.now:
            return
        self.agenda.run(max(due - S, self.agenda.now))
        for wait in (2 * S, 65 * S, 65 * S):
            self.agenda.after(wait, lambda: self._arrived(None))
            self.agenda.run(self.agenda.now + wait + 5 * S)

    def _end(self, day: date) -> None:
        outcomes: list[Refusal | str | None] = []
        until = self.agenda.now + self._patience
        while True:  # ends with the day, or with our patience
            outcomes.clear()
            self.ask(EndDay(), outcomes.append)
            self._until(lambda: bool(outcomes), "the day's end is answered")
            outcome = outcomes[0]
            if outcome is None or "is ended" in outcome.sentence():  # type: ignore[union-attr]
                return
            assert self.agenda.now < until, f"{day} cannot be ended: {outcome}"
            self.agenda.run(self.agenda.now + 30 * S)

    def _until(self, true: Callable[[], bool], what: str) -> None:
        """Let time pass until something is so; what was decided just now is kept and told within these seconds."""
        until = self.agenda.now + self._patience
        self.agenda.run(self.agenda.now + 8 * S)
        while not true():
            assert self.agenda.now < until, f"not within {self._patience // MINUTE} minutes: {what}"
            self.agenda.run(self.agenda.now + S)

    @property
    def _patience(self) -> int:
        return _PATIENCE if self._weather.healed else _PATIENCE_UNDER_FAULTS

    # What the auditor is handed beside the messages

    def _journal_mail(self) -> list[tuple[int, str, bytes]]:
        hub = self._machine.hub
        assert hub is not None
        verify(hub.journal.links())
        return [(one.seq, one.recipient, one.raw) for one in hub.journal.mail()]

    def _bound_faults(self, history: list[tuple[int, ...]]) -> list[str]:
        """What the auditor finds of limits and collateral, by what the journal exports of them."""
        hub, rules = self._machine.hub, self._union.rules
        assert hub is not None
        noted: list[Noted] = []
        at_text = {}
        for link in hub.journal.links():
            at_text[int(link.instant)] = utc_text(link.instant)
            noted += [(int(link.instant), one.subject, one.event, one.facts) for one in link.entries()]
        numbers = {bic: one.number for bic, one in rules.participants.items()}
        ledgers = hub.desk.ledgers
        caps = {(one.number, ledgers[code]): minor for one in rules.members() for code, minor in one.caps.items()}
        found = flow_faults(noted, self.auditor.moved(numbers), at_text)
        return found + collateral_faults(noted, history, caps, numbers, ledgers, PAPER_MOST)

    def _history(self) -> list[tuple[int, ...]]:
        hub = self._machine.hub
        assert hub is not None
        return [
            (at_ns, event.id, event.debit, event.credit, moved, event.ledger, event.flags, event.pending_id)
            for at_ns, event, moved in hub.books.history()
        ]


def play(seed: int, union: LittleUnion) -> Ended:
    """Play one seed in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="fondaco-life-", dir=_memory()) as home:
        return Life(seed, union, Path(home)).play()


def _memory() -> str | None:
    """A folder in memory where there is one: what lives sync is theirs alone."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _places(fault: BaseException) -> list[str]:
    return [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in traceback.extract_tb(fault.__traceback__)[-4:]]
