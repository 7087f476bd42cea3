"""Every route of the door. What is not here is not served."""

from __future__ import annotations

from fondaco.access import Right
from fondaco.api import (
    desk_route,
    evidence_route,
    messages_route,
    money_route,
    payments_route,
    proposals_route,
    trade_route,
    uploads_route,
    webhook_route,
)
from fondaco.api.ask import Ask
from fondaco.api.measures import MEDIA, Figures
from fondaco.api.route import Reply, Route


async def _measures(ask: Ask) -> Reply:
    house = ask.house
    figures = await ask.hub(lambda hub: Figures(hub, house.clock.now()))
    house.measures.batches(house.writer.taken_sizes())
    return Reply(house.measures.told(figures, house.writer.depth), 200, MEDIA)


ROUTES: tuple[Route, ...] = (
    *messages_route.ROUTES,
    *uploads_route.ROUTES,
    *webhook_route.ROUTES,
    *payments_route.ROUTES,
    *money_route.ROUTES,
    *desk_route.ROUTES,
    *proposals_route.ROUTES,
    *trade_route.ROUTES,
    *evidence_route.ROUTES,
    Route(
        "read_metrics", "GET", "/metrics", "Read figures for Prometheus", _measures, Right.METRICS_READ, "operation",
        gives=((200, "The figures", None, (MEDIA,)),),
    ),
)  # fmt: skip
