"""Rules of transport documents: UCP 600 art. 19 to 27. The articles are parallel; a document is examined by that of its form."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.trade.examination.captions import TRANSPORT_ARTICLE
from fondaco.trade.examination.case import Case, found
from fondaco.trade.examination.dates import shipment_day
from fondaco.trade.examination.documents import Signature, TransportDocument
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import Likeness, contains, likeness, same_party, vessel_name
from fondaco.trade.examination.rules.presented import PART_OF_SET
from fondaco.trade.examination.words import Place

_SEA = ("19", "20", "21", "22")
_CAPACITIES = {
    "19": ("CARRIER", "MASTER"),
    "20": ("CARRIER", "MASTER"),
    "21": ("CARRIER", "MASTER"),
    "22": ("MASTER", "OWNER", "CHARTERER"),
    "23": ("CARRIER",),
    "24": ("CARRIER",),
    "25": ("CARRIER", "COURIER"),
}


def form(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        for one in documents:
            if not isinstance(one, TransportDocument) or not demand.form or one.form == demand.form:
                continue
            if {one.form, demand.form} <= {"BILL_OF_LADING", "MULTIMODAL"}:
                continue  # by whatever name: what it says is examined by the article of what was demanded
            at = f"documents[{number - len(case.answers) + len(case.terms.documents)}].form"
            barred = one.form == "CHARTER_PARTY" and demand.form in ("MULTIMODAL", "BILL_OF_LADING", "SEA_WAYBILL")
            rule = f"UCP600.{TRANSPORT_ARTICLE[demand.form]}a.vi" if barred else "CREDIT.46A/form"
            yield found(rule, "DISCREPANCY", one, "form", one.form, at=at, expected=demand.form)


def signature(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        number = case.article_of(one)
        rule = f"UCP600.{number}a.i"
        if not _carrier_shown(one) and number != "22" and one.form != "RAIL":
            yield found(rule, "DISCREPANCY", one, "carrier", "", expected="the carrier's name")
        if not one.signatures:
            if one.form != "RAIL":
                yield found(rule, "DISCREPANCY", one, "signatures", "", expected="a signature")
            continue
        faults = [_signature_fault(one, signed, _CAPACITIES[number]) for signed in one.signatures]
        if all(faults):
            yield found(rule, "DISCREPANCY", one, "signatures[0]", _said(one.signatures[0]), expected=faults[0])


def _carrier_shown(one: TransportDocument) -> bool:
    """Whether the carrier's name stands anywhere: on the face, or with a signature as or for the carrier."""
    return bool(one.carrier) or any(
        (signed.capacity == "CARRIER" and signed.name) or (signed.principal == "CARRIER" and signed.principal_name)
        for signed in one.signatures
    )


def _signature_fault(one: TransportDocument, signed: Signature, capacities: tuple[str, ...]) -> str:
    """What a signature lacks, "" for nothing."""
    if signed.capacity in capacities:
        if signed.capacity == "CARRIER" and signed.name and one.carrier and not same_party(signed.name, one.carrier):
            return f"the carrier's signature is that of {one.carrier}"
        return ""
    if signed.capacity != "AGENT":
        return f"who signs, as {' or '.join(capacities)}, or as a named agent for one of them"
    if not signed.name:
        return "the agent's name"
    if signed.principal not in capacities:
        return f"for whom the agent signs: {' or '.join(capacities)}"
    if (
        signed.principal == "CARRIER"
        and signed.principal_name
        and one.carrier
        and not same_party(signed.principal_name, one.carrier)
    ):
        return f"the agent signs for {one.carrier}"
    if signed.principal in ("OWNER", "CHARTERER") and not signed.principal_name:
        return f"the name of the {signed.principal.lower()} for whom the agent signs"
    return ""


def _said(signed: Signature) -> str:
    return " ".join(
        part
        for part in (signed.name, signed.capacity, signed.principal and f"for {signed.principal}", signed.principal_name)
        if part
    )


