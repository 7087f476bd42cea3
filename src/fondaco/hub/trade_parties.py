"""Who takes part in trade: members, and the customers whom they register. Whoever hits a list can do nothing until two officers release it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from fondaco.compliance import Case, CaseState, Verdict, alerts_of
from fondaco.core import Mention, Reason, Refusal
from fondaco.hub.casework import OF_TRADE, Casework
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.ledger import FIRST_PARTY, LAST_PARTY
from fondaco.trade import Deed, PartyEvent, PartyState, RecordKind, TradeParty, flag_case, stated

PARTY_RECORD = "trade_party"
# Who freezes a record by a court's order: officers of these roles, each under its own name.
OPERATOR, SUPERVISOR = "OPERATOR", "SUPERVISOR"
# Compliance closes what guards noticed of deeds.
_OFFICES = {OPERATOR: "operator", SUPERVISOR: "supervisor", flag_case.OFFICE: "compliance"}
_REPRESENTATIVE = "representative"
_ARTICLE, _ISSUERS = "T.7", "T.10"
_ISSUES = frozenset({"ISSUE", "CONVERT_IN"})


class _Issued(msgspec.Struct):
    """What a deed that issues a record says of its document."""

    kind: str = ""
    content: str = ""


class _Carrier(msgspec.Struct):
    """Under whose code a transport document is issued, as DCSA writes it."""

    code: str = msgspec.field(name="carrierCode", default="")
    provider: str = msgspec.field(name="carrierCodeListProvider", default="")


class PartyScreening(Protocol):
    """What parties need of holding."""

    casework: Casework

    def verdicts_on_messages(self, batch: Batch, said: Sequence[Sequence[Mention]]) -> list[Verdict]: ...

    def bars(self, bic: str) -> bool: ...


class PartiesHub(Protocol):
    """What parties need of the hub."""

    @property
    def holding(self) -> PartyScreening: ...


class TradeParties:
    """The parties of a desk. All of them are in memory: every deed asks for their keys, every new list set for their names."""

    def __init__(self, desk: Desk, hub: PartiesHub, shelf: TradeShelf) -> None:
        self._desk = desk
        self._hub = hub
        self._shelf = shelf
        self.known: dict[str, TradeParty] = {}
        self._by_key: dict[bytes, str] = {}
        # Who issues bills of lading under which carrier's code.
        self._issuers: dict[str, str] = {}
        # Keys of officers, by the version of the rulebook that names them.
        self._offices: tuple[str, dict[bytes, str]] | None = None

    def restore(self) -> None:
        for key, party in self._shelf.all(PARTY_RECORD, TradeParty):
            self.known[key] = party
            self._by_key.update((bytes.fromhex(one), key) for one in party.keys)
            self._issuers.update(dict.fromkeys(_issued_under(party), key))

    # Who they are

    def number_of(self, party: str) -> int:
        """The number under which a party stands in account numbers. Raises `KeyError` for one that nobody knows."""
        if party in self.known:
            return self.known[party].number
        return self._desk.in_force().participants[party].number

    def bank_of(self, party: str) -> str:
        """The member (BIC of eight) that answers for a party, itself for a member; "" for one that nobody knows."""
        known = self.known.get(party)
        if known is not None:
            return known.bank
        return party if party in self._desk.in_force().participants else ""

    def mentions(self, party: str) -> tuple[Mention, ...]:
        """What is screened of a party with a payment that concerns it; members are screened as such."""
        known = self.known.get(party)
        return known.mentions() if known is not None else ()

    def bar(self, party: str) -> Refusal | None:
        """Why a party can do nothing now, and nothing can be done for it; None where it can. What hit is told to officers alone."""
        known = self.known.get(party)
        if known is not None:
            if known.state is not PartyState.ACTIVE:
                return Refusal(Reason.REGULATORY)
            return self.bar(known.bank)
        if party in _OFFICES:
            return None
        member = self._desk.in_force().participants.get(party)
        if member is None:
            return Refusal(Reason.NOT_FOUND, "party", party, _ARTICLE)
        if self._hub.holding.bars(party):
            return Refusal(Reason.REGULATORY)
        # Who leaves hands on what it has; who may only send or receive payments still does what moves none.
        if {member.standing, member.sponsor_standing} & {"suspended", "left"}:
            return Refusal(Reason.PARTICIPANT_SUSPENDED, "party", f"{party} is {member.standing}", _ARTICLE)
        return None

    def answers_for(self, bic: str) -> bool:
        """Whether a member (BIC of eight) has customers here: without it nobody would answer for them."""
        return any(one.bank == bic and one.state is not PartyState.REFUSED for one in self.known.values())

    def issuer_fault(self, deed: Deed) -> Refusal | None:
        """Why a bill of lading may not be issued by who would: under a carrier's code it is the party whose bank registered it for that code. A code that
        nobody is registered for issues nothing: anybody could claim it."""
        if deed.action not in _ISSUES:
            return None
        try:
            said = msgspec.json.decode(deed.body, type=_Issued)
            content = msgspec.json.decode(said.content, type=_Carrier) if said.kind == RecordKind.BILL_OF_LADING.value else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # the register refuses it, and says where
        if content is None:
            return None
        code = f"{content.provider}:{content.code}"
        if self._issuers.get(code) == deed.actor:
            return None
        known = "is registered for another party" if code in self._issuers else "no bank registered a party for it"
        return Refusal(Reason.ROLE_NOT_HELD, "body.content.carrierCode", f"{code}: {known}", _ISSUERS)

    # Whose keys sign

    def signers_fault(self, signed: Sequence[str]) -> Refusal | None:
        """Whether enough keys of each signing party signed: a bank's maker and checker, who are different keys; of anyone else one."""
        for party in dict.fromkeys(signed):
            needed = 2 if party in self._desk.in_force().participants else 1
            if signed.count(party) < needed:
                found = f"{signed.count(party)} of {party}, which needs {needed}: maker and checker"
                return Refusal(Reason.ROLE_NOT_HELD, "signatures", found, _ARTICLE)
        return None

    def keys(self) -> Mapping[bytes, str]:
        """Every public key that may sign, with its party: those of members' representatives and of offices, and customers' own.

        An officer's key is never a customer's: nobody is both sides of a deal.
        """
        scheme = self._desk.scheme
        if self._offices is None or self._offices[0] != scheme.version:
            found: dict[bytes, str] = {}
            for officer in scheme.officers:
                key = bytes.fromhex(officer.public_key)
                if _REPRESENTATIVE in officer.roles:
                    found[key] = officer.member[:8]
                for party, role in _OFFICES.items():
                    if role in officer.roles:
                        found[key] = party
            self._offices = scheme.version, found
        return ChainMap(self._offices[1], self._by_key)

    # Registered and stated anew

    def registered(self, batch: Batch, deed: Deed, signers: Sequence[str]) -> Refusal | str:
        """A member registers a customer or states it anew. It is screened in the same breath; lists that cannot be trusted register nobody."""
        desk = self._desk
        if deed.actor not in desk.in_force().participants:
            return Refusal(Reason.ROLE_NOT_HELD, "actor", f"{deed.actor} is no member: its bank registers a party", _ARTICLE)
        number = max((one.number for one in self.known.values()), default=FIRST_PARTY - 1) + 1
        made = stated(self.known.get(deed.instrument), deed, number, agreed=deed.instrument in signers)
        fault = made if isinstance(made, Refusal) else self._fault(deed, made)
        if isinstance(made, Refusal) or fault is not None:
            assert fault is not None, "a refusal is one"
            return fault
        (verdict,) = self._hub.holding.verdicts_on_messages(batch, [made.mentions()])
        if verdict.outcome == "HOLD":
            return Refusal(Reason.DAY_CLOSED, "the lists", f"{verdict.why}; register again when they are fresh", "5.7")
        self._met(batch, made, verdict, deed.action)
        return f"{made.party} {self.known[made.party].state.name}"

    def _fault(self, deed: Deed, made: TradeParty) -> Refusal | None:
        if deed.action == "REGISTER_PARTY" and made.party in self.known:
            return Refusal(Reason.OUT_OF_TURN, "party", f"{made.party} is registered", _ARTICLE)
        if made.party in _OFFICES or (deed.instrument and deed.instrument != made.party):
            return Refusal(Reason.IDENTIFIER_WRONG, "party", made.party, _ARTICLE)
        if made.number > LAST_PARTY:
            return Refusal(Reason.OUT_OF_TURN, "party", "an account number has no room for more parties", _ARTICLE)
        for code in made.carrier_codes:
            if self._issuers.get(code, made.party) != made.party:
                return Refusal(Reason.OUT_OF_TURN, "carrier_codes", f"{code} is somebody else's", _ISSUERS)
        others = self.keys()
        for key in made.keys:
            if others.get(bytes.fromhex(key), made.party) != made.party:
                return Refusal(Reason.OUT_OF_TURN, "keys", f"{key[:16]} is somebody else's", _ARTICLE)
        return None

    def _met(self, batch: Batch, party: TradeParty, verdict: Verdict, action: str) -> None:
        """What a verdict makes of a party that was just named."""
        if verdict.outcome == "CLEAR":
            self._keep(batch, party.step(PartyEvent.CLEARED), action)
            return
        last = self._desk.cases.get(party.case)
        if last is not None and last.state is CaseState.RELEASED and last.alerts == alerts_of(verdict):
            self._keep(batch, party.step(PartyEvent.CLEARED), action)
            return
        case_id = f"{OF_TRADE}{party.party}-{batch.number}"
        self._hub.holding.casework.open_for_party(batch, case_id, party.bank, verdict)
        self._keep(batch, party.step(PartyEvent.HIT_FOUND, case_id), action)

    # Other lists, and officers' words

    def lists_swapped(self, batch: Batch) -> None:
        """Every party meets the lists in force, before anything of it can move again. What officers released stands as long as the
        party hits the same entries, and they say the same."""
        there = [one for _, one in sorted(self.known.items()) if one.state in (PartyState.ACTIVE, PartyState.HELD)]
        verdicts = self._hub.holding.verdicts_on_messages(batch, [one.mentions() for one in there]) if there else []
        for party, verdict in zip(there, verdicts, strict=True):
            if verdict.outcome == "HOLD":
                continue  # lists that cannot answer refuse every deed as it is
            last = self._desk.cases.get(party.case)
            same = last is not None and verdict.outcome == "HIT" and last.alerts == alerts_of(verdict)
            if same and last is not None and (last.state is CaseState.RELEASED or last.verdict.list_set == verdict.list_set):
                continue
            if party.state is PartyState.HELD:
                self._hub.holding.casework.supersede(batch, party.case)
                party = party.step(PartyEvent.HIT_RELEASED)
                self._keep(batch, party, "LISTS_SWAPPED")
            if verdict.outcome == "HIT":
                case_id = f"{OF_TRADE}{party.party}-{batch.number}"
                self._hub.holding.casework.open_for_party(batch, case_id, party.bank, verdict)
                self._keep(batch, party.step(PartyEvent.HIT_FOUND, case_id), "LISTS_SWAPPED")

    def case_decided(self, batch: Batch, case: Case) -> None:
        """Two officers decided the hit of a party, or the clock ended it."""
        party = next(one for one in self.known.values() if one.case == case.case_id)
        events = {
            CaseState.RELEASED: PartyEvent.HIT_RELEASED,
            CaseState.CONFIRMED: PartyEvent.HIT_CONFIRMED,
            CaseState.EXPIRED: PartyEvent.CASE_EXPIRED,
        }
        if case.state in events and party.state is PartyState.HELD:
            self._keep(batch, party.step(events[case.state]), case.state.name)

    def _keep(self, batch: Batch, party: TradeParty, event: str) -> None:
        before = self.known.get(party.party)
        for key in before.keys if before is not None else ():
            del self._by_key[bytes.fromhex(key)]
        for code in before.carrier_codes if before is not None else ():
            self._issuers.pop(code, None)
        self._issuers.update(dict.fromkeys(_issued_under(party), party.party))
        self._by_key.update((bytes.fromhex(key), party.party) for key in party.keys)
        self.known[party.party] = party
        self._shelf.put(batch, PARTY_RECORD, party.party, party)
        self._desk.note(
            batch, f"party {party.party}", event, _ARTICLE, f"{party.state.name} {party.version} {party.case}".strip()
        )


def _issued_under(party: TradeParty) -> tuple[str, ...]:
    """The carriers' codes that are this party's; who was refused for good keeps none from others."""
    return () if party.state is PartyState.REFUSED else party.carrier_codes
