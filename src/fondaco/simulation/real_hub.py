"""A day at the depth of the hub: the production hub with books, journal and screening, under the scenario's clock.

Instructions are handed in behind the doors, as a door reads them; creditor agents accept every offer at once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np

from fondaco.core import CURRENCIES, Instant, at, minor_text, utc_text
from fondaco.hub import Arrive, Command, Move, OpenDay, PostQuotes, SwapLists, Tick, close_hub, list_set, open_hub, scheme_of
from fondaco.ledger import Role, account_id, residue_ledger_of
from fondaco.messages import LiquidityTransfer, Status, camt_050, pacs_002, read, wrap
from fondaco.payments import DECODER, State
from fondaco.rulebook import STANDING, Deed, Vote, sign_vote
from fondaco.simulation.day import DEMO_DAY, demo_key
from fondaco.simulation.own_union import bics, lay_out_union
from fondaco.simulation.payments import CurrencyDay, Whole, instants
from fondaco.simulation.policy import Converted, Settled
from fondaco.simulation.workload import Traffic
from fondaco.simulation.world import World

_NS = 1_000_000_000
_BATCH = 1_024
_PARTIES = 2_000
_KIND, _ANSWER = "pacs.008.001.08", "pacs.002.001.10"


class HubDay:
    """One hub of its own in `folder`, laid out and funded for the day; `play` plays it, `close` lets go of the folder.

    `days` are those of one currency or of several, with the same banks, clock, cut-offs and defaults. Two runs of one scenario decide the
    same to the byte. Raises what `open_hub` raises.
    """

    def __init__(self, folder: Path, days: Sequence[CurrencyDay]) -> None:
        self._days = tuple(days)
        scenario = self._scenario = days[0].scenario
        lay_out_union(folder, [(one.scenario, one.caps) for one in days])
        rulebook = scheme_of(folder)
        self._rules, self._bics = rulebook.on(DEMO_DAY), bics(scenario)
        seed = scenario.seed
        # Payments in the order in which they were handed in: day and place in it.
        self._handed: list[tuple[int, int]] = []
        self.hub = open_hub(folder, lambda batch: hashlib.sha256(f"salt {seed} {batch}".encode()).digest())
        self._world = World(self._rules)
        self._agents = frozenset(one.agent_bic[:8] for one in self._rules.currencies.values())
        self._midnight = int(at(datetime.combine(DEMO_DAY, time(0), UTC)))
        # The day is opened and funded in the hour before its midnight.
        self._now = self._midnight - 3_600 * _NS
        self._answers = 0
        self._do([OpenDay(DEMO_DAY.isoformat())])
        self._do([SwapLists(list_set(folder, rulebook).version)])
        for part in _parts(list(self._deposits())):
            self._until_quiet(part)
        for day in self._days:
            assert self._left(day).tolist() == day.opening.tolist(), "every bank holds what it begins with"
        traffic = Traffic(self._rules, seed, parties=_PARTIES)
        self._parties = [traffic.party() for _ in range(_PARTIES)]

    def play(self, progress: Callable[[int], None] | None = None) -> list[Settled]:
        """Play the day and say of each currency when its payments settled. `progress` is told how many were handed in so far."""
        scenario, came = self._scenario, [instants(one.scenario, one.payments) for one in self._days]
        first = self.hub.desk.counters.payment
        defaults = [(scenario.tick(one.at_s), one.bank) for one in scenario.defaults]
        exchange = scenario.exchange
        posted = [] if exchange is None else exchange.posted_at(scenario.opens_s, scenario.closes_s, scenario.step_s)
        acts = np.array([*scenario.cut_offs_s, *posted, *(at for at, _ in defaults)], np.int64)
        every = np.concatenate(came)
        for instant in np.union1d(every[every <= scenario.closes_s], acts).tolist():
            self._now = max(self._now + 1_000, self._midnight + instant * _NS)
            for at_s, bank in defaults:
                if at_s == instant:
                    self._until_quiet(self._suspended(bank))
            if instant in scenario.cut_offs_s:
                self._until_quiet([Tick()])
            if exchange is not None and instant in posted:
                begins = self._midnight + instant * _NS
                quotes = exchange.quotes(scenario.seed, posted.index(instant), begins, self._bics)
                self._until_quiet([PostQuotes(bic, own) for bic, own in quotes])
            new: list[Command] = []
            for place, own in enumerate(came):
                for k in range(*(int(np.searchsorted(own, instant, side)) for side in ("left", "right"))):
                    new.append(self._instruction(place, k))
                    self._handed.append((place, k))
            for part in _parts(new):
                self._until_quiet(part)
            if progress is not None:
                progress(len(self._handed))
        found = self._settled(first)
        if exchange is None:
            return [Settled(at_s, self._left(day)) for day, (at_s, _) in zip(self._days, found, strict=True)]
        return [Settled(at_s, self._left(day), None, changed) for day, (at_s, changed) in zip(self._days, found, strict=True)]

    def residue_nano(self) -> dict[tuple[int, str], int]:
        """What the books say that rounding left with each bank that changes money, by bank and currency, in 10^-9 minor units; what is left over
        in the members' favour is above zero."""
        found = {}
        for code, rule in self._rules.currencies.items():
            ledger = residue_ledger_of(rule.currency.numeric, rule.currency.exponent)
            for bank in range(len(self._bics)):
                balance = self.hub.books.balance(account_id(Role.RESIDUE_DUE, ledger, bank + 1))
                if balance is not None and balance.net:
                    found[bank, code] = -balance.net
        return found

    def close(self) -> None:
        close_hub(self.hub)

    def _until_quiet(self, commands: list[Command]) -> None:
        """Decide these commands, and what banks and agents answer, until nothing that waits can move. Ends: each round settles something
        or is the last."""
        desk, looked = self.hub.desk, False
        while True:
            answers = self._do(commands)
            if answers:
                commands, looked = answers, False
            elif desk.counters.freed or (len(desk.queues) > 1 and not looked):
                # Whether room was freed, or the queues free each other, the hub sees with its next batch.
                commands, looked = [Tick()], not desk.counters.freed
            else:
                return

    def _do(self, commands: list[Command]) -> list[Command]:
        """One batch; returns what banks and agents say to its mail."""
        now = Instant(self._now)
        self._now += 1_000
        self.hub.process(commands, now)
        self.hub.flush()
        back: list[Command] = []
        for one in self.hub.take_mail():
            if one.kind.startswith("pacs.008"):
                back.append(self._accepted(one.recipient, one.raw, now))
            elif one.recipient in self._agents:
                said = self._world.exchange([(one.recipient, one.kind, one.raw)], now)
                back += [Arrive(sender, raw, read(raw, bulk=True)) for sender, raw in said]
        return back

    def _accepted(self, recipient: str, raw: bytes, now: Instant) -> Arrive:
        self._answers += 1
        name, text = f"{recipient}-A{self._answers:09d}", utc_text(now)
        uetr, message_id = _between(raw, b"<UETR>"), _between(raw, b"<MsgId>")
        report = pacs_002(name, text, message_id, _KIND, [Status("", "", "", uetr, "ACSP", "", "", text)])
        answer = wrap(_ANSWER, recipient, self._rules.hub_bic, name, text, report)
        return Arrive(recipient, answer, read(answer, bulk=True))

    def _suspended(self, bank: int) -> list[Command]:
        """The votes of two operators that suspend a bank: what waits of it ends, and nothing more is taken in."""
        deed = Deed(STANDING, self._bics[bank][:8], "suspended")
        operators = [one.officer_id for one in self._rules.scheme.officers if "operator" in one.roles]
        return [
            Move(sign_vote(Vote(deed, who, "it cannot pay", DEMO_DAY.isoformat(), self._now), demo_key(who)))
            for who in operators[:2]
        ]

    def _deposits(self) -> Iterator[Command]:
        hub, text, banks = self._rules.hub_bic, utc_text(Instant(self._now)), len(self._bics)
        for place, day in enumerate(self._days):
            for bank, minor in enumerate(day.opening.tolist()):
                if minor:
                    name, bic = f"P{place * banks + bank:06d}", self._bics[bank]
                    asked = LiquidityTransfer(name, name, hub, bic, day.scenario.currency, minor)
                    yield Arrive(bic, wrap("camt.050.001.07", bic, hub, name, text, camt_050(name, text, asked)))

    def _instruction(self, place: int, at: int) -> Arrive:
        """A payment of one of the days as its bank writes it, read as a door reads it."""
        day, k, text = self._days[place], len(self._handed), utc_text(Instant(self._now))
        payments, currency = day.payments, day.scenario.currency
        payer, payee = self._bics[payments.payers[at]], self._bics[payments.payees[at]]
        debtor, street, account = self._parties[k * 7_919 % _PARTIES]
        creditor, other_street, other_account = self._parties[(k * 6_007 + 1) % _PARTIES]
        country, name = payer[4:6], f"S{k:09d}"
        uetr = uuid.UUID(bytes=hashlib.sha256(f"{self._scenario.seed} {k}".encode()).digest()[:16], version=4)
        urgent = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>" if payments.urgent[at] else ""
        minor = int(payments.minor[at])
        amount, instructed = minor_text(minor, day.scenario.exponent), ""
        target = int(payments.targets[at]) if payments.targets is not None else -1
        if target >= 0 and day.scenario.exchange is not None:
            other = day.scenario.exchange.currencies[target]
            about = minor_text(day.scenario.exchange.about(minor, currency, other), CURRENCIES[other].exponent)
            instructed = f'<InstdAmt Ccy="{other}">{about}</InstdAmt>'
        document = (
            f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm><NbOfTxs>1</NbOfTxs>"
            f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><InstrId>I{k}</InstrId>"
            f"<EndToEndId>E{k}</EndToEndId><UETR>{uetr}</UETR></PmtId>{urgent}"
            f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>{DEMO_DAY}</IntrBkSttlmDt>{instructed}<ChrgBr>SHAR</ChrgBr>'
            f"<Dbtr><Nm>{debtor}</Nm><PstlAdr><StrtNm>{street}</StrtNm><TwnNm>Townville</TwnNm><Ctry>{country}</Ctry></PstlAdr></Dbtr>"
            f"<DbtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></DbtrAcct>"
            f"<DbtrAgt><FinInstnId><BICFI>{payer}</BICFI></FinInstnId></DbtrAgt>"
            f"<CdtrAgt><FinInstnId><BICFI>{payee}</BICFI></FinInstnId></CdtrAgt>"
            f"<Cdtr><Nm>{creditor}</Nm><PstlAdr><StrtNm>{other_street}</StrtNm><TwnNm>Townville</TwnNm><Ctry>{country}</Ctry></PstlAdr></Cdtr>"
            f"<CdtrAcct><Id><Othr><Id>{other_account}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf></FIToFICstmrCdtTrf>"
        )
        raw = wrap(_KIND, payer, self._rules.hub_bic, name, text, document)
        return Arrive(payer, raw, read(raw, bulk=True))

    def _settled(self, first: int) -> list[tuple[Whole, Converted]]:
        """When each payment settled and what it was converted to, by what the journal keeps: payments are numbered in the order in which they were
        handed in."""
        found = [np.full((4, len(one.payments)), -1, np.int64) for one in self._days]
        for own in found:
            own[2:] = 0
        for number, raw in self.hub.journal.payments(first):
            payment = DECODER.decode(raw)
            if payment.state is not State.SETTLED:
                continue
            place, at = self._handed[number - first]
            found[place][0, at] = (payment.taken[-1].at - self._midnight) // _NS
            if payment.locked is not None:
                bank = self._bics.index(payment.locked.provider)
                found[place][1:, at] = bank, payment.target_minor, payment.locked.residue_nano
        return [(own[0], Converted(*own[1:])) for own in found]

    def _left(self, day: CurrencyDay) -> Whole:
        ledger = self.hub.desk.ledgers[day.scenario.currency]
        balances = [self.hub.books.balance(account_id(Role.PREFUNDED, ledger, n + 1)) for n in range(len(self._bics))]
        return np.array([0 if one is None else one.net for one in balances], np.int64)


def play_hub(folder: Path, days: Sequence[CurrencyDay], progress: Callable[[int], None] | None = None) -> list[Settled]:
    """Play the days, each of a currency, through one hub of their own in `folder`, which must be empty or not there: the same settlements as
    `play_policy` of each."""
    day = HubDay(folder, days)
    try:
        return day.play(progress)
    finally:
        day.close()


def _parts(commands: Sequence[Command]) -> Iterator[list[Command]]:
    for start in range(0, len(commands), _BATCH):
        yield list(commands[start : start + _BATCH])


def _between(raw: bytes, tag: bytes) -> str:
    start = raw.index(tag) + len(tag)
    return raw[start : raw.index(b"<", start)].decode()
