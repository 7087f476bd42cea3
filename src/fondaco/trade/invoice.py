"""An invoice on open account: what its buyer answers, and from its acceptance on the obligation that it is.

Acceptance is what makes a debt of an invoice: claim and liability stand on the books from then on and shrink with every payment, credit note and set-off until
nothing is owed. That somebody else has a right in the claim (it is financed or pledged) is no step of its life but a mark on it: an invoice may be
financed, overdue and half paid at once. The buyer's answers are those of Peppol's Invoice Response (transaction T111), `tells` has their codes (UNCL 4343).
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum

import msgspec

from fondaco.core import CURRENCIES, Instant, Reason, Refusal, Step, Table, minor_text, uetr_fault
from fondaco.trade.deed import Decided, Deed, Entry, Holding, Kind
from fondaco.trade.goods_line import GoodsLine, goods_fault
from fondaco.trade.open_account import (
    TEXT_MAX,
    Nothing,
    Why,
    amount_in,
    body_of,
    day_fault,
    digest_fault,
    no_step,
    not_theirs,
    out_of_order,
    parties_fault,
    told,
)


class State(Enum):
    ISSUED = "ISSUED"
    DELIVERED = "DELIVERED"
    UNDER_QUERY = "UNDER_QUERY"
    CONDITIONALLY_ACCEPTED = "CONDITIONALLY_ACCEPTED"
    ACCEPTED = "ACCEPTED"
    SCHEDULED = "SCHEDULED"
    PARTLY_PAID = "PARTLY_PAID"
    OVERDUE = "OVERDUE"
    DISPUTED = "DISPUTED"
    PAID = "PAID"
    SET_OFF = "SET_OFF"
    CREDITED = "CREDITED"
    REJECTED = "REJECTED"
    WRITTEN_OFF = "WRITTEN_OFF"


class Event(Enum):
    RECEIVED = "RECEIVED"
    IN_PROCESS = "IN_PROCESS"
    QUERIED = "QUERIED"
    ANSWERED = "ANSWERED"
    CONDITION_MADE = "CONDITION_MADE"
    REFUSED = "REFUSED"
    APPROVED = "APPROVED"
    PAYMENT_ANNOUNCED = "PAYMENT_ANNOUNCED"
    PAID_IN_PART = "PAID_IN_PART"
    PAID_IN_FULL = "PAID_IN_FULL"
    CREDITED_IN_PART = "CREDITED_IN_PART"
    CREDITED_IN_FULL = "CREDITED_IN_FULL"
    SET_OFF_IN_PART = "SET_OFF_IN_PART"
    SET_OFF_IN_FULL = "SET_OFF_IN_FULL"
    DISPUTE_RAISED = "DISPUTE_RAISED"
    DISPUTE_SETTLED = "DISPUTE_SETTLED"
    DUE_DAY_PASSED = "DUE_DAY_PASSED"
    GIVEN_UP = "GIVEN_UP"


class Books(Enum):
    """OPEN makes the obligation, REDUCE takes a part of it away, CLOSE the rest."""

    NOTHING = "NOTHING"
    OPEN = "OPEN"
    REDUCE = "REDUCE"
    CLOSE = "CLOSE"


S, E, B = State, Event, Books
UNANSWERED = (S.ISSUED, S.DELIVERED, S.UNDER_QUERY, S.CONDITIONALLY_ACCEPTED)
OWED = (S.ACCEPTED, S.SCHEDULED, S.PARTLY_PAID, S.OVERDUE, S.DISPUTED)
UNDISPUTED = OWED[:-1]
ENDS = (S.PAID, S.SET_OFF, S.CREDITED, S.REJECTED, S.WRITTEN_OFF)
# What a part that is paid or set off makes of an invoice: one that is late or in dispute stays that.
_AFTER_PART = {S.ACCEPTED: S.PARTLY_PAID, S.SCHEDULED: S.PARTLY_PAID}
_T111 = "T111"

INVOICE = Table(
    "invoice",
    start=S.ISSUED,
    ends=ENDS,
    rows=(
        Step(S.ISSUED, E.RECEIVED, S.DELIVERED, B.NOTHING, "AB", _T111),
        Step(S.ISSUED, E.IN_PROCESS, S.DELIVERED, B.NOTHING, "IP", _T111),
        Step(S.DELIVERED, E.IN_PROCESS, S.DELIVERED, B.NOTHING, "IP", _T111),
        *(Step(one, E.QUERIED, S.UNDER_QUERY, B.NOTHING, "UQ", _T111) for one in (S.ISSUED, S.DELIVERED)),
        Step(S.UNDER_QUERY, E.ANSWERED, S.DELIVERED, B.NOTHING, "", ""),
        *(Step(one, E.CONDITION_MADE, S.CONDITIONALLY_ACCEPTED, B.NOTHING, "CA", _T111) for one in UNANSWERED[:3]),
        *(Step(one, E.REFUSED, S.REJECTED, B.NOTHING, "RE", _T111) for one in UNANSWERED),
        *(Step(one, E.APPROVED, S.ACCEPTED, B.OPEN, "AP", _T111) for one in UNANSWERED),
        # Who pays an invoice whole has accepted it; there was no obligation on the books, and none is made to be ended at once.
        *(Step(one, E.PAID_IN_FULL, S.PAID, B.NOTHING, "", "") for one in UNANSWERED),
        *(Step(one, E.CREDITED_IN_PART, one, B.NOTHING, "", "") for one in UNANSWERED),
        *(Step(one, E.CREDITED_IN_FULL, S.CREDITED, B.NOTHING, "", "") for one in UNANSWERED),
        # That a buyer says it paid is no payment: the hub's settlement is.
        *(Step(one, E.PAYMENT_ANNOUNCED, S.SCHEDULED, B.NOTHING, "PD", _T111) for one in (S.ACCEPTED, S.PARTLY_PAID)),
        *(Step(one, E.PAID_IN_PART, _AFTER_PART.get(one, one), B.REDUCE, "", "") for one in OWED),
        *(Step(one, E.PAID_IN_FULL, S.PAID, B.CLOSE, "", "") for one in OWED),
        *(Step(one, E.CREDITED_IN_PART, one, B.REDUCE, "", "") for one in OWED),
        *(Step(one, E.CREDITED_IN_FULL, S.CREDITED, B.CLOSE, "", "") for one in OWED),
        *(Step(one, E.SET_OFF_IN_PART, _AFTER_PART.get(one, one), B.REDUCE, "", "") for one in UNDISPUTED),
        *(Step(one, E.SET_OFF_IN_FULL, S.SET_OFF, B.CLOSE, "", "") for one in UNDISPUTED),
        *(Step(one, E.DISPUTE_RAISED, S.DISPUTED, B.NOTHING, "", "") for one in UNDISPUTED),
        Step(S.DISPUTED, E.DISPUTE_SETTLED, S.ACCEPTED, B.NOTHING, "", ""),
        *(Step(one, E.DUE_DAY_PASSED, S.OVERDUE, B.NOTHING, "", "") for one in (S.ACCEPTED, S.SCHEDULED, S.PARTLY_PAID)),
        *(Step(one, E.GIVEN_UP, S.WRITTEN_OFF, B.CLOSE, "", "") for one in OWED),
    ),
)
# What a buyer answers, by its code.
ANSWERS = {
    "AB": E.RECEIVED, "IP": E.IN_PROCESS, "UQ": E.QUERIED, "CA": E.CONDITION_MADE, "RE": E.REFUSED, "AP": E.APPROVED, "PD": E.PAYMENT_ANNOUNCED,
}  # fmt: skip
_REASONED = frozenset({E.QUERIED, E.CONDITION_MADE, E.REFUSED, E.DISPUTE_RAISED})
_OF_BUYER = frozenset(ANSWERS.values()) | {E.DISPUTE_RAISED, E.DISPUTE_SETTLED}
_OF_SELLER = frozenset({E.ANSWERED, E.GIVEN_UP})
ISSUE, CREDIT, RECEIPT, ENCUMBER, RELEASE, OPT_IN, OPT_OUT = (
    "ISSUE_INVOICE",
    "CREDIT",
    "RECEIPT",
    "ENCUMBER",
    "RELEASE",
    "OPT_IN",
    "OPT_OUT",
)
FINANCED, PLEDGED = "financed", "pledged"


class TradeInvoice(msgspec.Struct, frozen=True):
    """One invoice in the hub. `minor` is what it asked for, `open_minor` what of it is not yet paid, credited or set off; whole minor units.

    `sha256` is of the document as it was sent. `payments` are (UETR or the seller's own reference, minor), `credits` (credit note's number, minor), `set_offs` (round, minor).
    `encumbrance` is "", financed or pledged, to `encumbered_to`.
    """

    id: str
    seller: str
    buyer: str
    number: str
    currency: str
    minor: int
    open_minor: int
    issued: str
    due: str
    sha256: str
    order: str = ""
    letter_of_credit: str = ""
    state: State = State.ISSUED
    version: int = 1
    reason: str = ""
    payments: tuple[tuple[str, int], ...] = ()
    credits: tuple[tuple[str, int], ...] = ()
    set_offs: tuple[tuple[str, int], ...] = ()
    encumbrance: str = ""
    encumbered_to: str = ""
    buyer_opted_in: bool = False
    seller_opted_in: bool = False
    goods: tuple[GoodsLine, ...] = ()
    destination: str = ""

    @property
    def owed(self) -> bool:
        return self.state in OWED


class Issue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The particulars of a new invoice; `payable` is a text of the currency's own decimals, `destination` the country in which the `goods` arrive."""

    buyer: str
    number: str
    currency: str
    payable: str
    issued: str
    due: str
    sha256: str
    order: str = ""
    letter_of_credit: str = ""
    goods: tuple[GoodsLine, ...] = ()
    destination: str = ""


