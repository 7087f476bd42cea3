"""The other side of the hub, simulated: banks that answer offers, settlement agents that hold the money.

Everything follows from the seed and from the messages that come in, never from time. In production these are other
people's systems; every screen of the demo says that here they are not.
"""

from __future__ import annotations

import multiprocessing
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from multiprocessing.connection import Connection

import msgspec

from fondaco.core import CURRENCIES, Instant, bic8, minor_of, minor_text, utc_text
from fondaco.messages import (
    BankTransfers,
    CustomerTransfers,
    Investigation,
    LiquidityTransfer,
    Message,
    NetSettlement,
    Notice,
    Recall,
    Receipt,
    Returns,
    Statement,
    Status,
    StatusReport,
    Transfer,
    Verification,
    Verified,
    acmt_023,
    acmt_024,
    camt_025,
    camt_029,
    camt_050,
    camt_056,
    camt_110,
    camt_111,
    cancellation,
    cancellation_status,
    findings,
    investigation,
    investigation_data,
    pacs_002,
    pacs_004,
    read,
    verification,
    wrap,
)
from fondaco.rulebook import Rules
from fondaco.simulation.bank import code_fault, demo_seal
from fondaco.simulation.edge import Edge
from fondaco.simulation.treasury import SWEEP

Post = tuple[str, bytes]
# In ten thousand: how many offers a bank refuses, and how many it never answers.
REFUSED, SILENT = 50, 10
_REASONS = ("AC04", "AC06", "BE23", "AG01")
# In ten thousand settled payments, where banks live their everyday life: recalled by the debtor agent, returned by the creditor
# agent of its own accord, asked about, investigated, and how often the debtor agent verifies an account of the same bank.
# Invented shares, of the order that schemes publish for returns and recalls (tenths of a per cent).
RECALLED, RETURNED, ENQUIRED, INVESTIGATED, VERIFIED = 20, 30, 40, 10, 200
# What everyday life reads of the hub's mail.
HEARD = frozenset({"pacs.008", "pacs.004", "pacs.002", "camt.056", "camt.110", "acmt.023", "camt.004", "camt.053", "admi.004"})
_MISSING = re.compile(r"cycle [0-9]+: pay-in [0-9.]+ ([A-Z]{3}), available [0-9.]+: ([0-9.]+) more is needed")
_BALANCE = re.compile(r"<MulBal><Amt>([0-9.]+)</Amt><CdtDbtInd>(\w+)</CdtDbtInd><Tp><Cd>(\w+)</Cd>")
_KEPT = 1_000_000
_FIRST = 100  # the lots below are those of refusal and silence


