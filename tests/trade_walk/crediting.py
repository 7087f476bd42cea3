"""What parties do with documentary credits: terms, amendments, presentations to each bank, undertakings and claims."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fondaco.trade import LetterOfCredit, Lock, availability
from fondaco.trade.amendment import AMENDMENT
from fondaco.trade.crediting import ACTS
from fondaco.trade.letter_of_credit import CREDIT, State
from fondaco.trade.presentation import PRESENTATION
from fondaco.trade.presentation import State as Shown
from trade_walk.acts import Act, minor_of, signed, text_of
from trade_walk.collecting import on_its_way
from trade_walk.ground import BANK_OF, EXPORTER, FACTOR, GROCER, HOME, IMPORTER, MILLER, NAME_OF, OTHER
from trade_walk.records import Records
from trade_walk.world import TradeWorld
from union import SG1, SG2, TH1, TH2

DISCREPANCIES = [{"text": "B/L shows port of loading Port Klang", "rule": "UCP600.20a.iii", "where": "transport.loading"}]
_ANY = sorted(ACTS)
OPEN_MAX, PRESENTATIONS_MAX, AMENDMENTS_MAX = 4, 6, 3
_NUMBERS = range(1, 4)
_PLACE = {"SGD": {"name": "SINGAPORE", "locode": "SGSIN"}, "THB": {"name": "BANGKOK", "locode": "THBKK"}}


class Crediting:
    """The credits of a world."""

    def __init__(self, world: TradeWorld, records: Records) -> None:
        self.world, self.dice, self.records = world, world.dice, records
        self._number = 0

    def all(self) -> list[LetterOfCredit]:
        found, number = [], 1
        while (one := self.world.hub.trading.credits.credit(f"LC-{number:06d}")) is not None:
            found.append(one)
            number += 1
        return found

    def open(self) -> list[LetterOfCredit]:
        return [one for one in self.all() if one.issue.state not in (State.CLOSED, State.DECLINED)]

    def act(self) -> Act | None:
        found, dice = self.open(), self.dice
        if not found or (len(found) < OPEN_MAX and dice.random() < 0.12):
            return self.apply()
        lc = dice.choice(found)
        moving = [
            act for lock in availability.locks(lc) if lock.taker == lc.applicant and (act := on_its_way(self.records, lock, lc.id)) is not None
        ]  # fmt: skip
        # What a bank bought with recourse and was refused goes back before its advance does.
        moving += [act for lock in _unbought(lc) if (act := on_its_way(self.records, lock, lc.id)) is not None]
        if moving and dice.random() < 0.4:
            return dice.choice(moving)
        if availability.payables(lc) and dice.random() < 0.55:
            return None  # its payment is what is waited for
        options = self._options(lc)
        if not options or dice.random() < 0.08:
            return self._said(lc, dice.choice(list(BANK_OF)), dice.choice(_ANY), {})
        actor, action, exactly = dice.choice(options)
        if action == "PRESENTED" and not exactly:
            return self._present(lc)
        return self._said(lc, actor, action, exactly)

    def _said(self, lc: LetterOfCredit, actor: str, action: str, exactly: dict[str, Any]) -> Act:
        # A draft is issued as it stands; everything else has particulars of its own.
        given = {} if action == "AMENDMENT_ISSUED" and exactly else self._body(lc, action)
        return signed(actor, action, lc.id, lc.version, {**given, **exactly})

    def apply(self) -> Act:
        dice = self.dice
        self._number += 1
        applicant, issuer = dice.choice(((IMPORTER, SG1), (IMPORTER, SG1), (FACTOR, OTHER)))
        beneficiary = dice.choice((EXPORTER, GROCER, GROCER, MILLER))
        adviser = BANK_OF[beneficiary]
        currency = HOME[adviser]
        amount = dice.choice(list(self.world.ground.prices)) if currency == "THB" else dice.choice(("1000.00", "1250.00"))
        expiry = self.world.day + timedelta(days=dice.choice((3, 15, 40)))
        honour: dict[str, Any] = dice.choice(
            [
                {"available_by": "SIGHT_PAYMENT"}, {"available_by": "SIGHT_PAYMENT"}, {"available_by": "NEGOTIATION"},
                {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": dice.choice((3, 20))}},
                {"available_by": "ACCEPTANCE", "draft": {"tenor": {"event": "AFTER_SHIPMENT", "days": 20}, "drawee": issuer}},
            ]
        )  # fmt: skip
        available = dice.choice((issuer, adviser))
        terms: dict[str, Any] = {
            "number": f"DC-{self._number}", "issued": self.world.day.isoformat(), "expiry": expiry.isoformat(), "expiry_place": _PLACE[HOME[available]],
            "applicant": _named(applicant), "beneficiary": _named(beneficiary), "issuing_bank": _named(issuer), "advising_bank": _named(adviser),
            "available_with": _named(available), "currency": currency, "amount": amount, "confirmation": dice.choice(("WITHOUT", "CONFIRM")),
            "partial_shipments": dice.choice(("", "", "NOT_ALLOWED")), **honour,
        }  # fmt: skip
        if dice.random() < 0.3:
            terms["plus"] = 10
        if dice.random() < 0.35:
            terms["transferable"] = True
        if dice.random() < 0.5:
            terms["reimbursing_bank"] = _named(dice.choice((TH2,) if currency == "THB" else (SG2, OTHER, TH1)))
        return signed(applicant, "APPLIED", "", 0, {"terms": terms})

    def _present(self, lc: LetterOfCredit) -> Act | None:
        """Documents: their records are offered to the bank first, against what honour is."""
        dice = self.dice
        left = max(1, availability.available(lc, lc.issuing_bank))
        whole = minor_of(f"{lc.terms.amount:.2f}")
        prices = [minor_of(one) for one in self.world.ground.prices] if lc.currency == "THB" else [300_00, 80_00]
        fitting = [one for one in (whole, *prices) if one <= left] or [left]
        minor = dice.choice((*fitting * 3, left + 1, 1))
        bank = dice.choice((lc.issuing_bank, lc.confirming_bank or lc.advising_bank))
        against = availability.honour(lc).value
        mine = [
            one for one in self.records.live() if one.holder == lc.beneficiary and not one.pledged and one.freeze.name == "FREE"
        ]
        waiting = [
            one
            for one in mine
            if one.locked and one.lock is not None and (one.lock.recipient, one.lock.reference) == (bank, lc.id)
        ]
        free = [one for one in mine if not one.locked]
        if not waiting and free and dice.random() < 0.85:
            record = dice.choice(free)
            body = {"recipient": bank, "until": self.records.until(30 * 86_400), "against": against, "reference": lc.id}
            return self.records.deed(record, record.holder, "OFFER_AGAINST", **body)
        body = {
            "bank": bank, "currency": lc.currency, "amount": text_of(minor), "records": [one.instrument for one in waiting[:1]],
            "complete": dice.random() < 0.85,
        }  # fmt: skip
        if dice.random() < 0.3:
            body["shipped_on"] = (self.world.day - timedelta(days=dice.choice((2, 25)))).isoformat()
        if lc.presentations and dice.random() < 0.2:
            body["corrects"] = dice.choice(_NUMBERS)
        return signed(lc.beneficiary, "PRESENTED", lc.id, lc.version, body)

    def _options(self, lc: LetterOfCredit) -> list[tuple[str, str, dict[str, Any]]]:
        """Whose turn it may be, for what, with which particulars."""
        options: list[tuple[str, str, dict[str, Any]]] = []
        for row in CREDIT.rows:
            if row.before is lc.issue.state and row.on.value in ("APPROVED", "DECLINED", "PREADVISED", "ISSUED", "ADVISED"):
                bank = lc.advising_bank if row.on.value == "ADVISED" else lc.issuing_bank
                options += [(bank, row.on.value, {})] * (1 if row.on.value == "DECLINED" else 8)
        if lc.confirmation is not None and not lc.confirming_bank:
            options += [(lc.confirmation.bank, "CONFIRMED", {})] * 3 + [(lc.confirmation.bank, "CONFIRMATION_DECLINED", {})]
        if lc.reimbursing_bank:
            options.append((lc.reimbursing_bank, "REIMBURSEMENT_UNDERTAKEN", {}))
        if len(lc.presentations) < PRESENTATIONS_MAX and lc.issue.state is State.AVAILABLE:
            options += [(lc.beneficiary, "PRESENTED", {})] * 5
        if len(lc.amendments) < AMENDMENTS_MAX:
            options += [(lc.issuing_bank, "AMENDMENT_ISSUED", {}), (lc.applicant, "AMENDMENT_DRAFTED", {})]
        for each in lc.amendments:
            if each.state not in AMENDMENT.ends:
                answers = (
                    (lc.issuing_bank, "ISSUED"), (lc.applicant, "WITHDRAWN"), (lc.advising_bank, "ADVISED"), (lc.confirming_bank, "EXTENDED"),
                    (lc.beneficiary, "ACCEPTED"), (lc.beneficiary, "REJECTED"),
                )  # fmt: skip
                options += [(actor, f"AMENDMENT_{word}", {"number": each.number}) for actor, word in answers if actor]
        options += self._examined(lc) + self._transferred(lc)
        for claim in lc.claims:
            this = {"claim": claim.number}
            options += [(lc.reimbursing_bank, "CLAIM_REFUSED", this)] * (claim.state.value == "CLAIMED")
            options += [(lc.issuing_bank, "REFUND_CLAIMED", this)] * 2 * (claim.state.value == "PAID")
        for owed in lc.undertakings:
            options += [(owed.creditor, what, {"undertaking": owed.number}) for what in ("ASSIGNED", "DISCOUNTED", "WRITTEN_OFF")]
        return options

    def _examined(self, lc: LetterOfCredit) -> list[tuple[str, str, dict[str, Any]]]:
        options: list[tuple[str, str, dict[str, Any]]] = []
        for shown in lc.presentations:
            this = {"presentation": shown.number}
            for row in PRESENTATION.rows:
                if row.before is not shown.state or row.on.value not in ACTS or row.on.value == "PAID":
                    continue
                asked = lc.applicant if shown.bank == lc.issuing_bank else lc.issuing_bank
                waiver = row.on.value in ("WAIVER_GIVEN", "WAIVER_DENIED")
                actor = asked if waiver else shown.presenter if row.on.value == "COMPLETED" else shown.bank
                options += [(actor, row.on.value, this)] * 4
            if shown.honoured and shown.bank != lc.issuing_bank and lc.reimbursing_bank:
                options += [(shown.bank, "CLAIMED", this)] * 3
        return options

    def _transferred(self, lc: LetterOfCredit) -> list[tuple[str, str, dict[str, Any]]]:
        """Parts for other sellers of the same currency, their drawings, and what each says to amendments."""
        if not lc.terms.transferable:
            return []
        options: list[tuple[str, str, dict[str, Any]]] = []
        bank = lc.terms.available_with.id if lc.terms.available_with else lc.issuing_bank
        others = [who for who in (EXPORTER, GROCER, MILLER) if who != lc.beneficiary and HOME[BANK_OF[who]] == lc.currency]
        if others and len(lc.transfers) < 2 and lc.issue.state is State.AVAILABLE:
            options += [(lc.beneficiary, "TRANSFER_REQUESTED", {"to": self.dice.choice(others)})] * 4
        for part in lc.transfers:
            this = {"transfer": part.number}
            if part.state.name == "REQUESTED":
                options += [(bank, "TRANSFERRED", this)] * 8 + [(bank, "TRANSFER_DECLINED", this)]
            if part.state.name != "IN_FORCE":
                continue
            if len(lc.presentations) < PRESENTATIONS_MAX:
                drawn = {
                    "bank": bank,
                    "currency": lc.currency,
                    "amount": text_of(self.dice.choice((part.minor, part.minor + 1, 1))),
                }
                options += [(part.second, "PRESENTED", {**drawn, **this})] * 3
            for change in lc.amendments:
                which = {**this, "number": change.number}
                options.append((bank, "TRANSFER_AMENDMENT_ADVISED", which))
                options += [(part.second, f"TRANSFER_AMENDMENT_{word}", which) for word in ("ACCEPTED", "REJECTED")]
        for shown in lc.presentations:
            if shown.transfer and shown.honoured and not shown.substitutes:
                invoice = text_of(shown.minor + self.dice.choice((1, 80_00)))
                options += [(lc.beneficiary, "SUBSTITUTED", {"presentation": shown.number, "invoice": invoice})] * 3
        return options

    def _body(self, lc: LetterOfCredit, action: str) -> dict[str, Any]:
        """Particulars that may fit, or nearly."""
        dice = self.dice
        if action == "APPROVED":
            return {"margin": dice.choice(("", "250.00", "9000000.00"))} if lc.currency == "SGD" else {}
        if action == "PAID":
            return {"batch": "0" * 64, "currency": lc.currency, "amount": "1.00", "presentation": 1}
        if action in ("AMENDMENT_ISSUED", "AMENDMENT_DRAFTED"):
            later = (self.world.day + timedelta(days=50)).isoformat()
            found: dict[str, Any] = dice.choice(
                [{"increase": "300.00"}, {"decrease": "300.00"}, {"changes": {"expiry": later}}, {"cancel": True},
                 {"changes": {"presentation_days": 15}, "increase": "1.00"}]
            )  # fmt: skip
            return found
        if action.startswith("AMENDMENT"):
            return {
                "number": dice.choice(_NUMBERS),
                **({"extends": dice.random() < 0.5} if action == "AMENDMENT_EXTENDED" else {}),
            }
        if action in ("FOUND_DISCREPANT", "NOTICE_GIVEN"):
            disposal = (
                {} if action == "FOUND_DISCREPANT" else {"disposal": dice.choice(("HOLD", "NOTIFY", "RETURN", "PREVINST", ""))}
            )
            return {"presentation": dice.choice(_NUMBERS), "discrepancies": DISCREPANCIES, **disposal}
        if action == "FOUND_COMPLYING":
            return {
                "presentation": dice.choice(_NUMBERS),
                "under": [each.number for each in lc.pending][: dice.choice((0, 0, 1, 3))],
            }
        if action == "FORWARDED":
            return {"presentation": dice.choice(_NUMBERS), "to": lc.issuing_bank}
        if action in ("ASSIGNED", "DISCOUNTED"):
            return {"undertaking": dice.choice(_NUMBERS), "to": dice.choice((FACTOR, GROCER, OTHER))}
        if action == "TRANSFER_REQUESTED":
            which = dice.choice(({}, {"amendments": "ALL"}, {"amendments": "NAMED", "amended_fields": ["expiry"]}))
            return {"to": GROCER, "amount": text_of(dice.choice((80_00, 300_00))), **which}
        if action.startswith("TRANSFER_AMENDMENT"):
            return {"transfer": dice.choice(_NUMBERS), "number": dice.choice(_NUMBERS)}
        if action in ("TRANSFERRED", "TRANSFER_DECLINED"):
            return {"transfer": dice.choice(_NUMBERS)}
        if action == "SUBSTITUTED":
            return {"presentation": dice.choice(_NUMBERS), "invoice": "100.00"}
        if action == "NEGOTIATED":
            kept = dice.choice(({}, {"discount": "1.50"}, {"rate": "4.5", "days": 30}, {"discount": "9000000.00"}))
            return {"presentation": dice.choice(_NUMBERS), "recourse": dice.random() < 0.7, **kept}
        if action == "UNDERTAKEN":
            return {"presentation": dice.choice(_NUMBERS), "counted_from": dice.choice(("", self.world.day.isoformat()))}
        if action == "PRESENTED":
            return {"bank": lc.issuing_bank, "currency": lc.currency, "amount": "1.00"}
        named = ACTS[action][0].__struct_fields__
        return {name: dice.choice(_NUMBERS) for name in ("presentation", "undertaking", "claim") if name in named}


def _unbought(lc: LetterOfCredit) -> list[Lock]:
    refused = [shown for shown in lc.presentations if shown.state is Shown.RECOURSE]
    return [Lock(record, shown.bank, shown.presenter, "MANDATE", lc.id) for shown in refused for record in shown.records]


def _named(party: str) -> dict[str, str]:
    return {"name": NAME_OF[party], "id": party}
