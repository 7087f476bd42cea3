"""What can be asked of a hub: everything that changes it is one of these, and stands in the journal's inputs."""

from __future__ import annotations

import msgspec

from fondaco.clearing import AssetPrice
from fondaco.compliance import Decision, Word
from fondaco.fx import Quote, ReferenceRate
from fondaco.messages import Message
from fondaco.rulebook import Application, Certificate, Vote
from fondaco.trade import Deed, Round


class Arrive(msgspec.Struct, frozen=True, array_like=True, tag="arrive", gc=False):
    """A message came in from `sender` (BIC). `message` is what a door has already read of `raw`, never stored."""

    sender: str
    raw: bytes
    message: Message | None = None


class Tick(msgspec.Struct, frozen=True, array_like=True, tag="tick"):
    """Time passed: late offers, expired quotes and cut-offs are met now."""


class OpenDay(msgspec.Struct, frozen=True, array_like=True, tag="open_day"):
    """Begin the business day `day` (ISO date): its rules come into force and its first cycle opens."""

    day: str


class EndDay(msgspec.Struct, frozen=True, array_like=True, tag="end_day"):
    """End the business day: what is still queued is refused; lawful only when no cycle is open any more."""


class PostQuotes(msgspec.Struct, frozen=True, array_like=True, tag="post_quotes"):
    """A provider's firm quotes replace its earlier ones."""

    provider: str
    quotes: tuple[Quote, ...]


class PostReferences(msgspec.Struct, frozen=True, array_like=True, tag="post_references"):
    """The reference rates of a business day, where the scheme prices by them: (source, target, rate)."""

    rates: tuple[tuple[str, str, ReferenceRate], ...]


class PostPrices(msgspec.Struct, frozen=True, array_like=True, tag="post_prices"):
    """What lodged assets are worth, and what currencies are: (currency, numerator, denominator), minor units of the currency of exposures for
    one minor unit. Each replaces what was posted of the same asset or currency before."""

    prices: tuple[AssetPrice, ...]
    rates: tuple[tuple[str, int, int], ...]


class TakeStock(msgspec.Struct, frozen=True, array_like=True, tag="take_stock"):
    """What participants have prefunded and free, (number, currency, whole minor units), and the day's reference rates, (currency, numerator,
    denominator) into minor units of the currency of exposures; `fault` says which rate is missing. The hub reads them before a batch in which a
    default is voted on or counted, and adds this to the batch itself: decided again, it is read there."""

    money: tuple[tuple[int, str, int], ...]
    rates: tuple[tuple[str, int, int], ...]
    fault: str = ""


class SwapLists(msgspec.Struct, frozen=True, array_like=True, tag="swap_lists"):
    """A new list set, already built and tested under `version`, takes over; everything in flight is screened again."""

    version: str


class DecideCase(msgspec.Struct, frozen=True, array_like=True, tag="decide_case"):
    """An officer's signed decision on a held hit."""

    decision: Decision


class Vouch(msgspec.Struct, frozen=True, array_like=True, tag="vouch"):
    """An officer's signed word for or against a good-guy entry."""

    word: Word


class CloseCycle(msgspec.Struct, frozen=True, array_like=True, tag="close_cycle"):
    """Close the open cycle now instead of at its cut-off. `last` opens no next one."""

    last: bool = False


class CloseUnion(msgspec.Struct, frozen=True, array_like=True, tag="close_union"):
    """Close the clearing union's period, if its day has come: (currency, units of account for one of it) at the day's official rates."""

    rates: tuple[tuple[str, ReferenceRate], ...]


class OffsetQueues(msgspec.Struct, frozen=True, array_like=True, tag="offset_queues"):
    """Queued urgent payments that can settle together. The hub finds them from its books and adds this to the batch itself, so
    that the inputs hold what was found; the books decide whether it holds."""

    payments: tuple[int, ...]
    # JSON, for each currency in which the most value was settled: what `clearing/settlement_check.py` reads.
    proofs: tuple[bytes, ...] = ()


class Revoke(msgspec.Struct, frozen=True, array_like=True, tag="revoke"):
    """The sender takes a queued payment back."""

    sender: str
    uetr: str


class Reorder(msgspec.Struct, frozen=True, array_like=True, tag="reorder"):
    """The sender puts a queued payment before all others of its queue, or behind them."""

    sender: str
    uetr: str
    first: bool


class SetLimit(msgspec.Struct, frozen=True, array_like=True, tag="set_limit"):
    """A member sets its own net debit cap in one currency, in whole minor units, at most the scheme's."""

    member: str
    currency: str
    minor: int


class LimitFlow(msgspec.Struct, frozen=True, array_like=True, tag="limit_flow"):
    """A member lets at most so much (whole minor units) flow on a business day, beyond what comes back, to `towards`: a participant (BIC) or
    all of a country (its code). Below zero takes the limit away."""

    member: str
    currency: str
    towards: str
    minor: int


