"""The life of a payment: its rulebook, who may enter, what it books."""

from fondaco.payments.admission import Door, admit, expired, missing_data, target_currency
from fondaco.payments.assignment import ASSIGNMENT, INVESTIGATION, RECALL, VERIFICATION, Assignment, masked
from fondaco.payments.assignment import Event as AssignmentEvent
from fondaco.payments.assignment import State as AssignmentState
from fondaco.payments.bookings import obligations, owed, reserve, residue_back, resolve
from fondaco.payments.lifecycle import LIFE, Books, Event, State
from fondaco.payments.payment import DECODER, ENCODER, Delivery, Payment, Remitted, Screened, Taken, Title

__all__ = [
    "ASSIGNMENT",
    "DECODER",
    "ENCODER",
    "INVESTIGATION",
    "LIFE",
    "RECALL",
    "VERIFICATION",
    "Assignment",
    "AssignmentEvent",
    "AssignmentState",
    "Books",
    "Delivery",
    "Door",
    "Event",
    "Payment",
    "Remitted",
    "Screened",
    "State",
    "Taken",
    "Title",
    "admit",
    "expired",
    "masked",
    "missing_data",
    "obligations",
    "owed",
    "reserve",
    "residue_back",
    "resolve",
    "target_currency",
]
