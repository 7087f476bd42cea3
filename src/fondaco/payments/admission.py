"""May this instruction enter? The ladder of the noes that need the rulebook of the day and what came before.

What needs only the message itself was found at the gate (`Transfer.faults`); the lowest rank of both is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fondaco.core import Instant, Reason, Refusal, amount_text, bic8, first_of, instant_of
from fondaco.messages import Transfer
from fondaco.rulebook import CurrencyRules, Participant, Rules

_MINUTE = 60 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class CurrencyDoor:
    """One currency on one business day: open from `opens` until before `cut_off`; never, when `closed`."""

    rules: CurrencyRules
    opens: int
    cut_off: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Door:
    """What the ladder reads, made once for a business day."""

    rules: Rules
    day_text: str
    currencies: Mapping[str, CurrencyDoor]
    open_corridors: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, rules: Rules, day: date, extensions: Mapping[str, int] | None = None, *, ended: bool = False) -> Door:
        """`extensions` are whole minutes by which a currency's cut-off is later on this day. A day that `ended` is closed in all.

        A currency whose calendar does not know the day is closed. Raises `ValueError` for a day that no calendar knows.
        """
        if not any(currency.calendar.knows(day) for currency in rules.currencies.values()):
            raise ValueError(f"no currency has a calendar of {day}")
        currencies = {}
        for code, currency in rules.currencies.items():
            calendar = currency.calendar
            later = (extensions or {}).get(code, 0) * _MINUTE
            closed = ended or not calendar.knows(day) or not calendar.is_business_day(day)
            currencies[code] = CurrencyDoor(currency, int(calendar.opening(day)), int(calendar.cut_off_at(day)) + later, closed)
        countries = {participant.country for participant in rules.participants.values()}
        corridors = frozenset(
            (origin, target) for origin in countries for target in countries if rules.corridor_open(origin, target)
        )
        return cls(rules, day.isoformat(), currencies, corridors)


def target_currency(transfer: Transfer, creditor_agent: Participant) -> str:
    """What arrives: the instructed currency where the creditor agent holds it, else its own country's."""
    instructed = transfer.instructed_currency
    if instructed and instructed != transfer.currency and instructed in creditor_agent.currencies:
        return instructed
    if transfer.currency in creditor_agent.currencies:
        return transfer.currency
    return creditor_agent.currency


def expired(transfer: Transfer, at: Instant) -> bool:
    """Whether the instruction's own expiry (XpryDtTm, the first instant that is too late) has passed; many have none."""
    return bool(transfer.expires) and instant_of(transfer.expires) <= at


def admit(door: Door, transfer: Transfer, sender: str, known_uetr: bool, at: Instant) -> Refusal | None:
    """The first no that holds for one transfer of a message that `sender` (a BIC of eight characters) sent, or None."""
    stateful = _ladder(door, transfer, sender, known_uetr, at)
    if not transfer.faults:
        return stateful
    return first_of([*transfer.faults, stateful] if stateful else list(transfer.faults))


def missing_data(transfer: Transfer, full_data_from_minor: int) -> tuple[str, str] | None:
    """What FATF Recommendation 16 asks for and the transfer does not tell: place and ISO code (RR01 to RR03). Below `full_data_from_minor`
    (whole minor units) names and accounts alone are asked for."""
    debtor, creditor = transfer.debtor, transfer.creditor
    if not debtor.name:
        return "CdtTrfTxInf/Dbtr/Nm", "RR02"
    if not debtor.account:
        return "CdtTrfTxInf/DbtrAcct", "RR01"
    if not transfer.located and transfer.amount_minor >= full_data_from_minor:
        return "CdtTrfTxInf/Dbtr/PstlAdr", "RR02"
    if not creditor.name:
        return "CdtTrfTxInf/Cdtr/Nm", "RR03"
    return None if creditor.account else ("CdtTrfTxInf/CdtrAcct", "RR03")


