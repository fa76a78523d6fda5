"""Writes the .meta files that Unity wants beside every file and folder of the package.

A GUID is made of the package's name and the path, so a file keeps its GUID, scenes keep finding
their scripts, and nobody has to open Unity for it::

    python tools/make_unity_meta.py
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1] / "clients/unity"
NAME: Final = "com.t2s-rt.face"
IMPORTERS: Final = {
    ".cs": "MonoImporter",
    ".asmdef": "AssemblyDefinitionImporter",
    ".json": "PackageManifestImporter",
    ".md": "TextScriptImporter",
}
SCRIPT: Final = """\
  serializedVersion: 2
  defaultReferences: []
  executionOrder: 0
  icon: {instanceID: 0}
"""
ASSET: Final = """\
  userData: 
  assetBundleName: 
  assetBundleVariant: 
"""  # noqa: W291 - Unity writes these spaces, and would write the file again without them


def guid(path: Path) -> str:
    """32 hexadecimal digits that this path inside the package always has."""
    inside = path.relative_to(PACKAGE).as_posix()
    return hashlib.md5(f"{NAME}/{inside}".encode(), usedforsecurity=False).hexdigest()


def meta(path: Path) -> str:
    """What stands in the .meta file of a file or folder."""
    importer = "DefaultImporter" if path.is_dir() else IMPORTERS[path.suffix]
    folder = "folderAsset: yes\n" if path.is_dir() else ""
    script = SCRIPT if importer == "MonoImporter" else ""
    head = f"fileFormatVersion: 2\nguid: {guid(path)}\n"
    return f"{head}{folder}{importer}:\n  externalObjects: {{}}\n{script}{ASSET}"


def wanted() -> dict[Path, str]:
    """Every .meta file of the package and its content.

    Unity never looks at a folder with a tilde, so it has none itself. What is in ``Samples~`` does:
    Unity copies it into projects.
    """
    assets = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix != ".meta"]
    return {
        path.with_name(f"{path.name}.meta"): meta(path)
        for path in assets
        if not path.name.endswith("~") and not path.name.startswith(".")
    }


def main() -> int:
    """Write what is missing or different, and remove what belongs to nothing."""
    files = wanted()
    for path in PACKAGE.rglob("*.meta"):
        if path not in files:
            path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(files)} .meta files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
