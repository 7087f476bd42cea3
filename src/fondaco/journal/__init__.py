"""What was decided, when, by which article: a hash-linked chain, and the store that stands beside it."""

from fondaco.journal.commitment import (
    ERASED,
    RETENTION,
    SALT_BYTES,
    Contents,
    commit_inputs,
    commit_mail,
    erasure_facts,
    ranges_of,
    verify_contents,
)
from fondaco.journal.entry import GENESIS, BrokenChain, Entry, Inputs, Journal, Link, Mail, link, verify
from fondaco.journal.reading import JournalCopy, JournalUnavailable, WrongStore, copy_journal
from fondaco.journal.seen import BrokenSegment, Seen
from fondaco.journal.sqlite import Erasure, JournalFile, JournalLocked, Outcomes, glance, glance_meta

__all__ = [
    "ERASED",
    "GENESIS",
    "RETENTION",
    "SALT_BYTES",
    "BrokenChain",
    "BrokenSegment",
    "Contents",
    "Entry",
    "Erasure",
    "Inputs",
    "Journal",
    "JournalCopy",
    "JournalFile",
    "JournalLocked",
    "JournalUnavailable",
    "Link",
    "Mail",
    "Outcomes",
    "Seen",
    "WrongStore",
    "commit_inputs",
    "commit_mail",
    "copy_journal",
    "erasure_facts",
    "glance",
    "glance_meta",
    "link",
    "ranges_of",
    "verify",
    "verify_contents",
]
