"""The evidence of one case for an officer, an auditor or a court: what was said, what is listed, why it scored, who decided, and proofs.

One page of HTML that needs nothing else: no scripts, no fonts, no addresses. It is for officers; no door of the hub hands it to a member.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fondaco.compliance import Case, Decision, ListEdition, Officer, Verdict, chain_fault, signature_fault
from fondaco.core import Instant, assertion_of, utc_text
from fondaco.reporting.page import escape, facts, page, table


class WordOfHit(msgspec.Struct, frozen=True):
    """One word of the message, the listed word that it met, by which rule, and how alike they are (0 to 1)."""

    said: str
    listed: str
    rule: str
    similarity: float


class ReportedHit(msgspec.Struct, frozen=True):
    """One hit. Scores are thousandths; `reasons` are what raised or lowered that of the name alone. `answered_by` names a good-guy entry.

    `programmes` are those under which the list names the entry; of a company that is there for its owners, who they are.
    """

    said: str
    where: str
    listed: str
    list_id: str
    entry_id: str
    entry_digest: str
    score_milli: int
    name_milli: int
    reasons: list[tuple[str, int]]
    words: list[WordOfHit]
    party: str
    programmes: list[str]
    answered_by: str = ""


class ReportedAssertion(msgspec.Struct, frozen=True):
    """What a passkey answered, whole, in hexadecimal digits: whoever has it can verify the signature without this hub. `material` are the
    bytes of the word, whose SHA-256 is the challenge."""

    material: str
    credential: str
    public_key: str
    authenticator_data: str
    client_data: str
    signature: str


class ReportedWord(msgspec.Struct, frozen=True):
    """What one officer, or the clock, said: `signature` is holds, does not hold, or none (the clock signs nothing). `assertion` stands where
    a passkey signed."""

    at: str
    officer: str
    verb: str
    note: str
    signature: str
    link: str
    assertion: ReportedAssertion | None = None


class ReportedList(msgspec.Struct, frozen=True):
    """One list as it was in force for the verdict: `entries` of parties or goods; `published` is the list's own date, `digest` the SHA-256 of
    its files."""

    list_id: str
    published: str
    received: str
    entries: int
    digest: str


class CaseReport(msgspec.Struct, frozen=True):
    """Everything about one case. Digests are hexadecimal; `replay` says whether the verdict comes out the same when it is made again."""

    case_id: str
    state: str
    about: str
    opened: str
    escalate_at: str
    due_at: str
    alerts: list[str]
    verdict: str
    engine: str
    list_set: str
    configuration: str
    message: str
    screened_at: str
    hits: list[ReportedHit]
    lists: list[ReportedList]
    words: list[ReportedWord]
    chain: str
    replay: str


def case_report(
    case: Case, about: str, editions: Sequence[ListEdition], officers: Mapping[str, Officer], replay: str
) -> CaseReport:
    """The report of a case. `about` says what is held (a UETR, a BIC), `editions` are those of its verdict's list set."""
    verdict = case.verdict
    return CaseReport(
        case.case_id,
        case.state.name,
        about,
        _instant(case.opened_at),
        _instant(case.escalate_at),
        _instant(case.due_at),
        list(case.alerts),
        verdict.digest().hex(),
        verdict.engine,
        verdict.list_set,
        verdict.configuration,
        verdict.message.hex(),
        _instant(verdict.at),
        _hits(verdict, editions),
        [
            ReportedList(one.list_id, one.published, _instant(one.received_at), len(one.entries) + len(one.goods), one.digest)
            for one in sorted(editions, key=lambda one: one.list_id)
        ],
        _words(case, officers),
        chain_fault(case) or ("every word is the one that was said" if case.links else "none was kept"),
        replay,
    )


def _instant(at: int) -> str:
    return utc_text(Instant(at)) if at else ""


def _hits(verdict: Verdict, editions: Sequence[ListEdition]) -> list[ReportedHit]:
    programmes = {(edition.list_id, entry.entry_id): list(entry.programmes) for edition in editions for entry in edition.entries}
    found = [(hit, "") for hit in verdict.hits] + [(one.hit, one.good_guy) for one in verdict.spared]
    return [
        ReportedHit(
            hit.said, hit.path, hit.listed, hit.list_id, hit.entry_id, hit.entry, hit.score_milli, hit.name_milli or hit.score_milli,
            list(hit.reasons), [WordOfHit(*word) for word in hit.words], hit.party or hit.path,
            programmes.get((hit.list_id, hit.entry_id), []), answered_by,
        )
        for hit, answered_by in found
    ]  # fmt: skip


