"""A conversion whose rate ends while the transfer that needs it is still open: both legs stand, or neither does.

Where a conversion is a transfer of its own, it can be fulfilled, and end before the transfer that depends on it: somebody has then paid
one currency and not received the other. Here both are one chain from the reservation on (PFMI principle 12), and what has been reserved at
a rate is posted at that rate or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal, minor_of, utc_text
from fondaco.fx import Quote, fitting
from fondaco.hub import CloseCycle, PostQuotes
from fondaco.messages import LiquidityTransfer, Status, camt_050, pacs_002, wrap
from fondaco.payments import Payment, State
from small_worlds import CBSG, CBTH, FX, small
from union import HUB, SG1, TH1, Desk, S, agree

ANSWER_S = 20
Moved = dict[tuple[str, str], int]


def opened(folder: Path, valid_s: int, *more: Callable[[Path], None]) -> Desk:
    def amend(home: Path) -> None:
        small(home)
        for one in more:
            one(home)

    desk = Desk(folder, amend=amend, prefund="5000")
    quoted(desk, "2", valid_s)
    return desk


def quoted(desk: Desk, baht: str, valid_s: int) -> None:
    """The provider's only quotes from now on."""
    rate = Decimal(baht)
    pairs = (("SGD", "THB", rate), ("THB", "SGD", fitting(1 / rate)))
    found = [
        Quote(
            f"{int(desk.now) % 10**8:08d}-0000-4000-8000-00000000000{n}",
            FX,
            *pair,
            (),
            int(desk.now),
            int(desk.now) + valid_s * S,
            10**12,
        )
        for n, pair in enumerate(pairs)
    ]
    assert desk.do(PostQuotes(FX, tuple(found))) is None


def money(desk: Desk) -> Moved:
    return {(bic, code): desk.balance(bic, code) for bic, code in ((SG1, "SGD"), (FX, "SGD"), (FX, "THB"), (TH1, "THB"))}


def moved(desk: Desk, before: Moved) -> list[int]:
    """What SG1 paid, what the provider got and paid, and what TH1 got: minor units."""
    return [minor - before[key] for key, minor in money(desk).items()]


def withdraws(desk: Desk, amount: str) -> Refusal | str | None:
    """The provider takes its baht out."""
    name, text = f"W{desk.now}", utc_text(desk.now)
    asked = LiquidityTransfer(name, name, FX, HUB, "THB", minor_of(amount, 2))
    return desk.send(wrap("camt.050.001.07", FX, HUB, name, text, camt_050(name, text, asked)), FX)


