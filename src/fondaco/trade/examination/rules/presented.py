"""Rules of what is presented: every demanded document, in its number, by its issuer, signed, fit for its purpose; and what is disregarded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fondaco.trade.examination.case import Case, found
from fondaco.trade.examination.documents import (
    Document,
    Draft,
    InspectionCertificate,
    InsuranceDocument,
    OriginCertificate,
    OtherDocument,
    PackingList,
    TransportDocument,
)  # fmt: skip
from fondaco.trade.examination.finding import Finding, Severity
from fondaco.trade.examination.normal import contains, goods_words, misprinted, same_party, words_of
from fondaco.trade.examination.terms import DemandedDocument

# "In duplicate", "in 3 copies", "in two fold": one original is enough, copies make up the rest (art. 17(e)).
_IN_SO_MANY = re.compile(r"\bin (duplicate|triplicate|quadruplicate|\w+[ -]?fold|\w+ copies)\b", re.IGNORECASE)
# "2/3 original bills of lading": the credit itself asks for less than the full set.
PART_OF_SET = re.compile(r"\b([1-9])\s*/\s*([1-9])\b")
# Who issues, in words that say nothing (art. 3): anybody but the beneficiary.
VAGUE_ISSUERS = ("first class", "well known", "qualified", "independent", "official", "competent", "local")
# What an issuer is, rather than who.
_GENERIC = frozenset(
    "a an and any by chamber commerce of or the third party surveyor surveyors survey inspector inspection authority authorities agency institution company "
    "laboratory body organisation organization insurer insurance society government manufacturer carrier agent bureau office customs ministry health "
    "first class well known qualified independent official competent local internationally recognised recognized".split()
)
_CERTIFYING = frozenset("certificate declaration statement certification".split())


def missing(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        if not documents:
            yield Finding(
                rule="UCP600.14a", severity="DISCREPANCY", document=demand.kind, where=demand.title or demand.form,
                other="CREDIT", other_where=_at(case, number), expected=demand.text or demand.title or demand.kind,
                advice="Present the document.",
            )  # fmt: skip


def _at(case: Case, number: int) -> str:
    return (
        f"documents[{number - (len(case.answers) - len(case.terms.documents))}]"
        if case.answers[number][0].kind != "DRAFT"
        else "draft"
    )


def originals(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        for one in documents:
            if one.electronic or (isinstance(one, TransportDocument) and one.record):
                continue  # one electronic record is all originals and copies (eUCP e9); control of a transferable one is the full set
            yield from _too_few(one, demand, _at(case, number))


def _too_few(one: Document, demand: DemandedDocument, at: str) -> Iterator[Finding]:
    wanted = demand.originals + demand.copies
    if one.originals == 0 and demand.originals > 0:
        yield found(
            "UCP600.17a", "DISCREPANCY", one, "originals", 0, at=at, expected=demand.originals, advice="Present an original."
        )
    elif _IN_SO_MANY.search(demand.text):
        if one.originals + one.copies < wanted:
            yield found("UCP600.17/copies", "DISCREPANCY", one, "copies", one.originals + one.copies, at=at, expected=wanted)
    elif isinstance(one, TransportDocument | InsuranceDocument) and one.originals_issued:
        return  # a set of originals is examined by the article of its form
    elif one.originals < demand.originals:
        yield found("UCP600.17/originals", "DISCREPANCY", one, "originals", one.originals, at=at, expected=demand.originals)
    elif one.originals - demand.originals + one.copies < demand.copies:
        yield found("UCP600.17/copies", "DISCREPANCY", one, "copies", one.copies, at=at, expected=demand.copies)


def issuer(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        if not demand.issuer:
            continue
        at = _at(case, number) + ".issuer"
        for one in documents:
            name = one.issuer.name if one.issuer else ""
            if _GENERIC.issuperset(words_of(demand.issuer)):
                yield from _issued_by_some(case, one, demand.issuer, at)
                continue
            roles = {"BENEFICIARY": case.terms.beneficiary.name, "APPLICANT": case.terms.applicant.name}
            wanted = roles.get(demand.issuer.upper().removeprefix("THE "), demand.issuer)
            if not same_party(name, wanted):
                severity: Severity = "QUERY" if misprinted(name, wanted) else "DISCREPANCY"
                yield found("CREDIT.46A/issuer", severity, one, "issuer.name", name, at=at, expected=wanted)


def _issued_by_some(case: Case, one: Document, wanted: str, at: str) -> Iterator[Finding]:
    """Made by one of a kind, whoever it is: who that is can't be known from a name that doesn't say it."""
    name = one.issuer.name if one.issuer else ""
    vague = any(contains(wanted, words) for words in VAGUE_ISSUERS)
    if vague and same_party(name, case.terms.beneficiary.name):
        yield found("UCP600.3/issuer", "DISCREPANCY", one, "issuer.name", name, at=at, expected=wanted)
    elif not vague and not contains(name, wanted):
        yield found("CREDIT.46A/issuer", "QUERY", one, "issuer.name", name, at=at, expected=wanted)


def signed(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        for one in documents:
            if one.signatures or isinstance(one, TransportDocument | InsuranceDocument | Draft):
                continue  # the last three by articles of their own
            if demand.signed or isinstance(one, OriginCertificate | InspectionCertificate) or _certifies(one, demand):
                yield found(
                    "CREDIT.46A/signed", "DISCREPANCY", one, "signatures", "", at=_at(case, number), expected="a signature"
                )


def _certifies(one: Document, demand: DemandedDocument) -> bool:
    return isinstance(one, OtherDocument) and bool(_CERTIFYING & {*words_of(one.title), *words_of(demand.title)})


def endorsed(case: Case) -> Iterator[Finding]:
    seller = case.terms.beneficiary.name
    for one in case.documents:
        if one.electronic:
            continue
        if isinstance(one, TransportDocument) and not one.record and not one.endorsed and one.order:
            own = one.order in ("SHIPPER", "TO_ORDER") or same_party(one.order, seller)
            if own:
                yield found(
                    "CREDIT.46A/endorsed", "DISCREPANCY", one, "endorsed", "", expected=f"endorsement, order is {one.order}"
                )
        if isinstance(one, InsuranceDocument) and one.assured and not one.endorsed and same_party(one.assured, seller):
            yield found("CREDIT.46A/endorsed", "DISCREPANCY", one, "endorsed", "", expected=f"endorsement of {one.assured}")


def function(case: Case) -> Iterator[Finding]:
    for one in case.documents:
        if isinstance(one, PackingList) and not (
            one.packages or one.containers or one.goods or one.gross_weight or one.net_weight
        ):
            yield found("UCP600.14f", "DISCREPANCY", one, "packages", "", expected="how the goods are packed")
        elif isinstance(one, OriginCertificate) and not (
            one.origin or any(line.origin for line in one.goods) or _says(one, "origin")
        ):
            yield found("UCP600.14f", "DISCREPANCY", one, "origin", "", expected="the goods' origin")
        elif isinstance(one, InspectionCertificate) and not (one.statements or one.inspected or one.goods or one.adverse):
            yield found("UCP600.14f", "DISCREPANCY", one, "statements", "", expected="what was found at the inspection")
        elif isinstance(one, OtherDocument) and "weight" in words_of(one.title) and not (one.gross_weight or one.net_weight):
            yield found("UCP600.14f", "DISCREPANCY", one, "gross_weight", "", expected="the goods' weight")
        elif isinstance(one, OtherDocument) and not (
            one.statements or one.goods or one.goods_text or one.packages or one.gross_weight
        ):
            yield found("UCP600.14f", "QUERY", one, "statements", "", expected="what the document is for")
        if isinstance(one, InspectionCertificate) and one.adverse:
            yield found(
                "UCP600.14f",
                "QUERY",
                one,
                "adverse",
                one.adverse,
                advice="Say whether the finding shows the goods not to be those of the credit.",
            )


def _says(one: Document, word: str) -> bool:
    return any(word in goods_words(statement) for statement in one.statements)


def before_shipment(case: Case) -> Iterator[Finding]:
    """What is named "pre-shipment" shows that it was done no later than shipment."""
    shipped = case.shipped()
    for demand, documents in case.answers:
        for one in documents:
            words = set(words_of(f"{demand.title} {demand.text} {one.title}"))
            done = (one.inspected if isinstance(one, InspectionCertificate) else None) or one.issued
            named = {"pre", "shipment"} <= words or "preshipment" in words
            if named and shipped and done is not None and done.isoformat() > shipped:
                yield found(
                    "CREDIT.46A/before",
                    "DISCREPANCY",
                    one,
                    "issued",
                    done,
                    against=case.carriage(),
                    at="on_board_date",
                    expected=f"no later than {shipped}",
                )


def corrections(case: Case) -> Iterator[Finding]:
    seller = case.terms.beneficiary.name
    for one in case.documents:
        own = one.issuer is not None and same_party(one.issuer.name, seller)
        if one.corrected and not one.authenticated and not (own and not isinstance(one, Draft)):
            yield found(
                "UCP600.14d/correction",
                "DISCREPANCY",
                one,
                "corrected",
                "not authenticated",
                expected="an authenticated correction",
            )


def languages(case: Case) -> Iterator[Finding]:
    for one in case.documents:
        if case.terms.languages and one.language and one.language not in case.terms.languages:
            yield found(
                "CREDIT.47A/language", "DISCREPANCY", one, "language", one.language, at="languages", expected=case.terms.languages
            )


def disregarded(case: Case) -> Iterator[Finding]:
    for one in case.disregarded:
        yield found("UCP600.14g", "INFO", one, "", one.title or one.number, advice="It may be returned to the presenter.")
    for number, condition in enumerate(case.terms.conditions):
        if not condition.doc and not condition.clauses:
            yield found("UCP600.14h", "INFO", None, "", "disregarded", at=f"conditions[{number}]", expected=condition.text)


RULES = (missing, originals, issuer, signed, endorsed, function, before_shipment, corrections, languages, disregarded)
