"""The life of a payment: its rulebook, who may enter, what it books."""

from fondaco.payments.admission import Door, admit, target_currency
from fondaco.payments.bookings import obligations, reserve, resolve
from fondaco.payments.lifecycle import LIFE, Books, Event, State
from fondaco.payments.payment import DECODER, ENCODER, Payment, Taken

__all__ = [
    "DECODER",
    "ENCODER",
    "LIFE",
    "Books",
    "Door",
    "Event",
    "Payment",
    "State",
    "Taken",
    "admit",
    "obligations",
    "reserve",
    "resolve",
    "target_currency",
]
