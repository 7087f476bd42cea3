"""The merchant's QR code: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, v1.1 (EMVCo, November 2020).

A code is a text of objects: an id and a length of two digits each, then the value. The length counts characters (Unicode code
points), never bytes; the checksum is taken over the UTF-8 bytes. Some objects are templates: their value is such a text itself.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES, Instant, MalformedMessage, Reason, at, bic_fault, minor_of, minor_text
from fondaco.messages.codes import is_code

Objects = tuple[tuple[str, str], ...]

# ISO/IEC 18004: no QR Code symbol holds more characters, so no longer text came from one.
TEXT_MAX = 7_089
VALUE_MAX = 99
GUID_MAX = 32
# RFC 2104, sections 3 and 5: a key as long as the hash's output, and not fewer than 80 bits of the code left.
KEY_MIN = 32
_SEAL_BYTES = 10
STATIC, DYNAMIC = "11", "12"
TIP_ASKED, FEE_FIXED, FEE_RATE = "01", "02", "03"
# Section 4.8: the merchant asks the payer's application to prompt for this value.
PROMPT = "***"

_NUMERIC = {f"{currency.numeric:03d}": currency for currency in CURRENCIES.values()}
_AMOUNT = re.compile(r"[0-9]+\.?[0-9]*")
_RATE = re.compile(r"[0-9]{1,2}(?:\.[0-9]{0,2})?")
# ISO 20022 Max34Text, kept to what can be printed and typed again.
_ACCOUNT = re.compile(r"[!-~]{1,34}")
_EXPIRY = re.compile(r"[0-9]{14}Z")
_SEAL = re.compile(r"[A-Z2-7]{16}")
_LANGUAGE = re.compile(r"[A-Za-z]{2}")

_ACCOUNTS = tuple(f"{number:02d}" for number in range(2, 52))
TEMPLATES = _ACCOUNTS[24:]
_OTHERS = (*_ACCOUNTS, *(str(number) for number in range(80, 100)))
# Table 3.2 and those after it: the name, the least and the most characters; "digits" or "plain" (printable ASCII, the ans of
# EMV Book 4), or "text" (any Unicode).
_ROOT = {
    "01": ("point of initiation", 2, 2, "digits"),
    "52": ("category", 4, 4, "digits"),
    "53": ("currency", 3, 3, "digits"),
    "54": ("amount", 1, 13, "plain"),
    "55": ("tip indicator", 2, 2, "digits"),
    "56": ("fixed fee", 1, 13, "plain"),
    "57": ("fee rate", 1, 5, "plain"),
    "58": ("country", 2, 2, "plain"),
    "59": ("name", 1, 25, "plain"),
    "60": ("city", 1, 15, "plain"),
    "61": ("postal code", 1, 10, "plain"),
}
_MANDATORY = ("52", "53", "58", "59", "60")
_ADDITIONAL = {
    "01": ("bill number", 1, 25, "plain"),
    "02": ("mobile number", 1, 25, "plain"),
    "03": ("store", 1, 25, "plain"),
    "04": ("loyalty number", 1, 25, "plain"),
    "05": ("reference", 1, 25, "plain"),
    "06": ("customer", 1, 25, "plain"),
    "07": ("terminal", 1, 25, "plain"),
    "08": ("purpose in words", 1, 25, "plain"),
    "09": ("what is asked of the payer", 1, 3, "plain"),
    "10": ("tax number", 1, 20, "plain"),
    "11": ("channel", 3, 3, "plain"),
}
_SCHEME = {"00": ("unique identifier", 1, GUID_MAX, "plain")}
_OTHER_LANGUAGE = {"00": ("language", 2, 2, "plain"), "01": ("name", 1, 25, "text"), "02": ("city", 1, 15, "text")}


class UnionAccount(msgspec.Struct, frozen=True, array_like=True):
    """The union's own merchant account template: who is to be paid.

    `guid` is the union's globally unique identifier (a reverse domain, at most 32 characters), `bic` the creditor's bank,
    `purpose` a code of ExternalPurpose1Code or "", `expires` an instant of whole seconds (dynamic codes only), `seal` the
    issuing bank's, "" for none, `place` the template's id, 26 to 51.
    """

    guid: str
    bic: str
    account: str
    purpose: str = ""
    expires: Instant | None = None
    seal: str = ""
    place: str = "26"


class Additional(msgspec.Struct, frozen=True, array_like=True):
    """The additional data (62-01 to 62-11), in the order of its ids; "" for what is not there, `***` for what the payer is to say.

    `purpose` is in the merchant's words; the purpose code is in `UnionAccount`.
    """

    bill: str = ""
    mobile: str = ""
    store: str = ""
    loyalty: str = ""
    reference: str = ""
    customer: str = ""
    terminal: str = ""
    purpose: str = ""
    asked: str = ""
    tax_number: str = ""
    channel: str = ""


class TipOrFee(msgspec.Struct, frozen=True, array_like=True):
    """What the payer adds: `kind` is TIP_ASKED, FEE_FIXED (`minor` units of the code's currency) or FEE_RATE (`rate_bps`, 1 to 9,999)."""

    kind: str
    minor: int = 0
    rate_bps: int = 0


class MerchantCode(msgspec.Struct, frozen=True, array_like=True):
    """One lawful code: all of its objects as they were written, in their order, without the checksum.

    `objects` is the one truth, so what nobody here understands is not lost; the properties read from it. `guid` says whose
    template `account` looks for, in any case of letters; "" finds none. Making one raises `MalformedMessage` for whatever the
    specification forbids, so a code that exists can be written and read again.
    """

    objects: Objects
    guid: str = ""

    def __post_init__(self) -> None:
        _check(self)

    def _said(self, place: str, inner: str = "") -> str:
        """The value at `place`, or at `inner` of the template there; "" where there is none."""
        value = dict(self.objects).get(place, "")
        return dict(_objects(value, place)).get(inner, "") if inner and value else value

    @property
    def dynamic(self) -> bool | None:
        """True for one payment, False for many, None where the code does not say (the object is optional)."""
        return {STATIC: False, DYNAMIC: True}.get(self._said("01"))

    @property
    def category(self) -> str:
        """Merchant category code, ISO 18245."""
        return self._said("52")

    @property
    def currency(self) -> str:
        """Alphabetic code, ISO 4217."""
        return _NUMERIC[self._said("53")].code

    @property
    def amount_minor(self) -> int | None:
        """Whole minor units of `currency`, without tip or fee; None where the payer says the amount."""
        text = self._said("54")
        return minor_of(text, CURRENCIES[self.currency].exponent) if text else None

    @property
    def tip_or_fee(self) -> TipOrFee | None:
        kind, fixed, rate = self._said("55"), self._said("56"), self._said("57")
        minor = minor_of(fixed, CURRENCIES[self.currency].exponent) if fixed else 0
        return TipOrFee(kind, minor, minor_of(rate, 2) if rate else 0) if kind else None

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2."""
        return self._said("58")

    @property
    def name(self) -> str:
        return self._said("59")

    @property
    def city(self) -> str:
        return self._said("60")

    @property
    def postal(self) -> str:
        return self._said("61")

    @property
    def additional(self) -> Additional:
        said = dict(_objects(self._said("62"), "62"))
        return Additional(*(said.get(inner, "") for inner in _ADDITIONAL))

    @property
    def language(self) -> tuple[str, str, str] | None:
        """Language (ISO 639), name and city ("" for none) as the merchant's own country writes them."""
        said = dict(_objects(self._said("64"), "64"))
        return (said["00"], said["01"], said.get("02", "")) if said else None

    @property
    def account(self) -> UnionAccount | None:
        """The template of the union `guid`, None where the code has none."""
        place = _place_of(self)
        if not place:
            return None
        said = dict(_objects(self._said(place), place)).get
        expires = _instant(said("04", ""))
        return UnionAccount(said("00", ""), said("01", ""), said("02", ""), said("03", ""), expires, said("05", ""), place)

    @property
    def schemes(self) -> tuple[str, ...]:
        """Whom the code can be paid through: the unique identifiers of all templates 26 to 51, in the order of the code."""
        return tuple(self._said(place, "00") for place, _ in self.objects if place in TEMPLATES)


# Reading and writing


def read_qr(text: str, guid: str = "") -> MerchantCode:
    """The code that a QR picture holds, to the letter; `guid` is the union whose template is looked for.

    Raises `MalformedMessage` with the place (`54 amount`, `26-01`): a wrong checksum first, since after an accident the rest
    means nothing; then broken objects; then what an object may not say.
    """
    if len(text) > TEXT_MAX:
        raise _broken("the text", f"{len(text)} characters; a QR Code holds at most {TEXT_MAX}")
    body, stated = text[:-4], text[-4:]
    if body.endswith("6304") and stated != _checksum(body):
        raise _broken("63 CRC", f"{stated!r}; four upper-case hexadecimal digits, {_checksum(body)} for this text")
    objects = _objects(text)
    if not objects or objects[-1][0] != "63":
        raise MalformedMessage(Reason.ELEMENT_MISSING, "63 CRC", "the checksum ends the code")
    if len(objects[-1][1]) != 4:
        raise _broken("63 CRC", "four upper-case hexadecimal digits")
    return MerchantCode(objects[:-1], guid)


def write_qr(code: MerchantCode) -> str:
    """The text for a QR picture, checksum last. What was read is written back to the letter."""
    body = _written(code.objects) + "6304"
    return body + _checksum(body)


def merchant_code(
    account: UnionAccount,
    *,
    name: str,
    city: str,
    country: str,
    currency: str,
    category: str,
    amount_minor: int | None = None,
    dynamic: bool = False,
    tip_or_fee: TipOrFee | None = None,
    postal: str = "",
    additional: Additional = Additional(),  # noqa: B008 (frozen)
    language: tuple[str, str, str] | None = None,
    others: Iterable[tuple[str, str]] = (),
) -> MerchantCode:
    """A new code, its objects in the order of their ids; `others` are objects of other schemes (02 to 51, 80 to 99).

    An expiry is cut to its second. Raises `MalformedMessage` as reading it would, also where a template passes 99 characters.
    """
    if currency not in CURRENCIES:
        raise MalformedMessage(Reason.CURRENCY_NOT_SETTLED, place_name("53"), currency)
    if account.place not in TEMPLATES:
        raise _broken(account.place, "a union's template stands at 26 to 51")
    kept = tuple(others)
    for place, _ in kept:
        if place not in _OTHERS:
            raise _broken(place, "other schemes have 02 to 51 and 80 to 99")
    known = CURRENCIES[currency]
    extra = tip_or_fee or TipOrFee("")
    template = (
        ("00", account.guid),
        ("01", account.bic),
        ("02", account.account),
        ("03", account.purpose),
        ("04", "" if account.expires is None else _expiry_text(account.expires)),
        ("05", account.seal),
    )
    said = [
        ("00", "01"),
        ("01", DYNAMIC if dynamic else STATIC),
        (account.place, _written(template, account.place)),
        ("52", category),
        ("53", f"{known.numeric:03d}"),
        ("54", "" if amount_minor is None else minor_text(amount_minor, known.exponent)),
        ("55", extra.kind),
        ("56", minor_text(extra.minor, known.exponent) if extra.kind == FEE_FIXED else ""),
        ("57", f"{extra.rate_bps // 100:02d}.{extra.rate_bps % 100:02d}" if extra.kind == FEE_RATE else ""),
        ("58", country),
        ("59", name),
        ("60", city),
        ("61", postal),
        ("62", _written(zip(_ADDITIONAL, msgspec.structs.astuple(additional), strict=True), "62")),
        ("64", _written(zip(_OTHER_LANGUAGE, language, strict=True), "64") if language else ""),
        *kept,
    ]
    return MerchantCode(tuple(sorted(pair for pair in said if pair[1])), account.guid)


# The seal. A checksum finds accidents; whoever changes a code on purpose computes it anew.


def sealed(code: MerchantCode, key: bytes) -> MerchantCode:
    """The code with the issuing bank's seal in its template, in place of one that was there.

    HMAC-SHA-256 (RFC 2104) under the bank's own `key` of at least 32 bytes, cut to 80 bits, in base32: 16 characters. It
    covers all that `payment_facts` hands on and decides by, and all else that the union's template holds. Raises
    `MalformedMessage` where the code has no template of its union, or no room in it.
    """
    place = _place_of(code)
    if not place:
        raise MalformedMessage(Reason.ELEMENT_MISSING, place_name(TEMPLATES[0]), no_template(code))
    kept = tuple(pair for pair in _objects(code._said(place), place) if pair[0] != "05")
    value = _written((*kept, ("05", _seal(code, key))), place)
    return MerchantCode(tuple((one, value if one == place else other) for one, other in code.objects), code.guid)


def seal_holds(code: MerchantCode, key: bytes) -> bool:
    """Whether the code bears the seal that `key` makes of it; False where it bears none. Takes the same time for every seal."""
    account = code.account
    return account is not None and hmac.compare_digest(account.seal, _seal(code, key))


def _seal(code: MerchantCode, key: bytes) -> str:
    assert len(key) >= KEY_MIN, f"a sealing key has at least {KEY_MIN} bytes"
    digest = hmac.digest(key, _under_seal(code), "sha256")
    return base64.b32encode(digest[:_SEAL_BYTES]).decode()


def _under_seal(code: MerchantCode) -> bytes:
    """Place, length and value of each, so that no two codes that differ read the same. Amounts count by what they are worth."""
    place, extra = _place_of(code), code.tip_or_fee or TipOrFee("")
    amount = "" if code.amount_minor is None else str(code.amount_minor)
    said = [
        ("01", code._said("01")),
        ("53", code._said("53")),
        ("54", amount),
        ("55", extra.kind),
        ("56", str(extra.minor)),
        ("57", str(extra.rate_bps)),
        ("58", code.country),
        ("59", code.name),
        ("62-05", code.additional.reference),
    ]
    said += [(f"own-{inner}", value) for inner, value in sorted(_objects(code._said(place), place)) if inner != "05"]
    return "".join(["fondaco merchant code 1;", *(f"{one}={len(value)}:{value};" for one, value in said)]).encode()


# Objects


def _broken(where: str, found: str) -> MalformedMessage:
    return MalformedMessage(Reason.MALFORMED, where, found)


def place_name(place: str) -> str:
    """The place as a person finds it: `54 amount`, `26 merchant account`, `26-01`."""
    if place in _ACCOUNTS:
        return f"{place} merchant account"
    return f"{place} {_ROOT[place][0]}" if place in _ROOT else place


def _checksum(body: str) -> str:
    """CRC-16, polynomial 1021, from FFFF, over everything up to and with `6304` (section 4.7.3; ISO/IEC 13239)."""
    try:
        return f"{binascii.crc_hqx(body.encode(), 0xFFFF):04X}"
    except UnicodeEncodeError as fault:
        raise MalformedMessage(Reason.CHARACTERS_WRONG, f"character {fault.start + 1}", "half a surrogate pair") from None


def _objects(text: str, inside: str = "") -> Objects:
    """Ids and values in their order; `inside` is the template that holds the text."""
    found: dict[str, str] = {}
    start = 0
    while start < len(text):
        place, length = text[start : start + 2], text[start + 2 : start + 4]
        where = f"{inside}-{place}" if inside else place_name(place)
        if not (len(length) == 2 and _digits(place) and _digits(length)):
            spot = f"{inside} character {start + 1}".strip()
            raise _broken(spot, f"{place + length!r} is not an id and a length of two digits each")
        end = start + 4 + int(length)
        if end == start + 4:
            raise _broken(where, "a value has at least one character")
        if end > len(text):
            raise _broken(where, f"{int(length)} characters announced, {len(text) - start - 4} there")
        if place in found:
            raise _broken(where, "comes twice")
        found[place] = text[start + 4 : end]
        start = end
    return tuple(found.items())


def _written(objects: Iterable[tuple[str, str]], inside: str = "") -> str:
    """The text of those that say something. Raises `MalformedMessage` for what two digits cannot name or count."""
    parts = []
    for place, value in objects:
        where = f"{inside}-{place}" if inside else place_name(place)
        if not (len(place) == 2 and _digits(place)):
            raise _broken(where, "an id has two digits")
        if len(value) > VALUE_MAX:
            raise _broken(where, f"{len(value)} characters, at most {VALUE_MAX}")
        if value:
            parts.append(f"{place}{len(value):02d}{value}")
    return "".join(parts)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _place_of(code: MerchantCode) -> str:
    """The id of the union's template, "" for none. Domain names do not tell capitals from small letters."""
    wanted = code.guid.lower()
    return next((one for one, _ in code.objects if wanted and one in TEMPLATES and code._said(one, "00").lower() == wanted), "")


def no_template(code: MerchantCode) -> str:
    return f"no template of {code.guid or 'a union'}; the code can be paid through {', '.join(code.schemes) or 'others'}"


def _instant(text: str) -> Instant | None:
    """The instant of `YYYYMMDDHHMMSSZ`, None for "". Raises `ValueError` for what is none."""
    if not text:
        return None
    if not _EXPIRY.fullmatch(text):
        raise ValueError("YYYYMMDDHHMMSSZ is wanted")
    return at(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC))


