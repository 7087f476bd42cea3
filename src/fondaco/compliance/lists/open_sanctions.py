"""OpenSanctions' `targets.simple.csv`, and entities in FollowTheMoney JSON, one a line, with their owners."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

import msgspec

from fondaco.compliance.lists.draft import Draft, kind_of
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.tables import Table, rows
from fondaco.compliance.ownership import Owner
from fondaco.core import lei_fault

_NEEDED = ("id", "schema", "name", "aliases", "birth_date", "countries", "identifiers", "dataset")
_KNOWN = frozenset(
    "id schema name aliases birth_date countries addresses identifiers sanctions phones emails program_ids dataset first_seen last_seen "
    "last_change".split()
)
_SCHEMAS = {"Person": "person", "Vessel": "vessel", "Airplane": "aircraft"}
_PARTIES = frozenset(
    ("Person", "Company", "Organization", "LegalEntity", "PublicBody", "Vessel", "Airplane", "CryptoWallet", "Asset", "Vehicle")
)
_NUMBERS = {
    "imoNumber": "imo", "swiftBic": "bic", "leiCode": "lei", "passportNumber": "passport", "idNumber": "national_id",
    "socialSecurityNumber": "national_id", "taxNumber": "tax", "innCode": "tax", "vatCode": "tax", "registrationNumber": "registration",
    "ogrnCode": "registration", "dunsCode": "registration", "uscCode": "registration", "kppCode": "registration", "okpoCode": "registration",
    "npiCode": "registration", "mmsi": "registration", "callSign": "registration", "serialNumber": "registration", "publicKey": "account",
    "accountId": "account",
}  # fmt: skip
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,12})?)\s*%?")


def read_open_sanctions_csv(files: Sequence[bytes]) -> Reading:
    """`targets.simple.csv`: entries by OpenSanctions' id, columns in any order; several values stand in one cell with semicolons.

    Raises `Unreadable`.
    """
    table = Table(rows(files[0]), _NEEDED, _KNOWN)
    entries = []
    published = ""
    for row in table:
        draft = Draft(row["id"], _SCHEMAS.get(row["schema"], "organisation"))
        draft.name(row["name"], kind="primary")
        draft.name(row["aliases"])
        for value in row["birth_date"].split(";"):
            draft.born(value)
        for value in row["countries"].split(";"):
            draft.country(value)
        for value in row["addresses"].split(";"):
            draft.address(value)
        for value in (row["program_ids"] or row["dataset"]).split(";"):
            draft.programme(value)
        for value in row["identifiers"].split(";"):
            draft.number(_guess(value.strip()), value)
        published = max(published, row["last_seen"][:10])
        entries.append(draft.entry())
    return Reading(published, entries, table.unknown)


def _guess(value: str) -> str:
    if re.fullmatch(r"IMO\s?\d{7}", value):
        return "imo"
    return "lei" if not lei_fault(value) else "other"


class _Thing(msgspec.Struct):
    id: str
    schema: str
    properties: dict[str, list[object]] = {}
    target: bool | None = None
    last_seen: str | None = ""


def read_ftm(files: Sequence[bytes]) -> Reading:
    """FollowTheMoney entities, plain or nested. Targets are entries; parties that are only owned or owning are `related`.

    An entity is a target when the file says so, or where it does not, when its topics say that it is sanctioned. Raises `Unreadable`.
    """
    things = _things(files[0])
    listed = {thing.id for thing in things.values() if thing.schema in _PARTIES and _listed(thing)}
    drafts: dict[str, Draft] = {}
    for thing in things.values():
        if thing.id in listed and not thing.properties.get("name"):
            raise Unreadable(f"entry {thing.id} has no name: the schema has changed")
        if thing.schema in _PARTIES:
            drafts[thing.id] = _party(thing, things)
    for thing in things.values():
        _edge(thing, drafts)
    entries = [draft.entry() for key, draft in drafts.items() if key in listed]
    owning = {owner.entry_id for draft in drafts.values() for owner in draft.entry().owners}
    related = tuple(
        entry
        for key, draft in drafts.items()
        if key not in listed and ((entry := draft.entry()).owners or key in owning) and entry.names
    )
    published = max((thing.last_seen or "" for thing in things.values()), default="")[:10]
    others = sorted({thing.schema for thing in things.values() if thing.schema not in _PARTIES and _listed(thing)})
    notes = [f"targets of schema {schema} are no parties, and are left out" for schema in others]
    return Reading(published, entries, notes, related=related)


def _things(raw: bytes) -> dict[str, _Thing]:
    found: dict[str, _Thing] = {}
    decoder = msgspec.json.Decoder(_Thing)
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            thing = decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError) as fault:
            raise Unreadable(f"line {number}: no FollowTheMoney entity (truncated?): {fault}") from None
        if thing.id in found and not found[thing.id].properties.get("_nested"):
            raise Unreadable(f"line {number}: entry {thing.id} stands here twice")
        found[thing.id] = thing
        _unnest(thing, found)
    return found


def _unnest(thing: _Thing, found: dict[str, _Thing]) -> None:
    """Entities that stand inside of another's properties stand beside it afterwards, and are named by their ids."""
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        for values in one.properties.values():
            for at, value in enumerate(values):
                if isinstance(value, dict) and isinstance(value.get("id"), str):
                    inside = msgspec.convert(value, _Thing)
                    values[at] = inside.id
                    if inside.id not in found:
                        inside.properties["_nested"] = [True]
                        found[inside.id] = inside
                        waiting.append(inside)


