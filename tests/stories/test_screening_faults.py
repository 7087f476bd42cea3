"""Faults at every step between the door and the books: whatever breaks, no payment is final, reserved or offered without a verdict."""

from __future__ import annotations

import contextlib
import importlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from fondaco.compliance import CaseState, Judging, Screener, Verdict
from fondaco.core import Instant, Mention, Refusal, utc_text
from fondaco.hub import Arrive, ListDamaged, SwapLists, open_hub, replay_verdict
from fondaco.hub.build import Screeners
from fondaco.hub.casework import Casework
from fondaco.hub.holding import Holding
from fondaco.hub.hub import Hub
from fondaco.hub.reserving import Reserving
from fondaco.messages import acmt_023, verification, wrap
from fondaco.payments import DECODER, Payment, State
from union import HUB, SG1, TH1, Desk, agree, calm_uetr, newly_listed, pacs_008

LISTED = "Sorvemir Brulomarov"
# Where money is, or was, or is promised.
_MONEY = (State.RESERVED, State.OFFERED, State.ACCEPTED, State.SETTLED)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("faults") / "hub")
    yield made
    agree(made)
    made.close()


def payments(desk: Desk) -> list[Payment]:
    stored = {number: DECODER.decode(raw) for number, raw in desk.hub.journal.payments()}
    return [desk.hub.desk.live.get(number, one) for number, one in stored.items()]


def assert_nothing_passed_unscreened(desk: Desk) -> None:
    """Every payment with money has a verdict of the list set that was in force: clear, or a hit that two officers released; made again,
    it comes out the same."""
    screeners = Screeners(desk.folder)
    for one in payments(desk):
        if one.state not in _MONEY:
            continue
        assert one.screened is not None and one.list_set, one.uetr
        case = desk.hub.desk.cases.get(one.case)
        assert one.screened.outcome == "CLEAR" or (case is not None and case.state is CaseState.RELEASED), one.uetr
        replayed = replay_verdict(desk.hub, one, screeners)
        assert (replayed.fault, replayed.outcome) == ("", one.screened.outcome), one.uetr


def raising(fault: type[BaseException]) -> Callable[..., Any]:
    def breaks(*_: object, **__: object) -> Any:
        raise fault("injected")

    return breaks


def clear_of_another(
    self: Screener, batch: Any, at: Instant, judging: Judging | None = None, ends: Any = None, lacking: Any = None
) -> list[Verdict]:
    """A verdict for somebody else's message, as a mixed-up memory would give it."""
    return [REAL(self, [[Mention("name", "x", "Tan Wei Ling")]], at, judging)[0] for _ in batch]


def altered(**fields: object) -> Callable[..., list[Verdict]]:
    def answers(
        self: Screener, batch: Any, at: Instant, judging: Judging | None = None, ends: Any = None, lacking: Any = None
    ) -> list[Verdict]:
        return [msgspec.structs.replace(one, **fields) for one in REAL(self, batch, at, judging, ends, lacking)]

    return answers


REAL = Screener.screen
# Calls between the door and the books, each by its owner and name; those outside compliance may stop the process.
STEPS: list[tuple[Any, str]] = [
    (Screener, "screen"), (Screener, "_all"), (Screener, "_learn"), (Screener, "_judge"), (Screener, "entry"),
    (importlib.import_module("fondaco.compliance.screening"), "message_digest"),
    (importlib.import_module("fondaco.compliance.screening"), "facts_of"),
    (importlib.import_module("fondaco.compliance.screening"), "fingerprint_of"),
    (importlib.import_module("fondaco.compliance.screening"), "weigh"),
    (Judging, "threshold"), (Judging, "places"), (Judging, "bars"), (Judging, "spared_by"),
    (Verdict, "digest"), (Casework, "open_for_payment"), (Holding, "screener_in_force"), (Holding, "judging"), (Holding, "_bind"),
    (Hub, "take"), (Reserving, "_price"), (Reserving, "_reserve"), (Hub, "_offer"), (Hub, "_answer"), (Hub, "book"), (Hub, "_payments_of"),
    (Hub, "_records_of"), (Hub, "_keep"),
]  # fmt: skip
WRONG: dict[str, Callable[..., Any]] = {
    "no verdicts": lambda *_, **__: [],
    "None": lambda *_, **__: None,
    "one too many": lambda self, batch, at, judging=None, ends=None, lacking=None: REAL(self, [*batch, []], at, judging),
    "a clear verdict on another message": clear_of_another,
    "a clear outcome with its hits": altered(outcome="CLEAR"),
    "another list set": altered(list_set="f" * 32, outcome="CLEAR", hits=()),
    "no such outcome": altered(outcome="PASS", hits=()),
    "another configuration": altered(configuration="0" * 32, outcome="CLEAR", hits=()),
    "garbage of the right number": lambda self, batch, *_, **__: ["CLEAR" for _ in batch],
    "yes": lambda *_, **__: True,
    "of yesterday": altered(at=1, outcome="CLEAR", hits=()),
}


