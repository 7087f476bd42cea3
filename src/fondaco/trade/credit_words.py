"""The words of a credit's fields as terms that an examiner reads: documents demanded, conditions, tenors, trade terms.

Only what is understood whole becomes a term; whatever words are left go to the examiner as they are (`uncompiled`). Nothing is guessed.
"""

from __future__ import annotations

import re

from fondaco.trade.examination import Tenor
from fondaco.trade.examination.compiling import understood
from fondaco.trade.examination.terms import Condition, DemandedDocument, DocumentKind, TransportForm

# What names a kind of document; of several the one that stands first is what is demanded, the others are what it must mention.
_KINDS: tuple[tuple[str, DocumentKind, TransportForm | None], ...] = (
    (r"CHARTER ?PARTY BILLS? OF LADING", "TRANSPORT", "CHARTER_PARTY"),
    (r"(?:MULTIMODAL|COMBINED) TRANSPORT (?:BILLS? OF LADING|DOCUMENTS?)", "TRANSPORT", "MULTIMODAL"),
    (r"(?:OCEAN |MARINE |PORT[ -]TO[ -]PORT )*(?:BILLS? OF LADING|B/LS?)", "TRANSPORT", "BILL_OF_LADING"),
    (r"(?:NON[ -]NEGOTIABLE )?SEA ?WAYBILLS?", "TRANSPORT", "SEA_WAYBILL"),
    (r"AIR ?WAYBILLS?|AIR TRANSPORT DOCUMENTS?|AWBS?", "TRANSPORT", "AIR_WAYBILL"),
    (r"CMR|ROAD (?:WAYBILLS?|TRANSPORT DOCUMENTS?)|TRUCK RECEIPTS?", "TRANSPORT", "ROAD"),
    (r"RAIL(?:WAY)? (?:WAYBILLS?|BILLS?|TRANSPORT DOCUMENTS?)", "TRANSPORT", "RAIL"),
    (r"COURIER RECEIPTS?", "TRANSPORT", "COURIER"),
    (r"INSURANCE (?:POLIC(?:Y|IES)(?:(?: OR |/)CERTIFICATES?)?|CERTIFICATES?|DOCUMENTS?)", "INSURANCE", None),
    (r"CERTIFICATES? OF ORIGIN", "ORIGIN", None),
    (r"PACKING LISTS?", "PACKING_LIST", None),
    (r"INSPECTION (?:CERTIFICATES?|REPORTS?)|CERTIFICATES? OF INSPECTION", "INSPECTION", None),
    (r"(?:COMMERCIAL )?INVOICES?", "INVOICE", None),
    (r"DRAFTS?|BILLS? OF EXCHANGE", "DRAFT", None),
)  # fmt: skip
_NUMBERS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5, "SIX": 6, "SEVEN": 7, "EIGHT": 8, "NINE": 9, "TEN": 10}
_FOLDS = {"DUPLICATE": 2, "TRIPLICATE": 3, "QUADRUPLICATE": 4, "QUINTUPLICATE": 5, "SEXTUPLICATE": 6}
_COUNT = rf"(?:\d{{1,2}}|{'|'.join(_NUMBERS)})"
# UCP 600 art. 17(d): `in three copies`, `in triplicate`, `in three-fold` are met by one original and two copies.
_SEVERAL = re.compile(
    rf"\bIN (?:AT LEAST )?(?:(?P<fold>{'|'.join(_FOLDS)})|(?P<copies>{_COUNT})(?: COPIES|[ -]?FOLD)|(?P<originals>{_COUNT}) ORIGINALS?)"
    rf"(?:(?: AND|,|/)? (?P<more>{_COUNT}) COP(?:Y|IES))?"
)
_FULL_SET = re.compile(r"\bFULL SET(?: \(?(?P<of>[1-9])/(?P=of)\)?)?(?: OF)?")
_SIGNED = re.compile(r"\b(?:MANUALLY |DULY )?SIGNED\b")
_CLEAN = re.compile(r"\bCLEAN\b|\b(?:SHIPPED )?ON BOARD\b")  # UCP 600 art. 20(a)(ii) and 27 ask for both whatever the credit says
_MADE_OUT = re.compile(r"\b(?:MADE OUT|MARKED(?: AS)?)\b")
_ISSUED_BY = re.compile(
    r"\bISSUED BY (?:THE |AN? )?(?P<name>[^,;]+?)(?=$|[,;.]| AND | SHOWING | CERTIFYING | STATING | IN \w+ (?:ORIGINALS?|COPIES))"
)
_RISK = re.compile(r"\bINSTITUTE (?:CARGO|WAR|STRIKES?|AIR)[\w ]*?CLAUSES?(?: ?\([A-C]\))?|\bALL RISKS\b|\bICC ?\([A-C]\)")
_COVER = re.compile(
    r"\b(?:FOR )?(?:AT LEAST )?\d{2,3} ?(?:PCT\b|PER ?CENT\b|%)(?: OF (?:THE )?(?:FULL )?(?:CIF|CIP|INVOICE) VALUE)?|\bCOVERING\b"
)
# Where the name of a document ends and what it must say or be begins.
_NAME_ENDS = re.compile(
    r"[,.;:(]| (?:AND |DULY )?(?:STATING|SHOWING|EVIDENCING|CERTIFYING|CONFIRMING|INDICATING|CONTAINING|DECLARING|ATTESTING|THAT|ISSUED|DATED|SIGNED|"
    r"COUNTERSIGNED|ADDRESSED|BY|FROM|FOR|IN|TO|WITH)\b"
)
_PER_CENT = re.compile(r"\b(?P<percent>\d{2,3}) ?(?:PCT\b|PER ?CENT\b|%)")
_FILLER = re.compile(r"\b(?:A|AN|AND|THE|OF|BENEFICIARY'?S)\b|[\s.,;()+-]+")
_TENOR = re.compile(
    r"(?:AT )?(?P<days>\d{1,3}) DAYS?(?:'?S?)? (?:AFTER|FROM) (?:THE )?(?:DATE OF (?:THE )?)?(?P<event>SIGHT|SHIPMENT|B/L|BILL OF LADING|INVOICE|DRAFT)(?: DATE)?"
)
_EVENTS = {
    "SIGHT": "AFTER_SIGHT",
    "SHIPMENT": "AFTER_SHIPMENT",
    "B/L": "AFTER_SHIPMENT",
    "BILL OF LADING": "AFTER_SHIPMENT",
    "INVOICE": "AFTER_INVOICE",
    "DRAFT": "AFTER_DRAFT",
}
_INCOTERM = re.compile(
    r"\b(?P<term>EXW|FCA|CPT|CIP|DAP|DPU|DDP|FAS|FOB|CFR|CIF) (?P<place>[A-Z][A-Z '.-]*[A-Z])(?P<rules>,? \(?INCOTERMS\b.*)?$"
)
_ALL_DOCUMENTS = re.compile(r"\b(?:ALL|EACH|EVERY|ANY) DOCUMENTS?\b|\bDOCUMENTS MUST\b")


