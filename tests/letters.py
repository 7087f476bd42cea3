"""A desk for stories of documentary credits: the importer's bank issues, the exporter's advises, and the hub keeps the books."""

from __future__ import annotations

import json
from typing import Any

from fondaco.core import Reason, Refusal
from fondaco.ledger import Role, account_id, instrument_number, place_of, record_ledger_of
from fondaco.ledger.chart import OF_INSTRUMENTS
from fondaco.payments import Payment, State
from fondaco.trade import Deed, LetterOfCredit
from trades import EXPORTER, IMPORTER, NAME_OF, TradeDesk, hands_of, named, public, signed
from union import HUB, SG1, SG2, TH1

# In the exporter's currency: what the importer's bank buys for 1500.00 SGD at the demo's rates.
AMOUNT, CURRENCY, MINOR = "39529.95", "THB", 39_529_95
DISCREPANCIES = [{"text": "B/L shows port of loading Port Klang", "rule": "UCP600.20a.iii", "where": "transport.loading"}]


def terms(**changes: Any) -> dict[str, Any]:
    """A credit at sight, available with its issuing bank in Singapore."""
    return {
        "number": "DC-17", "issued": "2026-11-24", "expiry": "2026-12-18", "expiry_place": {"name": "SINGAPORE", "locode": "SGSIN"},
        "applicant": {"name": NAME_OF[IMPORTER], "id": IMPORTER}, "beneficiary": {"name": NAME_OF[EXPORTER], "id": EXPORTER},
        "issuing_bank": {"name": "Bank A", "id": SG1}, "advising_bank": {"name": "Bank A", "id": TH1},
        "available_with": {"name": "Bank A", "id": SG1}, "currency": CURRENCY, "amount": AMOUNT, "available_by": "SIGHT_PAYMENT",
        **changes,
    }  # fmt: skip


class LetterDesk(TradeDesk):
    """A desk with one credit after another."""

    def at_second_bank(self, party: str) -> None:
        """Register a trader with the second bank of Singapore."""
        said = {"party": party, "name": "Harbour Spice", "country": "SG", "roles": ["trader"], "keys": [public(party).hex()]}
        answer = self.perform(signed(Deed(HUB, SG2, "", 0, "REGISTER_PARTY", json.dumps(said).encode())))
        assert answer == f"{party} ACTIVE", answer

    def apply(self, **changes: Any) -> Refusal | str | None:
        body = json.dumps({"terms": terms(**changes)}).encode()
        return self.perform(signed(Deed(HUB, IMPORTER, "", 0, "APPLIED", body)))

    def letter(self, instrument: str) -> LetterOfCredit:
        found = self.hub.trading.credits.credit(instrument)
        assert found is not None
        return found

    def say(self, actor: str, action: str, instrument: str, **body: Any) -> Refusal | str | None:
        """A deed upon a credit as it stands."""
        version = self.letter(instrument).version
        return self.perform(signed(Deed(HUB, actor, instrument, version, action, json.dumps(body).encode())))

    def done(self, actor: str, action: str, instrument: str, **body: Any) -> None:
        answer = self.say(actor, action, instrument, **body)
        assert answer == f"{instrument} {self.letter(instrument).version}", answer

    def registered(self, bank: str, subject: str, *owners: str) -> None:
        """A bank registers what it is about to buy; whose it is signs with it where that is not its customer."""
        deed = Deed(HUB, bank, "", 0, "REGISTER_FINANCING", json.dumps({"subject": subject}).encode())
        answer = self.perform(signed(deed, *hands_of(bank), *owners))
        assert isinstance(answer, str), answer

    def issued(self, margin: str = "", **changes: Any) -> str:
        """A credit that its beneficiary has; returns its number."""
        answer = self.apply(**changes)
        assert isinstance(answer, str), answer
        instrument = answer.split(" ")[0]
        self.done(SG1, "APPROVED", instrument, **({"margin": margin} if margin else {}))
        self.done(SG1, "ISSUED", instrument)
        self.done(TH1, "ADVISED", instrument)
        return instrument

    def standing(self, instrument: str) -> dict[tuple[str, str], int]:
        """What an instrument has on the books that is not nothing, by role and holder."""
        holders = {one.number: one.bic for one in self.rules.participants.values()}
        holders |= {one.number: one.party for one in self.hub.trading.parties.known.values()}
        found = {}
        for account, balance in self.hub.books.accounts():
            role, _, owner, number = place_of(account.id)
            if role in OF_INSTRUMENTS and number == instrument_number(instrument) and balance.net:
                found[role.name, holders[owner]] = balance.net
        return found

    def credit_payment(self, name: str, amount: str = AMOUNT, sender: str = SG1, to: str = TH1, **more: Any) -> Payment:
        """An urgent payment that names what it is for: the amount that arrives is said to the unit. `money` is what is given for it."""
        exact = f'<InstdAmt Ccy="{CURRENCY}">{amount}</InstdAmt>'
        minor, currency = more.pop("money", ("1500.00", "SGD"))
        return self.pay(sender, to, minor, currency, urgent=True, before=exact, extra=named(name), **more)

    def paid(self, payment: Payment) -> None:
        """The payee's bank takes a payment, and it is final."""
        assert payment.state is State.OFFERED, payment.refusal
        self.answer(payment)
        assert self.see(payment).state is State.SETTLED

    def handed(self, record: str, giver: str, taker: str) -> None:
        """A bank hands a record on to its customer, outright."""
        until = self.until(3_600)
        answer = self.act(giver, "TRANSFER", record, recipient=taker, until=until, endorsement="ENDORSE_TO_ORDER")
        assert isinstance(answer, str), answer
        assert isinstance(self.act(taker, "ACCEPT", record), str)

    def offered(self, record: str, credit: str, against: str = "PAYMENT", to: str = SG1, giver: str = EXPORTER) -> None:
        """The holder offers a record to the bank that examines, under the credit."""
        answer = self.act(
            giver, "OFFER_AGAINST", record, recipient=to, until=self.until(30 * 86_400), against=against, reference=credit,
            endorsement="ENDORSE_TO_ORDER",
        )  # fmt: skip
        assert isinstance(answer, str), answer

    def holder_in_books(self, record: str) -> str:
        """Which party has the record's single unit by the books."""
        number = int(record.partition("-")[2])
        parties = self.hub.trading.parties
        found = []
        for party in (*parties.known, *self.rules.participants):
            balance = self.hub.books.balance(account_id(Role.CONTROL, record_ledger_of(number), parties.number_of(party)))
            found += [party] if balance is not None and balance.net else []
        (holder,) = found
        return holder

    def lock(self, record: str) -> str:
        return self.record(record).lock_id()

    def pay_credit_early(self, name: str) -> Refusal | None:
        """Why a payment that nothing calls for yet is refused."""
        return self.credit_payment(name).refusal


def refused(answer: object, reason: Reason, where: str, article: str) -> None:
    """A deed that came to nothing, with its place and its rule."""
    assert isinstance(answer, Refusal), answer
    assert (answer.reason, answer.where, answer.article) == (reason, where, article), answer.sentence()
