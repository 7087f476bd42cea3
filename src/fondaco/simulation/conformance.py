"""The conformance kit: a hub of its own, a scripted counterparty, and the candidate's own system on the other side.

Whoever passes every case can be certified (article 2.11). The kit's hub runs the rulebook and the lists of the hub that it is for;
nothing of it touches that hub. What the kit asks and what it wants to hear: docs/certification.md.
"""

from __future__ import annotations

import json
import queue
import secrets
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import (
    CURRENCIES,
    Instant,
    MalformedMessage,
    Refusal,
    lei_with_check_digits,
    minor_text,
    signature_holds,
    utc_text,
)
from fondaco.hub import Arrive, Command, Hub, NotReady, OpenDay, SwapLists, close_hub, editions, list_set, open_hub, scheme_of
from fondaco.ledger import Role, account_id
from fondaco.messages import (
    CustomerTransfers,
    LiquidityTransfer,
    VerificationReport,
    acmt_023,
    admi_002,
    admi_004,
    camt_05x,
    camt_050,
    camt_056,
    camt_110,
    cancellation,
    investigation,
    investigation_data,
    is_code,
    read,
    verification,
    wrap,
)
from fondaco.payments import AssignmentState, Payment, State
from fondaco.rulebook import CONFORMANCE_CASES, Application, CaseResult, Certificate
from fondaco.simulation.bank import ACCOUNT, HOLDER, Answer, SmallBank, challenge_material
from fondaco.simulation.world import World

KIT = "fondaco conformance kit 1"
# A candidate answers within this; what takes a person takes the day, and no case of the kit does.
ANSWER_S = 10.0
# A system that is only being started may take so long to its first answer.
START_S = 120.0
_NUMBERS = (2**24 - 1, 2**24 - 2)
# The time that a run has on the clock of the kit's hub: each step of it is one second.
_RUN_S = 600
# No run pays more often than this on one side.
_PAYMENTS_MAX = 20
_S = 1_000_000_000
# A return that is not urgent settles with its cycle, and the kit closes none.
_AGREED = (State.ACCEPTED, State.SETTLED)
# The rule that each case comes from.
RULES = {
    "key": "article 2.10", "pays": "pacs.008, articles 3 and 13", "pays-urgent": "pacs.008, article 7", "reads-refusal": "pacs.002",
    "resends": "article 3.1", "accepts": "article 8.2", "refuses-unknown-account": "article 8.4", "answers-once": "article 8.2",
    "recalls": "camt.056, article 13.1", "answers-recall": "camt.029, article 13.3", "returns": "pacs.004, article 11", "takes-return": "pacs.004, article 11",
    "enquires": "pacs.028", "answers-verification": "acmt.024", "answers-investigation": "camt.111, article 13.5",
    "reads-statement": "camt.053", "bears-rejection": "admi.002, admi.004",
}  # fmt: skip


class CandidateGone(Exception):
    """The candidate's system ended, or did not answer in time."""


class Candidate(Protocol):
    """The candidate's system, asked one thing at a time."""

    def ask(self, request: dict[str, Any]) -> Answer: ...


