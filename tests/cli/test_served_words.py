"""Words of the command line at a hub that is being served: the same answers as without, by whoever owns the folder, written down; and nothing is changed."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.cli.served import FILE, QUESTIONS, asked_of, question_in
from tls_doors import TlsDoor

UETR = "8a562c67-ca16-48ba-b074-65581be6f001"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDoor]:
    opened = TlsDoor(tmp_path_factory.mktemp("served"), seals=False)
    yield opened
    opened.world.store.close()


@pytest.mark.server
def test_who_speaks_otherwise_is_not_heard_and_what_was_asked_is_written_down(door: TlsDoor) -> None:
    fondaco("queue", "list", "--hub", door.hub)
    for raw in (b"", b"\xff\xff\xff\xff", b"\0\0\0\2ab", b"GET / HTTP/1.1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(door.hub / FILE))
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                continue
    refused = asked_of(door.hub, ["queue", "list", "--bogus"], 80)
    assert refused is not None and refused.code == 2, "and it goes on"
    looks = json.loads(fondaco("access", "looks", "--subject", "word queue list", "--hub", door.hub, "--json"))
    assert [one["detail"].partition(": ")[2].split(" --hub")[0] for one in looks["looks"]] == ["queue list", "queue list --bogus"]
    assert all(one["who"].endswith(" at the machine") and one["roles"] == "" for one in looks["looks"])
    assert looks["broken"] == 0


@pytest.mark.server
def test_a_served_hub_answers_questions_as_one_at_rest_and_changes_nothing(door: TlsDoor) -> None:
    at = ("--hub", door.hub)
    assert stat.S_IMODE((door.hub / FILE).stat().st_mode) == 0o600
    told = json.loads(fondaco("positions", *at, "--json"))
    assert {row["currency"] for row in told} >= {"SGD", "THB"}
    assert "positions, cycle" in fondaco("positions", *at)
    lists = {word: fondaco(*word.split(), *at, "--json") for word in ("queue list", "member list", "rules list", "case list")}
    assert "no payment" in fondaco("trace", UETR, *at, code=1)
    head = door.ask("watch-sg", "GET", "/v1/evidence/head").json
    deeds = (
        ("queue", "revoke", "ZZBASG01", UETR),
        ("limit", "ZZBASG01", "SGD", "1.00"),
        ("day", "end"),
        ("prove",),
        ("cycle", "close"),
    )
    for words in deeds:
        said = fondaco(*words, *at, code=3)
        assert "answers questions alone" in said and "positions" in said, said
    assert door.ask("watch-sg", "GET", "/v1/evidence/head").json == head, "nothing was decided"
    door.end()
    assert not (door.hub / FILE).exists()
    assert json.loads(fondaco("positions", *at, "--json")) == told, "the same as at rest"
    assert {word: fondaco(*word.split(), *at, "--json") for word in lists} == lists


def test_a_hub_that_was_killed_leaves_a_socket_that_nobody_waits_at(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(tmp_path / FILE))
    assert asked_of(tmp_path, ["positions"], 80) is None


def test_questions_are_words_of_the_program() -> None:
    assert question_in(["queue", "list", "--json"]) == "queue list" and question_in(["queue", "move"]) == question_in([]) == ""
    for word in sorted(QUESTIONS):
        assert "Usage" in fondaco(*word.split(), "--help"), word
    assert os.sep not in FILE