def _words(case: Case, officers: Mapping[str, Officer]) -> list[ReportedWord]:
    rows = []
    for place, one in enumerate(case.decisions):
        officer = officers.get(one.officer_id)
        if not one.officer_id:
            holds = "none: the clock"
        elif officer is None:
            holds = "not to be checked: no officer of the rulebook in force"
        else:
            wrong = signature_fault(officer, one.signature, one.material())
            passkey = assertion_of(one.signature) is not None
            holds = f"does not hold: {wrong}" if wrong and passkey else "does not hold" if wrong else "holds"
        who = f"{one.officer_id} ({officer.name})" if officer is not None else one.officer_id or "the clock"
        verb = f"{one.verb} {one.assignee}".strip()
        link = case.links[place].hex() if place < len(case.links) else ""
        rows.append(ReportedWord(_instant(one.at), who, verb, one.note, holds, link, _assertion(one)))
    return rows


def _assertion(word: Decision) -> ReportedAssertion | None:
    said = assertion_of(word.signature)
    if said is None:
        return None
    parts = word.material(), said.credential, said.public_key, said.authenticator_data, said.client_data, said.signature
    return ReportedAssertion(*(part.hex() for part in parts))


def case_html(report: CaseReport) -> str:
    """The report as one page of HTML. Whatever a message or a list says is text here, never markup."""
    parts = [
        "<p>For officers. It names people and listed parties, and is not for whoever sent the message.</p>",
        _facts(report),
        "<h2>What was said, and what it resembles</h2>",
    ]
    for number, hit in enumerate(report.hits, 1):
        parts.append(_hit(number, hit))
    parts += [
        "<h2>The lists</h2>",
        table(
            "Lists in force for this verdict",
            ("List", "Published", "Received", "Entries", "SHA-256"),
            [(one.list_id, one.published, one.received, f"{one.entries}", one.digest) for one in report.lists],
        ),
        "<h2>What was decided</h2>",
        table(
            "Words on this case, in order",
            ("When", "Who", "What", "Why", "Signature", "Link"),
            [(one.at, one.officer, one.verb, one.note, one.signature, one.link) for one in report.words],
        ),
        f"<p>Chain of the words: {escape(report.chain)}.</p>",
    ]
    return page(f"Case {report.case_id}: {report.state}", parts)


def _facts(report: CaseReport) -> str:
    rows = [
        ("About", report.about),
        ("Opened", report.opened),
        ("Escalated at", report.escalate_at or "no article sets a clock"),
        ("Ends undecided at", report.due_at or "no article sets a clock"),
        ("Alerts", ", ".join(report.alerts) or "none"),
        ("Screened at", report.screened_at),
        ("Verdict (SHA-256)", report.verdict),
        ("Made again", report.replay),
        ("Message (SHA-256 of its texts)", report.message),
        ("List set", report.list_set),
        ("Configuration", report.configuration),
        ("Engine", report.engine),
    ]
    return facts(rows)


def _hit(number: int, hit: ReportedHit) -> str:
    moved = "; ".join(f"{reason} ({milli:+d})" for reason, milli in hit.reasons) or "nothing raised or lowered it"
    answered = f" Answered by the good-guy entry {escape(hit.answered_by)}." if hit.answered_by else ""
    listed_for = f"<p>Listed for: {escape('; '.join(hit.programmes))}.</p>" if hit.programmes else ""
    return "\n".join(
        [
            f"<section aria-labelledby=\"hit-{number}\"><h3 id=\"hit-{number}\">{hit.score_milli} of 1000: {escape(hit.said)}</h3>",
            f"<p>At <code>{escape(hit.where)}</code>; resembles <strong>{escape(hit.listed)}</strong>, list {escape(hit.list_id)},",
            f"entry {escape(hit.entry_id)}. The name alone scores {hit.name_milli}; {escape(moved)}.{answered}</p>{listed_for}",
            table(
                "Word by word",
                ("In the message", "In the list", "Rule", "Alike"),
                [(word.said, word.listed, word.rule, f"{word.similarity:.3f}") for word in hit.words],
            ),
            "</section>",
        ]
    )  # fmt: skip
