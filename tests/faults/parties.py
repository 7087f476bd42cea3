"""What banks, providers, operators and officers do in one life: payments of every kind, and everything that gets in their way.

What comes of a payment afterwards (answers, returns, recalls, questions) is the simulated world's; it follows from the UETR.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable
from datetime import date
from typing import Protocol

from faults.little_union import (
    AGENTS,
    BANKS,
    CAPS,
    DAYS,
    DIGITS,
    HOME,
    LISTED,
    LISTED_LATER,
    PROVIDERS,
    RESEMBLING,
    SPONSOR,
    SPONSORED,
    LittleUnion,
)
from faults.network import MINUTE, MS, Agenda, Heard, S
from fondaco.compliance import Decision, sign
from fondaco.core import Instant, minor_text, utc_text
from fondaco.hub import CloseCycle, Command, DecideCase, Hub, Move, OpenDay, PostQuotes, Revoke, SetLimit, SwapLists
from fondaco.messages import LiquidityTransfer, acmt_023, camt_003, camt_050, camt_056, cancellation, verification, wrap
from fondaco.rulebook import EXTENSION, STANDING, Deed, Vote, sign_vote
from fondaco.simulation import demo_key, provider_quotes
from union import HUB, pacs_008

_NAMES = ("Tan Wei Trading", "Somchai Foods", "Hanbit Parts", "Kallang Tools", "Ploy Textiles")
# What the simulated world does with a payment, by the first digits of its UETR (`simulation/world.py`): silence, refusal, recall, return,
# question, investigation, verification; and nothing of all that.
_LOTS = ((0, 10), (10, 60), (100, 120), (120, 150), (150, 190), (190, 200), (200, 400), (1_000, 10_000))
_LOT_WEIGHTS = (3, 6, 6, 10, 4, 3, 4, 64)


_ROW = re.compile(rb"<CdtTrfTxInf>.*?</CdtTrfTxInf>")


class Stage(Protocol):
    """What the parties see of the life that they play in."""

    agenda: Agenda

    @property
    def hub(self) -> Hub | None: ...

    def say(self, sender: str, raw: bytes, after_ns: int = 0) -> None: ...

    def listed(self, name: str) -> None: ...

    def ask(self, command: Command, heard: Heard | None = None) -> None: ...


class Parties:
    """Everybody but the hub."""

    def __init__(self, stage: Stage, chance: random.Random, union: LittleUnion) -> None:
        self._stage, self._chance, self._union = stage, chance, union
        self._count = 0
        self._sent: list[tuple[str, bytes, str]] = []
        self._lists_swapped = self._closed_early = False
        self._day = DAYS[0]
        self._then: Callable[[], None] = lambda: None
        # When a case was decided as it stood: a decision is given again only where nothing came of it.
        self._decided: dict[tuple[str, int], int] = {}
        self._slow = chance.choice([0.0, 0.02, 0.2])

    def thinks_for(self) -> int:
        """How long somebody takes to answer; articles give an urgent offer twenty seconds."""
        if self._chance.random() < self._slow:
            return self._chance.randrange(15 * S, 90 * S)
        return self._chance.randrange(20 * MS, 3 * S)

    def never_says(self, raw: bytes) -> bool:
        """Whether an answer never leaves its bank: who verifies accounts does not always do so in time, or at all."""
        return b"acmt.024" in raw and self._chance.random() < 0.5

    def begin(self, day: date, until: int, opened: Callable[[], None]) -> None:
        """Open the day, after which `opened` is done; what follows goes on until the instant `until`."""
        self._day, self._closed_early, self._then = day, False, opened
        self._stage.ask(OpenDay(day.isoformat()), lambda _: self._opened(until))

    def nothing_is_held(self) -> bool:
        """Officers decide what is still open; whether nothing is."""
        self._decide(0)
        hub = self._stage.hub
        return hub is not None and not any(case.open for case in hub.desk.cases.values())

    def _opened(self, until: int) -> None:
        if self._day == DAYS[0]:
            self._stage.ask(SwapLists(self._union.list_sets[0]), lambda _: self._begun(until))
        else:
            self._begun(until)

    def _begun(self, until: int) -> None:
        agenda, chance = self._stage.agenda, self._chance
        self._quote(until, 1)
        for bic, currencies in self._holders() if self._day == DAYS[0] else []:
            for currency in currencies:
                self._move(bic, HUB, bic, currency, self._prefund(bic, currency))
        self._move(SPONSOR, SPONSORED, SPONSOR, "SGD", CAPS["SGD"] // 10)
        self._decide_again(until)
        self._then()
        # Deeds come in showers: what is near in time meets in one batch, and in one crash.
        span = max(until - agenda.now - 30 * S, MINUTE)
        deeds = [self._pay] * chance.randint(8, 22) + [self._anything] * chance.randint(2, 10)
        showers = [agenda.now + 5 * S + chance.randrange(span) for _ in range(chance.randint(2, 8))]
        for deed in deeds:
            at = chance.choice(showers) + chance.randrange(20 * S)
            agenda.at(at, deed)

    def _holders(self) -> list[tuple[str, list[str]]]:
        return [(bic, [HOME[bic]]) for bic in BANKS] + [(bic, sorted(AGENTS)) for bic in PROVIDERS]

    def _prefund(self, bic: str, currency: str) -> int:
        return CAPS[currency] * (20 if bic in PROVIDERS else self._chance.choice([1, 2, 4])) // 2

    # Banks

    def _pay(self) -> None:
        chance = self._chance
        if self._sent and chance.random() < 0.06:
            sender, raw, _ = chance.choice(self._sent)  # somebody is not sure whether it was sent
            self._stage.say(sender, raw)
            return
        payer = chance.choice([*BANKS, SPONSORED])
        name, uetrs = self._name(payer), []
        rows = []
        for _ in range(chance.choices([1, 2, 3], [8, 1, 1])[0]):
            uetr = self._uetr()
            if self._sent and chance.random() < 0.03:
                uetr = chance.choice(self._sent)[2]  # a UETR names one payment for ever
            if uetr not in uetrs:
                uetrs.append(uetr)
                rows.append(self._order(payer, name, uetr))
        raw = _together(rows)
        self._sent += [(payer, raw, uetr) for uetr in uetrs]
        self._stage.say(payer, raw)

    def _order(self, payer: str, name: str, uetr: str) -> bytes:
        chance, currency = self._chance, HOME[payer]
        payee = chance.choice([bic for bic in (*BANKS, SPONSORED) if bic != payer])
        # From next to nothing to more than there is: queues and full caps are the rule here.
        minor = max(1, int(CAPS[currency] * chance.choice([0.001, 0.01, 0.1, 0.4, 0.7, 1.1]) * chance.uniform(0.5, 1.5)))
        creditor = chance.choice(_NAMES)
        if chance.random() < 0.16:
            creditor = chance.choice([LISTED, RESEMBLING, LISTED_LATER, LISTED_LATER])
        return pacs_008(
            payer, payee, minor_text(minor, DIGITS[currency]), currency, uetr=uetr, message_id=name, urgent=chance.random() < 0.55,
            creditor=creditor, debtor=chance.choice(_NAMES), day=self._day.isoformat(),
        )  # fmt: skip

    def _uetr(self) -> str:
        first, last = self._chance.choices(_LOTS, _LOT_WEIGHTS)[0]
        lot = self._chance.randrange(first, last) + 10_000 * self._chance.randrange(400_000)
        rest = uuid.UUID(int=self._chance.getrandbits(128), version=4).hex[8:]
        return str(uuid.UUID(hex=f"{lot:08x}{rest}"))

    def _name(self, sender: str) -> str:
        self._count += 1
        return f"{sender}-{self._count:05d}"

    def _move(self, sender: str, creditor: str, debtor: str, currency: str, minor: int) -> None:
        """Pay in, take out, or give to whom one settles for."""
        name, text = self._name(sender), utc_text(Instant(self._stage.agenda.now))
        asked = LiquidityTransfer(name, name, creditor, debtor, currency, minor)
        self._stage.say(sender, wrap("camt.050.001.07", sender, HUB, name, text, camt_050(name, text, asked)))

    def _anything(self) -> None:
        deeds: list[Callable[[], None]] = [
            self._take_out, self._take_out, self._pay_in, self._pay_in, self._sponsor, self._limit, self._limit, self._suspend, self._extend,
            self._close_early, self._revoke, self._swap_lists, self._swap_lists, self._look, self._verify, self._verify, self._enquire, self._recall, self._recall,
        ]  # fmt: skip
        self._chance.choice(deeds)()

    def _take_out(self) -> None:
        bic = self._chance.choice(BANKS)
        self._move(bic, bic, HUB, HOME[bic], int(CAPS[HOME[bic]] * self._chance.choice([0.01, 0.3, 1, 3])))

    def _pay_in(self) -> None:
        bic = self._chance.choice(BANKS)
        self._move(bic, HUB, bic, HOME[bic], int(CAPS[HOME[bic]] * self._chance.choice([0.01, 0.3, 1])))

    def _sponsor(self) -> None:
        ends = [SPONSOR, SPONSORED]
        self._chance.shuffle(ends)
        self._move(ends[1], ends[0], ends[1], "SGD", int(CAPS["SGD"] * self._chance.choice([0.01, 0.05, 0.3])))

    def _look(self) -> None:
        bic = self._chance.choice(BANKS)
        name, text = self._name(bic), utc_text(Instant(self._stage.agenda.now))
        self._stage.say(bic, wrap("camt.003.001.08", bic, HUB, name, text, camt_003(name, text)))

    def _verify(self) -> None:
        """Whether an account is whose name it is; the other bank has three seconds."""
        asker, asked = self._chance.sample(BANKS, 2)
        name, text = self._name(asker), utc_text(Instant(self._stage.agenda.now))
        question = acmt_023(name, text, (asker, HUB), verification("V1", asked, "5550001234", "Contoh Trading"))
        self._stage.say(asker, wrap("acmt.023.001.04", asker, HUB, name, text, question))

    def _enquire(self) -> None:
        if self._sent:
            sender, _, uetr = self._chance.choice(self._sent)
            name, text = self._name(sender), utc_text(Instant(self._stage.agenda.now))
            header = f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></GrpHdr>"
            request = f"<FIToFIPmtStsReq>{header}<TxInf><OrgnlUETR>{uetr}</OrgnlUETR></TxInf></FIToFIPmtStsReq>"
            self._stage.say(sender, wrap("pacs.028.001.03", sender, HUB, name, text, request))

    def _recall(self) -> None:
        """A payment is asked back wherever it is: queued, offered, accepted, settled, ended."""
        if self._sent:
            sender, _, uetr = self._chance.choice(self._sent)
            name, text = self._name(sender), utc_text(Instant(self._stage.agenda.now))
            content = camt_056(name, text, (sender, HUB), cancellation(uetr, "DUPL"))
            self._stage.say(sender, wrap("camt.056.001.08", sender, HUB, name, text, content))

    def _revoke(self) -> None:
        if self._sent:
            sender, _, uetr = self._chance.choice(self._sent)
            self._stage.ask(Revoke(sender, uetr))

    # Providers

    def _quote(self, until: int, number: int) -> None:
        now = Instant(self._stage.agenda.now)
        for bic, quotes in provider_quotes(self._union.rules, now, self._union.rules.quote_valid_s, number):
            self._stage.ask(PostQuotes(bic, quotes))
        if now < until:
            self._stage.agenda.after(self._chance.randrange(4 * MINUTE, 12 * MINUTE), lambda: self._quote(until, number + 1))

    # Operators and officers

    def _limit(self) -> None:
        bic = self._chance.choice(BANKS)
        self._stage.ask(SetLimit(bic, HOME[bic], int(CAPS[HOME[bic]] * self._chance.choice([0.1, 0.5, 1]))))

    def vote(self, deed: Deed, officer: str) -> None:
        vote = Vote(deed, officer, "simulated", self._day.isoformat(), self._stage.agenda.now)
        self._stage.ask(Move(sign_vote(vote, demo_key(officer))))

    def carry(self, deed: Deed) -> None:
        for number, officer in enumerate(("operator-1", "operator-2")):
            self._stage.agenda.after(number * self._chance.randrange(1, 20 * S), lambda officer=officer: self.vote(deed, officer))

    def _suspend(self) -> None:
        bic = self._chance.choice([*BANKS, PROVIDERS[1]])
        self.carry(Deed(STANDING, bic, self._chance.choice(["suspended", "send_only", "receive_only"])))
        # For good it would leave the life with little to do.
        self._stage.agenda.after(self._chance.randrange(MINUTE, 6 * MINUTE), lambda: self.carry(Deed(STANDING, bic, "active")))

    def _extend(self) -> None:
        self.carry(Deed(EXTENSION, self._chance.choice(sorted(AGENTS)), "15"))

    def _close_early(self) -> None:
        # Given again after a crash it closes two, and the day's last cycle must be left: it tells the agents all that moved gross.
        if not self._closed_early:
            self._closed_early = True
            self._stage.ask(CloseCycle())

    def _swap_lists(self) -> None:
        if not self._lists_swapped:
            self._lists_swapped = True
            self._stage.ask(SwapLists(self._union.list_sets[1]), lambda _: self._stage.listed(LISTED_LATER))

    def _decide_again(self, until: int) -> None:
        self._decide(MINUTE)
        if self._stage.agenda.now < until:
            self._stage.agenda.after(self._chance.randrange(30 * S, 3 * MINUTE), lambda: self._decide_again(until))

    def _decide(self, older_ns: int) -> None:
        """Two officers: what hits exactly is confirmed, what only resembles is released."""
        hub, now = self._stage.hub, self._stage.agenda.now
        for case in list(hub.desk.cases.values()) if hub is not None else []:
            said = (case.case_id, len(case.decisions))
            if not case.open or case.opened_at + older_ns > now or self._decided.get(said, 0) + 20 * S > now:
                continue
            self._decided[said] = now
            verb = "CONFIRM" if case.verdict.hits[0].score_milli >= 990 else "RELEASE"
            officer = "officer-2" if case.decisions and case.decisions[-1].officer_id == "officer-1" else "officer-1"
            decision = Decision(case.case_id, officer, verb, "simulated", now, case.verdict.digest())
            self._stage.ask(DecideCase(sign(decision, demo_key(officer))))


def _together(messages: list[bytes]) -> bytes:
    """One message with the payments of several that differ in nothing else."""
    rows = b"".join(_ROW.findall(b"".join(messages)))
    count = b"<NbOfTxs>%d</NbOfTxs>" % len(messages)
    return _ROW.sub(lambda _: rows, messages[0], count=1).replace(b"<NbOfTxs>1</NbOfTxs>", count)
