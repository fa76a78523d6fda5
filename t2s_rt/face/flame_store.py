"""Keeps calibrations in the user's data folder, named by the hash of the basis they belong to."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError, ModelError, SetupError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.flame import ArkitMap, FlameHead
from t2s_rt.face.flame_calibrate import Calibration
from t2s_rt.face.flame_files import FlameModel, load_flame
from t2s_rt.types import ARKIT_COUNT, FloatArray

HASH_DIGITS: Final = 16
KEYS: Final = (
    "basis_hash", "arkit_names", "arkit_matrix", "arkit_pairs", "jaw_open_rad", "jaw_side_rad",
    "look_rad", "eyelids", "errors_mm", "sizes_mm", "lids_mm",
)  # fmt: skip


def data_folder() -> Path:
    """Where this user's calibrations lie."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "t2s-rt" / "flame"


def place_of(basis_hash: str, folder: Path | None = None) -> Path:
    """The file of a basis' calibration.

    Args:
        basis_hash: Hash of the FLAME file.
        folder: Where to look; None for the user's data folder.
    """
    return (folder or data_folder()) / f"{basis_hash[:HASH_DIGITS]}.npz"


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration; a reader sees the old file or the whole new one.

    Args:
        calibration: What to keep.
        path: Where to.

    Raises:
        ConfigError: The file cannot be written.
    """
    arkit_map = calibration.arkit_map
    named: dict[str, Any] = {
        "basis_hash": np.array(calibration.basis_hash),
        "arkit_names": np.array(ARKIT_NAMES),
        "arkit_matrix": arkit_map.matrix,
        "arkit_pairs": arkit_map.pairs,
        "jaw_open_rad": np.float64(arkit_map.jaw_open_rad),
        "jaw_side_rad": np.float64(arkit_map.jaw_side_rad),
        "look_rad": arkit_map.look_rad,
        "eyelids": calibration.eyelids,
        "errors_mm": calibration.errors_mm,
        "sizes_mm": calibration.sizes_mm,
        "lids_mm": np.float64(calibration.lids_mm),
    }
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                np.savez_compressed(stream, allow_pickle=False, **named)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be written: {problem.strerror}.") from None


def load(path: Path) -> Calibration:
    """Read a calibration.

    Args:
        path: The file.

    Raises:
        ModelError: It is damaged or none.
    """
    advice = "Make it anew: t2s flame calibrate FILE"
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            found: dict[str, npt.NDArray[Any]] = {key: file[key] for key in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, AttributeError) as problem:
        raise ModelError(f"The calibration {path} cannot be read: {problem}.", advice) from None
    missing = [key for key in KEYS if key not in found]
    if missing:
        raise ModelError(f"{path} is no calibration: it lacks {', '.join(missing)}.", advice)
    if tuple(found["arkit_names"].tolist()) != ARKIT_NAMES or found["errors_mm"].shape != (
        ARKIT_COUNT,
        2,
    ):
        raise ModelError(f"{path} is of another version of this program.", advice)
    return Calibration(
        basis_hash=str(found["basis_hash"]),
        arkit_map=ArkitMap(
            matrix=found["arkit_matrix"].astype(np.float32),
            pairs=found["arkit_pairs"].astype(np.int64),
            jaw_open_rad=float(found["jaw_open_rad"]),
            jaw_side_rad=float(found["jaw_side_rad"]),
            look_rad=found["look_rad"].astype(np.float32),
        ),
        eyelids=found["eyelids"].astype(np.float32),
        errors_mm=found["errors_mm"],
        sizes_mm=found["sizes_mm"],
        lids_mm=float(found["lids_mm"]),
    )


def calibrated_head(
    path: Path,
    shape: FloatArray | None = None,
    folder: Path | None = None,
    identity_count: int | None = None,
) -> tuple[FlameHead, Calibration]:
    """The user's FLAME head with the map that was made for it, chosen by the hash of its basis.

    Args:
        path: The FLAME file.
        shape: Shape parameters; None for the mean face.
        folder: Where calibrations lie; None for the user's data folder.
        identity_count: As for `load_flame`.

    Raises:
        ModelError: The file or its calibration is damaged.
        SetupError: The file has not been calibrated.
    """
    model = load_flame(path, identity_count)
    place = place_of(model.basis_hash, folder)
    if not place.is_file():
        raise SetupError(
            f"{path} (basis {model.basis_hash[:12]}) has not been calibrated.",
            f"Run: t2s flame calibrate {path}",
        )
    calibration = load(place)
    if calibration.basis_hash != model.basis_hash:
        raise ModelError(f"{place} belongs to another FLAME file.", f"Run: t2s flame calibrate {path}")
    head = head_of(model, calibration)
    return (head if shape is None else head.shaped(shape)), calibration


def head_of(model: FlameModel, calibration: Calibration) -> FlameHead:
    """A FLAME file and its map as a head.

    Args:
        model: The file.
        calibration: Its calibration.
    """
    return FlameHead(
        model.head_arrays(), calibration.arkit_map, model.name, model.identity, model.basis_hash
    )
