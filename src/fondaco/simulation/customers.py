"""What customers ask of their banks on the demo's day, beside the traffic: files of orders, codes scanned in shops, one remittance too many.

All of it is drawn from the seed before the day; the shares below are invented. What the rulebook has no rule for is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.messages import MerchantCode, bare, read_qr, write_qr
from fondaco.rulebook import PRICING_REFERENCE, CustomerLimit, Participant, RetailPurpose, Rules
from fondaco.simulation.workload import Traffic

# In a thousand messages of the day: files that reach their bank as pain.001, codes of one sale that are scanned, and codes that are
# altered, run out before they are scanned, or run out before the payment arrives. At least one of each.
FILES, SCANNED, ALTERED, EXPIRED, LATE = 10, 20, 0.4, 0.3, 0.3
# One in so many messages is of a customer who sends three remittances, of which the limit holds two.
_SENDERS = 4_000
_RETAIL_PART = 50
_S = 1_000_000_000
Kind = Literal["file", "scan", "remittance"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a customer asks `bank` (BIC) at an instant: a `file` is the raw pain.001, anything else a request of `simulation/bank.py`.
    `transactions` are those that reach the hub if nothing is wrong; `wrong` names what is, "" for nothing."""

    at: Instant
    bank: str
    kind: Kind
    raw: bytes
    request: dict[str, Any]
    transactions: int
    wrong: str = ""