def demand_of(text: str) -> DemandedDocument:
    """One paragraph of field 46A."""
    said = " ".join(text.upper().split())
    met = _first_kind(said)
    rest = said
    kind, form, title = met if met is not None else ("OTHER", None, _name(said))
    several = _SEVERAL.search(said)
    originals, copies = _count(several) if several else (1, 0)
    full_set = _FULL_SET.search(said)
    signed = _SIGNED.search(said)
    issuer = _ISSUED_BY.search(said)
    if met is not None:
        rest = re.sub(_pattern_of(kind, form), " ", rest, count=1)
    elif title:
        rest = rest.replace(title, " ", 1)
    for one in (several, full_set, signed, issuer):
        if one is not None:
            rest = rest.replace(one[0], " ", 1)
    for words in understood(said, kind):
        rest = rest.replace(words, " ", 1)
    if kind == "TRANSPORT":
        rest = _MADE_OUT.sub(" ", _CLEAN.sub(" ", rest))
    if kind == "INSURANCE":
        rest = _COVER.sub(" ", _RISK.sub(" ", rest))
    left = _FILLER.sub("", rest)
    return DemandedDocument(
        kind=kind,
        form=form or "",
        title=title if kind in ("OTHER", "INSPECTION") else "",
        issuer=issuer["name"].strip() if issuer is not None else "",
        originals=originals,
        copies=copies,
        full_set=full_set is not None,
        signed=signed is not None,
        uncompiled=(text,) if left else (),
        text=text,
    )


def insured_percent(text: str) -> int | None:
    """For how much of the goods' value an insurance paragraph asks for cover, None where it does not say."""
    met = _PER_CENT.search(text.upper())
    return int(met["percent"]) if met else None


def insured_risks(text: str) -> tuple[str, ...]:
    """The risks by the names that insurers give them, each as it stands."""
    return tuple(met[0] for met in _RISK.finditer(" ".join(text.upper().split())))


def _name(said: str) -> str:
    """What a document is called: the words before those that say what it must hold."""
    met = _NAME_ENDS.search(said)
    return (said[: met.start()] if met and met.start() else said).strip()


def _first_kind(said: str) -> tuple[DocumentKind, TransportForm | None, str] | None:
    found = [
        (met.start(), at, kind, form, met[0])
        for at, (pattern, kind, form) in enumerate(_KINDS)
        if (met := re.search(rf"\b(?:{pattern})(?![A-Z])", said))
    ]
    if not found:
        return None
    _, _, kind, form, words = min(found, key=lambda one: one[:2])
    return kind, form, words


def _pattern_of(kind: DocumentKind, form: TransportForm | None) -> str:
    return next(rf"\b(?:{pattern})(?![A-Z])" for pattern, one, shape in _KINDS if (one, shape) == (kind, form))


def _count(met: re.Match[str]) -> tuple[int, int]:
    """Originals and copies that a number of documents asks for."""
    more = _number(met["more"]) if met["more"] else 0
    if met["originals"]:
        return _number(met["originals"]), more
    several = _FOLDS[met["fold"]] if met["fold"] else _number(met["copies"])
    return 1, max(several - 1, 0) + more


def _number(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def condition_of(text: str) -> Condition:
    """One paragraph of field 47A: with the document that it speaks of, where it names one; else it names none that would show it (UCP 600 art. 14(h))."""
    said = " ".join(text.upper().split())
    if _ALL_DOCUMENTS.search(said):
        return Condition(text=text, doc="ANY")
    met = _first_kind(said)
    return Condition(text=text, doc=met[0] if met is not None else "")


def tenor_of(text: str) -> Tenor | None:
    """The tenor of field 42C or 42P, None where the words are not understood whole."""
    said = " ".join(text.upper().split()).rstrip(".")
    if said in ("SIGHT", "AT SIGHT"):
        return Tenor(event="SIGHT")
    met = _TENOR.fullmatch(said)
    return Tenor(event=_EVENTS[met["event"]], days=int(met["days"])) if met else None


def incoterm_of(paragraphs: tuple[str, ...]) -> tuple[str, str] | None:
    """The trade term and its place, where the goods field ends a paragraph with exactly one."""
    found = {(met["term"], met["place"]) for one in paragraphs if (met := _INCOTERM.search(" ".join(one.upper().split())))}
    return found.pop() if len(found) == 1 else None
