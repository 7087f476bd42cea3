"""The hub of the demo of trade, and everybody who speaks to it: firms and banks sign deeds, banks send messages, the simulated world answers.

Nothing here reaches behind the hub's doors: whatever changes it is a command, and whatever a bank knows of a payment came to it by mail.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance import Quarantined
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import CURRENCIES, Instant, Refusal, at, bic8, minor_of, minor_text, utc_text
from fondaco.fx import Quote, source_for
from fondaco.hub import (
    Arrive,
    CloseCycle,
    Command,
    EndDay,
    Hub,
    OpenDay,
    Perform,
    PostQuotes,
    SwapLists,
    Tick,
    close_hub,
    list_set,
    load_list,
    officers_text,
    open_hub,
    scheme_of,
)
from fondaco.journal import Mail
from fondaco.messages import LiquidityTransfer, camt_050, camt_060, wrap
from fondaco.payments import Payment
from fondaco.rulebook import OfficerRule
from fondaco.simulation.day import DEMO_DAY, demo_officers, lay_out, provider_quotes
from fondaco.simulation.trade_papers import (
    CARRIER_CODE,
    CARRIERS_BANK,
    EXPORTER,
    EXPORTERS_BANK,
    FIRMS,
    IMPORTER,
    IMPORTERS_BANK,
    PAID_IN,
    SOLD_IN,
)
from fondaco.simulation.trade_statements import Statements
from fondaco.simulation.world import REFUSED, SILENT, World
from fondaco.trade import REGISTER_PARTY, Deed, canonical_text

_S = 1_000_000_000
# Between one act and the next; a payment's answer takes seconds.
_MINUTES, _SECONDS = 3 * 60 * _S, 2 * _S
_HANDS = ("maker", "checker")
BANKS = (EXPORTERS_BANK, IMPORTERS_BANK, CARRIERS_BANK)
# What the importer's bank, and each provider of exchange, brings in major units.
_BROUGHT = {PAID_IN: "60000000", SOLD_IN: "3000000"}
# So many days after the last ones lists are fetched again; the rulebook lets them be seven days old.
_LISTS_DAYS = 5
# Rounds in which mail is exchanged with the simulated world; more would mean that both talk without end.
_ROUNDS_MAX = 12


class NotMeantToBe(Exception):
    """The hub refused what the demo plans, or did what it should refuse: says what and why. The demo ends."""


def key_of(who: str) -> Ed25519PrivateKey:
    """The key of an invented firm, or of one person of a bank (`ZZBASG01 maker`): computed by anybody, for the demo alone."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"fondaco demo key trade {who}".encode()).digest())


def hands_of(actor: str) -> tuple[str, ...]:
    """Whose keys sign for an actor: a bank's maker and checker, a firm itself."""
    return tuple(f"{actor} {hand}" for hand in _HANDS) if actor in BANKS else (actor,)


def signed_deed(hub_bic: str, actor: str, action: str, instrument: str, version: int, body: dict[str, Any]) -> Deed:
    """A deed with the signatures of whoever signs for its actor."""
    deed = Deed(bic8(hub_bic), actor, instrument, version, action, canonical_text(body).encode())
    material = deed.material()
    signatures = tuple((public_of(hand), key_of(hand).sign(material)) for hand in hands_of(actor))
    return Deed(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body, signatures)


def representatives() -> str:
    """The invented people who sign for the banks of the demos' trade, as a rulebook's `officers.toml` names them."""
    people = [
        OfficerRule(
            f"{bank}-{hand}", f"{hand} of {bank} (demo)", frozenset({"representative"}), public_of(f"{bank} {hand}").hex(), bank
        )
        for bank in BANKS
        for hand in _HANDS
    ]
    return officers_text(people)


def public_of(who: str) -> bytes:
    return key_of(who).public_key().public_bytes_raw()


