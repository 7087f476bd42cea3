"""Fondaco: a hub through which the banks of a union pay each other directly, each in its own currency."""

import sys

if sys.flags.optimize:  # asserts are the last line of defence before money moves (STYLE, Errors)
    raise SystemExit("fondaco: refuses to run under python -O, which removes its assertions")

__version__ = "0.1.0"