class CommandCandidate:
    """A candidate behind a command: one JSON object a line on its standard input, one on its standard output."""

    def __init__(self, command: str, answer_s: float = ANSWER_S, start_s: float = START_S) -> None:
        self._answer_s = answer_s
        self._wait_s = max(start_s, answer_s)
        self._silent = ""
        try:
            self._process = subprocess.Popen(  # noqa: S603  (the operator names the command)
                shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except (OSError, ValueError) as fault:
            raise NotReady(f"the bank's command cannot be started: {fault}") from fault
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def ask(self, request: dict[str, Any]) -> Answer:
        """Raises `CandidateGone`, `ValueError` for a line that is no JSON object. One that was silent once is asked no more: what it says
        later would be taken for the answer to another question."""
        assert self._process.stdin is not None
        if self._silent:
            raise CandidateGone(self._silent)
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=self._wait_s)
        except OSError as fault:
            raise CandidateGone("the bank's program ended") from fault
        except queue.Empty:
            self._silent = f"no answer within {self._wait_s:g} seconds"
            raise CandidateGone(self._silent) from None
        self._wait_s = self._answer_s
        if not line:
            raise CandidateGone("the bank's program ended")
        found = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError("the answer is no JSON object")
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Kit:
    """One run. `home` is the hub's folder that the run is for, `scratch` an empty folder for the kit's own hub."""

    def __init__(self, home: Path, application: Application, candidate: Candidate, scratch: Path) -> None:
        self._application = application
        self._bic = application.bic[:8]
        self._currency = application.currency
        self._counterparty = _counterparty(application)
        self._candidate = candidate
        self.rulebook = scheme_of(home).version
        self._hub, self._now = _lay_out(home, application, scratch)
        self._day = self._hub.desk.counters.day
        self._world = World(self._hub.desk.in_force())
        self._other = SmallBank(Ed25519PrivateKey.generate())
        self._inbox: list[bytes] = []
        self._heard: list[bytes] = []
        self._account = self._closed = self._holder = ""
        self._names = 0
        self._urgent = self._received = ""
        self._offer = b""
        self._greeted: dict[str, Any] = {"do": "hello", "hub": self._hub.desk.scheme.hub_bic, "day": self._day}
        self._other.answer({**self._greeted, "bic": self._counterparty, "challenge": ""})
        for bic in (application.bic, self._counterparty):
            self._fund(bic)

    def close(self) -> None:
        close_hub(self._hub)

    def run(self, made_at: str, progress: Callable[[CaseResult], None] | None = None) -> Certificate:
        """Every case in its order. A case that fails stops none of the others."""
        results = []
        for name in CONFORMANCE_CASES:
            try:
                found = getattr(self, "_" + name.replace("-", "_"))()
            except CandidateGone as gone:
                found = str(gone)
            except MalformedMessage as fault:
                found = fault.refusal.sentence()
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
                found = f"not the answer that was asked for: {type(fault).__name__} {fault}"
            results.append(CaseResult(name, RULES[name], not found, found[:300]))
            if progress is not None:
                progress(results[-1])
        return Certificate(self._bic, self._application.fingerprint(), self.rulebook, KIT, made_at, tuple(results))

    # The cases: each returns what was found against the candidate, "" for nothing

    def _key(self) -> str:
        challenge = secrets.token_hex(16)
        said = self._ask({**self._greeted, "bic": self._bic, "challenge": challenge})
        self._account, self._closed, self._holder = (str(said[name]) for name in ("account", "closed_account", "holder"))
        key, signature = bytes.fromhex(self._application.public_key), bytes.fromhex(said["signature"])
        holds = signature_holds(key, signature, challenge_material(challenge, self._bic))
        return "" if holds else "the signature over the challenge does not hold"

    def _pays(self) -> str:
        return self._paid(self._amount(10), urgent=False)[1]

    def _pays_urgent(self) -> str:
        uetr, found = self._paid(self._amount(20), urgent=True)
        if found:
            return found
        self._urgent = uetr
        if self._payment(uetr).state is not State.SETTLED:
            return f"it is {self._payment(uetr).state.name}"
        return self._status_is(uetr, "ACSC")

    def _reads_refusal(self) -> str:
        said = self._ask_to_pay("ZZNONE00", self._amount(1), urgent=False)
        uetr = str(said["uetr"])
        self._arrive(said)
        refused = self._hub.by_uetr(uetr) or self._last()
        if refused.state is not State.REJECTED:
            return f"a payment to a bank that is no participant is {refused.state.name}"
        return self._status_is(uetr, "RJCT")

    def _resends(self) -> str:
        before, books = self._hub.desk.counters.payment, self._books()
        said = self._ask({"do": "resend", "uetr": self._urgent})
        (raw,) = said["messages"]
        self._arrive(said)
        if self._hub.desk.counters.payment != before or self._books() != books:
            return "it came as another payment: the same message keeps its identification"
        message = read(raw.encode(), bulk=True)
        assert isinstance(message.body, CustomerTransfers)
        return "" if message.body.transfers[0].uetr == self._urgent else "another payment was sent"

    def _accepts(self) -> str:
        uetr = self._is_paid(self._account)
        self._offer = next((raw for raw in reversed(self._inbox) if uetr.encode() in raw), b"")
        found = self._exchange()
        state = self._payment(uetr).state
        if state is not State.SETTLED:
            return found or f"a payment to the account that it named is {state.name}"
        self._received = uetr
        return found

    def _refuses_unknown_account(self) -> str:
        uetr = self._is_paid(self._closed)
        found = self._exchange()
        payment = self._payment(uetr)
        if payment.state is not State.REJECTED or payment.refusal is None:
            return found or f"a payment to an account that it does not hold is {payment.state.name}"
        code = payment.refusal.code
        return found or ("" if is_code("ExternalStatusReason1Code", code) else f"{code} is no status reason")

    def _answers_once(self) -> str:
        books = self._books()
        self._inbox.append(self._offer)
        self._exchange()  # a second answer may be refused as out of turn; it must move nothing
        state = self._payment(self._received).state
        return "" if state is State.SETTLED and self._books() == books else "the same offer again moved something"

    def _recalls(self) -> str:
        found = self._arrive(self._ask({"do": "recall", "uetr": self._urgent}))
        if found:
            return found
        return "" if self._payment(self._urgent).assignments else "no recall of that payment arrived"

    def _answers_recall(self) -> str:
        name, text = self._named()
        content = camt_056(name, text, (self._counterparty, self._hub.desk.scheme.hub_bic), cancellation(self._received, "DUPL"))
        self._from_other("camt.056.001.08", name, text, content)
        found = self._exchange()
        payment = self._payment(self._received)
        open_ones = [self._hub.desk.assignments.get(key) for key, _ in payment.assignments]
        waiting = [one for one in open_ones if one is not None]
        if any(one.state is not AssignmentState.AGREED for one in waiting):
            return found or "the recall is not answered"
        return found or ("it agreed, and no return came" if waiting else "")

    def _returns(self) -> str:
        uetr = self._is_paid(self._account)
        found = self._exchange()
        if self._payment(uetr).state is not State.SETTLED:
            return found or "the payment to be returned did not settle"
        found = self._arrive(self._ask({"do": "return", "uetr": uetr}))
        back = self._hub.payment(self._payment(uetr).returned_by)
        if back is None or back.state not in _AGREED:
            return found or f"the return is {back.state.name if back else 'not there'}"
        return found

    def _takes_return(self) -> str:
        said = self._other.answer({"do": "return", "uetr": self._urgent, "at": utc_text(self._now)})
        self._inbox.clear()
        self._step([Arrive(self._counterparty, raw.encode()) for raw in said["messages"]])
        found = self._exchange()
        back = self._hub.payment(self._payment(self._urgent).returned_by)
        if back is None or back.state not in _AGREED:
            return found or f"the return of its payment is {back.state.name if back else 'not there'}"
        return found

    def _enquires(self) -> str:
        found = self._arrive(self._ask({"do": "enquire", "uetr": self._urgent}))
        if found:
            return found
        return "" if any(b"pacs.002" in raw for raw in self._inbox) else "the hub had nothing to answer"

    def _answers_verification(self) -> str:
        for account, wanted in ((self._account, True), (self._closed, False)):
            name, text = self._named()
            question = verification("V1", self._application.bic, account, self._holder)
            content = acmt_023(name, text, (self._counterparty, self._hub.desk.scheme.hub_bic), question)
            self._heard.clear()
            self._from_other("acmt.023.001.04", name, text, content)
            found = self._exchange()
            reports = [body for raw in self._heard if isinstance(body := read(raw, bulk=True).body, VerificationReport)]
            if found or not reports:
                return found or "the verification is not answered"
            if reports[0].rows[0].matched is not wanted:
                return f"account {account}: it said {reports[0].rows[0].matched}"
        return ""

    def _answers_investigation(self) -> str:
        name, text = self._named()
        rest = investigation(self._received, self._counterparty, self._application.bic)
        self._heard.clear()
        self._from_other("camt.110.001.01", name, text, camt_110(name, rest, investigation_data("MINF")))
        found = self._exchange()
        return found or ("" if any(b"camt.111" in raw for raw in self._heard) else "the investigation is not answered")

    def _reads_statement(self) -> str:
        own = [s for s in self._hub.days.statements(self._day) if s.owner[:8] == self._bic and s.currency == self._currency]
        name, text = self._named()
        hub = self._hub.desk.scheme.hub_bic
        raw = wrap("camt.053.001.08", hub, self._application.bic, name, text, camt_05x("camt.053", name, text, self._day, own[0]))
        said = self._ask({"do": "statement", "message": raw.decode()})
        exponent = CURRENCIES[self._currency].exponent
        wanted = ("-" if own[0].closing_minor < 0 else "") + minor_text(abs(own[0].closing_minor), exponent)
        if (said["closing"], said["entries"]) != (wanted, len(own[0].entries)):
            return f"closing {wanted} with {len(own[0].entries)} entries was read as {said['closing']} with {said['entries']}"
        return ""

    def _bears_rejection(self) -> str:
        hub, name, text = self._hub.desk.scheme.hub_bic, *self._named()
        for kind, content in (
            ("admi.002.001.01", admi_002("UNKNOWN", "FF01", text, "Document", "a message that never was")),
            ("admi.004.001.02", admi_004("LOWL", "a warning without consequence", text)),
        ):
            self._inbox.append(wrap(kind, hub, self._application.bic, name, text, content))
        self._exchange()
        return self._status_is(self._urgent, "ACSC")

    # What the cases are made of

    def _ask(self, request: dict[str, Any]) -> Answer:
        return self._candidate.ask({**request, "at": utc_text(self._now)})

    def _ask_to_pay(self, creditor_agent: str, minor: int, *, urgent: bool) -> Answer:
        return self._ask({
            "do": "pay", "creditor_agent": creditor_agent, "creditor": HOLDER, "account": ACCOUNT, "currency": self._currency,
            "amount": minor_text(minor, CURRENCIES[self._currency].exponent), "purpose": "GDDS", "urgent": urgent,
            "country": self._application.country,
        })  # fmt: skip

    def _paid(self, minor: int, *, urgent: bool) -> tuple[str, str]:
        """The UETR of a payment that the candidate was asked to make, and what was found against it."""
        said = self._ask_to_pay(self._counterparty, minor, urgent=urgent)
        uetr = str(said["uetr"])
        self._heard.clear()
        found = self._arrive(said)
        payment = self._hub.by_uetr(uetr)
        if payment is None or payment.state is State.REJECTED:
            refused = payment or self._last()
            return uetr, found or (refused.refusal.sentence() if refused.refusal else "no payment of that UETR arrived")
        if payment.source_minor != minor or payment.urgent is not urgent:
            return uetr, f"asked for {minor}, {urgent=}; it sent {payment.source_minor}, urgent={payment.urgent}"
        offers = [read(raw, bulk=True).body for raw in self._heard if uetr.encode() in raw and b"FIToFICstmrCdtTrf" in raw]
        told = offers[0].transfers[0].creditor if offers and isinstance(offers[0], CustomerTransfers) else None
        if told is None or (told.name, told.account) != (HOLDER, ACCOUNT):
            return uetr, "the creditor's name and account did not arrive as they were asked for"
        return uetr, found

    def _is_paid(self, account: str) -> str:
        """The counterparty pays to an account of the candidate; the offer waits in the inbox."""
        said = self._other.answer({
            "do": "pay", "creditor_agent": self._application.bic, "creditor": self._holder, "account": account,
            "currency": self._currency, "amount": minor_text(self._amount(5), CURRENCIES[self._currency].exponent), "purpose": "GDDS",
            "urgent": True, "country": self._application.country, "at": utc_text(self._now),
        })  # fmt: skip
        self._inbox.clear()
        self._step([Arrive(self._counterparty, raw.encode()) for raw in said["messages"]])
        return str(said["uetr"])

    def _status_is(self, uetr: str, wanted: str) -> str:
        self._exchange()
        said = str(self._ask({"do": "status", "uetr": uetr})["status"])
        return "" if said.split(" ")[0] == wanted else f"it takes the payment for {said or 'unknown'}, and it is {wanted}"

    def _exchange(self) -> str:
        """Deliver what waits for the candidate until it has nothing to say; what the hub refused of its answers."""
        found = ""
        for _ in range(32):
            waiting, self._inbox = self._inbox, []
            if not waiting:
                return found
            for raw in waiting:
                said = self._ask({"do": "deliver", "message": raw.decode()})
                found = self._arrive(said) or found
        return "it and the hub talk without end"

    def _arrive(self, said: Answer) -> str:
        """Hand the candidate's messages to the hub; what the hub refused, "" for nothing."""
        results = self._step([Arrive(self._bic, raw.encode()) for raw in said["messages"]])
        return next((one.sentence() for one in results if isinstance(one, Refusal)), "")

    def _from_other(self, kind: str, name: str, text: str, content: str) -> None:
        self._inbox.clear()
        self._step(
            [Arrive(self._counterparty, wrap(kind, self._counterparty, self._hub.desk.scheme.hub_bic, name, text, content))]
        )

    def _step(self, commands: list[Command]) -> list[Refusal | str | None]:
        """Decide, and let agents and the counterparty answer; what is for the candidate waits in the inbox."""
        self._now = Instant(self._now + _S)
        results = self._hub.process(commands, self._now)
        self._hub.flush()
        answers: list[Command] = []
        for mail in self._hub.take_mail():
            if mail.recipient == self._bic:
                self._inbox.append(mail.raw)
            elif mail.recipient == self._counterparty:
                self._heard.append(mail.raw)
                said = self._other.answer({"do": "deliver", "message": mail.raw.decode(), "at": utc_text(self._now)})
                answers += [Arrive(self._counterparty, raw.encode()) for raw in said["messages"]]
            else:
                back = self._world.exchange([(mail.recipient, mail.kind, mail.raw)], self._now)
                answers += [Arrive(sender, raw) for sender, raw in back]
        if answers:
            self._step(answers)
        return results

    def _payment(self, uetr: str) -> Payment:
        found = self._hub.by_uetr(uetr)
        if found is None:
            raise ValueError("it needs a payment of a case before, and there is none")
        return found

    def _last(self) -> Payment:
        found = self._hub.payment(self._hub.desk.counters.payment - 1)
        assert found is not None, "a message with payments arrived"
        return found

    def _fund(self, bic: str) -> None:
        name, text = self._named()
        # A fee may be more than a thousand of the currency's units: in rupiah it is.
        fee = max(one.max_minor for one in self._hub.desk.scheme.tariffs[self._currency])
        minor = self._amount(1000) + _PAYMENTS_MAX * fee
        asked = LiquidityTransfer(name, name, self._hub.desk.scheme.hub_bic, bic, self._currency, minor)
        self._step([
            Arrive(bic, wrap("camt.050.001.07", bic, self._hub.desk.scheme.hub_bic, name, text, camt_050(name, text, asked)))
        ])  # fmt: skip
        self._inbox.clear()

    def _amount(self, units: int) -> int:
        return units * int(10 ** CURRENCIES[self._currency].exponent)

    def _named(self) -> tuple[str, str]:
        self._names += 1
        return f"KIT-{self._names:06d}", utc_text(self._now)

    def _books(self) -> list[tuple[int, tuple[int, ...]]]:
        return [(account.id, tuple(balance)) for account, balance in self._hub.books.accounts()]


