"""What ends a question to a hub without what was asked for: the hub's lawful no, or that nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

import msgspec

from fondaco.client.told import Told

_PROBLEM = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, rename={"kind": "type"}):
    """A problem of RFC 9457 as a hub tells it. `reason`, `code` (ISO 20022) and `article` are those of a refusal."""

    kind: str = ""
    title: str = ""
    detail: str = ""
    where: str = ""
    found: str = ""
    reason: str = ""
    code: str = ""
    article: str = ""
    advice: str = ""


class HubFault(Exception):
    """No answer to what was asked. `status` is HTTP's, 0 where none came."""

    def __init__(self, problem: Problem, status: int = 0) -> None:
        super().__init__(": ".join(part for part in (problem.title, problem.detail) if part))
        self.problem = problem
        self.status = status


class Refused(HubFault):
    """The hub's no; the same again is refused again. `answers` are its messages that say why (admi.002), where a message was refused."""

    def __init__(self, problem: Problem, status: int, answers: Sequence[Told] = ()) -> None:
        super().__init__(problem, status)
        self.answers = tuple(answers)

    @property
    def kind(self) -> str:
        """The last word of the problem's type, such as `not-allowed`, `conflict` or `refused`."""
        return self.problem.kind.rpartition("#problem-")[2]

    @property
    def reason(self) -> str:
        return self.problem.reason

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def article(self) -> str:
        return self.problem.article

    @property
    def advice(self) -> str:
        return self.problem.advice


class NotThere(Refused):
    """Nothing of yours is there. What is another's is told in the same way."""


class Unauthorised(HubFault):
    """The hub did not recognise who asks."""


class TooMany(HubFault):
    """Asked more often than the hub allows, and again after each pause; `retry_after_s` is what it said last, in seconds."""

    def __init__(self, problem: Problem, status: int, retry_after_s: float = 0) -> None:
        super().__init__(problem, status)
        self.retry_after_s = retry_after_s


class Unavailable(HubFault):
    """It is not known whether the hub did what was asked: ask again with the same message, or the same key."""

    def __init__(self, problem: Problem, status: int = 0, retry_after_s: float = 0, *, again: bool = True) -> None:
        super().__init__(problem, status)
        self.retry_after_s = retry_after_s
        self.again = again


class Malformed(HubFault):
    """An answer came that is not what it says it is, or not what was asked for."""


def malformed(detail: str, status: int = 0) -> Malformed:
    return Malformed(Problem(title="the answer is not one of a hub", detail=detail[:500]), status)


def no_answer(detail: str, *, again: bool = True) -> Unavailable:
    return Unavailable(Problem(title="no answer", detail=detail[:500]), again=again)


def media_of(headers: Mapping[str, str]) -> str:
    """The form of a body, without its parameters, in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def retry_after(headers: Mapping[str, str]) -> float:
    """For how many seconds the header Retry-After asks to wait; a date is counted from the answer's own Date. 0 for none, or none that can be read."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def fault_of(status: int, headers: Mapping[str, str], body: bytes, answers: Sequence[Told] = ()) -> HubFault:
    """The fault that an answer of this status is. What stands between may answer without a problem: then the status says it alone."""
    problem = Problem(title=f"HTTP status {status}")
    if media_of(headers) == _PROBLEM:
        try:
            problem = msgspec.json.decode(body, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            problem = Problem(title=f"HTTP status {status}", detail="its problem cannot be read")
    if status == 401:
        return Unauthorised(problem, status)
    if status == 404:
        return NotThere(problem, status)
    if status == 429:
        return TooMany(problem, status, retry_after(headers))
    if status >= 500:
        return Unavailable(problem, status, retry_after(headers))
    if status >= 400:
        return Refused(problem, status, answers)
    return malformed(f"the status {status} was not expected", status)
