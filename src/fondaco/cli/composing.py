"""One server of the two doors: the API for machines and the console for people, before the same hub."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from fondaco.access import Access, Caller, Grant, Proof, Role, grant_fault, make_demo
from fondaco.api import Archive, House, Problem, WriterFull, WriterStopped, application, into_force
from fondaco.cli.program import put_in, run_at
from fondaco.cli.served import Answered, Control
from fondaco.console import Drafts, Tour, Unanswered, console
from fondaco.console import House as ConsoleHouse
from fondaco.core import Clock, Instant, Reason, Refusal
from fondaco.hub import Command, Hub, OpenDay
from fondaco.rulebook import Scheme
from fondaco.trade import TradeParty

T = TypeVar("T")
# What every page of a demo says; the texts of the console's catalogs have it too.
SIMULATED = "The people are made up, and no real bank is at the other end. The hub, its books and its lists are real."


def composed(
    house: House,
    access: Access,
    clock: Clock,
    simulated: str = "",
    register_key: Ed25519PrivateKey | None = None,
    tour: Tour | None = None,
) -> Starlette:
    """The application of both doors; beside them whoever owns the hub's folder is answered at the command line.

    `register_key` signs the heads of the register's log; without it none are signed. `tour` is a demo's alone: with it whoever is let in may be
    any of its people.
    """

    async def ask(question: Callable[[Hub], T]) -> T:
        try:
            return await house.writer.ask(question)
        except (WriterFull, WriterStopped) as fault:
            raise Unanswered(str(fault)) from fault

    async def decide(commands: Sequence[Command]) -> tuple[Refusal | str | None, ...]:
        try:
            results = (await house.writer.decide(commands)).results
            if any(isinstance(one, OpenDay) for one in commands) and not isinstance(results[-1], Refusal):
                lacking = await into_force(house)
                if lacking:
                    return (*results[:-1], Refusal(Reason.DAY_CLOSED, "day", lacking))
            return results
        except (WriterFull, WriterStopped) as fault:
            raise Unanswered(str(fault)) from fault

    async def bundle(day: str) -> Archive | None:
        assert house.bundles is not None, "asked where bundles are made"
        try:
            return await house.bundles.of(day)
        except Problem as fault:
            if fault.name == "busy":
                raise Unanswered(fault.document.detail) from fault
            return None

    async def to_console(_: Request) -> RedirectResponse:
        return RedirectResponse("/console/", 307)

    drafts = Drafts(access.store.path.parent)
    rooms = ConsoleHouse(
        ask, decide, access, clock, lambda: house.scheme, house.folder, drafts, simulated=simulated, register_key=register_key,
        tour=tour, bundle=bundle if house.bundles is not None and house.bundles.can_be_made() else None,
    )  # fmt: skip

    def note(who: str, subject: str, detail: str) -> None:
        # Known by the account of the machine that the socket's other end runs under; it holds no role.
        access.looks.note(Caller(who, "", frozenset(), Proof.SESSION), "command line", [subject], clock.now(), detail)

    async def asked(question: Callable[[Hub], Answered]) -> Answered:
        try:
            return await ask(question)
        except Unanswered as fault:
            return Answered(3, "", f"fondaco: {fault}\n")

    control = Control(house.folder, asked, run_at, put_in, note)

    async def beside() -> None:
        await asyncio.gather(control.answer(), rooms.follow())

    house.beside = beside
    house.ending = rooms.end
    app = application(house)
    app.mount("/console", console(rooms))
    app.router.routes.append(Route("/console", to_console))
    return app


class DemoAccess(Access):
    """Access of a demo: made-up people in a folder that goes when it is closed. The hub's own access is not touched."""

    def __init__(self, address: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fondaco-demo-access-"))
        super().__init__(self.folder, address, secure=False)

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)


def demo_people(scheme: Scheme, parties: Sequence[TradeParty] = ()) -> list[Grant]:
    """Two people at each bank, one at each central bank, a supervisor of each country, the hub's own desk, the rulebook's compliance officers (one who only
    looks where it names none), and one of each party of trade."""
    officers = [one.officer_id for one in scheme.officers if "compliance" in one.roles] or ["officer"]
    found = [
        Grant("operator-1", "", (Role.OPERATOR_MAKER,)),
        Grant("operator-2", "", (Role.OPERATOR_CHECKER,)),
        *(Grant(name, "", (Role.COMPLIANCE_OFFICER,)) for name in officers),
        Grant("auditor", "", (Role.AUDITOR,)),
    ]
    for country in sorted({bank.country for bank in scheme.participants}):
        found.append(Grant(f"supervisor-{country.lower()}", "", (Role.SUPERVISOR,), (country,)))
    for bank in scheme.participants:
        bic = bank.bic[:8]
        if "settlement_agent" in bank.roles:
            found.append(Grant(bic.lower(), bic, (Role.CENTRAL_BANK,), (bank.country,)))
        else:
            found.append(Grant(f"{bic.lower()}-maker", bic, (Role.MEMBER_MAKER,)))
            found.append(Grant(f"{bic.lower()}-checker", bic, (Role.MEMBER_CHECKER,)))
    found += [Grant(f"trader-{one.party.lower()}", one.bank, (Role.TRADER,), (), one.party) for one in parties]
    return found


def demo_access(address: str, scheme: Scheme, at: Instant, parties: Sequence[TradeParty] = ()) -> DemoAccess:
    """A demo's access with its people. Close it: its folder goes with it."""
    access = DemoAccess(address)
    make_demo(access.store)
    institutions = frozenset(bank.bic[:8] for bank in scheme.participants)
    with access.store.transaction() as connection:
        for grant in demo_people(scheme, parties):
            assert grant_fault(grant, institutions) is None, grant
            access.people.put(connection, grant, at)
    return access


def demo_links(access: Access, at: Instant, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Links that let in once: of these people, else of one of each kind. In the order of the names."""
    known = [one.name for one in access.people.all()]
    firsts = [next(one for one in known if fits(one)) for fits in _KINDS if any(fits(one) for one in known)]
    found = []
    for name in names or firsts:
        link = access.entrance.entering_link(name, at)
        assert not isinstance(link, Refusal), "a demo's people are its own"
        found.append((name, f"{access.address}/console/enter/{link}"))
    return found


_KINDS: tuple[Callable[[str], bool], ...] = (
    lambda name: name == "operator-1",
    lambda name: name.startswith("officer"),
    lambda name: name.startswith("supervisor-"),
    lambda name: name == "auditor",
    lambda name: name.endswith("-maker"),
)