def try_system(
    home: Path,
    application: Application,
    bank: str,
    made_at: str,
    progress: Callable[[CaseResult], None] | None = None,
    answer_s: float = ANSWER_S,
) -> Certificate:
    """One run of the kit against the system that the command `bank` starts, for the hub in `home`; nobody has signed the report yet.

    The kit's own hub and the command are gone when this returns; a second call is another run. `made_at` is an instant in UTC as text;
    `answer_s` is how long the system may think about one answer.
    Raises `NotReady` where the command cannot be started or the kit's hub cannot open (article 2.11, docs/certification.md).
    """
    with tempfile.TemporaryDirectory() as scratch:
        candidate = CommandCandidate(bank, answer_s)
        try:
            kit = Kit(home, application, candidate, Path(scratch))
            try:
                return kit.run(made_at, progress)
            finally:
                kit.close()
        finally:
            candidate.close()


def _counterparty(application: Application) -> str:
    """The BIC of the scripted bank: of the candidate's country, and nobody's."""
    return f"ZZKT{application.country}00"


def _lay_out(home: Path, application: Application, scratch: Path) -> tuple[Hub, Instant]:
    """The kit's hub: rulebook and lists of the hub that it is for, with the candidate and the counterparty added; its day is open."""
    version = scheme_of(home).version
    kept = home / "rulebooks" / version
    shutil.copytree(kept if kept.is_dir() else home / "union", scratch / "union")
    shutil.copytree(home / "lists", scratch / "lists")
    rows = []
    counterparty = lei_with_check_digits("FNDC00ZZKTZZ000000")
    for number, bic, lei, name in (
        (_NUMBERS[0], application.bic, application.lei, application.name),
        (_NUMBERS[1], _counterparty(application), counterparty, "The kit's counterparty"),
    ):
        caps = f'{{ {application.currency} = "1000000" }}'
        rows.append(
            f"\n[[participants]]\nnumber = {number}\nbic = {json.dumps(bic)}\nlei = {json.dumps(lei)}\nname = {json.dumps(name)}\n"
            f'country = "{application.country}"\ncurrency = "{application.currency}"\nroles = ["member"]\ncaps = {caps}\n'
        )
    path = scratch / "union" / "participants.toml"
    path.write_text(path.read_text() + "".join(rows))
    hub = open_hub(scratch)
    scheme = hub.desk.scheme
    calendar = scheme.currencies[application.currency].calendar
    newest = Instant(max((one.received_at for one in editions(scratch, scheme).values()), default=0))
    day = calendar.business_day_from(calendar.local_date(newest))
    if int(newest) + _RUN_S * _S >= int(calendar.cut_off_at(day)):
        day = calendar.business_day_from(day + timedelta(days=1))
    now = Instant(max(int(calendar.opening(day)), int(newest)) + _S)
    for command in (OpenDay(day.isoformat()), SwapLists(list_set(scratch, scheme).version)):
        (result,) = hub.process([command], now)
        hub.flush()
        now = Instant(now + _S)
        if isinstance(result, Refusal):
            close_hub(hub)
            raise NotReady(f"the kit's own hub cannot open {day}: {result.sentence()}")
    assert hub.books.balance(account_id(Role.PREFUNDED, hub.desk.ledgers[application.currency], _NUMBERS[0])) is not None
    return hub, now
