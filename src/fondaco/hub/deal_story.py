"""The whole story of a deal, gathered from journal and books: what the page of `reporting` shows. Reads the journal and the books once, changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fondaco.core import Instant, amount_text, utc_text
from fondaco.hub.banking_places import BankingPlaces
from fondaco.hub.commands import Command, Perform
from fondaco.hub.deal_instruments import Belonging, belonging
from fondaco.hub.deal_postings import payment_row, postings_of
from fondaco.hub.deal_titles import titles_of
from fondaco.hub.hub import Hub
from fondaco.journal import Entry, Link, Mail
from fondaco.reporting import DealStory, StoryDeadline, StoryFinding, StoryMessage, StoryPaper, StoryParty, StoryStep
from fondaco.trade import Deadline, DeadlineEffect, DeadlineState, Deed, article_of, article_text, days_passed_over

_COMMANDS = msgspec.msgpack.Decoder(list[Command])
# Of a deed's particulars, what has a place of its own in the story, or is a hash that the title's chain shows.
ELSEWHERE = frozenset({"terms", "discrepancies", "content", "head", "keys"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Of a calendar's version so many digits are shown.
_SHORT = 12
_NUMBERED = re.compile(r"(\S+) by (.*)")
# What the journal calls what time alone brought.
TIME = "TIME"
_ERASED = "erased after its retention"
_ROLES = {
    "credit": (("applicant", "applicant"), ("beneficiary", "beneficiary"), ("issuing_bank", "issuing bank"), ("advising_bank", "advising bank"),
               ("confirming_bank", "confirming bank"), ("reimbursing_bank", "reimbursing bank")),
    "collection": (("principal", "principal"), ("remitting_bank", "remitting bank"), ("collecting_bank", "collecting bank"), ("drawee", "drawee")),
}  # fmt: skip


def deal_story(hub: Hub, instrument: str) -> DealStory | None:
    """The story of a credit, a collection, a transferable record or an invoice, with all that belongs to it; None where there is none of this id.

    Nothing that was erased after its retention is in it; the place says so.
    """
    hub.flush()
    found = belonging(hub, instrument)
    if found is None:
        return None
    steps, messages = _told(hub, found)
    return DealStory(
        instrument=instrument,
        title=_title(found),
        state=_state(found),
        hub=hub.desk.scheme.hub_bic,
        as_of=utc_text(Instant(hub.desk.counters.last_instant)),
        parties=tuple(_parties(hub, found)),
        terms=tuple(_terms(found)),
        papers=tuple(_papers(found)),
        steps=steps,
        findings=tuple(_findings(found)),
        deadlines=tuple(_deadline(hub, one) for one in _deadlines(found)),
        postings=tuple(postings_of(hub, found)),
        payments=tuple(payment_row(one) for _, one in sorted(found.payments.items())),
        messages=messages,
        titles=tuple(titles_of(hub, found)),
        screening=tuple(_screening(hub, found)),
    )


def _title(found: Belonging) -> str:
    if found.credit is not None:
        return f"Documentary credit {found.credit.terms.number}, {found.credit.terms.available_by.lower().replace('_', ' ')} (UCP 600)"
    if found.collection is not None:
        against = "acceptance" if found.collection.terms == "DA" else "payment"
        return f"Documents against {against} (URC 522)"
    record = found.records.get(found.instrument)
    if record is not None:
        return f"{record.kind.value.lower().replace('_', ' ').capitalize()} {record.serial}"
    return f"Invoice {found.invoices[found.instrument].number}"


def _state(found: Belonging) -> str:
    if found.credit is not None:
        return found.credit.issue.state.value
    one: Any = found.collection or found.records.get(found.instrument) or found.invoices.get(found.instrument)
    return str(one.state.value)


# Who, on what terms, with which papers


def _parties(hub: Hub, found: Belonging) -> Iterator[StoryParty]:
    known, members = hub.trading.parties.known, hub.desk.in_force().participants
    roles: dict[str, list[str]] = {}
    one = found.credit or found.collection
    for name, role in _ROLES["credit" if found.credit is not None else "collection"] if one is not None else ():
        roles.setdefault(getattr(one, name), []).append(role)
    for record in found.records.values():
        roles.setdefault(record.issuer, []).append(f"issuer of {record.instrument}")
    for paper in found.invoices.values():
        roles.setdefault(paper.seller, []).append("seller")
        roles.setdefault(paper.buyer, []).append("buyer")
    for party, held in roles.items():
        if not party:
            continue
        told = ", ".join(dict.fromkeys(held))
        if party in known:
            trader = known[party]
            yield StoryParty(told, party, trader.name, trader.country, trader.bank, _stands(trader.state.value, trader.case))
        else:
            member = members.get(party)
            yield StoryParty(
                told, party, member.name if member else "", member.country if member else "", party, "screened as a member"
            )


def _stands(state: str, case: str) -> str:
    return f"{state}, case {case}" if case else f"{state}: it meets no entry of the lists in force"


def _terms(found: Belonging) -> Iterator[tuple[str, str]]:
    if found.credit is not None:
        yield from lines_of(msgspec.to_builtins(found.credit.terms))
    elif found.collection is not None:
        one = found.collection
        yield "amount", amount_text(one.amount, one.currency)
        yield "released against", "acceptance" if one.terms == "DA" else "payment"
        if one.tenor is not None:
            yield from lines_of(msgspec.to_builtins(one.tenor), "tenor")
        yield from ((name, text) for name, text in (("accepted on", one.accepted_on), ("matures on", one.matures_on)) if text)
        yield "part payment", "authorised" if one.part_payment else "not authorised"
        yield "protest", "instructed" if one.protest else "not instructed"
        yield from ((f"listed: {each.kind}", f"{each.originals} originals, {each.copies} copies") for each in one.documents)
    for paper in found.invoices.values():
        yield (
            f"invoice {paper.number}",
            f"{amount_text(paper.minor, paper.currency)}, issued {paper.issued}, due {paper.due}, {paper.state.value}",
        )


def lines_of(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """A document of JSON as places and texts, in its own order; what is empty is left out. A party or a place is one line, and so are plain lists."""
    if isinstance(value, Mapping) and where and "name" in value:
        yield where.replace("_", " "), ", ".join(text for one in value.values() for _, text in lines_of(one))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from lines_of(one, f"{where}: {name}" if where else str(name))
    elif isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value):
        yield from ((where.replace("_", " "), one) for one in [", ".join(map(str, value))] if one)
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value, 1):
            yield from lines_of(one, f"{where} {number}")
    elif value not in ("", None):
        yield where.replace("_", " "), str(value)


def _papers(found: Belonging) -> Iterator[StoryPaper]:
    for order in found.orders.values():
        yield StoryPaper("order", order.number, order.sha256, order.id)
        for kind, named in (("despatch advice", order.despatches), ("receipt advice", order.receipts)):
            yield from (StoryPaper(kind, number, digest, order.id) for number, digest in named)
    for paper in found.invoices.values():
        yield StoryPaper("invoice", paper.number, paper.sha256, paper.id)
    for record in found.records.values():
        yield StoryPaper(
            record.kind.value.lower().replace("_", " "), record.serial, record.etr, f"{record.instrument}, its id for ever"
        )
    for each in found.credit.presentations if found.credit is not None else ():
        for text in each.documents:
            number, _, digest = text.rpartition(" ")
            if not _SHA256.fullmatch(digest):
                number, digest = text, ""
            yield StoryPaper("presented", number, digest, f"presentation {each.number} to {each.bank}")


def _findings(found: Belonging) -> Iterator[StoryFinding]:
    for each in found.credit.presentations if found.credit is not None else ():
        for one in each.discrepancies:
            number = f"{each.number} to {each.bank}, {each.state.value}"
            yield StoryFinding(
                number, article_text(one.rule.partition("/")[0]), one.where, one.found, one.other, one.expected, one.text
            )


# Clocks


def _deadlines(found: Belonging) -> Sequence[Deadline]:
    one = found.credit or found.collection
    return one.deadlines if one is not None else ()


def _deadline(hub: Hub, one: Deadline) -> StoryDeadline:
    places = BankingPlaces(hub.desk.in_force(), hub.desk.scheme.version)
    calendar = places[one.calendar].calendar
    local = datetime.fromtimestamp(one.due_at // 1_000_000_000, calendar.tz)
    unit = one.unit.value.lower()
    counted = f"{one.count} {unit} days from {one.starts_on}" if one.count else f"the day {one.starts_on}"
    over = tuple(
        f"{each.day} {each.name}{f' ({each.source})' if each.source else ''}" for each in days_passed_over(one, calendar)
    )
    until = f"{local:%a %Y-%m-%d %H:%M} {calendar.zone} ({utc_text(Instant(one.due_at))})"
    effect = one.effect.value.lower().replace("_", " ")
    place = f"{one.calendar}, {calendar.zone}, version {one.calendar_version[:_SHORT]}"
    return StoryDeadline(article_text(one.rule), one.holder, counted, place, over, until, one.state.value, effect)


# What happened


def _told(hub: Hub, found: Belonging) -> tuple[tuple[StoryStep, ...], tuple[StoryMessage, ...]]:
    """Every step and message in the order of the journal: deeds and time upon the instruments, and the steps of the payments."""
    subjects = {f"instrument {one}" for one in found.instruments} | {f"payment {one}" for one in found.payments}
    came = {one.batch: one for one in found.payments.values()}
    steps: list[tuple[int, StoryStep]] = []
    messages: list[StoryMessage] = []
    clock = 0
    for link in hub.journal.links():
        entries = [one for one in link.entries() if one.subject in subjects]
        if not entries and link.number not in came:
            continue
        at = utc_text(Instant(link.instant))
        deeds = deeds_of_batch(hub, link.number)
        for one in entries:
            if one.subject == f"instrument {found.instrument}" and one.event == TIME:
                steps.append((link.instant, _time(at, found, clock, link.instant)))
                clock = link.instant
            elif one.subject.startswith("instrument "):
                steps.append((link.instant, _step(at, one, deeds)))
        if link.number in came:
            payment = came[link.number]
            messages.append(
                StoryMessage(at, "in", payment.sender, payment.message_kind, f"payment {payment.number}, UETR {payment.uetr}", "")
            )
        messages += [_message(at, mail) for mail in hub.journal.mail_of(link.number) if mail.subject in subjects]
    for payment in found.payments.values():
        for taken in payment.taken:
            steps.append(
                (
                    taken.at,
                    StoryStep(
                        utc_text(Instant(taken.at)),
                        f"payment {payment.number}",
                        f"{taken.event}: {taken.state}",
                        "the hub",
                        f"rulebook {taken.article}",
                    ),
                )
            )
    return tuple(step for _, step in sorted(steps, key=lambda one: one[0])), tuple(messages)


def deeds_of_batch(hub: Hub, batch: int) -> list[Deed] | None:
    """The deeds of a batch; None where they were erased."""
    inputs = hub.journal.inputs_of(batch) if not hub.journal.inputs_erased(batch) else None
    if inputs is None:
        return None
    return [one.deed for one in _COMMANDS.decode(inputs.commands) if isinstance(one, Perform)]


def _step(at: str, entry: Entry, deeds: list[Deed] | None) -> StoryStep:
    """One step with the deed that brought it, which is taken out of `deeds`: of two alike in a batch each tells its own step."""
    instrument = entry.subject.removeprefix("instrument ")
    numbered = _NUMBERED.fullmatch(entry.facts)
    who = numbered[2] if numbered is not None else entry.facts
    article = article_text(article_of(instrument, entry.event)) or f"rulebook {entry.article}"
    deed = next(
        (one for one in deeds or () if one.action == entry.event and one.actor == who and one.instrument in ("", instrument)),
        None,
    )
    if deed is None:
        facts = (("what it said", _ERASED),) if deeds is None else ()
        return StoryStep(at, instrument, entry.event, who, article, 0, facts)
    assert deeds is not None, "it was found among them"
    deeds.remove(deed)
    said = msgspec.json.decode(deed.body) if deed.body.strip() else {}
    kept = {name: one for name, one in said.items() if name not in ELSEWHERE} if isinstance(said, dict) else {}
    return StoryStep(at, instrument, entry.event, who, article, len(deed.signatures), tuple(lines_of(kept)))


def _time(at: str, found: Belonging, since: int, until: int) -> StoryStep:
    """What the clock brought: the deadlines that ran out between two of its steps, each with what missing it means, and the days that passed."""
    over = (DeadlineState.MISSED, DeadlineState.PASSED)
    late = [one for one in _deadlines(found) if one.state in over and since < one.due_at <= until and not _by_documents(one)]
    told = tuple((article_text(one.rule), f"{one.holder} had until {one.due_on}; {_means(one)}") for one in late)
    matured = found.collection is not None and since < found.collection.matures_at <= until
    return StoryStep(
        at, found.instrument, "TIME", "the clock", " and ".join(article for article, _ in told) or "rulebook T.1",
        facts=(*told, *((("matured", found.collection.matures_on),) if matured and found.collection is not None else ())),
    )  # fmt: skip


def _by_documents(one: Deadline) -> bool:
    """Whether it was the documents that told a day missed, and no clock."""
    return one.state is DeadlineState.MISSED and one.effect is DeadlineEffect.DISCREPANCY


def _means(one: Deadline) -> str:
    """What follows from a day that is over: nothing yet, where nobody missed it for all that is known."""
    return "the day is over" if one.state is DeadlineState.PASSED else one.effect.value.lower().replace("_", " ")


def _message(at: str, mail: Mail) -> StoryMessage:
    text = mail.raw.decode(errors="replace")
    if text.startswith("{"):  # a notice, or an MT as its fields
        text = "\n".join(f"{where}: {said}" for where, said in lines_of(msgspec.json.decode(mail.raw)))
    return StoryMessage(at, "out", mail.recipient, mail.kind, mail.subject, text or _ERASED)


# Screening


def _screening(hub: Hub, found: Belonging) -> Iterator[tuple[str, str]]:
    """Under which lists what was said in the deal was screened, and every case of it."""
    subjects = {f"instrument {one}" for one in found.instruments}
    sets: dict[str, int] = {}
    for link in hub.journal.links():
        if _of_deal(link, subjects):
            inputs = hub.journal.inputs_of(link.number)
            key = inputs.list_set if inputs is not None else _ERASED
            sets[key] = sets.get(key, 0) + 1
    for key, count in sets.items():
        yield (
            f"list set {key}",
            f"{count} batches with steps of the deal: every text of their deeds passed it, or was released by two officers",
        )
    for case_id, case in sorted(hub.desk.cases.items()):
        of_party = any(party.case == case_id for party in hub.trading.parties.known.values() if party.party in _named(found))
        if case.payment in found.payments or of_party:
            yield f"case {case_id}", f"{case.state.name}, {len(case.decisions)} words of officers"


def _of_deal(link: Link, subjects: set[str]) -> bool:
    return any(one.subject in subjects for one in link.entries())


def _named(found: Belonging) -> set[str]:
    named = {one.issuer for one in found.records.values()}
    for paper in found.invoices.values():
        named |= {paper.seller, paper.buyer}
    if found.credit is not None:
        named |= {found.credit.applicant, found.credit.beneficiary}
    if found.collection is not None:
        named |= {found.collection.principal, found.collection.drawee}
    return named
