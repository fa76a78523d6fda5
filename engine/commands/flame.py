"""`t2s flame`: use your own FLAME head."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.face import flame_selftest
from t2s_rt.face.clip import flame_arrays, load_rows
from t2s_rt.face.clip_glb import animate_head
from t2s_rt.face.flame import FlameHead
from t2s_rt.face.flame_calibrate import GOOD_MM, Calibration, calibrate, picture, table
from t2s_rt.face.flame_export import arkit_arrays, clip_arrays, encode_clip, flame_clip, read_track
from t2s_rt.face.flame_files import load_flame, load_landmarks, read_arrays
from t2s_rt.face.flame_picture import encode_png
from t2s_rt.face.flame_store import calibrated_head, place_of, save
from t2s_rt.face.head import HEAD_GLB
from t2s_rt.types import FloatArray

DESCRIPTION = """\
Use your own FLAME head: FLAME 2020, 2023 or 2023 Open (.pkl or .npz), from https://flame.is.tue.mpg.de.
Once calibrated it is recognised by its content, under whatever name. docs/flame.md has the whole story.

  t2s flame info generic_model.pkl            what is in a file
  t2s flame calibrate generic_model.pkl       makes the map from ARKit for it, a minute
  t2s flame export CLIP.npz -o face.npz       a clip of t2s render as FLAME parameters
  t2s flame export CLIP.npz -o face.glb       the same as an animated head that opens elsewhere
  t2s flame export CLIP.npz -o face.glb --flame generic_model.pkl     with your head
  t2s flame arkit TRACK.npz -o arkit.npz --flame generic_model.pkl    FLAME tracks as ARKit weights
  t2s flame selftest                          how good all this is, measured now
