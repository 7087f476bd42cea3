"""What the rules are handed: the credit, what was presented, the days, and which document answers which demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar

from fondaco.core import CURRENCIES
from fondaco.trade.examination.captions import TRANSPORT_ARTICLE
from fondaco.trade.examination.dates import Days, shipment_day, shipment_of
from fondaco.trade.examination.documents import Document, Draft, Invoice, Presentation, TransportDocument, kind_of
from fondaco.trade.examination.finding import Finding, Severity
from fondaco.trade.examination.normal import contains, goods_words
from fondaco.trade.examination.terms import DemandedDocument, Terms
from fondaco.trade.examination.words import EXACT, Amount

# Forms of which carriage by sea is all, or a part.
BY_SEA = frozenset({"MULTIMODAL", "BILL_OF_LADING", "SEA_WAYBILL", "CHARTER_PARTY"})

D = TypeVar("D", bound=Document)

KINDS = ("DRAFT", "INVOICE", "TRANSPORT", "INSURANCE", "ORIGIN", "PACKING_LIST", "INSPECTION", "OTHER")


class Case(NamedTuple):
    """One examination. `documents` are those that the credit demands, in the order of their kinds and ids; `disregarded` the others (art. 14(g)).

    `answers` holds, for each demand of the credit in its order, the documents that answer it.
    """

    terms: Terms
    presentation: Presentation
    days: Days
    documents: tuple[Document, ...]
    disregarded: tuple[Document, ...]
    answers: tuple[tuple[DemandedDocument, tuple[Document, ...]], ...]

    def of(self, kind: type[D]) -> list[D]:
        return [one for one in self.documents if isinstance(one, kind)]

    def claimed(self) -> Amount | None:
        """What is asked for: as told, else the drafts' sum, else the invoices'. None where these have no one currency, or there is nothing."""
        if self.presentation.claimed is not None:
            return self.presentation.claimed
        drafts = [one.amount for one in self.of(Draft)]
        amounts = drafts or [Amount(currency=one.currency, value=one.total) for one in self.of(Invoice)]
        if not amounts or len({one.currency for one in amounts}) > 1:
            return None
        return Amount(currency=amounts[0].currency, value=total(one.value for one in amounts))

    def invoiced(self) -> Decimal | None:
        """The sum of the invoices, None where there is none."""
        totals = [one.total for one in self.of(Invoice)]
        return total(totals) if totals else None

    def available(self) -> Decimal:
        """What may still be drawn, tolerance included."""
        return EXACT.subtract(self.terms.maximum(), self.presentation.drawn_before)

    def article_of(self, document: TransportDocument) -> str:
        """The article that a transport document is examined by: that of the form which the credit demands, "however named", else of its own.

        Land and air don't stand for the sea: those by their own article. That one form by sea is no other is a finding of its own.
        """
        own = TRANSPORT_ARTICLE[document.form]
        for demand, documents in self.answers:
            if document in documents and demand.form and {demand.form, document.form} <= BY_SEA:
                return TRANSPORT_ARTICLE[demand.form]
        return own

    def shipped(self) -> str:
        """The latest day of shipment (ISO), "" where no transport document bears one."""
        day = shipment_of(self.terms, self.presentation)
        return day.isoformat() if day else ""

    def carriage(self) -> str:
        """The id of the document that shows the latest day of shipment, "" where there is none."""
        days = [(day, one.id) for one in self.of(TransportDocument) if (day := shipment_day(one)) is not None]
        return max(days)[1] if days else ""


def total(values: Sequence[Decimal] | Iterator[Decimal]) -> Decimal:
    """An exact sum."""
    result = Decimal(0)
    for value in values:
        result = EXACT.add(result, value)
    return result


def minor_unit(currency: str) -> Decimal:
    """One minor unit of a currency; of one that we don't know, a hundredth."""
    known = CURRENCIES.get(currency)
    return Decimal(1).scaleb(-(known.exponent if known else 2))


def found(
    rule: str,
    severity: Severity,
    document: Document | None,
    where: str = "",
    found: object = "",
    *,
    against: str = "CREDIT",
    at: str = "",
    expected: object = "",
    advice: str = "",
) -> Finding:
    """A finding about a presented document (None: about the presentation), with its field's place in the original."""
    return Finding(
        rule=rule,
        severity=severity,
        document=document.id if document is not None else "",
        where=where,
        found=text(found),
        other=against if at else "",
        other_where=at,
        expected=text(expected),
        advice=advice,
        path=document.paths.get(where, "") if document is not None else "",
    )


def text(value: object) -> str:
    """A value as people read it. Decimals are never written with an exponent."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(text(one) for one in (value if isinstance(value, tuple | list) else sorted(value)))
    return str(value)


def case_of(terms: Terms, presentation: Presentation, days: Days) -> Case:
    """Sort what was presented: which document answers which demand, and which is not demanded at all."""
    presented = sorted(presentation.documents, key=lambda one: (KINDS.index(kind_of(one)), one.id))
    demands = _demands(terms)
    taken: set[str] = set()
    answers: list[tuple[DemandedDocument, tuple[Document, ...]]] = []
    for demand in demands:
        rivals = sum(1 for other in demands if other.kind == demand.kind)
        fitting = tuple(one for one in presented if one.id not in taken and _answers(one, demand, rivals > 1))
        if demand.kind not in ("INVOICE", "TRANSPORT", "DRAFT", "INSURANCE", "PACKING_LIST"):
            fitting = _closest(fitting, demand)
        taken.update(one.id for one in fitting)
        answers.append((demand, fitting))
    demanded = tuple(one for one in presented if one.id in taken)
    return Case(terms, presentation, days, demanded, tuple(one for one in presented if one.id not in taken), tuple(answers))


def _demands(terms: Terms) -> tuple[DemandedDocument, ...]:
    """The credit's demands; its draft is one, though it stands in a field of its own (42C)."""
    if terms.draft is None or any(demand.kind == "DRAFT" for demand in terms.documents):
        return terms.documents
    return (DemandedDocument(kind="DRAFT", signed=True), *terms.documents)


def _answers(document: Document, demand: DemandedDocument, several: bool) -> bool:
    if kind_of(document) != demand.kind:
        return False
    if demand.kind == "TRANSPORT" and several and isinstance(document, TransportDocument):
        return not demand.form or document.form == demand.form
    if demand.kind == "OTHER" or (several and demand.title):
        return _titled(document, demand)
    return True


def _titled(document: Document, demand: DemandedDocument) -> bool:
    """Whether a document is the one that a demand names, by the words of its title; its statements may say it in its place (art. 14(f))."""
    wanted = goods_words(demand.title)
    if not wanted:
        return True
    return wanted <= goods_words(document.title) or any(contains(statement, demand.title) for statement in document.statements)


def _closest(fitting: tuple[Document, ...], demand: DemandedDocument) -> tuple[Document, ...]:
    """Of several documents that answer one demand, the one that says least else; a second is of another demand, or of none."""
    if len(fitting) < 2 or not demand.title:
        return fitting
    return (min(fitting, key=lambda one: (len(goods_words(one.title) - goods_words(demand.title)), one.id)),)


def kinds_demanded(terms: Terms) -> set[str]:
    return {demand.kind for demand in _demands(terms)}
