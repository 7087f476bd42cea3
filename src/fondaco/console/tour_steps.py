"""The guided tour, chapter by chapter: who does what and where, and how far it got - which the hub says, not a button."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fondaco.access import Right
from fondaco.compliance import CaseState, proposal_of
from fondaco.console.draft import State as DraftState
from fondaco.console.stage import Begun, Chapter, Stands, Step, Tour
from fondaco.hub import CloseCycle, Hub
from fondaco.payments import State
from fondaco.rulebook import ProposalState
from fondaco.settlement import Cycle, CycleState

if TYPE_CHECKING:
    from fondaco.console.house import House

OPERATOR, SUPERVISOR, AUDITOR = "operator-1", "supervisor-sg", "auditor"
OFFICERS = ("officer-1", "officer-2")
# Chapters whose steps are looks: one is written down while its page is made.
LOOKING = frozenset({"supervise", "ask"})


def _(text: str) -> str:
    """Marks a text for the catalogs; it is translated where it is shown."""
    return text


async def _pay(house: House, tour: Tour, begun: Begun) -> Stands:
    now, bank = house.clock.now(), tour.stage.payers_bank
    drafts = [
        one
        for waiting in (True, False)
        for one in house.drafts.of(bank, now, waiting=waiting)
        if one.invoice == begun.about and one.made_at >= begun.since
    ]
    sent = [one.uetr for one in drafts if one.state is DraftState.SENT]
    alive = any(one.state in (DraftState.DRAFTED, DraftState.RELEASED) for one in drafts)

    def question(hub: Hub) -> tuple[bool, str]:
        """Whether the invoice is paid, and the payment that pays it or may still do so."""
        known = hub.trading.invoices.found(begun.about)
        found = [hub.by_uetr(uetr) for uetr in sent]
        hopeful = [one.uetr for one in found if one is not None and (not one.final or one.state is State.SETTLED)]
        return known is not None and not known.owed and not known.open_minor, next(iter(hopeful), "")

    paid, uetr = await house.ask(question)
    # A payment that was refused, or that nobody answered in time, is written anew.
    return Stands(3 if paid and uetr else 2 if uetr else 1 if alive else 0, {"invoice": begun.about, "uetr": uetr})


async def _close(house: House, tour: Tour, begun: Begun) -> Stands:
    def question(hub: Hub) -> Stands:
        made = [
            one
            for one in hub.desk.proposals.values()
            if isinstance(one.deed, CloseCycle)
            and one.made_at >= begun.since
            and one.state in (ProposalState.PROPOSED, ProposalState.DONE)
        ]
        done = [one for one in made if one.state is ProposalState.DONE]
        if not done:
            return Stands(1 if made else 0, {})
        at = done[0].decided_at
        closed = _cycle(hub, lambda one: not one.offset and one.opened_at < at and (not one.decided_at or one.decided_at >= at))
        settled = closed is not None and closed.state is CycleState.SETTLED
        return Stands(3 if settled else 2, {"cycle": str(closed.number) if closed is not None else ""})

    return await house.ask(question)


async def _break(house: House, tour: Tour, begun: Begun) -> Stands:
    broken = {bic: at for bic, at in tour.broken.items() if at >= begun.since}
    if not broken:
        return Stands(0, {})

    def question(hub: Hub) -> Stands:
        numbers = {one.number: broken[one.bic[:8]] for one in hub.desk.scheme.participants if one.bic[:8] in broken}
        without = _cycle(
            hub,
            lambda one: (
                one.state is CycleState.SETTLED
                and bool(one.left_out)
                and any(one.decided_at >= numbers.get(number, one.decided_at + 1) for number, _currency in one.failing)
            ),
        )
        open_cycle = str(hub.desk.counters.open_cycle)
        return Stands(1, {"cycle": open_cycle}) if without is None else Stands(2, {"cycle": str(without.number)})

    found = await house.ask(question)
    return found._replace(facts=found.facts | {"bank": min(broken)})


async def _decide(house: House, tour: Tour, begun: Begun) -> Stands:
    def question(hub: Hub) -> Stands:
        first, second = OFFICERS
        case = hub.desk.cases.get(begun.about)
        if case is None:  # a cookie that no page of ours made
            return Stands(0, {"case": begun.about, "first": first, "second": second})
        proposed = case.state in (CaseState.RELEASE_PROPOSED, CaseState.CONFIRM_PROPOSED)
        if proposed and proposal_of(case).officer_id == second:
            first, second = second, first
        at = 1 if proposed else 0 if case.open else 2
        return Stands(at, {"case": case.case_id, "first": first, "second": second})

    return await house.ask(question)


async def _supervise(house: House, tour: Tour, begun: Begun) -> Stands:
    """Looks of supervisors and auditors are written down before they are answered: the log says whether they looked."""
    after = int(begun.about or "0")
    looks = house.access.looks
    looked = any(one.verb == Right.PAYMENT_LOOK.value for one in looks.of(SUPERVISOR, after))
    read = any(one.verb == Right.AUDIT_LOOK.value for one in looks.of(AUDITOR, after))
    return Stands(2 if looked and read else 1 if looked else 0, {})


async def _ask(house: House, tour: Tour, begun: Begun) -> Stands:
    """Operators' looks at others' affairs are in the log as well; the page of the tour itself asks the log of nobody by `audit`."""
    after = int(begun.about or "0")
    looks = house.access.looks
    rehearsed = any(one.verb == Right.DEFAULT_LOOK.value for one in looks.of(OPERATOR, after))
    asked = any(one.verb == Right.AUDIT_LOOK.value and one.subject.startswith("audit") for one in looks.of(AUDITOR, after))
    return Stands(2 if rehearsed and asked else 1 if rehearsed else 0, {})


def _cycle(hub: Hub, fits: Callable[[Cycle], bool]) -> Cycle | None:
    """The first cycle that fits."""
    return next((one for _, one in sorted(hub.desk.cycles.items()) if fits(one)), None)


CHAPTERS = (
    Chapter(
        "pay",
        _("Pay an invoice"),
        _(
            "A firm in Bangkok owes a firm in Singapore. One person of its bank writes the payment, another sends it, and the hub alone says that the debt has ended."
        ),
        _("The invoice is paid: baht left one bank, Singapore dollars reached the other to the cent, and the debt ended with the same entry in the books."),
        (
            Step(
                "{maker}",
                "/pay?invoice={invoice}#form",
                _("Write the payment"),
                _("The form is filled from the invoice. Read what will be paid, and press Write."),
            ),
            Step(
                "{checker}",
                "/proposals#waiting",
                _("Send it as another person"),
                _("Who wrote it cannot send it. Read the message as it will go, and press Send."),
            ),
            Step(
                "{checker}",
                "/payments/{uetr}#steps",
                _("Watch it become final"),
                _("It was screened, priced, reserved and offered; the other bank answers within seconds. The step is done when the invoice is paid."),
            ),
        ),
        _pay,
    ),
    Chapter(
        "close",
        _("Close the window"),
        _("Payments that are not urgent wait for the end of a cycle, when only the difference moves. Two operators close one before its time."),
        _("The cycle settled: what everybody receives and pays adds up to zero in every currency, and a part of the money moved for the whole."),
        (
            Step(
                "operator-1",
                "/cycles#closing",
                _("Propose to close the open cycle"),
                _("One operator alone changes nothing: this makes a proposal."),
            ),
            Step(
                "operator-2",
                "/proposals#waiting",
                _("Approve it as another operator"),
                _("The deed is done together with the approval, or neither is."),
            ),
            Step(
                "operator-2",
                "/cycles/{cycle}#figures",
                _("Look from gross to net"),
                _("Banks that have not answered yet have a minute, then the central banks earmark the nets. The step is done when the cycle has settled."),
            ),
        ),
        _close,
    ),
    Chapter(
        "break",
        _("Break a bank"),
        _("What happens when a bank cannot pay at the end of a cycle? You take the money of one away, and the next cycle shows it."),
        _("The cycle was computed again as if that bank's payments had never been there, and everybody else was paid. The bank can pay again in a few minutes."),
        (
            Step(
                "operator-1",
                "/tour#break",
                _("Let a bank fail"),
                _("The bank and its central bank are simulated: from now on nothing is earmarked for what it owes. The hub does not know it yet."),
            ),
            Step(
                "operator-1",
                "/cycles/{cycle}#content",
                _("Wait for the end of the cycle"),
                _("When it closes, the central bank refuses to earmark. That takes two or three minutes; the step is done when a cycle has settled without what the bank pays."),
            ),
        ),
        _break,
    ),
    Chapter(
        "decide",
        _("Decide a hit"),
        _("A name in a payment resembles a listed one, so the payment is held. No machine decides who somebody is: two compliance officers do."),
        _("Two officers said the same, each with a key of their own: a released payment went on its way, a confirmed one was refused. Both words stay on record, with what each of them saw."),
        (
            Step(
                "{first}",
                "/cases/{case}#yours",
                _("Say what you think, as one officer"),
                _("Read what was said beside what is listed: same person or somebody else? Propose to release or to confirm, and say why."),
            ),
            Step(
                "{second}",
                "/cases/{case}#yours",
                _("Agree as another officer, or do not"),
                _("Nobody is both officers. If you agree, it is done at once; if not, the proposal is turned round and waits for the other."),
            ),
        ),
        _decide,
    ),
    Chapter(
        "supervise",
        _("Be the supervisor"),
        _("A supervisor sees everything of its country and changes nothing. Whoever watches is watched as well."),
        _("The supervisor saw its own country's payments alone, and the auditor saw that it looked: the line was written before the page was shown."),
        (
            Step(
                SUPERVISOR,
                "/payments#content",
                _("Look at payments as the supervisor of Singapore"),
                _("Every payment in the list has a bank of Singapore on one of its sides."),
            ),
            Step(
                AUDITOR,
                "/tour#looks",
                _("See as the auditor who looked"),
                _("The log of looks names the supervisor, the page and the instant."),
            ),
        ),
        _supervise,
    ),
    Chapter(
        "ask",
        _("Ask what if, and who was it"),
        _("Two pages that are asked when things go wrong: what a failure would cost before anybody fails, and who saw or changed something."),
        _("You rehearsed a failure that moved no money, and asked the journal and the log of looks one question. Every page of the console is yours to try now."),
        (
            Step(
                OPERATOR,
                "/drill#content",
                _("Rehearse a default"),
                _("Choose a member: the page says what would be missing, who bears it, and who else would be short. It is a dry run."),
            ),
            Step(
                AUDITOR,
                f"/audit?kind=person&name={SUPERVISOR}#content",
                _("Ask who it was"),
                _("Everything that the supervisor of Singapore looked at, newest first. Ask for a payment or a member in the same way."),
            ),
        ),
        _ask,
    ),
)  # fmt: skip
BY_KEY = {one.key: one for one in CHAPTERS}