class Credit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credit note: its number and amount."""

    number: str
    amount: str


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money that reached the seller outside the hub, under its own `reference`."""

    reference: str
    amount: str


class Encumbrance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has a right in the claim from now on: `kind` is financed or pledged."""

    kind: str
    to: str


def actors(invoice: TradeInvoice, event: Event) -> tuple[str, ...]:
    """Whose deed a step is; nobody's where it follows from a payment, a set-off or the calendar."""
    if event in _OF_BUYER:
        return (invoice.buyer,)
    return (invoice.seller,) if event in _OF_SELLER | {E.CREDITED_IN_PART, E.CREDITED_IN_FULL} else ()


def decide(
    invoice: TradeInvoice | None, deed: Deed, now: Instant, *, number: str = "", taken: Container[tuple[str, str]] = ()
) -> Decided[TradeInvoice] | Refusal:
    """What a deed makes of an invoice, or why it makes nothing of it.

    For a deed that begins one, `number` is the id that the hub gives it and `taken` are the (seller, invoice number) that stand already: a seller's
    number is good once.
    """
    if invoice is None:
        return _issue(deed, number, taken)
    refusal = out_of_order(deed, invoice.id, invoice.version)
    if refusal is not None:
        return refusal
    if deed.action == CREDIT:
        return _credit(invoice, deed)
    if deed.action == RECEIPT:
        return _receipt(invoice, deed)
    if deed.action in (ENCUMBER, RELEASE):
        return _encumber(invoice, deed)
    if deed.action in (OPT_IN, OPT_OUT):
        return _opt(invoice, deed)
    return _answer(invoice, deed)