def _expiry_text(instant: Instant) -> str:
    return f"{datetime.fromtimestamp(int(instant) // 1_000_000_000, UTC):%Y%m%d%H%M%SZ}"


# What an object may say


def _check(code: MerchantCode) -> None:
    """Raise `MalformedMessage` for the first thing that the specification forbids, in the order of the ids."""
    text = _written(code.objects)
    if len(text) + 8 > TEXT_MAX:
        raise _broken("the text", f"{len(text) + 8} characters; a QR Code holds at most {TEXT_MAX}")
    _checksum(text)
    said = dict(_objects(text))
    if len(said) != len(code.objects):
        raise _broken("an object", "without a value")
    if "63" in said:
        raise _broken("63 CRC", "only at the end")
    if code.objects[:1] != (("00", "01"),):
        missing = Reason.MALFORMED if "00" in said else Reason.ELEMENT_MISSING
        raise MalformedMessage(missing, "00 format", "a code begins with 000201")
    for place in _MANDATORY:
        if place not in said:
            raise MalformedMessage(Reason.ELEMENT_MISSING, place_name(place), "mandatory")
    if not any(place in said for place in _ACCOUNTS):
        raise MalformedMessage(Reason.ELEMENT_MISSING, "02-51 merchant account", "at least one is mandatory")
    _check_forms(said, _ROOT)
    if said.get("01", STATIC) not in (STATIC, DYNAMIC):
        raise MalformedMessage(Reason.CODE_UNKNOWN, place_name("01"), said["01"])
    if said["53"] not in _NUMERIC:
        raise MalformedMessage(Reason.CURRENCY_NOT_SETTLED, place_name("53"), said["53"])
    _check_amounts(said)
    if said["58"] not in COUNTRIES:
        raise MalformedMessage(Reason.CODE_UNKNOWN, place_name("58"), said["58"])
    _check_templates(code, said)