def send(desk: Desk) -> tuple[str, str]:
    """One batch of two payments: one names a listed party, the other does not."""
    named, honest = calm_uetr(), calm_uetr()
    both = [Arrive(SG1, pacs_008(SG1, TH1, "5.00", "SGD", uetr=named, creditor=LISTED, urgent=True))]
    both.append(Arrive(SG1, pacs_008(SG1, TH1, "6.00", "SGD", uetr=honest, urgent=True)))
    desk.do(*both)
    return named, honest


def reopened(desk: Desk) -> None:
    """The process died: what is kept is what stands."""
    with contextlib.suppress(Exception):
        desk.hub.books.close()  # type: ignore[attr-defined]
    with contextlib.suppress(Exception):
        desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)


@pytest.mark.parametrize("fault", [RuntimeError, TimeoutError, MemoryError], ids=lambda one: one.__name__)
@pytest.mark.parametrize("step", range(len(STEPS)), ids=[f"{getattr(owner, '__name__', owner)}.{name}" for owner, name in STEPS])
def test_a_step_that_breaks_passes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: int, fault: type[BaseException]
) -> None:
    if fault is not RuntimeError and step % 3:
        pytest.skip("every step breaks once, every third in each way")
    owner, name = STEPS[step]
    before = len(payments(desk))
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, raising(fault))
        try:
            named, honest = send(desk)
        except fault:
            named = honest = ""
    if not named:
        reopened(desk)
    else:
        found = desk.hub.by_uetr(named)
        assert found is not None and found.state is State.HELD, "what breaks inside screening is a hold"
        assert desk.hub.by_uetr(honest) is not None
    assert_nothing_passed_unscreened(desk)
    assert len(payments(desk)) >= before


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_is_no_verdict_on_this_message_is_a_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Screener, "screen", WRONG[wrong])
        named, honest = send(desk)
    for uetr in (named, honest):
        found = desk.hub.by_uetr(uetr)
        assert found is not None
        if wrong == "a clear outcome with its hits" and uetr == honest:
            assert found.state is State.OFFERED, "that one is a verdict"
        else:
            assert found.state is State.HELD and not found.intent
    assert_nothing_passed_unscreened(desk)


@pytest.mark.parametrize("wrong", ["raises", *WRONG])
def test_a_message_without_payments_passes_no_more_than_a_payment_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """An honest question and one that names a listed party: with an answer that is no verdict on them neither goes on."""
    text = utc_text(desk.now)
    asked = []
    for holder in (LISTED, "Somchai Foods"):
        name = f"V{uuid4().hex[:8]}"
        question = acmt_023(name, text, (SG1, HUB), verification("1", TH1, "987", holder))
        asked.append(wrap("acmt.023.001.04", SG1, HUB, name, text, question))
    before = len(desk.inbox)
    with monkeypatch.context() as patched:
        patched.setattr(Screener, "screen", WRONG.get(wrong, raising(RuntimeError)))
        desk.do(*[Arrive(SG1, raw) for raw in asked])
    passed = [mail.raw for mail in desk.inbox[before:] if (mail.recipient, mail.kind[:8]) == (TH1, "acmt.023")]
    allowed = 1 if wrong == "a clear outcome with its hits" else 0  # there the honest one has a verdict
    assert len(passed) == allowed and not any(b"Sorvemir" in raw for raw in passed)


@pytest.mark.parametrize("step", ["verdicts_on_messages", "message_passes", "judging"])
def test_a_step_that_breaks_passes_no_message(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    text, name = utc_text(desk.now), f"V{uuid4().hex[:8]}"
    asked = acmt_023(name, text, (SG1, HUB), verification("1", TH1, "987", LISTED))
    before = len(desk.inbox)
    with monkeypatch.context() as patched:
        patched.setattr(Holding, step, raising(RuntimeError))
        with pytest.raises(RuntimeError):
            desk.send(wrap("acmt.023.001.04", SG1, HUB, name, text, asked), SG1)
    reopened(desk)
    desk.inbox += desk.hub.take_mail()
    assert not [mail for mail in desk.inbox[before:] if (mail.recipient, mail.kind[:8]) == (TH1, "acmt.023")]


# Lists


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Desk]:
    """A desk at which nothing was done before: what a test before this one left to be answered would move its books."""
    made = Desk(tmp_path / "hub")
    yield made
    made.close()


