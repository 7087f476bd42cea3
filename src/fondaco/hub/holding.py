"""What screening holds: verdicts, what becomes of them, and what a new list set does to everything in flight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from fondaco.compliance import (
    STRONG_MILLI,
    Case,
    CaseState,
    Configuration,
    CorridorThreshold,
    Embargo,
    Hit,
    Judging,
    ListSetting,
    Member,
    Screener,
    ScreeningUnfit,
    Verdict,
    alerts_of,
    message_digest,
)
from fondaco.core import Instant, Mention, Reason, Refusal
from fondaco.hub.admitting import Admitting
from fondaco.hub.casework import OF_TRADE, Casework, is_of_message, message_case_id, refuse_regulatory
from fondaco.hub.commands import DecideCase
from fondaco.hub.cycles import Cycles
from fondaco.hub.governing import Governing
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.vouching import Vouching
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Event, Payment, Screened, State, missing_data, resolve
from fondaco.rulebook import Rules, Scheme

# How the cases of participants are named; an applicant's begins with KA-, a payment's with its number.
_PARTICIPANT = "KP-"
# A message is no payment between two banks: the lists' own thresholds hold, and none of a corridor.
NOWHERE = ("", "")


class TradeScreening(Protocol):
    """What holding needs of the parties of trade."""

    def lists_swapped(self, batch: Batch) -> None: ...

    def case_decided(self, batch: Batch, case: Case) -> None: ...


class HoldingHub(Protocol):
    """What holding needs of the hub."""

    cycles: Cycles
    admitting: Admitting
    governing: Governing
    vouching: Vouching
    instructions: dict[int, Instruction]

    @property
    def trade_parties(self) -> TradeScreening: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def instruction(self, payment: Payment) -> Instruction: ...

    def payment(self, number: int) -> Payment | None: ...

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...


class ScreenedParty(Protocol):
    """A bank as it is screened itself: `bic` of eleven or eight, `lei` of ISO 17442, `country` of two letters."""

    @property
    def name(self) -> str: ...

    @property
    def bic(self) -> str: ...

    @property
    def lei(self) -> str: ...

    @property
    def country(self) -> str: ...


class Holding:
    """Screens the payments of a desk. `screener_for` gives the screener of a list set's version."""

    def __init__(self, desk: Desk, hub: HoldingHub, screener_for: Callable[[str], Screener]) -> None:
        self._desk = desk
        self._hub = hub
        self._screener_for = screener_for
        self._screener: Screener | None = None
        self.casework = Casework(desk, self)
        self._judging: Judging | None = None
        self._judging_of: tuple[object, ...] = ()
        # Digests of configurations that the journal has.
        self.configurations: set[str] = set()
        # The last case of each participant (BIC of eight) that screening ever hit.
        self._hit: dict[str, str] = {}
        # The last case of each message that hit the list set in force, by its sender (BIC of eight) and digest.
        self._messages: dict[tuple[str, bytes], str] = {}

    def restore(self, configurations: set[str]) -> None:
        """Take up what the journal kept."""
        self.configurations = configurations
        self.casework.restore()
        parties = [case for case in self._desk.cases.values() if case.case_id.startswith(_PARTICIPANT)]
        for case in sorted(parties, key=lambda one: one.opened_at):
            self._hit[case.subject] = case.case_id
        messages = [case for case in self._desk.cases.values() if is_of_message(case)]
        for case in sorted(messages, key=lambda one: one.opened_at):
            if case.verdict.list_set == self._desk.counters.list_set:
                self._messages[case.subject, case.verdict.message] = case.case_id

    def _barred(self) -> tuple[str, ...]:
        """Participants that hit the lists in force and were not released."""
        cases = [self._desk.cases[case_id] for _, case_id in sorted(self._hit.items())]
        passed = (CaseState.RELEASED, CaseState.SUPERSEDED)
        return tuple(
            one.subject for one in cases if one.state not in passed and one.verdict.list_set == self._desk.counters.list_set
        )

    def bars(self, bic: str) -> bool:
        """Whether a participant (BIC of eight) is itself held by screening."""
        return self.judging().bars((bic, bic))

    # One verdict

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books:
        return self._hub.take(batch, payment, event)

    def judging(self) -> Judging:
        """The configuration of now: the rules of the day, what bars participants, and the good-guy entries in force."""
        desk = self._desk
        rules = desk.in_force()
        barred = self._barred() if self._hit else ()
        key = (desk.counters.rulebook, rules.day, self._hub.vouching.revision, barred)
        if self._judging is None or self._judging_of != key:
            self._judging = Judging(configuration_of(rules, barred, self._hub.vouching))
            self._judging_of = key
        return self._judging

    def _verdicts_on(self, batch: Batch, screener: Screener, payments: Sequence[Payment]) -> list[Verdict]:
        """Verdicts on payments whose instructions are at hand, in their order."""
        told = [self._hub.instruction(payment) for payment in payments]
        data = self.judging().full_data_from
        lacking = [lacking_data(payment, one, data) for payment, one in zip(payments, told, strict=True)] if data else None
        return self._verdicts(batch, screener, [one.mentions for one in told], [ends_of(one) for one in payments], lacking)

    def _verdicts(
        self,
        batch: Batch,
        screener: Screener,
        said: Sequence[Sequence[Mention]],
        ends: Sequence[tuple[str, str]],
        lacking: Sequence[tuple[str, str] | None] | None = None,
    ) -> list[Verdict]:
        """Verdicts under the configuration of now, which is kept with the batch that first uses it.

        Whatever screening does instead of answering is a hold: it raises, answers for another number of messages, or what it answers is
        not of this message, list set, configuration and instant.
        """
        judging = self.judging()
        if judging.digest not in self.configurations:
            self.configurations.add(judging.digest)
            batch.configurations[judging.digest] = judging.configuration
        version, why = self._desk.counters.list_set, ""
        given: Sequence[Verdict | None] = ()
        try:
            given = tuple(screener.screen(said, batch.at, judging, ends, lacking))
        except Exception as fault:
            why = f"{type(fault).__name__} while screening"
        if len(given) != len(said):
            why = why or f"{len(given)} verdicts on {len(said)} messages"
            given = [None] * len(said)
        verdicts = []
        for mentions, verdict in zip(said, given, strict=True):
            bound = message_digest(mentions), judging.digest, int(batch.at)
            if verdict is not None and _is_sound(verdict, version, bound):
                verdicts.append(verdict)
            else:
                because = why or "what screening answered is not a verdict on this message"
                verdicts.append(Verdict("HOLD", version, "", because, (), *bound))
        return verdicts

    def screen(self, batch: Batch, payments: list[Payment]) -> None:
        if not payments:
            return
        screener = self.screener_in_force() if self._desk.counters.list_set else None
        if screener is None or screener.lists.version != self._desk.counters.list_set:
            # No lists, or a set that another release's engine made: a swap brings one of this engine.
            for payment in payments:
                self._unsure(batch, payment)
            return
        verdicts = self._verdicts_on(batch, screener, payments)
        for payment, verdict in zip(payments, verdicts, strict=True):
            self._bind(batch, payment, verdict)
            if verdict.outcome == "CLEAR":
                payment.hold_escalates = payment.hold_ends = 0
                self._hub.take(batch, payment, Event.CLEARED)
            elif verdict.outcome == "HIT":
                self.casework.open_for_payment(batch, payment, verdict)
                self._hub.take(batch, payment, Event.HIT_FOUND)
            else:
                self._unsure(batch, payment)

    def _unsure(self, batch: Batch, payment: Payment) -> None:
        """Hold what nothing can be known of now: its clock runs until it is known, or its time is over."""
        if payment.state is not State.HELD:
            self._hub.take(batch, payment, Event.SCREENING_UNSURE)
        self.casework.watch(batch, payment)

    def waits_for_lists(self) -> bool:
        """Whether payments are held because nothing could be known of them: bringing the lists into force once more screens them again."""
        return any(self._is_unknown(one) and not self.judging().bars(ends_of(one)) for one in self._desk.live.values())

    def _is_unknown(self, payment: Payment) -> bool:
        return payment.state is State.HELD and (payment.screened is None or payment.screened.outcome == "HOLD")

    def _bind(self, batch: Batch, payment: Payment, verdict: Verdict) -> None:
        payment.list_set = verdict.list_set
        payment.screened = Screened(verdict.at, verdict.configuration, verdict.digest(), verdict.outcome, verdict.engine)
        if verdict.spared:
            keys = " ".join(dict.fromkeys(one.good_guy for one in verdict.spared))
            self._desk.note(batch, f"payment {payment.number}", "SPARED", "5.10", keys)

    # Messages without payments

    def verdicts_on_messages(self, batch: Batch, said: Sequence[Sequence[Mention]]) -> list[Verdict]:
        """Verdicts on messages that carry no payments, by everything that each says; where no lists are in force, holds."""
        screener = self.screener_in_force() if self._desk.counters.list_set else None
        if screener is None or screener.lists.version != self._desk.counters.list_set:
            version, digest = self._desk.counters.list_set, self.judging().digest
            why = "no lists are in force"
            return [Verdict("HOLD", version, "", why, (), message_digest(one), digest, int(batch.at)) for one in said]
        return self._verdicts(batch, screener, said, [NOWHERE] * len(said))

    def message_passes(self, batch: Batch, place: int, sender: str, raw: bytes, verdict: Verdict) -> bool:
        """Whether a message without payments may be acted on and passed on. One that may not is refused, and its hits are a case: once two
        officers released it, the same message passes when it is sent again.

        What officers released of a payment passes in what is said of that payment by one of its banks.
        """
        if verdict.outcome == "CLEAR":
            return True
        if verdict.outcome == "HOLD":
            self._desk.note(batch, f"message {verdict.message.hex()[:16]}", "SCREENING_UNSURE", "5.3", sender)
            return False
        key = (sender, verdict.message)
        known = self._desk.cases.get(self._messages.get(key, ""))
        if known is not None and known.verdict.hits == verdict.hits and known.state is not CaseState.EXPIRED:
            return known.state is CaseState.RELEASED
        if all(self._released_before(hit, sender, raw) for hit in verdict.hits):
            return True
        case_id = message_case_id(batch.number, place)
        self.casework.open_for_party(batch, case_id, sender, verdict)
        self._messages[key] = case_id
        self._desk.note(batch, f"message {verdict.message.hex()[:16]}", "HIT_FOUND", "5.2", f"case {case_id}")
        return False

    def _released_before(self, hit: Hit, sender: str, raw: bytes) -> bool:
        """Whether two officers released this very text on this very entry for a payment of the sender's that the message names."""
        same = (hit.said, hit.list_id, hit.entry_id, hit.entry)
        for case in self._desk.cases.values():
            if case.state is not CaseState.RELEASED or not case.payment or case.verdict.list_set != self._desk.counters.list_set:
                continue
            if all((one.said, one.list_id, one.entry_id, one.entry) != same for one in case.verdict.hits):
                continue
            payment = self._hub.payment(case.payment)
            if payment is not None and sender in ends_of(payment) and payment.uetr.encode() in raw:
                return True
        return False

    def screen_party(self, batch: Batch, place: str, party: ScreenedParty) -> Verdict | None:
        """The verdict on an applicant or participant, whose mentions stand under `place`; None where no list set is in force."""
        if not self._desk.counters.list_set:
            return None
        said = (
            Mention("name", f"{place}/Nm", party.name),
            Mention("agent", f"{place}/BICFI", party.bic),
            Mention("identifier", f"{place}/LEI", party.lei),
            Mention("country", f"{place}/PstlAdr/Ctry", party.country),
        )
        return self._verdicts(batch, self.screener_in_force(), [said], [("", "")])[0]

    def screener_in_force(self) -> Screener:
        if self._screener is None or self._screener.lists.version != self._desk.counters.list_set:
            self._screener = self._screener_for(self._desk.counters.list_set)
        return self._screener

    def unfit(self) -> str:
        """Why nothing can be screened under the rules of the open day, "" where it can or where no lists are in force yet."""
        if self._desk.rules is None or not self._desk.counters.list_set:
            return ""
        return self.screener_in_force().unfit_for(self.judging())

    def held_because(self, at: Instant) -> str:
        """Why every payment is held at an instant, "" where screening decides."""
        if not self._desk.counters.list_set:
            return "no list set is in force"
        return self.screener_in_force().holds_because(at, self.judging() if self._desk.rules is not None else None)

    # Other lists

    def swap_lists(self, batch: Batch, version: str) -> Refusal | None:
        """Another list set takes over: everything that is not final meets it before the next reservation or settlement."""
        desk = self._desk
        try:
            screener = self._screener_for(version)
        except LookupError:
            return Refusal(Reason.NOT_FOUND, "list set", version, "5.7")
        except ScreeningUnfit as fault:
            return Refusal(Reason.OUT_OF_TURN, "list set", str(fault), "5.7")
        if screener.lists.settings != {one.list_id: one for one in list_settings(desk.scheme)}:
            return Refusal(Reason.OUT_OF_TURN, "list set", f"{version} was made under another rulebook", "5.7")
        if screener.lists.version != version:
            return Refusal(Reason.OUT_OF_TURN, "list set", f"{version} was made for another engine; load the lists again", "5.7")
        unfit = screener.unfit_for(self.judging())
        if unfit:
            return Refusal(Reason.OUT_OF_TURN, "list set", unfit, "5.7")
        desk.counters.list_set = version
        self._screener = screener
        desk.note(batch, "lists", "SWAPPED", "5.7", version)
        self._hub.vouching.lists_swapped(batch, screener)
        # Participants first: the payments of one that is hit are held with it.
        self.screen_participants(batch)
        self._hub.trade_parties.lists_swapped(batch)
        # A message that was refused is screened anew when it comes again.
        for case_id in self._messages.values():
            self.casework.supersede(batch, case_id)
        self._messages.clear()
        # The same lists received anew are a set of the same version: what nothing could be known of meets it, too.
        live = [one for _, one in sorted(desk.live.items()) if one.list_set != version or self._is_unknown(one)]
        verdicts = self._verdicts_on(batch, screener, live)
        for payment, verdict in zip(live, verdicts, strict=True):
            self._met_again(batch, payment, verdict)
        for payment in live:
            if payment.state not in (State.SCREENED, State.PRICED, State.VALIDATED, State.HELD, State.QUEUED):
                self._hub.instructions.pop(payment.number, None)
        self._hub.cycles.recompute(batch)
        self._hub.admitting.lists_swapped(batch)
        return None

    def _met_again(self, batch: Batch, payment: Payment, verdict: Verdict) -> None:
        """What another verdict does to a payment that is not final."""
        self._bind(batch, payment, verdict)
        if verdict.outcome == "CLEAR" and payment.state is not State.HELD:
            batch.payments[payment.number] = payment
            return
        if payment.state is not State.HELD:
            self._hold(batch, payment)
        if verdict.outcome == "HIT":
            self.casework.open_for_payment(batch, payment, verdict)
            self._hub.take(batch, payment, Event.HIT_FOUND)
        elif verdict.outcome == "CLEAR":
            self.casework.supersede(batch, payment.case)
            payment.case = ""
            payment.hold_escalates = payment.hold_ends = 0
            self._hub.take(batch, payment, Event.CLEARED)
        else:
            self.casework.watch(batch, payment)

    def _hold(self, batch: Batch, payment: Payment) -> None:
        if payment.state is State.QUEUED:
            self._desk.queues.take_back(payment.number)
        books = self._hub.take(batch, payment, Event.LIST_CHANGED)
        self._desk.counters.freed = True
        if books is Books.VOID:
            batch.bookings.append((resolve(payment, self._desk.next_intent(), post=False), must_hold))
            payment.intent = payment.legs = payment.cycle = 0
        elif books is Books.UNWIND:
            self._hub.cycles.leave(batch, payment)
        self._hub.drop_rate(batch, payment)
        payment.locked = None

    # Participants

    def screen_participants(self, batch: Batch) -> None:
        """Every participant meets the lists in force. One that hits is barred until officers release it: its payments are held.

        What officers released stands as long as the participant hits the same entries, and they say the same.
        """
        desk = self._desk
        if not desk.counters.list_set:
            return
        for participant in sorted(desk.in_force().participants.values(), key=lambda one: one.bic):
            bic = participant.bic[:8]
            verdict = self.screen_party(batch, "participant", participant)
            if verdict is None or verdict.outcome == "HOLD":
                continue  # lists that are too old hold every payment as it is
            last = desk.cases.get(self._hit.get(bic, ""))
            if last is not None:
                same = verdict.outcome == "HIT" and last.alerts == alerts_of(verdict)
                if same and (last.state is CaseState.RELEASED or last.verdict.list_set == verdict.list_set):
                    continue
                self.casework.supersede(batch, last.case_id)
            if verdict.outcome == "HIT":
                case_id = f"{_PARTICIPANT}{bic}-{batch.number}"
                self.casework.open_for_party(batch, case_id, bic, verdict)
                self._hit[bic] = case_id
                desk.note(batch, f"participant {participant.number}", "HIT_FOUND", "5.7", f"case {case_id}")

    def party_decided(self, batch: Batch, case: Case) -> None:
        """The case of an applicant, a participant or a message has ended. A message waits for nobody: it was refused, and its sender may
        send it again."""
        if is_of_message(case):
            return
        if case.case_id.startswith(OF_TRADE):
            self._hub.trade_parties.case_decided(batch, case)
            return
        if not case.case_id.startswith(_PARTICIPANT):
            self._hub.admitting.case_decided(batch, case)
            return
        waiting = [
            one
            for _, one in sorted(self._desk.live.items())
            if one.state is State.HELD and case.subject in ends_of(one) and not self._case_open(one)
        ]
        if case.state is CaseState.RELEASED:
            self.screen(batch, waiting)
            return
        self._hub.governing.bar(batch, case.subject)
        for one in waiting:
            expired = case.state is CaseState.EXPIRED
            refuse_regulatory(batch, one, self._hub.take, Event.CASE_EXPIRED if expired else Event.HIT_CONFIRMED)

    def _case_open(self, payment: Payment) -> bool:
        case = self._desk.cases.get(payment.case)
        return case is not None and case.open

    def decide_case(self, batch: Batch, command: DecideCase) -> Refusal | str:
        return self.casework.decided(batch, command)