def _check_forms(said: dict[str, str], forms: dict[str, tuple[str, int, int, str]], inside: str = "") -> None:
    for place, (_, least, most, form) in forms.items():
        value = said.get(place)
        where = f"{inside}-{place}" if inside else place_name(place)
        if value is None:
            continue
        if not least <= len(value) <= most:
            wanted = f"{least}" if least == most else f"at most {most}"
            raise _broken(where, f"{len(value)} characters, {wanted}")
        if form == "digits" and not _digits(value):
            raise _broken(where, f"{value!r} is not all digits")
        if form == "plain" and not (value.isascii() and value.isprintable()):
            raise MalformedMessage(Reason.CHARACTERS_WRONG, where, value)


def _check_amounts(said: dict[str, str]) -> None:
    """Amount, tip and fee (54 to 57; sections 4.7.6 to 4.7.8). Digits after the mark may be fewer than the currency has, not more."""
    exponent = _NUMERIC[said["53"]].exponent
    for place in ("54", "56"):
        if place in said:
            _check_amount(said[place], exponent, place)
    kind = said.get("55", "")
    if kind not in ("", TIP_ASKED, FEE_FIXED, FEE_RATE):
        raise MalformedMessage(Reason.CODE_UNKNOWN, place_name("55"), kind)
    for place, wanted in (("56", FEE_FIXED), ("57", FEE_RATE)):
        if kind == wanted and place not in said:
            raise MalformedMessage(Reason.ELEMENT_MISSING, place_name(place), f"the tip indicator is {wanted}")
        if kind != wanted and place in said:
            raise _broken(place_name(place), f"the tip indicator is not {wanted}")
    rate = said.get("57", "1")
    if not _RATE.fullmatch(rate) or not minor_of(rate, 2):
        raise _broken(place_name("57"), f"{rate!r} is not a rate from 00.01 to 99.99")


