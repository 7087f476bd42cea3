"""What the journal says for whoever asks later who changed something: read link by link, so that an index beside it (`access/trail.py`) follows it.

Steps of payments are left out of the lines, since they are found without an index (`payment_lines`): of them only what they came to is counted. Nothing is decided here,
and nothing is said that the journal does not say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import msgspec

from fondaco.core import Refusal, bic8
from fondaco.hub.commands import (
    Apply,
    Arrive,
    Certify,
    Command,
    DecideCase,
    Depart,
    LimitFlow,
    LimitTotal,
    LoadReference,
    Move,
    OffsetQueues,
    Once,
    Perform,
    PostQuotes,
    Propose,
    Reorder,
    Revoke,
    Second,
    SetLimit,
    TakeBack,
    TakeBackProposal,
    TakeRates,
    TakeStock,
    Tick,
    Vouch,
)
from fondaco.hub.hub import Hub
from fondaco.hub.once import KIND, Answered
from fondaco.journal import ERASED, RETENTION, Entry, Journal, Link
from fondaco.payments import DECODER, LIFE, Event, Payment, State

K = TypeVar("K")
# A quarter of an hour: how fine the course of a day is counted, in nanoseconds.
SLOT_NS = 900 * 1_000_000_000
# So many links, so many bytes of entries and so many payments among them are read for one question, but one link at least: who asks keeps the hub waiting.
LINKS_MAX, BYTES_MAX, PAYMENTS_MAX = 100, 200_000, 250
_COMMANDS = msgspec.msgpack.Decoder(list[Command])
# What the hub adds by itself, or that changes nothing by itself.
_SILENT = (Tick, TakeStock, TakeRates, OffsetQueues, Depart)
_MESSAGE = str(Arrive.__struct_config__.tag)
# The second word of these subjects is a participant's number.
_NUMBERED = frozenset({"limit", "participant", "liquidity", "line", "invoice", "provider", "collateral"})
# What a member asked for by a message; of all others it is told without one.
_BY_MESSAGE = frozenset({"funding", "expectation", "event", "enquiry", "message", "recall", "investigation", "verification"})
_COUNTED = {
    one.name: what
    for one, what in (
        (State.SETTLED, "settled"),
        (State.REJECTED, "rejected"),
        (State.CANCELLED, "cancelled"),
        (State.HELD, "held"),
    )
}
_TELLING = frozenset(row.on.name for row in LIFE.rows if row.after.name in _COUNTED)
_QUEUED = State.QUEUED.name
# Of so many payments that stand in a row one at least is wanted, or each is looked up by itself.
_SPARSE = 8


class Line(NamedTuple):
    """An entry of the journal, or a command that left none (`event` is "" then). `hash` is its link's. `terms` are what it is found by; `members` whose affair it is,
    BICs of eight. `who` asked (of `institution`), `second` was the second person; `caller` and `key` are those of a deed that is done once."""

    link: int
    place: int
    at: int
    hash: str
    subject: str
    event: str
    article: str
    facts: str
    command: str
    who: str
    institution: str
    second: str
    caller: str
    key: str
    members: tuple[str, ...]
    terms: tuple[str, ...]


class Count(NamedTuple):
    """Of what payments came to: on which business day, in which quarter of an hour (ns), from country to country, in which currency."""

    day: str
    slot: int
    payer: str
    payee: str
    currency: str
    what: str


class Stretch(msgspec.Struct):
    """Links after `after` up to `last`, whose hash is `last_hash`; the journal has `head` of them. `sums` and `paid` (day, BIC of eight, currency) are (payments, minor
    units) to be added; `opened` says when business days opened; of links of `erased`, (first, last), what came in may not be remembered."""

    after: int
    follows: str
    last: int = 0
    last_hash: str = ""
    head: int = 0
    day: str = ""
    lines: list[Line] = []
    sums: dict[Count, tuple[int, int]] = {}
    paid: dict[tuple[str, str, str], tuple[int, int]] = {}
    opened: dict[str, int] = {}
    erased: list[tuple[int, int]] = []


class _Asked(NamedTuple):
    command: str
    who: str
    institution: str
    second: str
    caller: str
    key: str
    terms: frozenset[str]


def stretch(hub: Hub, after: int, day: str) -> Stretch:
    """The next links of the journal after link `after`; `day` is the business day that was open there."""
    reader = _Reader(hub)
    head, digest = hub.journal.head()
    found = Stretch(after, "", after, digest.hex() if head == after else "", head, day)
    decoded = size = 0
    for read, link in enumerate(hub.journal.links(after + 1)):
        if read == 0:
            found.follows = link.previous.hex()
        if read == LINKS_MAX or size >= BYTES_MAX or decoded >= PAYMENTS_MAX:
            break
        decoded += reader.read(link, found)
        size += len(link.encoded)
    return found


class _Reader:
    """Reads links under the rulebook of today: members are known by it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        participants = hub.desk.scheme.participants
        self._bic_of = {str(one.number): one.bic[:8] for one in participants}
        self._country = {one.bic[:8]: one.country for one in participants}

    def read(self, link: Link, found: Stretch) -> int:
        """Add what a link says; returns how many payments were read for it."""
        entries = link.entries()
        # Of which business day each payment was: a link may open one behind them.
        ended: dict[int, str] = {}
        for entry in entries:
            kind, _, name = entry.subject.partition(" ")
            if kind == "payment" and not _TELLING.isdisjoint(entry.event.split(" ")):
                ended[int(name)] = found.day
            if kind == "day" and entry.event == "OPENED":
                found.day = name
                found.opened.setdefault(name, link.instant)
            if (entry.subject, entry.event) == (RETENTION, ERASED):
                found.erased += _ranges(entry.facts)
        for raw in self._records(ended):
            one = DECODER.decode(raw)
            self._count(one, link.instant, ended[one.number], found)
        told = [(place, one) for place, one in enumerate(entries) if not _is_step(one)]
        asked = self._asked(
            link.number, any(one.subject.partition(" ")[0] in _BY_MESSAGE for _, one in told), bool(told), entries
        )
        self._tell(link, told, asked, found)
        found.last, found.last_hash = link.number, link.hash.hex()
        return len(ended)

    # What payments came to

    def _records(self, numbers: Collection[int]) -> Iterator[bytes]:
        """The records of these payments: in one course where they stand close together, as those of a cycle do."""
        if not numbers:
            return
        first, last = min(numbers), max(numbers)
        if last - first < _SPARSE * len(numbers):
            for number, raw in self._hub.journal.payments(first):
                if number > last:
                    break
                if number in numbers:
                    yield raw
            return
        for number in sorted(numbers):
            kept = self._hub.journal.payment(number)
            assert kept is not None, "a payment of the journal is kept"
            yield kept

    def _count(self, one: Payment, at: int, day: str, found: Stretch) -> None:
        payer, payee = self._country.get(one.sender[:8], ""), self._country.get(one.creditor_agent[:8], "")
        ends = (payer, payee, one.source_currency)
        for step in one.taken:
            if step.at == at and step.state in _COUNTED:
                what = _COUNTED[step.state]
                _add(found.sums, Count(day, _slot(at), *ends, what), one.source_minor)
                if what == "settled":
                    _add(found.paid, (day, one.sender[:8], one.source_currency), one.source_minor)
        if one.final and one.taken[-1].at == at:
            for what, instant in queued(one):
                _add(found.sums, Count(day, _slot(instant), *ends, what), one.source_minor)

    # Who asked

    def _asked(self, batch: int, messages: bool, told: bool, entries: Sequence[Entry]) -> list[_Asked]:
        """The commands of a batch that change something by themselves. Of a batch of nothing but payments nothing is read: who sent them stands in the payments."""
        if entries and not told:
            return []
        inputs = self._hub.journal.inputs_of(batch)
        if inputs is None or not inputs.commands:
            return []
        found: list[_Asked] = []
        once: Once | None = None
        second: Second | None = None
        for command in _COMMANDS.decode(inputs.commands):
            if isinstance(command, Once):
                once = command
                continue
            if isinstance(command, Second):
                second = command
                continue
            if not isinstance(command, _SILENT) and (messages or not isinstance(command, Arrive)):
                found.append(self._one(command, once, second))
            once = second = None
        return found

    def _one(self, command: Command, once: Once | None, second: Second | None) -> _Asked:
        who, institution, seconder, terms = self._speaker(command)
        if once is not None and not who:
            institution, _, who = once.caller.rpartition(" ")
        if second is not None:
            proposal = self._hub.desk.proposals.get(second.number)
            who, institution, seconder = (proposal.by if proposal is not None else ""), second.institution, second.by
            terms |= {f"proposal {second.number}"}
        people = {f"person {name}" for name in (who, seconder) if name}
        houses = {f"member {bic8(institution)}"} if institution else set()
        name = type(command).__struct_config__.tag
        return _Asked(
            str(name), who, institution, seconder, once.caller if once is not None else "", once.key if once is not None else "",
            frozenset(terms | people | houses),
        )  # fmt: skip

    def _speaker(self, command: Command) -> tuple[str, str, str, set[str]]:
        """Who asked, of which institution, who seconded, and what it is about."""
        match command:
            case Arrive() | Revoke() | Reorder():
                about = {f"payment {command.uetr.lower()}"} if not isinstance(command, Arrive) else set[str]()
                return "", command.sender[:8], "", about | {f"member {command.sender[:8]}"}
            case DecideCase():
                return command.decision.officer_id, "", "", {f"case {command.decision.case_id}"}
            case Vouch():
                return command.word.officer_id, "", "", {f"case {command.word.case_id}"}
            case Move():
                first, last = self._voters(command)
                deed = command.vote.deed
                return first, "", last, self._named(f"{deed.subject} {deed.value}") | {f"motion of {deed.kind}"}
            case Propose() | TakeBackProposal():
                return command.by, command.institution, "", set()
            case SetLimit() | LimitFlow() | LimitTotal():
                return "", command.member[:8], "", {f"member {command.member[:8]}", f"limit {command.member[:8]}"}
            case Apply():
                return "", command.application.bic[:8], "", {f"member {command.application.bic[:8]}"}
            case Certify():
                bic = command.certificate.bic[:8]
                return command.certificate.officer_id, "", "", {f"member {bic}"}
            case TakeBack():
                return "", command.bic[:8], "", {f"member {command.bic[:8]}"}
            case Perform():
                return command.deed.actor, "", "", {f"instrument {command.deed.instrument}"} if command.deed.instrument else set()
            case LoadReference():
                return command.by, "", "", {f"reference {command.kind}"}
            case PostQuotes():
                return "", command.provider[:8], "", {f"member {command.provider[:8]}"}
        return "", "", "", set()

    def _voters(self, command: Move) -> tuple[str, str]:
        """Who proposed the motion, and who seconded it with this vote."""
        vote = command.vote
        for motion in self._hub.desk.motions.values():
            if any(one.signature == vote.signature for one in motion.votes) and motion.votes[0].officer_id != vote.officer_id:
                return motion.votes[0].officer_id, vote.officer_id
        return vote.officer_id, ""

    # The lines

    def _tell(self, link: Link, told: Iterable[tuple[int, Entry]], asked: Sequence[_Asked], found: Stretch) -> None:
        # A batch may bring thousands of messages, and what is asked by all of one member's is the same.
        distinct = list(dict.fromkeys(asked))
        matched: set[_Asked] = set()
        place = -1
        for place, entry in told:
            terms = self._terms(entry, distinct)
            by = [one for one in distinct if not one.terms.isdisjoint(terms)] or (distinct if len(asked) == 1 else [])
            matched.update(by)
            found.lines.append(self._line(link, place, entry, terms, by))
        for one in asked:
            # What a message brought stands in the steps of a payment, or in an entry of its own.
            if one not in matched and one.command != _MESSAGE:
                place += 1
                found.lines.append(self._line(link, place, Entry("", "", ""), set(), [one]))

    @staticmethod
    def _line(link: Link, place: int, entry: Entry, terms: set[str], asked: Sequence[_Asked]) -> Line:
        whole = terms.union(*(one.terms for one in asked))
        members = tuple(sorted(term[7:] for term in whole if term.startswith("member ")))

        def joined(values: Iterable[str]) -> str:
            return ", ".join(dict.fromkeys(filter(None, values)))

        return Line(
            link.number, place, link.instant, link.hash.hex(), entry.subject, entry.event, entry.article, entry.facts,
            joined(one.command for one in asked), joined(one.who for one in asked), joined(one.institution for one in asked),
            joined(one.second for one in asked), asked[0].caller if len(asked) == 1 else "", asked[0].key if len(asked) == 1 else "",
            members, tuple(sorted(whole)),
        )  # fmt: skip

    def _terms(self, entry: Entry, asked: Sequence[_Asked]) -> set[str]:
        kind, _, rest = entry.subject.partition(" ")
        terms = {entry.subject, f"rule {entry.article}"} | self._named(f"{rest} {entry.facts}")
        if kind in _NUMBERED and rest.partition(" ")[0] in self._bic_of:
            terms.add(f"member {self._bic_of[rest.partition(' ')[0]]}")
        if kind == "funding" and entry.facts.partition(" ")[0] in self._bic_of:
            terms.add(f"member {self._bic_of[entry.facts.partition(' ')[0]]}")
        if kind == "limit":
            terms |= {f"limit {term[7:]}" for term in terms if term.startswith("member ")}
        if kind == "case":
            terms |= self._of_case(rest)
        words = {word.strip(",:") for word in entry.facts.split(" ")}
        terms |= {term for one in asked for term in one.terms if term.startswith("person ") and term[7:] in words}
        if kind == "motion":
            terms.add(f"motion of {entry.facts.partition(' ')[0]}")
        return terms

    def _named(self, text: str) -> set[str]:
        """The participants whose BICs stand in a text."""
        return {
            f"member {word[:8]}" for word in text.replace(",", " ").split() if len(word) in (8, 11) and word[:8] in self._country
        }

    def _of_case(self, name: str) -> set[str]:
        case = self._hub.desk.cases.get(name)
        payment = self._hub.payment(case.payment) if case is not None and case.payment else None
        if case is None:
            return set()
        if payment is None:
            return {f"member {case.subject[:8]}"} if case.subject else set()
        return {
            f"payment {payment.uetr}",
            *(f"member {bic[:8]}" for bic in (payment.sender, payment.creditor_agent) if bic[:8] in self._country),
        }


