"""A lawful no: a value with a rank and an ISO 20022 code, never raised."""

from __future__ import annotations

from enum import Enum

import msgspec


class Reason(Enum):
    """Why the hub says no. Members stand in the order in which the no is given: the first that holds is told.

    `code` is from ExternalStatusReason1Code (ISO 20022 external code sets, 2Q2026). A reason that must not tell the
    sender more than the law lets it say carries the neutral RR04.
    """

    # The message itself
    MALFORMED = ("MALFORMED", "FF01", "the message is not well formed, or not true to its schema")
    HEADER_CONTRADICTS = ("HEADER_CONTRADICTS", "FF01", "the business header contradicts the document")
    COUNT_WRONG = ("COUNT_WRONG", "AM18", "the number of transactions differs from the header's count")
    CONTROL_SUM_WRONG = ("CONTROL_SUM_WRONG", "AM10", "the control sum differs from the sum of the amounts")
    # Who speaks, and to whom
    SENDER_UNKNOWN = ("SENDER_UNKNOWN", "DNOR", "the sender is not a participant of this union")
    SENDER_CONTRADICTS = ("SENDER_CONTRADICTS", "RC03", "the sender is not the instructing agent of what it sends")
    RECEIVER_UNKNOWN = ("RECEIVER_UNKNOWN", "CNOR", "the creditor agent is not a participant of this union")
    PARTICIPANT_SUSPENDED = ("PARTICIPANT_SUSPENDED", "AG01", "a participant is suspended or not yet active")
    NOT_RECOGNISED = ("NOT_RECOGNISED", "AG08", "the caller is not recognised, or no longer")
    RIGHT_NOT_HELD = ("RIGHT_NOT_HELD", "AG08", "the caller's role does not hold this right here")
    SIGNATURE_MISSING = ("SIGNATURE_MISSING", "DS0A", "a signature is required and none is there")
    SIGNATURE_WRONG = ("SIGNATURE_WRONG", "DS0E", "the signature does not hold, or is not of this sender")
    SIGNATURE_STALE = ("SIGNATURE_STALE", "DS0E", "the signature is too old, of the future, or was used before")
    ROLE_NOT_HELD = ("ROLE_NOT_HELD", "AG01", "the participant does not hold the role that this needs")
    # Seen before
    DUPLICATE_UETR = ("DUPLICATE_UETR", "AM05", "this UETR came before in another message")
    DUPLICATE_MESSAGE = ("DUPLICATE_MESSAGE", "DUPL", "this message identification came before with another content")
    ASKED_TOO_OFTEN = ("ASKED_TOO_OFTEN", "AM21", "the member asked more often than the scheme allows")
    # What is to come back
    RETURN_UNKNOWN = ("RETURN_UNKNOWN", "AGNT", "no such payment was received by who returns it")
    RETURN_UNSETTLED = ("RETURN_UNSETTLED", "AG03", "the payment is not settled: there is nothing to return")
    RETURNED_ALREADY = ("RETURNED_ALREADY", "AM05", "the payment was returned before")
    RETURN_DIFFERS = ("RETURN_DIFFERS", "AM09", "a return is in the currency that arrived, and of no more than arrived")
    # What the instruction says
    UETR_WRONG = ("UETR_WRONG", "CH16", "the UETR is not a lower-case UUID version 4")
    IDENTIFIER_WRONG = ("IDENTIFIER_WRONG", "RC01", "a BIC or LEI is not well formed or its check digits are wrong")
    ACCOUNT_WRONG = ("ACCOUNT_WRONG", "AC01", "an account number is not well formed or its check digits are wrong")
    ELEMENT_MISSING = ("ELEMENT_MISSING", "CH21", "an element that the scheme requires is missing")
    ELEMENT_NOT_ADMITTED = ("ELEMENT_NOT_ADMITTED", "CH17", "an element stands where the standard or the scheme admits none")
    CODE_UNKNOWN = ("CODE_UNKNOWN", "CH16", "a code is not in the external code set")
    CHARACTERS_WRONG = ("CHARACTERS_WRONG", "CH16", "a reference holds characters outside the agreed set")
    DECIMALS_WRONG = ("DECIMALS_WRONG", "CH20", "the amount has more decimals than its currency")
    AMOUNT_NOT_POSITIVE = ("AMOUNT_NOT_POSITIVE", "AM12", "the amount is not above zero")
    AMOUNT_DIFFERS = ("AMOUNT_DIFFERS", "AM09", "the amount is not the one that was asked for")
    CURRENCY_NOT_SETTLED = ("CURRENCY_NOT_SETTLED", "AM03", "the currency is not settled in this union")
    CURRENCY_NOT_HELD = ("CURRENCY_NOT_HELD", "AM03", "the participant holds no account in this currency")
    CORRIDOR_CLOSED = ("CORRIDOR_CLOSED", "AG03", "the union does not serve this corridor")
    PURPOSE_BARRED = ("PURPOSE_BARRED", "RR04", "an article of this corridor bars or requires a purpose")
    DATA_INCOMPLETE = ("DATA_INCOMPLETE", "RR02", "what must be known of originator or beneficiary is missing (FATF R.16)")
    CUSTOMER_LIMIT = ("CUSTOMER_LIMIT", "AM14", "the customer would pass what an article of this corridor allows it")
    ABOVE_CEILING = ("ABOVE_CEILING", "AM14", "the amount is above the scheme's ceiling")
    SETTLEMENT_DATE_WRONG = ("SETTLEMENT_DATE_WRONG", "DT01", "the settlement date is not the business day of the hub")
    DAY_CLOSED = ("DAY_CLOSED", "DT01", "the hub, or a currency of this payment, is closed today")
    AFTER_CUT_OFF = ("AFTER_CUT_OFF", "TM01", "the currency's cut-off has passed")
    EXPIRED = ("EXPIRED", "TM01", "the instruction's own expiry has passed")
    DAY_UNKNOWN = ("DAY_UNKNOWN", "DT01", "a calendar that this is counted on does not know the day")
    ABOVE_AVAILABLE = ("ABOVE_AVAILABLE", "AM14", "the amount is above what the instrument still makes available")
    # Screening
    REGULATORY = ("REGULATORY", "RR04", "regulatory reason")
    # Price
    QUOTE_UNKNOWN = ("QUOTE_UNKNOWN", "AB04", "the quote is unknown or belongs to somebody else")
    QUOTE_EXPIRED = ("QUOTE_EXPIRED", "AB04", "the quote has expired")
    QUOTE_DIFFERS = ("QUOTE_DIFFERS", "AB04", "the agreed rate, amount or pair differs from the quote")
    NO_PRICE = ("NO_PRICE", "AB04", "no provider quotes this pair with enough capacity")
    AMOUNT_VANISHES = ("AMOUNT_VANISHES", "AM12", "the converted amount is below one minor unit")
    # Money
    INSUFFICIENT_FUNDS = ("INSUFFICIENT_FUNDS", "AM04", "the prefunded balance does not cover the payment")
    ABOVE_CAP = ("ABOVE_CAP", "AM23", "the payment would pass the participant's cap")
    # The other side, and time
    CREDITOR_AGENT_REFUSED = ("CREDITOR_AGENT_REFUSED", "NARR", "the creditor agent refused")
    ANSWER_LATE = ("ANSWER_LATE", "AB05", "the creditor agent did not answer in time")
    REVOKED = ("REVOKED", "CUST", "revoked by the sender while it was queued")
    SETTLEMENT_FAILED = ("SETTLEMENT_FAILED", "ED05", "the cycle settled without this payment, since a payer failed")
    NOT_FOUND = ("NOT_FOUND", "AGNT", "no such payment, participant, case or cycle")
    OUT_OF_TURN = ("OUT_OF_TURN", "AG03", "this answer or command does not fit the state")

    def __new__(cls, key: str, code: str, text: str) -> Reason:
        # The stored value is the name: journals outlive the order of this list.
        member = object.__new__(cls)
        member._value_ = key
        return member

    def __init__(self, key: str, code: str, text: str) -> None:
        self.code = code
        self.text = text
        self.rank = 0  # set below: the order of the members


