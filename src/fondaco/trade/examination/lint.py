"""What is wrong with the terms of a credit before it is issued: contradictions, impossible dates, conditions that nobody can show, words that say nothing.

Most refusals begin here: terms that no presentation can meet. A DISCREPANCY must be put right before issue; a QUERY is for the applicant to think about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from datetime import timedelta
from decimal import Decimal

from fondaco.core import COUNTRIES, AmountFault
from fondaco.trade.examination.case import text, total
from fondaco.trade.examination.compiling import compiled
from fondaco.trade.examination.documents import CLASSES
from fondaco.trade.examination.finding import CREDIT, SEVERITIES, Finding, Severity
from fondaco.trade.examination.normal import contains, same_party
from fondaco.trade.examination.rules.clauses import NoSuchField, steps
from fondaco.trade.examination.rules.conflicts import SELLER_PAYS_FREIGHT
from fondaco.trade.examination.terms import Clause, Terms
from fondaco.trade.examination.words import EXACT, Party, Place

REFERENCE_LENGTH = 16  # field 20
# Words that say nothing, or are to be disregarded (art. 3; ISBP 745 A19).
VAGUE_WORDS = (
    "first class", "well known", "qualified", "independent", "official", "competent", "prompt", "promptly", "immediately", "as soon as possible",
    "shipping documents", "stale documents", "third party documents", "exporting country", "shipping company",
)  # fmt: skip
INCOTERMS = frozenset("EXW FCA CPT CIP DAP DPU DDP FAS FOB CFR CIF".split())
# Trade terms for carriage by sea alone, and those under which the seller insures.
_BY_SEA = frozenset(("FAS", "FOB", "CFR", "CIF"))
_SELLER_INSURES = frozenset(("CIF", "CIP"))
_LOCODE = re.compile(r"[A-Z]{2} ?[A-Z2-9]{3}")

Known = Container[str] | None


def _told(rule: str, severity: Severity, where: str, found: object = "", expected: str = "", advice: str = "") -> Finding:
    return Finding(
        rule=rule, severity=severity, document=CREDIT, where=where, found=text(found), expected=expected, advice=advice
    )


def _money(terms: Terms) -> Iterator[Finding]:
    try:
        if terms.amount_minor() <= 0:
            yield _told("CREDIT.32B", "DISCREPANCY", "amount", terms.amount, "above zero")
    except AmountFault as fault:
        yield _told(
            "CREDIT.32B",
            "DISCREPANCY",
            "currency" if "currency" in str(fault) else "amount",
            f"{terms.amount:f} {terms.currency}",
            str(fault),
        )
    stated = [value for value in (terms.plus, terms.minus) if value is not None]
    if any(value > 99 for value in stated):
        yield _told("CREDIT.39A", "DISCREPANCY", "plus", stated, "per cent from 0 to 99")
    if stated and terms.amount_words:
        yield _told("CREDIT.39A", "DISCREPANCY", "amount_words", terms.amount_words, "either words or a tolerance")
    if terms.additional_amounts:
        yield _told(
            "CREDIT.39A",
            "QUERY",
            "additional_amounts",
            terms.additional_amounts,
            advice="No rule weighs additional amounts: say them in figures.",
        )


def _goods(terms: Terms) -> Iterator[Finding]:
    if not terms.goods and not terms.goods_text:
        yield _told("CREDIT.45A", "DISCREPANCY", "goods", "", "what is bought")
    worth: list[Decimal] = []
    for number, line in enumerate(terms.goods):
        if line.quantity is not None and line.unit_price is not None:
            worth.append(EXACT.multiply(line.quantity.value, line.unit_price))
        if line.quantity is not None and line.quantity.value <= 0:
            yield _told("CREDIT.45A", "DISCREPANCY", f"goods[{number}].quantity", line.quantity, "above zero")
        if line.about and (line.plus is not None or line.minus is not None):
            yield _told("CREDIT.39A", "DISCREPANCY", f"goods[{number}].about", "about", "either 'about' or a tolerance")
        if (line.plus or line.minus) and line.quantity is None:
            yield _told("CREDIT.39A", "DISCREPANCY", f"goods[{number}].plus", line.plus, "a quantity that the tolerance is of")
        if (line.plus or line.about) and not terms.plus_percent and line.unit_price is not None:
            yield _told(
                "CREDIT.39A", "QUERY", f"goods[{number}].plus", line.plus or 10, "a tolerance of the amount too",
                "More goods may be shipped than the amount pays for.",
            )  # fmt: skip
    if worth and len(worth) == len(terms.goods) and total(worth) > terms.maximum():
        yield _told(
            "CREDIT.45A",
            "QUERY",
            "goods",
            total(worth),
            f"at most {terms.maximum():f}",
            "Quantities at their prices come to more than the credit.",
        )


def _dates(terms: Terms) -> Iterator[Finding]:
    if terms.expiry < terms.issued:
        yield _told("UCP600.6d", "DISCREPANCY", "expiry", terms.expiry, f"after {terms.issued}, the day of issue")
    if not (terms.expiry_place.name or terms.expiry_place.locode):
        yield _told("UCP600.6d", "DISCREPANCY", "expiry_place", "", "a place of expiry")
    last, first = terms.latest_shipment, terms.earliest_shipment
    if last is not None:
        if last > terms.expiry:
            yield _told("CREDIT.44C", "DISCREPANCY", "latest_shipment", last, f"no later than {terms.expiry}, the expiry")
        if last < terms.issued:
            yield _told("CREDIT.44C", "QUERY", "latest_shipment", last, f"after {terms.issued}, the day of issue")
        if first is not None and first > last:
            yield _told("CREDIT.44C", "DISCREPANCY", "earliest_shipment", first, f"no later than {last}, the latest shipment")
        if terms.shipment_period:
            yield _told(
                "CREDIT.44C", "DISCREPANCY", "shipment_period", terms.shipment_period, "a latest day or a period, not both"
            )
        days = terms.presentation_days
        if days is not None and last + timedelta(days=days) > terms.expiry >= last:
            yield _told(
                "CREDIT.48", "QUERY", "expiry", terms.expiry, f"{last + timedelta(days=days)} or later",
                "Who ships on the last day has fewer days to present than the credit says.",
            )  # fmt: skip
    if terms.presentation_days == 0:
        yield _told("CREDIT.48", "DISCREPANCY", "presentation_days", terms.presentation_days, "a day or more")
    if terms.presentation_days is not None and not any(one.kind == "TRANSPORT" for one in terms.documents):
        yield _told(
            "CREDIT.48",
            "QUERY",
            "presentation_days",
            terms.presentation_days,
            "a demanded document that shows the day of shipment",
        )
    for number, one in enumerate(terms.instalments):
        if one.first_day > one.last_day or (number and one.first_day <= terms.instalments[number - 1].last_day):
            yield _told(
                "UCP600.32",
                "DISCREPANCY",
                f"instalments[{number}]",
                f"{one.first_day} to {one.last_day}",
                "periods in their order, none in another",
            )
    if terms.instalments and terms.partial_shipments == "NOT_ALLOWED":
        yield _told(
            "CREDIT.43P", "DISCREPANCY", "partial_shipments", terms.partial_shipments, "allowed, since there are instalments"
        )


def _availability(terms: Terms) -> Iterator[Finding]:
    draft = terms.draft
    if draft is not None and (draft.drawee == terms.applicant.id or same_party(draft.drawee, terms.applicant.name)):
        yield _told(
            "UCP600.6c",
            "DISCREPANCY",
            "draft.drawee",
            draft.drawee,
            "a bank",
            "A credit is not issued available by a draft on the applicant.",
        )
    if terms.available_by == "ACCEPTANCE" and draft is None:
        yield _told("CREDIT.42C", "DISCREPANCY", "draft", "", "a draft to accept")
    if terms.available_by == "ACCEPTANCE" and draft is not None and draft.tenor.event == "SIGHT":
        yield _told("CREDIT.42C", "DISCREPANCY", "draft.tenor", "at sight", "a tenor: a sight draft is paid, not accepted")
    if terms.available_by == "SIGHT_PAYMENT" and draft is not None and draft.tenor.event != "SIGHT":
        yield _told("CREDIT.42C", "DISCREPANCY", "draft.tenor", draft.tenor.event, "at sight")
    if terms.available_by == "DEFERRED_PAYMENT" and (terms.deferred is None or draft is not None):
        yield _told(
            "CREDIT.42C", "DISCREPANCY", "deferred" if terms.deferred is None else "draft", "", "a maturity (42P), and no draft"
        )
    if draft is not None and not 1 <= draft.percent <= 100:
        yield _told("CREDIT.42C", "DISCREPANCY", "draft.percent", draft.percent, "from 1 to 100")
    if terms.confirmation == "CONFIRM" and terms.confirming_bank is None and terms.advising_bank is None:
        yield _told("UCP600.8", "DISCREPANCY", "confirming_bank", "", "the bank that is to confirm")
    if same_party(terms.applicant.name, terms.beneficiary.name):
        yield _told("CREDIT.59", "DISCREPANCY", "beneficiary.name", terms.beneficiary.name, "another party than the applicant")
    if len(terms.number) > REFERENCE_LENGTH:
        yield _told("CREDIT.20", "QUERY", "number", terms.number, f"at most {REFERENCE_LENGTH} characters, to be told by SWIFT")
    if terms.rules == "EUCP" and not terms.electronic_place:
        yield _told("eUCP2.1.e6/place", "DISCREPANCY", "electronic_place", "", "where electronic records are presented")
    for where, party in _parties(terms):
        if party.country and party.country not in COUNTRIES:
            yield _told("CREDIT.50", "DISCREPANCY", f"{where}.country", party.country, "a country of ISO 3166")


def _parties(terms: Terms) -> Iterator[tuple[str, Party]]:
    for where in (
        "applicant",
        "beneficiary",
        "issuing_bank",
        "advising_bank",
        "confirming_bank",
        "reimbursing_bank",
        "available_with",
    ):
        party = getattr(terms, where)
        if party is not None:
            yield where, party


def _ports(terms: Terms, known: Known) -> Iterator[Finding]:
    places: dict[str, Place] = {}
    for where in ("expiry_place", "taking_in_charge", "loading", "discharge", "destination", "incoterm_place"):
        place = getattr(terms, where)
        if place is None:
            continue
        places[where] = place
        code = place.locode
        if code and (
            not _LOCODE.fullmatch(code) or code[:2] not in COUNTRIES or (known is not None and code.replace(" ", "") not in known)
        ):
            yield _told("CREDIT.44E", "DISCREPANCY", f"{where}.locode", code, "a code of UN/LOCODE")
        if code and place.country and code[:2] != place.country:
            yield _told("CREDIT.44E", "DISCREPANCY", f"{where}.country", place.country, f"the country of {code}")
        if not code and place.name and not place.country:
            yield _told(
                "CREDIT.44E",
                "QUERY",
                f"{where}.locode",
                place.name,
                "its UN/LOCODE",
                "Names of ports are spelt in many ways; a code is not.",
            )
    for one, other in (("loading", "discharge"), ("taking_in_charge", "destination")):
        if one in places and other in places and places[one].locode and places[one].locode == places[other].locode:
            yield _told("CREDIT.44E", "DISCREPANCY", other, places[other].locode, f"another place than {one}")


def _demands(terms: Terms) -> Iterator[Finding]:
    kinds = {one.kind for one in terms.documents}
    if "INVOICE" not in kinds:
        yield _told("CREDIT.46A/invoice", "DISCREPANCY", "documents", "", "a commercial invoice")
    if (terms.loading or terms.discharge or terms.latest_shipment) and "TRANSPORT" not in kinds:
        yield _told(
            "UCP600.14h/terms",
            "QUERY",
            "documents",
            "",
            "a transport document",
            "Ports and days of shipment that no document shows are disregarded.",
        )
    for number, demand in enumerate(terms.documents):
        at = f"documents[{number}]"
        if demand.originals + demand.copies == 0:
            yield _told("UCP600.17/terms", "DISCREPANCY", f"{at}.originals", demand.originals, "at least one original or copy")
        if demand.kind in ("OTHER", "INSPECTION") and not demand.clauses and not demand.uncompiled:
            yield _told(
                "UCP600.14f/terms", "QUERY", at, demand.title or demand.kind, "what it must say" + ("" if demand.issuer else ", and who makes it"),
                "As it stands, any document that seems to be one will do.",
            )  # fmt: skip
        if demand.kind == "OTHER" and not demand.title:
            yield _told("UCP600.14f/terms", "DISCREPANCY", f"{at}.title", "", "what document it is")
        for words in VAGUE_WORDS:
            if contains(" ".join((demand.issuer, demand.text, *demand.uncompiled)), words):
                yield _told("UCP600.3/terms", "QUERY", at, words, "words that can be examined")
        for place, clause in enumerate(demand.clauses):
            if clause.doc not in (demand.kind, "ANY"):
                yield _told("CREDIT.46A/clause", "DISCREPANCY", f"{at}.clauses[{place}].doc", clause.doc, demand.kind)
            yield from _clause(terms, clause, f"{at}.clauses[{place}]")
    for number, condition in enumerate(terms.conditions):
        at = f"conditions[{number}]"
        if not condition.doc and not condition.clauses:
            yield _told("UCP600.14h/terms", "QUERY", at, condition.text, "a document that shows it", "It will be disregarded.")
        for words in VAGUE_WORDS:
            if contains(condition.text, words):
                yield _told("UCP600.3/terms", "QUERY", at, words, "words that can be examined")
        for place, clause in enumerate(condition.clauses):
            if clause.doc != "ANY" and clause.doc not in kinds and not (clause.doc == "DRAFT" and terms.draft):
                yield _told(
                    "CREDIT.47A/clause",
                    "DISCREPANCY",
                    f"{at}.clauses[{place}].doc",
                    clause.doc,
                    "a document that the credit demands",
                )
            yield from _clause(terms, clause, f"{at}.clauses[{place}]")


def _names_field(clause: Clause) -> bool:
    try:
        return clause.key == "text" or steps(clause.key)[0] in CLASSES[clause.doc].__struct_fields__
    except NoSuchField:
        return False


def _clause(terms: Terms, clause: Clause, at: str) -> Iterator[Finding]:
    rule = f"CREDIT.{'46A' if at.startswith('documents') else '47A'}/clause"
    if not _names_field(clause):
        yield _told(rule, "DISCREPANCY", f"{at}.key", clause.key, "the path of a field of the document")
    if clause.operator != "EXISTS" and not clause.expected:
        yield _told(rule, "DISCREPANCY", f"{at}.expected", "", "what the field must be")
    if clause.key == "freight" and clause.expected.upper() == "COLLECT" and terms.incoterm in SELLER_PAYS_FREIGHT:
        yield _told("CREDIT.45A/incoterm", "DISCREPANCY", f"{at}.expected", clause.expected, f"PREPAID, under {terms.incoterm}")


def _carriage(terms: Terms) -> Iterator[Finding]:
    term = terms.incoterm
    kinds = {one.kind for one in terms.documents}
    if term and term not in INCOTERMS:
        yield _told("CREDIT.45A/incoterm", "DISCREPANCY", "incoterm", term, "a trade term of Incoterms 2020")
    if term in INCOTERMS and not (terms.incoterm_place and (terms.incoterm_place.name or terms.incoterm_place.locode)):
        yield _told("CREDIT.45A/incoterm", "QUERY", "incoterm_place", "", f"the place of {term}")
    if term in _SELLER_INSURES and "INSURANCE" not in kinds:
        yield _told("CREDIT.45A/incoterm", "QUERY", "documents", "", f"an insurance document: under {term} the seller insures")
    if term and term not in _SELLER_INSURES and "INSURANCE" in kinds:
        yield _told("CREDIT.45A/incoterm", "QUERY", "documents", "INSURANCE", f"none: under {term} the seller need not insure")
    for number, demand in enumerate(terms.documents):
        if term in _BY_SEA and demand.form in ("AIR_WAYBILL", "ROAD", "RAIL", "COURIER"):
            yield _told(
                "CREDIT.45A/incoterm",
                "DISCREPANCY",
                f"documents[{number}].form",
                demand.form,
                f"a document of carriage by water, under {term}",
            )
    if terms.insurance is not None:
        if "INSURANCE" not in kinds:
            yield _told("UCP600.14h/terms", "QUERY", "insurance", "", "an insurance document that shows the cover")
        if terms.insurance.percent is not None and terms.insurance.percent < 100:
            yield _told("UCP600.28f/terms", "QUERY", "insurance.percent", terms.insurance.percent, "100 or more")
    if terms.transhipment == "NOT_ALLOWED" and any(
        one.form in ("MULTIMODAL", "AIR_WAYBILL", "ROAD", "RAIL") for one in terms.documents
    ):
        yield _told(
            "UCP600.19c/terms",
            "QUERY",
            "transhipment",
            "NOT_ALLOWED",
            "allowed",
            "By several modes, air and land transhipment is acceptable even so.",
        )


_MATTERS: tuple[Callable[[Terms], Iterator[Finding]], ...] = (_money, _goods, _dates, _availability, _demands, _carriage)


def lint(terms: Terms, ports: Known = None) -> tuple[Finding, ...]:
    """What to put right, or to think about, before a credit with these terms is issued; by severity, then place.

    `ports` are the UN/LOCODEs that are known, None to check their form and country alone.
    """
    terms = compiled(terms)
    findings = {finding for matter in _MATTERS for finding in matter(terms)} | set(_ports(terms, ports))
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.where, one.rule, one.found, one.expected)))


def unfit(terms: Terms, ports: Known = None) -> tuple[Finding, ...]:
    """What keeps a credit with these terms from being issued: nothing, where they are fit."""
    return tuple(one for one in lint(terms, ports) if one.severity == "DISCREPANCY")