class Agent:
    """A settlement agent of one currency: each member's own account, and its sub-account for the union."""

    def __init__(self, bic: str, currency: str, own_minor: int, failing: Set[tuple[str, str]], lines: Mapping[str, int]) -> None:
        self._lines = lines
        self.bic = bic
        self.currency = currency
        self._own_minor = own_minor
        self._failing = failing
        self.own: dict[str, int] = {}
        self.sub: dict[str, int] = {}
        self._seen: dict[str, bytes] = {}

    def answer(self, hub: str, raw: bytes, at: Instant) -> bytes | None:
        """The answer to one message of the hub; the same message again gets the same answer and moves nothing."""
        message = read(raw, bulk=True)
        known = self._seen.get(message.message_id)
        if known is not None:
            return known
        body = message.body
        name = f"{self.bic[:8]}-{len(self._seen) + 1:07d}"
        text = utc_text(at)
        if isinstance(body, LiquidityTransfer):
            content = camt_025(name, text, self._move(message.message_id, hub, body))
            answer = wrap("camt.025.001.08", self.bic, hub, name, text, content)
        elif isinstance(body, NetSettlement):
            refused = [
                Status(movement.movement_id, "", "", "", "RJCT", "AM04")
                for movement in body.movements
                # A central bank is never short of the money that it issues; and what is lodged for the common fund, which is paid in the hub's
                # name, lies with it beside the members' accounts.
                if movement.minor < 0
                and bic8(movement.participant) not in (bic8(self.bic), bic8(hub))
                and (
                    self.sub.get(bic8(movement.participant), 0) + self._lines.get(bic8(movement.participant), 0) + movement.minor
                    < 0
                    or not self._failing.isdisjoint(
                        {(body.cycle.partition("A")[0], bic8(movement.participant)), ("", bic8(movement.participant))}
                    )
                )
            ]
            content = pacs_002(name, text, message.message_id, message.kind, refused, "RJCT" if refused else "ACSP")
            answer = wrap("pacs.002.001.10", self.bic, hub, name, text, content)
        elif isinstance(body, BankTransfers):
            for transfer in body.transfers:
                for bic, sign in ((transfer.debtor_agent, -1), (transfer.creditor_agent, 1)):
                    if bic8(bic) != bic8(hub):
                        self.sub[bic8(bic)] = self.sub.get(bic8(bic), 0) + sign * transfer.amount_minor
            content = pacs_002(name, text, message.message_id, message.kind, [], "ACSC")
            answer = wrap("pacs.002.001.10", self.bic, hub, name, text, content)
        else:
            return None
        self._seen[message.message_id] = answer
        return answer

    def _move(self, original: str, hub: str, asked: LiquidityTransfer) -> Receipt:
        deposit = bic8(asked.creditor) == bic8(hub)
        member = bic8(asked.debtor if deposit else asked.creditor)
        own, sub = self.own.setdefault(member, self._own_minor), self.sub.get(member, 0)
        change = asked.minor if deposit else -asked.minor
        if own - change < 0 or sub + change < 0 or asked.currency != self.currency:
            return Receipt(original, "RJCT", "AM04")
        self.own[member], self.sub[member] = own - change, sub + change
        return Receipt(original, "ACSC", "")