def ends(desk: Desk, payment: Payment) -> None:
    """The rate that the payment is locked at is over, and its provider gives another, or none."""
    locked = desk.see(payment).locked
    assert locked is not None
    desk.wait((locked.expires - int(desk.now)) // S + 1)
    assert desk.now > locked.expires


@pytest.mark.parametrize("meanwhile", ["nothing", "another rate", "the provider leaves", "a restart"])
@pytest.mark.parametrize("answer", ["ACSP", "RJCT", "silence", "too late"])
def test_conversion_expires_between_fulfilment_and_the_dependent_transfer(tmp_path: Path, meanwhile: str, answer: str) -> None:
    """Both legs are reserved while the rate holds; it ends; then the creditor's bank fulfils, refuses, or says nothing in its time."""
    desk = opened(tmp_path / "hub", 5)
    before = money(desk)
    payment = desk.pay(SG1, TH1, "1000.00", "SGD", urgent=True)
    assert payment.state is State.OFFERED and payment.target_minor == 200_000
    ends(desk, payment)
    if meanwhile == "another rate":
        quoted(desk, "1.5", 600)
    elif meanwhile == "the provider leaves":
        assert desk.do(PostQuotes(FX, ())) is None
        refused = withdraws(desk, "5000.00")
        assert isinstance(refused, Refusal) and refused.reason is Reason.INSUFFICIENT_FUNDS, (
            "what is reserved cannot be taken out"
        )
        assert withdraws(desk, "3000.00") is None
    elif meanwhile == "a restart":
        desk = desk.again()
    assert desk.see(payment).state is State.OFFERED and moved(desk, before) == [0, 0, 0, 0]
    if answer in ("silence", "too late"):
        desk.wait(ANSWER_S)
        assert desk.see(payment).state is State.REJECTED
    if answer != "silence":
        said = desk.answer(payment, "RJCT" if answer == "RJCT" else "ACSP", "AC04" if answer == "RJCT" else "")
        assert isinstance(said, Refusal) == (answer == "too late")
    if answer == "ACSP":
        assert desk.see(payment).state is State.SETTLED
        assert moved(desk, before) == [-100_000 - payment.fee_minor, 100_000, -200_000, 200_000], "at the rate that was reserved"
    else:
        assert desk.see(payment).state is State.REJECTED and moved(desk, before) == [0, 0, 0, 0]
    agree(desk)
    desk.close()


@pytest.mark.parametrize("refusing", ["", "ZZCBSG00", "ZZCBTH00"])
def test_conversion_expires_between_acceptance_and_the_cycle(tmp_path: Path, refusing: str) -> None:
    """A net payment: its bank has accepted, the rate ends, the cycle is decided later; an agent of either currency may refuse."""
    desk = opened(tmp_path / "hub", 5)
    before = money(desk)
    payment = desk.pay(SG1, TH1, "1000.00", "SGD")
    desk.answer(payment)
    assert desk.see(payment).state is State.ACCEPTED
    ends(desk, payment)
    desk.inbox.clear()
    desk.do(CloseCycle(last=True))
    assert moved(desk, before) == [0, 0, 0, 0], "nothing moves before both agents have earmarked"
    asked = {mail.recipient: f"H{mail.seq:012d}" for mail in desk.inbox if mail.kind.startswith("pacs.029")}
    assert asked.keys() == {CBSG, CBTH}
    for agent in sorted(asked, key=lambda one: one == refusing):
        name, text = f"{agent}-{desk.now}", utc_text(desk.now)
        status = "RJCT" if agent == refusing else "ACSP"
        said = pacs_002(name, text, asked[agent], "pacs.029.001.02", list[Status](), status)
        desk.send(wrap("pacs.002.001.10", agent, HUB, name, text, said), agent)
    fee = payment.fee_minor
    assert moved(desk, before) == ([0, 0, 0, 0] if refusing else [-100_000 - fee, 100_000, -200_000, 200_000])
    assert desk.see(payment).state is (State.REJECTED if refusing else State.SETTLED)
    agree(desk)
    desk.close()


def never_again(home: Path) -> None:
    path = home / "union.toml"
    path.write_text(
        path.read_text().replace('key = "requote_when_queued"\nvalue = true', 'key = "requote_when_queued"\nvalue = false')
    )


@pytest.mark.parametrize("again", [True, False])
def test_nothing_is_reserved_at_a_rate_that_has_ended(tmp_path: Path, again: bool) -> None:
    """A payment waits for money longer than its rate holds: it is priced again, or refused where the article says so."""
    desk = opened(tmp_path / "hub", 5, *(() if again else (never_again,)))
    desk.fund(FX, "20000", "THB")
    payment = desk.pay(SG1, TH1, "6000.00", "SGD", urgent=True)
    assert payment.state is State.QUEUED and payment.target_minor == 1_200_000
    ends(desk, payment)
    quoted(desk, "1.5", 600)
    before = money(desk)
    desk.fund(SG1, "2000", "SGD")  # whoever is offered it says yes
    found = desk.see(payment)
    if again:
        assert found.state is State.SETTLED and found.target_minor == 900_000
        assert moved(desk, before) == [200_000 - 600_000 - payment.fee_minor, 600_000, -900_000, 900_000]
    else:
        assert found.state is State.REJECTED and found.refusal is not None and found.refusal.reason is Reason.QUOTE_EXPIRED
        assert moved(desk, before) == [200_000, 0, 0, 0]
    agree(desk)
    desk.close()
