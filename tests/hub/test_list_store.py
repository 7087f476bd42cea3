"""Where lists are kept: what a set screens with stays what it was, a bad list never replaces a good one, deliveries are taken whole."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path

import msgspec
import pytest

from fondaco.compliance import ListEdition, Name, Quarantined, ScreeningUnfit
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant
from fondaco.hub import editions, kept_edition, list_history, list_set, load_list, scheme_of, strays, take_waiting, waiting
from fondaco.hub.build import ListDamaged, Screeners
from fondaco.rulebook import Scheme
from fondaco.simulation import lay_out
from list_samples import SAMPLES

NOW = Instant(1_795_500_000 * 10**9)
UN = demo_list("un")[0]
LATER = UN.replace(b"2026-11-23T", b"2026-11-24T").replace(b"BRULOMAROV", b"BRULOMAREV")


@pytest.fixture
def hub(tmp_path: Path) -> tuple[Path, Scheme]:
    folder = tmp_path / "hub"
    lay_out(folder)
    return folder, scheme_of(folder)


def test_what_was_read_is_kept_and_read_back_as_it_was(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    loaded = load_list(folder, scheme, "un", [LATER], NOW)
    assert isinstance(loaded, ListEdition) and editions(folder, scheme)["un"] == loaded
    assert kept_edition(folder, "un", loaded.digest[:8]) == loaded


def test_entries_that_were_altered_on_disk_are_damage(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    loaded = load_list(folder, scheme, "un", [LATER], NOW)
    assert isinstance(loaded, ListEdition)
    (kept,) = (folder / "lists" / "un" / loaded.digest).glob("*.entries")
    kept.write_bytes(kept.read_bytes().replace(b"BRULOMAREV", b"BRULOMARXV"))
    with pytest.raises(ListDamaged, match="load it again"):
        editions(folder, scheme)
    kept.unlink()
    with pytest.raises(ListDamaged):
        list_set(folder, scheme)


@pytest.mark.parametrize("harm", ["files", "entries", "current"])
def test_damage_is_mended_by_loading_the_list_again(hub: tuple[Path, Scheme], harm: str) -> None:
    folder, scheme = hub
    home = folder / "lists" / "un"
    stored = json.loads((home / "current.json").read_bytes())
    if harm == "files":
        (home / stored["edition"] / "0.raw").write_bytes(b"gone")
    elif harm == "entries":
        (home / stored["edition"] / f"{stored['entries']}.entries").unlink()
    else:
        (home / "current.json").write_bytes(b"{")
    with pytest.raises(ListDamaged):
        list_set(folder, scheme)
    assert isinstance(load_list(folder, scheme, "ofac", demo_list("ofac"), NOW), ListEdition), (
        "another list's damage is not its own"
    )
    assert list_history(folder)[-1].list_set == "" and "no list set" in list_history(folder)[-1].notes[-1]
    assert isinstance(load_list(folder, scheme, "un", [UN], NOW), ListEdition)
    assert list_set(folder, scheme).unfit(NOW) == "" and "compared with nothing" in list_history(folder)[-1].notes[0]


def test_an_edition_that_an_earlier_release_kept_is_read_from_its_files(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    before = editions(folder, scheme)["un"]
    current = folder / "lists" / "un" / "current.json"
    stored = json.loads(current.read_bytes())
    for path in (folder / "lists" / "un" / stored["edition"]).glob("*.entries"):
        path.unlink()
    del stored["entries"]
    current.write_text(json.dumps(stored))
    assert editions(folder, scheme)["un"] == before


def test_a_set_is_opened_again_as_it_was_after_its_lists_were_replaced(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    old = list_set(folder, scheme)
    load_list(folder, scheme, "un", [LATER], NOW)
    new = list_set(folder, scheme)
    assert new.version != old.version
    screeners = Screeners(folder)
    assert screeners(old.version).lists.version == old.version
    assert dict(screeners(old.version).lists.editions) == dict(old.editions)
    assert dict(screeners(new.version).lists.editions) == dict(new.editions)
    with pytest.raises(KeyError):
        screeners("0" * 32)


def test_the_next_set_is_built_beside_the_one_that_serves(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    old = list_set(folder, scheme).version
    screeners = Screeners(folder)
    serving = screeners(old)
    load_list(folder, scheme, "un", [LATER], NOW)
    new = list_set(folder, scheme).version
    building = screeners.prepare(new)
    assert screeners.prepare(new) is building and screeners(old) is serving
    made = screeners(new)
    assert made is building.result() and screeners(new) is made and screeners(old) is serving
    screeners.close()


def test_what_fails_its_self_test_beside_is_never_handed_out(hub: tuple[Path, Scheme]) -> None:
    before = set(threading.enumerate())  # a hub that another test of this process left may build still
    folder, scheme = hub
    version = list_set(folder, scheme).version
    path = folder / "lists" / "sets" / f"{version}.json"
    kept = msgspec.json.decode(path.read_bytes())
    kept["settings"][0][1] = 1_001  # nothing resembles anything so much
    path.write_bytes(msgspec.json.encode(kept))
    screeners = Screeners(folder)
    assert isinstance(screeners.prepare(version).exception(), ScreeningUnfit)
    for _ in range(2):
        with pytest.raises(ScreeningUnfit, match="canary"):
            screeners(version)
    screeners.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("lists") and one not in before]


def test_a_list_whose_canaries_do_not_hit_never_replaces_one_whose_do(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    before = list_set(folder, scheme).version
    # Names of one word each: nothing that a canary could try.
    head, tail = LATER.split(b"<INDIVIDUALS>")[0], b"</INDIVIDUALS></CONSOLIDATED_LIST>"
    one = (
        "<INDIVIDUAL><DATAID>{0}</DATAID><FIRST_NAME>Qeb{0}</FIRST_NAME><REFERENCE_NUMBER>INi.{0}</REFERENCE_NUMBER></INDIVIDUAL>"
    )
    many = "".join(one.format(number) for number in range(200)).encode()
    found = load_list(folder, scheme, "un", [head + b"<INDIVIDUALS>" + many + tail], NOW)
    assert isinstance(found, Quarantined) and list_set(folder, scheme).version == before


def test_history_tells_who_brought_what_and_what_came_of_it(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    before = len(list_history(folder))
    assert isinstance(load_list(folder, scheme, "un", [LATER], NOW, "ana"), ListEdition)
    assert isinstance(load_list(folder, scheme, "un", [LATER[:500]], NOW, "ben"), Quarantined)
    taken, refused = list_history(folder)[before:]
    assert (taken.by, taken.outcome, taken.added, taken.removed, taken.changed) == ("ana", "taken", 0, 0, 1)
    assert taken.list_set == list_set(folder, scheme).version and taken.published == "2026-11-24"
    assert (refused.by, refused.outcome, refused.list_set) == ("ben", "quarantined", "") and "not well-formed" in refused.reasons[
        0
    ]
    with (folder / "lists" / "history.jsonl").open("ab") as file:
        file.write(b'{"at":"2026')
    assert len(list_history(folder)) == before + 2, "a torn line hides no other"


def test_deliveries_are_taken_whole_and_bad_ones_put_aside(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    inbox = folder / "lists" / "inbox"
    (inbox / "un").mkdir(parents=True)
    (inbox / "un" / "a.xml.part").write_bytes(LATER[:99])
    (inbox / "un" / ".b.xml").write_bytes(LATER[:99])
    assert not list(waiting(folder, scheme)) and not take_waiting(folder, scheme, NOW)
    (inbox / "un" / "a.xml").write_bytes(LATER)
    (inbox / "un" / "b.xml").write_bytes(LATER[:500])
    three = inbox / "ofac" / "monday"
    three.mkdir(parents=True)
    for name, raw in zip(("1-sdn.csv", "2-alt.csv", "3-add.csv"), demo_list("ofac"), strict=True):
        (three / name).write_bytes(raw)
    done = {
        (list_id, name): isinstance(loaded, ListEdition) for list_id, name, loaded in take_waiting(folder, scheme, NOW, "ana")
    }
    assert done == {("un", "a.xml"): True, ("un", "b.xml"): False, ("ofac", "monday"): True}
    assert editions(folder, scheme)["un"].published == "2026-11-24" and editions(folder, scheme)["ofac"].received_at == NOW
    assert not list(waiting(folder, scheme)) and [path.read_bytes() for path in (inbox / "refused" / "un").iterdir()] == [
        LATER[:500]
    ]
    assert (inbox / "un" / "a.xml.part").exists()


def test_what_lies_where_no_list_is_is_named(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    assert strays(folder, scheme) == []
    for name in ("unn", "un", "refused"):
        (folder / "lists" / "inbox" / name).mkdir(parents=True)
    os.mkfifo(folder / "lists" / "inbox" / "un" / "pipe")
    assert strays(folder, scheme) == ["unn"] and not list(waiting(folder, scheme)), "a pipe is never waited for"


def test_a_better_reader_is_no_change_of_the_list(hub: tuple[Path, Scheme]) -> None:
    """What an earlier reader kept, and today's does not, must not quarantine the next edition."""
    folder, scheme = hub
    home = folder / "lists" / "un"
    stored = json.loads((home / "current.json").read_bytes())
    kept = editions(folder, scheme)["un"]
    many = tuple(Name(f"Only The Old Reader {number}") for number in range(20))
    more = tuple(msgspec.structs.replace(entry, names=(*entry.names, *many)) for entry in kept.entries)
    old = msgspec.msgpack.encode(msgspec.structs.replace(kept, reader="fondaco-lists-1", entries=more))
    stored["entries"] = hashlib.sha256(old).hexdigest()
    (home / stored["edition"] / f"{stored['entries']}.entries").write_bytes(old)
    (home / "current.json").write_text(json.dumps(stored))
    assert len(editions(folder, scheme)["un"].entries[0].names) > 20, "an old set screens with what it had"
    assert isinstance(load_list(folder, scheme, "un", [LATER], NOW), ListEdition)


