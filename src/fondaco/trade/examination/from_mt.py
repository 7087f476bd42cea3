"""The terms of a credit from an SWIFT MT 700, 710 or 720: fields as they are, the documents of 46A by the words that banks use for them.

What the words of a demand don't tell stays with its text: the commonest clauses are compiled when a presentation is examined (`compiling.py`), the rest
of a demand that holds more than its document, its number and its clauses is `uncompiled`, and so a query for a person.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from fondaco.core import CURRENCIES, MalformedMessage, Reason, minor_text
from fondaco.trade.examination.compiling import clauses_of
from fondaco.trade.examination.terms import (
    Condition,
    DemandedDocument,
    DocumentKind,
    DraftTerms,
    InsuranceTerms,
    Terms,
    TransportForm,
)
from fondaco.trade.examination.words import Party, Place, Tenor
from fondaco.trade.mt import CreditTerms
from fondaco.trade.mt import Party as Named

_BY: dict[str, Literal["SIGHT_PAYMENT", "DEFERRED_PAYMENT", "ACCEPTANCE", "NEGOTIATION"]] = {
    "BY PAYMENT": "SIGHT_PAYMENT",
    "BY DEF PAYMENT": "DEFERRED_PAYMENT",
    "BY ACCEPTANCE": "ACCEPTANCE",
    "BY NEGOTIATION": "NEGOTIATION",
}
_SHIPMENTS: dict[str, Literal["", "ALLOWED", "NOT_ALLOWED", "CONDITIONAL"]] = {
    "": "",
    "ALLOWED": "ALLOWED",
    "NOT ALLOWED": "NOT_ALLOWED",
    "CONDITIONAL": "CONDITIONAL",
}
_CONFIRMATIONS: dict[str, Literal["WITHOUT", "MAY_ADD", "CONFIRM"]] = {
    "": "WITHOUT",
    "WITHOUT": "WITHOUT",
    "MAY ADD": "MAY_ADD",
    "CONFIRM": "CONFIRM",
}
_RULES: dict[str, Literal["UCP600", "EUCP"]] = {
    "UCP LATEST VERSION": "UCP600",
    "UCPURR LATEST VERSION": "UCP600",
    "EUCP LATEST VERSION": "EUCP",
    "EUCPURR LATEST VERSION": "EUCP",
}
# What a demand is of, by the words that name it; the first that matches counts.
_DOCUMENTS: tuple[tuple[str, DocumentKind, TransportForm | Literal[""]], ...] = (
    (r"\bbeneficiary'?s? (certificate|statement|declaration)", "OTHER", ""),
    (r"\b(commercial )?invoices?\b", "INVOICE", ""),
    (r"\bcharter ?party b(/l|ills? of lading)", "TRANSPORT", "CHARTER_PARTY"),
    (r"\bsea ?waybills?\b", "TRANSPORT", "SEA_WAYBILL"),
    (r"\b(multi-?modal|combined) transport\b", "TRANSPORT", "MULTIMODAL"),
    (r"\bb/ls?\b|\bbills? of lading\b", "TRANSPORT", "BILL_OF_LADING"),
    (r"\bair ?way ?bills?\b|\bawb\b|\bair transport document", "TRANSPORT", "AIR_WAYBILL"),
    (r"\bcmr\b|\b(road|truck) (consignment|waybill|receipt|transport)", "TRANSPORT", "ROAD"),
    (r"\brail(way)? (consignment|waybill|receipt|transport)", "TRANSPORT", "RAIL"),
    (r"\b(courier|post(al)?) receipt", "TRANSPORT", "COURIER"),
    (r"\binsurance (policy|certificate|declaration|document)", "INSURANCE", ""),
    (r"\bcertificate of (\w+ )?origin\b", "ORIGIN", ""),
    (r"\bpacking lists?\b", "PACKING_LIST", ""),
    (r"\binspection certificate|\bcertificate of (inspection|quality|analysis)", "INSPECTION", ""),
    (r"^\W*drafts?\b", "DRAFT", ""),
)
_COUNTS = {"duplicate": 2, "triplicate": 3, "quadruplicate": 4, "quintuplicate": 5, "sextuplicate": 6} | {
    word: number for number, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
}
_NUMBER = r"(?P<count>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
_TIMES = re.compile(r"\bin (?P<count>duplicate|triplicate|quadruplicate|quintuplicate|sextuplicate)\b", re.IGNORECASE)
_FOLD = re.compile(rf"\bin {_NUMBER}(?:[ -]?fold| copies)\b", re.IGNORECASE)
_ORIGINALS = re.compile(rf"\b{_NUMBER} (?:\(\d+\) )?originals?\b", re.IGNORECASE)
_COPIES = re.compile(rf"\b{_NUMBER} (?:\(\d+\) )?(?:non-negotiable )?cop(?:y|ies)\b", re.IGNORECASE)
_ISSUED_BY = re.compile(
    r"\bissued by (?:the |an? )?(?P<name>[^,;]+?)(?=$|[,;]| and | showing | certifying | stating | in \w+ (?:originals?|copies))",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\b(?P<percent>1\d\d) ?(?:%|pct|per ?cent|0/0)", re.IGNORECASE)
_RISK = re.compile(
    r"\binstitute (?:cargo|war|strikes?|air)[\w ]*?clauses?(?: ?\([A-C]\))?|\ball risks\b|\bicc ?\([A-C]\)", re.IGNORECASE
)
_TERM = re.compile(
    r"\b(?P<term>EXW|FCA|CPT|CIP|DAP|DPU|DDP|FAS|FOB|CFR|CIF) (?P<place>[A-Z][A-Z .'-]*?)(?=$|[,;.(]|\s+(?:INCOTERMS|AS PER|\d))",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"\b(?P<days>\d{1,3}) days?(?: from| after)? (?P<event>sight|(?:date of )?(?:shipment|b/l|bill of lading)(?: date)?|(?:date of )?invoice(?: date)?|(?:date of )?draft(?: date)?)",
    re.IGNORECASE,
)
_TITLE_ENDS = re.compile(
    r",|;| issued | signed | stating | showing | certifying | confirming | indicating | in \w+ (?:originals?|copies|fold)| in (?:du|tri|quadru)plicate",
    re.IGNORECASE,
)


def terms_of_mt(credit: CreditTerms, issuing_bank: str = "") -> Terms:
    """The terms in a credit's message. `issuing_bank` is its sender, for a message without field 52a.

    Raises `MalformedMessage` for what no terms of ours can hold: a mixed payment, or rules that are not the ICC's for documentary credits.
    """
    by, rules = _BY.get(credit.available_by), _RULES.get(credit.rules)
    if by is None:
        raise MalformedMessage(Reason.CODE_UNKNOWN, "41a", credit.available_by)
    if rules is None:
        raise MalformedMessage(Reason.CODE_UNKNOWN, "40E", credit.rules)
    goods = " ".join(credit.goods)
    term = _TERM.search(goods)
    tenor = _tenor(credit.drafts_at)
    demands = tuple(_demand(text) for text in credit.documents)
    terms = Terms(
        number=credit.number,
        issued=date.fromisoformat(credit.issued),
        expiry=date.fromisoformat(credit.expires),
        expiry_place=Place(name=credit.expires_at),
        applicant=_party(credit.applicant),
        beneficiary=_party(credit.beneficiary),
        issuing_bank=_party(credit.issuing_bank)
        if credit.issuing_bank is not None
        else Party(name=issuing_bank, id=issuing_bank),
        confirming_bank=_party(credit.confirming_bank) if credit.confirming_bank is not None else None,
        reimbursing_bank=_party(credit.reimbursing_bank) if credit.reimbursing_bank is not None else None,
        available_with=None if _any_bank(credit.available_with) else _party(credit.available_with),
        currency=credit.amount.currency,
        amount=Decimal(minor_text(credit.amount.minor, CURRENCIES[credit.amount.currency].exponent)),
        available_by=by,
        rules=rules,
        transferable="TRANS" in credit.form,
        confirmation=_CONFIRMATIONS[credit.confirmation],
        plus=credit.above if credit.above or credit.below else None,
        minus=credit.below if credit.above or credit.below else None,
        additional_amounts=credit.additional_amounts,
        draft=DraftTerms(tenor=tenor, drawee=_party(credit.drawee).name) if tenor and credit.drawee is not None else None,
        deferred=_tenor(credit.deferred_payment),
        partial_shipments=_SHIPMENTS[credit.partial_shipments],
        transhipment=_SHIPMENTS[credit.transhipment],
        taking_in_charge=_place(credit.taken_in_charge_at),
        loading=_place(credit.loaded_at),
        discharge=_place(credit.discharged_at),
        destination=_place(credit.destination),
        latest_shipment=date.fromisoformat(credit.latest_shipment) if credit.latest_shipment else None,
        shipment_period=credit.shipment_period,
        goods_text=goods,
        incoterm=term["term"].upper() if term else "",
        incoterm_place=Place(name=term["place"].strip()) if term else None,
        documents=demands,
        conditions=(*_told(credit, tenor), *(Condition(text=text) for text in credit.conditions)),
        insurance=_insurance(credit.documents),
        presentation_days=credit.days or None,
    )
    return _with_rest(terms)


def _told(credit: CreditTerms, tenor: Tenor | None) -> tuple[Condition, ...]:
    """Fields whose words no field of ours holds: a person examines them."""
    texts = []
    if credit.drafts_at and (tenor is None or credit.drawee is None):
        texts.append(Condition(text=f"Drafts at {credit.drafts_at}", doc="DRAFT"))
    if credit.days_text:
        texts.append(Condition(text=f"Period for presentation: {credit.days_text}", doc="ANY"))
    return tuple(texts)


def _party(named: Named) -> Party:
    name, *address = named.lines or (named.bic,)
    return Party(name=name, id=named.bic, address=tuple(address))


def _any_bank(named: Named) -> bool:
    return not named.bic and bool(named.lines) and named.lines[0].upper().startswith("ANY BANK")


def _place(text: str) -> Place | None:
    return Place(name=" ".join(text.split())) if text else None


def _tenor(text: str) -> Tenor | None:
    """A tenor in words, None where they are others."""
    words = " ".join(text.split())
    found = _DAYS.search(words)
    if found is None:
        return Tenor(event="SIGHT") if re.search(r"\bsight\b", words, re.IGNORECASE) else None
    event = found["event"].casefold()
    kinds = {"sight": "AFTER_SIGHT", "invoice": "AFTER_INVOICE", "draft": "AFTER_DRAFT"}
    return Tenor(event=next((kind for word, kind in kinds.items() if word in event), "AFTER_SHIPMENT"), days=int(found["days"]))


def _document(text: str) -> tuple[DocumentKind, TransportForm | Literal[""]]:
    for words, kind, form in _DOCUMENTS:
        if re.search(words, text, re.IGNORECASE):
            return kind, form
    return "OTHER", ""


def _demand(text: str) -> DemandedDocument:
    kind, form = _document(text)
    issuer = _ISSUED_BY.search(text)
    originals, copies = _numbers(text)
    return DemandedDocument(
        kind=kind,
        form=form,
        title=_title(text) if kind in ("OTHER", "INSPECTION") else "",
        issuer=issuer["name"].strip() if issuer else "",
        originals=originals,
        copies=copies,
        full_set=bool(re.search(r"\bfull set\b", text, re.IGNORECASE)),
        signed=bool(re.search(r"\bsigned\b", text, re.IGNORECASE)),
        text=text,
    )


def _title(text: str) -> str:
    return re.sub(r"^\W*(?:original|signed|one|an?)\s+", "", _TITLE_ENDS.split(text)[0], flags=re.IGNORECASE).strip()


def _numbers(text: str) -> tuple[int, int]:
    """Originals and copies: "in triplicate" is one original and what makes up three (art. 17(e)); nothing said is one original."""
    times = _TIMES.search(text) or _FOLD.search(text)
    if times is not None:
        return 1, _count(times["count"]) - 1
    originals, copies = _ORIGINALS.search(text), _COPIES.search(text)
    only_copies = re.match(r"^\W*cop(y|ies) of\b", text, re.IGNORECASE) is not None
    return (
        _count(originals["count"]) if originals else int(not only_copies),
        _count(copies["count"]) if copies else int(only_copies),
    )


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word.casefold()]


def _insurance(demands: tuple[str, ...]) -> InsuranceTerms | None:
    text = next(
        (one for one in demands if re.search(r"\binsurance (policy|certificate|declaration|document)", one, re.IGNORECASE)), ""
    )
    percent = _PERCENT.search(text)
    risks = tuple(match[0] for match in _RISK.finditer(text))
    return InsuranceTerms(percent=int(percent["percent"]) if percent else None, risks=risks) if percent or risks else None


# Words of a demand that leave nothing to examine: what names the document, its numbers, and the words between.
_SAID = frozenset(
    "signed commercial invoice invoices packing list full set of clean on board shipped ocean marine original originals copy copies in the a an and or certificate "
    "certificates insurance policy origin bill bills lading b/l b/ls duplicate triplicate quadruplicate quintuplicate sextuplicate draft drafts plus non-negotiable by "
    "at for one two three four five six seven eight nine ten fold document declaration marked made out issued cif cip value covering inspection to "
    "sea waybill waybills air charter party multimodal combined transport cmr road truck rail railway consignment note receipt courier post postal".split()
)


def _with_rest(terms: Terms) -> Terms:
    """What of a demand's words neither names the document nor was compiled, for a person's eyes."""
    documents = []
    for one in terms.documents:
        rest = _ISSUED_BY.sub(" ", one.text) if one.issuer else one.text
        for known in (*(clause.text for clause in clauses_of(one.text, one.kind, terms)), one.title):
            rest = rest.replace(known, " ") if known else rest
        rest = _RISK.sub(" ", _PERCENT.sub(" ", rest)) if one.kind == "INSURANCE" else rest
        words = (word.strip(".-'").casefold() for word in re.split(r"[^\w/'.-]+", rest))
        left = [word for word in words if word and word not in _SAID and not re.fullmatch(r"\d+(/\d+)?", word)]
        documents.append(msgspec.structs.replace(one, uncompiled=(one.text,)) if left else one)
    return msgspec.structs.replace(terms, documents=tuple(documents))
