"""What happened in the hub that the tests of the console look at: payments of every fate, and names that want to be more than text."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from console_door import prepared_with
from fondaco.hub import CloseCycle
from fondaco.payments import State
from union import ID1, KR1, MY1, MY2, PH1, SG1, SG2, TH1, TH2, Desk

# Markup, an override that turns what follows, a mark that nobody sees.
HOSTILE = '<script>alert(1)</script> \u202egnp\u2066 & "Sons" \''
UETR = "8a562c67-ca16-48ba-b074-65581be6f0a1"


def lived(folder: Path) -> int:
    """One cycle that settled, one that is open with obligations, a payment that is queued, one that is held."""

    def tale(desk: Desk) -> None:
        for payer, payee, amount, currency in (
            (SG1, TH1, "120.00", "SGD"), (SG2, MY1, "75.50", "SGD"), (TH1, SG2, "2400.00", "THB"), (MY1, SG1, "310.10", "MYR"),
        ):  # fmt: skip
            assert desk.pay(payer, payee, amount, currency).state is State.OFFERED
        desk.let_world_answer()
        desk.do(CloseCycle())
        desk.let_world_answer()
        for payer, payee, amount, currency in (
            (SG1, MY2, "88.00", "SGD"), (MY2, SG1, "150.00", "MYR"), (SG2, SG1, "41.25", "SGD"), (TH2, ID1, "990.00", "THB"),
            (KR1, PH1, "52000", "KRW"), (ID1, SG2, "1500000.00", "IDR"),
        ):  # fmt: skip
            desk.pay(payer, payee, amount, currency)
        desk.pay(SG1, SG2, "12.34", "SGD", uetr=UETR, debtor=escape(HOSTILE))
        desk.let_world_answer()
        for _ in range(7):
            desk.pay(SG1, SG2, "190000.00", "SGD", urgent=True)
        desk.let_world_answer()
        assert desk.pay(SG2, TH2, "17.00", "SGD", creditor="Sorvemir Brulomarov").state is State.HELD

    return prepared_with(folder, tale)
