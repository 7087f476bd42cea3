"""What a member sees of its webhook: where it is called, how far that came, and what was given up."""

from __future__ import annotations

import msgspec

from fondaco.access import Right
from fondaco.api.ask import Ask
from fondaco.api.problem import Problem
from fondaco.api.route import Moment, Number, Route, given
from fondaco.core import bic8, utc_text


class DeadLetterRow(msgspec.Struct, frozen=True):
    """A message that was given up; it stands in your mailbox under its number."""

    message: Number
    why: str
    at: Moment


class WebhookState(msgspec.Struct, frozen=True):
    """Messages up to `after` were taken or given up. `tries` is how often the next failed, `next_at` when it is tried again, "" for at once."""

    url: str
    after: Number
    tries: Number
    next_at: str
    dead_letters: list[DeadLetterRow]


async def webhook(ask: Ask) -> WebhookState:
    own, webhooks = bic8(ask.institution()), ask.house.webhooks
    hook = webhooks.find(own) if webhooks is not None else None
    if webhooks is None or hook is None:
        raise Problem("not-found", "no webhook of yours is set up: the operator does that with you")
    place = webhooks.store.place(own)
    assert place is not None, "kept when it started"
    dead = [DeadLetterRow(one.seq, one.why, utc_text(one.at)) for one in webhooks.store.dead(own)]
    return WebhookState(hook.url, place.after, place.tries, utc_text(place.next_at) if place.next_at else "", dead)


ROUTES = (
    Route("read_webhook", "GET", "/v1/webhook", "Read how your webhook stands", webhook, Right.MAILBOX_READ, "messages", gives=given(WebhookState),
          problems=("not-found",)),
)  # fmt: skip
