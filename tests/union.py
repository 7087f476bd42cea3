"""A small desk for stories: the straits union on disk, its banks answered by hand or by the simulated world."""

from __future__ import annotations

import atexit
import copy
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

from fondaco.compliance.demo_lists import demo_list
from fondaco.core import CURRENCIES, Instant, Refusal, at, lei_with_check_digits, minor_of, utc_text
from fondaco.hub import (
    Arrive,
    Command,
    Hub,
    OpenDay,
    PostQuotes,
    SwapLists,
    Tick,
    close_hub,
    list_set,
    load_list,
    open_hub,
    scheme_of,
)
from fondaco.journal import Mail
from fondaco.ledger import Role, account_id, place_of, prove
from fondaco.messages import LiquidityTransfer, Status, camt_050, pacs_002, read, wrap
from fondaco.payments import DECODER, Payment
from fondaco.reporting import contradictions, differences
from fondaco.rulebook import Rules
from fondaco.settlement import CycleState
from fondaco.simulation import DEMO_DAY, World, lay_out, provider_quotes

SG1, SG2, MY1, MY2, TH1, TH2, ID1, KR1, PH1 = (
    "ZZBASG01", "ZZBBSG02", "ZZBAMY01", "ZZBBMY02", "ZZBATH01", "ZZBBTH02", "ZZBAID01", "ZZBAKR01", "ZZBAPH01",
)  # fmt: skip
HUB = "ZZHBSG00"
# A sponsored participant that `sponsored` adds; SG1 settles for it.
SMALL = "ZZSPSG07"
S = 1_000_000_000
# What every member holds at its central bank, in whole units of each of its currencies.
_PREFUND = "1000000"


def calm_uetr() -> str:
    """A UETR to which the simulated banks say yes: some of them say no, or nothing, to a few in ten thousand."""
    while True:
        uetr = str(uuid.uuid4())
        if int(uetr[:8], 16) % 10_000 >= 1_000:
            return uetr


def pacs_008(
    sender: str,
    creditor_agent: str,
    amount: str,
    currency: str,
    *,
    uetr: str = "",
    message_id: str = "",
    urgent: bool = False,
    debtor: str = "Tan Wei Trading",
    creditor: str = "Somchai Foods",
    day: str = DEMO_DAY.isoformat(),
    extra: str = "",
    before: str = "",
    kind: str = "pacs.008.001.08",
    purpose: str = "GDDS",
    receiver: str = HUB,
    header_sender: str = "",
    account: str = "<Othr><Id>9876543210</Id></Othr>",
    debtor_data: str = "<PstlAdr><TwnNm>Townville</TwnNm><Ctry>SG</Ctry></PstlAdr>",
    debtor_account: str = "<DbtrAcct><Id><Othr><Id>1234567890</Id></Othr></Id></DbtrAcct>",
) -> bytes:
    uetr = uetr or calm_uetr()
    message_id = message_id or f"M{uetr[:8]}"
    priority = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>" if urgent else ""
    created = "2026-11-24T01:00:00.000Z"
    document = (
        f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>1</NbOfTxs>"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><InstrId>I-{uetr[:8]}</InstrId>"
        f"<EndToEndId>E-{uetr[:8]}</EndToEndId><UETR>{uetr}</UETR></PmtId>{priority}"
        f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt>{before}<ChrgBr>SHAR</ChrgBr>'
        f"<Dbtr>{f'<Nm>{debtor}</Nm>' if debtor else ''}{debtor_data}</Dbtr>{debtor_account}"
        f"<DbtrAgt><FinInstnId><BICFI>{sender}</BICFI></FinInstnId></DbtrAgt>"
        f"<CdtrAgt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></CdtrAgt>"
        f"<Cdtr><Nm>{creditor}</Nm></Cdtr><CdtrAcct><Id>{account}</Id></CdtrAcct><Purp><Cd>{purpose}</Cd></Purp>{extra}"
        "</CdtTrfTxInf></FIToFICstmrCdtTrf>"
    )
    return wrap(kind, header_sender or sender, receiver, message_id, created, document)


def sponsored(more: str = "") -> Callable[[Path], None]:
    def amend(home: Path) -> None:
        path = home / "participants.toml"
        rows = (
            f'\n[[participants]]\nnumber = 907\nbic = "{SMALL}"\nlei = "{lei_with_check_digits("FNDC00ZZSPSG000790")}"\nname = "Kecil Thrift (invented)"\n'
            f'country = "SG"\ncurrency = "SGD"\nroles = ["member"]\nsponsor = "{SG1}"\ncaps = {{ SGD = "5000" }}\n'
        )
        text = rows
        for pair in more.split("|") if more else ():
            old, new = pair.split(" -> ")
            assert old in text
            text = text.replace(old, new)
        path.write_text(path.read_text() + text)

    return amend