def _check_amount(text: str, exponent: int, place: str) -> None:
    if not _AMOUNT.fullmatch(text):
        raise _broken(place_name(place), f"{text!r}: digits and at most one dot")
    if len(text.partition(".")[2]) > exponent:
        raise MalformedMessage(Reason.DECIMALS_WRONG, place_name(place), f"{text}; the currency has {exponent}")
    if not minor_of(text, exponent):
        raise MalformedMessage(Reason.AMOUNT_NOT_POSITIVE, place_name(place), text)


def _check_templates(code: MerchantCode, said: dict[str, str]) -> None:
    """Templates 26 to 51, 62 and 64. What stands in 65 to 99, or belongs to another scheme, is kept unread."""
    guids = Counter[str]()
    for place in TEMPLATES:
        if place not in said:
            continue
        inner = dict(_objects(said[place], place))
        guid = inner.get("00", "")
        if not guid:
            raise MalformedMessage(Reason.ELEMENT_MISSING, f"{place}-00", "a template names its scheme")
        _check_forms(inner, _SCHEME, place)
        guids[guid.lower()] += 1
        if guid.lower() == code.guid.lower():
            _check_union(inner, place, said.get("01") == DYNAMIC)
    if code.guid and guids[code.guid.lower()] > 1:
        # Two readers might pay two accounts.
        raise _broken("26-51 merchant account", f"{code.guid} has more than one template")
    additional = dict(_objects(said.get("62", ""), "62"))
    _check_forms(additional, _ADDITIONAL, "62")
    asked = additional.get("09", "")
    if set(asked) - set("AME") or len(set(asked)) < len(asked):
        raise MalformedMessage(Reason.CODE_UNKNOWN, "62-09", asked)
    if "64" in said:
        other = dict(_objects(said["64"], "64"))
        for place in ("00", "01"):
            if place not in other:
                raise MalformedMessage(Reason.ELEMENT_MISSING, f"64-{place}", "mandatory")
        _check_forms(other, _OTHER_LANGUAGE, "64")
        if not _LANGUAGE.fullmatch(other["00"]):
            raise MalformedMessage(Reason.CODE_UNKNOWN, "64-00", other["00"])


def _check_union(said: dict[str, str], place: str, dynamic: bool) -> None:
    """The union's own template: bank and account are mandatory, an expiry is for dynamic codes."""
    for inner in ("01", "02"):
        if inner not in said:
            raise MalformedMessage(Reason.ELEMENT_MISSING, f"{place}-{inner}", "the union's template names bank and account")
    if fault := bic_fault(said["01"]):
        raise MalformedMessage(Reason.IDENTIFIER_WRONG, f"{place}-01", fault)
    if not _ACCOUNT.fullmatch(said["02"]):
        raise MalformedMessage(Reason.ACCOUNT_WRONG, f"{place}-02", said["02"])
    if "03" in said and not is_code("ExternalPurpose1Code", said["03"]):
        raise MalformedMessage(Reason.CODE_UNKNOWN, f"{place}-03", said["03"])
    if "04" in said and not dynamic:
        raise _broken(f"{place}-04", "only a dynamic code expires")
    try:
        _instant(said.get("04", ""))
    except ValueError as fault:
        raise _broken(f"{place}-04", f"{said['04']}: {fault}") from None
    if "05" in said and not _SEAL.fullmatch(said["05"]):
        raise _broken(f"{place}-05", "a seal has 16 characters of base32")
