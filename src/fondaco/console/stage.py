"""What a guided tour is made of: its chapters and steps, what a demo laid out for it, and the bar that every page shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from fondaco.compliance import Decision
from fondaco.core import Instant


class Step(NamedTuple):
    """One thing to do. `person` does it, at `place`: a path of the console with what is marked there behind `#`. In both `{...}` stands for what the
    chapter is about. `title` and `does` are texts of the catalogs."""

    person: str
    place: str
    title: str
    does: str


class Stands(NamedTuple):
    """How far a chapter got: the first step that is not done (their number where all are), and what its places name."""

    at: int
    facts: dict[str, str]


class Begun(NamedTuple):
    """A chapter that somebody is in: since when, and about what it is ("" where it needs nothing)."""

    chapter: str
    since: Instant
    about: str


class Chapter(NamedTuple):
    """`title`, `why` and `over` are texts of the catalogs; `stands` asks how far it got."""

    key: str
    title: str
    why: str
    over: str
    steps: tuple[Step, ...]
    stands: Callable[..., Awaitable[Stands]]


class Stage(NamedTuple):
    """What a demo laid out for the tour: invoices that a customer of `payers_bank` owes, what their papers say of accounts (by field of the form), the
    deed by which a simulated bank has no money any more (BIC of eight, instant), how a made-up officer's word is signed by the key that everybody knows, and
    how the simulated officers are told to leave a case to who plays."""

    invoices: tuple[str, ...]
    payers_bank: str
    papers: Mapping[str, str]
    break_bank: Callable[[str, Instant], None]
    sign_word: Callable[[Decision], Decision]
    leave_case: Callable[[str], None]


class Tour:
    """The tour of one served demo. `broken`: which banks were broken, and when last."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.broken: dict[str, Instant] = {}

    def accounts(self, invoice: str) -> Mapping[str, str]:
        """What the paper of an invoice says and the hub does not keep."""
        return self.stage.papers if invoice in self.stage.invoices else {}

    def person(self, step: Step, facts: Mapping[str, str]) -> str:
        bank = self.stage.payers_bank.lower()
        return step.person.format(maker=f"{bank}-maker", checker=f"{bank}-checker", **facts)

    def break_bank(self, bic: str, at: Instant) -> None:
        self.broken[bic] = at
        self.stage.break_bank(bic, at)


class Bar(NamedTuple):
    """What the bar says. `step` is None where the chapter is over; `here` where the page that is shown is the step's place."""

    chapter: Chapter
    at: int
    step: Step | None
    person: str
    place: str
    mine: bool
    here: bool