def test_the_same_files_again_are_a_new_receipt_and_old_sets_keep_the_old_one(hub: tuple[Path, Scheme]) -> None:
    folder, scheme = hub
    first = list_set(folder, scheme)
    load_list(folder, scheme, "un", [UN], NOW)
    assert editions(folder, scheme)["un"].received_at == NOW
    again = list_set(folder, scheme)
    assert again.version == first.version and again.valid_until("un") > first.valid_until("un")


def test_a_set_with_goods_is_tried_with_codes_and_phrases(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    lay_out(folder)
    union = folder / "union" / "union.toml"
    entry = (
        '\n[[lists]]\nid = "goods"\nformat = "goods_csv"\nrequired = true\nmax_age_days = 31\nthreshold_milli = 900\n'
        'shrink_max_percent = 10\non_confirmed = "reject"\nsource = "invented"\n'
    )
    text = union.read_text()
    assert "[[lists]]" in text
    union.write_text(text.replace("\n[[lists]]", entry + "\n[[lists]]", 1))
    scheme = scheme_of(folder)
    with pytest.raises(ScreeningUnfit, match="list goods is missing"):
        Screeners(folder)(list_set(folder, scheme).version)
    loaded = load_list(folder, scheme, "goods", SAMPLES["goods_csv"], NOW)
    assert isinstance(loaded, ListEdition) and len(loaded.goods) == 3
    made = list_set(folder, scheme)
    assert Screeners(folder)(made.version).lists.editions["goods"].goods == loaded.goods
