"""What each field of the messages looks like, and what may be said in it: formats, codes, dates, amounts, references.

Formats as in the field tables of the Standards MT release of November 2025 (facts; the tables here are written by us).
"""

from __future__ import annotations

import re
from datetime import date

from fondaco.core import CURRENCIES, AmountFault, Money, TooManyDecimals, bic_fault, minor_of, minor_text
from fondaco.trade.mt.form import Form, form

_PARTY_A = ("[/1!a][/34x]$bic", "side account bic")
_PARTY_B = ("[/1!a][/34x]$[35x]", "side account place")
_PARTY_D = ("[/1!a][/34x]$4*35x", "side account name")
_DATED = ("6!n3!a15d", "date currency amount")
_AMOUNT = ("3!a15d", "currency amount")
_TERM = ("1!a3!n2!a3!a15d", "day_or_month count after currency amount")
_DATE = ("6!n", "date")
_LONG = ("100*65z", "text")

_FORMATS: dict[str, tuple[str, str]] = {
    "20": ("16x", "reference"),
    "21": ("16x", "reference"),
    "21A": ("16x", "reference"),
    "21C": ("35x", "text"),
    "22A": ("4!c", "code"),
    "23": ("16x", "text"),
    "23E": ("4!c[/30x]", "code text"),
    "23S": ("6!a", "code"),
    "25": ("35x", "account"),
    "26E": ("3n", "number"),
    "27": ("1!n/1!n", "number total"),
    "30": _DATE,
    "31C": _DATE,
    "31D": ("6!n29x", "date place"),
    "31E": _DATE,
    **dict.fromkeys(("32A", "32D", "33A", "34A"), _DATED),
    **dict.fromkeys(("32B", "33B", "34B", "71F"), _AMOUNT),
    **dict.fromkeys(("32K", "33K"), _TERM),
    "39A": ("2n/2n", "above below"),
    "39C": ("4*35x", "text"),
    "40A": ("24x", "code"),
    "40B": ("24x$24x", "code confirmation"),
    "40E": ("30x[/35x]", "code text"),
    "40F": ("30x", "code"),
    "41A": ("bic$14x", "bic by"),
    "41D": ("4*35x$14x", "name by"),
    "42C": ("3*35x", "text"),
    "42A": _PARTY_A,
    "42D": _PARTY_D,
    "42M": ("4*35x", "text"),
    "42P": ("4*35x", "text"),
    "43P": ("11x", "code"),
    "43T": ("11x", "code"),
    **dict.fromkeys(("44A", "44B", "44E", "44F"), ("140z", "place")),
    "44C": _DATE,
    "44D": ("6*65x", "text"),
    **dict.fromkeys(("45A", "46A", "47A", "49G", "49H", "45B", "46B", "47B", "49M", "49N"), _LONG),
    "48": ("3n[/35x]", "days text"),
    "49": ("7!x", "code"),
    "50": ("4*35x", "name"),
    "50B": ("4*35x", "name"),
    "50D": _PARTY_D,
    **dict.fromkeys(("51A", "52A", "53A", "54A", "57A", "58A"), _PARTY_A),
    **dict.fromkeys(("53B", "54B", "57B", "58B"), _PARTY_B),
    **dict.fromkeys(("51D", "52D", "53D", "54D", "57D", "58D"), _PARTY_D),
    "59": ("[/34x]$4*35x", "account name"),
    "71A": ("3!a", "code"),
    "71B": ("6*35x", "text"),
    "71D": ("6*35z", "text"),
    "71N": ("4!c$[6*35z]", "code text"),
    "72": ("6*35x", "text"),
    "72Z": ("6*35z", "text"),
    "73": ("6*35x", "text"),
    "73A": ("6*35z", "text"),
    **dict.fromkeys(("74", "75", "76"), ("6*35x", "text")),
    "77": ("20*35z", "text"),
    "77A": ("20*35x", "text"),
    "77B": ("3*35x", "text"),
    "77J": ("70*50z", "text"),
    "78": ("12*65x", "text"),
    "78D": ("12*65z", "text"),
    "79": ("35*50x", "text"),
    "79Z": ("35*50z", "text"),
}
FORMS: dict[str, Form] = {tag: form(text, names) for tag, (text, names) in _FORMATS.items()}

_SHIPMENTS = ("ALLOWED", "CONDITIONAL", "NOT ALLOWED")
_KINDS = ("IRREVOCABLE", "IRREVOCABLE TRANSFERABLE", "IRREVOCABLE STANDBY", "IRREVOC TRANS STANDBY")
_BY = ("BY ACCEPTANCE", "BY DEF PAYMENT", "BY MIXED PYMT", "BY NEGOTIATION", "BY PAYMENT")
OTHER_RULES = "OTHR"
# Codes that the standard closes: (field, subfield) -> what may stand there.
CODES: dict[tuple[str, str], tuple[str, ...]] = {
    ("22A", "code"): ("ACNF", "ADVI", "ISSU"),
    ("23S", "code"): ("CANCEL",),
    ("40A", "code"): _KINDS,
    ("40B", "code"): _KINDS,
    ("40B", "confirmation"): ("ADDING OUR CONFIRMATION", "WITHOUT OUR CONFIRMATION"),
    ("40E", "code"): (
        "EUCP LATEST VERSION", "EUCPURR LATEST VERSION", "ISP LATEST VERSION", OTHER_RULES, "UCP LATEST VERSION",
        "UCPURR LATEST VERSION",
    ),
    ("41A", "by"): _BY,
    ("41D", "by"): _BY,
    ("43P", "code"): _SHIPMENTS,
    ("43T", "code"): _SHIPMENTS,
    ("49", "code"): ("CONFIRM", "MAY ADD", "WITHOUT"),
    ("71N", "code"): ("APPL", "BENE", OTHER_RULES),
    ("32K", "day_or_month"): ("D", "M"),
    ("33K", "day_or_month"): ("D", "M"),
}  # fmt: skip
# In an amendment a text says what is done to the old one: every paragraph begins with such a code.
AMENDED_TEXTS = ("45B", "46B", "47B", "49M", "49N")
AMENDING = ("ADD", "DELETE", "REPALL")
_AMENDING = re.compile(r"/(?P<code>[A-Z0-9]{1,6})/")
_CENTURY_TURNS = 80  # General Information: years 80 to 99 are of the last century
_SEQUENCE_TOTAL_MOST = 8