def paid(invoice: TradeInvoice, uetr: str, currency: str, minor: int) -> Decided[TradeInvoice] | Refusal:
    """The hub settled a payment (`uetr`) of `minor` whole minor units that names this invoice. More than is owed is refused: the invoice stays as it is, and
    who was paid too much gives it back."""
    if uetr_fault(uetr):
        return Refusal(Reason.UETR_WRONG, "payment", uetr[:TEXT_MAX])
    if any(one == uetr for one, _ in invoice.payments):
        return Refusal(Reason.DUPLICATE_UETR, "payment", uetr)
    if currency != invoice.currency:
        return Refusal(Reason.AMOUNT_DIFFERS, "payment, currency", f"{currency}, where {invoice.currency} is owed")
    return _less(invoice, minor, E.PAID_IN_PART, E.PAID_IN_FULL, payments=(*invoice.payments, (uetr, minor)))


def set_off(invoice: TradeInvoice, round_: str, minor: int) -> Decided[TradeInvoice] | Refusal:
    """A round of set-off extinguished `minor` of an obligation that took part in it."""
    why = excluded(invoice)
    if why:
        return Refusal(Reason.OUT_OF_TURN, f"invoice {invoice.id}", why)
    return _less(invoice, minor, E.SET_OFF_IN_PART, E.SET_OFF_IN_FULL, set_offs=(*invoice.set_offs, (round_, minor)))


def on_day(invoice: TradeInvoice, today: str) -> Decided[TradeInvoice] | None:
    """What the beginning of `today` (ISO date) makes of an invoice: overdue, once the day on which it was due is over."""
    if invoice.due >= today or not INVOICE.can(invoice.state, E.DUE_DAY_PASSED):
        return None
    return _stepped(invoice, E.DUE_DAY_PASSED, 0, invoice.seller, invoice.buyer)


