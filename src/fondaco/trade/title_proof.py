"""The proof file of a record: everything that a third party needs to see who controls it, and nothing that it must ask us for.

One JSON object in canonical form, to the byte: the events with the document in the first, where the last one stands in the log, the hub's signed
heads, and the witnesses' signatures. `verify_title.py` checks it alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fondaco.journal import HashTree
from fondaco.trade.canonical import canonical
from fondaco.trade.control_event import ControlEvent, event_hash
from fondaco.trade.tree_head import RecordHead, Sign, TreeHead, WitnessSignature, record_material

FORM = "fondaco title proof 1"


def title_proof(
    events: Sequence[ControlEvent],
    index: int,
    tree: HashTree,
    head: TreeHead,
    head_signature: bytes,
    hub_key: bytes,
    sign: Sign,
    witnesses: Sequence[WitnessSignature] = (),
    superseded: str = "",
) -> bytes:
    """The proof file of the record with these events, all that the log of `head` has of it; the last stands at `index`.

    `superseded` is the id of the record whose place this one took. `sign` makes the hub's signature under the record's head.
    """
    last = events[-1]
    record = RecordHead(head.hub, last.etr, last.seq, event_hash(last), head.size)
    return canonical(
        {
            "form": FORM,
            "events": [msgspec.to_builtins(event) for event in events],
            "superseded": superseded,
            "index": index,
            "path": [step.hex() for step in tree.inclusion(index, head.size)],
            "tree_head": msgspec.to_builtins(head),
            "tree_head_signature": head_signature.hex(),
            "record_head": msgspec.to_builtins(record),
            "record_head_signature": sign(record_material(record)).hex(),
            "hub_key": hub_key.hex(),
            "witnesses": [msgspec.to_builtins(one) for one in witnesses],
        }
    ).encode()
