"""Where a hub keeps its lists: every edition ever in force, the sets made of them, and what came of each delivery.

FOLDER/lists/LIST/DIGEST/0.raw ...       the files of an edition as they were received
FOLDER/lists/LIST/DIGEST/SHA-256.entries what the reader of that day made of them: what a list set screens with stays what it was
FOLDER/lists/LIST/current.json           which edition is the newest
FOLDER/lists/sets/VERSION.json           the editions and settings of a list set
FOLDER/lists/history.jsonl               one line for each delivery, taken or quarantined
FOLDER/lists/inbox/LIST/...              deliveries that wait; see `waiting`
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import msgspec

from fondaco.compliance import (
    READER,
    Goods,
    ListEdition,
    ListSet,
    ListSetting,
    Quarantined,
    Screener,
    ScreeningUnfit,
    edition_difference,
    read_list,
)
from fondaco.core import Instant, utc_text
from fondaco.hub.holding import list_settings
from fondaco.hub.stores import NotReady
from fondaco.rulebook import ListRule, Scheme

_ENTRIES = ".entries"


class ListDamaged(NotReady, LookupError):
    """A kept list is not the edition that it was kept as."""


class _Stored(msgspec.Struct):
    edition: str
    format: str
    received_at: int
    files: int
    # SHA-256 of the entries as they were read; "" for an edition of an earlier release, which is read from its files.
    entries: str = ""


class _StoredSet(msgspec.Struct):
    lists: dict[str, _Stored]
    settings: list[ListSetting]


class Delivery(msgspec.Struct, frozen=True):
    """What came of one delivery of a list: who brought it, when, what it was, and how it differs from the one before.

    `edition` is the digest of its files, also when it was quarantined; `list_set` the version of the set made with it, "" when it was
    quarantined. `reasons` say why it was; `notes` what a person should look at.
    """

    at: str
    by: str
    list: str
    format: str
    outcome: str
    edition: str
    published: str = ""
    entries: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    list_set: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def list_rule(scheme: Scheme, list_id: str) -> ListRule:
    for rule in scheme.lists:
        if rule.list_id == list_id:
            return rule
    known = ", ".join(rule.list_id for rule in scheme.lists)
    raise NotReady(f"the rulebook names no list {list_id!r}; it names {known}")


def load_list(
    folder: Path, scheme: Scheme, list_id: str, files: Sequence[bytes], at: Instant, by: str = ""
) -> ListEdition | Quarantined:
    """Read a list and keep it as the newest edition, unless a quality gate or a canary stops it; the hub takes it up by a swap.

    What was tried is noted in the history, whatever came of it. The same files again are a new receipt of the same edition: its age
    counts from the last one.
    """
    rule = list_rule(scheme, list_id)
    damage: tuple[str, ...] = ()
    try:
        before = newest(folder, list_id)
    except ListDamaged as fault:
        # Loading it again is the way out of damage, so it must not stand in the way; what cannot be compared is said.
        before, damage = None, (f"compared with nothing: {fault}",)
    edition = read_list(list_id, rule.format, files, int(at), rule.shrink_max_percent, _comparable(folder, before))
    if not isinstance(edition, Quarantined):
        edition = _tried(edition, rule)
    if isinstance(edition, Quarantined):
        digest = hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in files)).hexdigest()
        _note(folder, Delivery(utc_text(at), by, list_id, rule.format, "quarantined", digest, reasons=edition.reasons))
        return edition
    target = folder / "lists" / list_id / edition.digest
    target.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(files):
        (target / f"{number}.raw").write_bytes(raw)
    read = msgspec.msgpack.encode(edition)
    sha256 = hashlib.sha256(read).hexdigest()
    _put(target / f"{sha256}{_ENTRIES}", read)
    stored = _Stored(edition.digest, rule.format, edition.received_at, len(files), sha256)
    _put(folder / "lists" / list_id / "current.json", msgspec.json.encode(stored))
    changes = edition_difference(before, edition)
    try:
        version = list_set(folder, scheme).version
    except ListDamaged as fault:
        version, damage = "", (*damage, f"no list set: {fault}")
    _note(
        folder,
        Delivery(
            utc_text(at),
            by,
            list_id,
            rule.format,
            "taken",
            edition.digest,
            edition.published,
            len(edition.entries) + len(edition.goods),
            len(changes.added),
            len(changes.removed),
            len(changes.changed),
            version,
            notes=(*edition.notes, *damage),
        ),
    )
    return edition


def _comparable(folder: Path, before: ListEdition | None) -> ListEdition | None:
    """The edition in force as today's reader reads it: what a better reader leaves out or adds is no change of the list."""
    if before is None or before.reader == READER:
        return before
    home = folder / "lists" / before.list_id / before.digest
    files = [path.read_bytes() for path in sorted(home.glob("*.raw"), key=lambda path: int(path.stem))]
    again = read_list(before.list_id, before.format, files, before.received_at, 100)
    return before if isinstance(again, Quarantined) else again


