"""What was decided, when, by which article: a hash-linked chain, and the store that stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import shown_late
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
from fondaco.journal.entry import GENESIS, BrokenChain, Entry, Inputs, Link, Mail, link, verify
from fondaco.journal.face import Erasure, Journal, JournalLocked, JournalUnavailable, Outcomes, WrongStore
from fondaco.journal.head import JournalHead, head_text, sided
from fondaco.journal.merkle import EMPTY_ROOT, HashTree, Tree, consistency_holds, inclusion_holds, leaf_hash, node_hash
from fondaco.journal.reading import JournalCopy, copy_journal
from fondaco.journal.seen import BrokenSegment, Seen
from fondaco.journal.sqlite import JournalFile, glance, glance_meta

if TYPE_CHECKING:
    from fondaco.journal.postgres import PostgresJournal, glance_meta_postgres, glance_postgres
else:
    # The driver of PostgreSQL is an extra, and is read when somebody asks for it.
    __getattr__ = shown_late(__name__, {"postgres": ("PostgresJournal", "glance_meta_postgres", "glance_postgres")})

__all__ = [
    "EMPTY_ROOT",
    "ERASED",
    "GENESIS",
    "RETENTION",
    "SALT_BYTES",
    "BrokenChain",
    "BrokenSegment",
    "Contents",
    "Entry",
    "Erasure",
    "HashTree",
    "Inputs",
    "Journal",
    "JournalCopy",
    "JournalFile",
    "JournalHead",
    "JournalLocked",
    "JournalUnavailable",
    "Link",
    "Mail",
    "Outcomes",
    "PostgresJournal",
    "Seen",
    "Tree",
    "WrongStore",
    "commit_inputs",
    "commit_mail",
    "consistency_holds",
    "copy_journal",
    "erasure_facts",
    "glance",
    "glance_meta",
    "glance_meta_postgres",
    "glance_postgres",
    "head_text",
    "inclusion_holds",
    "leaf_hash",
    "link",
    "node_hash",
    "ranges_of",
    "sided",
    "verify",
    "verify_contents",
]
