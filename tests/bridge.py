"""A desk for stories about central banks: the union `bridge` over days, or with a third country, its agents answered by hand or by the world."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Refusal, at, lei_with_check_digits, minor_of, utc_text
from fondaco.fx import ReferenceRate
from fondaco.hub import (
    Arrive,
    CloseCycle,
    CloseUnion,
    Command,
    EndDay,
    Hub,
    Move,
    OpenDay,
    PostReferences,
    SwapLists,
    close_hub,
    list_set,
    load_list,
    open_hub,
    scheme_of,
)
from fondaco.journal import Mail
from fondaco.ledger import Role, account_id
from fondaco.messages import LiquidityTransfer, Status, camt_050, pacs_002, read, wrap
from fondaco.payments import Payment
from fondaco.reporting import differences
from fondaco.rulebook import Deed, Vote, sign_vote
from fondaco.simulation import World, demo_key, lay_out
from union import calm_uetr, pacs_008

BR, IN, ZA = "ZZBABR01", "ZZBAIN01", "ZZBAZA01"
CB_BR, CB_IN, CB_ZA = "ZZCBBR00", "ZZCBIN00", "ZZCBZA00"
HUB = "ZZHBBR00"
FIRST = date(2026, 11, 27)
S = 1_000_000_000
# What one of the first buys of the second.
RATE = {("BRL", "INR"): "16.5", ("INR", "BRL"): "0.0606", ("BRL", "ZAR"): "3.25", ("ZAR", "BRL"): "0.3077", ("INR", "ZAR"): "0.197",
        ("ZAR", "INR"): "5.08"}  # fmt: skip


def third_country(home: Path) -> None:
    """South Africa joins: one bank, a central bank, lines both ways with both others; holidays of its own it has none here."""
    path = home / "currencies.toml"
    path.write_text(
        path.read_text()
        + f'\n[currencies.ZAR]\nagent = "{CB_ZA}"\nzone = "Africa/Johannesburg"\nopens = 09:00:00\ncut_off = 22:00:00\n'
        'weekend = [5, 6]\nceiling = "80000000"\n'
    )
    path = home / "participants.toml"
    text = path.read_text().replace('currencies = ["BRL", "INR"]', 'currencies = ["BRL", "INR", "ZAR"]')
    text = text.replace('caps = { INR = "5000000000" }', 'caps = { INR = "5000000000", ZAR = "900000000" }')
    text = text.replace('caps = { BRL = "300000000" }', 'caps = { BRL = "300000000", ZAR = "900000000" }')
    for number, bic, roles, more in (
        (5, ZA, '"member"', 'caps = { ZAR = "800000000" }'),
        (13, CB_ZA, '"settlement_agent", "central_bank"', 'currencies = ["BRL", "INR", "ZAR"]\ncaps = { BRL = "300000000", INR = "5000000000" }'),
    ):  # fmt: skip
        lei = lei_with_check_digits(f"FNDC00{bic[:8]}{number:04d}")
        text += (
            f'\n[[participants]]\nnumber = {number}\nbic = "{bic}"\nlei = "{lei}"\nname = "{bic} (invented)"\ncountry = "ZA"\n'
        )
        text += f'currency = "ZAR"\nroles = [{roles}]\n{more}\n'
    path.write_text(text)
    path = home / "union.toml"
    text = path.read_text()
    lines = [(CB_ZA, CB_BR, "ZAR", "900000000"), (CB_ZA, CB_IN, "ZAR", "900000000"), (CB_BR, CB_ZA, "BRL", "300000000"), (CB_IN, CB_ZA, "INR", "5000000000")]  # fmt: skip
    for creditor, debtor, currency, limit in lines:
        text += f'\n[[credit_lines]]\ncreditor = "{creditor}"\ndebtor = "{debtor}"\ncurrency = "{currency}"\nlimit = "{limit}"\narticle = "10.1"\n'
    text += f'\n[[clearing_union.members]]\ncentral_bank = "{CB_ZA}"\ndebit_rate = "0.0525"\ncredit_rate = "0.05"\n'
    for other in (CB_BR, CB_IN):
        text += (
            f'\n[[clearing_union.residuals]]\nbetween = ["{CB_ZA}", "{other}"]\nsettled_by = "local_currency"\narticle = "10.3"\n'
        )
    text += '\n[[tariffs]]\ncurrency = "ZAR"\nflat = "5"\nbps = 0\nmin = "0.50"\nmax = "30.00"\narticle = "3.6"\n'
    path.write_text(text)
    for year in (home / "calendars").iterdir():
        year.write_text(year.read_text() + "\n[ZAR]\n")


def articles(**said: str) -> Callable[[Path], None]:
    """Other words of the clearing union: `settled_by="carry_over"`, `unit="EUR"`; a limit of the rupees' line as `line="1000.00"`."""

    def amend(home: Path) -> None:
        path = home / "union.toml"
        text = path.read_text()
        for key, value in said.items():
            if key == "line":
                text, count = re.subn(r'limit = "5000000000"', f'limit = "{value}"', text)
            else:
                text, count = re.subn(
                    rf'^{key} = (".*"|\d+)$',
                    f'{key} = "{value}"' if not value.isdecimal() else f"{key} = {value}",
                    text,
                    flags=re.M,
                )
            assert count, key
        path.write_text(text)

    return amend