def _is_sound(verdict: Verdict, list_set: str, bound: tuple[bytes, str, int]) -> bool:
    """Whether a verdict is of this list set, message, configuration and instant, and its outcome is what its hits say."""
    if not isinstance(verdict, Verdict) or verdict.list_set != list_set:
        return False
    if (verdict.message, verdict.configuration, verdict.at) != bound:
        return False
    return verdict.outcome in ("HOLD", "HIT" if verdict.hits else "CLEAR")


def ends_of(payment: Payment) -> tuple[str, str]:
    """The BICs (of eight) between which a payment goes."""
    return payment.sender[:8], payment.creditor_agent[:8]


def lacking_data(payment: Payment, instruction: Instruction, full_data_from: Mapping[str, int]) -> tuple[str, str] | None:
    """What a payment should tell of its parties and does not, where an article holds it for that; of a return nothing is asked."""
    if payment.returns or payment.source_currency not in full_data_from:
        return None
    return missing_data(instruction, full_data_from[payment.source_currency])


def configuration_of(rules: Rules, barred: tuple[str, ...], vouching: Vouching) -> Configuration:
    """What the rules of a day say about screening, with what was decided since."""
    return Configuration(
        tuple(sorted(list_settings(rules.scheme), key=lambda one: one.list_id)),
        tuple(
            CorridorThreshold(one.list_id, one.origin, one.target, one.threshold_milli, one.article)
            for one in rules.list_thresholds()
        ),
        tuple(Embargo(one.country, one.towns, one.article) for one in rules.embargoes()),
        tuple(Member(one.bic[:8], one.country) for one in sorted(rules.participants.values(), key=lambda one: one.bic)),
        barred,
        vouching.in_force(),
        rules.strong_name_milli or STRONG_MILLI,
        tuple((code, one.full_data_from_minor) for code, one in sorted(rules.currencies.items()))
        if rules.holds_incomplete
        else (),
    )


def list_settings(scheme: Scheme) -> list[ListSetting]:
    """How each list of the rulebook binds, in its order."""
    return [ListSetting(one.list_id, one.threshold_milli, one.max_age_days, one.required) for one in scheme.lists]
