"""A desk for stories of trade: a carrier, an exporter and an importer, each with its bank, and bills of lading that they sell for money."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Refusal, at, utc_text
from fondaco.hub import CloseCycle, EndDay, OpenDay, Perform, SwapLists, list_set, load_list
from fondaco.ledger import Role, account_id, record_ledger_of
from fondaco.payments import Payment
from fondaco.trade import Deed, TradeParty, TransferableRecord
from fondaco.trade.canonical import canonical
from titles import lading
from union import HUB, MY1, SG1, SG2, TH1, TH2, Desk, S

CARRIER, EXPORTER, IMPORTER = "SELAT-LINES", "SOMCHAI-FOODS", "TAN-WEI-TRADING"
BANK_OF = {CARRIER: MY1, EXPORTER: TH1, IMPORTER: SG1}
NAME_OF = {CARRIER: "Selat Lines", EXPORTER: "Somchai Foods", IMPORTER: "Tan Wei Trading"}
# Who closes what guards noticed.
COMPLIANCE = ("compliance one", "compliance two")
COUNTRY_OF = {CARRIER: "MY", EXPORTER: "TH", IMPORTER: "SG"}


@cache
def key_of(who: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"trade {who}".encode()).digest())


def public(who: str) -> bytes:
    return key_of(who).public_key().public_bytes_raw()


def hands_of(party: str) -> tuple[str, ...]:
    """Whose keys sign for a party: a bank's maker and checker, a customer itself, the operator's two for a court."""
    return (
        (f"{party} maker", f"{party} checker")
        if len(party) == 8 and party[4:6].isalpha() and party.startswith("ZZ")
        else (party,)
    )


def representatives(home: Path) -> None:
    """A maker and a checker of each bank of a story, and who freezes by a court's order."""
    rows = []
    for bank in sorted({*BANK_OF.values(), SG2, TH2}):
        for hand in hands_of(bank):
            rows.append(
                f'\n[[officers]]\nid = "{hand.replace(" ", "-")}"\nname = "{hand}"\nroles = ["representative"]\n'
                f'public_key = "{public(hand).hex()}"\nmember = "{bank}"\n'
            )
    for office in ("OPERATOR", "SUPERVISOR"):
        rows.append(
            f'\n[[officers]]\nid = "{office.lower()}-court"\nname = "{office}"\nroles = ["{office.lower()}"]\npublic_key = "{public(office).hex()}"\n'
        )
    for hand in COMPLIANCE:
        rows.append(
            f'\n[[officers]]\nid = "{hand.replace(" ", "-")}"\nname = "{hand}"\nroles = ["compliance"]\npublic_key = "{public(hand).hex()}"\n'
        )
    path = home / "officers.toml"
    path.write_text(path.read_text() + "".join(rows))


def signed(deed: Deed, *hands: str) -> Deed:
    """The deed with these signatures; without any named, those of its actor."""
    material = deed.material()
    pairs = tuple((public(hand), key_of(hand).sign(material)) for hand in hands or hands_of(deed.actor))
    return Deed(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body, pairs)


def party_deed(party: str, *, action: str = "REGISTER_PARTY", version: int = 0, **more: Any) -> Deed:
    body = {
        "party": party,
        "name": NAME_OF.get(party, party),
        "country": COUNTRY_OF.get(party, "SG"),
        "roles": ["carrier" if party == CARRIER else "trader"],
        "keys": [public(party).hex()],
        "carrier_codes": ["SMDG:SLT"] if party == CARRIER else [],
        **more,
    }
    bank = BANK_OF.get(party, SG1)
    return signed(Deed(HUB, bank, party if version else "", version, action, json.dumps(body).encode()))