def _tried(edition: ListEdition, rule: ListRule) -> ListEdition | Quarantined:
    """The edition, if its own canaries hit at the configured threshold: a list that cannot screen never replaces one that can."""
    setting = ListSetting(rule.list_id, rule.threshold_milli, rule.max_age_days, rule.required)
    try:
        if edition.goods:
            Goods([edition]).self_test()
        else:
            Screener(ListSet([edition], [setting]))
    except ScreeningUnfit as fault:
        return Quarantined(edition.list_id, (str(fault),))
    return edition


def _put(path: Path, content: bytes) -> None:
    """Replace a small file whole. The draft is this process's own: two that load at once do not tear each other's."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(path)


def _note(folder: Path, delivery: Delivery) -> None:
    home = folder / "lists"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "history.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(delivery) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def list_history(folder: Path) -> list[Delivery]:
    """Every delivery of every list, the oldest first. A line that a crash tore is passed over."""
    path = folder / "lists" / "history.jsonl"
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(msgspec.json.decode(line, type=Delivery))
        except msgspec.DecodeError:
            continue
    return found


def misfits(scheme: Scheme, files: Sequence[bytes]) -> dict[str, tuple[str, ...]]:
    """For each list of the rulebook why these files are not its; nothing where they have its format. Which of several they are, only a person knows."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in scheme.lists:
        if rule.format not in found:
            read = read_list(rule.list_id, rule.format, files, 0, 100)
            found[rule.format] = tuple(read.reasons) if isinstance(read, Quarantined) else ()
    return {rule.list_id: found[rule.format] for rule in scheme.lists}


def editions(folder: Path, scheme: Scheme) -> Mapping[str, ListEdition]:
    """The newest kept edition of each list that the rulebook names. Raises `ListDamaged`."""
    found = {rule.list_id: newest(folder, rule.list_id) for rule in scheme.lists}
    return {list_id: edition for list_id, edition in found.items() if edition is not None}


def newest(folder: Path, list_id: str) -> ListEdition | None:
    """The newest kept edition of one list. Raises `ListDamaged`."""
    path = folder / "lists" / list_id / "current.json"
    if not path.exists():
        return None
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
    except msgspec.DecodeError as fault:
        raise ListDamaged(f"{path} is damaged; load list {list_id} again") from fault
    return _edition(folder, list_id, stored)


def kept_edition(folder: Path, list_id: str, digest: str) -> ListEdition:
    """An edition that was in force once, by the beginning of its digest. Raises `NotReady` when none or several begin so."""
    home = folder / "lists" / list_id
    found = sorted(path.name for path in home.glob(f"{digest}*") if (path / "0.raw").exists()) if digest.isalnum() else []
    if len(found) != 1:
        raise NotReady(f"{len(found)} editions of list {list_id} begin with {digest!r}; `fondaco lists history` names them")
    receipts = [msgspec.msgpack.decode(path.read_bytes(), type=ListEdition) for path in (home / found[0]).glob(f"*{_ENTRIES}")]
    if not receipts:
        raise NotReady(f"edition {found[0]} of list {list_id} was kept by an earlier release, which noted no entries")
    return max(receipts, key=lambda edition: edition.received_at)


def _edition(folder: Path, list_id: str, stored: _Stored) -> ListEdition:
    """Raises `ListDamaged` for files, or entries, that are not what was kept."""
    home = folder / "lists" / list_id / stored.edition
    try:
        files = [(home / f"{number}.raw").read_bytes() for number in range(stored.files)]
    except FileNotFoundError as fault:
        raise ListDamaged(f"list {list_id} in {home} is damaged: {fault.filename} is missing; load it again") from fault
    if hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in files)).hexdigest() != stored.edition:
        raise ListDamaged(f"list {list_id} in {home} is damaged; load it again")
    if stored.entries:
        kept = home / f"{stored.entries}{_ENTRIES}"
        read = kept.read_bytes() if kept.exists() else b""
        if hashlib.sha256(read).hexdigest() != stored.entries:
            raise ListDamaged(f"list {list_id} in {home} is damaged: {kept.name}; load it again")
        return msgspec.msgpack.decode(read, type=ListEdition)
    edition = read_list(list_id, stored.format, files, stored.received_at, 100)
    if isinstance(edition, Quarantined):
        raise ListDamaged(f"list {list_id} in {home} is refused by its reader ({edition.reasons[0]}); load it again")
    return edition


def list_set(folder: Path, scheme: Scheme) -> ListSet:
    """The list set made of the newest editions; it is noted, so that its version can be opened again."""
    settings = list_settings(scheme)
    found = ListSet(list(editions(folder, scheme).values()), settings)
    home = folder / "lists" / "sets"
    home.mkdir(parents=True, exist_ok=True)
    parts = {}
    for list_id in found.editions:
        parts[list_id] = msgspec.json.decode((folder / "lists" / list_id / "current.json").read_bytes(), type=_Stored)
    _put(home / f"{found.version}.json", msgspec.json.encode(_StoredSet(parts, settings)))
    return found