def wishes(rules: Rules, traffic: Traffic, messages: int, opens: Instant, closes: Instant) -> list[Asked]:
    """Everything that customers ask between two instants of a day of `messages` messages, in the order of time. `traffic` draws for it
    alone, so that the day's other traffic stays what it is."""
    found: list[Asked] = []
    span = int(closes) - int(opens)

    def instants(share: float) -> list[Instant]:
        count = max(1, round(messages * share / 1_000))
        return [Instant(int(opens) + span * (2 * place + 1) // (2 * count)) for place in range(count)]

    found += [_file(traffic, rules, number, at) for number, at in enumerate(instants(FILES))]
    if rules.pricing != PRICING_REFERENCE:  # a shop's price is met to the unit by naming a firm quote
        for share, wrong in ((SCANNED, ""), (ALTERED, "altered"), (EXPIRED, "expired"), (LATE, "late")):
            found += [_scan(traffic, rules, number, at, wrong) for number, at in enumerate(instants(share))]
    for number in range(max(1, messages // _SENDERS)):
        found += _remittances(traffic, rules, number, opens, span)
    return sorted(found, key=lambda one: one.at)


def _file(traffic: Traffic, rules: Rules, number: int, at: Instant) -> Asked:
    """A firm pays its suppliers in one file; in every twenty-fifth one order is to be paid by a rate that the edge cannot keep."""
    origin, target = traffic.pair()
    bank, payee = traffic.payer(origin, at), traffic.payee(target, at)
    name, street, account = traffic.party()
    orders, exponent = 1 + number % 8, CURRENCIES[bank.currency].exponent
    rows = []
    for row in range(orders):
        creditor, _, theirs = traffic.party()
        rate = "<XchgRateInf><RateTp>AGRD</RateTp></XchgRateInf>" if number % 25 == 0 and row == orders - 1 else ""
        rows.append(
            f"<CdtTrfTxInf><PmtId><InstrId>{row + 1}</InstrId><EndToEndId>F{number:05d}-{row + 1}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="{bank.currency}">{minor_text(traffic.amount(bank.currency, 1), exponent)}</InstdAmt></Amt>{rate}'
            f"<CdtrAgt><FinInstnId><BICFI>{payee.bic}</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>{escape(creditor)}</Nm></Cdtr>"
            f"<CdtrAcct><Id><Othr><Id>{theirs}</Id></Othr></Id></CdtrAcct><Purp><Cd>SUPP</Cd></Purp>"
            f"<RmtInf><Ustrd>Supplies {number}/{row + 1}</Ustrd></RmtInf></CdtTrfTxInf>"
        )
    raw = bare(
        "pain.001.001.09",
        f"<CstmrCdtTrfInitn><GrpHdr><MsgId>F{number:05d}</MsgId><CreDtTm>{utc_text(at)}</CreDtTm><NbOfTxs>{orders}</NbOfTxs>"
        f"<InitgPty><Nm>{escape(name)}</Nm></InitgPty></GrpHdr><PmtInf><PmtInfId>1</PmtInfId><PmtMtd>TRF</PmtMtd>"
        f"<ReqdExctnDt><Dt>{rules.day.isoformat()}</Dt></ReqdExctnDt><Dbtr><Nm>{escape(name)}</Nm><PstlAdr><StrtNm>{street}</StrtNm>"
        f"<TwnNm>Contoh</TwnNm><Ctry>{origin}</Ctry></PstlAdr></Dbtr><DbtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>{bank.bic}</BICFI></FinInstnId></DbtrAgt>{''.join(rows)}</PmtInf></CstmrCdtTrfInitn>",
    )
    return Asked(at, bank.bic, "file", raw, {}, orders - (number % 25 == 0))


def _scan(traffic: Traffic, rules: Rules, number: int, at: Instant, wrong: str) -> Asked:
    """A customer abroad scans the code of one sale. Altered: somebody made the price another and the checksum right again; expired:
    scanned too late; late: scanned in time, and confirmed when it had run out."""
    origin, target = traffic.pair()
    bank, payee = traffic.payer(origin, at), traffic.payee(target, at)
    shop = next(one for one in iter(traffic.party, None) if one is not None and one[0].isascii())
    payer = traffic.party()
    minor = _shop_price(rules, traffic, payee.currency)
    runs_out = {"expired": -40, "late": -40}.get(wrong, 600)
    expires = Instant((int(at) // _S + runs_out) * _S)
    code = traffic.shop_code(payee, (shop[0], shop[2]), f"S{number:05d}", minor, expires)
    if wrong == "altered":
        code = _altered(code, minor + 1, payee.currency)
    request = {
        "do": "scan", "code": code, "union": rules.scheme.qr_identifier, "country": origin, "currency": payee.currency,
        "scanned": int(at) - (60 * _S if wrong == "late" else 0), "debtor": payer[0], "debtor_account": payer[2],
    }  # fmt: skip
    return Asked(at, bank.bic, "scan", b"", request, 0 if wrong == "expired" else 1, wrong)


def _altered(code: str, minor: int, currency: str) -> str:
    """The code with another amount, and a checksum that is right again; the seal it cannot make."""
    read = read_qr(code)
    amount = minor_text(minor, CURRENCIES[currency].exponent)
    return write_qr(MerchantCode(tuple((place, amount if place == "54" else value) for place, value in read.objects)))


def _shop_price(rules: Rules, traffic: Traffic, currency: str) -> int:
    retail = rules.scheme.purposes.get("MP2B")
    ceiling = retail.ceilings.get(currency) if retail is not None else None
    drawn = traffic.amount(currency, _RETAIL_PART)
    return drawn if ceiling is None else min(drawn, ceiling // 2)


def _remittances(traffic: Traffic, rules: Rules, number: int, opens: Instant, span: int) -> list[Asked]:
    """One person sends money home three times on this day; each is below the ceiling, and the limit holds two of them."""
    origin, target = traffic.pair()
    bank, payee = traffic.payer(origin, opens), traffic.payee(target, opens)
    found = _limit_of(rules, bank)
    if found is None:
        return []
    retail, limit = found
    payer, home = traffic.party(), traffic.party()
    minor = min(limit.minor * 2 // 5, retail.ceilings.get(bank.currency, limit.minor))
    if 3 * minor <= limit.minor:
        return []
    request = {
        "do": "pay", "creditor_agent": payee.bic, "creditor": home[0], "account": home[2], "currency": bank.currency,
        "amount": minor_text(minor, CURRENCIES[bank.currency].exponent), "purpose": min(limit.purposes or retail.codes),
        "urgent": False, "country": origin, "debtor": payer[0], "debtor_account": f"{payer[2]}{number:02d}",
    }  # fmt: skip
    # Early enough that a bank which leaves on this day has not begun to.
    return [
        Asked(Instant(int(opens) + span * (10 + 10 * turn + number % 8) // 100), bank.bic, "remittance", b"", request, 1, wrong)
        for turn, wrong in enumerate(("", "", "above the customer's limit"))
    ]


def _limit_of(rules: Rules, bank: Participant) -> tuple[RetailPurpose, CustomerLimit] | None:
    """The first limit of a retail purpose in the bank's currency, None where the union has none."""
    for _, retail in sorted(rules.scheme.purposes.items()):
        for limit in retail.limits:
            if limit.currency == bank.currency and limit.period == "month":
                return retail, limit
    return None