class World:
    """All banks and agents of a union in this process."""

    def __init__(self, rules: Rules, failing: Iterable[tuple[str, str]] = (), *, everyday: bool = False) -> None:
        """`failing` are (cycle such as `C3`, or "" for every one, BIC) of members whose payment an agent will not earmark; it may be
        changed while the world runs. `everyday`: the banks also recall, return, enquire, investigate and verify, in the shares above."""
        self.failing = set(failing)
        self._hub = rules.hub_bic
        self._everyday = Everyday(rules) if everyday else None
        self._agents = {
            bic8(currency.agent_bic): Agent(
                currency.agent_bic,
                code,
                10**16,
                self.failing,
                {bic8(one.debtor): one.limit_minor for one in rules.scheme.credit_lines if one.currency == code},
            )
            for code, currency in rules.currencies.items()
        }
        self._bics = {bic8(one.bic): one.bic for one in rules.members()}
        self._answers = 0
        self._checks_codes = everyday
        self.edge = Edge(rules.hub_bic)

    def exchange(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> list[Post]:
        """Hand over mail as (recipient, kind, raw); returns what banks and agents send back, in order. A customer's pain.001 is mail too:
        to its bank."""
        back: list[Post] = []
        for recipient, kind, raw in mail:
            agent = self._agents.get(recipient)
            if agent is not None:
                answer = agent.answer(self._hub, raw, at)
                if answer is not None:
                    back.append((agent.bic, answer))
            elif kind.startswith("pain.001"):
                back += self.edge.initiated(self._bics[recipient], raw, at)
            elif recipient in self._bics:
                back += self._bank(recipient, kind, raw, at)
        return back

    def _bank(self, recipient: str, kind: str, raw: bytes, at: Instant) -> list[Post]:
        """What a bank says to one message: offers are answered by every bank, the rest is everyday life."""
        offered = kind.startswith(("pacs.008", "pacs.004"))
        if not offered and (self._everyday is None or kind[:8] not in HEARD):
            return []
        message = read(raw, bulk=True)
        back: list[Post] = []
        if offered:
            answer = self._answered(recipient, message, at)
            if answer is not None:
                back.append((self._bics[recipient], answer))
        if isinstance(message.body, StatusReport):
            self.edge.heard(message.body, at)
        if self._everyday is not None:
            back += self._everyday.received(self._bics[recipient], message, raw, at)
        return back

    def _answered(self, recipient: str, message: Message, at: Instant) -> bytes | None:
        assert isinstance(message.body, CustomerTransfers | Returns)
        statuses = []
        text = utc_text(at)
        for transfer in message.body.transfers:
            lot = _lot(transfer.uetr)
            if lot < SILENT:
                continue
            ids = (transfer.instruction_id, transfer.end_to_end_id, transfer.transaction_id, transfer.uetr)
            fault = self._code_fault(recipient, transfer, at)
            if lot < SILENT + REFUSED or fault:
                statuses.append(Status(*ids, "RJCT", fault or _REASONS[lot % len(_REASONS)]))
            else:
                statuses.append(Status(*ids, "ACSP", "", "", text))
        if not statuses:
            return None
        self._answers += 1
        name = f"{recipient}-A{self._answers:09d}"
        kind = "pacs.002.001.15" if message.kind.endswith((".13", ".14")) else "pacs.002.001.10"
        content = pacs_002(name, text, message.message_id, message.kind, statuses)
        return wrap(kind, self._bics[recipient], self._hub, name, text, content)

    def _code_fault(self, recipient: str, transfer: Transfer, at: Instant) -> str:
        """What a shop's bank holds against a payment that carries a code of its own, "" for nothing."""
        if not self._checks_codes or b"/QR1/" not in transfer.passed:
            return ""
        passed = transfer.passed.decode()
        return code_fault(passed, demo_seal(recipient), transfer.amount_minor, transfer.currency, at)

    def counts(self, at: Instant) -> dict[str, int]:
        """The day is over: what the banks' edges and desks did and saw, which no hub knows."""
        self.edge.close(at)
        return {**self.edge.counts, **(self._everyday.counts if self._everyday is not None else {})}

    def balances(self) -> Mapping[str, Mapping[str, int]]:
        """What the agents hold for the union: currency, member's BIC, whole minor units."""
        return {agent.currency: dict(sorted(agent.sub.items())) for agent in self._agents.values()}


class Everyday:
    """What banks do beside paying: it follows from the UETR alone which payment comes back, is recalled or is asked about."""

    def __init__(self, rules: Rules) -> None:
        self._hub = rules.hub_bic
        # Of payments that will come back: creditor agent's amount, by UETR.
        self._received: dict[str, Offered] = {}
        self._done: set[str] = set()
        self._leaving: set[str] = set()
        self._sponsored = {one.bic for one in rules.members() if one.sponsor}
        self._currency = {one.bic: one.currency for one in rules.members()}
        self._messages = 0
        self.counts: Counter[str] = Counter()

    def received(self, bank: str, message: Message, raw: bytes, at: Instant) -> list[Post]:
        """What `bank` (BIC) sends because it received this message."""
        body, kind = message.body, message.kind
        if isinstance(body, CustomerTransfers):
            for transfer in body.transfers:
                lot = _lot(transfer.uetr)
                if _FIRST <= lot < _FIRST + RECALLED + RETURNED + ENQUIRED + INVESTIGATED + VERIFIED:
                    amount = minor_text(transfer.amount_minor, CURRENCIES[transfer.currency].exponent)
                    account = transfer.creditor.account or "0000000000"
                    self._received[transfer.uetr] = Offered(bank, transfer.currency, amount, transfer.settlement_date, account)
            return []
        if isinstance(body, StatusReport):
            return [post for status in body.statuses for post in self._told(bank, status, at)]
        if isinstance(body, Recall):
            return [post for row in body.rows for post in self._recalled(bank, kind, row.uetr, at)]
        if isinstance(body, Investigation):
            passed = findings("CLSD")
            original = message.message_id
            return [self._post(bank, "camt.111.001.01", lambda name, _: camt_111(name, passed, original, body.passed), at)]
        if isinstance(body, Verification):
            original = message.message_id
            row = body.rows[0]
            said = Verified(row.row, True, "", row.name)
            ends = (bank, self._hub)
            return [self._post(bank, "acmt.024.001.04", lambda name, text: acmt_024(name, text, ends, original, said), at)]
        if isinstance(body, Statement):
            self._checked(message.kind, body)
        elif isinstance(body, Notice):
            return self._noticed(bank, message, body, raw, at)
        return []

    def _checked(self, kind: str, statement: Statement) -> None:
        """A statement adds up, or its reader says so."""
        if kind.startswith("camt.053"):
            adds_up = statement.opening_minor + sum(entry.minor for entry in statement.entries) == statement.closing_minor
            self.counts["statements that add up" if adds_up else "statements that do not add up"] += 1

    def _noticed(self, bank: str, message: Message, notice: Notice, raw: bytes, at: Instant) -> list[Post]:
        """A desk acknowledges a warning and tops up twice what is missing; one that leaves takes its money home, once nothing is owed."""
        if message.kind.startswith("camt.004"):
            return self._taken_home(bank, raw, at, sweeps=notice.reference.endswith(SWEEP))
        if notice.text == f"{bank[:8]} is leaving":
            self._leaving.add(bank)
        found = _MISSING.match(notice.text)  # a sponsor reads those of others too, and they begin with the other's name
        if found is None or bank in self._sponsored:
            return []
        self.counts["warnings heeded"] += 1
        minor = 2 * minor_of(found[2], CURRENCIES[found[1]].exponent)
        heard = f"<AckDtls><EvtCd>{notice.code}</EvtCd></AckDtls>"
        return [
            self._post(bank, "admi.011.001.01", lambda name, _: f"<SysEvtAck><MsgId>{name}</MsgId>{heard}</SysEvtAck>", at),
            self._moved(bank, self._hub, bank, found[1], minor, at),
        ]

    def _taken_home(self, bank: str, raw: bytes, at: Instant, *, sweeps: bool) -> list[Post]:
        """Who leaves takes all, once nothing is owed or reserved; who sweeps leaves a millionth of what it has."""
        currency = self._currency[bank]
        exponent = CURRENCIES[currency].exponent
        minor = {
            kind: (-1 if side == "DBIT" else 1) * minor_of(amount, exponent)
            for amount, side, kind in _BALANCE.findall(raw.decode())
        }
        home = 0
        if sweeps:
            home = minor["AVLB"] - minor["AVLB"] // _KEPT
        elif bank in self._leaving and not minor["PIPO"] and not minor["PDNG"]:
            home = minor["AVLB"]
        return [self._moved(bank, bank, self._hub, currency, home, at)] if home > 0 else []

    def _moved(self, bank: str, creditor: str, debtor: str, currency: str, minor: int, at: Instant) -> Post:
        return self._post(
            bank, "camt.050.001.07",
            lambda name, text: camt_050(name, text, LiquidityTransfer(name, name, creditor, debtor, currency, minor)), at,
        )  # fmt: skip

    def _told(self, bank: str, status: Status, at: Instant) -> list[Post]:
        """A bank hears that a payment settled: once for each of the two banks, it may have something to say."""
        offered = self._received.get(status.uetr)
        if offered is None or status.status != "ACSC":
            return []
        mine = f"{bank} {status.uetr}"
        if mine in self._done:
            return []
        self._done.add(mine)
        lot = _lot(status.uetr) - _FIRST
        creditor = bank == offered.bank
        ends = (bank, self._hub)
        if RECALLED <= lot < RECALLED + RETURNED:
            return [self._return(offered, status.uetr, "AC04", at)] if creditor else []
        if creditor:
            return []
        lot_after = RECALLED + RETURNED
        if lot < RECALLED:
            wanted = cancellation(status.uetr, "DUPL")
            return [self._post(bank, "camt.056.001.08", lambda name, text: camt_056(name, text, ends, wanted), at)]
        if lot < lot_after + ENQUIRED:
            return [self._post(bank, "pacs.028.001.03", lambda name, text: _enquiry(name, text, status.uetr), at)]
        if lot < lot_after + ENQUIRED + INVESTIGATED:
            rest, data = investigation(status.uetr, bank, offered.bank), investigation_data("MINF")
            return [self._post(bank, "camt.110.001.01", lambda name, _: camt_110(name, rest, data), at)]
        question = verification("V1", offered.bank, offered.account, "Contoh Trading")
        return [self._post(bank, "acmt.023.001.04", lambda name, text: acmt_023(name, text, ends, question), at)]

    def _recalled(self, bank: str, kind: str, uetr: str, at: Instant) -> list[Post]:
        """A creditor agent agrees to half of the recalls and sends the money back; it refuses the other half."""
        agrees = int(uetr[-4:], 16) % 2 == 0
        confirmation, status = ("CNCL", cancellation_status(uetr)) if agrees else ("RJCR", cancellation_status(uetr, "CUST"))
        ends = (bank, self._hub)
        answer = "camt.029.001.13" if kind.endswith(".11") else "camt.029.001.09"
        posts = [self._post(bank, answer, lambda name, text: camt_029(name, text, ends, "", confirmation, status), at)]
        offered = self._received.get(uetr)
        if agrees and offered is not None:
            posts.append(self._return(offered, uetr, "FOCR", at))
        return posts

    def _return(self, offered: Offered, uetr: str, reason: str, at: Instant) -> Post:
        return self._post(
            offered.bank, "pacs.004.001.09",
            lambda name, text: pacs_004(name, text, uetr, offered.currency, offered.amount, offered.day, reason), at,
        )  # fmt: skip

    def _post(self, bank: str, kind: str, content: Callable[[str, str], str], at: Instant) -> Post:
        self._messages += 1
        name, text = f"{bank[:8]}-E{self._messages:09d}", utc_text(at)
        return bank, wrap(kind, bank, self._hub, name, text, content(name, text))


class Offered(msgspec.Struct, frozen=True):
    """What a creditor agent was offered: its BIC, the amount that arrives as a decimal text, the day, the account."""

    bank: str
    currency: str
    amount: str
    day: str
    account: str


def _lot(uetr: str) -> int:
    return int(uetr[:8], 16) % 10_000


def _enquiry(name: str, created: str, uetr: str) -> str:
    return (
        f"<FIToFIPmtStsReq><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{created}</CreDtTm></GrpHdr>"
        f"<TxInf><OrgnlUETR>{uetr}</OrgnlUETR></TxInf></FIToFIPmtStsReq>"
    )


class WorldGone(Exception):
    """The process of the simulated banks and agents ended; start the demo again."""


class WorldProcess:
    """The same world in a process of its own, started before the hub holds anything."""

    def __init__(self, rules: Rules, failing: Iterable[tuple[str, str]] = (), *, everyday: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, rules, list(failing), everyday), daemon=True, name="world")
        self._process.start()
        theirs.close()

    def exchange(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> list[Post]:
        self.send(mail, at)
        return self.receive()

    def send(self, mail: Iterable[tuple[str, str, bytes]], at: Instant) -> None:
        try:
            self._pipe.send_bytes(_encode(("mail", int(at), list(mail))))
        except (BrokenPipeError, OSError) as fault:
            raise WorldGone("the simulated world has ended") from fault

    def receive(self) -> list[Post]:
        try:
            return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=list[tuple[str, bytes]])
        except (EOFError, OSError) as fault:
            raise WorldGone("the simulated world has ended") from fault

    def balances(self) -> Mapping[str, Mapping[str, int]]:
        self._pipe.send_bytes(_encode(("balances", 0, [])))
        return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=dict[str, dict[str, int]])

    def counts(self, at: Instant) -> dict[str, int]:
        self._pipe.send_bytes(_encode(("counts", int(at), [])))
        return msgspec.msgpack.decode(self._pipe.recv_bytes(), type=dict[str, int])

    def close(self) -> None:
        try:
            self._pipe.send_bytes(_encode(("end", 0, [])))
        except (BrokenPipeError, OSError):
            self._process.kill()
        self._process.join(timeout=10)
        self._pipe.close()


_encode = msgspec.msgpack.Encoder().encode


def _serve(pipe: Connection, rules: Rules, failing: list[tuple[str, str]], everyday: bool) -> None:
    world = World(rules, failing, everyday=everyday)
    decoder = msgspec.msgpack.Decoder(tuple[str, int, list[tuple[str, str, bytes]]])
    while True:  # ends with "end", or with the hub's end of the pipe
        try:
            word, at, mail = decoder.decode(pipe.recv_bytes())
        except EOFError:
            return
        if word == "end":
            return
        if word == "balances":
            pipe.send_bytes(_encode(world.balances()))
        elif word == "counts":
            pipe.send_bytes(_encode(world.counts(Instant(at))))
        else:
            pipe.send_bytes(_encode(world.exchange(mail, Instant(at))))
