"""Where a hub lives on disk, and how its parts are put together; only here and in `stores.py` a store is named, only here the wall clock.

FOLDER/union/      the rulebook in TOML, calendars by year, officers.toml with their public keys: what the first day opens with, and a
                   draft from then on
FOLDER/rulebooks/  every rulebook ever proposed, by its version; which is in force on a day stands in the journal
FOLDER/lists/      every list edition ever in force, by digest, and the list sets made of them (`list_store.py`)
FOLDER/hub.toml    where books and journal are kept; without it, here:
FOLDER/journal.sqlite  FOLDER/books/  FOLDER/seen/
"""

from __future__ import annotations

import gc
import hashlib
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from fondaco.compliance import ScreeningUnfit
from fondaco.core import PasskeyKey, Refusal
from fondaco.fx import reference
from fondaco.hub.commands import CloseUnion, PostReferences
from fondaco.hub.configuration import COMMENTED, FILE
from fondaco.hub.hub import Hub
from fondaco.hub.list_store import (
    Delivery,
    ListDamaged,
    Screeners,
    bring_up_list_sets,
    editions,
    kept_edition,
    list_history,
    list_rule,
    list_set,
    load_list,
    misfits,
    newest,
    strays,
    take_waiting,
    waiting,
)
from fondaco.hub.state import Counters
from fondaco.hub.stores import NotReady, configuration_of, stores_of
from fondaco.journal import SALT_BYTES, Journal, Seen
from fondaco.rulebook import Mistake, OfficerRule, Rules, Scheme, read_scheme, union_folder


class RulebookAltered(NotReady, LookupError):
    """A kept rulebook is not the one that its version names."""


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
    (target / "officers.toml").write_text(officers_text(officers))
    (folder / FILE).write_text(COMMENTED)


def officers_text(officers: Sequence[OfficerRule]) -> str:
    """The officers as `officers.toml` names them."""
    lines = []
    for officer in officers:
        roles = ", ".join(f'"{role}"' for role in sorted(officer.roles))
        lines.append(
            f'[[officers]]\nid = "{officer.officer_id}"\nname = "{officer.name}"\nroles = [{roles}]\npublic_key = "{officer.public_key}"\n'
            + (f'member = "{officer.member}"\n' if officer.member else "")
            + "".join(map(passkey_text, officer.passkeys))
        )
    return "\n".join(lines)


def passkey_text(one: PasskeyKey) -> str:
    """A passkey as `officers.toml` names it below its officer."""
    return (
        f'\n  [[officers.passkeys]]\n  origin = "{one.origin}"\n  credential = "{one.credential.hex()}"\n'
        f'  public_key = "{one.public_key.hex()}"\n'
    )


def scheme_of(folder: Path) -> Scheme:
    """The rulebook of a hub's folder: that of the open day, or before the first day what `union/` says. Raises `NotReady` with every
    mistake in it."""
    stores = stores_of(folder)
    stored = stores.glance("hub", "counters")
    version = msgspec.msgpack.decode(stored, type=Counters).rulebook if stored is not None else ""
    if stored is not None and not version:
        # An earlier release did not note under which rulebook its day opened: it knew one alone, the first.
        version = (stores.glance_meta("rulebook") or b"").decode()
    if version:
        return Rulebooks(folder)(version)
    if not (folder / "union").is_dir():
        raise NotReady(f"{folder} holds no union; `fondaco init UNION {folder}` lays one out")
    return _read(folder / "union")


