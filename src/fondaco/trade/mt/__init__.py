"""SWIFT MT at the edge: messages of categories 4 and 7 in and out, each field by its format, each type by its table (docs/mt.md)."""

from fondaco.trade.mt.drafting import COLLECTIONS, DRAWINGS, draft_collection, draft_drawing, folded, headers, spelled
from fondaco.trade.mt.field import CODES, FORMS, amount_on_the_wire, day_on_the_wire, iso_day
from fondaco.trade.mt.form import Form, Piece, X, Z, form
from fondaco.trade.mt.layout import LAYOUTS, Layout, Row, Sequence
from fondaco.trade.mt.message import Fault, Field, Message
from fondaco.trade.mt.narrative import Coded, coded, paragraphs
from fondaco.trade.mt.views import (
    CONTINUATIONS,
    CREDITS,
    DISPOSALS,
    Amendment,
    CollectionItem,
    CreditTerms,
    Drawing,
    Party,
    amendment,
    collection_items,
    credit_terms,
    drawing,
)
from fondaco.trade.mt.wire import compose, examine, occurrences, read, write

__all__ = [
    "CODES",
    "COLLECTIONS",
    "CONTINUATIONS",
    "CREDITS",
    "DISPOSALS",
    "DRAWINGS",
    "FORMS",
    "LAYOUTS",
    "Amendment",
    "Coded",
    "CollectionItem",
    "CreditTerms",
    "Drawing",
    "Fault",
    "Field",
    "Form",
    "Layout",
    "Message",
    "Party",
    "Piece",
    "Row",
    "Sequence",
    "X",
    "Z",
    "amendment",
    "amount_on_the_wire",
    "coded",
    "collection_items",
    "compose",
    "credit_terms",
    "day_on_the_wire",
    "draft_collection",
    "draft_drawing",
    "drawing",
    "examine",
    "folded",
    "form",
    "headers",
    "iso_day",
    "occurrences",
    "paragraphs",
    "read",
    "spelled",
    "write",
]
