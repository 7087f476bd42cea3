"""Messages of the Standards MT made from the field grammar itself: what the formats, the codes and the tables allow, and nothing by hand."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from fondaco.core import CURRENCIES
from fondaco.trade import mt
from fondaco.trade.mt.form import CHARACTERS, Piece

_REFERENCE = st.from_regex(r"[A-Z0-9]([A-Z0-9]|[A-Z0-9.-]/?(?=[A-Z0-9])){0,6}[A-Z0-9]", fullmatch=True).map(
    lambda text: text[:16].strip("/")
)
_BICS = st.sampled_from(["AMRONL2A", "DEUTDEFF500", "CITIUS33", "ZZBASG01", "BKTRUS33XXX", "FOOHGB2L"])
_DAYS = st.dates(date(1980, 1, 1), date(2079, 12, 31)).map(lambda day: day.strftime("%y%m%d"))


def row_text(kind: str, least: int, most: int, first: str = "") -> st.SearchStrategy[str]:
    """A line of a character set that says something and ends no field."""
    allowed = CHARACTERS[kind]
    lines = st.text(alphabet=allowed, min_size=least, max_size=min(most, max(least, 24)))
    full = st.text(alphabet=allowed, min_size=most, max_size=most)
    return st.one_of(lines, lines, lines, full).filter(lambda line: bool(line.strip()) and line[0] not in ":-" + first)


def piece_text(tag: str, piece: Piece, currency: str) -> st.SearchStrategy[str]:
    codes = mt.CODES.get((tag, piece.name))
    if codes is not None:
        return st.sampled_from(codes)
    if piece.name == "date":
        return _DAYS
    if piece.name == "currency":
        return st.just(currency)
    if piece.name == "amount":
        exponent = CURRENCIES[currency].exponent
        digits = st.text(alphabet="0123456789", min_size=1, max_size=14 - exponent)
        return st.builds(lambda whole, cents: f"{whole},{cents}", digits, st.text(alphabet="0123456789", max_size=exponent))
    if piece.name == "bic":
        return _BICS
    if piece.name == "reference":
        return _REFERENCE
    if piece.rows > 1:
        rows = st.lists(row_text(piece.kind, piece.least, piece.most), min_size=1, max_size=min(piece.rows, 4))
        return rows.map("\n".join)
    return row_text(piece.kind, piece.least, piece.most)


@st.composite
def field_text(draw: st.DrawFn, tag: str, currency: str) -> str:
    """What a field may say."""
    if tag == "27":
        total = draw(st.integers(1, 8))
        return f"{draw(st.integers(1, total))}/{total}"
    if tag in ("45B", "46B", "47B", "49M", "49N"):
        rows = draw(st.lists(row_text("z", 1, 50, first="/"), min_size=1, max_size=3))
        replaced = draw(st.booleans())
        return "\n".join([f"/{'REPALL' if replaced else 'ADD'}/{rows[0]}", *rows[1:], *([] if replaced else ["/DELETE/ITEM 3"])])
    form = mt.FORMS[tag]
    values = {}
    for piece in form.pieces:
        if not piece.optional or draw(st.booleans()):
            values[piece.name] = draw(piece_text(tag, piece, currency))
    if tag == "40E" and values["code"] != "OTHR":
        values.pop("text", None)
    if all(piece.optional for piece in form.pieces) and not values:
        values[form.names[-1]] = draw(piece_text(tag, form.pieces[-1], currency))
    return form.join(values)


def _settled(draw: st.DrawFn, kind: str, names: set[str]) -> set[str]:
    """The choice of optional fields, made lawful by hand: a second telling of the rules between fields."""
    if kind in ("700", "710", "720", "740"):
        names -= {"42C", "42a", "42M", "42P"}
        names |= draw(st.sampled_from([set(), {"42C", "42a"}, {"42M"}, {"42P"}]))
    if {"44C", "44D"} <= names:
        names.discard(draw(st.sampled_from(["44C", "44D"])))
    if kind in ("710", "720"):
        names -= {"52a", "50B"}
        names.add(draw(st.sampled_from(["52a", "50B"])))
    if kind == "707":
        names -= {"33B", "50B"}
        names.add(draw(st.sampled_from(["32B", "45B", "49"])))
    if kind == "708":
        names.add("46B")
    if kind == "730":
        names -= draw(st.sampled_from([{"25"}, {"57a"}]))
    if kind == "740":
        names -= draw(st.sampled_from([{"58a"}, {"59"}]))
    if kind == "747":
        names.add(draw(st.sampled_from(["31E", "34B", "77"])))
    if kind == "754":
        names -= draw(st.sampled_from([{"72Z"}, {"77"}]))
        names -= draw(st.sampled_from([{"53a"}, {"57a"}]))
    needs = {"734": (("73A",), "33a"), "750": (("33B", "71D", "73A"), "34B"), "752": (("71D",), "33a")}
    if kind in needs and names.intersection(needs[kind][0]):
        names.add(needs[kind][1])
    if kind == "400" and not {"53a", "54a"} <= names:
        names.discard("57a")
    return names


@st.composite
def messages(draw: st.DrawFn, kind: str) -> mt.Message:
    """A message of this type that is in order."""
    layout = mt.LAYOUTS[kind]
    currency = draw(st.sampled_from(["SGD", "KRW", "BHD", "EUR", "USD"]))
    general = draw(st.booleans())
    fields: list[tuple[str, str]] = []
    for sequence in layout.sequences:
        for _ in range(draw(st.integers(1, min(3, sequence.times)))):
            optional = [row.name for row in sequence.rows if not row.mandatory]
            names = _settled(draw, kind, set(draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []))
            if kind == "416":
                names -= {"71F", "77A", "23E"}
                names |= {"23E"} if general == (sequence.name == "A") else set()
            for row in sequence.rows:
                if row.mandatory or row.name in names:
                    tag = draw(st.sampled_from(row.tags))
                    if kind == "730" and row.name == "32a" and "57a" in names:
                        tag = "32B"
                    for _ in range(draw(st.integers(1, 2)) if row.repeats else 1):
                        fields.append((tag, draw(field_text(tag, currency))))
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    bare = draw(st.booleans())
    if not bare and draw(st.booleans()):
        before = (("1", "F01ZZBASG01AXXX0000000000"), ("2", f"I{kind}ZZBATH01XXXXN"), ("3", "{108:REF 1}{121:x}"))
        after = (("5", "{CHK:0123456789AB}{TNG:}"),)
    return mt.Message(
        kind, tuple(mt.Field(tag, text) for tag, text in fields), before, after, bare, draw(st.sampled_from(["\r\n", "\n"]))
    )
