"""HiGHS, set up to be the same on every machine, and to say nothing."""

from __future__ import annotations

from typing import Any


def silent_solver(**options: object) -> Any:
    """A HiGHS of one thread and one seed, with these options (their names are HiGHS's own).

    Nothing is written to standard output, which belongs to whoever asked: callbacks, which nobody here wants, would make release 1.16 print
    its banner before it can be told not to.
    """
    import highspy

    class Silent(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802
            pass

    model: Any = Silent()  # type: ignore[no-untyped-call]
    for option, value in ({"output_flag": False, "threads": 1, "random_seed": 0} | options).items():
        model.setOptionValue(option, value)
    return model
