"""What one event of a transferable record costs, what its proof costs to check, and whether that stays so up to a million records.

    .venv/bin/python bench/trade_register.py [--records 1000000]

Composed by `./run bench trade`. An event is decided, hashed, taken into the register in memory and into the log; signatures are checked as a hub would
check them (Ed25519, one for a deed). Nothing is written to disk: durable deeds are measured where the hub is. Times are of one core's own time, since
nothing here waits for anything.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import msgspec  # noqa: E402

from fondaco.core import Instant, Refusal, utc_text  # noqa: E402
from fondaco.journal import Tree  # noqa: E402
from fondaco.trade import ControlEvent, Decided, Deed, RegisterBook, leaf, register, signers_of, verify_title  # noqa: E402
from fondaco.trade.canonical import canonical  # noqa: E402
from fondaco.trade.title_proof import title_proof  # noqa: E402
from fondaco.trade.tree_head import TreeHead, WitnessSignature, head_material, witness_material  # noqa: E402
from titles import BANK, BUYER, CARRIER, HUB, NOON, OPERATOR, OTHER, SHIPPER, SUPERVISOR, key_of, keys, lading, public  # noqa: E402

ROUNDS = 5
STEP_NS = 1_000_000
UNTIL = "2026-12-31T00:00:00.000Z"
LOG_GROWTH = (10_000, 100_000, 1_000_000)


class Register:
    """A register in memory with its log, and a clock that moves a millisecond with every event."""

    def __init__(self) -> None:
        self.book = RegisterBook(HUB, OPERATOR, SUPERVISOR)
        self.log = Tree()
        self.now = NOON
        self.begun = 0

    def take(self, deed: Deed, signers: tuple[str, ...]) -> tuple[ControlEvent, int]:
        """Decide, take, log: the event and its place."""
        self.now = Instant(self.now + STEP_NS)
        answer = register.decide(self.book, deed, self.now, signers, f"ETR-{self.begun + 1:06d}")
        assert isinstance(answer, Decided), answer
        self.begun += not deed.version
        self.book.take(answer.instrument)
        for change in answer.instrument:
            place = self.log.append(leaf(change.event, change.hash))
        return answer.instrument[-1].event, place


# A document of the usual size: its canonical text, with a place for the serial and for words that make it its own.
_CONTENT = canonical(lading("SERIAL", termsAndConditions="WORDS" + " As agreed between the parties." * 20))


def issue(number: int) -> Deed:
    content = _CONTENT.replace("SERIAL", f"SLT{number:09d}").replace("WORDS", str(number))
    body = {
        "kind": "BILL_OF_LADING",
        "serial": f"SLT{number:09d}",
        "recipient": SHIPPER,
        "title": "ORDER",
        "named": SHIPPER,
        "content": content,
        "law": "SG",
    }
    return Deed(HUB, CARRIER, "", 0, "ISSUE", msgspec.json.encode(body))


def act(book: RegisterBook, instrument: str, actor: str, action: str, **body: Any) -> Deed:
    record = book.records[instrument]
    return Deed(HUB, actor, instrument, record.seq, action, msgspec.json.encode({"head": record.head, **body}))


def signed(deed: Deed) -> Deed:
    pair = (public(deed.actor), key_of(deed.actor).sign(deed.material()))
    return msgspec.structs.replace(deed, signatures=(pair,))


# What a record usually lives through between issue and surrender.
LIFE: tuple[Callable[[RegisterBook, str], Deed], ...] = (
    lambda book, one: act(book, one, SHIPPER, "ACCEPT"),
    lambda book, one: act(book, one, SHIPPER, "TRANSFER", recipient=BANK, until=UNTIL, endorsement="ENDORSE_TO_ORDER"),
    lambda book, one: act(book, one, BANK, "ACCEPT"),
    lambda book, one: act(book, one, BANK, "TRANSFER", recipient=BUYER, until=UNTIL, endorsement="ENDORSE"),
    lambda book, one: act(book, one, BUYER, "ACCEPT"),
    lambda book, one: act(book, one, BUYER, "SIGN"),
    lambda book, one: act(book, one, BUYER, "SURRENDER_FOR_DELIVERY"),
    lambda book, one: act(book, one, CARRIER, "SACC"),
)


def events_per_s(records: int = 200, checked: bool = True) -> float:
    """Events a second over whole lives of `records` records; `checked`: with the check of every signature. Signing is not counted."""
    own, known = Register(), keys()
    spent, count = 0.0, 0
    for number in range(1, records + 1):
        instrument = f"ETR-{number:06d}"
        for make in (lambda book, one: issue(number), *LIFE):  # noqa: B023 - called in the same round
            bare = make(own.book, instrument)
            deed = signed(bare) if checked else msgspec.structs.replace(bare, signatures=((b"", b""),))
            begun = time.process_time()
            signers = signers_of(deed, known) if checked else (deed.actor,)
            assert not isinstance(signers, Refusal)
            own.take(deed, signers)
            spent += time.process_time() - begun
            count += 1
    return count / spent


def proof_of(others: int) -> bytes:
    """The proof file of a record after nine events, in a log with `others` more leaves and two witnesses."""
    own = Register()
    for number in range(others):
        own.log.append(number.to_bytes(72, "big"))
    events: list[ControlEvent] = []
    place = 0
    for make in (lambda book, one: issue(1), *LIFE):
        deed = signed(make(own.book, "ETR-000001"))
        event, place = own.take(deed, (deed.actor,))
        events.append(event)
    head = TreeHead(HUB, own.log.size, own.log.root().hex(), utc_text(own.now))
    hub = key_of(HUB)
    words = [
        {"party": one, "key": public(one).hex(), "signature": key_of(one).sign(witness_material(one, head)).hex()}
        for one in (BANK, OTHER)
    ]
    witnesses = [WitnessSignature(**word) for word in words]
    return title_proof(events, place, own.log, head, hub.sign(head_material(head)), public(HUB), hub.sign, witnesses)


def verify_ms(proof: bytes, times: int = 50) -> float:
    """Milliseconds to check a proof file, its signatures included."""
    begun = time.process_time()
    for _ in range(times):
        verify_title.verify(proof, [])
    return (time.process_time() - begun) * 1000 / times


def growth(records: int) -> list[dict[str, float]]:
    """At 10,000, 100,000 and so on up to `records` records in the register: what an event costs then, and what all of it takes in memory.

    Each is issued and accepted (two events, unsigned, so that what grows is not lost in what does not); the cost is the mean over the last tenth.
    """
    own, found = Register(), []
    marks = sorted({mark for mark in LOG_GROWTH if mark < records} | {records})
    empty = resident_mb()
    spent = 0.0
    for number in range(1, records + 1):
        instrument = f"ETR-{number:06d}"
        first = msgspec.structs.replace(issue(number), signatures=((b"", b""),))
        begun = time.process_time()
        own.take(first, (CARRIER,))
        second = msgspec.structs.replace(act(own.book, instrument, SHIPPER, "ACCEPT"), signatures=((b"", b""),))
        own.take(second, (SHIPPER,))
        spent += time.process_time() - begun
        following = next(mark for mark in marks if mark >= number)
        if number == following - following // 10:
            spent = 0.0
        if number == following:
            proving = time.process_time()
            for index in range(0, own.log.size, max(1, own.log.size // 100)):
                own.log.inclusion(index)
                own.log.consistency(index)
            proofs = (time.process_time() - proving) * 1e6 / 200
            memory = resident_mb() - empty
            event_us = spent * 1e6 / (2 * (following // 10))
            found.append({"records": number, "event_us": round(event_us, 1), "proof_us": round(proofs, 1), "mb": memory})
            print(json.dumps(found[-1]), file=sys.stderr)
    return found


def resident_mb() -> int:
    """Memory that is in use now; at most until now where the system does not tell."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def figures(records: int) -> dict[str, Any]:
    """Everything; medians of five rounds where a figure is a rate or a time."""
    proof = proof_of(100_000)
    checked, bare, verified = [], [], []
    for _ in range(ROUNDS):
        checked.append(events_per_s())
        bare.append(events_per_s(checked=False))
        verified.append(verify_ms(proof))
    return {
        "register_events_per_s": round(statistics.median(checked)),
        "register_events_per_s_without_signatures": round(statistics.median(bare)),
        "proof_verify_ms": round(statistics.median(verified), 2),
        "proof_bytes": len(proof),
        "register_growth": growth(records),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    print(json.dumps(figures(parser.parse_args().records)))


if __name__ == "__main__":
    main()
