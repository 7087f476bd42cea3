"""One invoice against everything that applies to it: its schema, the official rules, our sums, our rules for trade between countries."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from lxml import etree

from fondaco.core import MalformedMessage, Reason
from fondaco.trade.documents import FACTUR_X, JSON, UBL, CreditNote, Invoice, Kept, read_document, write_document
from fondaco.trade.documents.factur_x import xml_of
from fondaco.trade.documents.forms import tree_of
from fondaco.trade.finding import ERROR, WARNING, Finding
from fondaco.trade.invoice_sums import sums_of
from fondaco.trade.invoice_terms import terms_of
from fondaco.trade.validation.artefacts import RuleSet, schema_of
from fondaco.trade.validation.engine import Engine, Unvalidated


class Rules(Enum):
    """Which rules: the European standard, Peppol's on top of it, or ours for trade where no tax of Europe is."""

    EN16931 = "en16931"
    PEPPOL = "peppol"
    TRADE = "trade"


class Checked(NamedTuple):
    """What was found of a document as it came. `valid`: no error among the findings."""

    kept: Kept
    rules: Rules
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        return all(one.level != ERROR for one in self.findings)


# The last word of a specification's name (BT-24) in CII.
_LEVELS = (
    ("extended", RuleSet.FACTUR_X_EXTENDED),
    ("minimum", RuleSet.FACTUR_X_MINIMUM),
    ("basicwl", RuleSet.FACTUR_X_BASIC_WL),
    ("basic", RuleSet.FACTUR_X_BASIC),
)


def rules_for(document: Invoice | CreditNote) -> Rules:
    """The rules that a document names as its own (BT-24); a document that names none of them is a trade invoice."""
    told = document.specification.lower()
    if "peppol" in told:
        return Rules.PEPPOL
    return Rules.EN16931 if "en16931" in told or "factur-x" in told else Rules.TRADE


def check(raw: bytes, engine: Engine, rules: Rules | None = None, letter_of_credit: str = "") -> Checked:
    """Everything that is wrong with an invoice or credit note; `rules` left out are those that it names. Raises `MalformedMessage` for what is none.

    Trade invoices need no package beyond the hub's own; for the others `ExtraMissing` is raised where they are not installed. What could not be computed is an
    error like any other: nothing passes unseen.
    """
    kept = read_document(raw)
    document = kept.document
    if not isinstance(document, Invoice | CreditNote):
        raise MalformedMessage(
            Reason.MALFORMED, "the document", f"{type(document).__name__}, where an invoice or a credit note is checked"
        )
    applied = rules or rules_for(document)
    if applied is Rules.TRADE:
        return Checked(kept, applied, tuple(terms_of(document, letter_of_credit)))
    xml = xml_of(raw) if kept.form == FACTUR_X else write_document(document, UBL) if kept.form == JSON else raw
    root = tree_of(xml)
    found = _schema(root)
    # The engine is given the tree that we read, not the bytes: it can see nothing that our gate did not.
    seen = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    for one in _rule_sets(root, document, applied):
        found += _fired(engine, one, seen)
    found += sums_of(document, ERROR if applied is Rules.PEPPOL else WARNING)
    return Checked(kept, applied, tuple(found))


def _schema(root: etree._Element) -> list[Finding]:
    schema = schema_of(etree.QName(root).localname)
    assert schema is not None, "every form of an invoice has its schema"
    if schema.validate(root):
        return []
    return [Finding("XSD", ERROR, f"line {one.line}", _short(one.message)) for one in schema.error_log]


def _short(message: str) -> str:
    return re.sub(r"\{[^}]*\}", "", message)[:300]


def _rule_sets(root: etree._Element, document: Invoice | CreditNote, rules: Rules) -> list[RuleSet]:
    if etree.QName(root).localname != "CrossIndustryInvoice":
        return [RuleSet.EN16931_UBL, RuleSet.PEPPOL_UBL] if rules is Rules.PEPPOL else [RuleSet.EN16931_UBL]
    if rules is Rules.PEPPOL:
        raise MalformedMessage(Reason.MALFORMED, "the document", "Peppol's rules are checked on UBL; write it as UBL first")
    level = document.specification.lower().rpartition(":")[2]
    return [next((rule for name, rule in _LEVELS if level == name), RuleSet.EN16931_CII)]


def _fired(engine: Engine, rules: RuleSet, xml: bytes) -> list[Finding]:
    try:
        fired = engine.fired(rules, xml)
    except Unvalidated as fault:
        return [
            Finding(
                "UNVALIDATED",
                ERROR,
                "the document",
                str(fault),
                text=f"{rules.name}: refused, since nobody knows whether it is valid",
            )
        ]
    return [
        Finding(one.rule or rules.name, WARNING if one.flag == "warning" else ERROR, _place(one.place), one.text) for one in fired
    ]


def _place(xpath: str) -> str:
    """`/*:Invoice[namespace-uri()='...'][1]/*:ID[...]` as people read it: `Invoice/ID`; a number only where it is not the first."""
    steps = re.sub(r"\[namespace-uri\(\)=[^]]*\]", "", xpath).replace("*:", "").replace("[1]", "")
    steps = re.sub(r"(?:/|^)\w+:", lambda found: found[0][0] if found[0].startswith("/") else "", steps)
    return re.sub(r"Q\{[^}]*\}", "", steps).strip("/") or "the document"