def place_stores(_: Path) -> None:
    """Where the stores of a hub that was laid out shall be: in its folder, unless a test puts another in this one's place."""


_IN_THE_FOLDER = place_stores


class Image(NamedTuple):
    """The folder of a desk whose day was begun, and all that the desk holds beside it."""

    folder: Path
    rules: Rules
    world: World
    inbox: list[Mail]
    now: Instant


_images: dict[tuple[date, str], Image] = {}


def take_image() -> None:
    """Begin the ordinary desk's day once; from then on desks of this process that are like it begin with a copy.

    It is taken before a test begins, since a test may change what a hub is made of. The second time nothing happens.
    """
    key = (DEMO_DAY, _PREFUND)
    if key in _images:
        return
    home = tempfile.TemporaryDirectory(prefix="fondaco-desk-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    atexit.register(home.cleanup)
    desk = Desk(Path(home.name) / "hub")
    desk.close()
    _images[key] = Image(desk.folder, desk.rules, desk.world, desk.inbox, desk.now)


class Desk:
    """One hub and the time of its day. `send` decides at once; `world` answers only when asked to."""

    def __init__(
        self,
        folder: Path,
        *,
        fresh: bool = True,
        prefund: str = _PREFUND,
        failing: tuple[tuple[str, str], ...] = (),
        amend: Callable[[Path], None] | None = None,
        day: date = DEMO_DAY,
        stores: str = "",
    ) -> None:
        self.folder = folder
        self.day = day
        self.now = Instant(int(at(datetime.combine(day, time(1, 10), UTC))))
        ordinary = fresh and not failing and amend is None and not stores and place_stores is _IN_THE_FOLDER
        image = _images.get((day, prefund)) if ordinary else None
        if image is not None:
            shutil.copytree(image.folder, folder, dirs_exist_ok=True)
            self._open()
            self.rules, self.now, self.inbox = image.rules, image.now, list(image.inbox)
            self.world = copy.deepcopy(image.world, {id(image.rules): image.rules, id(image.rules.scheme): image.rules.scheme})
            return
        if fresh:
            lay_out(folder, day)
            place_stores(folder)
        if stores:
            (folder / "hub.toml").write_text(stores)
        if fresh and amend is not None:
            amend(folder / "union")
        self.rules = scheme_of(folder).on(day)
        self.world = World(self.rules, failing)
        self.inbox: list[Mail] = []
        self._open()
        if fresh:
            assert self.do(OpenDay(day.isoformat())) is None
            self.do(SwapLists(list_set(folder, self.rules.scheme).version))
            self.quotes()
            for member in self.rules.members():
                for currency in sorted(member.currencies):
                    self.fund(member.bic, prefund, currency)

    def _open(self) -> None:
        self.hub: Hub = open_hub(self.folder, lambda batch: hashlib.sha256(f"salt {batch}".encode()).digest())

    def quotes(self) -> None:
        # The pinned reference rates end soon after the demo's day; a quote does not say of which day its rate is.
        for bic, quotes in provider_quotes(replace(self.rules, day=DEMO_DAY), self.now, self.rules.quote_valid_s, 1):
            assert self.do(PostQuotes(bic, quotes)) is None

    def do(self, *commands: Command) -> Refusal | str | None:
        """Decide these commands one instant later; returns what the last came to."""
        self.now = Instant(self.now + S)
        results = self.hub.process(list(commands), self.now)
        self.hub.flush()
        self.inbox += self.hub.take_mail()
        return results[-1]

    def send(self, raw: bytes, sender: str) -> Refusal | str | None:
        return self.do(Arrive(sender, raw))

    def pay(self, sender: str, creditor_agent: str, amount: str, currency: str, **more: object) -> Payment:
        uetr = str(more.get("uetr") or calm_uetr())
        more["uetr"] = uetr
        more.setdefault("day", self.day.isoformat())
        self.send(pacs_008(sender, creditor_agent, amount, currency, **more), sender)  # type: ignore[arg-type]
        payment = self.hub.by_uetr(uetr)
        if payment is None:
            raw = [p for _, p in self.hub.journal.payments()]
            return DECODER.decode(raw[-1])
        return payment

    def see(self, payment: Payment) -> Payment:
        found = self.hub.payment(payment.number)
        assert found is not None
        return found

    def answer(self, payment: Payment, status: str = "ACSP", reason: str = "", sender: str = "") -> Refusal | str | None:
        """The creditor agent's pacs.002."""
        who = sender or payment.creditor_agent
        text = utc_text(self.now)
        report = pacs_002(
            f"A{self.now}",
            text,
            payment.offered_as or "H1",
            payment.message_kind,
            [Status("", "", "", payment.uetr, status, reason)],
        )
        return self.send(wrap("pacs.002.001.10", who, HUB, f"A{self.now}", text, report), who)

    def fund(self, bic: str, amount: str, currency: str) -> None:
        minor = minor_of(amount, CURRENCIES[currency].exponent)
        text = utc_text(self.now)
        name = f"F{self.now}"
        asked = LiquidityTransfer(name, name, HUB, bic, currency, minor)
        self.send(wrap("camt.050.001.07", bic, HUB, name, text, camt_050(name, text, asked)), bic)
        self.let_world_answer()

    def let_world_answer(self, rounds: int = 12) -> None:
        """Exchange mail with the simulated banks and agents until nobody has anything to say."""
        for _ in range(rounds):
            mail, self.inbox = self.inbox, []
            back = self.world.exchange([(m.recipient, m.kind, m.raw) for m in mail], self.now)
            if not back:
                return
            self.do(*[Arrive(sender, raw) for sender, raw in back])
        raise AssertionError("the world and the hub talk without end")

    def let_agents_answer(self) -> None:
        """Only the settlement agents answer; what banks were offered stays with them."""
        agents = {one.agent_bic[:8] for one in self.rules.currencies.values()}
        for _ in range(12):
            mail = [m for m in self.inbox if m.recipient in agents]
            self.inbox = [m for m in self.inbox if m.recipient not in agents]
            back = self.world.exchange([(m.recipient, m.kind, m.raw) for m in mail], self.now)
            if not back:
                return
            self.do(*[Arrive(sender, raw) for sender, raw in back])

    def wait(self, seconds: int) -> None:
        self.now = Instant(self.now + seconds * S)
        self.do(Tick())

    def balance(self, bic: str, currency: str) -> int:
        number = self.rules.participants[bic[:8]].number
        found = self.hub.books.balance(account_id(Role.PREFUNDED, self.hub.desk.ledgers[currency], number))
        assert found is not None
        return found.net

    def books(self) -> list[tuple[int, tuple[int, ...]]]:
        return [(account.id, tuple(balance)) for account, balance in self.hub.books.accounts()]

    def told(self, recipient: str, kind: str = "pacs.002") -> list[str]:
        """Statuses in the mail to one recipient, in order, as `STATUS REASON`."""
        found = []
        for mail in self.inbox:
            if mail.recipient == recipient and mail.kind.startswith(kind):
                body = read(mail.raw, bulk=True).body
                found += [f"{s.status} {s.reason}".strip() for s in getattr(body, "statuses", ())]
        return found

    def close(self) -> None:
        close_hub(self.hub)

    def again(self) -> Desk:
        """Close the hub and open it again, as after a restart."""
        self.close()
        other = Desk(self.folder, fresh=False, day=self.day)
        other.now, other.world, other.inbox = self.now, self.world, self.inbox
        return other


def at_rest(desk: Desk) -> None:
    """After a settled cycle its accounts are zero, and the hub and the agents hold the same."""
    settled = {n for n, cycle in desk.hub.desk.cycles.items() if cycle.state is CycleState.SETTLED}
    for account, balance in desk.hub.books.accounts():
        place = place_of(account.id)
        if place.cycle in settled and place.role in (Role.CLEARING, Role.CYCLE, Role.OBLIGATION_CLOSE, Role.CAP_CONTROL):
            assert balance.net == 0 and balance.debits_pending == 0 and balance.credits_pending == 0, place
    assert differences(desk.hub.books, desk.rules, desk.hub.desk.ledgers, desk.world.balances()) == []
    assert prove(desk.hub.books).faults == ()
    agree(desk)


def agree(desk: Desk) -> None:
    """The journal's payments and the books say the same."""
    desk.hub.flush()
    payments = [DECODER.decode(raw) for _, raw in desk.hub.journal.payments()]
    assert contradictions(desk.hub.books, payments, desk.rules, desk.hub.desk.ledgers) == []


def newly_listed(desk: Desk, name: str) -> str:
    """Load a UN list that also names `name`, and return the version of the set."""
    first, _, last = name.partition(" ")
    raw = demo_list("un")[0].replace(b"2026-11-23T", b"2026-11-24T")
    new = (
        f"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>{first}</FIRST_NAME><SECOND_NAME>{last}</SECOND_NAME>"
        "<REFERENCE_NUMBER>INi.999</REFERENCE_NUMBER></INDIVIDUAL></INDIVIDUALS>"
    )
    raw = raw.replace(b"</INDIVIDUALS>", new.encode())
    load_list(desk.folder, desk.rules.scheme, "un", [raw], Instant(int(at(datetime(2026, 11, 24, 1, tzinfo=UTC)))))
    return list_set(desk.folder, desk.rules.scheme).version