_STEPS = frozenset(one.name for one in Event)


def _is_step(entry: Entry) -> bool:
    """Whether an entry says steps of a payment, one or several."""
    return entry.subject.startswith("payment ") and all(word in _STEPS for word in entry.event.split(" "))


def _slot(instant: int) -> int:
    return instant - instant % SLOT_NS


def _add(sums: dict[K, tuple[int, int]], key: K, minor: int) -> None:
    count, whole = sums.get(key, (0, 0))
    sums[key] = (count + 1, whole + minor)


def queued(one: Payment) -> Iterator[tuple[str, int]]:
    """When a payment began to wait for money, and when it ended: ("queued" or "unqueued", instant)."""
    for before, after in pairwise(one.taken):
        if after.state == _QUEUED != before.state:
            yield "queued", after.at
        if before.state == _QUEUED != after.state:
            yield "unqueued", after.at


def _ranges(facts: str) -> list[tuple[int, int]]:
    """The batches that an entry of an erasure names, behind its sentence."""
    found = []
    for part in facts.rpartition(" ")[2].split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            found.append((int(first), int(last or first)))
    return found


def payment_lines(journal: Journal, one: Payment) -> list[Line]:
    """What the journal says of a payment, oldest first: the links are found by the instants of its steps, each by halving."""
    head = journal.head()[0]
    lines = []
    first = one.batch
    for instant in dict.fromkeys(step.at for step in one.taken):
        link = _link_at(journal, instant, first, head)
        if link is None:
            continue
        first = link.number
        for place, entry in enumerate(link.entries()):
            if entry.subject == f"payment {one.number}":
                sent = one.sender[:8] if link.number == one.batch else ""
                lines.append(
                    Line(
                        link.number, place, link.instant, link.hash.hex(), f"payment {one.uetr}", entry.event, entry.article, entry.facts,
                        "arrive" if sent else "", "", sent, "", "", "", tuple(sorted({one.sender[:8], one.creditor_agent[:8]})), (),
                    )
                )  # fmt: skip
    return lines


def _link_at(journal: Journal, instant: int, first: int, last: int) -> Link | None:
    """The link of an instant between two numbers; instants grow with numbers. None where there is none."""
    while first <= last:  # ends: each round halves the stretch
        middle = (first + last) // 2
        link = next(iter(journal.links(middle)), None)
        if link is None or link.instant > instant:
            last = middle - 1
        elif link.instant < instant:
            first = middle + 1
        else:
            return link
    return None


def came_to(journal: Journal, line: Line) -> str:
    """What a deed that is done once came to: "done", or why it was refused; "" where nothing says it."""
    raw = journal.record(KIND, f"{line.caller}\0{line.key}") if line.key else None
    if raw is None:
        return ""
    answer = msgspec.msgpack.decode(raw, type=Answered).answer
    return answer.sentence() if isinstance(answer, Refusal) else "done"
