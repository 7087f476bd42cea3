"""The demos: a business day of a whole union, and six deals of trade."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from fondaco.cli.evidence import print_proof, proof_of
from fondaco.cli.terminal import HERE, Json, Misused, app, console
from fondaco.rulebook import UNIONS

demo_app = App(
    name="demo",
    help="A business day of a ready union, simulated but for the hub; `demo trade`: six deals, from order to statement.",
)
app.command(demo_app)


@demo_app.default
def demo(
    folder: Path = HERE,
    *,
    union: str = "straits",
    messages: int = 20_000,
    seed: int | None = None,
    json: Json = False,
    force: bool = False,
    opened: Annotated[
        bool, Parameter(name="--open", help="Serve the union alive, and open a browser where there is one.")
    ] = False,
    serve: Annotated[bool, Parameter(help="The same as --open.")] = False,
    port: Annotated[int, Parameter(help="Of 127.0.0.1, where the union is served; the next free one is taken.")] = 8440,
) -> None:
    """Run a business day of a ready union (`straits` or `bridge`): real hub and books, simulated banks and central banks.

    With `--open` or `--serve` the union `straits` is served instead, with payments moving and a guided tour, and a link into the console is printed
    that lets in once. Ctrl-C ends it.

    The result stays in FOLDER for `trace`, `statement`, `export` and `prove`. `--force` replaces an earlier demo there. `fondaco demo trade` is
    another demo; a folder of that name is `./trade`.
    """
    if opened or serve:
        from fondaco.cli.living import serve_demo

        if json or seed is not None:
            raise Misused("--json and --seed are of the day that is played; what is served is looked at in a browser")
        if not serve_demo(folder, union=union, port=port, force=force, browser=True):
            sys.exit(3)
        return
    from fondaco.simulation.demonstration import run_demo

    if union not in UNIONS:
        raise Misused(f"no ready union {union!r}; there are {', '.join(UNIONS)}")
    failed = run_demo(
        folder, messages, seed, as_json=json, force=force, console=console, proof=proof_of, print_proof=print_proof, union=union
    )  # fmt: skip
    if failed:
        sys.exit(1)


@demo_app.command(name="trade")
def demo_trade(folder: Path = Path("fondaco-demo-trade"), *, json: Json = False, force: bool = False) -> None:
    """Six deals of an exporter and an importer with their banks, in two currencies: two collections and four credits, from order to statement.

    Every clock, posting and step of title is told as it happens. The hub stays in FOLDER, with a page of each deal's story; `--force` replaces an
    earlier demo there. Exit code 1 where any proof fails.
    """
    from fondaco.cli.trade_stories import write_story
    from fondaco.simulation.trade_demo import run_trade_demo

    failed = run_trade_demo(
        folder, as_json=json, force=force, console=console, proof=proof_of, print_proof=print_proof, write_story=write_story
    )
    if failed:
        sys.exit(1)
