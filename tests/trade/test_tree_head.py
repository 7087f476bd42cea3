"""Witnesses: what they sign, and that a hub which shows two histories finds none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import Refusal, signature_holds
from fondaco.journal import Tree
from fondaco.trade.tree_head import TreeHead, WitnessSignature, countersigned, head_material, witness_fault, witness_material
from titles import BANK, HUB, OTHER, key_of, public

AT = "2026-11-26T12:00:{:02d}.000Z"


def log_of(size: int, word: str = "event", until: int = 0) -> Tree:
    """A log; from leaf `until` on with other leaves."""
    tree = Tree()
    for number in range(size):
        tree.append(f"{word if number >= until else 'event'} {number}".encode())
    return tree


def head_of(tree: Tree, second: int, hub: str = HUB) -> tuple[TreeHead, bytes]:
    head = TreeHead(hub, tree.size, tree.root().hex(), AT.format(second))
    return head, key_of(HUB).sign(head_material(head))


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_log_that_goes_on_is_signed_and_no_fork_of_it(old: int, more: int) -> None:
    tree = log_of(old + more)
    seen, _ = head_of(log_of(old), 1)
    head, signature = head_of(tree, 2)
    proof = tree.consistency(old)
    word = countersigned(BANK, public(BANK), key_of(BANK).sign, seen, head, signature, public(HUB), proof)
    assert isinstance(word, WitnessSignature)
    assert signature_holds(public(BANK), bytes.fromhex(word.signature), witness_material(BANK, head))
    assert not signature_holds(public(BANK), bytes.fromhex(word.signature), witness_material(OTHER, head))
    if old:
        fork = log_of(old + more, "another", old - 1)
        head, signature = head_of(fork, 2)
        answer = countersigned(BANK, public(BANK), key_of(BANK).sign, seen, head, signature, public(HUB), fork.consistency(old))
        assert isinstance(answer, Refusal)
        assert (answer.where, answer.article) == ("head.root", "T.6")


@pytest.mark.parametrize(
    ("size", "second", "hub", "where"), [(9, 3, HUB, "head.size"), (11, 1, HUB, "head.at"), (11, 3, "OTHRSGSG", "head.hub")]
)
def test_a_witness_does_not_go_back(size: int, second: int, hub: str, where: str) -> None:
    seen, _ = head_of(log_of(10), 2)
    head, signature = head_of(log_of(size), second, hub)
    found = witness_fault(seen, head, signature, public(HUB), [])
    assert found is not None
    assert (found.where, found.article) == (where, "T.6")


def test_a_head_that_the_hub_did_not_sign_is_none() -> None:
    head, signature = head_of(log_of(3), 1)
    for key, word in ((public(OTHER), signature), (public(HUB), signature[:-1] + bytes([signature[-1] ^ 1]))):
        found = witness_fault(None, head, word, key, [])
        assert found is not None
        assert found.where == "signature"
    assert witness_fault(None, head, signature, public(HUB), []) is None