class TradeDesk:
    """One hub in a new folder, on the day and at the instant that the demo says. `mail` is what it sent since `taken` last asked, `statements`
    what exporter's and importer's banks read of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = self._listed = DEMO_DAY
        lay_out(folder, self.day)
        (folder / "union" / "officers.toml").write_text(demo_officers() + "\n" + representatives())
        self.rules = scheme_of(folder).on(self.day)
        self.world = World(self.rules)
        # Salts follow from the batch, as everything in the demo: nobody's data is in it.
        self.hub: Hub = open_hub(folder, lambda batch: hashlib.sha256(f"salt of trade {batch}".encode()).digest())
        self.now = self._morning(self.day)
        self.mail: list[Mail] = []
        self.statements = Statements((EXPORTERS_BANK, IMPORTERS_BANK))
        self._quotes: dict[str, Quote] = {}
        self._round = 0
        self._names = 0
        self._open()
        for bic in self._who_brings():
            for currency, amount in _BROUGHT.items():
                if currency in self.rules.participants[bic].currencies:
                    self._bring(bic, amount, currency)
        for firm in FIRMS.values():
            body = {
                "party": firm.id, "name": firm.name, "country": firm.country, "roles": [firm.role], "keys": [public_of(firm.id).hex()],
                "carrier_codes": [CARRIER_CODE] if firm.role == "carrier" else [],
            }  # fmt: skip
            self.deed(firm.bank, REGISTER_PARTY, "", 0, body)

    def close(self) -> None:
        close_hub(self.hub)

    # Time

    def end_day(self) -> None:
        """End the business day: its statements go out."""
        if self.hub.desk.counters.open_cycle:  # after the last cut-off none is open any more
            self.do(CloseCycle(last=True))
        self.do(EndDay())

    def to_day(self, day: date) -> None:
        """End this business day and open that one."""
        self.end_day()
        self.day, self.now = day, self._morning(day)
        if (day - self._listed).days >= _LISTS_DAYS:
            self._load_lists()
        self._open()

    def _load_lists(self) -> None:
        """The publishers' lists of today: the rulebook trusts none that is older than some days."""
        self._listed = self.day
        for rule in self.rules.scheme.lists:
            loaded = load_list(self.folder, self.rules.scheme, rule.list_id, demo_list(rule.list_id), self.now)
            assert not isinstance(loaded, Quarantined), f"the invented list {rule.list_id} is readable"

    def until(self, hour: int, minute: int) -> None:
        """Let time pass until so many hours and minutes of the day (UTC)."""
        then = int(at(datetime.combine(self.day, time(hour, minute), UTC)))
        assert then > self.now, "time goes on"
        self.now = Instant(then)
        self.do(Tick())

    def later(self, minutes: int) -> str:
        """The instant so many minutes from now, as deeds write it."""
        return utc_text(Instant(self.now + minutes * 60 * _S))

    def _morning(self, day: date) -> Instant:
        # Both countries' systems are open at 01:00 UTC.
        return Instant(int(at(datetime.combine(day, time(1, 10), UTC))))

    def _open(self) -> None:
        # What begins a day names the lists in force: before the first there are none.
        commands: list[Command] = [OpenDay(self.day.isoformat()), SwapLists(list_set(self.folder, self.rules.scheme).version)]
        for command in commands if self.day == DEMO_DAY else reversed(commands):
            self.do(command)

    # What goes to the hub

    def do(self, *commands: Command) -> list[Refusal | str | None]:
        """Have these decided now, and the world's answers to them; a command that the hub refuses ends the demo."""
        results = self._decide(list(commands))
        for command, result in zip(commands, results, strict=True):
            if isinstance(result, Refusal):
                raise NotMeantToBe(f"{type(command).__name__}: {result.sentence()}")
        return results

    def _decide(self, commands: list[Command]) -> list[Refusal | str | None]:
        results: list[Refusal | str | None] = []
        for round_ in range(_ROUNDS_MAX):
            self.now = Instant(self.now + _SECONDS)
            found = self.hub.process(commands, self.now)
            results = found if not round_ else results
            self.hub.flush()
            mail = self.hub.take_mail()
            self.mail += mail
            self.statements.heard(self.hub, self.day.isoformat(), mail)
            back = self.world.exchange([(one.recipient, one.kind, one.raw) for one in mail], self.now)
            if not back:
                return results
            commands = [Arrive(sender, raw) for sender, raw in back]
        raise NotMeantToBe("the world and the hub talk without end")

    def deed(self, actor: str, action: str, instrument: str, version: int, body: dict[str, Any]) -> str:
        """A deed signed by whoever signs for its actor, given and done."""
        answer = self.asked(actor, action, instrument, version, body)
        if not isinstance(answer, str):
            why = answer.sentence() if isinstance(answer, Refusal) else "nothing came of it"
            raise NotMeantToBe(f"{action} by {actor} upon {instrument or 'nothing'}: {why}")
        return answer

    def asked(self, actor: str, action: str, instrument: str, version: int, body: dict[str, Any]) -> Refusal | str | None:
        """The same, whatever the hub says."""
        self.now = Instant(self.now + _MINUTES)
        signed = signed_deed(self.rules.hub_bic, actor, action, instrument, version, body)
        return self._decide([Perform(signed)])[0]

    def taken(self) -> list[Mail]:
        """What the hub sent since this was asked last."""
        mail, self.mail = self.mail, []
        return mail

    # What banks send

    def pay(self, arrives_minor: int, names: Sequence[tuple[str, str]]) -> Payment:
        """The importer's bank pays the exporter's, urgently, so that `arrives_minor` of `SOLD_IN` arrive to the unit: it names the quote by which
        it bought them. `names` are what is paid: (document type, number)."""
        self._post_quotes()
        self.now = Instant(self.now + _MINUTES)
        quote = max(self._quotes.values(), key=lambda one: (one.rate_for(1), one.provider))
        # A larger amount has a better rate, and needs less: the second look is at the rate of what is paid.
        pays = source_for(arrives_minor, quote.rate_for(1), PAID_IN, SOLD_IN)
        pays = source_for(arrives_minor, quote.rate_for(pays), PAID_IN, SOLD_IN)
        name, text = self._name("P"), utc_text(self.now)
        uetr = self._uetr(name)
        document = _pacs_008(name, text, self.day.isoformat(), uetr, pays, arrives_minor, quote, names)
        self.do(Arrive(IMPORTERS_BANK, wrap("pacs.008.001.13", IMPORTERS_BANK, self.rules.hub_bic, name, text, document)))
        found = self.hub.by_uetr(uetr)
        if found is None:
            raise NotMeantToBe(f"the payment {name} was not taken")
        return found

    def report(self, bic: str) -> None:
        """A bank asks for its account report (camt.060); a camt.052 comes back by mail."""
        self.now = Instant(self.now + _SECONDS)
        name, text = self._name("R"), utc_text(self.now)
        self.do(Arrive(bic, wrap("camt.060.001.05", bic, self.rules.hub_bic, name, text, camt_060(name, text, bic))))

    def _bring(self, bic: str, amount: str, currency: str) -> None:
        name, text = self._name("F"), utc_text(self.now)
        minor = minor_of(amount, CURRENCIES[currency].exponent)
        asked = LiquidityTransfer(name, name, self.rules.hub_bic, bic, currency, minor)
        self.do(Arrive(bic, wrap("camt.050.001.07", bic, self.rules.hub_bic, name, text, camt_050(name, text, asked))))

    def _who_brings(self) -> list[str]:
        providers = [one.bic[:8] for one in self.rules.members() if "fx_provider" in one.roles]
        return [IMPORTERS_BANK, *providers]

    def _post_quotes(self) -> None:
        self._round += 1
        for bic, quotes in provider_quotes(self.rules, self.now, self.rules.quote_valid_s, self._round):
            self.do(PostQuotes(bic, quotes))
            self._quotes[bic] = next(one for one in quotes if (one.source, one.target) == (PAID_IN, SOLD_IN))

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"TRADE-{letter}{self._names:05d}"

    def _uetr(self, name: str) -> str:
        """One to which the simulated bank says yes: to some in ten thousand it says no, or nothing."""
        for place in range(100):
            seed = hashlib.sha256(f"{name} {place}".encode()).digest()
            found = str(uuid.UUID(bytes=seed[:16], version=4))
            if int(found[:8], 16) % 10_000 >= REFUSED + SILENT:
                return found
        raise AssertionError("one in two hundred is refused")


