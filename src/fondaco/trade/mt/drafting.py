"""Messages from typed facts: the way back from the views, so that a machine's notice can leave the house as MT.

What a draft says is read back by the view of its type to the same facts; where a text does not fit its field, the draft is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from anyascii import anyascii

from fondaco.core import MalformedMessage, Money, Reason
from fondaco.trade.mt.field import FORMS, amount_on_the_wire, day_on_the_wire
from fondaco.trade.mt.form import CHARACTERS
from fondaco.trade.mt.layout import LAYOUTS, Row
from fondaco.trade.mt.message import Message
from fondaco.trade.mt.narrative import Coded
from fondaco.trade.mt.views import CollectionItem, Drawing, Party
from fondaco.trade.mt.wire import compose

DRAWINGS = ("730", "732", "734", "750", "752", "754")
COLLECTIONS = ("400", "410", "412", "416", "420", "422")


def headers(kind: str, sender: str, receiver: str) -> tuple[tuple[str, str], ...]:
    """Blocks 1 and 2 of a message that goes out; both are BICs of eight. Session and sequence are for the interface that sends it."""
    return ("1", f"F01{sender}AXXX0000000000"), ("2", f"I{kind}{receiver}XXXXN")


def spelled(text: str) -> str:
    """A text in the letters that the network has (set z): other scripts as anyascii spells them, what is in no set as a full stop."""
    allowed = frozenset(CHARACTERS["z"])
    return "".join(char if char in allowed else "." for char in anyascii(text))


def folded(tag: str, texts: Iterable[str], mark: str = "+") -> str:
    """Texts as the lines of a field, words kept whole where they fit; each begins with `mark`.

    A line that would begin with a colon, a hyphen, a slash or the mark is moved in by one blank, so that it ends no field and begins no new piece. Raises
    `MalformedMessage` for characters outside the field's set and for more lines than it has.
    """
    piece = FORMS[tag].pieces[-1]
    lines: list[str] = []
    for text in texts:
        wrong = next((char for char in text if char not in CHARACTERS[piece.kind]), "")
        if wrong:
            raise MalformedMessage(
                Reason.CHARACTERS_WRONG, f"field {tag}", f"rule characters: {wrong!r} is not in the character set {piece.kind}"
            )
        lines += _wrapped(text.split(), piece.most, mark)
    if len(lines) > piece.rows:
        raise MalformedMessage(
            Reason.MALFORMED, f"field {tag}", f"rule length: {len(lines)} lines where {FORMS[tag].text} has {piece.rows}"
        )
    return "\n".join(lines)


def _wrapped(words: list[str], width: int, first: str) -> list[str]:
    lines = [first]
    for word in words:
        glue = "" if lines == [first] else " "
        if len(lines[-1]) + len(glue) + len(word) <= width:
            lines[-1] += glue + word
            continue
        for part in [word[at : at + width - 1] for at in range(0, len(word), width - 1)]:
            lines.append(" " + part if part[0] in ":-/+" else part)
    return [line for line in lines if line.strip()]


def _coded(tag: str, pieces: Iterable[Coded]) -> str:
    made = []
    for one in pieces:
        amount = amount_on_the_wire(one.amount) + " " if one.amount is not None else ""
        made.append(folded(tag, [(amount + one.text).strip()], f"/{one.code}/" if one.code else ""))
    text = "\n".join(row for row in made if row)
    if text.count("\n") >= FORMS[tag].rows_most:
        raise MalformedMessage(Reason.MALFORMED, f"field {tag}", f"rule length: more lines than {FORMS[tag].text} has")
    return text


def draft_drawing(kind: str, said: Drawing, before: Sequence[tuple[str, str]] = ()) -> Message:
    """The MT 730, 732, 734, 750, 752 or 754 of these facts. Raises `MalformedMessage` where they make none."""
    assert kind in DRAWINGS, f"MT {kind} is not of a drawing"
    texts = {
        "20": said.reference,
        "21": said.related,
        "23": said.authority,
        "77J": folded("77J", said.discrepancies) if said.discrepancies else "",
        "77B": said.disposal_text or (f"/{said.disposal}/" if said.disposal else ""),
        **{
            tag: _coded(tag, pieces)
            for tag, pieces in (("71D", said.charges), ("73A", said.charges_added), ("72Z", said.to_receiver))
        },
    }
    # Where a field 30 stands, the day is there; else it stands with the amount.
    has_day = any(row.name == "30" for row in LAYOUTS[kind].sequences[0].rows)
    if has_day and said.day:
        texts["30"] = day_on_the_wire(said.day)
    amounts = {
        "32": (said.amount, "" if has_day else said.day),
        "33": (said.additional if kind in ("750", "754") else said.total, said.value_day if kind in ("734", "752") else ""),
        "34": (said.total, said.value_day),
    }

    def field(row: Row) -> tuple[str, str]:
        if row.name == "57a":
            return _party(row, said.account_with)
        if row.name[:2] in amounts:
            return _amount(row, *amounts[row.name[:2]])
        return row.tags[0], texts.get(row.name, "")

    return compose(kind, _said(LAYOUTS[kind].sequences[0].rows, field), before)


def draft_collection(
    kind: str, items: Sequence[CollectionItem], note: str = "", before: Sequence[tuple[str, str]] = ()
) -> Message:
    """The MT 400, 410, 412, 416, 420 or 422 of these collections; `note` is its field 72. Raises `MalformedMessage` where they make none.

    Of an MT 416 the references 20 and 21 are those of the first item (`reference`, `group`); type and reason are said for each item.
    """
    assert kind in COLLECTIONS, f"MT {kind} is not of a collection"
    if not items or (kind == "400" and len(items) > 1):
        raise MalformedMessage(Reason.MALFORMED, "field 20", f"rule repetition: {len(items)} collections in an MT {kind}")
    fields: list[tuple[str, str]] = []
    if kind == "416":
        fields += [("20", items[0].reference), ("21", items[0].group)]
    rows = LAYOUTS[kind].sequences[1 if kind == "416" else 0].rows
    for one in items:
        fields += _said(rows, _collection_field(kind, one, note))
    if note and kind not in ("400", "416"):
        fields.append(("72", folded("72", [note], "")))
    return compose(kind, fields, before)


def _collection_field(kind: str, one: CollectionItem, note: str) -> Callable[[Row], tuple[str, str]]:
    texts = {
        "20": one.reference,
        "21": one.related,
        "21A": one.related,
        "21C": one.principal_reference,
        "23E": one.kind + (f"/{one.kind_text}" if one.kind_text else ""),
        "71B": one.charges_text,
        "71F": amount_on_the_wire(one.charges) if one.charges is not None else "",
        "72": folded("72", [note], "") if note and kind == "400" else "",
        "73": one.added_text,
        "77A": _coded("77A", one.reason),
    }

    def field(row: Row) -> tuple[str, str]:
        if row.name == "33A":
            return _amount(row, one.proceeds, one.value_day)
        if row.name[:2] == "32" and one.tenor is not None and one.amount is not None and "32K" in row.tags:
            count, unit, after = one.tenor
            return "32K", f"{unit}{count:03d}{after}{amount_on_the_wire(one.amount)}"
        if row.name[:2] == "32":
            return _amount(row, one.amount, one.due)
        return row.tags[0], texts.get(row.name, "")

    return field


def _said(rows: Iterable[Row], field: Callable[[Row], tuple[str, str]]) -> list[tuple[str, str]]:
    return [(tag, text) for tag, text in map(field, rows) if text]


def _amount(row: Row, money: Money | None, day: str) -> tuple[str, str]:
    """An amount in the option that has a day where one is said, else in the one that has none."""
    if money is None:
        return row.tags[0], ""
    dated = [tag for tag in row.tags if FORMS[tag].names == ("date", "currency", "amount")]
    plain = [tag for tag in row.tags if FORMS[tag].names == ("currency", "amount")]
    if dated and (day or not plain):
        if not day:
            raise MalformedMessage(
                Reason.ELEMENT_MISSING, f"field {dated[0]}", "rule mandatory: the day of the amount is missing"
            )
        return dated[0], day_on_the_wire(day) + amount_on_the_wire(money)
    return plain[0], amount_on_the_wire(money)


def _party(row: Row, party: Party | None) -> tuple[str, str]:
    if party is None:
        return row.tags[0], ""
    tag = next(one for one in row.tags if one.endswith("A" if party.bic else "D"))
    values = {"account": party.account, "bic": party.bic, "name": "\n".join(party.lines)}
    return tag, FORMS[tag].join(values)
