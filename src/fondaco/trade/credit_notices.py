"""What banks tell each other of a credit as a whole, by the fields of SWIFT's messages and in their order; texts are folded at the edge."""

from __future__ import annotations

import msgspec

from fondaco.core import Instant
from fondaco.trade import notices
from fondaco.trade.amendment import Amendment
from fondaco.trade.deed import Tell
from fondaco.trade.letter_of_credit import LetterOfCredit

_BY = {
    "SIGHT_PAYMENT": "BY PAYMENT",
    "DEFERRED_PAYMENT": "BY DEF PAYMENT",
    "ACCEPTANCE": "BY ACCEPTANCE",
    "NEGOTIATION": "BY NEGOTIATION",
}
_CREDIT = ("27", "40A", "20", "31C", "40E", "31D", "50", "59", "32B", "39A", "41A", "41D", "49")
_PRE_ADVICE = ("40A", "20", "31D", "50", "59", "32B", "39A", "41A", "41D")
_AUTHORITY = ("20", "40F", "31D", "59", "32B", "39A", "41A", "41D")


def issue(lc: LetterOfCredit) -> Tell:
    """The credit to its advising bank, as far as its fields have a form; its terms go with it."""
    return notices.mt("700", lc.advising_bank, _chosen(lc, _CREDIT))


def pre_advice(lc: LetterOfCredit) -> Tell:
    return notices.mt("705", lc.advising_bank, _chosen(lc, _PRE_ADVICE))


def authority(lc: LetterOfCredit) -> Tell:
    """To the reimbursing bank: claims up to the amount and its tolerance are honoured."""
    return notices.mt("740", lc.reimbursing_bank, _chosen(lc, _AUTHORITY))


def amended(lc: LetterOfCredit, change: Amendment, at: Instant) -> Tell:
    """An amendment to the advising bank, with the names of what it changes beside the amount: they are in the amendment itself."""
    changed = [name.replace("_", " ").upper() for name in msgspec.json.decode(change.changes)]
    amount = notices.amount(abs(change.by_minor), lc.currency) if change.by_minor else ""
    fields = {
        "27": "1/1",
        "20": lc.id,
        "21": "NONREF",
        "23": "ISSUING BANK",
        "52A": lc.issuing_bank,
        "31C": notices.six(lc.terms.issued),
        "26E": str(change.number),
        "30": notices.six(notices.day_of(at)),
        "22A": "ISSU",
        "23S": "CANCEL" if change.cancels else "",
        "33B" if change.by_minor < 0 else "32B": amount,
        "72Z": f"CHANGED {', '.join(changed)}" if changed else "",
    }
    return notices.mt("707", lc.advising_bank, fields)


def acknowledged(lc: LetterOfCredit, at: Instant, words: str) -> Tell:
    """To the issuing bank: what became of its credit or amendment."""
    fields = {"20": lc.id, "21": lc.id, "30": notices.six(notices.day_of(at)), "72Z": words}
    return notices.mt("730", lc.issuing_bank, fields)


def _chosen(lc: LetterOfCredit, tags: tuple[str, ...]) -> dict[str, str]:
    terms = lc.terms
    plus, minus = terms.plus_percent, terms.minus_percent
    by = _BY[terms.available_by]
    said = {
        "27": "1/1",
        "40A": "IRREVOCABLE TRANSFERABLE" if terms.transferable else "IRREVOCABLE",
        "40F": "URR LATEST VERSION",
        "20": lc.id,
        "31C": notices.six(terms.issued),
        "40E": "UCP LATEST VERSION" if terms.rules == "UCP600" else "EUCP LATEST VERSION",
        "31D": notices.six(terms.expiry) + (terms.expiry_place.name or terms.expiry_place.locode),
        "50": terms.applicant.name,
        "59": terms.beneficiary.name,
        "32B": notices.amount(terms.amount_minor(), terms.currency),
        "39A": f"{plus}/{minus}" if plus or minus else "",
        "41A": f"{terms.available_with.id}\n{by}" if terms.available_with else "",
        "41D": "" if terms.available_with else f"ANY BANK\n{by}",
        "49": terms.confirmation.replace("_", " "),
    }
    return {tag: said[tag] for tag in tags}
