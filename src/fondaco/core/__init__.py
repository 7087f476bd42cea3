"""Words that everyone shares: money, identifiers, calendars, instants, refusals, lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core.calendar import Calendar, Holiday
from fondaco.core.clock import Clock, ClockWentBack, Instant, ManualClock, SystemClock, at, instant_of, utc_text
from fondaco.core.countries import COUNTRIES
from fondaco.core.durability import write_again
from fondaco.core.face import shown_late
from fondaco.core.identifiers import bic8, bic_fault, iban_fault, lei_fault, lei_with_check_digits, uetr_fault
from fondaco.core.lifecycle import Nothing, Step, Table, UnlawfulStep
from fondaco.core.migration import Migration, UnfitStore, bring_up, copy_path
from fondaco.core.money import (
    CURRENCIES,
    MINOR_MAX,
    AmountFault,
    Currency,
    Money,
    TooManyDecimals,
    amount_text,
    minor_of,
    minor_text,
    round_half_even,
)
from fondaco.core.party import KINDS, Mention, Party
from fondaco.core.passkey import (
    ASSERTION_BYTES_MAX,
    Assertion,
    PasskeyKey,
    assertion_fault,
    assertion_of,
    challenge_of,
    is_assertion,
    passkey_key_fault,
    word_fault,
)
from fondaco.core.refusal import MalformedMessage, Reason, Refusal, first_of
from fondaco.core.signature import fingerprint, signature_holds

if TYPE_CHECKING:
    from fondaco.core.postgres import EPOCH_LOST, FENCE, PostgresStore, SchemaMigration, StoreTaken, schema_version, session
else:
    # The driver of PostgreSQL is an extra, and is read when somebody asks for it.
    __getattr__ = shown_late(
        __name__,
        {"postgres": ("EPOCH_LOST", "FENCE", "PostgresStore", "SchemaMigration", "StoreTaken", "schema_version", "session")},
    )

__all__ = [
    "ASSERTION_BYTES_MAX",
    "COUNTRIES",
    "CURRENCIES",
    "EPOCH_LOST",
    "FENCE",
    "KINDS",
    "MINOR_MAX",
    "AmountFault",
    "Assertion",
    "Calendar",
    "Clock",
    "ClockWentBack",
    "Currency",
    "Holiday",
    "Instant",
    "MalformedMessage",
    "ManualClock",
    "Mention",
    "Migration",
    "Money",
    "Nothing",
    "Party",
    "PasskeyKey",
    "PostgresStore",
    "Reason",
    "Refusal",
    "SchemaMigration",
    "Step",
    "StoreTaken",
    "SystemClock",
    "Table",
    "TooManyDecimals",
    "UnfitStore",
    "UnlawfulStep",
    "amount_text",
    "assertion_fault",
    "assertion_of",
    "at",
    "bic8",
    "bic_fault",
    "bring_up",
    "challenge_of",
    "copy_path",
    "fingerprint",
    "first_of",
    "iban_fault",
    "instant_of",
    "is_assertion",
    "lei_fault",
    "lei_with_check_digits",
    "minor_of",
    "minor_text",
    "passkey_key_fault",
    "round_half_even",
    "schema_version",
    "session",
    "shown_late",
    "signature_holds",
    "uetr_fault",
    "utc_text",
    "word_fault",
    "write_again",
]
