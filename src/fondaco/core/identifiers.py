"""BIC, LEI, IBAN, UETR: each function says what is wrong with a text, or nothing.

Our own few lines rather than a library: python-stdnum is LGPL, schwifty costs twenty times as much per check on the
hot path. schwifty judges these functions in the tests (`docs/decisions/0004-identifiers.md`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from fondaco.core.countries import COUNTRIES

# ISO 9362:2022: four letters or digits of the party prefix, country, two of the suffix, optionally three of the branch.
# CBPR+ and the ISO 20022 type BICFIDec2014Identifier agree with it.
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# RFC 9562, version 4, in lower case (CBPR+ and Nexus usage of UETR).
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# Lengths by country: SWIFT IBAN registry, as also carried by schwifty 2026.10.1.
_IBAN_LENGTHS = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18
FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31
SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_LENGTHS.split()}

_REMEMBERED = 1 << 14


@lru_cache(maxsize=_REMEMBERED)
def bic_fault(text: str) -> str:
    """What is wrong with a BIC (ISO 9362), "" for nothing."""
    if not _BIC.fullmatch(text):
        return "a BIC has 8 or 11 characters: prefix, country, suffix, branch"
    if text[4:6] not in COUNTRIES:
        return f"{text[4:6]} is not a country of ISO 3166"
    return ""


def _mod_97(text: str) -> int:
    """ISO 7064 MOD 97-10 of a text of digits and capital letters (A is 10)."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


@lru_cache(maxsize=_REMEMBERED)
def lei_fault(text: str) -> str:
    """What is wrong with a LEI (ISO 17442-1:2020), "" for nothing."""
    if not _LEI.fullmatch(text):
        return "a LEI has 18 letters or digits and 2 check digits"
    if _mod_97(text) != 1:
        return "the check digits are wrong"
    return ""


def lei_with_check_digits(stem: str) -> str:
    """A LEI from its first 18 characters."""
    return f"{stem}{98 - _mod_97(stem + '00'):02d}"


@lru_cache(maxsize=_REMEMBERED)
def iban_fault(text: str) -> str:
    """What is wrong with an IBAN (ISO 13616-1:2020) in electronic form, "" for nothing."""
    if not _IBAN.fullmatch(text):
        return "an IBAN begins with its country and two check digits"
    length = IBAN_LENGTHS.get(text[:2])
    if length is None:
        return f"{text[:2]} has no IBAN in the registry"
    if len(text) != length:
        return f"an IBAN of {text[:2]} has {length} characters, not {len(text)}"
    if _mod_97(text[4:] + text[:4]) != 1:
        return "the check digits are wrong"
    return ""


def uetr_fault(text: str) -> str:
    """What is wrong with a UETR (UUID version 4 in lower case), "" for nothing."""
    if not _UETR.fullmatch(text):
        return "a UETR is a UUID version 4 in lower case"
    return ""


def bic8(text: str) -> str:
    """The institution without its branch: participants are known by eight characters."""
    return text[:8]
