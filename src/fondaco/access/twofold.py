"""Which right begins each deed of the desk that takes two people; what completes it is the table of rights' to say (`Row.second`)."""

from __future__ import annotations

from fondaco.access.rights import ROWS, Right
from fondaco.hub import CloseCycle, EndDay, LimitFlow, LimitTotal, OpenDay, SetLimit, Twofold

_BEGINS: dict[type, Right] = {
    SetLimit: Right.LIMIT_SET,
    LimitFlow: Right.LIMIT_SET,
    LimitTotal: Right.LIMIT_SET,
    CloseCycle: Right.CYCLE_CLOSE,
    OpenDay: Right.DAY_TURN,
    EndDay: Right.DAY_TURN,
}
assert all(ROWS[right].second is not None for right in _BEGINS.values()), "what is proposed has a second right"


def second_right(deed: Twofold) -> Right:
    """The right that another person needs to complete the deed."""
    second = ROWS[_BEGINS[type(deed)]].second
    assert second is not None, "asked when this was loaded"
    return second
