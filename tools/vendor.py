"""What browsers are given that others wrote: fetched with `npm pack`, kept as it came, named by its SHA-256 in `vendor.lock`.

`python tools/vendor.py` proves that the files are those of the lock; `python tools/vendor.py --fetch` packs the versions below anew and writes both.
Users need neither node nor npm.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src" / "fondaco" / "console" / "static"
LOCK = STATIC / "vendor.lock"
# Package and version, its licence, and each file in it with the name that it has here.
PACKAGES = {
    ("htmx.org", "4.0.1", "0BSD"): {
        "package/dist/htmx.min.js": "htmx.min.js",
        "package/dist/ext/hx-sse.min.js": "hx-sse.min.js",
        "package/LICENSE": "htmx.LICENSE",
    }
}


def lock() -> str:
    """The lock as the files are now."""
    lines = ["# file, SHA-256, package, version, licence; made by tools/vendor.py"]
    for (package, version, licence), files in PACKAGES.items():
        for name in files.values():
            digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
            lines.append(f"{name} {digest} {package} {version} {licence}")
    return "\n".join(lines) + "\n"


def fetch() -> None:
    for (package, version, _), files in PACKAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as packed:
                for inside, name in files.items():
                    found = packed.extractfile(inside)
                    assert found is not None, inside
                    (STATIC / name).write_bytes(found.read())
    LOCK.write_text(lock())


def main() -> None:
    if "--fetch" in sys.argv[1:]:
        fetch()
    elif LOCK.read_text() != lock():
        sys.exit("what is vendored is not what vendor.lock names")


if __name__ == "__main__":
    main()
