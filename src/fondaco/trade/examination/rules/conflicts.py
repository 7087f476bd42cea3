"""Rules of data that contradict each other between documents, or the credit (UCP 600 art. 14(d)): conflict, not identity.

Each field has one reference: the credit where it says what is right, else the first document that bears it, invoices before transport documents before
the others. Each document that contradicts the reference is told once. What is empty contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from fondaco.trade.examination.case import Case, found, total
from fondaco.trade.examination.dates import shipment_day
from fondaco.trade.examination.documents import (
    Document,
    Draft,
    InsuranceDocument,
    Invoice,
    OriginCertificate,
    PackingList,
    TransportDocument,
    kind_of,
)  # fmt: skip
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import (
    OUTER,
    Likeness,
    dimension,
    in_base,
    likeness,
    package_kind,
    same_party,
    same_reference,
    vessel_name,
    words_of,
)  # fmt: skip
from fondaco.trade.examination.words import Place, Quantity
from fondaco.trade.transport_code import container_fault, imo_fault

# Who pays the main carriage under a trade term: the seller, whose transport document can't be marked "freight collect".
SELLER_PAYS_FREIGHT = frozenset(("CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"))
# Their documents are of the whole shipment; others may be of a part of it.
_WHOLE = (Invoice, TransportDocument, PackingList)


def credit_number(case: Case) -> Iterator[Finding]:
    wanted = case.terms.number
    for one in case.documents:
        if one.credit_number and not same_reference(one.credit_number, wanted):
            yield found("UCP600.14d/credit", "DISCREPANCY", one, "credit_number", one.credit_number, at="number", expected=wanted)


def weights(case: Case) -> Iterator[Finding]:
    for where in ("gross_weight", "net_weight"):
        yield from _sums(case, where, "UCP600.14d/weight", lambda one, where=where: getattr(one, where))  # type: ignore[misc]
    for one in case.documents:
        gross, net = one.gross_weight, one.net_weight
        if (
            gross is not None
            and net is not None
            and dimension(gross.unit) == dimension(net.unit)
            and in_base(net) > in_base(gross)
        ):
            yield found(
                "UCP600.14d/weight",
                "DISCREPANCY",
                one,
                "net_weight",
                net,
                against=one.id,
                at="gross_weight",
                expected=f"at most {gross}",
            )


def packages(case: Case) -> Iterator[Finding]:
    """Numbers and kinds of packages. Bags and cartons in one number contradict each other; in two numbers one may be packed in the other."""
    reference: tuple[Document, str, int] | None = None
    for group in _groups(case):
        counted = [one.packages for one in group if one.packages is not None]
        kinds = {package_kind(one.kind) for one in counted}
        if len(counted) < len(group) or len(kinds) > 1:
            continue
        kind, count, last = kinds.pop(), sum(one.count for one in counted), group[-1]
        if reference is None:
            reference = (last, kind, count)
            continue
        first, other, number = reference
        alike = not kind or not other or kind == other
        if alike and count != number:
            yield found(
                "UCP600.14d/packages", "DISCREPANCY", last, "packages", count, against=first.id, at="packages", expected=number
            )
        elif not alike and (count != number or OUTER in (kind, other)):
            said, wanted = f"{count} {kind}", f"{number} {other}"
            yield found("UCP600.14d/packages", "QUERY", last, "packages", said, against=first.id, at="packages", expected=wanted)
        elif not alike:
            yield found(
                "UCP600.14d/packing",
                "DISCREPANCY",
                last,
                "packages.kind",
                kind,
                against=first.id,
                at="packages.kind",
                expected=other,
            )


def _sums(case: Case, where: str, rule: str, of: Callable[[Document], Quantity | None]) -> Iterator[Finding]:
    """Contradicting quantities: documents of one kind (two invoices, three bills of lading) are taken together."""
    reference: tuple[Document, Quantity, Decimal] | None = None
    for group in _groups(case):
        values = [of(one) for one in group]
        if any(value is None for value in values):
            continue
        quantities = [value for value in values if value is not None]
        if len({dimension(value.unit) for value in quantities}) > 1:
            continue
        amount = total(in_base(value) for value in quantities)
        if reference is None:
            reference = (group[0], quantities[0], amount)
        elif dimension(reference[1].unit) == dimension(quantities[0].unit) and reference[2] != amount:
            yield found(
                rule, "DISCREPANCY", group[-1], where, quantities, against=reference[0].id, at=where, expected=reference[1]
            )


def _groups(case: Case) -> list[list[Document]]:
    """Documents by what they are of: all invoices, all transport documents, all packing lists; each of the others by itself."""
    groups: dict[str, list[Document]] = {}
    for one in case.documents:
        groups.setdefault(kind_of(one) if isinstance(one, _WHOLE) else one.id, []).append(one)
    return list(groups.values())


def marks(case: Case) -> Iterator[Finding]:
    reference: list[Document] = []
    for group in _groups(case):
        here, there = _mark_words(group), _mark_words(reference)
        if not here:
            continue
        if not reference:
            reference = group
        elif not (here <= there or there <= here):
            last, first = group[-1], reference[0]
            yield found(
                "UCP600.14d/marks", "DISCREPANCY", last, "marks", last.marks, against=first.id, at="marks", expected=first.marks
            )


def _mark_words(group: list[Document]) -> frozenset[str]:
    return frozenset(word for one in group for word in words_of(" ".join(one.marks)))


def containers(case: Case) -> Iterator[Finding]:
    reference: list[Document] = []
    for group in _groups(case):
        here = _containers(group)
        if not here:
            continue
        for one in group:
            for number, container in enumerate(one.containers):
                fault = container_fault(container.number)
                if fault:
                    yield found(
                        "UCP600.14d/container",
                        "QUERY",
                        one,
                        f"containers[{number}].number",
                        container.number,
                        advice=fault.capitalize() + ".",
                    )
        if not reference:
            reference = group
            continue
        there = _containers(reference)
        last, first = group[-1], reference[0]
        part = isinstance(first, _WHOLE) and isinstance(last, _WHOLE)
        if (here.keys() != there.keys()) if part else not (here.keys() <= there.keys() or there.keys() <= here.keys()):
            yield found(
                "UCP600.14d/container",
                "DISCREPANCY",
                last,
                "containers",
                list(here),
                against=first.id,
                at="containers",
                expected=list(there),
            )
            continue
        for box in sorted(here.keys() & there.keys()):
            if here[box] and there[box] and here[box] != there[box]:
                yield found(
                    "UCP600.14d/container", "DISCREPANCY", last, "containers", f"{box} seal {here[box]}", against=first.id, at="containers",
                    expected=f"{box} seal {there[box]}",
                )  # fmt: skip


def _containers(group: list[Document]) -> dict[str, str]:
    return {
        container.number.upper().replace(" ", "").replace("-", ""): container.seal.upper().replace(" ", "")
        for one in group
        for container in one.containers
    }


def vessel(case: Case) -> Iterator[Finding]:
    carried = case.of(TransportDocument)
    bearers: list[Document] = [*carried, *(one for one in case.documents if not isinstance(one, TransportDocument))]
    bearers = [one for one in bearers if one.vessel]
    for one in case.documents:
        if one.imo and imo_fault(one.imo):
            yield found("UCP600.14d/vessel", "QUERY", one, "imo", one.imo, advice=imo_fault(one.imo).capitalize() + ".")
    if not bearers:
        return
    first = bearers[0]
    ships: list[Document] = [other for other in carried if other.vessel] or [first]
    names = {vessel_name(name) for ship in ships for name in (ship.vessel, getattr(ship, "on_board_vessel", "")) if name}
    for one in bearers:
        if isinstance(one, TransportDocument):
            continue  # several vessels are a matter of art. 31
        if vessel_name(one.vessel) not in names:
            yield found(
                "UCP600.14d/vessel",
                "DISCREPANCY",
                one,
                "vessel",
                one.vessel,
                against=first.id,
                at="vessel",
                expected=first.vessel,
            )
        elif one.voyage and first.voyage and len(ships) == 1 and not same_reference(one.voyage, first.voyage):
            yield found(
                "UCP600.14d/vessel",
                "DISCREPANCY",
                one,
                "voyage",
                one.voyage,
                against=first.id,
                at="voyage",
                expected=first.voyage,
            )
        if one.imo and first.imo and one is not first and len(ships) == 1 and one.imo != first.imo:
            yield found("UCP600.14d/vessel", "DISCREPANCY", one, "imo", one.imo, against=first.id, at="imo", expected=first.imo)


def places(case: Case) -> Iterator[Finding]:
    """Ports on other documents: against the credit's, else the transport document's. A transport document's own are of its article."""
    for where in ("taking_in_charge", "loading", "discharge", "destination"):
        references = [
            ("CREDIT", getattr(case.terms, where)),
            *((one.id, getattr(one, where)) for one in case.of(TransportDocument)),
        ]
        known: list[tuple[str, Place]] = [(source, place) for source, place in references if place is not None]
        if not known:
            continue
        for one in case.documents:
            place = getattr(one, where)
            if place is None or isinstance(one, TransportDocument):
                continue
            if all(likeness(place, other) is Likeness.DIFFERENT for _, other in known):
                source, other = known[0]
                yield found(
                    "UCP600.14d/place",
                    "DISCREPANCY",
                    one,
                    where,
                    place.name or place.locode,
                    against=source,
                    at=where,
                    expected=other.name or other.locode,
                )