class LimitTotal(msgspec.Struct, frozen=True, array_like=True, tag="limit_total"):
    """A member lets itself owe at most so much (whole minor units of the currency of exposures) in one cycle, over all currencies. Below zero
    takes the limit away."""

    member: str
    minor: int


class TakeRates(msgspec.Struct, frozen=True, array_like=True, tag="take_rates"):
    """The reference rates of a business day into the currency of exposures, (currency, numerator, denominator) of minor units; `fault` says
    which is missing. The hub adds this to the first batch of a day in which somebody has a limit over all currencies."""

    day: str = ""
    rates: tuple[tuple[str, int, int], ...] = ()
    fault: str = ""


class Depart(msgspec.Struct, frozen=True, array_like=True, tag="depart"):
    """A leaving participant (BIC of eight) has nothing left on the books and nothing open. The hub finds that and adds this itself."""

    member: str


class Apply(msgspec.Struct, frozen=True, array_like=True, tag="apply"):
    """A bank applies to be a participant."""

    application: Application


class Certify(msgspec.Struct, frozen=True, array_like=True, tag="certify"):
    """The signed report of an applicant's run of the conformance kit."""

    certificate: Certificate


class TakeBack(msgspec.Struct, frozen=True, array_like=True, tag="take_back"):
    """An applicant (BIC) takes its application back."""

    bic: str


class Erase(msgspec.Struct, frozen=True, array_like=True, tag="erase"):
    """Erase what is past its retention on the open business day: names, accounts, raw messages and their salts."""


class Move(msgspec.Struct, frozen=True, array_like=True, tag="move"):
    """An operator's signed vote for a deed: the first proposes, the second of another person carries."""

    vote: Vote


class LoadReference(msgspec.Struct, frozen=True, array_like=True, tag="load_reference"):
    """Reference data of trade from the operator `by`: a file of a `kind`, in force from `first_day` (ISO date) on. `accepted` says why it is taken although a
    gate stops it."""

    kind: str
    raw: bytes
    first_day: str
    by: str
    accepted: str = ""


class SetOffDebts(msgspec.Struct, frozen=True, array_like=True, tag="set_off_debts"):
    """A round of set-off that was found from the invoices of the hub: proved again before it is booked."""

    round: Round


class Perform(msgspec.Struct, frozen=True, array_like=True, tag="perform"):
    """A party's signed deed upon an instrument of trade, or a bank's that registers a party."""

    deed: Deed


class Once(msgspec.Struct, frozen=True, array_like=True, tag="once"):
    """The command behind this one is done once under `key`, a name that its caller gave it; `digest` is of what was asked. Asked again it is
    answered as it was the first time."""

    caller: str
    key: str
    digest: bytes


class Original(msgspec.Struct, frozen=True, array_like=True, tag="original", gc=False):
    """What the command behind this one came as, with its signature; nothing is decided by it. `form` is `xml` or `request`, `signer` the registered machine that signed. `content` is
    what came, folded (`hub.originals`); of a request its method, whole target and headers of signature stand beside it, and the signer's certificate (DER), which XML has inside."""

    form: str
    signer: str
    content: bytes
    certificate: bytes = b""
    method: str = ""
    target: str = ""
    headers: tuple[tuple[str, str], ...] = ()


# What takes two people at a door: one proposes it, another approves it.
Twofold = SetLimit | LimitFlow | LimitTotal | CloseCycle | OpenDay | EndDay


class Propose(msgspec.Struct, frozen=True, array_like=True, tag="propose"):
    """A person proposes a deed that another is to approve. `institution` (BIC of eight) is whose deed it is, "" for the operator's."""

    by: str
    institution: str
    deed: Twofold


class Second(msgspec.Struct, frozen=True, array_like=True, tag="second"):
    """Another person approves the proposal `number`: the command behind this one is what was proposed, and is decided only if all of that holds."""

    number: int
    by: str
    institution: str


class TakeBackProposal(msgspec.Struct, frozen=True, array_like=True, tag="take_back_proposal"):
    """Who proposed it takes the proposal back."""

    number: int
    by: str
    institution: str


Command = (
    Arrive
    | Tick
    | OpenDay
    | EndDay
    | PostQuotes
    | PostReferences
    | PostPrices
    | TakeStock
    | SwapLists
    | DecideCase
    | Vouch
    | CloseCycle
    | CloseUnion
    | OffsetQueues
    | Revoke
    | Reorder
    | SetLimit
    | LimitFlow
    | LimitTotal
    | TakeRates
    | Move
    | Depart
    | Apply
    | Certify
    | TakeBack
    | Erase
    | Perform
    | LoadReference
    | SetOffDebts
    | Once
    | Original
    | Propose
    | Second
    | TakeBackProposal
)
