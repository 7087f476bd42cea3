"""Rules of insurance documents: UCP 600 art. 28."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal

from fondaco.trade.examination.case import Case, found, minor_unit, total
from fondaco.trade.examination.documents import InsuranceDocument, Invoice, TransportDocument
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import Likeness, contains, likeness, words_of
from fondaco.trade.examination.terms import DemandedDocument
from fondaco.trade.examination.words import EXACT, Place

# Cover where the credit is silent (art. 28(f)(ii)), in per cent of the value of the goods.
COVER_PERCENT = 110
_SIGNERS = ("INSURER", "UNDERWRITER", "AGENT", "PROXY")


def issued(case: Case) -> Iterator[Finding]:
    for demand, documents in case.answers:
        for one in documents:
            if not isinstance(one, InsuranceDocument):
                continue
            if one.form == "COVER_NOTE":
                yield found("UCP600.28c", "DISCREPANCY", one, "form", one.form, expected="a policy, certificate or declaration")
            elif one.form != "POLICY" and _policy_only(demand):
                yield found("UCP600.28d", "DISCREPANCY", one, "form", one.form, at="documents", expected="an insurance policy")
            fault = _signature_fault(one)
            if fault:
                yield found(
                    "UCP600.28a", "DISCREPANCY", one, "signatures", [signed.capacity for signed in one.signatures], expected=fault
                )
            if one.originals_issued > one.originals and not one.electronic:
                yield found(
                    "UCP600.28b",
                    "DISCREPANCY",
                    one,
                    "originals",
                    one.originals,
                    against=one.id,
                    at="originals_issued",
                    expected=one.originals_issued,
                )


def _policy_only(demand: DemandedDocument) -> bool:
    words = set(words_of(f"{demand.title} {demand.text}"))
    return "policy" in words and not words & {"certificate", "declaration"}


def _signature_fault(one: InsuranceDocument) -> str:
    if not one.signatures:
        return "the signature of an insurer, an underwriter, or an agent or proxy of one"
    signed = one.signatures[0]
    if signed.capacity not in _SIGNERS:
        return "signed by an insurer, an underwriter, or an agent or proxy of one"
    if signed.capacity in ("AGENT", "PROXY") and signed.principal not in ("INSURER", "UNDERWRITER"):
        return "for whom the agent or proxy signs: the insurer or the underwriter"
    return ""


def begins(case: Case) -> Iterator[Finding]:
    shipped = case.shipped()
    for one in case.of(InsuranceDocument):
        day = one.effective or one.issued
        if day is None:
            yield found("UCP600.28e", "DISCREPANCY", one, "issued", "", expected="a date")
        elif shipped and day.isoformat() > shipped:
            yield found(
                "UCP600.28e", "DISCREPANCY", one, "effective" if one.effective else "issued", day, against=case.carriage(), at="on_board_date",
                expected=f"no later than {shipped}", advice="Have the document say from when cover is effective.",
            )  # fmt: skip


def value(case: Case) -> Iterator[Finding]:
    """Cover is measured by the greater of what is claimed and the gross value of the goods; less than a minor unit is not asked for."""
    documents = case.of(InsuranceDocument)
    if not documents:
        return
    terms = case.terms
    same = [one for one in documents if one.insured.currency == terms.currency]
    for one in documents:
        if one.insured.currency != terms.currency:
            yield found(
                "UCP600.28f.i",
                "DISCREPANCY",
                one,
                "insured.currency",
                one.insured.currency,
                at="currency",
                expected=terms.currency,
            )
    claimed = case.claimed()
    gross = [_gross(one) for one in case.of(Invoice) if one.currency == terms.currency]
    bases = [total(gross)] if gross else []
    bases += [claimed.value] if claimed is not None and claimed.currency == terms.currency else []
    if not bases or len(same) < len(documents):
        return
    stated = terms.insurance.percent if terms.insurance else None
    percent = COVER_PERCENT if stated is None else stated
    least = EXACT.multiply(max(bases), Decimal(percent).scaleb(-2)).quantize(minor_unit(terms.currency), rounding=ROUND_DOWN)
    covered = total(one.insured.value for one in same)
    if covered < least:
        yield found(
            "UCP600.28f.ii", "DISCREPANCY", same[-1], "insured", covered, at="insurance.percent",
            expected=f"at least {least:f} {terms.currency}: {percent} % of {max(bases):f}",
        )  # fmt: skip


def _gross(one: Invoice) -> Decimal:
    """The goods' gross value: a discount lowers it, an advance that is taken off doesn't."""
    advances = total(-charge.amount for charge in one.charges if charge.amount < 0 and "discount" not in words_of(charge.name))
    return EXACT.add(one.total, advances)


def voyage(case: Case) -> Iterator[Finding]:
    carried = case.of(TransportDocument)
    for one in case.of(InsuranceDocument):
        if any(contains(statement, "warehouse to warehouse") for statement in (*one.statements, *one.risks)):
            continue
        for where, mine, names in (
            ("cover_from", one.cover_from or one.taking_in_charge or one.loading, ("taking_in_charge", "loading")),
            ("cover_to", one.cover_to or one.destination or one.discharge, ("destination", "discharge")),
        ):
            wanted: list[Place] = [
                place for source in (case.terms, *carried) for name in names if (place := getattr(source, name)) is not None
            ]
            if not wanted:
                continue
            if mine is None:
                yield found(
                    "UCP600.28f.iii", "DISCREPANCY", one, where, "", at=names[-1], expected=wanted[0].name or wanted[0].locode
                )
            elif not any(likeness(mine, place) is Likeness.SAME for place in wanted):
                yield found(
                    "UCP600.28f.iii",
                    "DISCREPANCY",
                    one,
                    where,
                    mine.name or mine.locode,
                    at=names[-1],
                    expected=wanted[0].name or wanted[0].locode,
                )


def risks(case: Case) -> Iterator[Finding]:
    wanted = case.terms.insurance.risks if case.terms.insurance else ()
    for one in case.of(InsuranceDocument):
        said = " | ".join((*one.risks, *one.statements))
        for number, risk in enumerate(wanted):
            if not _covered(risk, said):
                yield found("UCP600.28g", "DISCREPANCY", one, "risks", one.risks, at=f"insurance.risks[{number}]", expected=risk)


_ALL_RISKS = ("all risks", "institute cargo clauses a")
_SHORT_CLAUSES = re.compile(r"\bicc ([abc])\b")


def _covered(risk: str, said: str) -> bool:
    if contains(said, _plain(risk)) or contains(_plain(said), _plain(risk)):
        return True
    # "All risks" is met by any such notation (art. 28(h)); "usual" risks are what the document covers (art. 28(g)).
    words = set(words_of(risk))
    if {"all", "risks"} <= words:
        return any(contains(_plain(said), form) for form in _ALL_RISKS)
    return bool(words & {"usual", "customary"})


def _plain(text: str) -> str:
    return _SHORT_CLAUSES.sub(r"institute cargo clauses \1", " ".join(words_of(text)))


RULES = (issued, begins, value, voyage, risks)
