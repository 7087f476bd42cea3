"""Journal, books and agents say the same; and where they do not, it is found."""

from __future__ import annotations

import msgspec

from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import contradictions
from union import MY1, SG1, SG2, TH1, Desk, agree


def everything(desk: Desk) -> list[Payment]:
    desk.hub.flush()
    return [DECODER.decode(raw) for _, raw in desk.hub.journal.payments()]


def test_every_state_agrees_and_every_change_of_the_journal_is_found(desk: Desk) -> None:
    offered = desk.pay(SG1, TH1, "10.00", "SGD")
    settled = desk.pay(SG1, TH1, "11.00", "SGD", urgent=True)
    desk.answer(settled)
    accepted = desk.pay(MY1, SG2, "12.00", "MYR")
    desk.answer(accepted)
    refused = desk.pay(SG1, TH1, "13.00", "SGD")
    desk.answer(refused, "RJCT", "AC04")
    desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True)
    desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov")
    agree(desk)
    true = everything(desk)
    assert {one.state for one in true} >= {State.OFFERED, State.SETTLED, State.ACCEPTED, State.REJECTED, State.QUEUED, State.HELD}

    def say(number: int, **change: object) -> list[str]:
        told = [msgspec.structs.replace(one, **change) if one.number == number else one for one in true]
        return contradictions(desk.hub.books, told, desk.rules, desk.hub.desk.ledgers)

    assert "not posted" in say(offered.number, state=State.SETTLED)[0]
    assert "not void" in say(settled.number, state=State.REJECTED)[0]
    assert "not open" in say(refused.number, state=State.OFFERED)[0]
    assert "booked otherwise" in say(settled.number, source_minor=1_101)[0]
    assert "not in the books" in say(settled.number, intent=9_999)[0]
    assert "open for no payment" in say(offered.number, intent=0)[0]