class Screeners:
    """Screeners by list set version; the last two are kept in memory, any other is built again from its editions.

    A process that runs on has the next one built beside the one that serves: `prepare`, then swap when it is done. What fails its
    self-test is never handed out, so the one in force stays.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Screener] = {}
        # What the noted set said when its screener was made: the same lists received anew are valid for longer.
        self._noted: dict[str, bytes] = {}
        self._making: dict[str, Future[Screener]] = {}
        self._lock = Lock()
        self._builder: ThreadPoolExecutor | None = None

    def prepare(self, version: str) -> Future[Screener]:
        """Begin to build this version in a thread of its own; twice is once. The future raises what calling would raise."""
        with self._lock:
            making = self._making.get(version)
            if making is None:
                if self._builder is None:
                    self._builder = ThreadPoolExecutor(1, "lists")
                making = self._making[version] = self._builder.submit(self._build, version)
            return making

    def __call__(self, version: str) -> Screener:
        """Raises `KeyError` for a version that was never noted, `ListDamaged` for one whose editions changed since, `ScreeningUnfit` when
        it does not find its canaries."""
        made = self._made.get(version)
        if made is None or self._note_of(version) != self._noted.get(version):
            with self._lock:
                making = self._making.pop(version, None)
            made = making.result() if making is not None else self._build(version)
            self._made.pop(version, None)
            while len(self._made) > 1:
                del self._made[next(iter(self._made))]
            self._made[version] = made
        return made

    def _note_of(self, version: str) -> bytes:
        path = self._folder / "lists" / "sets" / f"{version}.json"
        return path.read_bytes() if path.exists() else b""

    def close(self) -> None:
        """Let go of the builder; what it is building is finished and forgotten."""
        with self._lock:
            builder, self._builder = self._builder, None
            self._making.clear()
        if builder is not None:
            builder.shutdown(wait=True, cancel_futures=True)

    def _build(self, version: str) -> Screener:
        path = self._folder / "lists" / "sets" / f"{version}.json"
        if not path.exists():
            raise KeyError(version)
        raw = path.read_bytes()
        stored = msgspec.json.decode(raw, type=_StoredSet)
        kept = [_edition(self._folder, key, part) for key, part in stored.lists.items()]
        made = Screener(ListSet(kept, stored.settings, version), next(reversed(self._made.values()), None))
        self._noted[version] = raw
        return made


def bring_up_list_sets(folder: Path, scheme: Scheme) -> None:
    """List sets of the first release name their editions alone; how their lists bind was said by the one rulebook that there was.

    A set is replaced whole, and doing it again does nothing. No number tells that it was done: the form of each file does.
    """
    for path in sorted((folder / "lists" / "sets").glob("*.json")):
        raw = path.read_bytes()
        if msgspec.json.decode(raw, type=dict[str, object]).keys() == {"lists", "settings"}:
            continue
        parts = msgspec.json.decode(raw, type=dict[str, _Stored])
        _put(path, msgspec.json.encode(_StoredSet(parts, list_settings(scheme))))


def waiting(folder: Path, scheme: Scheme) -> Iterator[tuple[str, Path]]:
    """Deliveries in the inbox, by list and name: (list, file or folder of files).

    A delivery is one file, or for a list of several files a folder, in `lists/inbox/LIST/`. Whoever delivers copies it under a name that
    begins with a point or ends in `.part`, and renames it when it is whole: such names are not looked at.
    """
    for rule in scheme.lists:
        home = folder / "lists" / "inbox" / rule.list_id
        for path in sorted(home.iterdir()) if home.is_dir() else ():
            if not path.name.startswith(".") and path.suffix != ".part" and (path.is_file() or path.is_dir()):
                yield rule.list_id, path


def strays(folder: Path, scheme: Scheme) -> list[str]:
    """Names in the inbox that are no list of the rulebook: what is delivered there is never read."""
    home = folder / "lists" / "inbox"
    known = {"refused", *(rule.list_id for rule in scheme.lists)}
    return sorted(path.name for path in home.iterdir() if path.name not in known) if home.is_dir() else []


def take_waiting(folder: Path, scheme: Scheme, at: Instant, by: str = "") -> list[tuple[str, str, ListEdition | Quarantined]]:
    """Load every delivery that waits: (list, name, what came of it). Files of one delivery are taken in the order of their names.

    A delivery that was taken is gone from the inbox, its files are kept with the edition; one that was quarantined goes to
    `lists/inbox/refused/LIST/`, with its reasons in the history.
    """
    done = []
    for list_id, path in list(waiting(folder, scheme)):
        try:
            parts = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
            files = [one.read_bytes() for one in parts]
        except FileNotFoundError:
            continue  # another process took it
        loaded = load_list(folder, scheme, list_id, files, at, by)
        if isinstance(loaded, Quarantined):
            refused = folder / "lists" / "inbox" / "refused" / list_id
            refused.mkdir(parents=True, exist_ok=True)
            path.replace(refused / f"{int(at)}-{path.name}")
        elif path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        done.append((list_id, path.name, loaded))
    return done
