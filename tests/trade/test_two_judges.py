"""The register and the offline verifier are two programs with one law: what the one refuses, the other does not believe, however well it is forged."""

from __future__ import annotations

import random
from collections import Counter

from fondaco.core import Refusal, utc_text
from fondaco.journal import Tree
from fondaco.trade import Change, ControlEvent, Decided, Deed, event_hash, leaf, verify_title
from fondaco.trade.control_event import Signature
from fondaco.trade.title_proof import title_proof
from fondaco.trade.tree_head import TreeHead, head_material
from random_titles import Lots
from titles import HUB, Desk, key_of, keys, public

# What the verifier leaves to the register, since it moves nothing, or moves it as its holder wishes: what a bill's signatories owe and when, naming
# whom the record names already, and pledging to oneself.
LEFT = {
    ("ACCEPT_BILL", "action"),
    ("REFUSE_BILL", "action"),
    ("AVAL", "action"),
    ("AVAL", "actor"),
    ("RECOURSE", "action"),
    ("RECOURSE", "body.recipient"),
    ("PRESENT_FOR_PAYMENT", "at"),
    ("PRESENT_FOR_PAYMENT", "action"),
    ("SURRENDER_FOR_DELIVERY", "action"),
    ("PLEDGE", "body.pledgee"),
    ("ENDORSE", "body.recipient"),
    ("ENDORSE_TO_ORDER", "body.recipient"),
    ("BLANK_ENDORSE", "actor"),
    ("TRANSFER", "body.endorsement"),
    ("OFFER_AGAINST", "body.endorsement"),
    ("SACC", "body.paper"),
    ("SACC", "body.statement"),
    ("ACCEPT", "supersedes"),
}


class Judged(Desk):
    """A register whose refused deeds a dishonest hub puts into the record's history all the same, with heads and log to fit."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: Counter[bool] = Counter()

    def put(self, deed: Deed) -> Decided[tuple[Change, ...]] | Refusal:
        record = self.book.record(deed.instrument)
        before = [change.event for change in self.events.get(deed.instrument, [])]
        answer = super().put(deed)
        if isinstance(answer, Refusal) and record is not None:
            known = keys()
            words = tuple(Signature(known[key], key.hex(), signature.hex()) for key, signature in deed.signatures)
            text, at = deed.body.decode(), utc_text(self.now)
            forged = ControlEvent(
                record.etr, record.instrument, record.seq + 1, record.head, deed.action, deed.actor, text, at, HUB, "", words
            )
            former = self.book.record(record.supersedes)
            believed = self._believed([*before, forged], former.etr if former else "")
            self.judged[believed] += 1
            blank = record.title.name == "BLANK"
            if believed and (answer.where in ("body.endorsement", "actor") and "ENDORSE" in deed.action + text):
                assert blank, "only who has title endorses, and in blank whoever holds"
            assert not believed or (deed.action, answer.where) in LEFT, answer.sentence()
        return answer

    def _believed(self, events: list[ControlEvent], superseded: str) -> bool:
        tree = Tree()
        for event in events:
            tree.append(leaf(event, event_hash(event)))
        head = TreeHead(HUB, tree.size, tree.root().hex(), utc_text(self.now))
        hub = key_of(HUB)
        signature = hub.sign(head_material(head))
        proof = title_proof(events, tree.size - 1, tree, head, signature, public(HUB), hub.sign, (), superseded)
        try:
            verify_title.verify(proof, [])
        except (ValueError, KeyError):
            return False
        return True


def test_what_the_register_refuses_the_verifier_does_not_believe() -> None:
    judged: Counter[bool] = Counter()
    for seed in range(4):
        walk = Lots(random.Random(seed))
        walk.desk = desk = Judged()
        for _ in range(250):
            walk.step()
        judged += desk.judged
    assert judged[False] > 300