def said_fault(tag: str, values: dict[str, str]) -> tuple[str, int, str] | None:
    """What is wrong with what a field says, given its subfields: the rule, the line within the field, a sentence. None for nothing."""
    for name, value in values.items():
        codes = CODES.get((tag, name))
        if codes is not None and value not in codes:
            return "code", 1 if name in ("by", "confirmation") else 0, f"{value!r} is none of {', '.join(codes)}"
    if "date" in values and _day(values["date"]) is None:
        return "T50", 0, f"{values['date']} is no day (YYMMDD)"
    if "currency" in values:
        fault = amount_fault(values["currency"], values["amount"])
        if fault is not None:
            return fault[0], 0, fault[1]
    if "bic" in values and (wrong := bic_fault(values["bic"])):
        return "T27", 1 if "account" in values or "side" in values else 0, f"{values['bic']}: {wrong}"
    if "reference" in values and _slashed(values["reference"]):
        return "T26", 0, "a reference neither begins nor ends with a slash, nor holds two in a row"
    if tag == "27" and not 1 <= int(values["number"]) <= int(values["total"]) <= _SEQUENCE_TOTAL_MOST:
        return "sequence", 0, f"{values['number']} of {values['total']} is no part of a message of at most {_SEQUENCE_TOTAL_MOST}"
    if tag == "40E" and "text" in values and values["code"] != OTHER_RULES:
        return "D81", 0, f"a text of its own goes with {OTHER_RULES} alone"
    if tag in AMENDED_TEXTS:
        return _amending_fault(values["text"])
    return None


def amount_fault(currency: str, amount: str) -> tuple[str, str] | None:
    """What is wrong with an amount of the wire (`1250,5`): the rule and a sentence. None for nothing."""
    known = CURRENCIES.get(currency)
    if known is None:
        return "T52", f"{currency} is not a currency of ISO 4217 that we know"
    whole, comma, fraction = amount.partition(",")
    if not whole.isdecimal():
        return "T40", f"{amount!r} has no digit before the comma"
    if not comma or "," in fraction:
        return "T43", f"{amount!r}: an amount has one decimal comma"
    try:
        minor_of(amount.replace(",", "."), known.exponent)
    except TooManyDecimals:
        return "C03", f"{amount}: {currency} has {known.exponent} decimals"
    except AmountFault as fault:
        return "T43", str(fault)
    return None


def money_of(values: dict[str, str]) -> Money:
    """The amount of a field that was found in order, exact."""
    currency = values["currency"]
    return Money(currency, minor_of(values["amount"].replace(",", "."), CURRENCIES[currency].exponent))


def amount_on_the_wire(money: Money) -> str:
    """Currency and amount as the wire has them: `SGD1250,5`, `KRW900,`. For amounts of zero and above."""
    whole, _, fraction = minor_text(money.minor, CURRENCIES[money.currency].exponent).partition(".")
    return f"{money.currency}{whole},{fraction.rstrip('0')}"


def iso_day(wire: str) -> str:
    """The ISO date of a `YYMMDD` that was found in order."""
    day = _day(wire)
    assert day is not None, f"{wire} was found to be a day"
    return day.isoformat()


def day_on_the_wire(iso: str) -> str:
    """`YYMMDD` of an ISO date; the century is not said, so it must be one of 1980 to 2079. Raises `ValueError` for others."""
    day = date.fromisoformat(iso)
    wire = day.strftime("%y%m%d")
    if _day(wire) != day:
        raise ValueError(f"{iso} cannot be said in six digits")
    return wire


def _day(wire: str) -> date | None:
    year = int(wire[:2])
    try:
        return date(year + (1900 if year >= _CENTURY_TURNS else 2000), int(wire[2:4]), int(wire[4:]))
    except ValueError:
        return None


def _slashed(reference: str) -> bool:
    return reference.startswith("/") or reference.endswith("/") or "//" in reference


def _amending_fault(text: str) -> tuple[str, int, str] | None:
    """MT 707 and 708, fields 45B to 49N (T67): the first line names a code; what replaces everything stands alone."""
    codes = []
    for number, line in enumerate(text.split("\n")):
        if line.startswith("/"):
            met = _AMENDING.match(line)
            if met is None or met["code"] not in AMENDING:
                return "T67", number, f"{line[:12]!r} begins with none of {', '.join(f'/{code}/' for code in AMENDING)}"
            codes.append((number, met["code"]))
        elif number == 0:
            return "T67", 0, "the first line says with a code between slashes what is done to the text"
    if len(codes) > 1 and any(code == "REPALL" for _, code in codes):
        return "T67", codes[1][0], "/REPALL/ replaces the whole text and stands alone"
    return None