for _rank, _reason in enumerate(Reason):
    assert _reason.value == _reason.name, f"{_reason.name} is stored under another name"
    _reason.rank = _rank


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """One no: why, where in the message or command, and what was found there.

    `code` is what the sender hears and is the reason's unless another party gave its own (a creditor agent's).
    `article` is the rulebook's article, empty where a standard outside the rulebook decides.
    """

    reason: Reason
    where: str = ""
    found: str = ""
    article: str = ""
    told_code: str = ""

    @property
    def code(self) -> str:
        return self.told_code or self.reason.code

    def sentence(self) -> str:
        """One line for a person: reason, place, what was found, article."""
        parts = [f"{self.reason.name} ({self.code}): {self.reason.text}"]
        if self.where:
            parts.append(f"at {self.where}")
        if self.found:
            parts.append(f"found {self.found!r}")
        if self.article:
            parts.append(f"article {self.article}")
        return "; ".join(parts)


def first_of(refusals: list[Refusal]) -> Refusal:
    """The refusal that is told when several hold: lowest rank, then the order in which they were found."""
    assert refusals, "there is no first of none"
    return min(refusals, key=lambda refusal: refusal.reason.rank)


class MalformedMessage(Exception):
    """What we were sent is broken; raised at the border only and answered with a refusal."""

    def __init__(self, reason: Reason, where: str, found: str) -> None:
        super().__init__(f"{reason.text}; at {where or 'the document'}; {found}")
        self.refusal = Refusal(reason, where, found)
