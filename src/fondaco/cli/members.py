"""Becoming a participant: an application, the key ceremony, the conformance kit, the rules that admit."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from fondaco.cli.governing import read_draft, vote_shown
from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Misused,
    Refused,
    app,
    clock,
    console,
    decide,
    member_app,
    opened_hub,
    private_key,
    show,
    vote_for,
)
from fondaco.core import Instant, Refusal, bic_fault, lei_fault, utc_text
from fondaco.hub import Apply, Certify, NotReady, Rulebooks, TakeBack, scheme_of
from fondaco.rulebook import (
    KEY,
    RULES,
    Application,
    CaseResult,
    Certificate,
    Deed,
    MembershipState,
    admitting_row,
    certificate_fault,
    sign_application,
    sign_certificate,
)


def _document(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as fault:
        raise NotReady(f"{path}: {fault}") from fault


@member_app.command
def sign(
    bic: str, lei: str, name: str, country: str, currency: str, *,
    key: Path, output: Path, currencies: tuple[str, ...] = (), sponsor: str = "", fx_provider: bool = False, json: Json = False,
) -> None:  # fmt: skip
    """Write an application to OUTPUT, signed with the bank's own KEY (`fondaco new-key`). This is done at the bank; the key stays there."""
    faults = [
        f"{what} {one}: {fault}" for what, one, fault in (("BIC", bic, bic_fault(bic)), ("LEI", lei, lei_fault(lei))) if fault
    ]
    if faults:
        raise Misused("\n".join(faults))
    roles = ("fx_provider",) if fx_provider else ("member",)
    said = Application(bic, lei, name, country, currency, currencies or (currency,), "", roles, sponsor)
    signed = sign_application(said, private_key(key))
    output.write_bytes(msgspec.json.format(msgspec.json.encode(signed)) + b"\n")
    show(
        json,
        {"application": str(output), "fingerprint": signed.fingerprint()},
        lambda: console.print(f"{output}: fingerprint of the key, to be read out to two operators:\n{signed.fingerprint()}"),
    )