def excluded(invoice: TradeInvoice) -> str:
    """Why an invoice takes no part in set-off, "" when it does."""
    if not invoice.owed:
        return f"it is {invoice.state.name}"
    if invoice.state is S.DISPUTED:
        return "it is disputed"
    if invoice.encumbrance:
        return f"it is {invoice.encumbrance}"
    if invoice.letter_of_credit:
        return "it is paid under a letter of credit"
    if not invoice.buyer_opted_in or not invoice.seller_opted_in:
        return f"its {'seller' if invoice.buyer_opted_in else 'buyer'} has not opted in"
    return ""


def _issue(deed: Deed, number: str, taken: Container[tuple[str, str]]) -> Decided[TradeInvoice] | Refusal:
    if deed.action != ISSUE or deed.instrument or deed.version:
        return Refusal(Reason.NOT_FOUND, "deed, instrument", deed.instrument)
    issue = body_of(deed, Issue)
    if isinstance(issue, Refusal):
        return issue
    minor = amount_in("payable", issue.payable, issue.currency)
    if isinstance(minor, Refusal):
        return minor
    refusal = parties_fault(deed.actor, issue.buyer) or day_fault("issued", issue.issued) or day_fault("due", issue.due)
    refusal = refusal or digest_fault("sha256", issue.sha256) or goods_fault(issue.goods, issue.destination, issue.currency)
    if refusal is not None:
        return refusal
    if not issue.number.strip() or len(issue.number) > TEXT_MAX:
        return Refusal(Reason.ELEMENT_MISSING, "number", issue.number[:TEXT_MAX])
    if issue.due < issue.issued:
        return Refusal(Reason.MALFORMED, "due", f"{issue.due}, before it was issued")
    if (deed.actor, issue.number) in taken:
        return Refusal(Reason.DUPLICATE_MESSAGE, "number", issue.number)
    made = TradeInvoice(
        number, deed.actor, issue.buyer, issue.number, issue.currency, minor, minor, issue.issued, issue.due, issue.sha256, issue.order,
        issue.letter_of_credit, goods=issue.goods, destination=issue.destination,
    )  # fmt: skip
    return Decided(made, tells=told("invoice", number, made.state.name, ISSUE, made.buyer))


def _answer(invoice: TradeInvoice, deed: Deed) -> Decided[TradeInvoice] | Refusal:
    """An answer of the buyer, or a plain step of the seller."""
    event = Event.__members__.get(deed.action)
    if event is None or event not in _OF_BUYER | _OF_SELLER:
        return Refusal(Reason.CODE_UNKNOWN, "deed, action", deed.action[:TEXT_MAX])
    refusal = not_theirs(deed, invoice.buyer if event in _OF_BUYER else invoice.seller)
    if refusal is not None:
        return refusal
    reason = ""
    if event in _REASONED:
        why = body_of(deed, Why)
        if isinstance(why, Refusal):
            return why
        if not why.reason.strip():
            return Refusal(Reason.ELEMENT_MISSING, "reason", "a no, a query and a condition say why")
        reason = why.reason[: 10 * TEXT_MAX]
    elif isinstance(none := body_of(deed, Nothing), Refusal):
        return none
    if not INVOICE.can(invoice.state, event):
        return no_step("invoice", invoice.state.name, deed.action)
    other = invoice.seller if deed.actor == invoice.buyer else invoice.buyer
    return _stepped(msgspec.structs.replace(invoice, reason=reason or invoice.reason), event, invoice.open_minor, other)


def _credit(invoice: TradeInvoice, deed: Deed) -> Decided[TradeInvoice] | Refusal:
    refusal = not_theirs(deed, invoice.seller)
    if refusal is not None:
        return refusal
    note = body_of(deed, Credit)
    if isinstance(note, Refusal):
        return note
    if not note.number.strip() or any(one == note.number for one, _ in invoice.credits):
        return Refusal(Reason.DUPLICATE_MESSAGE, "number", note.number[:TEXT_MAX])
    minor = amount_in("amount", note.amount, invoice.currency)
    if isinstance(minor, Refusal):
        return minor
    return _less(invoice, minor, E.CREDITED_IN_PART, E.CREDITED_IN_FULL, credits=(*invoice.credits, (note.number, minor)))


def _receipt(invoice: TradeInvoice, deed: Deed) -> Decided[TradeInvoice] | Refusal:
    """Whoever is owed the money says that it came: the seller, or who has a right in the claim."""
    refusal = not_theirs(deed, invoice.encumbered_to or invoice.seller)
    if refusal is not None:
        return refusal
    receipt = body_of(deed, Receipt)
    if isinstance(receipt, Refusal):
        return receipt
    if not receipt.reference.strip() or any(one == receipt.reference for one, _ in invoice.payments):
        return Refusal(Reason.DUPLICATE_MESSAGE, "reference", receipt.reference[:TEXT_MAX])
    minor = amount_in("amount", receipt.amount, invoice.currency)
    if isinstance(minor, Refusal):
        return minor
    return _less(invoice, minor, E.PAID_IN_PART, E.PAID_IN_FULL, payments=(*invoice.payments, (receipt.reference, minor)))


