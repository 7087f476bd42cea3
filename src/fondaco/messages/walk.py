"""One walk over a transaction's tree: the fields that the hub reads, and every text that must be screened.

A trie of nodes remembers, for each element by its place, what it is. An element that the trie has never met is still a
mention of kind `text`: nothing is left out because nobody thought of it.
"""

from __future__ import annotations

from lxml import etree

from fondaco.core import Mention

# Leaf elements whose schema type leaves no room for a name: numbers, dates, indicators, enumerations, short codes.
_NOT_TEXT = frozenset(
    [
        "UETR",
        "OrgnlUETR",
        "CreDt",
        "IntrBkSttlmAmt",
        "IntrBkSttlmDt",
        "InstdAmt",
        "XchgRate",
        "PreAgrdXchgRate",
        "ChrgBr",
        "AccptncDtTm",
        "PoolgAdjstmntDt",
        "SttlmPrty",
        "InstrPrty",
        "CdtDtTm",
        "DbtDtTm",
        "CLSTm",
        "TillTm",
        "FrTm",
        "RjctTm",
        "Amt",
        "Dt",
        "DtTm",
        "Sgn",
        "Rate",
        "Ccy",
        "UnitCcy",
        "QtdCcy",
        "CreDtTm",
        "XpryDtTm",
        "CLSTm",
        "DuePyblAmt",
        "CdtNoteAmt",
        "TaxAmt",
        "RmtdAmt",
        "DscntApldAmt",
        "TaxblBaseAmt",
        "TtlAmt",
        "ColltnAmt",
        "FrstPmtAmt",
        "NbOfTxs",
        "CtrlSum",
        "BtchBookg",
    ]
)
_CODES = frozenset({"Cd", "SttlmMtd", "ClrChanl", "CdtDbtInd", "RgltryRptgInd", "DbtCdtRptgInd", "AdrTp", "Mtd"})
_NAMES = frozenset({"Nm", "RegnNm", "Titl", "NmAndAdr", "CtctDtls", "Ownr"})
_AGENT = frozenset({"BICFI", "AnyBIC", "BIC", "BICOrBEI", "ClrSysMmbId", "MmbId"})
_ADDRESS = frozenset(
    [
        "AdrLine",
        "StrtNm",
        "BldgNb",
        "BldgNm",
        "Flr",
        "PstBx",
        "Room",
        "PstCd",
        "TwnNm",
        "TwnLctnNm",
        "DstrctNm",
        "CtrySubDvsn",
        "Dept",
        "SubDept",
        "CareOf",
        "UnitNb",
        "CityOfBirth",
        "PrvcOfBirth",
        "AdrId",
    ]
)
_COUNTRY = frozenset({"Ctry", "CtryOfRes", "CtryOfBirth"})
_IDENTIFIER = frozenset({"IBAN", "LEI", "Id"})
# Told of a party, beside its countries: they weigh the score of its name.
_FACTS = {"BirthDt": "birth", "NmPrfx": "prefix"}
CODE_LENGTH = 4
# Elements that repeat to carry one text over several lines.
LINES = frozenset({"AdrLine", "Ustrd", "InstrInf", "AddtlRmtInf", "Inf", "AddtlInf", "AddtlCxlRsnInf", "MemoFld", "EvtParam"})
# Where a schema has a wildcard, anything may stand: mixed text, attributes, other namespaces.
WILD = frozenset({"Envlp", "Sgntr"})
# The only other elements that have an attribute (the currency). A test holds both sets against all our schemas.
ATTRIBUTED = frozenset(
    """Amt AmtDue AmtToDbt AmtWthCcy CdtNoteAmt ChrgsAmt CompstnAmt ConfdAmt CrrctdAmt DueChrgs DuePyblAmt InitlAmt InstdAmt IntrBkSttlmAmt
    NoteDnmtn OrgnlInstdAmt OrgnlIntrBkSttlmAmt OrgnlNtryAmt PdChrgs Pric RmtdAmt RtrdInstdAmt RtrdIntrBkSttlmAmt
    TaxblBaseAmt TtlAmt TtlChrgsAndTaxAmt TtlIntrBkSttlmAmt TtlIntrstAndTaxAmt TtlRtrdIntrBkSttlmAmt TtlTaxAmt
    TtlTaxblBaseAmt""".split()
)


