"""The story of a deal as one page of HTML that needs nothing else: no scripts, no fonts, no addresses. It reads in light and dark, on paper, and aloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fondaco.reporting.deal_story import DealStory, Fact, StoryDeadline, StoryMessage, StoryStep, StoryTitle
from fondaco.reporting.page import escape, facts, page

# Colours have a contrast of at least 4.5 to 1 on their ground, in both schemes; none carries a meaning that no word does.
_STYLE = """
:root{--line:#767676;--soft:#f2f4f7;--good:#0b6b34;--bad:#a3191f;--mark:#1d4f91}
@media(prefers-color-scheme:dark){:root{--line:#8a8f98;--soft:#20242b;--good:#5fd38d;--bad:#ff8f8f;--mark:#8fb8f0}}
body{max-width:76rem}h1{line-height:1.2}h2{border-bottom:2px solid var(--mark);padding-bottom:.2rem;margin-top:2.5rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}a{color:var(--mark)}
.wide{overflow-x:auto}th,td{border-color:var(--line);overflow-wrap:break-word}thead th{background:var(--soft);white-space:nowrap}
tbody th{min-width:6.5rem}h3{font-size:1rem;margin:1rem 0 .2rem}td ul{margin:0;padding-left:1rem;min-width:14rem}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.15rem 1rem}dd{margin:0}
ol.steps{list-style:none;padding:0;border-left:3px solid var(--line);margin-left:.4rem}
ol.steps>li{padding:.1rem 0 .7rem 1rem}ol.steps>li.clock{border-left:3px solid var(--bad);margin-left:-3px}
.at{font-variant-numeric:tabular-nums;color:var(--mark);font-weight:600}.soft{font-size:.92em}.soft dl{margin:.2rem 0}
.number{display:block;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}
pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:16rem;overflow-y:auto;background:var(--soft);padding:.5rem;margin:.3rem 0}
code{overflow-wrap:anywhere}
@page{size:landscape;margin:10mm}
@media print{nav{display:none}table{font-size:.85em}pre{max-height:none;overflow:visible}.wide{overflow:visible}td ul{min-width:0}h2,h3,caption{break-after:avoid}li,tr{break-inside:avoid}body{font-size:.8rem}}
"""
# So many signs of a long word stand together.
_BREAK = 16
_SECTIONS = (
    ("parties", "Parties"), ("terms", "Terms"), ("documents", "Documents"), ("timeline", "Timeline"), ("findings", "Findings"),
    ("deadlines", "Deadlines"), ("payments", "Payments"), ("postings", "Postings"), ("title", "Title"), ("messages", "Messages"),
    ("screening", "Screening"),
)  # fmt: skip


def deal_html(story: DealStory) -> str:
    """The page. Whatever a party, a document or a message says is text here, never markup."""
    parts = [
        f"<p>{escape(story.instrument)} stands at <strong>{escape(story.state)}</strong> by the journal and the books of {escape(story.hub)}, as of "
        f"<time>{escape(story.as_of)}</time>. Instants are UTC. Articles of UCP 600, URC 522 and others are cited by number; their text is the ICC's.</p>",
        "<p>For the parties and banks of this deal and their supervisors: it names people and what they agreed.</p>",
        _navigation(),
        *_section("parties", _wide("Who takes part", ("As", "Party", "Name", "Country", "Bank", "Screening"), [
            (one.role, one.party, one.name, one.country, one.bank, one.screened) for one in story.parties
        ])),
        *_section("terms", facts(story.terms) if story.terms else "<p>None.</p>"),
        *_section("documents", _wide("Documents and their hashes", ("Kind", "Number", "SHA-256", "Where"), [
            (one.kind, one.number, one.sha256, one.where) for one in story.papers
        ])),
        *_section("timeline", "<ol class=\"steps\">" + "".join(map(_step, story.steps)) + "</ol>"),
        *_section("findings", _wide(
            "What the examination found: both places, both values", ("Presentation", "Article", "Stands at", "Found", "Held against", "Expected", "In words"),
            [(one.presentation, one.article, one.where, one.found, one.other, one.expected, one.text) for one in story.findings],
        )),
        *_section("deadlines", _deadlines(story.deadlines)),
        *_section("payments", _wide("Payments", ("UETR", "State", "Pays", "Arrives", "Rate", "Fee", "For", "Screened under"), [
            (one.uetr, one.state, one.pays, one.arrives, one.rate, one.fee, one.delivers, one.screened) for one in story.payments
        ])),
        *_section("postings", _postings(story)),
        *_section("title", "".join(map(_title, story.titles)) or "<p>No transferable record is part of it.</p>"),
        *_section("messages", "".join(map(_message, story.messages)) or "<p>None.</p>"),
        *_section("screening", facts(story.screening) if story.screening else "<p>Nothing of it was screened yet.</p>"),
    ]  # fmt: skip
    return page(f"{story.title}: {story.instrument}", parts, _STYLE)


def _navigation() -> str:
    rows = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name in _SECTIONS)
    return f'<nav aria-label="Sections"><ul>{rows}</ul></nav>'


def _section(key: str, content: str) -> Iterable[str]:
    name = dict(_SECTIONS)[key]
    yield f'<section aria-labelledby="{key}"><h2 id="{key}">{name}</h2>'
    yield content
    yield "</section>"


def _wide(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts, or a sentence where it has no rows."""
    return _table(caption, heads, [[_cell(one) for one in row] for row in rows]) if rows else f"<p>{escape(caption)}: none.</p>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that may be wider than the screen: then it alone is moved, by keys as well. Its cells are markup already."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{one}</td>" for one in row[1:])}</tr>' for row in rows)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """A text that breaks inside words only where a word is long: a hash after every sixteen signs."""
    words = (
        "<wbr>".join(escape(word[at : at + _BREAK]) for at in range(0, len(word), _BREAK))
        if len(word) > 2 * _BREAK
        else escape(word)
        for word in text.split(" ")
    )
    return " ".join(words)


def _step(one: StoryStep) -> str:
    kind = ' class="clock"' if one.who == "the clock" else ""
    signed = f", {one.signatures} signature{'s' if one.signatures > 1 else ''}" if one.signatures else ""
    said = f'<div class="soft">{facts(one.facts)}</div>' if one.facts else ""
    return (
        f'<li{kind}><time class="at">{escape(one.at)}</time> <strong>{escape(one.what)}</strong> by {escape(one.who)}{signed}, upon '
        f"{escape(one.subject)} <span class=\"soft\">[{escape(one.article)}]</span>{said}</li>"
    )  # fmt: skip


def _deadlines(rows: Sequence[StoryDeadline]) -> str:
    if not rows:
        return "<p>No clock ran.</p>"
    heads = ("Article", "Who must act", "Counted", "On whose calendar", "Passed over", "Until", "State", "If missed")
    cells = [
        (
            _cell(one.article), _cell(one.holder), _cell(one.counted), _cell(one.calendar), _listed(one.passed_over), _cell(one.until),
            f'<span class="{"missed" if one.state == "MISSED" else "met"}">{escape(one.state)}</span>', _cell(one.effect),
        )
        for one in rows
    ]  # fmt: skip
    return _table("Every clock of the deal, and the days that its calendar passed over", heads, cells)


def _listed(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in texts)}</ul>" if texts else "no day"


def _postings(story: DealStory) -> str:
    if not story.postings:
        return "<p>Nothing was booked.</p>"
    heads = ("Instant", "State", "Debit", "Credit", "Amount", "Currency", "Why", "Transfer")
    cells = [
        (
            f"<time>{escape(one.at)}</time>", escape(one.state), _cell(one.debit), _cell(one.credit),
            f'<span class="number">{escape(one.amount)}</span>', _cell(one.currency), _cell(one.why), f"<code>{escape(one.transfer)}</code>",
        )
        for one in story.postings
    ]  # fmt: skip
    return (
        "<p>Transfers with one number before the hyphen were decided together. A chain of them stands whole or not at all.</p>"
        + _table("Entries in the books: money, memoranda, control of records", heads, cells)
    )


def _title(one: StoryTitle) -> str:
    rows: list[Fact] = [
        ("kind", one.kind), ("id for ever", one.etr), ("state", one.state), ("held by (register)", one.holder), ("held by (books)", one.in_books), *one.proof,
    ]  # fmt: skip
    events = _wide(
        f"Events of {one.record}", ("No.", "Instant", "Action", "By", "To", "Settlement batch", "Hash", "Leaf"),
        [(f"{e.seq}", e.at, e.action, e.actor, e.recipient, e.batch, e.hash, f"{e.leaf}") for e in one.events],
    )  # fmt: skip
    return f"<h3>{escape(one.record)}</h3>{facts(rows)}{events}"


def _message(one: StoryMessage) -> str:
    way = "to" if one.way == "out" else "from"
    text = f'<pre tabindex="0">{escape(one.text)}</pre>' if one.text else ""
    return f'<h3><time class="at">{escape(one.at)}</time> {escape(one.kind)} {way} {escape(one.bank)}, about {escape(one.about)}</h3>{text}'