def _encumber(invoice: TradeInvoice, deed: Deed) -> Decided[TradeInvoice] | Refusal:
    """A right in the claim is given by its seller and ends by the word of who has it: a second one is never given beside it."""
    if deed.action == RELEASE:
        refusal = not_theirs(deed, invoice.encumbered_to)
        if refusal is not None or not invoice.encumbrance:
            return refusal or no_step("invoice", "free", deed.action)
        return _marked(invoice, deed, encumbrance="", encumbered_to="")
    refusal = not_theirs(deed, invoice.seller)
    if refusal is not None:
        return refusal
    given = body_of(deed, Encumbrance)
    if isinstance(given, Refusal):
        return given
    if given.kind not in (FINANCED, PLEDGED):
        return Refusal(Reason.CODE_UNKNOWN, "kind", given.kind[:TEXT_MAX])
    refusal = parties_fault(given.to, invoice.seller)
    if refusal is not None:
        return refusal
    if not invoice.owed or invoice.state is S.DISPUTED or invoice.encumbrance:
        return no_step("invoice", invoice.encumbrance or invoice.state.name, deed.action)
    return _marked(invoice, deed, encumbrance=given.kind, encumbered_to=given.to)


def _opt(invoice: TradeInvoice, deed: Deed) -> Decided[TradeInvoice] | Refusal:
    refusal = not_theirs(deed, invoice.buyer, invoice.seller)
    if refusal is not None:
        return refusal
    if invoice.state in INVOICE.ends:
        return no_step("invoice", invoice.state.name, deed.action)
    side = "buyer_opted_in" if deed.actor == invoice.buyer else "seller_opted_in"
    return _marked(invoice, deed, **{side: deed.action == OPT_IN})


def _marked(invoice: TradeInvoice, deed: Deed, **marks: object) -> Decided[TradeInvoice]:
    """The invoice with a mark that is no step of its life."""
    made = msgspec.structs.replace(invoice, version=invoice.version + 1, **marks)
    others = sorted({invoice.seller, invoice.buyer, invoice.encumbered_to, made.encumbered_to} - {deed.actor, ""})
    return Decided(made, tells=told("invoice", made.id, made.state.name, deed.action, *others))


def _less(invoice: TradeInvoice, minor: int, part: Event, full: Event, **marks: object) -> Decided[TradeInvoice] | Refusal:
    """`minor` of it is owed no more."""
    if minor <= 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, "amount", str(minor))
    if minor > invoice.open_minor:
        exponent = CURRENCIES[invoice.currency].exponent
        return Refusal(
            Reason.AMOUNT_DIFFERS,
            "amount",
            f"{minor_text(minor, exponent)}, where {minor_text(invoice.open_minor, exponent)} is open",
        )
    event = full if minor == invoice.open_minor else part
    if not INVOICE.can(invoice.state, event):
        return no_step("invoice", invoice.state.name, event.name)
    less = msgspec.structs.replace(invoice, open_minor=invoice.open_minor - minor, **marks)
    return _stepped(less, event, minor, invoice.seller, invoice.buyer)


def _stepped(invoice: TradeInvoice, event: Event, minor: int, *tell: str) -> Decided[TradeInvoice]:
    row = INVOICE.step(invoice.state, event)
    open_minor = 0 if row.after is S.WRITTEN_OFF else invoice.open_minor
    made = msgspec.structs.replace(invoice, state=row.after, version=invoice.version + 1, open_minor=open_minor)
    return Decided(
        made, _entries(made, row.books, minor), tells=told("invoice", made.id, row.after.name, row.tells or event.name, *tell)
    )


def _entries(invoice: TradeInvoice, books: Books, minor: int) -> tuple[Entry, ...]:
    claim = Holding(Kind.OBLIGATION_CLAIM, invoice.seller, invoice.id)
    liability = Holding(Kind.OBLIGATION_LIABILITY, invoice.buyer, invoice.id)
    if books is B.NOTHING:
        return ()
    ends = (claim, liability) if books is B.OPEN else (liability, claim)
    return (Entry(*ends, invoice.currency, minor),)