def parties(case: Case) -> Iterator[Finding]:
    carried = case.of(TransportDocument)
    if not carried:
        return
    first = carried[0]
    known = [case.terms.applicant.name, case.terms.issuing_bank.name]
    for one in case.documents:
        if isinstance(one, TransportDocument | Draft):
            continue
        if one.consignee is not None and not _fits_consignee(one.consignee.name, first, known):
            expected = (
                first.consignee.name
                if first.consignee
                else f"the applicant or issuing bank; the transport document is to order ({first.order})"
            )
            yield found(
                "UCP600.14d/party",
                "DISCREPANCY",
                one,
                "consignee.name",
                one.consignee.name,
                against=first.id,
                at="consignee.name",
                expected=expected,
            )
        if one.notify and first.notify and not any(same_party(a.name, b.name) for a in one.notify for b in first.notify):
            yield found(
                "UCP600.14d/party", "DISCREPANCY", one, "notify[0].name", one.notify[0].name, against=first.id, at="notify[0].name",
                expected=first.notify[0].name,
            )  # fmt: skip


def _fits_consignee(name: str, carried: TransportDocument, known: list[str]) -> bool:
    """A straight consignee is one; to order, anybody whom the credit or the document names as taking the goods will do."""
    if carried.consignee is not None and not carried.order:
        return same_party(name, carried.consignee.name)
    if words_of(name)[:2] == ("to", "order"):
        return True
    others = [party.name for party in carried.notify] + ([carried.consignee.name] if carried.consignee else []) + [carried.order]
    return any(same_party(name, other) for other in known + others)