@member_app.command(name="apply")
def apply_(application: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Take an application in. The applicant is screened at once."""
    said = _document(application, Application)
    with opened_hub(hub) as opened:
        (result,) = decide(opened, [Apply(said)])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(
        json,
        {"applicant": result, "fingerprint": said.fingerprint()},
        lambda: console.print(f"{result}; key {said.fingerprint()}"),
    )


@member_app.command
def key(bic: str, fingerprint: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Witness that the applicant's key has FINGERPRINT, as the bank read it out. The second operator's word makes it so."""
    vote_for(Deed(KEY, bic[:8], fingerprint.lower()), officer, key, note, hub, json)


@member_app.command
def withdraw(bic: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """End an application, as the applicant asks."""
    with opened_hub(hub) as opened:
        (result,) = decide(opened, [TakeBack(bic)])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(json, {"applicant": result}, lambda: console.print(str(result)))


@app.command
def certify(bic: str, *, bank: str, officer: str, key: Path, report: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Run the conformance kit against an applicant's system, started by the command BANK, and write the signed REPORT.

    The kit runs a hub of its own beside this one. A report of a run that passed is handed in; one that failed certifies nothing, and
    says which case and why (docs/certification.md).
    """
    from fondaco.simulation import try_system

    private = private_key(key)
    with opened_hub(hub) as opened:
        known = opened.desk.memberships.get(bic[:8])
        if known is None or not known.open:
            raise Refused(f"{bic[:8]} is no applicant; `fondaco member list` shows who is")
        if known.state is not MembershipState.KEYED:  # told now: the kit takes a while, and its report would not be taken
            raise Refused(
                f"{bic[:8]} is {known.state.name}: it is certified once two operators have witnessed its key (`fondaco member key`)"
            )
        made_at = utc_text(clock(opened).now())
    run = try_system(hub, known.application, bank, made_at, None if json else _tell)
    signed = sign_certificate(run, officer, private)
    report.write_bytes(msgspec.json.format(msgspec.json.encode(signed)) + b"\n")
    state = ""
    if signed.passed:
        with opened_hub(hub) as opened:
            (result,) = decide(opened, [Certify(signed)])
        if isinstance(result, Refusal):
            raise Refused(f"{result.sentence()}; the report is in {report}")
        state = str(result)
    show(
        json,
        {"report": str(report), "passed": signed.passed, "applicant": state},
        lambda: console.print(f"{state or 'not passed'}; {report}"),
    )
    if not signed.passed:
        raise Refused("the kit is not passed")


@app.command(name="small-bank")
def small_bank(key: Path) -> None:
    """Speak the kit's protocol on standard input and output as an invented small bank: an example to begin an adapter from."""
    from fondaco.simulation import serve

    serve(private_key(key), sys.stdin, sys.stdout)


def _tell(one: CaseResult) -> None:
    console.print(
        f"  {'good' if one.passed else 'FAILED':6}  {one.name}  ({one.rule}){': ' + one.found if one.found else ''}", markup=False
    )


@member_app.command
def report(path: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Does a report hold: whole, good, signed by an operator of this hub, for the applicant's key? Exit code 1 when not."""
    found: Certificate = _document(path, Certificate)
    with opened_hub(hub) as opened:
        known = opened.desk.memberships.get(found.bic[:8])
        officers = {one.officer_id: one for one in opened.desk.scheme.officers}
        if known is None:
            raise Refused(f"{found.bic} never applied here")
        fault = certificate_fault(found, known.application, found.rulebook, officers)
    cases = [msgspec.to_builtins(one) for one in found.results]

    def text() -> None:
        for one in found.results:
            _tell(one)
        console.print(f"{found.bic}, {found.kit}, {found.made_at}, rulebook {found.rulebook[:16]}, signed by {found.officer_id}")

    show(json, {"bic": found.bic, "holds": fault is None, "cases": cases}, text)
    if fault is not None:
        raise Refused(fault.sentence())


@member_app.command
def admit(
    bic: str,
    number: int,
    day: date,
    *,
    cap: tuple[str, ...],
    officer: str,
    key: Path,
    note: str,
    hub: Folder = HERE,
    json: Json = False,
) -> None:
    """Propose the rulebook in force with the certified applicant added, as participant NUMBER from the business day DAY on.

    CAP such as `SGD=500000`, once for each currency. Others approve it as any change of rules: `fondaco rules approve`.
    """
    scheme = scheme_of(hub)
    with opened_hub(hub) as opened:
        known = opened.desk.memberships.get(bic[:8])
        latest = opened.desk.editions[-1].version
    if known is None:
        raise Refused(f"{bic[:8]} never applied")
    rows = admitting_row(known.application, number, dict(one.partition("=")[::2] for one in cap))
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "draft"
        shutil.copytree(hub / "rulebooks" / latest, draft)
        path = draft / "participants.toml"
        path.write_text(path.read_text() + rows)
        read_draft(draft, "the rulebook with the applicant")
        kept = Rulebooks(hub).keep(draft)
    vote_shown(scheme, kept, Deed(RULES, kept.version, day.isoformat()), officer, key, note, hub, json)


@member_app.command(name="list")
def list_members(*, hub: Folder = HERE, json: Json = False) -> None:
    """Participants with their standing and sponsor, and applicants with how far they came."""
    with opened_hub(hub) as opened:
        rules, desk = opened.desk.rules, opened.desk
        participants = rules.participants.values() if rules is not None else desk.scheme.participants
        rows: list[dict[str, Any]] = [
            {"bic": one.bic, "name": one.name, "number": one.number, "state": one.standing, "sponsor": one.sponsor}
            for one in sorted(participants, key=lambda one: one.number)
        ]
        applicants = [
            {
                "bic": bic,
                "name": one.application.name,
                "state": one.state.name,
                "fingerprint": one.application.fingerprint(),
                "applied_at": utc_text(Instant(one.applied_at)),
            }
            for bic, one in sorted(desk.memberships.items())
        ]

    def text() -> None:
        for row in rows:
            sponsored = f"  sponsored by {row['sponsor']}" if row["sponsor"] else ""
            console.print(
                f"{row['number']:>8}  {row['bic']:11}  {row['state']:12}  {row['name']}{sponsored}", markup=False, highlight=False
            )
        for row in applicants:
            console.print(
                f"applicant {row['bic']}  {row['state']:10}  {row['name']}  key {row['fingerprint']}",
                markup=False,
                highlight=False,
            )

    show(json, {"participants": rows, "applicants": applicants}, text)