class TradeDesk(Desk):
    """A desk where these three are registered, and whose banks have a maker and a checker."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, amend=representatives, **more)
        for party in BANK_OF:
            assert self.perform(party_deed(party)) == f"{party} ACTIVE"

    def perform(self, deed: Deed) -> Refusal | str | None:
        return self.do(Perform(deed))

    def again(self) -> Self:
        self.close()
        other = type(self).__new__(type(self))
        Desk.__init__(other, self.folder, fresh=False, day=self.day)
        other.now, other.world, other.inbox = self.now, self.world, self.inbox
        return other

    def until(self, seconds: int) -> str:
        return utc_text(Instant(self.now + seconds * S))

    def record(self, instrument: str) -> TransferableRecord:
        found = self.hub.trading.records.record(instrument)
        assert found is not None
        return found

    def party(self, party: str) -> TradeParty:
        return self.hub.trading.parties.known[party]

    def deed(self, actor: str, action: str, instrument: str, **body: Any) -> Deed:
        """A deed upon a record as it stands, signed by whoever signs for the actor."""
        record = self.record(instrument)
        said = canonical({"head": record.head, **body})
        return signed(Deed(HUB, actor, instrument, record.seq, action, said.encode()))

    def act(self, actor: str, action: str, instrument: str, **body: Any) -> Refusal | str | None:
        return self.perform(self.deed(actor, action, instrument, **body))

    def to_day(self, day: str, hour: int = 1, minute: int = 10) -> None:
        """Close this business day and open that one, at so many hours UTC."""
        self.let_world_answer()
        self.do(CloseCycle(last=True))
        self.let_world_answer()
        assert self.do(EndDay()) is None
        self.now = at(datetime.fromisoformat(f"{day}T{hour:02d}:{minute:02d}").replace(tzinfo=UTC))
        self.day = date.fromisoformat(day)
        for list_id in (one.list_id for one in self.rules.scheme.lists):
            load_list(self.folder, self.rules.scheme, list_id, demo_list(list_id), self.now)
        assert self.do(SwapLists(list_set(self.folder, self.rules.scheme).version)) is None
        assert self.do(OpenDay(day)) is None

    def issue(self, serial: str = "SLT0001", recipient: str = EXPORTER, **more: Any) -> str:
        """A bill of lading to the exporter's order, which it accepts; returns its number."""
        content = canonical(lading(serial, **more))
        said = {
            "kind": "BILL_OF_LADING", "serial": serial, "recipient": recipient, "title": "ORDER", "named": recipient,
            "content": content, "law": "SG",
        }  # fmt: skip
        answer = self.perform(signed(Deed(HUB, CARRIER, "", 0, "ISSUE", canonical(said).encode())))
        assert isinstance(answer, str), answer
        instrument = answer.split(" ")[0]
        assert self.act(recipient, "ACCEPT", instrument) == f"{instrument} 2"
        return instrument

    def offer(
        self, instrument: str, terms: str, *, recipient: str = IMPORTER, giver: str = EXPORTER, seconds: int = 3_600
    ) -> str:
        """The holder offers a record against payment; returns the offer's id."""
        answer = self.act(
            giver, "OFFER_AGAINST", instrument, recipient=recipient, until=self.until(seconds), against="PAYMENT",
            reference=terms, endorsement="ENDORSE_TO_ORDER",
        )  # fmt: skip
        assert isinstance(answer, str), answer
        return self.record(instrument).lock_id()

    def pay_for(self, lock: str, amount: str = "1250.00", currency: str = "SGD", sender: str = SG1, **more: Any) -> Payment:
        more.setdefault("urgent", True)
        more.setdefault("creditor_agent", SG2)
        return self.pay(sender, more.pop("creditor_agent"), amount, currency, extra=named(lock), **more)

    def holders(self, instrument: str) -> dict[int, int]:
        """What the books say: by holder's number, units of control (0 the register's own)."""
        number = int(instrument.partition("-")[2])
        ledger, found = record_ledger_of(number), {}
        for who in (0, *(self.party(party).number for party in BANK_OF)):
            balance = self.hub.books.balance(account_id(Role.CONTROL if who else Role.REGISTER, ledger, who))
            if balance is not None and balance.net:
                found[who] = balance.net
        return found

    def holder(self, instrument: str) -> str:
        """Who has the single unit by the books; the register says the same."""
        by_number = {self.party(party).number: party for party in BANK_OF}
        found = [who for who, net in self.holders(instrument).items() if net == 1]
        assert len(found) == 1 and self.holders(instrument) == {0: -1, found[0]: 1}
        assert self.record(instrument).holder == by_number[found[0]]
        return by_number[found[0]]


def named(*locks: str, code: str = "BOLD") -> str:
    """Structured remittance that names offers."""
    rows = "".join(f"<RfrdDocInf><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Nb>{lock}</Nb></RfrdDocInf>" for lock in locks)
    return f"<RmtInf><Strd>{rows}</Strd></RmtInf>"
