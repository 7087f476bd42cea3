"""Rules of parties: who made the invoice and for whom, in which country, at which address."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.trade.examination.case import Case, found
from fondaco.trade.examination.documents import Draft, Invoice, TransportDocument
from fondaco.trade.examination.finding import Finding, Severity
from fondaco.trade.examination.normal import Likeness, contains, likeness, misprinted, same_address, same_party, words_of
from fondaco.trade.examination.words import Party, Place


def severity_of(said: str, wanted: str) -> Severity:
    """A name that differs by one letter may be a misprint, which is no discrepancy."""
    return "QUERY" if misprinted(said, wanted) else "DISCREPANCY"


def invoice(case: Case) -> Iterator[Finding]:
    terms = case.terms
    for one in case.of(Invoice):
        for rule, where, party, wanted in (
            ("UCP600.18a.i", "issuer.name", one.issuer or one.beneficiary, terms.beneficiary.name),
            ("UCP600.18a.ii", "applicant.name", one.applicant, terms.applicant.name),
        ):
            name = party.name if party is not None else ""
            if not same_party(name, wanted):
                at = "beneficiary.name" if rule == "UCP600.18a.i" else "applicant.name"
                yield found(rule, severity_of(name, wanted), one, where, name, at=at, expected=wanted)
        if one.currency != terms.currency:
            yield found("UCP600.18a.iii", "DISCREPANCY", one, "currency", one.currency, at="currency", expected=terms.currency)
        if (
            one.provisional
            or one.proforma
            or {"provisional", "proforma"} & set(words_of(one.title.casefold().replace("pro forma", "proforma")))
        ):
            yield found(
                "UCP600.18/form",
                "DISCREPANCY",
                one,
                "title",
                one.title or ("pro forma" if one.proforma else "provisional"),
                expected="a commercial invoice",
            )


def incoterm(case: Case) -> Iterator[Finding]:
    terms = case.terms
    if not terms.incoterm:
        return
    for one in case.of(Invoice):
        if one.incoterm != terms.incoterm:
            yield found(
                "UCP600.18c/incoterm", "DISCREPANCY", one, "incoterm", one.incoterm, at="incoterm", expected=terms.incoterm
            )
        elif terms.incoterm_place is not None and not _names(one, terms.incoterm_place):
            named, wanted = one.incoterm_place or Place(), terms.incoterm_place
            yield found(
                "UCP600.18c/incoterm", "DISCREPANCY", one, "incoterm_place", named.name or named.locode, at="incoterm_place",
                expected=wanted.name or wanted.locode,
            )  # fmt: skip


def _names(one: Invoice, wanted: Place) -> bool:
    """Whether an invoice names the place of the trade term: in its field, or in the words of the goods ("CIF Singapore")."""
    if one.incoterm_place is not None:
        return likeness(one.incoterm_place, wanted) is not Likeness.DIFFERENT
    return contains(" ".join([one.goods_text, *one.statements]), wanted.name)


def countries(case: Case) -> Iterator[Finding]:
    """Applicant and beneficiary may be at another address than the credit's, in the same country; contact data don't count."""
    terms = case.terms
    for one in case.documents:
        for where, party, wanted, at in (
            ("applicant", one.applicant, terms.applicant, "applicant"),
            ("beneficiary", one.beneficiary, terms.beneficiary, "beneficiary"),
            ("issuer", one.issuer if isinstance(one, Invoice | Draft) else None, terms.beneficiary, "beneficiary"),
        ):
            if party is None:
                continue
            if not same_party(party.name, wanted.name):
                if where != "issuer" and not isinstance(one, Invoice):
                    yield found(
                        "UCP600.14d/party",
                        severity_of(party.name, wanted.name),
                        one,
                        f"{where}.name",
                        party.name,
                        at=f"{at}.name",
                        expected=wanted.name,
                    )
            elif party.country and wanted.country and party.country != wanted.country:
                yield found(
                    "UCP600.14j",
                    "DISCREPANCY",
                    one,
                    f"{where}.country",
                    party.country,
                    at=f"{at}.country",
                    expected=wanted.country,
                )


def consignee_address(case: Case) -> Iterator[Finding]:
    """Where the applicant's address stands with the consignee or a notify party of a transport document, it is as in the credit."""
    applicant = case.terms.applicant
    for one in case.of(TransportDocument):
        places: list[tuple[str, Party]] = [(f"notify[{number}]", party) for number, party in enumerate(one.notify)]
        if one.consignee is not None:
            places.insert(0, ("consignee", one.consignee))
        for where, party in places:
            if not same_party(party.name, applicant.name):
                continue
            if not same_address(party, applicant) or (party.country and applicant.country and party.country != applicant.country):
                yield found(
                    "UCP600.14j", "DISCREPANCY", one, f"{where}.address", [*party.address, party.country], at="applicant.address",
                    expected=[*applicant.address, applicant.country],
                )  # fmt: skip


def shipper(case: Case) -> Iterator[Finding]:
    for one in case.of(TransportDocument):
        if one.shipper is not None and not same_party(one.shipper.name, case.terms.beneficiary.name):
            yield found(
                "UCP600.14k",
                "INFO",
                one,
                "shipper.name",
                one.shipper.name,
                at="beneficiary.name",
                expected=case.terms.beneficiary.name,
            )


RULES = (invoice, incoterm, countries, consignee_address, shipper)
