"""One word per deed. `--json` for machines; exit code 0 done, 1 refused, 2 usage, 3 environment."""

from fondaco.cli.program import main

__all__ = ["main"]