def _texts(thing: _Thing, *names: str) -> Iterator[str]:
    for name in names:
        for value in thing.properties.get(name, ()):
            if isinstance(value, str) and value.strip():
                yield value


def _listed(thing: _Thing) -> bool:
    if thing.target is not None:
        return thing.target
    return any(
        topic == "sanction" or topic.startswith("sanction.") for topic in _texts(thing, "topics")
    ) and not thing.properties.get("_nested")


def _party(thing: _Thing, things: Mapping[str, _Thing]) -> Draft:
    draft = Draft(thing.id, _SCHEMAS.get(thing.schema, "organisation"))
    for kind, names in (("primary", ("name",)), ("alias", ("alias",)), ("former", ("previousName", "pastNames"))):
        for text in _texts(thing, *names):
            draft.name(text, kind=kind)
    for text in _texts(thing, "weakAlias", "abbreviation"):
        draft.name(text, weak=True)
    for text in _texts(thing, "birthDate"):
        draft.born(text)
    for text in _texts(thing, "nationality", "citizenship", "jurisdiction", "country"):
        draft.country(text)
    for text in _texts(thing, "flag", "pastFlags"):
        draft.flag(text)
    for text in _texts(thing, "programId", "program"):
        draft.programme(text)
    for text in _texts(thing, "gender"):
        draft.sex(text)
    for text in _texts(thing, "address"):
        draft.address(text)
    for key in _texts(thing, "addressEntity"):
        if key in things:
            draft.address(next(_texts(things[key], "full"), ""))
    for name, kind in _NUMBERS.items():
        for text in _texts(thing, name):
            draft.number(kind, text)
    return draft


def _edge(thing: _Thing, drafts: Mapping[str, Draft]) -> None:
    if thing.schema == "Ownership":
        for asset in _texts(thing, "asset"):
            for owner in _texts(thing, "owner"):
                if asset in drafts:
                    drafts[asset].owner(
                        Owner(
                            owner if owner in drafts else "",
                            "" if owner in drafts else owner,
                            share_millionths(_texts(thing, "percentage")),
                            max(_texts(thing, "startDate"), default=""),
                            max(_texts(thing, "endDate"), default=""),
                        )
                    )
    elif thing.schema == "Sanction":
        for key in _texts(thing, "entity"):
            for text in _texts(thing, "programId", "program"):
                if key in drafts:
                    drafts[key].programme(text)
    elif thing.schema in ("Identification", "Passport"):
        for key in _texts(thing, "holder"):
            label = " ".join(_texts(thing, "type")) or thing.schema
            for text in _texts(thing, "number"):
                if key in drafts:
                    kind = "passport" if thing.schema == "Passport" else kind_of(label)
                    drafts[key].number(kind, text, next(_texts(thing, "country"), ""))


def share_millionths(texts: Iterable[str]) -> int | None:
    """The greatest share that is printed in per cent, in millionths, rounded up: a share is never told smaller than it is.

    None where nothing can be read, or more than 100 %.
    """
    shares = []
    for text in texts:
        met = _PERCENT.fullmatch(text.strip())
        if met and (share := Fraction(met[1].replace(",", "."))) <= 100:
            shares.append(-(-share * 10_000 // 1))
    return int(max(shares)) if shares else None
