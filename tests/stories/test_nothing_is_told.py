"""No door tells anybody who was hit: over every message that a day with hits sends, and what the program prints of its payments."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fondaco.cli import sending
from fondaco.core import Instant, at
from fondaco.hub import Apply, OpenDay, SwapLists
from fondaco.journal import Mail
from fondaco.payments import Payment, State
from stories.test_assignments import ask_back, investigate, verify
from stories.test_cases import both, listed
from stories.test_liquidity import query
from stories.test_liquidity import report as ask_for_report
from stories.test_membership import application
from stories.test_returns import enquiry, return_of
from stories.test_rules_change import end_day
from union import MY1, SG1, TH1, Desk, newly_listed

# Words that would tell why, wherever people read: in no sentence of ours.
_WORDS = re.compile(
    r"sanction|screen|embargo|listed|\blists?\b|\bhits?\b|\bscore|\bmatch|\balert|officer|complian|\bcase (?:K|is)|blocked|frozen|suspic|goods|licen",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"<(?:AddtlInf|RsnDesc|EvtDesc|AddtlNtryInf|AddtlTxInf|Desc|Ustrd)>([^<]*)<")
_OURS = re.compile(r"<(MsgId|CreDtTm|BizMsgIdr|CreDt|OrgnlMsgId|OrgnlInstrId|OrgnlEndToEndId|OrgnlUETR|OrgnlTxId)>[^<]*<")


def whole(secret: str, text: str) -> bool:
    """Whether a text holds a secret as a word of its own."""
    return bool(secret) and re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", text) is not None


def secrets_of(desk: Desk) -> set[str]:
    """Everything that verdicts and cases know and their payments did not say."""
    found: set[str] = set()
    for case in desk.hub.desk.cases.values():
        found |= {case.case_id, case.verdict.digest().hex(), *case.alerts, case.verdict.list_set, case.verdict.configuration}
        for hit in case.verdict.hits:
            found |= {hit.list_id, hit.entry_id, hit.listed, hit.fingerprint, hit.entry, *(reason for reason, _ in hit.reasons)}
    said = [hit.said for case in desk.hub.desk.cases.values() for hit in case.verdict.hits]
    return {secret for secret in found if not any(whole(secret, text) for text in said)}


def a_day(desk: Desk, seed: int) -> dict[str, list[Payment]]:
    """A seeded day: payments that hit and payments that do not, each met by something different; by what became of them."""
    chance = random.Random(seed)
    names = {key: listed(desk, key) for key in ("un", "ofac", "uk")}
    kinds: list[Callable[[], Payment]] = [
        lambda: desk.pay(SG1, TH1, "5.00", "SGD", creditor=chance.choice(list(names.values()))),
        lambda: desk.pay(SG1, TH1, "5.00", "SGD", debtor_data="<PstlAdr><TwnNm>X</TwnNm><Ctry>KP</Ctry></PstlAdr>"),
        lambda: desk.pay(SG1, TH1, "5.00", "SGD", extra=f"<RmtInf><Ustrd>on behalf of {names['un']}</Ustrd></RmtInf>"),
    ]
    became: dict[str, list[Payment]] = {"confirmed": [], "expired": [], "released": [], "honest": [], "unknown": []}
    for end in ("confirmed", "expired", "released", "confirmed", "expired"):
        payment = chance.choice(kinds)()
        assert payment.state is State.HELD and payment.case
        became[end].append(payment)
        if chance.random() < 0.5:
            ask_back(desk, payment.uetr)
        for who in (SG1, TH1, MY1):
            enquiry(desk, payment.uetr, who)
        investigate(desk, payment.uetr)
        if end == "confirmed":
            both(desk, payment.case, "CONFIRM")
        elif end == "released":
            both(desk, payment.case)
            desk.answer(desk.see(payment))
        return_of(desk, payment.uetr, "5.00", "SGD")
    honest = desk.pay(SG1, TH1, "5.00", "SGD", creditor="Kanya Wongrak")
    desk.answer(honest)
    became["honest"].append(honest)
    # What was in flight is held by new lists; a bank and an applicant are hit; messages that name somebody are refused.
    assert desk.do(SwapLists(newly_listed(desk, "Kanya Wongrak"))) is None
    became["expired"].append(honest)
    verify(desk, holder=names["uk"])
    ask_back(desk, honest.uetr)
    desk.do(Apply(application(name=names["ofac"])))
    query(desk)
    ask_for_report(desk)
    # Lists grow too old: of what comes now nothing can be known.
    desk.hub.holding.screener_in_force()._until = int(desk.now)
    became["unknown"].append(desk.pay(SG1, TH1, "5.00", "SGD"))
    verify(desk)
    desk.hub.holding.screener_in_force()._until = 2**62
    return became


@pytest.mark.parametrize("seed", range(3))
def test_of_a_whole_day_no_message_tells_who_was_hit_nor_that_anybody_was(
    desk: Desk, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Mail] = []

    def keep() -> None:
        sent.extend(mail for mail in desk.inbox if mail not in sent)

    real = desk.do

    def do(*commands: object) -> object:
        result = real(*commands)  # type: ignore[arg-type]
        keep()
        return result

    desk.do = do  # type: ignore[method-assign, assignment]
    paid = desk.pay(SG1, TH1, "500.00", "SGD", urgent=True, purpose="SUPP")
    desk.answer(paid)
    assert desk.see(paid).state is State.SETTLED and paid.fee_minor
    became = a_day(desk, seed)
    end_day(desk)
    desk.wait(14 * 86_400)  # what nobody decided is over
    desk.now = Instant(int(at(datetime(2026, 12, 9, 1, 10, tzinfo=UTC))))
    assert desk.do(OpenDay("2026-12-09")) is None, "with November's invoices"
    keep()
    kinds = {mail.kind[:8] for mail in sent}
    assert kinds >= {"pacs.002", "camt.053", "camt.054", "camt.029", "admi.002", "camt.004", "camt.052"}
    secrets = secrets_of(desk)
    assert len(secrets) > 20
    for mail in sent:
        text = mail.raw.decode()
        for secret in secrets:
            assert not whole(secret, text), (secret, mail.kind)
        for sentence in _SENTENCES.findall(text):
            assert not _WORDS.search(sentence) or mail.kind.startswith("pacs.008"), (sentence, mail.kind)
    # Confirmed, expired and never known sound alike, to the last byte that is not an identification or an instant.
    ends = [one for end in ("confirmed", "expired", "unknown") for one in became[end]]
    heard = set()
    for one in ends:
        now = desk.see(one)
        assert now.state is State.REJECTED
        (last,) = [mail for mail in sent if mail.seq == [m for m in now.mail if _to(sent, m, SG1)][-1]]
        heard.add(_OURS.sub(r"<\1><", last.raw.decode()))
        assert b"RR04" in last.raw and b"AddtlInf" not in last.raw
    assert len(heard) == 1
    # What an operator reads of each payment names nobody either.
    uetrs = [one.uetr for payments in became.values() for one in payments]
    folder = desk.folder
    desk.close()
    for uetr in uetrs:
        sending.trace(uetr, hub=folder)
        shown = capsys.readouterr().out
        assert uetr in shown
        for secret in secrets:
            # A case's number, a list set's version and the articles of steps are how an operator finds the officer's desk.
            if not re.fullmatch(r"K[APM]?-?[\w-]+|[0-9a-f]{32}|5\.\d+", secret):
                assert not whole(secret, shown), (secret, shown)
    desk.hub = Desk(folder, fresh=False).hub


def _to(sent: list[Mail], seq: int, recipient: str) -> bool:
    return any(mail.seq == seq and mail.recipient == recipient and mail.kind.startswith("pacs.002") for mail in sent)


def test_the_words_that_would_tell_are_told_from_those_that_do_not() -> None:
    assert _WORDS.search("the party is on a sanctions list") and _WORDS.search("Case K1-7 is open")
    assert not _WORDS.search("REGULATORY (RR04): regulatory reason")
