"""SWIFT MT: what is in order comes out as it went in, what is not is refused with field, line and rule, and nothing crashes."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.core import MalformedMessage, Money, Reason
from fondaco.trade import mt
from fondaco.trade.mt.envelope import close_envelope
from mt_messages import field_text, messages, piece_text

EASY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "trade" / "mt"
HEAD = "{1:F01ZZBASG01AXXX0000000000}{2:I700ZZBATH01XXXXN}{4:\r\n"
CREDIT = """:27:1/1
:40A:IRREVOCABLE
:20:LC-000001
:31C:261102
:40E:UCP LATEST VERSION
:31D:270131SINGAPORE
:50:TAN WEI TRADING
12 CYCLE SQUARE
:59:SOMCHAI FOODS
:32B:SGD100000,5
:39A:10/05
:41D:ANY BANK
BY NEGOTIATION
:42C:SIGHT
:42A:ZZBASG01
:43P:ALLOWED
:44E:LAEM CHABANG
:44F:SINGAPORE
:44C:270110
:45A:+400 DRUMS OF COCONUT OIL
CIF SINGAPORE
+50 CARTONS OF RICE
:46A:+SIGNED COMMERCIAL INVOICE IN 3 COPIES
+FULL SET OF BILLS OF LADING
:71D:/OURCHA/THB250,ALL OUTSIDE
//SINGAPORE
:48:15/AFTER SHIPMENT
:49:WITHOUT"""


def credit(*changes: tuple[str, str], text: str = CREDIT) -> bytes:
    for old, new in changes:
        assert old in text, f"{old} is not in the text"
        text = text.replace(old, new, 1)
    return (HEAD + text.replace("\n", "\r\n") + "\r\n-}{5:{CHK:0123456789AB}}").encode()


def told(raw: bytes, kind: str = "") -> tuple[str, int, str]:
    """The first fault, as it is raised: field, line, rule."""
    _, faults = mt.examine(raw, kind)
    assert faults, "nothing is wrong with it"
    with pytest.raises(MalformedMessage) as raised:
        mt.read(raw, kind)
    first = faults[0]
    assert first.rule in str(raised.value) and str(first.line) in raised.value.refusal.where
    return first.tag, first.line, first.rule


def line_of(raw: bytes, text: str) -> int:
    return raw.decode().split(text)[0].count("\n") + 1


@pytest.mark.parametrize("kind", sorted(mt.LAYOUTS))
def test_what_is_in_order_goes_in_and_out_unchanged(kind: str) -> None:
    @EASY
    @given(messages(kind))
    def holds(message: mt.Message) -> None:
        raw = mt.write(message)
        again = mt.read(raw, kind)
        assert again == message
        assert mt.write(again) == raw

    holds()


@pytest.mark.parametrize("kind", ["400", "416", "700", "707", "734", "754"])
def test_whatever_is_done_to_a_message_it_is_read_or_refused(kind: str) -> None:
    @EASY
    @given(messages(kind), st.data())
    def holds(message: mt.Message, data: st.DataObject) -> None:
        raw = bytearray(mt.write(message))
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(raw) - 1))
            doing = data.draw(st.sampled_from(["cut", "put", "change", "double", "end"]))
            if doing == "cut":
                del raw[at : at + data.draw(st.integers(1, 30))]
            elif doing == "put":
                raw[at:at] = data.draw(
                    st.sampled_from([b"\r\n", b":", b"/", b"{", b"-}", b":20:", b"\x00", b"\xff", b"9", b",", b" "])
                )
            elif doing == "change":
                raw[at] = data.draw(st.integers(0, 255))
            elif doing == "double":
                raw[at:at] = raw[at : at + 40]
            else:
                del raw[at:]
            if not raw:
                break
        found, faults = mt.examine(bytes(raw), kind)
        assert (found is None) <= bool(faults)
        if not faults:
            assert found is not None
            assert mt.write(found) == bytes(raw), "what is still in order is written as it stands"
        else:
            assert all(1 <= one.line <= raw.count(b"\n") + 2 and one.rule and one.text for one in faults)

    holds()


@pytest.mark.parametrize("kind", sorted(mt.LAYOUTS))
def test_what_is_missing_or_out_of_its_order_is_refused(kind: str) -> None:
    @settings(EASY, max_examples=10)
    @given(messages(kind), st.data())
    def holds(message: mt.Message, data: st.DataObject) -> None:
        every = [(tag, row) for sequence in mt.LAYOUTS[kind].sequences for row in sequence.rows for tag in row.tags]
        rows = dict(every)
        at = data.draw(st.sampled_from([at for at, one in enumerate(message.fields) if rows[one.tag].mandatory]))
        only = sum(rows[one.tag] is rows[message.fields[at].tag] for one in message.fields) == 1
        less = message.fields[:at] + message.fields[at + 1 :]
        faults = faults_of(message, less)
        assert not only or any(one.rule == "mandatory" and one.tag == rows[message.fields[at].tag].name for one in faults)
        assert faults or rows[message.fields[at].tag].repeats
        at = data.draw(st.integers(0, len(message.fields) - 2))
        first, second = message.fields[at : at + 2]
        swapped = msgspec.structs.replace(message, fields=(*message.fields[:at], second, first, *message.fields[at + 2 :]))
        if rows[first.tag] is not rows[second.tag] and not faults_of(message, swapped.fields):
            # A field that two sequences have may stand in either: it is said of something else then, and never read as before.
            assert any(sum(tag == one.tag for tag, _ in every) > 1 for one in (first, second))
            assert by_sequence(swapped) != by_sequence(message)
        assert faults_of(message, (*message.fields, mt.Field("98Z", "X")))[-1].rule == "unknown"

    holds()


def by_sequence(message: mt.Message) -> list[tuple[str, frozenset[mt.Field]]]:
    return [(name, frozenset(fields)) for name, fields in mt.occurrences(message)]


@pytest.mark.parametrize("before", [True, False])
def test_a_field_of_two_sequences_is_read_where_it_stands(before: bool) -> None:
    """MT 416: the type of the advice, before the first item for all of them, within an item for that one."""
    kinds, item = (mt.Field("23E", "NPAY/ALL"),), mt.Field("21A", "A1")
    fields = (mt.Field("20", "A"), mt.Field("21", "B"), *((*kinds, item) if before else (item, *kinds)), mt.Field("32B", "SGD1,"))
    message = mt.Message("416", fields)
    assert [len(found) for _, found in mt.occurrences(message)] == ([3, 2] if before else [2, 3])


def faults_of(message: mt.Message, fields: tuple[mt.Field, ...]) -> list[mt.Fault]:
    changed = msgspec.structs.replace(message, fields=fields)
    return mt.examine(close_envelope(changed), message.kind)[1]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(mt.FORMS)), st.data())
def test_what_a_format_takes_apart_it_puts_together(tag: str, data: st.DataObject) -> None:
    text = data.draw(field_text(tag, "SGD"))
    values = mt.FORMS[tag].split(text)
    assert values is not None
    assert mt.FORMS[tag].join(values) == text


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(mt.FORMS)), st.data())
def test_one_character_too_many_is_refused(tag: str, data: st.DataObject) -> None:
    form = mt.FORMS[tag]
    values = {piece.name: data.draw(piece_text(tag, piece, "SGD")) for piece in form.pieces if not piece.optional}
    piece = form.pieces[-1]
    fill = {"n": "1", "d": "1"}.get(piece.kind, "A")
    values[piece.name] = fill * (piece.most + 1)
    text = form.join(values)
    if form.split(text) is None:
        rule, line, sentence = form.fault(text)
        assert rule in ("length", "format") and 0 <= line <= form.rows_most and sentence
    else:
        # The only subfields that may run on are those that another one before them can take in.
        assert len(form.pieces) > 1


@pytest.mark.parametrize("tag", ["45A", "77J", "50", "79"])
def test_the_last_line_that_fits_is_taken_and_one_more_is_refused(tag: str) -> None:
    form = mt.FORMS[tag]
    rows = ["X" * form.width_most] * form.rows_most
    assert form.split("\n".join(rows)) is not None
    assert form.split("\n".join([*rows, "X"])) is None
    assert form.fault("\n".join([*rows, "X"]))[:2] == ("length", form.rows_most)
    assert form.fault("\n".join([*rows[1:], rows[0] + "X"]))[:2] == ("length", form.rows_most - 1)


def test_a_credit_is_read_into_its_terms() -> None:
    message = mt.read(credit())
    assert (message.sender, message.receiver) == ("ZZBASG01", "ZZBATH01")
    terms = mt.credit_terms(message)
    assert (terms.number, terms.form, terms.rules, terms.issued) == (
        "LC-000001",
        "IRREVOCABLE",
        "UCP LATEST VERSION",
        "2026-11-02",
    )
    assert (terms.expires, terms.expires_at, terms.latest_shipment) == ("2027-01-31", "SINGAPORE", "2027-01-10")
    assert (terms.amount.currency, terms.amount.minor, terms.above, terms.below) == ("SGD", 10_000_050, 10, 5)
    assert terms.applicant.lines == ("TAN WEI TRADING", "12 CYCLE SQUARE")
    assert terms.available_with.lines == ("ANY BANK",) and terms.available_by == "BY NEGOTIATION"
    assert terms.drawee is not None and terms.drawee.bic == "ZZBASG01"
    assert terms.goods == ("400 DRUMS OF COCONUT OIL CIF SINGAPORE", "50 CARTONS OF RICE")
    assert len(terms.documents) == 2 and (terms.days, terms.days_text) == (15, "AFTER SHIPMENT")
    (charge,) = terms.charges
    assert (charge.code, charge.amount and charge.amount.minor, charge.text) == ("OURCHA", 25_000, "ALL OUTSIDE SINGAPORE")


def test_a_continuation_adds_its_texts() -> None:
    head = mt.read(credit((":27:1/1", ":27:1/2")))
    more = mt.compose("701", [("27", "2/2"), ("20", "LC-000001"), ("46A", "+PACKING LIST"), ("47A", "+ALL IN ENGLISH")])
    terms = mt.credit_terms(head, [more])
    assert terms.documents[-1] == "PACKING LIST" and terms.conditions == ("ALL IN ENGLISH",)


BROKEN = [
    ((":20:LC-000001\n", ""), ("20", "mandatory")),
    ((":49:WITHOUT", ":72Z:NONE"), ("49", "mandatory")),
    ((":40A:IRREVOCABLE\n:20:LC-000001", ":20:LC-000001\n:40A:IRREVOCABLE"), ("40A", "order")),
    ((":43P:ALLOWED", ":43P:ALLOWED\n:43P:ALLOWED"), ("43P", "repetition")),
    ((":43P:ALLOWED", ":43P:SOMETIMES"), ("43P", "code")),
    ((":49:WITHOUT", ":49:PERHAPS"), ("49", "code")),
    ((":32B:SGD100000,5", ":32A:261102SGD100000,5"), ("32A", "option")),
    ((":32B:SGD100000,5", ":32B:SGD100000,5\n:33B:SGD1,"), ("33B", "unknown")),
    ((":32B:SGD100000,5", ":32B:XYZ100000,5"), ("32B", "T52")),
    ((":32B:SGD100000,5", ":32B:SGD100000,555"), ("32B", "C03")),
    ((":32B:SGD100000,5", ":32B:KRW100000,5"), ("32B", "C03")),
    ((":32B:SGD100000,5", ":32B:SGD,5"), ("32B", "T40")),
    ((":32B:SGD100000,5", ":32B:SGD100000"), ("32B", "T43")),
    ((":32B:SGD100000,5", ":32B:SGD1,0,5"), ("32B", "T43")),
    ((":32B:SGD100000,5", ":32B:SGD100000.5"), ("32B", "format")),
    ((":32B:SGD100000,5", ":32B:SGD1234567890123,55"), ("32B", "length")),
    ((":31C:261102", ":31C:261131"), ("31C", "T50")),
    ((":31D:270131SINGAPORE", ":31D:270229SINGAPORE"), ("31D", "T50")),
    ((":31C:261102", ":31C:2 NOV 26"), ("31C", "length")),
    ((":20:LC-000001", ":20:/LC-000001"), ("20", "T26")),
    ((":20:LC-000001", ":20:LC//000001"), ("20", "T26")),
    ((":20:LC-000001", ":20:LC-00000123456789"), ("20", "length")),
    ((":20:LC-000001", ":20:"), ("20", "empty")),
    ((":27:1/1", ":27:2/1"), ("27", "sequence")),
    ((":42A:ZZBASG01", ":42A:ZZBAXX01"), ("42A", "T27")),
    ((":42A:ZZBASG01\n", ""), ("42C", "C90")),
    ((":43P:ALLOWED", ":42P:90 DAYS\n:43P:ALLOWED"), ("42P", "C90")),
    ((":44C:270110", ":44C:270110\n:44D:JANUARY"), ("44D", "D06")),
    ((":40E:UCP LATEST VERSION", ":40E:UCP LATEST VERSION/2007"), ("40E", "D81")),
    (("12 CYCLE SQUARE", "12 CYCLE SQUARE_"), ("50", "characters")),
    (("12 CYCLE SQUARE", "12 CYCLE SQUARE\nA\nB\nC"), ("50", "length")),
    (("12 CYCLE SQUARE", "-12 CYCLE SQUARE"), ("50", "lines")),
    (("12 CYCLE SQUARE", "   "), ("50", "empty")),
]


@pytest.mark.parametrize(
    ("change", "expected"), BROKEN, ids=[f"{found[0]}-{found[1]}-{at}" for at, (_, found) in enumerate(BROKEN)]
)
def test_each_fault_is_told_with_its_field_and_rule(change: tuple[str, str], expected: tuple[str, str]) -> None:
    raw = credit(change)
    tag, line, rule = told(raw)
    assert (tag, rule) == expected
    assert 1 <= line <= raw.count(b"\n") + 1
    if rule not in ("mandatory",):
        stands = raw.decode().split("\r\n")[line - 1]
        met = re.match(r":(\w+):", stands)
        assert met is None or met[1] == tag, "the line is that of the field"


def test_the_place_of_a_fault_is_the_line_in_the_file() -> None:
    raw = credit(("CIF SINGAPORE", "CIF SINGAPORE " + "X" * 60))
    assert told(raw) == ("45A", line_of(raw, "CIF SINGAPORE"), "length")
    missing = credit((":59:SOMCHAI FOODS\n", ""))
    assert told(missing) == ("59", line_of(missing, ":32B:"), "mandatory")


ENVELOPES = [
    (b"", "blocks"),
    (b"hello", "blocks"),
    (credit()[: -len("\r\n-}{5:{CHK:0123456789AB}}")], "blocks"),
    (credit() + b"{5:{CHK:0123456789AB}}", "blocks"),
    (credit().replace(b"{1:F01ZZBASG01AXXX0000000000}", b"{1:ZZBASG01}"), "blocks"),
    (credit().replace(b"}{2:", b"}{3:{108:A}}{2:"), "blocks"),
    (credit().replace(b"\r\n:20:", b"\n:20:"), "lines"),
    (credit().replace(b"RICE", "CRÈME".encode("latin-1")), "characters"),
    (credit().replace(b"I700", b"I103"), "type"),
    (credit().replace(b"\r\n:27:1/1", b"\r\nHELLO\r\n:27:1/1"), "blocks"),
    (b"{4:\n:27:1/1\n-}", "type"),
    (b":20:A\n" * 4_000, "size"),
]


@pytest.mark.parametrize(("raw", "rule"), ENVELOPES, ids=range(len(ENVELOPES)))
def test_broken_blocks_are_refused(raw: bytes, rule: str) -> None:
    assert told(raw)[2] == rule


def test_a_text_that_passes_the_network_s_limit_is_refused() -> None:
    long = "\n".join(["X" * 65] * 99)
    assert told(credit((":71D:", f":47A:{long}\n:71D:"), (":46A:+SIGNED", f":46A:+{long}\nSIGNED")))[2] in ("size", "length")
    assert told(credit((":71D:", f":47A:{long}\n:71D:"), (":45A:+400", f":45A:+{long[: 60 * 66]}\n400")))[2] == "size"


def test_the_type_of_block_2_and_the_type_that_is_expected_agree() -> None:
    assert mt.read(credit(), "700").kind == "700"
    assert told(credit(), "707")[2] == "type"


def test_a_message_that_arrived_tells_its_sender() -> None:
    came = (
        credit()[: credit().index(b"{2:")]
        + b"{2:O7001200261102ZZBATH01AXXX00000000002611021201N}"
        + credit()[credit().index(b"{4:") :]
    )
    message = mt.read(came)
    assert (message.sender, message.receiver, message.kind) == ("ZZBATH01", "ZZBASG01", "700")
    assert mt.write(message) == came


def test_what_would_be_read_as_another_field_is_not_written() -> None:
    head = mt.read(credit())
    for text in ("A\n:20:B", "A\n-}", "A\n:B", "É", "A\r\nB"):
        fields = tuple(mt.Field(one.tag, text) if one.tag == "50" else one for one in head.fields)
        with pytest.raises(MalformedMessage):
            mt.write(mt.Message("700", fields, head.before))


def test_an_unknown_tag_is_not_written() -> None:
    with pytest.raises(MalformedMessage) as refused:
        mt.compose("799", [("20", "A"), ("99Z", "B"), ("79", "C")])
    assert refused.value.refusal.reason is Reason.ELEMENT_NOT_ADMITTED
    with pytest.raises(MalformedMessage):
        mt.compose("103", [("20", "A")])


REFUSAL = [
    ("20", "PRES-1"), ("21", "LC-000001"), ("32A", "261110SGD90000,"), ("73A", "/OURCHA/SGD50,"), ("33A", "261112SGD90050,"),
    ("77J", "+LATE SHIPMENT\n+INVOICE SHOWS 401 DRUMS\nCREDIT 400"), ("77B", "/NOTIFY/\nWE HOLD DOCUMENTS UNTIL WAIVER"),
]  # fmt: skip


def test_a_refusal_says_what_is_wrong_and_what_happens_to_the_documents() -> None:
    view = mt.drawing(mt.compose("734", REFUSAL))
    assert view.discrepancies == ("LATE SHIPMENT", "INVOICE SHOWS 401 DRUMS CREDIT 400")
    assert view.disposal == "NOTIFY" and view.disposal in mt.DISPOSALS
    assert view.amount is not None and view.total is not None
    assert (view.amount.minor, view.total.minor, view.value_day, view.day) == (9_000_000, 9_005_000, "2026-11-12", "2026-11-10")
    free = mt.drawing(mt.compose("734", [*REFUSAL[:-1], ("77B", "DOCUMENTS ARE WITH US")]))
    assert free.disposal == ""


BETWEEN = [
    ("734", [one for one in REFUSAL if one[0] != "33A"], "73A", "C17"),
    ("734", [(tag, text.replace("SGD90050", "THB90050")) for tag, text in REFUSAL], "33A", "C02"),
    ("750", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("33B", "SGD2,"), ("77J", "LATE")], "33B", "C13"),
    ("752", [("20", "A1"), ("21", "B1"), ("23", "ACCEPT"), ("30", "261102"), ("32B", "SGD1,"), ("71D", "OURS")], "71D", "C18"),
    ("754", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("72Z", "X"), ("77", "Y")], "77", "C19"),
    ("754", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("53A", "ZZBASG01"), ("57A", "ZZBATH01")], "57A", "C14"),
    ("754", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("34B", "THB1,")], "34B", "C02"),
    ("730", [("20", "A1"), ("21", "B1"), ("25", "123"), ("30", "261102"), ("57A", "ZZBASG01")], "57A", "C77"),
    ("730", [("20", "A1"), ("21", "B1"), ("30", "261102"), ("32D", "261102SGD1,"), ("57A", "ZZBASG01")], "57A", "C78"),
    ("400", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("33A", "261102THB1,")], "33A", "C02"),
    ("400", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,"), ("33A", "261102SGD1,"), ("53A", "ZZBASG01"), ("57A", "ZZBATH01")], "57A", "C11"),
    ("410", [("20", "A1"), ("21", "B1"), ("32B", "SGD1,")] * 11, "20", "repetition"),
    ("412", [("20", "A1"), ("21", "B1"), ("32A", "261102SGD1,"), ("20", "A2"), ("21", "B2"), ("32A", "261102THB1,")], "32A", "C02"),
    ("416", [("20", "A1"), ("21", "B1"), ("21A", "C1"), ("32B", "SGD1,")], "23E", "D78"),
    ("416", [("20", "A1"), ("21", "B1"), ("23E", "NPAY"), ("21A", "C1"), ("23E", "NPAY"), ("32B", "SGD1,")], "23E", "D78"),
    ("416", [("20", "A1"), ("21", "B1"), ("23E", "NPAY"), ("77A", "X"), ("21A", "C1"), ("32B", "SGD1,"), ("77A", "Y")], "77A", "D83"),
    ("416", [("20", "A1"), ("21", "B1"), ("23E", "NPAY")], "21A", "mandatory"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "tag", "rule"), BETWEEN, ids=[f"{kind}-{tag}-{rule}" for kind, _, tag, rule in BETWEEN]
)
def test_rules_between_fields(kind: str, fields: list[tuple[str, str]], tag: str, rule: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        mt.compose(kind, fields)
    assert f"field {tag} line" in refused.value.refusal.where
    assert f"rule {rule}:" in refused.value.refusal.found


AMENDED = [
    ("27", "1/1"), ("20", "LC-000001"), ("21", "NONREF"), ("23", "LC-000001"), ("31C", "261102"), ("26E", "001"), ("30", "261120"), ("22A", "ISSU"),
]  # fmt: skip


def test_an_amendment_says_what_it_changes() -> None:
    changed = [("31D", "270228SINGAPORE"), ("32B", "SGD5000,"), ("46B", "/ADD/+PACKING LIST\n/DELETE/+INSURANCE POLICY")]
    view = mt.amendment(mt.compose("707", AMENDED + changed))
    assert (view.number, view.credit, view.amended, view.purpose, view.cancels) == (1, "LC-000001", "2026-11-20", "ISSU", False)
    assert view.increase is not None and view.increase.minor == 500_000 and view.decrease is None
    assert view.changed["31D"] == {"date": "270228", "place": "SINGAPORE"}
    assert [(one.code, one.text) for one in view.texts["46B"]] == [("ADD", "+PACKING LIST"), ("DELETE", "+INSURANCE POLICY")]


@pytest.mark.parametrize(
    ("changed", "tag", "rule"),
    [
        ([], "22A", "C30"),
        ([("32B", "SGD1,"), ("33B", "SGD1,")], "33B", "C12"),
        ([("46B", "PACKING LIST")], "46B", "T67"),
        ([("46B", "/PUT/PACKING LIST")], "46B", "T67"),
        ([("46B", "/REPALL/ALL\n/ADD/ONE")], "46B", "T67"),
    ],
)
def test_an_amendment_changes_something_and_says_how(changed: list[tuple[str, str]], tag: str, rule: str) -> None:
    with pytest.raises(MalformedMessage) as refused:
        mt.compose("707", AMENDED + changed)
    assert f"field {tag} " in refused.value.refusal.where and f"rule {rule}:" in refused.value.refusal.found


def test_collections_are_read_item_by_item() -> None:
    paid = mt.compose(
        "400", [("20", "COL-000001"), ("21", "REM-7"), ("32K", "D090STSGD1000,"), ("33A", "261120SGD990,"), ("71B", "SGD10,")]
    )
    (item,) = mt.collection_items(paid)
    assert (item.reference, item.related, item.tenor, item.value_day) == ("COL-000001", "REM-7", (90, "D", "ST"), "2026-11-20")
    assert item.amount is not None and item.proceeds is not None
    assert (item.amount.minor, item.proceeds.minor, item.charges_text) == (100_000, 99_000, "SGD10,")
    many = mt.compose(
        "410", [("20", "A"), ("21", "B"), ("32B", "KRW5,"), ("20", "C"), ("21", "D"), ("32A", "261101KRW7,"), ("72", "ALL FINE")]
    )
    assert [(one.reference, one.amount and one.amount.minor, one.due) for one in mt.collection_items(many)] == [
        ("A", 5, ""),
        ("C", 7, "2026-11-01"),
    ]
    refused = mt.compose(
        "416",
        [
            ("20", "A"),
            ("21", "B"),
            ("23E", "NACC/NO REASON"),
            ("21A", "C"),
            ("32B", "SGD1,"),
            ("77A", "/RETURN/"),
            ("21A", "D"),
            ("32B", "SGD2,"),
        ],
    )
    first, second = mt.collection_items(refused)
    assert (first.related, first.kind, first.kind_text, first.reason[0].code) == ("C", "NACC", "NO REASON", "RETURN")
    assert (second.related, second.kind, second.reason, second.reference) == ("D", "NACC", (), "A")


@given(st.dates(date(1980, 1, 1), date(2079, 12, 31)))
def test_six_digits_tell_a_day_of_a_hundred_years(day: date) -> None:
    iso = day.isoformat()
    assert mt.iso_day(mt.day_on_the_wire(iso)) == iso


def test_a_day_that_six_digits_cannot_tell_is_refused() -> None:
    for iso in ("1979-12-31", "2080-01-01"):
        with pytest.raises(ValueError, match="six digits"):
            mt.day_on_the_wire(iso)


@given(st.sampled_from(["SGD", "KRW", "BHD"]), st.integers(0, 10**11))
def test_amounts_are_exact_on_the_wire_and_back(currency: str, minor: int) -> None:
    said = mt.amount_on_the_wire(Money(currency, minor))
    message = mt.compose("732", [("20", "A"), ("21", "B"), ("30", "261102"), ("32B", said)])
    assert mt.drawing(message).amount == Money(currency, minor)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared samples are not there")
def test_samples_of_others_are_read() -> None:
    transfer = (SHARED / "prowide-core-tests" / "MT720_MtSwiftMessageJsonSchemaTest_1.fin").read_bytes()
    assert mt.write(mt.read(transfer)) == transfer
    older = (SHARED / "other" / "MT700_prowide_validation_sample.fin").read_bytes()
    _, faults = mt.examine(older)
    assert [(one.tag, one.rule) for one in faults] == [("48", "format")], "before 2018 the period was free text"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared structures are not there")
def test_the_tables_agree_with_the_structures_of_the_release() -> None:
    told_there = json.loads((SHARED / "mt4xx_mt7xx_structures.json").read_text())
    form = re.compile(r"Field (\d\d) ?([A-Z,]*) ?\(([MO])\)")
    for kind, layout in mt.LAYOUTS.items():
        rows = [form.match(line.replace("  ", " ")) for line in told_there[kind]["fields"] if line.startswith("Field")]
        there = [
            (tuple(met[1] + option for option in met[2].split(",")) if met[2] else (met[1],), met[3] == "M")
            for met in rows
            if met is not None
        ]
        assert [(row.tags, row.mandatory) for sequence in layout.sequences for row in sequence.rows] == there, kind
