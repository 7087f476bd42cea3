"""What was decided, when, by which article: a hash-linked chain, and the store that stands beside it."""

from fondaco.journal.entry import GENESIS, BrokenChain, Entry, Inputs, Journal, Link, link, verify
from fondaco.journal.seen import BrokenSegment, Seen
from fondaco.journal.sqlite import JournalFile, JournalLocked, JournalUnavailable, Mail, Outcomes, WrongStore, glance, glance_meta

__all__ = [
    "GENESIS",
    "BrokenChain",
    "BrokenSegment",
    "Entry",
    "Inputs",
    "Journal",
    "JournalFile",
    "JournalLocked",
    "JournalUnavailable",
    "Link",
    "Mail",
    "Outcomes",
    "Seen",
    "WrongStore",
    "glance",
    "glance_meta",
    "link",
    "verify",
]
