"""Which mail of a batch answers which message: by the name of the message that each answer tells."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from xml.sax.saxutils import escape

from fondaco.journal import Mail

# Where an answer names what it answers: `OrgnlMsgId` of pacs.002 and camt.025 (there with a `MsgId` inside), `Ref` of admi.002, `OrgnlBizQry` of
# camt.004, `OrgnlInstrId` never, since it is a payment's own.
_NAMED = re.compile(rb"<(?:OrgnlMsgId|Ref|MsgId|OrgnlMsgIdr|Id)>([^<]{1,64})<")
# What goes on to another bank answers nobody.
ONWARD = ("pacs.008", "pacs.009", "pacs.004", "pacs.028", "pacs.029", "camt.056", "camt.110", "acmt.023")
# Nothing more is to be told of a payment with one of these (ExternalPaymentTransactionStatus1Code).
_LAST = frozenset({b"RJCT", b"ACSC", b"CANC"})
_STATUS = re.compile(rb"<(?:TxSts|GrpSts)>([A-Z]{4})<")


class Posted:
    """The mail of one batch."""

    def __init__(self, mail: Sequence[Mail]) -> None:
        self.mail = mail

    @cached_property
    def _answers(self) -> dict[tuple[str, bytes], list[Mail]]:
        found: dict[tuple[str, bytes], list[Mail]] = {}
        for one in self.mail:
            if not one.kind.startswith(ONWARD):
                for name in set(_NAMED.findall(one.raw)):
                    found.setdefault((one.recipient, name), []).append(one)
        return found

    def answers_to(self, recipient: str, kind: str, message_id: str, raw: bytes) -> list[Mail]:
        """What was sent to `recipient` (BIC of eight) in answer to the message `raw` of this kind, by its identification, or by its digest where
        nobody could read one; in the order of the mail. The reports that a camt.060 asks for name nothing that they answer: they are its own."""
        named = self._answers.get((recipient, escape(message_id).encode()), ()) if message_id else ()
        # What could be read is answered by its name; only what could not is called by its digest, which is not made for nothing.
        named = named or self._answers.get((recipient, hashlib.sha256(raw).hexdigest()[:35].encode()), ())
        found = {one.seq: one for one in named}
        if kind.startswith("camt.060"):
            found |= {one.seq: one for one in self.mail if one.recipient == recipient and one.kind.startswith("camt.052")}
        return [found[seq] for seq in sorted(found)]


def is_last(mail: Sequence[Mail]) -> bool:
    """Whether nothing more is to come: every payment that is told of has met its end; what is not of payments is answered once."""
    return bool(mail) and all(set(_STATUS.findall(one.raw)) <= _LAST for one in mail if one.kind.startswith("pacs.002"))