def test_lists_that_changed_behind_a_verdict_stop_the_process_before_anything_is_reserved(
    own: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step of ours swaps lists between a verdict and its reservation. If one did, the books' door would see it."""
    real = Reserving._price

    def swaps(self: Reserving, batch: Any, payment: Payment) -> None:
        self._desk.counters.list_set = "f" * 32
        real(self, batch, payment)

    books = own.books()
    with monkeypatch.context() as patched:
        patched.setattr(Reserving, "_price", swaps)
        with pytest.raises(AssertionError, match="a verdict of the list set in force"):
            send(own)
    assert own.books() == books
    reopened(own)
    assert_nothing_passed_unscreened(own)


@pytest.mark.parametrize("fault", [OSError, TimeoutError, MemoryError], ids=lambda one: one.__name__)
def test_lists_that_cannot_be_read_replace_nothing(
    own: Desk, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    send(own)
    version, before = own.hub.desk.counters.list_set, [(one.number, one.state) for one in payments(own)]
    newer = newly_listed(own, f"Kanya {fault.__name__}")
    with monkeypatch.context() as patched:
        patched.setattr(Screeners, "_build", raising(fault))
        with pytest.raises(fault):
            own.do(SwapLists(newer))
    reopened(own)  # the swap was begun: decided again, it takes place, and everything in flight meets the new lists
    assert own.hub.desk.counters.list_set == newer != version
    assert len(payments(own)) == len(before)
    assert all(one.list_set == newer for one in own.hub.desk.live.values())
    assert_nothing_passed_unscreened(own)


def test_lists_that_are_damaged_on_disk_start_no_hub_and_are_swapped_in_by_none(tmp_path: Path) -> None:
    own = Desk(tmp_path / "hub")
    version = newly_listed(own, "Kanya Wongrak")
    for path in (own.folder / "lists" / "un").glob("*/*.entries"):
        path.write_bytes(path.read_bytes()[:-9])
    refused = own.do(SwapLists(version))
    assert isinstance(refused, Refusal)
    payment = own.pay(SG1, TH1, "5.00", "SGD", creditor=LISTED)
    assert payment.state is State.HELD, "the set that served serves on"
    own.close()
    with pytest.raises(ListDamaged):
        open_hub(own.folder)


# A kill


KILLED = """
import os, signal, sys
from pathlib import Path
from fondaco.core import Instant
from fondaco.hub import Arrive, open_hub
from fondaco.hub.hub import Hub
from fondaco.hub.holding import Holding
from fondaco.hub.casework import Casework
from fondaco.hub.reserving import Reserving

folder, owner, name, when, now = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
place = {"Hub": Hub, "Holding": Holding, "Casework": Casework, "Reserving": Reserving}[owner]
real = getattr(place, name)

def dies(*given, **named):
    if when == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

hub = open_hub(folder)
setattr(place, name, dies)
hub.process([Arrive("ZZBASG01", Path(path).read_bytes()) for path in sys.argv[6:]], Instant(now))
hub.flush()
print("alive")
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("Holding", "screen"),
        ("Casework", "open_for_payment"),
        ("Reserving", "_price"),
        ("Reserving", "_reserve"),
        ("Hub", "book"),
        ("Hub", "_offer"),
    ],
)
def test_a_hub_killed_between_a_verdict_and_a_reservation_passes_nothing_unscreened(
    tmp_path: Path, owner: str, name: str, when: str
) -> None:
    own = Desk(tmp_path / "hub")
    uetrs = [calm_uetr(), calm_uetr()]
    for place, (uetr, creditor) in enumerate(zip(uetrs, (LISTED, "Somchai Foods"), strict=True)):
        (tmp_path / f"{place}.xml").write_bytes(pacs_008(SG1, TH1, "5.00", "SGD", uetr=uetr, creditor=creditor, urgent=True))
    before = own.balance(SG1, "SGD")
    own.close()
    files = [str(tmp_path / f"{place}.xml") for place in (0, 1)]
    script = [sys.executable, "-c", KILLED, str(own.folder), owner, name, when, str(int(own.now) + 10**9), *files]
    ended = subprocess.run(script, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-500:]
    own.now = Instant(own.now + 2 * 10**9)
    reopened(own)
    named, honest = (own.hub.by_uetr(uetr) for uetr in uetrs)
    assert named is not None and named.state is State.HELD and named.case and not named.intent
    assert honest is not None and honest.state is State.OFFERED
    assert_nothing_passed_unscreened(own)
    # The lists changed while the hub was down: before anything more is reserved, the swap holds what they name.
    assert own.do(SwapLists(newly_listed(own, "Somchai Foods"))) is None
    assert own.see(honest).state is State.HELD and own.balance(SG1, "SGD") == before
    agree(own)
    own.close()


def test_the_books_own_door_refuses_what_got_so_far_without_a_verdict(tmp_path: Path) -> None:
    """The last line of defence: our own mistake stops the process before money moves."""
    own = Desk(tmp_path / "hub")

    def skips(self: Holding, batch: Any, waiting: list[Payment]) -> None:
        from fondaco.payments import Event

        for payment in waiting:
            self.take(batch, payment, Event.CLEARED)

    patched = pytest.MonkeyPatch()
    patched.setattr(Holding, "screen", skips)
    with pytest.raises(AssertionError, match="verdict"):
        own.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    patched.undo()
    reopened(own)
    assert_nothing_passed_unscreened(own)
    own.close()
