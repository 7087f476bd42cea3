"""What parties do on open account: contracts, orders and invoices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fondaco.trade import Contract, TradeInvoice, TradeOrder
from fondaco.trade.contract import CONTRACT
from fondaco.trade.contract import Event as ContractEvent
from fondaco.trade.invoice import INVOICE
from fondaco.trade.order import ORDER
from trade_walk.acts import Act, signed, text_of
from trade_walk.ground import BANK_OF, FACTOR, GROCER, HOME, IMPORTER
from trade_walk.records import SELLERS
from trade_walk.world import TradeWorld

SHA = "ab" * 32
_MARKS = ("CREDIT", "RECEIPT", "ENCUMBER", "RELEASE", "OPT_IN", "OPT_OUT")
_OF_SELLER = ("ANSWERED", "GIVEN_UP", "CREDIT", "RECEIPT", "ENCUMBER")
_BY_BUYER = ("CHANGE_AGREED", "CHANGED", "CANCELLED", "RECEIVED", "CLOSED")
OPEN_MAX = 4
Paper = TradeInvoice | TradeOrder | Contract


class Papers:
    """The papers of a world."""

    def __init__(self, world: TradeWorld) -> None:
        self.world, self.dice = world, world.dice
        self._number = 0

    def act(self) -> Act | None:
        kind = self.dice.choice(("INV", "INV", "INV", "ORD", "CON"))
        found: list[Paper] = []
        machine: Any = self.world.hub.trading.machines[kind]
        while (one := machine.found(f"{kind}-{len(found) + 1:06d}")) is not None:
            found.append(one)
        table = {"INV": INVOICE, "ORD": ORDER, "CON": CONTRACT}[kind]
        alive = [one for one in found if one.state not in table.ends]
        if not alive or (len(alive) < OPEN_MAX and self.dice.random() < 0.2):
            return self.begin(kind)
        paper = self.dice.choice(alive)
        rows = [row.on.name for row in table.rows if row.before is paper.state]
        action = self.dice.choice([*rows, *(_MARKS if kind == "INV" else ())])
        return signed(self._actor(paper, action), action, paper.id, paper.version, self._body(paper, action))

    def begin(self, kind: str) -> Act:
        self._number += 1
        day, dice = self.world.day, self.dice
        seller, buyer = dice.choice(SELLERS), dice.choice((IMPORTER, FACTOR, GROCER))
        currency = HOME[BANK_OF[seller]]
        if kind == "INV":
            price = dice.choice(list(self.world.ground.prices)) if currency == "THB" else dice.choice(("99.00", "1250.00"))
            body: dict[str, Any] = {
                "buyer": buyer, "number": f"F-{dice.choice((self._number, 1))}", "currency": currency, "payable": price,
                "issued": day.isoformat(), "due": (day + timedelta(days=dice.choice((0, 10)))).isoformat(), "sha256": SHA,
            }  # fmt: skip
            return signed(seller, "ISSUE_INVOICE", "", 0, body)
        if kind == "ORD":
            body = {
                "seller": seller,
                "number": f"PO-{self._number}",
                "currency": currency,
                "issued": day.isoformat(),
                "sha256": SHA,
            }
            return signed(buyer, "SEND_ORDER", "", 0, body)
        days = {
            name: (day + timedelta(days=more)).isoformat()
            for name, more in (("first_day", 1), ("last_day", 20), ("open_until", 3))
        }
        return signed(seller, "OFFERED", "", 0, {"buyer": buyer, "terms": {"currency": currency, "sha256": SHA}, **days})

    def _actor(self, paper: Paper, action: str) -> str:
        if self.dice.random() < 0.1:
            return self.dice.choice((paper.seller, paper.buyer, FACTOR))
        if isinstance(paper, TradeInvoice):
            if action in ("RELEASE", "RECEIPT") and paper.encumbered_to:
                return paper.encumbered_to
            return paper.seller if action in _OF_SELLER else self.dice.choice((paper.buyer, paper.buyer, paper.seller))
        if isinstance(paper, TradeOrder):
            return paper.buyer if action in _BY_BUYER else paper.seller
        return self.dice.choice((paper.seller, paper.buyer))

    def _body(self, paper: Paper, action: str) -> dict[str, Any]:
        self._number += 1
        if isinstance(paper, TradeInvoice):
            part = text_of(self.dice.choice((paper.open_minor, paper.open_minor + 1, max(1, paper.open_minor // 3))))
            marks: dict[str, dict[str, Any]] = {
                "CREDIT": {"number": f"C-{self._number}", "amount": part}, "RECEIPT": {"reference": f"R-{self._number}", "amount": part},
                "ENCUMBER": {"kind": self.dice.choice(("financed", "pledged")), "to": FACTOR},
            }  # fmt: skip
            reasoned = action in ("QUERIED", "CONDITION_MADE", "REFUSED", "DISPUTE_RAISED")
            return marks.get(action, {"reason": "not as ordered"} if reasoned else {})
        if isinstance(paper, TradeOrder):
            named = action in ("CHANGED", "ACCEPTED_WITH_CHANGE", "DESPATCHED", "RECEIVED")
            return (
                {"number": f"D-{self._number}", "sha256": SHA}
                if named
                else {"reason": "sold out"}
                if action == "REJECTED"
                else {}
            )
        if action == ContractEvent.CHANGE_PROPOSED.name:
            return {"terms": {"currency": paper.terms.currency, "sha256": "cd" * 32}}
        return {"reason": "as it is"} if action in ("DECLINED", "DISPUTE_RAISED", "CHANGE_DECLINED") else {}
