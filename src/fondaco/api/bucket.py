"""Who may ask how often: a bucket of tokens for each institution, that fills at a steady rate."""

from __future__ import annotations

# Buckets that are full again say nothing, and are swept out when there are more than this.
_BUCKETS_MAX = 10_000


class Buckets:
    """Token buckets by name. Times are seconds of a clock that never goes back, handed in."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s = per_s
        self._at_once = at_once
        self._filled: dict[str, tuple[float, float]] = {}

    def take(self, name: str, now: float, tokens: float = 1) -> float:
        """Take tokens, or none: returns 0, or for how many seconds to wait until so many will be there.

        What costs more than a whole bucket is let through when the bucket is full, and leaves it empty for as long as it is worth.
        """
        held, since = self._filled.get(name, (float(self._at_once), now))
        held = min(float(self._at_once), held + (now - since) * self._per_s)
        needed = min(tokens, float(self._at_once))
        if held < needed:
            self._filled[name] = (held, now)
            return (needed - held) / self._per_s
        self._filled[name] = (held - tokens, now)
        if len(self._filled) > _BUCKETS_MAX:
            self._sweep(now)
        return 0

    def _sweep(self, now: float) -> None:
        full = [name for name, (held, since) in self._filled.items() if held + (now - since) * self._per_s >= self._at_once]
        for name in full:
            del self._filled[name]