def references(case: Case) -> Iterator[Finding]:
    for where, kind in (("invoice_number", Invoice), ("transport_number", TransportDocument)):
        owners = [one for one in case.documents if isinstance(one, kind) and one.number]
        for one in case.documents:
            said = getattr(one, where)
            if said and owners and not any(same_reference(said, owner.number) for owner in owners):
                yield found(
                    "UCP600.14d/reference",
                    "DISCREPANCY",
                    one,
                    where,
                    said,
                    against=owners[0].id,
                    at="number",
                    expected=owners[0].number,
                )
    orders = [one for one in case.documents if one.order_number]
    for one in orders[1:]:
        if not same_reference(one.order_number, orders[0].order_number):
            yield found(
                "UCP600.14d/reference", "DISCREPANCY", one, "order_number", one.order_number, against=orders[0].id, at="order_number",
                expected=orders[0].order_number,
            )  # fmt: skip


def shipped(case: Case) -> Iterator[Finding]:
    days = {day for one in case.of(TransportDocument) if (day := shipment_day(one)) is not None}
    if len(days) != 1:
        return
    day = next(iter(days))
    for one in case.documents:
        if isinstance(one, TransportDocument) or one.shipped is None or one.shipped == day:
            continue
        yield found(
            "UCP600.14d/shipped",
            "DISCREPANCY",
            one,
            "shipped",
            one.shipped,
            against=case.of(TransportDocument)[0].id,
            at="on_board_date",
            expected=day,
        )


def origin(case: Case) -> Iterator[Finding]:
    wanted = {line.origin for line in case.terms.goods if line.origin}
    first: Document | None = None
    for one in case.documents:
        here = {line.origin for line in one.goods if line.origin} | ({one.origin} if one.origin else set())
        if not here:
            continue
        if wanted and not here <= wanted:
            yield found(
                "UCP600.14d/origin", "DISCREPANCY", one, "origin", sorted(here), at="goods[0].origin", expected=sorted(wanted)
            )
        elif not wanted and first is not None and not here <= (there := _origins(first)) and not there <= here:
            yield found(
                "UCP600.14d/origin",
                "DISCREPANCY",
                one,
                "origin",
                sorted(here),
                against=first.id,
                at="origin",
                expected=sorted(there),
            )
        first = first or one


def _origins(one: Document) -> set[str]:
    return {line.origin for line in one.goods if line.origin} | ({one.origin} if one.origin else set())


def freight(case: Case) -> Iterator[Finding]:
    invoices = case.of(Invoice)
    term = case.terms.incoterm or next((one.incoterm for one in invoices if one.incoterm), "")
    source = "CREDIT" if case.terms.incoterm or not invoices else invoices[0].id
    for one in case.of(TransportDocument):
        if term in SELLER_PAYS_FREIGHT and one.freight == "COLLECT":
            yield found(
                "UCP600.14d/incoterm",
                "DISCREPANCY",
                one,
                "freight",
                one.freight,
                against=source,
                at="incoterm",
                expected=f"{term}: freight is prepaid",
            )
        elif term and term not in SELLER_PAYS_FREIGHT and one.freight == "PREPAID":
            yield found(
                "UCP600.14d/incoterm",
                "INFO",
                one,
                "freight",
                one.freight,
                against=source,
                at="incoterm",
                expected=f"{term}: freight is the buyer's",
            )
    for other in case.documents:
        if isinstance(other, Invoice | InsuranceDocument | OriginCertificate):
            continue  # an invoice's term by art. 18(c); the other two needn't know of it
        if term and other.incoterm and other.incoterm != term:
            yield found(
                "UCP600.14d/incoterm",
                "DISCREPANCY",
                other,
                "incoterm",
                other.incoterm,
                against=source,
                at="incoterm",
                expected=term,
            )


RULES = (credit_number, weights, packages, marks, containers, vessel, places, parties, references, shipped, origin, freight)
