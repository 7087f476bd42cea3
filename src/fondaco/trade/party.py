"""A party of trade that is no member: a trader, carrier or insurer, registered by its bank and screened before it may do anything."""

from __future__ import annotations

import re
from enum import Enum

import msgspec

from fondaco.core import COUNTRIES, Mention, Nothing, Reason, Refusal, Step, Table, bic_fault, lei_fault
from fondaco.trade.deed import Deed

# The actions of a deed that registers a party, or states it anew (other names, other keys).
REGISTER_PARTY, RESTATE_PARTY = "REGISTER_PARTY", "RESTATE_PARTY"
ROLES = frozenset({"trader", "carrier", "insurer"})
_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{1,33}[A-Z0-9]")
_KEY = re.compile(r"[0-9a-f]{64}")
# A carrier as the world names it: by the list of the Ship Message Design Group, or by its Standard Carrier Alpha Code of the NMFTA.
_CARRIER = re.compile(r"SMDG:[A-Z0-9]{3}|NMFTA:[A-Z]{2,4}")
_NAME_MAX, _NAMES_MAX, _KEYS_MAX, _CODES_MAX = 140, 10, 8, 20
_ARTICLE = "T.7"


class PartyState(Enum):
    NAMED = "NAMED"
    ACTIVE = "ACTIVE"
    HELD = "HELD"
    REFUSED = "REFUSED"


class PartyEvent(Enum):
    CLEARED = "CLEARED"
    HIT_FOUND = "HIT_FOUND"
    HIT_RELEASED = "HIT_RELEASED"
    HIT_CONFIRMED = "HIT_CONFIRMED"
    CASE_EXPIRED = "CASE_EXPIRED"
    RESTATED = "RESTATED"


S, E, N = PartyState, PartyEvent, Nothing.NOTHING

PARTY = Table(
    "trade-party",
    start=S.NAMED,
    ends=(S.REFUSED,),
    rows=(
        # Screening stands before everything else that a party may do; unknown is not clear.
        Step(S.NAMED, E.CLEARED, S.ACTIVE, N, "", "T.7"),
        Step(S.NAMED, E.HIT_FOUND, S.HELD, N, "", "5.2"),
        Step(S.ACTIVE, E.HIT_FOUND, S.HELD, N, "", "5.7"),
        Step(S.ACTIVE, E.RESTATED, S.NAMED, N, "", "T.7"),
        Step(S.HELD, E.HIT_RELEASED, S.ACTIVE, N, "", "5.5"),
        Step(S.HELD, E.HIT_CONFIRMED, S.REFUSED, N, "", "5.6"),
        Step(S.HELD, E.CASE_EXPIRED, S.REFUSED, N, "", "5.9"),
    ),
)


class PartyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bank says of its customer: id, names, country (ISO 3166), LEI, roles, public keys (Ed25519, 64 hexadecimal digits each).

    `carrier_codes` are those under which a carrier issues bills of lading: `SMDG:MSC`, `NMFTA:MAEU`.
    """

    party: str
    name: str
    country: str
    roles: tuple[str, ...]
    keys: tuple[str, ...]
    lei: str = ""
    other_names: tuple[str, ...] = ()
    carrier_codes: tuple[str, ...] = ()


class TradeParty(msgspec.Struct, frozen=True):
    """A registered party: `bank` (BIC of eight) answers for it, `number` makes its account numbers, `version` counts how often it was stated.

    `case` is the last case of a hit, "" for none.
    """

    party: str
    bank: str
    number: int
    name: str
    country: str
    roles: tuple[str, ...]
    keys: tuple[str, ...]
    lei: str = ""
    other_names: tuple[str, ...] = ()
    version: int = 1
    state: PartyState = PartyState.NAMED
    case: str = ""
    carrier_codes: tuple[str, ...] = ()

    def step(self, event: PartyEvent, case: str = "") -> TradeParty:
        return msgspec.structs.replace(self, state=PARTY.step(self.state, event).after, case=case or self.case)

    def mentions(self) -> tuple[Mention, ...]:
        """Everything that is said of it, as it is screened."""
        return (
            *(Mention("name", f"party/{self.party}/Nm", name) for name in (self.name, *self.other_names)),
            *([Mention("identifier", f"party/{self.party}/LEI", self.lei)] if self.lei else []),
            Mention("country", f"party/{self.party}/Ctry", self.country),
            Mention("text", f"party/{self.party}/Id", self.party.replace("-", " ")),
        )


def is_party_id(text: str) -> bool:
    """Whether a text may be the id of a party that is no member: it can never be read as a member's BIC."""
    return bool(_ID.fullmatch(text)) and "--" not in text and not (len(text) == 8 and not bic_fault(text))