class Bridge:
    """One hub of the union, open on its first day, its banks with money. Nobody answers unless asked to."""

    def __init__(self, folder: Path, *amends: Callable[[Path], None], first: date = FIRST) -> None:
        self.folder = folder
        lay_out(folder, first, union="bridge")
        for amend in amends:
            amend(folder / "union")
        self.scheme = scheme_of(folder)
        self.rules = self.scheme.on(first)
        self.world = World(self.rules)
        self.inbox: list[Mail] = []
        self.hub: Hub = self._opened()
        self.now = Instant(int(at(datetime.combine(first, time(4), UTC))))
        self.open_day(first)
        for bic in (BR, IN, ZA):
            member = self.rules.participants.get(bic)
            if member is not None:
                self.fund(bic, "10000000", member.currency)

    def _opened(self) -> Hub:
        return open_hub(self.folder, lambda batch: hashlib.sha256(f"salt {batch}".encode()).digest())

    def do(self, *commands: Command) -> Refusal | str | None:
        """Decide these commands one instant later; what the last came to."""
        self.now = Instant(self.now + S)
        results = self.hub.process(list(commands), self.now)
        self.hub.flush()
        self.inbox += self.hub.take_mail()
        return results[-1]

    def lost(self, *commands: Command) -> None:
        """Decide these commands, lose the outcomes, and open again: they are decided a second time."""
        self.now = Instant(self.now + S)
        self.hub.process(list(commands), self.now)
        self.hub.books.close()
        self.hub.journal.close()
        before = {mail.seq for mail in self.inbox}
        self.hub = self._opened()
        self.inbox += [mail for mail in self.hub.journal.mail() if mail.seq > max(before, default=0)]

    def open_day(self, day: date, *, lost: bool = False) -> None:
        """Open a day with lists of that day and its rates. `lost`: the outcomes of the opening are lost, and it is decided again."""
        self.now = max(self.now, Instant(int(at(datetime.combine(day, time(13), UTC)))))
        load_list(self.folder, self.scheme, "un", demo_list("un"), self.now)
        if lost:
            self.lost(OpenDay(day.isoformat()))
        else:
            assert self.do(OpenDay(day.isoformat())) is None
        assert self.hub.desk.counters.day == day.isoformat()
        self.do(SwapLists(list_set(self.folder, self.hub.desk.scheme).version))
        rates = [
            (s, t, ReferenceRate(Decimal(r), day, "a test")) for (s, t), r in RATE.items() if {s, t} <= set(self.rules.currencies)
        ]
        assert self.do(PostReferences(tuple(rates))) is None

    def end_day(self) -> None:
        """Close what is open, let everybody answer, end the day."""
        if self.hub.desk.counters.open_cycle:
            self.do(CloseCycle(last=True))
        self.answers()
        assert self.do(EndDay()) is None
        self.answers()

    def answers(self) -> None:
        """Let banks and central banks of the world answer until nobody has anything to say."""
        for _ in range(12):
            mail, self.inbox = self.inbox, []
            back = self.world.exchange([(one.recipient, one.kind, one.raw) for one in mail], self.now)
            if not back:
                return
            self.do(*[Arrive(sender, raw) for sender, raw in back])
        raise AssertionError("the world and the hub talk without end")

    def fund(self, bic: str, amount: str, currency: str) -> None:
        name, text, minor = f"F{self.now}", utc_text(self.now), minor_of(amount, 2)
        asked = camt_050(name, text, LiquidityTransfer(name, name, HUB, bic, currency, minor))
        self.do(Arrive(bic, wrap("camt.050.001.07", bic, HUB, name, text, asked)))
        self.answers()

    def pay(self, sender: str, receiver: str, amount: str, *, urgent: bool = False) -> Payment:
        """A payment in the sender's currency, answered by the receiver's bank; urgent ones are final at once."""
        uetr, day = calm_uetr(), self.hub.desk.counters.day
        raw = pacs_008(
            sender, receiver, amount, self.rules.participants[sender].currency, uetr=uetr, receiver=HUB, urgent=urgent, day=day
        )
        self.do(Arrive(sender, raw))
        self.answers()
        found = self.hub.by_uetr(uetr)
        assert found is not None
        return found

    def rates(self, day: str = "", **more: str) -> CloseUnion:
        """The close, at this day's rates into the union's unit."""
        unit = self.scheme.clearing_union.unit  # type: ignore[union-attr]
        of = date.fromisoformat(day or self.hub.desk.counters.day)
        rates = {code: RATE.get((code, unit), more.get(code, "")) for code in self.rules.currencies if code != unit} | more
        return CloseUnion(tuple((code, ReferenceRate(Decimal(rate), of, "a test")) for code, rate in sorted(rates.items())))

    def say(self, agent: str, status: str, kind: str = "pacs.029") -> Refusal | str | None:
        """A central bank's word on the last such request to it."""
        asked = [mail for mail in self.inbox if mail.recipient == agent and mail.kind.startswith(kind)][-1]
        return self.do(Arrive(agent, self.word(agent, asked, status)))

    def word(self, agent: str, asked: Mail, status: str) -> bytes:
        message = read(asked.raw, bulk=True)
        rows = (
            [Status(one.movement_id, "", "", "", "RJCT", "AM04") for one in message.body.movements[:1]]
            if status == "PART"
            else []
        )
        name, text = f"{agent}-{self.now}", utc_text(self.now)
        return wrap(
            "pacs.002.001.10", agent, HUB, name, text, pacs_002(name, text, message.message_id, message.kind, rows, status)
        )

    def vote(self, deed: Deed, who: str) -> Refusal | str | None:
        vote = Vote(deed, who, "statement of the custodian", self.hub.desk.counters.day, int(self.now))
        return self.do(Move(sign_vote(vote, demo_key(who))))

    def books(self, bic: str, currency: str) -> int:
        """What a participant has in a currency by the books alone, less what is granted."""
        number, ledger = self.rules.participants[bic].number, self.hub.desk.ledgers[currency]
        found = [self.hub.books.balance(account_id(role, ledger, number)) for role in (Role.PREFUNDED, Role.CREDIT_LINE)]
        return sum(balance.net for balance in found if balance is not None)

    def standing(self, bic: str, currency: str) -> int:
        """The same by the hub's own record."""
        return self.hub.desk.union_book.standings[f"{self.rules.participants[bic].number} {currency}"]

    def at_rest(self) -> None:
        """Record, books and the central banks' accounts say the same."""
        central = self.hub.unions.central()
        assert central is not None
        for account in central.accounts():
            assert self.hub.unions.on_the_books(account) == self.hub.desk.union_book.standings[account.key()], account
        rules = self.hub.desk.in_force()
        assert differences(self.hub.books, rules, self.hub.desk.ledgers, self.world.balances()) == []

    def close(self) -> None:
        close_hub(self.hub)