class Node:
    """One element by its place: its path, whether its text is a mention and of what kind, and what stands below."""

    __slots__ = ("attributed", "children", "kind", "name", "path", "wild")

    def __init__(self, path: str, name: str, *, wild: bool = False) -> None:
        self.path = path
        self.name = name
        self.wild = wild or name in WILD
        self.attributed = self.wild or name in ATTRIBUTED
        self.children: dict[str, Node] = {}
        if self.wild:
            self.kind = "text"
        elif name in _NOT_TEXT:
            self.kind = ""
        elif name in _NAMES:
            self.kind = "agent" if "/FinInstnId/" in f"{path}/" else "name"
        elif name in _AGENT:
            self.kind = "agent"
        elif name in _ADDRESS:
            self.kind = "address"
        elif name in _COUNTRY:
            self.kind = "country"
        elif name in _IDENTIFIER:
            # A proxy of an account is whatever its holder chose: a name, an address, a number.
            self.kind = "text" if f"/{path}".endswith("/Prxy/Id") else "identifier"
        elif name in _FACTS:
            self.kind = _FACTS[name]
        elif name in _CODES:
            self.kind = "code"
        else:
            self.kind = "text"

    def below(self, tag: str) -> Node:
        name = tag.rpartition("}")[2]
        node = Node(f"{self.path}/{name}" if self.path else name, name, wild=self.wild)
        if len(self.children) < 256:  # an attacker's supplementary data cannot grow the trie without end
            self.children[tag] = node
        return node


def walk(element: etree._Element, node: Node, fields: dict[str, str], mentions: list[Mention]) -> None:
    """Collect `fields` (path to text, the first of repeated elements) and `mentions` below `element`."""
    children = node.children
    for child in element:
        found = children.get(child.tag)
        if found is None:
            found = node.below(child.tag)
        if found.wild:
            _walk_wild(child, found, mentions)
        elif len(child):
            walk(child, found, fields, mentions)
        else:
            text = child.text
            if text:
                path = found.path
                if path not in fields:
                    fields[path] = text
                kind = found.kind
                if kind and (kind != "code" or len(text) > CODE_LENGTH):
                    mentions.append(Mention("text" if kind == "code" else kind, path, text))
            if found.attributed:
                for key, value in child.attrib.items():
                    fields.setdefault(f"{found.path}/@{key}", value)


def _walk_wild(element: etree._Element, node: Node, mentions: list[Mention]) -> None:
    """Every text, tail and attribute at and below an element in which anything may stand."""
    for inside in element.iter():
        for text in (inside.text, inside.tail if inside is not element else None, *inside.attrib.values()):
            if text and not text.isspace():
                mentions.append(Mention("text", node.path, text))


# The tries of whole messages, by version: their forms are remembered as those of transactions are.
_ROOTS: dict[str, Node] = {}


def root_of(kind: str, name: str) -> Node:
    """Where everything below a message's root element is remembered; `kind` is the message's version, `name` the element's."""
    found = _ROOTS.get(kind)
    if found is None:
        found = _ROOTS[kind] = Node("", name)
    return found


def of_group(mentions: list[Mention]) -> list[Mention]:
    """What a group header says to each of its transactions: its agents, accounts and texts. The message's own identification goes no
    further than back to its sender."""
    return [mention for mention in mentions if mention.path != "GrpHdr/MsgId"]


def joined(mentions: list[Mention]) -> list[Mention]:
    """Texts that stand in several elements of one place (address lines, remittance lines), read as one.

    A name that is cut over two lines is in neither of them.
    """
    lines: dict[str, list[str]] = {}
    for mention in mentions:
        if mention.path.rpartition("/")[2] in LINES:
            lines.setdefault(mention.path, []).append(mention.text)
    return [Mention("text", path, " ".join(parts)) for path, parts in lines.items() if len(parts) > 1]


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def fields_of(element: etree._Element) -> dict[str, str]:
    """The texts of one element by their paths below it."""
    found: dict[str, str] = {}
    walk(element, Node("", local_name(element)), found, [])
    return found