def _pacs_008(
    name: str,
    created: str,
    day: str,
    uetr: str,
    pays_minor: int,
    arrives_minor: int,
    quote: Quote,
    names: Sequence[tuple[str, str]],
) -> str:
    """The importer's bank pays the exporter's: what it pays in its own currency, what arrives to the unit, the quote, and what is paid."""
    payer, payee = FIRMS[IMPORTER], FIRMS[EXPORTER]
    pays, arrives = (
        minor_text(pays_minor, CURRENCIES[PAID_IN].exponent),
        minor_text(arrives_minor, CURRENCIES[SOLD_IN].exponent),
    )
    said = "".join(
        f"<RfrdDocInf><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Nb>{escape(number)}</Nb></RfrdDocInf>"
        for kind, number in names
    )
    return (
        f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>1</NbOfTxs>"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><EndToEndId>{name}E</EndToEndId>"
        f"<UETR>{uetr}</UETR></PmtId><PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>"
        f'<IntrBkSttlmAmt Ccy="{PAID_IN}">{pays}</IntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt>'
        f'<InstdAmt Ccy="{SOLD_IN}">{arrives}</InstdAmt>'
        f"<AgrdRate><PreAgrdXchgRate>{quote.rate_for(pays_minor):f}</PreAgrdXchgRate><QtId>{quote.quote_id}</QtId></AgrdRate><ChrgBr>SHAR</ChrgBr>"
        f"<Dbtr><Nm>{escape(payer.name)}</Nm><PstlAdr><TwnNm>{payer.city}</TwnNm><Ctry>{payer.country}</Ctry></PstlAdr></Dbtr>"
        "<DbtrAcct><Id><Othr><Id>1234567890</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>{IMPORTERS_BANK}</BICFI></FinInstnId></DbtrAgt>"
        f"<CdtrAgt><FinInstnId><BICFI>{EXPORTERS_BANK}</BICFI></FinInstnId></CdtrAgt>"
        f"<Cdtr><Nm>{escape(payee.name)}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>9876543210</Id></Othr></Id></CdtrAcct>"
        f"<Purp><Cd>GDDS</Cd></Purp><RmtInf><Strd>{said}</Strd></RmtInf></CdtTrfTxInf></FIToFICstmrCdtTrf>"
    )
