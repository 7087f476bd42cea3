"""A message from its bytes and to its bytes. What is not in order is refused with field, line and rule; what is comes out as it went in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fondaco.trade.mt.envelope import Opened, Placed, close_envelope, open_envelope
from fondaco.trade.mt.field import FORMS, said_fault
from fondaco.trade.mt.layout import LAYOUTS
from fondaco.trade.mt.message import Fault, Field, Message
from fondaco.trade.mt.placing import Standing, place
from fondaco.trade.mt.rules import Stood, faults_between


def read(raw: bytes, kind: str = "") -> Message:
    """The message in a file. `kind` tells the type of a text without block 2; where block 2 tells it, both must say the same.

    `write(read(raw)) == raw`. Raises `MalformedMessage` for the first thing that is wrong, by line.
    """
    message, faults = examine(raw, kind)
    if faults:
        raise faults[0].raised()
    assert message is not None, "what has no fault is a message"
    return message


def write(message: Message) -> bytes:
    """The bytes of a message. `read(write(message)) == message`. Raises `MalformedMessage` when it is not in order."""
    try:
        raw = close_envelope(message)
    except UnicodeEncodeError as broken:
        raise Fault(1, "", "characters", f"{message.kind}: {broken.reason}").raised() from broken
    again = read(raw, message.kind)
    if again != message:
        raise Fault(1, "", "lines", "a field holds what would be read as another field or as the end of the text").raised()
    return raw


def compose(
    kind: str, fields: Iterable[tuple[str, str]], before: Sequence[tuple[str, str]] = (), after: Sequence[tuple[str, str]] = ()
) -> Message:
    """A new message of fields (tag, text with line feeds) in their order, in order or refused: raises `MalformedMessage`."""
    message = Message(kind, tuple(Field(tag, text) for tag, text in fields), tuple(before), tuple(after))
    write(message)
    return message


def examine(raw: bytes, kind: str = "") -> tuple[Message | None, list[Fault]]:
    """The message in a file and everything that is wrong with it, by line. There is a message where the blocks could be opened and its type is known."""
    opened = open_envelope(raw)
    if isinstance(opened, Fault):
        return None, [opened]
    named = opened.kind or kind
    fault = _type_fault(opened, kind)
    if fault is not None:
        return None, [fault]
    message = Message(
        named,
        tuple(Field(one.tag, one.text) for one in opened.fields),
        opened.before,
        opened.after,
        opened.bare,
        opened.newline,
        opened.ending,
    )
    return message, _faults(named, opened.fields)


def _type_fault(opened: Opened, kind: str) -> Fault | None:
    named = opened.kind or kind
    if not named:
        return Fault(1, "", "type", "there is no block 2: the type must be told")
    if kind and kind != named:
        return Fault(1, "", "type", f"block 2 says MT {named}, MT {kind} was expected")
    if named not in LAYOUTS:
        return Fault(1, "", "type", f"MT {named} is not spoken here")
    return None


def _faults(kind: str, fields: tuple[Placed, ...]) -> list[Fault]:
    standings, faults = place(LAYOUTS[kind], fields)
    stood = []
    for one, standing in zip(fields, standings, strict=True):
        if standing is None:
            continue
        values = FORMS[one.tag].split(one.text)
        if values is None:
            rule, line, text = FORMS[one.tag].fault(one.text)
            faults.append(Fault(one.line + line, one.tag, rule, text))
            continue
        wrong = _blank(one) or said_fault(one.tag, values)
        if wrong is not None:
            faults.append(Fault(one.line + wrong[1], one.tag, wrong[0], wrong[2]))
        stood.append(Stood(one, standing, values))
    if not faults:
        faults = faults_between(kind, stood)
    return sorted(faults, key=lambda fault: fault.line)


def _blank(one: Placed) -> tuple[str, int, str] | None:
    """A line of blanks says nothing, and is lost where lines are folded."""
    for number, line in enumerate(one.text.split("\n")):
        if not line.strip():
            return "empty", number, "a line says nothing"
    return None


def occurrences(message: Message) -> tuple[tuple[str, tuple[Field, ...]], ...]:
    """The fields of a message that was found in order, by sequence and its occurrences: (sequence, fields), in their order."""
    placed = [Placed(1, one.tag, one.text) for one in message.fields]
    standings, _ = place(LAYOUTS[message.kind], placed)
    groups: dict[tuple[str, int], list[Field]] = {}
    for one, standing in zip(message.fields, standings, strict=True):
        assert isinstance(standing, Standing), f"{one.tag} was found to stand in its place"
        groups.setdefault((standing.sequence, standing.occurrence), []).append(one)
    return tuple((name, tuple(found)) for (name, _), found in groups.items())