def _read(home: Path) -> Scheme:
    scheme = read_scheme(home)
    if isinstance(scheme, list):
        raise NotReady("the rulebook has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in scheme))
    return scheme


class Rulebooks:
    """The rulebooks that a hub's folder keeps, by version."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "rulebooks"
        self._read: dict[str, Scheme] = {}

    def keep(self, draft: Path) -> Scheme:
        """Keep a copy of the rulebook in `draft` under its version; keeping it again does nothing. Raises `NotReady` with its mistakes."""
        scheme = _read(draft)
        home = self._home / scheme.version
        if not home.is_dir():
            making = home.with_suffix(".draft")
            shutil.rmtree(making, ignore_errors=True)
            shutil.copytree(draft, making)
            if _read(making).version != scheme.version:
                raise NotReady(f"{draft} changed while it was read; try again")
            making.replace(home)
        return self(scheme.version)

    def __call__(self, version: str) -> Scheme:
        """Raises `KeyError` for a version that is not kept, `RulebookAltered` for one that was altered since."""
        found = self._read.get(version)
        if found is None:
            home = self._home / version
            if len(version) != 64 or not home.is_dir():
                raise KeyError(version)
            try:
                found = _read(home)
            except NotReady as mistakes:
                raise RulebookAltered(f"the rulebook in {home} was altered: {mistakes}") from mistakes
            if found.version != version:
                raise RulebookAltered(f"the rulebook in {home} was altered: it is no longer the version that was agreed on")
            self._read[version] = found
        return found


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


def union_rates(rules: Rules) -> CloseUnion:
    """The close of the clearing union's period at the newest reference rates. Raises `NotReady` without one, or without a clearing union."""
    union = rules.scheme.clearing_union
    if union is None:
        raise NotReady("this scheme has no clearing union")
    rates = []
    for member in union.members:
        currency = rules.participants[member.bic].currency
        if currency != union.unit:
            found = reference(currency, union.unit, rules.day, rules.reference_max_age_days)
            if isinstance(found, Refusal):
                raise NotReady(found.sentence())
            rates.append((currency, found))
    return CloseUnion(tuple(sorted(rates, key=lambda pair: pair[0])))


def random_salt(batch: int) -> bytes:
    """A salt that nobody can guess, whatever the batch's number."""
    return secrets.token_bytes(SALT_BYTES)


# Stands in a folder that is being restored until its books are proved.
UNPROVED = "unproved"


def open_hub(folder: Path, salt_for: Callable[[int], bytes] = random_salt, *, unproved: bool = False) -> Hub:
    """Open the hub of a folder, repaired if it was interrupted. It holds the folder's lock until it is closed.

    Raises `NotReady`, `JournalLocked`, `BrokenBooks`, `ScreeningUnfit`: a hub without its required lists does not start, nor one that
    was restored and not proved (`unproved`: for whoever is about to prove it). Where its stores are on a server also
    `JournalUnavailable` and `EngineUnavailable`.
    """
    if (folder / UNPROVED).exists() and not unproved:
        raise NotReady(f"{folder} was restored and its books were not proved; remove it and restore again")
    scheme_of(folder)  # a folder without a rulebook gets no journal
    stores = stores_of(folder)
    journal = stores.open_journal()
    try:
        rulebooks = Rulebooks(folder)
        first = _first_rulebook(folder, journal, rulebooks)
        bring_up_list_sets(folder, rulebooks(first))
        screeners = Screeners(folder)
        newest = _fit(folder, screeners)
        books = stores.open_books(journal)
    except BaseException:
        journal.close()
        raise
    try:
        uetrs, messages = Seen(folder / "seen" / "uetr"), Seen(folder / "seen" / "message")
        hub = Hub(rulebooks, first, journal, books, uetrs, messages, screeners, salt_for)
        if hub.desk.counters.list_set == newest and hub.holding.unfit():
            raise ScreeningUnfit(f"{hub.holding.unfit()} (article {hub.desk.in_force().cite('screening')})")
        return hub
    except BaseException:
        books.close()
        journal.close()
        raise


def _fit(folder: Path, screeners: Screeners) -> str:
    """The version of the newest list set, whose lists are there and whose canaries hit. Raises `ScreeningUnfit` with the article."""
    scheme = scheme_of(folder)
    try:
        return screeners(list_set(folder, scheme).version).lists.version
    except ScreeningUnfit as unfit:
        article = next(one.number for one in scheme.articles if one.key == "screening")
        raise ScreeningUnfit(f"{unfit} (article {article})") from unfit


def _first_rulebook(folder: Path, journal: Journal, rulebooks: Rulebooks) -> str:
    """The version that the hub began with. Until anything was decided that is whatever `union/` says."""
    known = journal.meta("rulebook")
    if known is None or (journal.head()[0] == 0 and journal.last_inputs() is None):
        known = rulebooks.keep(folder / "union").version.encode()
        journal.set_meta("rulebook", known)
    return known.decode()


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
    hub.books.close()
    hub.journal.close()


def folder_digest(folder: Path) -> str:
    """SHA-256 over the books' log rows and the journal's links: equal for two runs that decided the same."""
    digest = hashlib.sha256()
    with stores_of(folder).open_journal() as journal:
        for one in journal.links():
            digest.update(one.hash)
    return digest.hexdigest()


__all__ = [
    "Delivery",
    "ListDamaged",
    "Mistake",
    "NotReady",
    "Rulebooks",
    "Screeners",
    "close_hub",
    "configuration_of",
    "editions",
    "folder_digest",
    "init",
    "kept_edition",
    "list_history",
    "list_rule",
    "list_set",
    "load_list",
    "misfits",
    "newest",
    "officers_text",
    "open_hub",
    "reference_rates",
    "scheme_of",
    "settle_heap",
    "strays",
    "take_waiting",
    "waiting",
]
