"""`hub.toml`: what it says, every mistake in it, and that a folder stays with the stores that it was opened with."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.hub import Configuration, NotReady, close_hub, configuration_of, init, open_hub, read_configuration, scheme_of
from fondaco.hub.configuration import COMMENTED, FILE
from fondaco.ledger import EngineUnavailable
from fondaco.simulation import lay_out

CLUSTER = 'ledger = "tigerbeetle"\naddresses = ["10.0.0.1:3001", "10.0.0.2:3001", "10.0.0.3:3001"]\n'


def told(folder: Path, text: str) -> list[str]:
    (folder / FILE).write_text(text)
    found = read_configuration(folder)
    return [] if isinstance(found, Configuration) else [str(mistake) for mistake in found]


def test_a_folder_without_the_file_keeps_everything_itself(tmp_path: Path) -> None:
    assert read_configuration(tmp_path) == Configuration() == Configuration("sqlite", "sqlite", "reference")


def test_a_new_hub_is_laid_out_with_a_file_that_changes_nothing_and_names_every_key(tmp_path: Path) -> None:
    init("straits", tmp_path / "hub", [])
    assert (tmp_path / "hub" / FILE).read_text() == COMMENTED
    assert read_configuration(tmp_path / "hub") == Configuration()
    every = [line.removeprefix("# ") for line in COMMENTED.splitlines() if line.startswith("# ") and " = " in line]
    assert {line.split(" = ")[0] for line in every} == set(Configuration.__slots__)
    embedded = "\n".join(line for line in every if line.split(" = ")[0] in ("ledger", "journal", "kernel"))
    assert told(tmp_path, embedded) == []


def test_what_it_says_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(CLUSTER + "cluster_id = 340282366920938463463374607431768211455\ndeadline_s = 30\n")
    addresses = ("10.0.0.1:3001", "10.0.0.2:3001", "10.0.0.3:3001")
    assert read_configuration(tmp_path) == Configuration("tigerbeetle", "sqlite", "reference", "", addresses, 2**128 - 1, 30)
    (tmp_path / FILE).write_text('ledger = "postgres"\njournal = "postgres"\ndsn = "service=fondaco"\nkernel = "reference"\n')
    assert read_configuration(tmp_path) == Configuration("postgres", "postgres", "reference", "service=fondaco")


MISTAKES = [
    ("ledger = ", "hub.toml: -: not TOML"),
    ('books = "sqlite"', "hub.toml: books: is no key"),
    ('ledger = "oracle"', "hub.toml: ledger: 'oracle' is none of sqlite, postgres, tigerbeetle"),
    ("ledger = 1", "hub.toml: ledger: 1 is none of"),
    ('journal = "tigerbeetle"', "hub.toml: journal: 'tigerbeetle' is none of sqlite, postgres"),
    ('kernel = "fast"', "hub.toml: kernel: 'fast' is none of auto, compiled, reference"),
    ('ledger = "postgres"', "hub.toml: dsn: is needed"),
    ('journal = "postgres"', "hub.toml: dsn: is needed"),
    ('dsn = "service=fondaco"', "hub.toml: dsn: is for postgres"),
    ('ledger = "postgres"\ndsn = ""', "hub.toml: dsn: must be a connection string"),
    ('ledger = "postgres"\ndsn = 5', "hub.toml: dsn: must be a connection string"),
    ('ledger = "postgres"\ndsn = "host=db password=secret"', "hub.toml: dsn: holds a password"),
    ('ledger = "postgres"\ndsn = "password = secret"', "hub.toml: dsn: holds a password"),
    ('ledger = "postgres"\ndsn = "host=db sslpassword=secret"', "hub.toml: dsn: holds a password"),
    ('ledger = "postgres"\ndsn = "postgresql://hub:secret@db/books"', "hub.toml: dsn: holds a password"),
    ('ledger = "postgres"\ndsn = "postgres://db/books?password=secret"', "hub.toml: dsn: holds a password"),
    ('ledger = "tigerbeetle"', "hub.toml: addresses: are needed"),
    ('ledger = "tigerbeetle"\naddresses = "10.0.0.1:3001"', "hub.toml: addresses: must be a list"),
    ('ledger = "tigerbeetle"\naddresses = [3001]', "hub.toml: addresses: must be a list"),
    ('ledger = "tigerbeetle"\naddresses = []', "hub.toml: addresses: 0 addresses; a cluster has 1 to 6"),
    (
        'ledger = "tigerbeetle"\naddresses = ["replica-1:3001"]',
        "hub.toml: addresses: 'replica-1:3001': 'replica-1' is no IP number",
    ),
    ('ledger = "tigerbeetle"\naddresses = ["10.0.0.1:0"]', "hub.toml: addresses: '10.0.0.1:0': must be NUMBER:PORT"),
    ('ledger = "tigerbeetle"\naddresses = ["10.0.0.1:1", "10.0.0.1:1"]', "hub.toml: addresses: an address stands there twice"),
    ('addresses = ["10.0.0.1:3001"]', "hub.toml: addresses: is for tigerbeetle, and the ledger is sqlite"),
    ("cluster_id = 1", "hub.toml: cluster_id: is for tigerbeetle"),
    (CLUSTER + "cluster_id = -1", "hub.toml: cluster_id: must be a whole number from 0"),
    (CLUSTER + "cluster_id = true", "hub.toml: cluster_id: must be a whole number from 0"),
    (CLUSTER + f"cluster_id = {2**128}", "hub.toml: cluster_id: must be a whole number from 0"),
    ("deadline_s = 5", "hub.toml: deadline_s: is for tigerbeetle"),
    (CLUSTER + "deadline_s = 0", "hub.toml: deadline_s: must be a whole number from 1 to 3600"),
    (CLUSTER + "deadline_s = 3601", "hub.toml: deadline_s: must be a whole number from 1 to 3600"),
    (CLUSTER + "deadline_s = 1.5", "hub.toml: deadline_s: must be a whole number from 1 to 3600"),
    (CLUSTER + 'kernel = "auto"', "hub.toml: kernel: is for sqlite and postgres"),
]


@pytest.mark.parametrize("text, mistake", MISTAKES, ids=[mistake for _, mistake in MISTAKES])
def test_a_mistake_is_told_with_its_key_and_its_reason(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = told(tmp_path, text)
    assert found.startswith(mistake)


def test_a_file_that_is_no_text_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    assert isinstance(found := read_configuration(tmp_path), list) and "not TOML" in str(found[0])
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    assert isinstance(found := read_configuration(tmp_path), list) and "cannot be read" in str(found[0])


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = 'ledger = "oracle"\njournal = "paper"\nkernel = "x"\ndsn = ""\naddresses = ["a:1", "b"]\ncluster_id = -1\ndeadline_s = 0\nmore = 1\n'
    found = told(tmp_path, text)
    assert len(found) == 9 and found == sorted(found)
    with pytest.raises(NotReady, match="has mistakes") as refused:
        configuration_of(tmp_path)
    assert all(one in str(refused.value) for one in found)


@pytest.mark.parametrize(
    "dsn", ["service=fondaco", "host=a,b target_session_attrs=read-write passfile=hub.pass", "postgresql://hub@db:5432/books"]
)
def test_a_connection_string_without_a_password_is_good(tmp_path: Path, dsn: str) -> None:
    assert told(tmp_path, f'ledger = "postgres"\ndsn = "{dsn}"\n') == []


values = st.one_of(
    st.sampled_from(['"sqlite"', '"postgres"', '"tigerbeetle"', '"auto"', "0", "1", "true", "1.5", '""', "[]", '["127.0.0.1:1"]'])
)


@given(st.dictionaries(st.sampled_from([*Configuration.__slots__, "more"]), values))
def test_a_text_is_read_or_told_and_what_is_read_goes_together(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("hub")
    (folder / FILE).write_text("\n".join(f"{key} = {value}" for key, value in keys.items()))
    found = read_configuration(folder)
    if isinstance(found, list):
        assert found and all(mistake.file == FILE and mistake.reason for mistake in found)
        return
    assert (found.ledger == "tigerbeetle") == bool(found.addresses)
    assert ("postgres" in (found.ledger, found.journal)) == bool(found.dsn)


# A folder and its stores


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    lay_out(tmp_path)
    return tmp_path


def test_nothing_is_opened_with_a_mistake_in_the_file(hub: Path) -> None:
    (hub / FILE).write_text('ledger = "oracle"')
    for opening in (open_hub, scheme_of):
        with pytest.raises(NotReady, match="'oracle' is none of"):
            opening(hub)
    assert not (hub / "journal.sqlite").exists() and not (hub / "books").exists()


@pytest.mark.parametrize(
    "text, said",
    [(CLUSTER, "tigerbeetle 0"), ('ledger = "postgres"\ndsn = "service=fondaco"\n', "postgres")],
    ids=["cluster", "postgres"],
)
def test_a_folder_stays_with_its_books(hub: Path, text: str, said: str) -> None:
    close_hub(open_hub(hub))
    (hub / FILE).write_text(text)
    with pytest.raises(NotReady, match=rf"are on sqlite, and hub\.toml says {said}: no folder changes"):
        open_hub(hub)
    (hub / FILE).unlink()
    close_hub(open_hub(hub))


def test_a_folder_of_an_earlier_release_has_embedded_books(hub: Path) -> None:
    opened = open_hub(hub)
    opened.journal._connection.execute("DELETE FROM meta WHERE key='books'")
    close_hub(opened)
    (hub / FILE).write_text(CLUSTER)
    with pytest.raises(NotReady, match="are on sqlite"):
        open_hub(hub)


def test_the_books_of_another_cluster_are_other_books(hub: Path) -> None:
    opened = open_hub(hub)
    opened.journal.set_meta("books", b"tigerbeetle 7")
    close_hub(opened)
    (hub / FILE).write_text(CLUSTER + "cluster_id = 8\n")
    with pytest.raises(NotReady, match=r"are on tigerbeetle 7, and hub\.toml says tigerbeetle 8"):
        open_hub(hub)


def test_a_folder_stays_with_its_journal(hub: Path) -> None:
    close_hub(open_hub(hub))
    (hub / FILE).write_text('journal = "postgres"\ndsn = "service=fondaco"\n')
    with pytest.raises(NotReady, match=r"keeps its journal in journal\.sqlite"):
        open_hub(hub)
    (hub / FILE).unlink()
    (hub / "journal.sqlite").unlink()
    with pytest.raises(NotReady, match=r"holds no journal\.sqlite"):
        open_hub(hub)


def test_a_hub_whose_cluster_is_silent_does_not_open_and_lets_its_folder_go(hub: Path) -> None:
    pytest.importorskip("tigerbeetle")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        (hub / FILE).write_text(f'ledger = "tigerbeetle"\naddresses = ["127.0.0.1:{held.getsockname()[1]}"]\ndeadline_s = 1\n')
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="did not answer within 1 s"):
                open_hub(hub)
    (hub / FILE).unlink()
    close_hub(open_hub(hub))


@pytest.mark.parametrize(
    "missing, text, extra",
    [("tigerbeetle", CLUSTER, "tigerbeetle"), ("psycopg", 'ledger = "postgres"\ndsn = "service=x"\n', "postgres")],
)
def test_a_missing_extra_is_told_with_what_to_install(
    hub: Path, missing: str, text: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "fondaco.ledger.postgres", raising=False)
    (hub / FILE).write_text(text)
    with pytest.raises(NotReady, match=rf"pip install 'fondaco\[{extra}\]'"):
        open_hub(hub)
