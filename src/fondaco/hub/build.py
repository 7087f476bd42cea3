"""Where a hub lives on disk, and how its parts are put together; only here an engine and the wall clock are named.

FOLDER/union/      the rulebook in TOML, calendars by year, officers.toml with their public keys
FOLDER/lists/      every list edition ever in force, by digest, and the list sets made of them
FOLDER/journal.sqlite  FOLDER/books/  FOLDER/seen/
"""

from __future__ import annotations

import gc
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from fondaco.compliance import ListEdition, ListSet, ListSetting, Officer, Quarantined, Screener, read_list
from fondaco.core import Instant, Refusal
from fondaco.fx import reference
from fondaco.hub.commands import PostReferences
from fondaco.hub.hub import Hub
from fondaco.journal import JournalFile, Seen
from fondaco.ledger import SqliteEngine
from fondaco.rulebook import ListRule, Mistake, OfficerRule, Rules, Scheme, read_scheme, union_folder


class NotReady(Exception):
    """The folder does not hold what a hub needs; the text says what, where, and what to do."""


class _Stored(msgspec.Struct):
    edition: str
    format: str
    received_at: int
    files: int


def init(union: str, folder: Path, officers: Sequence[OfficerRule]) -> None:
    """Lay out a new hub for a ready union, with the officers whose keys were made for it.

    Raises `NotReady` when the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotReady(f"{folder} is not empty; choose another folder")
    target = folder / "union"
    target.mkdir(parents=True)
    source = union_folder(union)
    for path in sorted(source.rglob("*.toml")):
        place = target / path.relative_to(source)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
    lines = []
    for officer in officers:
        roles = ", ".join(f'"{role}"' for role in sorted(officer.roles))
        lines.append(
            f'[[officers]]\nid = "{officer.officer_id}"\nname = "{officer.name}"\nroles = [{roles}]\npublic_key = "{officer.public_key}"\n'
        )
    (target / "officers.toml").write_text("\n".join(lines))


def scheme_of(folder: Path) -> Scheme:
    """The rulebook of a hub's folder. Raises `NotReady` with every mistake in it."""
    if not (folder / "union").is_dir():
        raise NotReady(f"{folder} holds no union; `fondaco init UNION {folder}` lays one out")
    scheme = read_scheme(folder / "union")
    if isinstance(scheme, list):
        raise NotReady("the rulebook has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in scheme))
    return scheme


def reference_rates(rules: Rules) -> PostReferences:
    """The newest reference rates of every pair of the union's currencies, as a command. Raises `NotReady` without one."""
    rates = []
    for source in sorted(rules.currencies):
        for target in sorted(rules.currencies):
            if source != target:
                found = reference(source, target, rules.day, rules.reference_max_age_days)
                if isinstance(found, Refusal):
                    raise NotReady(found.sentence())
                rates.append((source, target, found))
    return PostReferences(tuple(rates))


def list_rule(scheme: Scheme, list_id: str) -> ListRule:
    for rule in scheme.lists:
        if rule.list_id == list_id:
            return rule
    known = ", ".join(rule.list_id for rule in scheme.lists)
    raise NotReady(f"the rulebook names no list {list_id!r}; it names {known}")


def load_list(folder: Path, scheme: Scheme, list_id: str, files: Sequence[bytes], at: Instant) -> ListEdition | Quarantined:
    """Read a list and keep it as the newest edition, unless a quality gate stops it; the hub takes it up by a swap."""
    rule = list_rule(scheme, list_id)
    in_force = editions(folder, scheme).get(list_id)
    edition = read_list(list_id, rule.format, files, int(at), rule.shrink_max_percent, in_force)
    if isinstance(edition, Quarantined):
        return edition
    target = folder / "lists" / list_id / edition.digest
    target.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(files):
        (target / f"{number}.raw").write_bytes(raw)
    stored = _Stored(edition.digest, rule.format, edition.received_at, len(files))
    draft = folder / "lists" / list_id / "current.draft"
    draft.write_bytes(msgspec.json.encode(stored))
    draft.replace(folder / "lists" / list_id / "current.json")
    return edition


def recognised(scheme: Scheme, files: Sequence[bytes]) -> list[str]:
    """The lists of the rulebook whose format these files have; which of them it is, only a person knows if there are several."""
    found = {}
    for rule in scheme.lists:
        if rule.format not in found:
            found[rule.format] = not isinstance(read_list(rule.list_id, rule.format, files, 0, 100), Quarantined)
    return [rule.list_id for rule in scheme.lists if found[rule.format]]


def editions(folder: Path, scheme: Scheme) -> Mapping[str, ListEdition]:
    """The newest kept edition of each list that the rulebook names."""
    found = {}
    for rule in scheme.lists:
        path = folder / "lists" / rule.list_id / "current.json"
        if path.exists():
            stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
            found[rule.list_id] = _edition(folder, rule.list_id, stored)
    return found


def _edition(folder: Path, list_id: str, stored: _Stored) -> ListEdition:
    home = folder / "lists" / list_id / stored.edition
    files = [(home / f"{number}.raw").read_bytes() for number in range(stored.files)]
    edition = read_list(list_id, stored.format, files, stored.received_at, 100)
    if isinstance(edition, Quarantined) or edition.digest != stored.edition:
        raise NotReady(f"list {list_id} in {home} is damaged; load it again")
    return edition


def list_set(folder: Path, scheme: Scheme) -> ListSet:
    """The list set made of the newest editions; it is noted, so that its version can be opened again."""
    settings = [ListSetting(r.list_id, r.threshold_milli, r.max_age_days, r.required) for r in scheme.lists]
    found = ListSet(list(editions(folder, scheme).values()), settings)
    home = folder / "lists" / "sets"
    home.mkdir(parents=True, exist_ok=True)
    parts = {}
    for list_id in found.editions:
        parts[list_id] = msgspec.json.decode((folder / "lists" / list_id / "current.json").read_bytes(), type=_Stored)
    (home / f"{found.version}.json").write_bytes(msgspec.json.encode(parts))
    return found


class Screeners:
    """Screeners by list set version; the last two are kept in memory, any other is built again from its editions."""

    def __init__(self, folder: Path, scheme: Scheme) -> None:
        self._folder = folder
        self._scheme = scheme
        self._made: dict[str, Screener] = {}

    def __call__(self, version: str) -> Screener:
        """Raises `KeyError` for a version that was never noted, `ScreeningUnfit` when it does not find its canaries."""
        made = self._made.get(version)
        if made is None:
            path = self._folder / "lists" / "sets" / f"{version}.json"
            if not path.exists():
                raise KeyError(version)
            parts = msgspec.json.decode(path.read_bytes(), type=dict[str, _Stored])
            settings = [ListSetting(r.list_id, r.threshold_milli, r.max_age_days, r.required) for r in self._scheme.lists]
            made = Screener(ListSet([_edition(self._folder, key, part) for key, part in parts.items()], settings))
            while len(self._made) > 1:
                del self._made[next(iter(self._made))]
            self._made[version] = made
        return made


def open_hub(folder: Path) -> Hub:
    """Open the hub of a folder, repaired if it was interrupted. It holds the folder's lock until it is closed.

    Raises `NotReady`, `JournalLocked`, `BrokenBooks`, `ScreeningUnfit`: a hub without its required lists does not start.
    """
    scheme = scheme_of(folder)
    journal = JournalFile(folder)
    try:
        known = journal.meta("union")
        if known is None:
            journal.set_meta("union", scheme.union.encode())
        elif known.decode() != scheme.union:
            raise NotReady(f"{folder} is the hub of union {known.decode()}, and its rulebook is of {scheme.union}")
        screeners = Screeners(folder, scheme)
        screeners(list_set(folder, scheme).version)
        books = SqliteEngine(folder / "books")
    except BaseException:
        journal.close()
        raise
    officers = {
        one.officer_id: Officer(one.officer_id, one.name, one.roles, bytes.fromhex(one.public_key)) for one in scheme.officers
    }
    try:
        return Hub(scheme, journal, books, Seen(folder / "seen" / "uetr"), Seen(folder / "seen" / "message"), screeners, officers)
    except BaseException:
        books.close()
        journal.close()
        raise


def settle_heap() -> None:
    """For a process that runs one hub for as long as it lives: what was built at the start is no longer looked through for garbage.

    The index of the lists is most of the heap and never dies; without this every full collection reads all of it (measured:
    a tenth to a sixth of the whole time of a payment). A process that opens hub after hub must not call it: what is garbage
    later stays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def close_hub(hub: Hub) -> None:
    """Keep what was decided and let go of the folder."""
    hub.flush()
    assert isinstance(hub.books, SqliteEngine)
    hub.books.close()
    hub.journal.close()


def folder_digest(folder: Path) -> str:
    """SHA-256 over the books' log rows and the journal's links: equal for two runs that decided the same."""
    digest = hashlib.sha256()
    with JournalFile(folder) as journal:
        for one in journal.links():
            digest.update(one.hash)
    return digest.hexdigest()


__all__ = [
    "Mistake",
    "NotReady",
    "Screeners",
    "close_hub",
    "editions",
    "folder_digest",
    "init",
    "list_rule",
    "list_set",
    "load_list",
    "open_hub",
    "recognised",
    "reference_rates",
    "scheme_of",
    "settle_heap",
]
