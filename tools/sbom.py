"""The bill of materials of what a hub runs, as CycloneDX 1.6 in JSON: `./run sbom OUT`, `./run sbom OUT --extras`.

It is made from the pins, so on one kind of system it is the same whenever it is made: no clock and no lot goes into it. A component is a pinned package with
its licence, what it needs, and the SHA-256 of every file that `pip` would take for it; and what others wrote that browsers are given.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from uuid import UUID

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

import vendor
from audit_licences import licence_of
from locked import EXTRAS, ROOT, RUNTIME, Pin, canonical, pins_of

# Inside CycloneDX the time of making is optional, and pins have none.
VERSION = SchemaVersion.V1_6


def bill(pins: Sequence[Pin], root: Path = ROOT) -> str:
    """The bill of these pins, which must be installed. Raises `metadata.PackageNotFoundError` for one that is not."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    fondaco = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref="fondaco", description=project["description"],
        licenses=[LicenseExpression(project["license"])], purl=PackageURL("generic", None, project["name"], project["version"]),
    )  # fmt: skip
    parts = {pin.name: _package(pin) for pin in pins}
    brought = [_brought(*package) for package in vendor.PACKAGES]
    # A name of its own that follows from what is inside.
    inside = hashlib.sha256(repr([(pin.name, pin.version, pin.digests) for pin in pins]).encode())
    inside.update(f"{project['version']}{vendor.LOCK.read_text()}".encode())
    bom = Bom(serial_number=UUID(bytes=inside.digest()[:16], version=4), metadata=BomMetaData(component=fondaco))
    bom.metadata.timestamp = None  # type: ignore[assignment]
    bom.components.update([*parts.values(), *brought])
    asked = [canonical(Requirement(one).name) for one in _wanted(project, len(pins) > len(pins_of(RUNTIME)))]
    bom.register_dependency(fondaco, [*(parts[one] for one in asked if one in parts), *brought])
    for name, part in parts.items():
        bom.register_dependency(part, [parts[one] for one in _needs(name) if one in parts])
    return make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string(indent=1) + "\n"


def _wanted(project: dict[str, object], extras: bool) -> list[str]:
    wanted = list(project["dependencies"])  # type: ignore[call-overload]
    if extras:
        wanted += [one for group in project["optional-dependencies"].values() for one in group]  # type: ignore[attr-defined]
    return wanted


def _package(pin: Pin) -> Component:
    purl = PackageURL("pypi", None, pin.name, pin.version)
    # One reference for all files of a release: with one for each, a validator takes minutes over their addresses.
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION, url=XsUri(str(purl)), comment="each digest is that of one file of this release that the pins accept",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.digests],
    )  # fmt: skip
    licence = licence_of(pin.name)
    return Component(
        name=pin.name, version=pin.version, type=ComponentType.LIBRARY, bom_ref=str(purl), purl=purl, external_references=[files],
        licenses=[LicenseExpression(licence)] if licence else [],
    )  # fmt: skip


def _brought(package: str, version: str, licence: str) -> Component:
    """What browsers are given: a file each, with its digest."""
    purl = PackageURL("npm", None, package, version)
    files = [
        Component(
            name=name, type=ComponentType.FILE, bom_ref=f"{purl}#{name}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256((vendor.STATIC / name).read_bytes()).hexdigest())],
        )
        for name in vendor.PACKAGES[package, version, licence].values()
    ]  # fmt: skip
    return Component(
        name=package,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseExpression(licence)],
        components=files,
    )


def _needs(name: str) -> list[str]:
    """What an installed package needs here, without its extras."""
    needed = []
    for text in metadata.requires(name) or ():
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            needed.append(canonical(one.name))
    return sorted(set(needed))


def fault(text: str) -> str:
    """Where a bill breaks the official schema, strictly; "" for nowhere."""
    found = JsonStrictValidator(VERSION).validate_str(text)
    return "" if found is None else re.sub(r"\s+", " ", str(found))[:500]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="where the bill is written")
    parser.add_argument("--extras", action="store_true", help="of an installation with all extras")
    said = parser.parse_args()
    pins = pins_of(EXTRAS if said.extras else RUNTIME)
    text = bill(pins)
    wrong = fault(text)
    if wrong:
        print(f"sbom: not as CycloneDX asks: {wrong}", file=sys.stderr)
        return 1
    said.out.write_text(text)
    print(
        f"sbom: {len(pins)} packages, {len(vendor.PACKAGES)} given to browsers, CycloneDX 1.6, {hashlib.sha256(text.encode()).hexdigest()}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
