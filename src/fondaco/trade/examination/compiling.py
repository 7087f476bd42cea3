"""The commonest words of fields 46A and 47A, compiled to clauses: what a credit says in text is examined like what it says in fields.

A person may compile a demand's words by hand; what is compiled here adds only fields of which no clause of the demand speaks. Words that match nothing
stay what they were: a demand's `uncompiled` and a condition with a document are queries.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

import msgspec

from fondaco.trade.examination.terms import Clause, Condition, DemandedDocument, DocumentKind, Operator, Terms

# A name ends where the next clause begins.
_NAME = r"(?P<name>[^,;.:]+?(?:\.(?=[ ,]?[A-Z][^,;.:]*?))?)"
_END = r"(?=$|[,;:]|\.(?:\s|$)| and | marked | freight | notify| blank | endorsed | showing | indicating | quoting | dated | in \w+ (?:originals?|copies))"
_DAY = r"(?P<day>[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
_SHOW = r"(?:show(?:ing)?|indicat(?:e|ing)|bear(?:ing)?|quot(?:e|ing)|stat(?:e|ing)|mention(?:ing)?)"


class Words:
    """Words as people write them, in either case. The pattern is compiled when a text is first looked through: the hub holds terms, and
    seldom reads them."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Where these words first stand in `text`."""
        return self._compiled.search(text)


class Pattern(NamedTuple):
    """Words, the kinds of document in which they mean this, the field, and what is expected: a text, or a function of the match and the terms."""

    words: Words
    kinds: frozenset[str]
    key: str
    operator: Operator
    expected: str | Callable[[re.Match[str], Terms], str]


def _role(match: re.Match[str], terms: Terms) -> str:
    """A party named by its role in the credit, or by its name."""
    name = match["name"].strip().strip("'\"")
    roles = {
        "applicant": terms.applicant.name,
        "beneficiary": terms.beneficiary.name,
        "issuing bank": terms.issuing_bank.name,
        "shipper": "SHIPPER",
    }
    return roles.get(name.casefold().removeprefix("the "), name)


def _day(match: re.Match[str], _: Terms) -> str:
    day = match["day"]
    return day if "-" in day else datetime.strptime(day, "%d %B %Y").date().isoformat()  # noqa: DTZ007 - a day has no zone


def _number(_: re.Match[str], terms: Terms) -> str:
    return terms.number


_CARRIAGE = frozenset({"TRANSPORT"})
_COVER = frozenset({"INSURANCE"})
_PAPERS = frozenset({"INVOICE", "TRANSPORT", "INSURANCE", "ORIGIN", "PACKING_LIST", "INSPECTION", "OTHER"})

PATTERNS: tuple[Pattern, ...] = (
    Pattern(Words(r"\bfreight (?:pre-?paid|paid)\b"), _CARRIAGE, "freight", "EQUALS", "PREPAID"),
    Pattern(Words(r"\bcarriage paid\b"), _CARRIAGE, "freight", "EQUALS", "PREPAID"),
    Pattern(Words(r"\bfreight (?:to )?collect\b"), _CARRIAGE, "freight", "EQUALS", "COLLECT"),
    Pattern(Words(r"\bfreight payable at destination\b"), _CARRIAGE, "freight", "EQUALS", "COLLECT"),
    Pattern(Words(rf"\bto (?:the )?order of {_NAME}{_END}"), _CARRIAGE, "order", "EQUALS", _role),
    Pattern(Words(r"\bto (?:the )?order\b(?! of)"), _CARRIAGE, "order", "EQUALS", "SHIPPER"),
    Pattern(Words(r"\b(?:blank endorsed|endorsed in blank)\b"), _CARRIAGE | _COVER, "endorsed", "EQUALS", "BLANK"),
    Pattern(Words(rf"\bconsigned to (?!(?:the )?order){_NAME}{_END}"), _CARRIAGE, "consignee.name", "EQUALS", _role),
    Pattern(Words(rf"\bnotify(?:ing)? (?:party )?(?!party){_NAME}{_END}"), _CARRIAGE, "notify[0].name", "EQUALS", _role),
    Pattern(Words(rf"\bclaims? payable (?:at|in) {_NAME}{_END}"), _COVER, "claims_payable", "EQUALS", _role),
    Pattern(Words(rf"\b(?:dated|issued) (?:not|no) later than {_DAY}"), _PAPERS, "issued", "LTE", _day),
    Pattern(Words(rf"\binspected (?:not|no) later than {_DAY}"), frozenset({"INSPECTION"}), "inspected", "LTE", _day),
    Pattern(Words(rf"\b{_SHOW} (?:this |the |our )?(?:documentary )?(?:l/?c|credit)(?: no\.?| number)\b"), _PAPERS, "credit_number", "EQUALS", _number),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:name of (?:the )?(?:carrying )?vessel|vessel'?s? name)"), _PAPERS, "vessel", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:commercial )?invoice (?:no\.?|number)"), _PAPERS - {"INVOICE"}, "invoice_number", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:b/l|bill of lading) (?:no\.?|number)"), _PAPERS - {"TRANSPORT"}, "transport_number", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:purchase )?(?:order|contract) (?:no\.?|number)"), _PAPERS, "order_number", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:country of )?origin\b"), _PAPERS, "origin", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:total )?gross(?: and net)? weights?"), _PAPERS, "gross_weight", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:total )?(?:gross and )?net weights?"), _PAPERS, "net_weight", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:total )?number of packages"), _PAPERS, "packages", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:shipping )?marks"), _PAPERS, "marks", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?container (?:nos?\.?|numbers?)"), _PAPERS, "containers", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:container and )?seal (?:nos?\.?|numbers?)"), _PAPERS, "containers[0].seal", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:imo|vessel's imo) (?:no\.?|number)"), _PAPERS, "imo", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?voyage (?:no\.?|number)"), _PAPERS, "voyage", "EXISTS", ""),
    Pattern(Words(rf"\b{_SHOW} (?:the )?(?:hs|h\.s\.) codes? (?P<name>[0-9]{{6,10}})"), _PAPERS, "goods[0].hs", "CONTAINS", lambda match, _: match["name"]),
    Pattern(Words(r"""\bstating exactly:? ["'“”](?P<name>[^"“”]+?)["'“”](?=$|[\s,;.])"""), _PAPERS, "text", "CONTAINS", lambda match, _: match["name"]),
    Pattern(Words(r"""\b(?:certifying|stating|declaring) that ["“”](?P<name>[^"“”]+)["“”]"""), _PAPERS, "text", "CONTAINS", lambda match, _: match["name"]),
    Pattern(Words(r"""\bmarked ["“”](?P<name>[^"“”]+)["“”]"""), _PAPERS, "text", "CONTAINS", lambda match, _: match["name"]),
)  # fmt: skip

