"""Payment traffic drawn from a seed: the same bytes on every machine, for the demo, the benchmarks and the tests.

Who pays whom follows real trade: importers pay exporters in proportion to UN Comtrade's merchandise exports of 2016 (as
carried by the R package penppml). Amounts are lognormal, names repeat by Zipf's law. Every person and firm is invented.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import accumulate
from math import exp
from xml.sax.saxutils import escape

from fondaco.core import CURRENCIES, Instant, at, minor_text, utc_text
from fondaco.messages import Additional, UnionAccount, carried, merchant_code, sealed, wrap, write_qr
from fondaco.rulebook import Participant, Rules
from fondaco.simulation.bank import demo_seal

# Exports in million US dollars, 2016: (importer, exporter). The importer pays.
TRADE_2016 = {
    ("KR", "ID"): 6933, ("MY", "ID"): 7103, ("PH", "ID"): 5270, ("SG", "ID"): 10092, ("TH", "ID"): 5390,
    ("ID", "KR"): 6552, ("MY", "KR"): 7529, ("PH", "KR"): 7199, ("SG", "KR"): 12428, ("TH", "KR"): 6452,
    ("ID", "MY"): 6579, ("KR", "MY"): 5401, ("PH", "MY"): 3193, ("SG", "MY"): 27441, ("TH", "MY"): 10472,
    ("ID", "PH"): 592, ("KR", "PH"): 2093, ("MY", "PH"): 1186, ("SG", "PH"): 3700, ("TH", "PH"): 2130,
    ("ID", "SG"): 25298, ("KR", "SG"): 14267, ("MY", "SG"): 34410, ("PH", "SG"): 6348, ("TH", "SG"): 12807,
    ("BR", "IN"): 2298, ("IN", "BR"): 3025,
    ("ID", "TH"): 8167, ("KR", "TH"): 3839, ("MY", "TH"): 9580, ("PH", "TH"): 6394, ("SG", "TH"): 7066,
}  # fmt: skip

# What a median payment is, in the payer's major units: about 2,600 US dollars at the rates of late 2026.
_MEDIAN = {"IDR": 42_000_000, "MYR": 11_000, "PHP": 150_000, "SGD": 3_400, "THB": 85_000, "KRW": 3_700_000,
           "BRL": 14_000, "INR": 230_000}  # fmt: skip
_SIGMA = 1.4

_GIVEN = [
    "Adi",
    "Budi",
    "Citra",
    "Dewi",
    "Eka",
    "Fajar",
    "Gita",
    "Hana",
    "Indra",
    "Joko",
    "Aisyah",
    "Farid",
    "Hafiz",
    "Mei",
    "Siti",
    "Wei",
    "Jun",
    "Ling",
    "Kok",
    "Ravi",
    "Anjali",
    "Jose",
    "Maria",
    "Luz",
    "Ramon",
    "Isabel",
    "Nonoy",
    "Somchai",
    "Malee",
    "Niran",
    "Prasert",
    "Suda",
    "Kanya",
    "Minjun",
    "Jiwoo",
    "Seoyeon",
    "Hyun",
    "Dong",
    "Eun",
    "Sang",
    "Yuna",
]
_FAMILY = [
    "Santoso",
    "Wijaya",
    "Halim",
    "Rahman",
    "Ismail",
    "Tan",
    "Lim",
    "Wong",
    "Ng",
    "Lee",
    "Goh",
    "Chua",
    "Reyes",
    "Santos",
    "Cruz",
    "Bautista",
    "Garcia",
    "Mendoza",
    "Srisai",
    "Chaiyo",
    "Thongdee",
    "Boonmee",
    "Kim",
    "Park",
    "Choi",
    "Jung",
    "Kang",
    "Yoon",
    "Nair",
    "Pillai",
    "Kumar",
    "Hassan",
    "Othman",
    "Setiawan",
    "Gunawan",
]
_TRADE = [
    "Rubber",
    "Palm",
    "Rattan",
    "Silk",
    "Spice",
    "Timber",
    "Ceramic",
    "Pearl",
    "Tin",
    "Batik",
    "Orchid",
    "Coconut",
    "Ginseng",
    "Teak",
    "Cotton",
    "Marine",
]
_FIRM = [
    "Trading",
    "Industries",
    "Logistics",
    "Foods",
    "Textiles",
    "Electronics",
    "Components",
    "Supplies",
    "Marine",
    "Packaging",
]
_FORM = {"ID": "PT", "MY": "Sdn Bhd", "PH": "Inc", "SG": "Pte Ltd", "TH": "Co Ltd", "KR": "Co Ltd", "BR": "Ltda", "IN": "Pvt Ltd"}
_TOWNS = {
    "ID": ("Jakarta", "Surabaya"), "MY": ("Kuala Lumpur", "Penang"), "PH": ("Manila", "Cebu"),
    "SG": ("Singapore",), "TH": ("Bangkok", "Chiang Mai"), "KR": ("Seoul", "Busan"),
    "BR": ("Santos", "Recife"), "IN": ("Mumbai", "Chennai"),
}  # fmt: skip
_STREETS = [
    "Jalan Merdeka",
    "Orchard Road",
    "Rama IV Road",
    "Ayala Avenue",
    "Teheran-ro",
    "Jalan Sultan",
    "Harbour Road",
    "Market Street",
]
# Purposes of firms, and with their weights those of people and shops, which pay a fiftieth; invented shares.
_PURPOSES = ("GDDS", "SUPP", "SALA", "SCVE", "TRAD", "")
_RETAIL = {"MP2P": 8, "MP2B": 10, "EDUC": 3, "AIRB": 2, "MDCS": 1, "ROYA": 1}
_RETAIL_PERCENT, _RETAIL_PART = sum(_RETAIL.values()), 50
# Of those who pay to a bank that gave up its business, one in so many has not heard of it.
_UNAWARE = 20
_NATIVE = ("김민준 상사", "สมชาย การค้า", "陈伟 贸易")

BAD_KINDS = (
    "wrong decimals", "unknown creditor agent", "wrong UETR", "same message again", "same UETR, another message",
    "above the ceiling", "wrong IBAN", "not well-formed", "listed name", "wrong date", "no address", "barred purpose",
    "like a listed name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message at the hub's door. `bad` names what is wrong with it, "" for nothing."""

    at: Instant
    sender: str
    raw: bytes
    transactions: int
    bad: str


