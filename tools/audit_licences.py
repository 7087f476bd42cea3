"""Licences of everything that a hub runs: permissive, or named here with the reason why it may stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata

from license_expression import ExpressionError, get_spdx_licensing

from locked import EXTRAS, Pin, pins_of

PERMISSIVE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 ISC LLVM-exception MIT MIT-0 PSF-2.0 Zlib LicenseRef-public-domain".split()
)
# What a classifier means in SPDX's words. "BSD License" is several licences, so it is not among them.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: Public Domain": "LicenseRef-public-domain",
}
# Whose metadata leaves it open: read in the licence that the package brings with it, or that its project publishes.
READ = {
    "apsw": "Zlib",  # "any OSI approved licence", of which its text is one
    "currencyconverter": "Apache-2.0",
    "factur-x": "BSD-3-Clause",
    "iso4217": "LicenseRef-public-domain",
    "jinja2": "BSD-3-Clause",
    "nanobind-backend": "BSD-3-Clause",
    "numba": "BSD-2-Clause",
    "pyahocorasick": "BSD-3-Clause AND LicenseRef-public-domain",
    "pyasn1-modules": "BSD-2-Clause",
    "python-stdnum": "LGPL-2.1-or-later",
    "saxonche": "MPL-2.0",
    "scipy": "BSD-3-Clause",
    "uvloop": "MIT OR Apache-2.0",
}
# Not permissive, and kept: each with the licence that it was kept under and why. Another licence than this one is a finding.
KEPT = {
    "certifi": ("MPL-2.0", "httpx asks for it; a list of authorities, used as it comes; the licence binds its own file alone"),
    "psycopg": ("LGPL-3.0-only", "extra `postgres`; a library of its own, used as it comes and replaceable"),
    "psycopg-binary": ("LGPL-3.0-only", "extra `postgres`; a library of its own, used as it comes and replaceable"),
    "python-stdnum": ("LGPL-2.1-or-later", "extra `trade`; a library of its own, used as it comes and replaceable"),
    "saxonche": ("MPL-2.0", "extra `trade`; runs official rules in a process of its own, used as it comes"),
}
_LICENSING = get_spdx_licensing()


def licence_of(name: str) -> str:
    """The licence of an installed package as an SPDX expression; "" where nobody says. Raises `metadata.PackageNotFoundError`."""
    if name in READ:
        return READ[name]
    told = metadata.metadata(name)
    classifiers = sorted({CLASSIFIERS[one] for one in told.get_all("Classifier") or () if one in CLASSIFIERS})
    for one in (told.get("License-Expression"), told.get("License"), " OR ".join(classifiers)):
        if one and len(one) < 200:
            try:
                parsed = _LICENSING.parse(one, validate=True, strict=True)
            except ExpressionError:
                continue
            if parsed is not None:
                return str(parsed)
    return ""


def is_permissive(expression: str) -> bool:
    """Whether every licence that an expression asks for is permissive; of those that it lets choose, one is enough."""
    parsed = _LICENSING.parse(expression)
    if parsed is None:
        return False
    return _permits(parsed)


def _permits(node: object) -> bool:
    operands = getattr(node, "args", ())
    if operands:
        judged = [_permits(one) for one in operands]
        return any(judged) if isinstance(node, _LICENSING.OR) else all(judged)
    return all(key in PERMISSIVE for key in str(node).split(" WITH "))


def judged(licences: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Findings, and what is kept for a reason, of packages by name and the expression of each."""
    wrong, kept = [], []
    for name, expression in sorted(licences.items()):
        if not expression:
            wrong.append(f"{name}: its metadata names no licence; read it, and write it into READ")
        elif is_permissive(expression):
            continue
        elif KEPT.get(name, ("", ""))[0] == expression:
            kept.append(f"kept: {name} ({expression}): {KEPT[name][1]}")
        else:
            wrong.append(f"{name}: {expression} is not permissive, and no reason to keep it is named")
    return wrong, kept


def audit(pins: Sequence[Pin] | None = None) -> tuple[list[str], list[str]]:
    """Findings and what is to be told, of what a hub with all extras runs. All of it is installed with the tools."""
    pins = pins_of(EXTRAS) if pins is None else pins
    found, missing = {}, []
    for pin in pins:
        try:
            found[pin.name] = licence_of(pin.name)
        except metadata.PackageNotFoundError:
            missing.append(f"{pin.name}: not installed, so nobody read its licence")
    wrong, kept = judged(found)
    unused = sorted((READ.keys() | KEPT.keys()) - {pin.name for pin in pins})
    stale = [f"{name}: named in READ or KEPT, and not pinned any more" for name in unused]
    return [*missing, *wrong, *stale], [*kept, f"{len(found)} packages read"]
