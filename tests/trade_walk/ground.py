"""The union in which walks of trade are walked: five banks, two currencies and six traders, laid out once for a process."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Refusal
from fondaco.hub import Hub, Perform, list_set, load_list
from fondaco.journal import Seen
from fondaco.simulation import DEMO_DAY
from fondaco.trade import Deed
from small_worlds import BooksInMemory, Ground, Image, JournalInMemory, Opened, small
from trades import hands_of, public, signed
from union import HUB, SG1, SG2, TH1, TH2, Desk, S

OTHER = "ZZBCSG03"
BANKS = (SG1, SG2, OTHER, TH1, TH2)
CARRIER, EXPORTER, IMPORTER, GROCER, MILLER, FACTOR = (
    "SELAT-LINES", "SOMCHAI-FOODS", "TAN-WEI-TRADING", "ORCHID-FOODS", "CHAO-MILLS", "HARBOUR-FACTORS",
)  # fmt: skip
# Every trader with its name, its bank and its country.
TRADERS = {
    CARRIER: ("Selat Lines", SG2, "SG"),
    EXPORTER: ("Somchai Foods", TH1, "TH"),
    IMPORTER: ("Tan Wei Trading", SG1, "SG"),
    GROCER: ("Orchid Foods", SG2, "SG"),
    MILLER: ("Chao Mills", TH2, "TH"),
    FACTOR: ("Harbour Factors", OTHER, "SG"),
}
BANK_OF = {**{party: bank for party, (_, bank, _) in TRADERS.items()}, **{bank: bank for bank in BANKS}}
NAME_OF = {**{party: name for party, (name, _, _) in TRADERS.items()}, **{bank: f"Bank {bank}" for bank in BANKS}}
HOME = {bank: "SGD" if bank in (SG1, SG2, OTHER) else "THB" for bank in BANKS}
# What is paid for a purchase of baht, in dollars; what arrives is tried once on the ground.
# A walk ends before so many days are over: the calendars end with the next year.
LAST_DAY = 100
DOLLARS = ("40.00", "100.00", "200.00", "1500.00")


class Opening(NamedTuple):
    """What a walk begins with: the numbers of all parties on the books, and what each bank has (minor units)."""

    numbers: dict[str, int]
    money: dict[tuple[str, str], int]


def _amend(home: Path) -> None:
    small(home, (SG2, OTHER, TH2))
    path = home / "union.toml"
    path.write_text(re.sub(r"max_age_days = \d+", "max_age_days = 31", path.read_text()))
    path = home / "officers.toml"
    rows = []
    for bank in BANKS:
        for hand in hands_of(bank):
            rows.append(
                f'\n[[officers]]\nid = "{hand.replace(" ", "-")}"\nname = "{hand}"\nroles = ["representative"]\n'
                f'public_key = "{public(hand).hex()}"\nmember = "{bank}"\n'
            )
    for office in ("OPERATOR", "SUPERVISOR"):
        rows.append(
            f'\n[[officers]]\nid = "{office.lower()}-court"\nname = "{office}"\nroles = ["{office.lower()}"]\npublic_key = "{public(office).hex()}"\n'
        )
    path.write_text(path.read_text() + "".join(rows))


def _party(party: str) -> Deed:
    name, bank, country = TRADERS[party]
    roles = ["carrier" if party == CARRIER else "trader"]
    codes = ["SMDG:SLT"] if party == CARRIER else []
    said = {
        "party": party,
        "name": name,
        "country": country,
        "roles": roles,
        "keys": [public(party).hex()],
        "carrier_codes": codes,
    }
    return signed(Deed(HUB, bank, "", 0, "REGISTER_PARTY", json.dumps(said).encode()))


class TradeGround(Ground):
    """The ground, `prices` (what arrives in baht, text, for so many dollars) and what everybody has on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prices: dict[str, str] = {}
        self.opening = Opening({}, {})
        self.day = DEMO_DAY
        # By the number of days after the first: the version of the lists that are new then.
        self.lists: dict[int, str] = {}
        self.agents: dict[str, tuple[Any, Any]] = {}
        super().__init__(folder, self._prepare, prefund="1000000", amend=_amend)

    def _prepare(self, desk: Desk) -> None:
        for party in TRADERS:
            answer = desk.do(Perform(_party(party)))
            assert not isinstance(answer, Refusal), answer
        for dollars in DOLLARS:
            tried = desk.pay(SG1, TH1, dollars, "SGD", urgent=True, before='<InstdAmt Ccy="THB">1.00</InstdAmt>')
            assert tried.locked is not None
            desk.answer(tried, "RJCT", "AC04")
            self.prices[f"{tried.target_minor // 100}.{tried.target_minor % 100:02d}"] = dollars
        known = desk.hub.trading.parties
        numbers = {party: known.number_of(party) for party in BANK_OF}
        self.opening = Opening(numbers, {(bank, code): desk.balance(bank, code) for bank, code in HOME.items()})
        for later in range(25, LAST_DAY, 25):
            self.lists[later] = self._renewed(desk, later)
        self.agents = {one.currency: (dict(one.own), dict(one.sub)) for one in desk.world._agents.values()}

    def _renewed(self, desk: Desk, later: int) -> str:
        """The version of the lists as they are loaded so many days later, since old ones are trusted no more."""
        at = Instant(desk.now + later * 86_400 * S)
        for list_id in (one.list_id for one in desk.rules.scheme.lists):
            load_list(desk.folder, desk.rules.scheme, list_id, demo_list(list_id), at)
        return list_set(desk.folder, desk.rules.scheme).version

    def open(self, image: Image) -> Opened:
        """The hub on an image of its stores, repaired if it was interrupted. Nothing is watched until somebody wants to see it die."""
        journal, books = JournalInMemory(image.journal), self.books(image, BooksInMemory)
        journal.watched = False
        return Opened(self.hub_on(journal, books), journal, books, image.now)

    def books(self, image: Image, form: type[BooksInMemory]) -> BooksInMemory:
        return form(image.books, self._snapshot, self._known)

    def hub_on(self, journal: JournalInMemory, books: BooksInMemory) -> Hub:
        seen = Seen(None), Seen(None)
        return Hub(self._rulebooks, self.version, journal, books, *seen, self._screeners, lambda batch: batch.to_bytes(32, "big"))