def stated(known: TradeParty | None, deed: Deed, number: int, *, agreed: bool = False) -> TradeParty | Refusal:
    """The party as its bank's deed states it, not yet screened; `number` is the next free one. The deed's signatures were checked before.

    Of a party that is known its own bank alone may state other names and keys, and only while it is ACTIVE: what is held stays as it is. Another
    bank takes it over where the party itself signed with it (`agreed`).
    """
    try:
        said = msgspec.json.decode(deed.body, type=PartyBody)
    except msgspec.DecodeError as fault:
        return Refusal(Reason.MALFORMED, "body", str(fault), _ARTICLE)
    begins = deed.action == REGISTER_PARTY
    if (begins and known is not None) or (not begins and known is None):
        return Refusal(Reason.OUT_OF_TURN, "party", f"{said.party} is {'registered' if known else 'not registered'}", _ARTICLE)
    if known is not None and known.bank != deed.actor and not agreed:
        found = f"{known.party} is a customer of {known.bank}, and has not signed that it changes its bank"
        return Refusal(Reason.ROLE_NOT_HELD, "actor", found, _ARTICLE)
    if known is not None and known.state is not PartyState.ACTIVE:
        return Refusal(Reason.OUT_OF_TURN, "party", f"{known.party} is {known.state.name}", _ARTICLE)
    if deed.version != (known.version if known is not None else 0):
        return Refusal(Reason.OUT_OF_TURN, "version", f"{deed.version}, and it is {known.version if known else 0}", _ARTICLE)
    wrong = _fault(said)
    if wrong is not None:
        return wrong
    if known is None:
        return TradeParty(
            said.party, deed.actor, number, said.name, said.country, said.roles, said.keys, said.lei, said.other_names,
            carrier_codes=said.carrier_codes,
        )  # fmt: skip
    again = known.step(PartyEvent.RESTATED)
    return msgspec.structs.replace(
        again, bank=deed.actor, name=said.name, country=said.country, roles=said.roles, keys=said.keys, lei=said.lei,
        other_names=said.other_names, version=known.version + 1, carrier_codes=said.carrier_codes,
    )  # fmt: skip


def _fault(said: PartyBody) -> Refusal | None:
    names = (said.name, *said.other_names)
    unknown = " ".join(sorted(set(said.roles) - ROLES))
    for reason, where, fault in (
        (
            Reason.IDENTIFIER_WRONG,
            "party",
            "" if is_party_id(said.party) else f"{said.party}: capital letters, digits, hyphens, no BIC",
        ),
        (Reason.ELEMENT_MISSING, "name", "" if all(name.strip() for name in names) else "it is empty"),
        (Reason.ELEMENT_NOT_ADMITTED, "name", "" if max(map(len, names)) <= _NAME_MAX else f"longer than {_NAME_MAX} characters"),
        (Reason.ELEMENT_NOT_ADMITTED, "other_names", "" if len(names) <= _NAMES_MAX else f"more than {_NAMES_MAX} names"),
        (Reason.CODE_UNKNOWN, "country", "" if said.country in COUNTRIES else said.country or "none"),
        (Reason.IDENTIFIER_WRONG, "lei", lei_fault(said.lei) if said.lei else ""),
        (Reason.CODE_UNKNOWN, "roles", unknown if said.roles else "none"),
        (Reason.IDENTIFIER_WRONG, "carrier_codes", _codes_fault(said)),
        (Reason.IDENTIFIER_WRONG, "keys", "" if _good_keys(said.keys) else "one to eight different Ed25519 keys, 64 digits each"),
    ):
        if fault:
            return Refusal(reason, where, fault, _ARTICLE)
    return None


def _codes_fault(said: PartyBody) -> str:
    if said.carrier_codes and "carrier" not in said.roles:
        return f"{said.party} is no carrier"
    if len(said.carrier_codes) > _CODES_MAX or len(set(said.carrier_codes)) != len(said.carrier_codes):
        return f"at most {_CODES_MAX} different codes"
    wrong = [code for code in said.carrier_codes if not _CARRIER.fullmatch(code)]
    return f"{wrong[0][:40]}: SMDG:ABC or NMFTA:ABCD" if wrong else ""


def _good_keys(keys: tuple[str, ...]) -> bool:
    return 0 < len(keys) <= _KEYS_MAX and len(set(keys)) == len(keys) and all(map(_KEY.fullmatch, keys))
