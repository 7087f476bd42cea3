"""A day's shape of load in some minutes: little at night, most at noon and in the afternoon; what the processes' memory does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import cos, pi
from typing import Any

from door_driver import Banks, Round

# The night's load, as a share of the peak's.
NIGHT = 0.1
# So often memory is looked at, in seconds.
LOOK_S = 5.0


def rate_of(share: float, peak: float) -> float:
    """Payments a second at this share of the day, 0 and 1 at midnight: two humps, at ten and at three."""
    hump = max(0.0, -cos(2 * pi * share)) * (0.85 + 0.15 * cos(6 * pi * (share - 0.52)))
    return peak * (NIGHT + (1 - NIGHT) * hump)


async def soak(banks: Banks, minutes: float, peak: float, watched: Callable[[], Any]) -> dict[str, Any]:
    """Payments at the day's rates for `minutes`. Memory is told by the medians of the second to the last fifth of the day, in MB: flat where they are alike, but for what is kept of each payment."""
    whole = 60 * minutes
    count = int(sum(rate_of(second / whole, peak) for second in range(int(whole) + 1)) * 1.3) + 500
    waiting = banks.payments(count, 4_242, False)
    looks: list[dict[str, Any]] = []

    async def look() -> None:
        while True:  # ends with the round
            looks.append(watched())
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(look())
    found = await Round(banks, waiting, False, lambda at: rate_of(min(1.0, at / whole), peak)).run(0.0, whole, watched)
    looking.cancel()

    def median(who: str, first: float, last: float) -> float:
        part = sorted(one[f"{who}_mb"] for one in looks[int(len(looks) * first) : int(len(looks) * last)])
        return float(part[len(part) // 2])

    figures = {
        f"soak_{who}_mb": [round(median(who, first, first + 0.2), 1) for first in (0.2, 0.4, 0.6, 0.8)]
        for who in ("hub", "doors")
    }
    return figures | {
        "soak_minutes": minutes, "soak_peak_per_s": peak, "soak_payments": int(found["payments_per_s"] * found["seconds"]),
        "soak_p50_ms": round(found["late_ms"][0], 1), "soak_p99_ms": round(found["late_ms"][1], 1), "soak_statuses": found["statuses"],
    }  # fmt: skip