class Traffic:
    """Draws messages. `parties` people and firms exist; the n-th of them is named in proportion to 1/n.

    `leaving` is a bank (BIC) that gives up its business at an instant: its customers pay through others from then on, and of those who
    pay to it one in `_UNAWARE` has not heard. `sealed`: shops' codes have the seal of their (simulated) bank.
    """

    def __init__(
        self,
        rules: Rules,
        seed: int,
        parties: int = 20_000,
        listed: tuple[str, ...] = (),
        leaving: tuple[str, Instant] | None = None,
        *,
        sealed: bool = False,
    ) -> None:
        self._leaving = leaving
        self._sealed = sealed
        self._rules = rules
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311  (a workload, no secret)
        self._listed = listed
        self._parties = [self._party() for _ in range(parties)]
        self._zipf = list(accumulate(1 / (rank + 1) for rank in range(parties)))
        pairs = [pair for pair in TRADE_2016 if self._banks(pair[0]) and self._banks(pair[1])]
        self._pairs = pairs
        self._pair_weights = list(accumulate(TRADE_2016[pair] for pair in pairs))
        self._by_country: dict[str, list[Participant]] = {}
        self._barred = [(pair, one.purposes_barred) for pair, one in rules.scheme.corridors.items() if one.purposes_barred]
        self._count = self._bad = 0
        self._before: list[tuple[str, bytes, str, int]] = []

    def _banks(self, country: str) -> list[Participant]:
        return [one for one in self._rules.members() if one.country == country and one.roles == {"member"}]

    def _party(self) -> tuple[str, str, str]:
        """Name, street and account of one invented party."""
        draw = self._random
        if draw.random() < 0.005:
            name = draw.choice(_NATIVE)
        elif draw.random() < 0.55:
            name = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)} {draw.choice(_FAMILY)}"
        else:
            name = f"{draw.choice(_FAMILY)} {draw.choice(_TRADE)} {draw.choice(_FIRM)}"
        return name, f"{draw.choice(_STREETS)} {draw.randrange(1, 400)}", f"{draw.randrange(10**9, 10**10)}"

    def messages(
        self, count: int, opens: Instant, closes: Instant, bulk_share: float = 0.06, bad_share: float = 0.02
    ) -> Iterator[Arrival]:
        """`count` messages between two instants, in the order of arrival."""
        draw = self._random
        times = sorted(int(opens) + int(draw.random() * (int(closes) - int(opens))) for _ in range(count))
        for instant in times:
            yield self._message(Instant(instant), bulk_share, bad_share)

    def _message(self, instant: Instant, bulk_share: float, bad_share: float) -> Arrival:
        draw = self._random
        bad = ""
        if draw.random() < bad_share:  # in turn, so that a short day has all of them too
            bad = BAD_KINDS[self._bad % len(BAD_KINDS)]
            self._bad += 1
        if bad in ("listed name", "like a listed name") and not self._listed:
            bad = "wrong UETR"
        if bad == "barred purpose" and not self._barred:
            bad = "wrong date"
        if bad in ("same message again", "same UETR, another message") and not self._before:
            bad = "wrong date"
        if bad == "same message again":
            sender, raw, _, transactions = draw.choice(self._before)
            return Arrival(instant, sender, raw, transactions, bad)
        origin, target = self.pair() if bad != "barred purpose" else draw.choice(self._barred)[0]
        payer = self.payer(origin, instant)
        many = draw.randrange(2, 13) if draw.random() < bulk_share and not bad else 1
        kind = "pacs.008.001.13" if draw.random() < 0.3 else "pacs.008.001.08"
        self._count += 1
        message_id = f"{payer.bic[:8]}-{self._seed}-{self._count:09d}"
        text = utc_text(instant)
        rows = [self._transaction(payer, origin, target, bad, number, instant) for number in range(many)]
        document = (
            f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{text}</CreDtTm><NbOfTxs>{many}</NbOfTxs>"
            f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>{''.join(row for row, _ in rows)}</FIToFICstmrCdtTrf>"
        )
        raw = wrap(kind, payer.bic, self._rules.hub_bic, message_id, text, document)
        if bad == "not well-formed":
            raw = raw[: len(raw) // 2]
        if not bad:
            if len(self._before) < 200:
                self._before.append((payer.bic, raw, rows[0][1], many))
            elif draw.random() < 0.01:
                self._before[draw.randrange(200)] = (payer.bic, raw, rows[0][1], many)
        return Arrival(instant, payer.bic, raw, many, bad)

    def pair(self) -> tuple[str, str]:
        """Countries of payer and payee."""
        return self._random.choices(self._pairs, cum_weights=self._pair_weights)[0]

    def payer(self, country: str, at: Instant) -> Participant:
        """A bank whose customers pay at this instant."""
        found = self._random.choice(self._banks_of(country))
        while self._gone(found, at) and len(self._banks_of(country)) > 1:  # ends: another bank of the country is drawn some time
            found = self._random.choice(self._banks_of(country))
        return found

    def payee(self, country: str, at: Instant) -> Participant:
        """A bank whose customers are paid at this instant; now and then by somebody who has not heard that it gave up."""
        found = self._random.choice(self._banks_of(country))
        if self._gone(found, at) and self._random.randrange(_UNAWARE):
            return self.payer(country, at)
        return found

    def _gone(self, bank: Participant, at: Instant) -> bool:
        return self._leaving is not None and bank.bic == self._leaving[0] and at >= self._leaving[1]

    def _banks_of(self, country: str) -> list[Participant]:
        if country not in self._by_country:
            self._by_country[country] = self._banks(country)
        return self._by_country[country]

    def _transaction(
        self, payer: Participant, origin: str, target: str, bad: str, number: int, instant: Instant
    ) -> tuple[str, str]:
        draw = self._random
        payee = self.payee(target, instant)
        currency = payer.currency
        rules = self._rules.currencies[currency]
        exponent = CURRENCIES[currency].exponent
        minor = max(1, round(_MEDIAN[currency] * 10**exponent * exp(draw.gauss(0.0, _SIGMA))))
        minor = min(minor, rules.ceiling_minor)
        retail = draw.random() * 100 < _RETAIL_PERCENT
        purpose = draw.choices(tuple(_RETAIL), tuple(_RETAIL.values()))[0] if retail else draw.choice(_PURPOSES)
        if bad == "barred purpose":
            purpose = draw.choice(sorted(next(codes for pair, codes in self._barred if pair == (origin, target))))
        if retail:
            minor = max(1, minor // _RETAIL_PART)
        if bad == "above the ceiling":
            minor = rules.ceiling_minor + 1
        amount = minor_text(minor, exponent)
        if bad == "wrong decimals":
            amount = f"{minor // 10**exponent}.{'0' * exponent}5"
        uetr = str(uuid.UUID(int=draw.getrandbits(128), version=4))
        if bad == "wrong UETR":
            uetr = uetr[:14] + "1" + uetr[15:]
        elif bad == "same UETR, another message":
            uetr = draw.choice(self._before)[2]
        day = self._rules.day.isoformat()
        if bad == "wrong date":
            day = "2026-01-05"
        creditor_agent = "ZZNONE00" if bad == "unknown creditor agent" else payee.bic
        debtor, debtor_street, debtor_account = self.party()
        creditor, creditor_street, creditor_account = self.party()
        if bad == "listed name":
            creditor = draw.choice(self._listed)
        elif bad == "like a listed name":
            creditor = f"{draw.choice(self._listed)[:-1]}o"  # somebody else, whom only people can tell apart
        account = f"<Othr><Id>{creditor_account}</Id></Othr>"
        if bad == "wrong IBAN":
            account = "<IBAN>BR1600000000000010932840814P2</IBAN>"
        urgent = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>" if draw.random() < 0.15 else ""
        reference = f"INV{draw.randrange(10**6):06d}"
        remittance = f"<RmtInf><Ustrd>Invoice {reference}</Ustrd></RmtInf>"
        if purpose == "MP2B" and not bad and creditor.isascii():
            lines = carried(self.shop_code(payee, (creditor, creditor_account), reference))
            remittance = f"<RmtInf>{''.join(f'<Ustrd>{escape(line)}</Ustrd>' for line in lines)}</RmtInf>"
        town = draw.choice(_TOWNS[origin])
        address = f"<PstlAdr><StrtNm>{debtor_street}</StrtNm><TwnNm>{town}</TwnNm><Ctry>{origin}</Ctry></PstlAdr>"
        row = (
            f"<CdtTrfTxInf><PmtId><InstrId>I{self._count:09d}{number:02d}</InstrId><EndToEndId>{reference}</EndToEndId>"
            f"<TxId>T{self._count:09d}{number:02d}</TxId><UETR>{uetr}</UETR></PmtId>{urgent}"
            f'<IntrBkSttlmAmt Ccy="{currency}">{amount}</IntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt><ChrgBr>SHAR</ChrgBr>'
            f"<InstgAgt><FinInstnId><BICFI>{payer.bic}</BICFI></FinInstnId></InstgAgt>"
            f"<InstdAgt><FinInstnId><BICFI>{self._rules.hub_bic}</BICFI></FinInstnId></InstdAgt>"
            f"<Dbtr><Nm>{debtor} {_FORM[origin] if ' ' in debtor and debtor.split()[-1] in _FIRM else ''}</Nm>"
            f"{'' if bad == 'no address' else address}"
            f"</Dbtr><DbtrAcct><Id><Othr><Id>{debtor_account}</Id></Othr></Id></DbtrAcct>"
            f"<DbtrAgt><FinInstnId><BICFI>{payer.bic}</BICFI></FinInstnId></DbtrAgt>"
            f"<CdtrAgt><FinInstnId><BICFI>{creditor_agent}</BICFI></FinInstnId></CdtrAgt>"
            f"<Cdtr><Nm>{creditor}</Nm><PstlAdr><StrtNm>{creditor_street}</StrtNm><TwnNm>{draw.choice(_TOWNS[target])}</TwnNm>"
            f"<Ctry>{target}</Ctry></PstlAdr></Cdtr><CdtrAcct><Id>{account}</Id></CdtrAcct>"
            f"{f'<Purp><Cd>{purpose}</Cd></Purp>' if purpose else ''}{remittance}</CdtTrfTxInf>"
        )
        return row.replace(" </Nm>", "</Nm>"), uetr

    def shop_code(
        self, bank: Participant, shop: tuple[str, str], reference: str, minor: int | None = None, expires: Instant | None = None
    ) -> str:
        """The code of an invented shop (name, account) at `bank`: a sticker, or with an amount in whole minor units of the bank's
        currency and an expiry made for one sale."""
        name, account = shop
        owner = UnionAccount(self._rules.scheme.qr_identifier or "bridge", bank.bic[:8], account, "MP2B", expires)
        code = merchant_code(
            owner, name=name[:25].strip(), city=self._random.choice(_TOWNS[bank.country]), country=bank.country,
            currency=bank.currency, category="5999", amount_minor=minor, dynamic=minor is not None,
            additional=Additional(reference=reference),
        )  # fmt: skip
        return write_qr(sealed(code, demo_seal(bank.bic)) if self._sealed else code)

    def party(self) -> tuple[str, str, str]:
        """Name, street and account of an invented person or firm."""
        return self._random.choices(self._parties, cum_weights=self._zipf)[0]

    def amount(self, currency: str, part: int) -> int:
        """An amount in whole minor units: one `part`-th of what firms pay."""
        unit: int = 10 ** CURRENCIES[currency].exponent
        drawn = round(_MEDIAN[currency] * unit * exp(self._random.gauss(0.0, _SIGMA)))
        return max(1, min(drawn, self._rules.currencies[currency].ceiling_minor) // part)


_BOUNDS = {"straits": (time(1, 5), time(8, 55)), "bridge": (time(9, 35), time(14, 55))}


def day_bounds(day: date, union: str = "straits") -> tuple[Instant, Instant]:
    """First and last arrival of the demo's day: every currency of the union is open between them."""
    first, last = _BOUNDS[union]
    return at(datetime.combine(day, first, UTC)), at(datetime.combine(day, last, UTC))