def on_board(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        number = case.article_of(one)
        if number in ("20", "21", "22"):
            fault = _on_board_fault(one)
            if fault:
                yield found(f"UCP600.{number}a.ii", "DISCREPANCY", one, "on_board_date", one.on_board_date or "", expected=fault)
        elif shipment_day(one) is None:
            part = "a.iii" if number == "23" else "a.ii"
            yield found(
                f"UCP600.{number}{part}", "DISCREPANCY", one, "issued", "", expected="a day of dispatch, receipt or shipment"
            )


def _on_board_fault(one: TransportDocument) -> str:
    """What is lacking of shipment on board a named vessel, "" for nothing."""
    if one.intended_vessel and not (one.on_board_date and one.on_board_vessel):
        return "an on-board notation with a day and the actual vessel's name, since the vessel was intended only"
    if not (one.vessel or one.on_board_vessel):
        return "the name of the vessel"
    if not one.shipped_on_board and one.on_board_date is None:
        return "shipped-on-board wording or a dated on-board notation"
    if shipment_day(one) is None:
        return "the day of shipment on board"
    return ""


def vessels(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        known = bool(one.on_board_vessel and one.vessel) and not (one.intended_vessel or one.transhipment)
        if known and vessel_name(one.on_board_vessel) != vessel_name(one.vessel):
            yield found(
                "UCP600.14d/vessel",
                "QUERY",
                one,
                "on_board_vessel",
                one.on_board_vessel,
                against=one.id,
                at="vessel",
                expected=one.vessel,
            )


def route(case: Case) -> Iterator[Finding]:
    terms = case.terms
    for one in case.of(TransportDocument):
        number = case.article_of(one)
        if number == "25":
            continue
        rule = f"UCP600.{number}{'a.iv' if number == '23' else 'a.iii'}"
        for where in ("taking_in_charge", "loading", "discharge", "destination"):
            wanted: Place | None = getattr(terms, where)
            if wanted is None:
                continue
            here: Place | None = getattr(one, where)
            like = likeness(here, wanted) if here is not None else None
            if like is Likeness.SAME:
                continue
            if where == "loading" and _noted(one, wanted):
                continue  # the notation names the credit's port of loading, which the document shows elsewhere
            said = "" if here is None else here.name or here.locode
            if like is Likeness.UNKNOWN:
                yield found(rule, "QUERY", one, where, said, at=where, expected=wanted.name or wanted.locode or wanted.country)
            else:
                yield found(
                    rule, "DISCREPANCY", one, where, said, at=where, expected=wanted.name or wanted.locode or wanted.country
                )
        noted = likeness(Place(name=one.on_board_port), Place(name=terms.loading.name)) if terms.loading else Likeness.UNKNOWN
        if one.loading is not None and terms.loading is not None and noted is Likeness.DIFFERENT:
            yield found(rule, "DISCREPANCY", one, "on_board_port", one.on_board_port, at="loading", expected=terms.loading.name)


def _noted(one: TransportDocument, port: Place) -> bool:
    """Whether a dated on-board notation names the port and the vessel."""
    named = bool(one.on_board_date and (one.on_board_vessel or one.vessel))
    return named and likeness(Place(name=one.on_board_port), Place(name=port.name)) is Likeness.SAME


def full_set(case: Case) -> Iterator[Finding]:
    for demand, documents in case.answers:
        for one in documents:
            if not isinstance(one, TransportDocument) or one.record or one.electronic:
                continue
            number = case.article_of(one)
            if number in _SEA:
                if one.originals_issued and one.originals < one.originals_issued and not PART_OF_SET.search(demand.text):
                    yield found(
                        f"UCP600.{number}a.iv", "DISCREPANCY", one, "originals", one.originals, against=one.id, at="originals_issued",
                        expected=f"the full set of {one.originals_issued}", advice="Present all originals.",
                    )  # fmt: skip
                elif not one.originals_issued:
                    yield found(
                        f"UCP600.{number}a.iv", "QUERY", one, "originals_issued", "", expected="how many originals were issued"
                    )
            elif one.original_for in ("CONSIGNEE", "CARRIER") and number in ("23", "24"):
                part = "a.v" if number == "23" else "b"
                yield found(f"UCP600.{number}{part}", "DISCREPANCY", one, "original_for", one.original_for, expected="CONSIGNOR")


def charter_party(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        number = case.article_of(one)
        if one.charter_party and number in ("19", "20", "21"):
            yield found(
                f"UCP600.{number}a.vi",
                "DISCREPANCY",
                one,
                "charter_party",
                "subject to a charter party",
                expected="no mention of one",
            )


def transhipment(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        number = case.article_of(one)
        if not one.transhipment or number not in ("19", "20", "21"):
            continue
        rule = f"UCP600.{number}c"
        barred = case.terms.transhipment == "NOT_ALLOWED"
        if not one.transhipment_whole_voyage:
            yield found(
                rule, "DISCREPANCY", one, "transhipment", "not covered whole", expected="one document for the whole carriage"
            )
        elif barred and number != "19" and not one.containers:
            yield found(rule, "DISCREPANCY", one, "transhipment", "transhipment", at="transhipment", expected="none")
        elif barred:
            yield found(
                rule,
                "INFO",
                one,
                "transhipment",
                "transhipment in containers or by several modes",
                at="transhipment",
                expected="acceptable",
            )


def condition_of_goods(case: Case) -> Iterator[Finding]:
    permits = any(
        contains(condition.text, "on deck")
        and any(contains(condition.text, word) for word in ("allowed", "acceptable", "permitted"))
        for condition in case.terms.conditions
    )
    for one in case.of(TransportDocument):
        if one.on_deck == "IS" and not permits:
            yield found("UCP600.26a", "DISCREPANCY", one, "on_deck", "loaded on deck", expected="not loaded on deck")
        elif one.on_deck == "MAY":
            yield found("UCP600.26a", "INFO", one, "on_deck", "may be loaded on deck", expected="acceptable")
        if one.defects:
            yield found(
                "UCP600.27",
                "DISCREPANCY",
                one,
                "defects",
                one.defects,
                expected="a clean transport document",
                advice="Have the cargo changed and a clean document issued.",
            )


RULES = (form, signature, on_board, vessels, route, full_set, charter_party, transhipment, condition_of_goods)