def _ladder(door: Door, transfer: Transfer, sender: str, known_uetr: bool, at: Instant) -> Refusal | None:
    rules = door.rules
    payer = rules.participants.get(sender)
    payee = rules.participants.get(bic8(transfer.creditor_agent))
    if payer is None:
        return Refusal(Reason.SENDER_UNKNOWN, "AppHdr/Fr", sender, rules.cite("participants"))
    if bic8(transfer.debtor_agent) != sender and bic8(transfer.instructing_agent) != sender:
        return Refusal(Reason.SENDER_CONTRADICTS, "CdtTrfTxInf/DbtrAgt", transfer.debtor_agent, rules.cite("participants"))
    if payee is None:
        return Refusal(Reason.RECEIVER_UNKNOWN, "CdtTrfTxInf/CdtrAgt", transfer.creditor_agent, rules.cite("participants"))
    if payer is payee:
        # Nothing crosses the hub between two customers of one bank.
        return Refusal(Reason.CORRIDOR_CLOSED, "CdtTrfTxInf/CdtrAgt", "the sender itself", rules.cite("corridors"))
    if not payer.may_send:
        return Refusal(Reason.PARTICIPANT_SUSPENDED, "CdtTrfTxInf/DbtrAgt", payer.bic, rules.cite("participants"))
    if not payee.may_receive:
        return Refusal(Reason.PARTICIPANT_SUSPENDED, "CdtTrfTxInf/CdtrAgt", payee.bic, rules.cite("participants"))
    if known_uetr:
        return Refusal(Reason.DUPLICATE_UETR, "CdtTrfTxInf/PmtId/UETR", transfer.uetr, rules.cite("duplicates"))
    source = door.currencies.get(transfer.currency)
    if source is None or transfer.currency not in payer.currencies:
        reason = Reason.CURRENCY_NOT_SETTLED if source is None else Reason.CURRENCY_NOT_HELD
        return Refusal(reason, "CdtTrfTxInf/IntrBkSttlmAmt/@Ccy", transfer.currency, rules.cite("currencies"))
    target = door.currencies.get(target_currency(transfer, payee))
    if target is None:
        return Refusal(Reason.CURRENCY_NOT_SETTLED, "CdtTrfTxInf/CdtrAgt", payee.currency, rules.cite("currencies"))
    if (payer.country, payee.country) not in door.open_corridors:
        return Refusal(Reason.CORRIDOR_CLOSED, "CdtTrfTxInf/CdtrAgt", f"{payer.country}-{payee.country}", rules.cite("corridors"))
    barred = rules.purpose_fault(payer.country, payee.country, transfer.purpose, transfer.document)
    if barred:
        return Refusal(Reason.PURPOSE_BARRED, "CdtTrfTxInf/Purp", barred, rules.corridor_article(payer.country, payee.country))
    missing = missing_data(transfer, source.rules.full_data_from_minor)
    if missing is not None and not rules.holds_incomplete:
        return Refusal(Reason.DATA_INCOMPLETE, missing[0], "", rules.cite("party_data"), missing[1])
    retail = rules.scheme.purposes.get(transfer.purpose)
    if retail is not None and transfer.amount_minor > retail.ceilings.get(transfer.currency, transfer.amount_minor):
        found = f"{amount_text(transfer.amount_minor, transfer.currency)} for {retail.name}"
        return Refusal(Reason.ABOVE_CEILING, "CdtTrfTxInf/IntrBkSttlmAmt", found, retail.article)
    if transfer.amount_minor > source.rules.ceiling_minor:
        found = amount_text(transfer.amount_minor, transfer.currency)
        return Refusal(Reason.ABOVE_CEILING, "CdtTrfTxInf/IntrBkSttlmAmt", found, rules.cite("ceilings"))
    if expired(transfer, at):
        return Refusal(Reason.EXPIRED, "GrpHdr/XpryDtTm", transfer.expires)
    if transfer.settlement_date != door.day_text:
        return Refusal(
            Reason.SETTLEMENT_DATE_WRONG, "CdtTrfTxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day")
        )
    if source.closed or target.closed or at < source.opens or at < target.opens:
        return Refusal(Reason.DAY_CLOSED, "CdtTrfTxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day"))
    if at >= source.cut_off or at >= target.cut_off:
        return Refusal(Reason.AFTER_CUT_OFF, "CdtTrfTxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day"))
    return None