_ALL_DOCUMENTS = Words(r"^\W*(?:all|each|every) (?:the )?(?:required )?documents?\b")
_LANGUAGES = {
    "english": "en",
    "french": "fr",
    "spanish": "es",
    "chinese": "zh",
    "portuguese": "pt",
    "arabic": "ar",
    "malay": "ms",
    "indonesian": "id",
    "thai": "th",
}
_IN_LANGUAGE = Words(
    rf"^\W*(?:all )?(?:the )?documents (?:must|are to|should|to) be (?:issued |made out |presented )?in (?:the )?(?P<name>{'|'.join(_LANGUAGES)})"
)


# Credits repeat their words, and so do presentations under one credit.
_REMEMBERED = 1 << 12


@lru_cache(maxsize=_REMEMBERED)
def _matches(text: str, kind: DocumentKind) -> tuple[tuple[Pattern, re.Match[str]], ...]:
    """The forms of words that a text holds, each field once; the first that speaks of it counts."""
    found: dict[str, tuple[Pattern, re.Match[str]]] = {}
    for pattern in PATTERNS:
        match = pattern.words.search(text) if kind in pattern.kinds and pattern.key not in found else None
        if match is not None:
            found[pattern.key] = pattern, match
    return tuple(found.values())


def understood(text: str, kind: DocumentKind) -> tuple[str, ...]:
    """The words of a demand that become clauses."""
    return tuple(match[0] for _, match in _matches(text, kind))


def clauses_of(text: str, kind: DocumentKind, terms: Terms) -> tuple[Clause, ...]:
    """The clauses that the words of one demand hold."""
    return tuple(
        Clause(
            doc=kind,
            key=pattern.key,
            operator=pattern.operator,
            expected=pattern.expected if isinstance(pattern.expected, str) else pattern.expected(match, terms),
            text=match[0].strip(),
        )
        for pattern, match in (_matches(text, kind) if text else ())
    )


def compiled(terms: Terms) -> Terms:
    """The terms with the clauses that their own words hold. A field of which a demand's clauses speak already is left to them."""
    conditions = tuple(_condition(one, terms) for one in terms.conditions)
    languages = terms.languages or tuple(
        _LANGUAGES[match["name"].casefold()] for one in terms.conditions if (match := _IN_LANGUAGE.search(one.text)) is not None
    )
    documents = tuple(_demand(one, terms) for one in terms.documents)
    if (conditions, languages, documents) == (terms.conditions, terms.languages, terms.documents):
        return terms
    return msgspec.structs.replace(terms, conditions=conditions, languages=languages, documents=documents)


def _demand(one: DemandedDocument, terms: Terms) -> DemandedDocument:
    known = {clause.key for clause in one.clauses}
    more = tuple(clause for clause in clauses_of(one.text, one.kind, terms) if clause.key not in known)
    return msgspec.structs.replace(one, clauses=one.clauses + more) if more else one


def _condition(one: Condition, terms: Terms) -> Condition:
    if one.clauses or not _ALL_DOCUMENTS.search(one.text):
        return one
    number = next((clause for clause in clauses_of(one.text, "OTHER", terms) if clause.key == "credit_number"), None)
    if number is None:
        return one
    return msgspec.structs.replace(one, doc="ANY", clauses=(msgspec.structs.replace(number, doc="ANY"),))