"""
FAILED: Final = 1


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "flame",
        help="calibrate and use your own FLAME head",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    info = actions.add_parser("info", help="what is in a FLAME file")
    _file_options(info)
    info.set_defaults(run=run_info)
    made = actions.add_parser("calibrate", help="make the map from ARKit for a FLAME file")
    _file_options(made)
    made.add_argument(
        "--landmarks", type=Path, metavar="NPZ", help="MediaPipe embedding; default: in or beside FILE"
    )
    made.add_argument("-o", "--output", type=Path, metavar="NPZ", help="default: the user's data folder")
    made.add_argument("--picture", type=Path, metavar="PNG", help="all 52 shapes side by side")
    made.set_defaults(run=run_calibrate)
    export = actions.add_parser("export", help="a clip as FLAME parameters or as an animated head")
    export.add_argument("clip", type=Path, metavar="CLIP", help="npz of t2s render or of a recording")
    export.add_argument("--shape", type=Path, metavar="NPZ", help="array shape (S,): another face")
    _track_options(export, "file to write: .npz or .glb")
    export.add_argument(
        "--flame", type=Path, metavar="FILE", help="your FLAME file; default: our own head"
    )
    export.set_defaults(run=run_export)
    back = actions.add_parser("arkit", help="FLAME parameters as ARKit weights")
    back.add_argument("track", type=Path, metavar="TRACK", help="npz: expression, jaw_pose, eyes_pose")
    _track_options(back, "npz to write")
    back.add_argument(
        "--flame", type=Path, metavar="FILE", help="what the track refers to; default: ours"
    )
    back.set_defaults(run=run_arkit)
    test = actions.add_parser("selftest", help="measure calibration, inverse, skinning and retargeting")
    test.add_argument(
        "--template", type=Path, metavar="NPZ", help="a FLAME template with identity and landmarks too"
    )
    test.set_defaults(run=run_selftest)


def _file_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="FLAME model, .pkl or .npz")
    _identity_option(parser)


def _identity_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--identity",
        type=int,
        metavar="N",
        help="how many directions are identity; default: told by all",
    )


def _track_options(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=what)
    parser.add_argument("--calibration", type=Path, metavar="DIR", help="folder of calibrations")
    _identity_option(parser)


def run_info(options: argparse.Namespace) -> int:
    """Say what is in a file."""
    model = load_flame(options.file, options.identity)
    basis = model.expression
    print(f"{options.file}: FLAME, basis {model.basis_hash}")
    print(f"  {len(basis)} vertices, {len(model.arrays['f'])} triangles")
    print(f"  {model.identity_count} identity and {basis.shape[2]} expression directions")
    landmarks = load_landmarks(options.file, None) or model.landmarks
    print(f"  landmarks: {len(landmarks['landmark_indices']) if landmarks else 'none'}")
    place = place_of(model.basis_hash)
    print(f"  calibrated: {place if place.is_file() else f'no; run t2s flame calibrate {options.file}'}")
    return 0


def run_calibrate(options: argparse.Namespace) -> int:
    """Calibrate a file, keep the map, say how good it is."""
    for target in (options.output, options.picture):
        _refuse_unwritable(target)
    model = load_flame(options.file, options.identity)
    landmarks = None if model.landmarks else load_landmarks(options.file, options.landmarks)
    if options.landmarks is not None:
        landmarks = load_landmarks(options.file, options.landmarks)
    calibration = calibrate(model, landmarks, _tell)
    place = options.output or place_of(model.basis_hash)
    save(calibration, place)
    print(table(calibration))
    print(summary(calibration))
    print(f"{place}: the map for basis {model.basis_hash[:12]}")
    if options.picture is not None:
        _write(options.picture, encode_png(picture(model, calibration)))
        print(f"{options.picture}: all 52 shapes")
    return 0


def summary(calibration: Calibration) -> str:
    """How good a calibration is, in sentences."""
    good = int((calibration.errors_mm[:, 0] < GOOD_MM).sum())
    arkit_map = calibration.arkit_map
    return (
        f"{good} of 52 shapes within {GOOD_MM:g} mm; mean {calibration.errors_mm[:, 1].mean():.3f} mm; "
        f"jawOpen is {np.degrees(arkit_map.jaw_open_rad):.1f} degrees of the jaw, jawLeft "
        f"{np.degrees(arkit_map.jaw_side_rad):.1f}; lid shapes add up to {calibration.lids_mm:.2f} mm"
    )


def run_export(options: argparse.Namespace) -> int:
    """Write a clip as FLAME parameters or as an animated head."""
    ending = options.output.suffix.lower()
    if ending not in {".npz", ".glb"}:
        raise ConfigError(f"{options.output} should end in .npz or .glb.")
    _refuse_unwritable(options.output)
    rows = load_rows(options.clip)
    if options.flame is None:
        if options.shape is not None:
            raise ConfigError("--shape needs --flame: our own head has one face only.")
        if ending == ".glb":
            _write(options.output, animate_head(_our_glb(), rows))
        else:
            _write_npz(options.output, flame_arrays(rows, FlameHead.load().basis_hash))
    else:
        shape = None if options.shape is None else read_shape(options.shape)
        head, calibration = calibrated_head(options.flame, shape, options.calibration, options.identity)
        clip = flame_clip(rows, head)
        if ending == ".glb":
            _write(options.output, encode_clip(clip, head, calibration))
        else:
            _write_npz(options.output, clip_arrays(clip, head, shape))
    size_mb = options.output.stat().st_size / 1e6
    print(f"{options.output}: {len(rows)} frames, {size_mb:.1f} MB")
    return 0


def run_arkit(options: argparse.Namespace) -> int:
    """Write FLAME parameters as ARKit weights."""
    _refuse_unwritable(options.output)
    poses = read_track(options.track)
    if options.flame is None:
        head = FlameHead.load()
    else:
        head, _ = calibrated_head(options.flame, None, options.calibration, options.identity)
    _write_npz(options.output, arkit_arrays(poses, head))
    print(f"{options.output}: {len(poses)} frames of 52 weights")
    return 0


def run_selftest(options: argparse.Namespace) -> int:
    """Measure and print; 1 where something is not good enough."""
    findings = flame_selftest.run(options.template, _tell)
    print(flame_selftest.report(findings))
    failed = sum(not finding.passed for finding in findings)
    print(f"{failed} of {sum(finding.limit is not None for finding in findings)} failed")
    return FAILED if failed else 0


def read_shape(path: Path) -> FloatArray:
    """Shape parameters: the array ``shape`` (or ``betas``) of an npz.

    Raises:
        ConfigError: It has none, or not in one row.
        ModelError: The file is damaged.
    """
    found = read_arrays(path)
    shape = found.get("shape", found.get("betas"))
    if shape is None:
        raise ConfigError(f"{path} has neither an array shape nor betas.")
    return np.asarray(np.atleast_1d(np.squeeze(shape)), np.float32)


def _tell(what: str) -> None:
    print(f"t2s: {what}", file=sys.stderr, flush=True)


def _our_glb() -> bytes:
    if not HEAD_GLB.is_file():
        raise SetupError("Our head has not been built.", "Run: python -m t2s_rt.face.build_head")
    return HEAD_GLB.read_bytes()


def _refuse_unwritable(path: Path | None) -> None:
    """Say it before the work, not after."""
    if path is None:
        return
    if path.is_dir():
        raise ConfigError(f"{path} is a folder.", "Give a file name.")
    if not path.parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent}.", "Make it first.")


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be written: {problem.strerror}.") from None


def _write_npz(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    memory = io.BytesIO()
    np.savez_compressed(memory, allow_pickle=False, **arrays)
    _write(path, memory.getvalue())
