"""`python -m fondaco.cli`."""

from fondaco.cli import main

main()
