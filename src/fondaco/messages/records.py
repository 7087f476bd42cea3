"""What a message says, once it has passed the gate. Amounts are whole minor units; texts are as they came."""

from __future__ import annotations

import msgspec

from fondaco.core import Mention, Party, Refusal


class Header(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The business application header (head.001): BICs of sender and receiver, identification, definition, creation."""

    sender: str
    receiver: str
    business_id: str
    definition: str
    created: str


class Transfer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One transaction of a pacs.008 or pacs.009.

    `passed` is everything from the ultimate debtor on, in the order of the schema and to the letter, which the onward
    message carries unaltered (FATF R.16). `mentions` is every text of the transaction. `faults` are the noes that need
    no rulebook.
    """

    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: str
    currency: str
    amount_minor: int
    settlement_date: str
    instructed_currency: str
    instructed_minor: int
    exchange_rate: str
    quote_id: str
    charge_bearer: str
    service_level: str
    purpose: str
    urgent: bool
    expires: str
    instructing_agent: str
    debtor_agent: str
    creditor_agent: str
    debtor: Party
    creditor: Party
    passed: bytes
    mentions: tuple[Mention, ...]
    faults: tuple[Refusal, ...]
    # Whether the debtor's address, identification or birth is told (FATF R.16), and the first document that is referred to.
    located: bool = False
    document: str = ""
    # The offer of a transferable record that it pays for (`ETR-000001/3`), or the collection (`COL-000001`), "" for none.
    delivers: str = ""
    # The invoice of the hub that it pays (`INV-000001`), "" for none; two with a blank between where it names several.
    pays: str = ""


class CustomerTransfers(msgspec.Struct, frozen=True, array_like=True, tag="pacs.008", gc=False):
    """Payments between customers of two banks (pacs.008)."""

    transfers: tuple[Transfer, ...]


class Returns(msgspec.Struct, frozen=True, array_like=True, tag="pacs.004", gc=False):
    """Payments that come back (pacs.004). Each is a transfer from the creditor agent of the original, whose UETR it carries;
    to whom it goes, the original says: `creditor_agent` is empty. `reasons` are their return reasons, in the same order."""

    transfers: tuple[Transfer, ...]
    reasons: tuple[str, ...]


class Enquiry(msgspec.Struct, frozen=True, array_like=True, tag="pacs.028", gc=False):
    """What became of these payments? (pacs.028), each named by its UETR, in the order of the message."""

    original_id: str
    original_kind: str
    uetrs: tuple[str, ...]


class BankTransfers(msgspec.Struct, frozen=True, array_like=True, tag="pacs.009", gc=False):
    """Payments between banks themselves (pacs.009)."""

    transfers: tuple[Transfer, ...]


class Status(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One transaction of a pacs.002: ISO status (ACSP, RJCT...), reason code and text of the answer."""

    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: str
    status: str
    reason: str = ""
    information: str = ""
    accepted_at: str = ""


class StatusReport(msgspec.Struct, frozen=True, array_like=True, tag="pacs.002", gc=False):
    """`original_id` and `original_kind` name the message that is answered; `group_status` may be empty."""

    original_id: str
    original_kind: str
    group_status: str
    group_reason: str
    statuses: tuple[Status, ...]


class Movement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One participant's part in a settlement request; `minor` is positive when it receives, negative when it pays."""

    movement_id: str
    participant: str
    currency: str
    minor: int


class NetSettlement(msgspec.Struct, frozen=True, array_like=True, tag="pacs.029", gc=False):
    """A multilateral settlement request (pacs.029): what each participant of one cycle pays or receives."""

    cycle: str
    movements: tuple[Movement, ...]


class LiquidityTransfer(msgspec.Struct, frozen=True, array_like=True, tag="camt.050", gc=False):
    """Money into (creditor is the hub) or out of (debtor is the hub) a participant's prefunded position."""

    instruction_id: str
    end_to_end_id: str
    creditor: str
    debtor: str
    currency: str
    minor: int
    faults: tuple[Refusal, ...] = ()


class Receipt(msgspec.Struct, frozen=True, array_like=True, tag="camt.025", gc=False):
    """The answer to a camt.050: `status` is ACSC or RJCT."""

    original_id: str
    status: str
    reason: str


class Notice(msgspec.Struct, frozen=True, array_like=True, tag="admi", gc=False):
    """An admi.002 rejection, admi.004 event or admi.007 acknowledgement: reference, code, text."""

    reference: str
    code: str
    text: str


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of a statement; `minor` is positive for a credit."""

    minor: int
    reference: str
    uetr: str
    code: str
    booked_at: str


class Statement(msgspec.Struct, frozen=True, array_like=True, tag="camt.053", gc=False):
    """camt.052, .053 or .054: balances and entries of one account, in whole minor units."""

    account: str
    owner: str
    currency: str
    opening_minor: int
    closing_minor: int
    entries: tuple[Entry, ...]


class RecallRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One payment that its sender wants back: UETR, reason (ExternalCancellationReason1Code), case and identification as the sender
    gave them; `passed` is the transaction's XML."""

    uetr: str
    reason: str
    case_id: str
    cancellation_id: str
    passed: str


class Recall(msgspec.Struct, frozen=True, array_like=True, tag="camt.056", gc=False):
    """A request to cancel payments."""

    rows: tuple[RecallRow, ...]


class ResolutionRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one recall came to; `reason` is of ExternalPaymentCancellationRejection1Code where it was refused."""

    uetr: str
    reason: str
    passed: str


class Resolution(msgspec.Struct, frozen=True, array_like=True, tag="camt.029", gc=False):
    """The answer to recalls: `confirmation` is CNCL, PDCR or RJCR."""

    confirmation: str
    rows: tuple[ResolutionRow, ...]


class Investigation(msgspec.Struct, frozen=True, array_like=True, tag="camt.110", gc=False):
    """A question about a payment: its type (ExternalInvestigationType1Code), the BIC that is asked, and what is passed on."""

    uetr: str
    kind: str
    responder: str
    passed: str
    data: str


class Findings(msgspec.Struct, frozen=True, array_like=True, tag="camt.111", gc=False):
    """The answer to the investigation `original_id`."""

    original_id: str
    status: str
    passed: str


class VerificationRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One account to verify: at which bank (BIC), its number or proxy, and the supposed holder's name."""

    row: str
    bank: str
    account: str
    name: str
    passed: str


class Verification(msgspec.Struct, frozen=True, array_like=True, tag="acmt.023", gc=False):
    """Accounts to verify before they are paid."""

    rows: tuple[VerificationRow, ...]


class Verified(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a bank says of one account; `name` is the holder's as the bank has it, "" where it says none."""

    row: str
    matched: bool
    reason: str
    name: str = ""


class VerificationReport(msgspec.Struct, frozen=True, array_like=True, tag="acmt.024", gc=False):
    """The answer to the verification `original_id`."""

    original_id: str
    rows: tuple[Verified, ...]


class BalanceQuery(msgspec.Struct, frozen=True, array_like=True, tag="camt.003", gc=False):
    """What stands on my accounts, and what are my limits? In these currencies, or in all when none is named."""

    currencies: tuple[str, ...]


class ReportRequest(msgspec.Struct, frozen=True, array_like=True, tag="camt.060", gc=False):
    """A camt.052 of each of these currencies, "" meaning all."""

    currencies: tuple[str, ...]


class Expected(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Money that a member expects: whole minor units."""

    item: str
    uetr: str
    currency: str
    minor: int


class Expectation(msgspec.Struct, frozen=True, array_like=True, tag="camt.057", gc=False):
    """A notification to receive."""

    items: tuple[Expected, ...]


class PaymentOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One transaction of a pain.001: what a customer asks its bank to pay.

    `charge_bearer` is "" where nobody said; with `service_level` and `urgent` it is that of the payment information where the
    transaction says none. `remittance` is the unstructured text, its lines joined by spaces. `kinds`, `before` and `after` are XML
    to the letter: the payment type, what stands before the initiating party in a pacs.008, and everything of the creditor's side.
    """

    instruction_id: str
    end_to_end_id: str
    uetr: str
    currency: str
    amount_minor: int
    charge_bearer: str
    service_level: str
    purpose: str
    remittance: str
    urgent: bool
    creditor_agent: str
    creditor: Party
    kinds: str
    before: str
    after: str
    faults: tuple[Refusal, ...] = ()


class PaymentInformation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Payment orders from one account on one day. `stated_count` and `control_sum` are "" where not stated; `passed` is the debtor's
    side to the letter; `faults` hold for all of its orders."""

    information_id: str
    method: str
    stated_count: str
    control_sum: str
    execution_date: str
    debtor_agent: str
    debtor: Party
    passed: str
    orders: tuple[PaymentOrder, ...]
    faults: tuple[Refusal, ...] = ()


class Initiation(msgspec.Struct, frozen=True, array_like=True, tag="pain.001", gc=False):
    """A customer's payment orders. `initiating_party` is XML to the letter; `digest` names the content (SHA-256, hexadecimal)."""

    stated_count: str
    control_sum: str
    initiating_party: str
    informations: tuple[PaymentInformation, ...]
    digest: str


class InformationReport(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of one payment information and of its orders."""

    information_id: str
    status: str
    reason: str
    statuses: tuple[Status, ...]


class CustomerReport(msgspec.Struct, frozen=True, array_like=True, tag="pain.002", gc=False):
    """What a customer hears of its initiation `original_id`."""

    original_id: str
    original_kind: str
    group_status: str
    group_reason: str
    informations: tuple[InformationReport, ...]


Body = (
    CustomerTransfers
    | Returns
    | Enquiry
    | BankTransfers
    | StatusReport
    | NetSettlement
    | LiquidityTransfer
    | Receipt
    | Notice
    | Statement
    | Recall
    | Resolution
    | Investigation
    | Findings
    | Verification
    | VerificationReport
    | BalanceQuery
    | ReportRequest
    | Expectation
    | Initiation
    | CustomerReport
)


class Message(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message. `faults` are message-level noes: a header that contradicts, a count or control sum that is wrong.

    `mentions` is every text of a message that carries no payments, and of its header; payments have theirs, with the header's.
    """

    kind: str
    header: Header | None
    message_id: str
    created: str
    body: Body
    faults: tuple[Refusal, ...] = ()
    mentions: tuple[Mention, ...] = ()
