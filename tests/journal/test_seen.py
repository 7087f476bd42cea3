from __future__ import annotations

import random
from pathlib import Path

import pytest

from fondaco.journal import BrokenSegment, JournalUnavailable, Seen


def keys(count: int, seed: int = 1) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(16) for _ in range(count)]


def filled(folder: Path | None, all_keys: list[bytes], recent_max: int = 100) -> Seen:
    seen = Seen(folder, recent_max)
    for number, key in enumerate(all_keys, start=seen.sealed_up_to + 1):
        seen.add(key, number)
        seen.seal(durable_up_to=number)
    return seen


def test_every_key_is_found_with_its_number_through_seals_and_merges(tmp_path: Path) -> None:
    known = keys(5_000)
    seen = filled(tmp_path, known)
    assert [seen.get(key) for key in known] == list(range(1, 5_001))
    assert all(seen.get(key) == 0 for key in keys(1_000, seed=2))
    assert len(list(tmp_path.iterdir())) < 16


def test_after_a_restart_the_sealed_keys_are_there_and_the_rest_is_told_to_the_owner(tmp_path: Path) -> None:
    known = keys(1_234)
    sealed = filled(tmp_path, known).sealed_up_to
    again = Seen(tmp_path, 100)
    assert again.sealed_up_to == sealed
    assert [again.get(key) for key in known[:sealed]] == list(range(1, sealed + 1))
    assert all(again.get(key) == 0 for key in known[sealed:])


def test_what_is_not_yet_durable_is_not_sealed(tmp_path: Path) -> None:
    seen = Seen(tmp_path, 10)
    for number, key in enumerate(keys(40), start=1):
        seen.add(key, number)
    seen.seal(durable_up_to=25)
    assert Seen(tmp_path, 10).sealed_up_to == 25


def test_keys_that_share_their_first_half_are_told_apart(tmp_path: Path) -> None:
    known = [bytes(8) + number.to_bytes(8, "big") for number in range(1, 301)]
    seen = filled(tmp_path, known, recent_max=50)
    assert [seen.get(key) for key in known] == list(range(1, 301))
    assert seen.get(bytes(8) + (301).to_bytes(8, "big")) == 0


def test_the_first_number_of_a_key_stands() -> None:
    seen = Seen(None)
    seen.add(bytes(16), 1)
    seen.add(bytes(16), 2)
    assert seen.get(bytes(16)) == 1


def test_a_flipped_byte_in_a_sealed_file_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path, keys(500))
    victim = sorted(tmp_path.iterdir())[0]
    content = bytearray(victim.read_bytes())
    content[60] ^= 1
    victim.write_bytes(content)
    with pytest.raises(BrokenSegment):
        Seen(tmp_path, 100)


def test_a_crash_in_the_middle_of_a_merge_loses_nothing(tmp_path: Path) -> None:
    known = keys(700)
    filled(tmp_path, known)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    filled(tmp_path, keys(400, seed=3))  # merges
    for name, content in before.items():  # the parts are back, as if they had not been removed yet
        (tmp_path / name).write_bytes(content)
    (tmp_path / "seen-x.draft").write_bytes(b"half")
    again = Seen(tmp_path, 100)
    assert [again.get(key) for key in known[:600]] == list(range(1, 601))
    assert not list(tmp_path.glob("*.draft"))


def test_a_disk_that_takes_nothing_is_told_as_such_and_no_key_is_forgotten(tmp_path: Path) -> None:
    folder, known = tmp_path / "seen", keys(100)
    folder.mkdir()
    seen = Seen(folder, 100)
    for number, key in enumerate(known, start=1):
        seen.add(key, number)
    folder.rmdir()
    folder.write_text("no folder")
    with pytest.raises(JournalUnavailable, match="seen"):
        seen.seal(durable_up_to=100)
    assert [seen.get(key) for key in known] == list(range(1, 101))
