"""SWIFT MT at the command line: what a message says, everything that is wrong with one, and a new one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.terminal import Json, Misused, Refused, console, errors, show
from fondaco.cli.trade_app import trade_app
from fondaco.core import MalformedMessage
from fondaco.hub import NotReady
from fondaco.trade import credit_message, mt

mt_app = App(name="mt", help="SWIFT MT of categories 4 and 7: read, check, view, terms, write.")
trade_app.command(mt_app)

Kind = Annotated[str, Parameter(name="--type", help="The type of a text without block 2, such as 700.")]


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON that `read --json` shows and `write` takes; of a new message only `kind` and `fields` need be there."""

    kind: str
    fields: list[tuple[str, str]]
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    bare: bool = False
    newline: Literal["\r\n", "\n"] = "\r\n"
    ending: Literal["", "\r\n", "\n"] = ""


@mt_app.command(name="read")
def read_(file: Path, *, kind: Kind = "", json: Json = False) -> None:
    """What a message says, field by field. With --json, the document from which `write` makes the same bytes again."""
    try:
        message = mt.read(_bytes(file), kind)
    except MalformedMessage as fault:
        raise Refused(fault.refusal.sentence()) from fault

    def lines() -> None:
        console.print(f"MT {message.kind} {mt.LAYOUTS[message.kind].title}", markup=False, highlight=False)
        for sequence, fields in mt.occurrences(message):
            if len(mt.LAYOUTS[message.kind].sequences) > 1:
                console.print(f"sequence {sequence}", highlight=False)
            for one in fields:
                for number, line in enumerate(one.text.split("\n")):
                    console.print(f"{one.tag if number == 0 else '':4}  {line}", markup=False, highlight=False)

    show(json, _document(message), lines)


@mt_app.command
def check(file: Path, *, kind: Kind = "", json: Json = False) -> None:
    """Everything that is wrong with a message, each with field, line and rule. Exit code 1 when there is anything."""
    message, faults = mt.examine(_bytes(file), kind)
    rows = [{"line": one.line, "field": one.tag, "rule": one.rule, "text": one.text} for one in faults]

    def lines() -> None:
        for one in faults:
            console.print(one.sentence(), markup=False, highlight=False)
        if message is not None and not faults:
            console.print(f"MT {message.kind}: {len(message.fields)} fields, in order", highlight=False)

    show(json, {"kind": message.kind if message is not None else "", "faults": rows}, lines)
    if faults:
        raise Refused(f"{file.name}: {len(faults)} {'fault' if len(faults) == 1 else 'faults'}")


@mt_app.command
def view(file: Path, *continuations: Path, kind: Kind = "") -> None:
    """What the machines of trade take from a message, as JSON: a credit's terms (with its 701, 711 or 721), an amendment (with its 708), a drawing, collections."""
    message, further = _read(file, continuations, kind)
    show(True, _viewed(message, further), lambda: None)


@mt_app.command
def terms(file: Path, *continuations: Path, kind: Kind = "") -> None:
    """The terms of a credit (MT 700, 710 or 720 with its continuations) as JSON, for `trade lint`, `precheck` and `examine`.

    What is left to people is told on standard error, field by field. Refused where the credit is of a kind that is not examined here.
    """
    message, further = _read(file, continuations, kind)
    if message.kind not in mt.CREDITS:
        raise Refused(f"an MT {message.kind} holds no terms of a credit")
    found = credit_message.terms_of(mt.credit_terms(message, further), message.sender)
    for one in found.open:
        errors.print(f"fondaco: for a person: field {one.field}: {one.text}", markup=False, highlight=False)
    if found.terms is None:
        raise Refused("this credit is of a kind that is not examined here")
    show(True, found.terms, lambda: None)


def _read(file: Path, continuations: tuple[Path, ...], kind: str) -> tuple[mt.Message, list[mt.Message]]:
    try:
        message = mt.read(_bytes(file), kind)
        further = [mt.read(_bytes(one)) for one in continuations]
    except MalformedMessage as fault:
        raise Refused(fault.refusal.sentence()) from fault
    wrong = [one.kind for one in further if mt.CONTINUATIONS.get(one.kind) != message.kind]
    if wrong:
        raise Misused(f"MT {wrong[0]} does not continue an MT {message.kind}")
    return message, further


def _viewed(message: mt.Message, further: list[mt.Message]) -> object:
    if message.kind in mt.CREDITS:
        return mt.credit_terms(message, further)
    if message.kind == "707":
        return mt.amendment(message, further)
    if message.kind in mt.DRAWINGS:
        return mt.drawing(message)
    if message.kind in mt.COLLECTIONS:
        return mt.collection_items(message)
    raise Refused(f"an MT {message.kind} has no view; `fondaco trade mt read` shows its fields")


@mt_app.command
def write(
    file: Path, *, output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="Left out: standard output.")] = None
) -> None:
    """The message that a JSON document describes: its kind, and its fields as pairs of tag and text. Refused when it is not in order."""
    try:
        said = msgspec.json.decode(_bytes(file), type=_Written)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise Misused(f"{file}: {fault}") from fault
    message = mt.Message(
        said.kind, tuple(mt.Field(tag, text) for tag, text in said.fields), tuple(said.before), tuple(said.after), said.bare, said.newline,
        said.ending,
    )  # fmt: skip
    try:
        raw = mt.write(message)
    except MalformedMessage as fault:
        raise Refused(fault.refusal.sentence()) from fault
    if output is None:
        sys.stdout.write(raw.decode("ascii"))
    else:
        output.write_bytes(raw)


def _document(message: mt.Message) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "fields": [[one.tag, one.text] for one in message.fields],
        "before": message.before,
        "after": message.after,
        "bare": message.bare,
        "newline": message.newline,
        "ending": message.ending,
    }


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault
