"""A recorded face: rows of a fixed layout, and the files they become."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from t2s_rt.errors import ConfigError
from t2s_rt.face.arkit import ARKIT_NAMES
from t2s_rt.face.phones import LIVE_LINK
from t2s_rt.face.retarget import Retargeter
from t2s_rt.face.signals import Signals
from t2s_rt.intensity.actions import ACTION_COUNT, ACTION_NAMES, ACTION_REGIONS
from t2s_rt.timebase import FRAME_RATE_HZ, seconds
from t2s_rt.types import (
    ARKIT_COUNT,
    EXPRESSION_COUNT,
    FlamePose,
    FloatArray,
    Frame,
    VoiceReading,
)

Rows = npt.NDArray[np.void]
"""``(T,)`` of `ROW`: one row a frame, 60 a second where none was lost."""

ROW: Final = np.dtype(
    [
        ("time_s", "f8"),
        ("available_s", "f8"),
        ("song_s", "f8"),
        ("actions", "f4", (ACTION_COUNT,)),
        ("arkit", "f4", (ARKIT_COUNT,)),
        ("expression", "f4", (EXPRESSION_COUNT,)),
        ("jaw_pose", "f4", (3,)),
        ("neck_pose", "f4", (3,)),
        ("global_pose", "f4", (3,)),
        ("eyes_pose", "f4", (6,)),
        ("f0_hz", "f4"),
        ("voiced", "?"),
        ("loudness_dbfs", "f4"),
        ("voice", "f4"),
    ]
)
"""The arrays of `t2s render`, by name."""
_TIMES: Final = struct.Struct("=3d")
_VOICE: Final = struct.Struct("=f?2f")
FLAME_NAMES: Final = ("expression", "jaw_pose", "neck_pose", "global_pose", "eyes_pose")

CSV_NAMES: Final = tuple(
    {
        "JawLeft": "JawRight",
        "JawRight": "JawLeft",
        "MouthLeft": "MouthRight",
        "MouthRight": "MouthLeft",
    }.get(name, name)
    for name in LIVE_LINK.names
)
"""The columns of the app's own files, which have the right jaw and mouth before the left."""


def row_of(frame: Frame) -> tuple[Any, ...]:
    """A frame as a row."""
    pose, voice = frame.flame, frame.voice
    return (
        seconds(frame.pts_samples), seconds(frame.available_samples), frame.song_s,
        frame.actions, frame.arkit,
        pose.expression, pose.jaw_pose, pose.neck_pose, pose.global_pose, pose.eyes_pose,
        voice.f0_hz, voice.voiced, voice.loudness_dbfs, voice.voice,
    )  # fmt: skip


def packed_row(frame: Frame) -> bytes:
    """A frame as a row's bytes, at a third of what assigning a row costs; its arrays are float32."""
    pose, voice = frame.flame, frame.voice
    times = seconds(frame.pts_samples), seconds(frame.available_samples), frame.song_s
    return b"".join((
        _TIMES.pack(*times),
        frame.actions.tobytes(), frame.arkit.tobytes(),
        pose.expression.tobytes(), pose.jaw_pose.tobytes(), pose.neck_pose.tobytes(),
        pose.global_pose.tobytes(), pose.eyes_pose.tobytes(),
        _VOICE.pack(voice.f0_hz, voice.voiced, voice.loudness_dbfs, voice.voice),
    ))  # fmt: skip


def rows_of(frames: Iterable[Frame]) -> Rows:
    """Frames as rows."""
    return np.array([row_of(frame) for frame in frames], ROW)


def frame_of(rows: Rows, i: int) -> Frame:
    """A row as a frame again; the clock of its capture is lost."""
    row = rows[i]
    return Frame(
        seq=i,
        pts_samples=round(float(row["time_s"]) * 48_000),
        available_samples=round(float(row["available_s"]) * 48_000),
        captured_ns=0,
        song_s=float(row["song_s"]),
        actions=row["actions"],
        arkit=row["arkit"],
        flame=FlamePose(
            row["expression"], row["jaw_pose"], row["neck_pose"], row["eyes_pose"], row["global_pose"]
        ),
        voice=VoiceReading(
            float(row["f0_hz"]), bool(row["voiced"]), float(row["loudness_dbfs"]), float(row["voice"])
        ),
    )


def arrays(rows: Rows) -> dict[str, npt.NDArray[Any]]:
    """The named arrays of the render contract (`t2s render --help`)."""
    named = {name: np.ascontiguousarray(rows[name]) for name in ROW.names or ()}
    return named | {
        "action_names": np.array(ACTION_NAMES),
        "action_regions": np.array(ACTION_REGIONS),
        "arkit_names": np.array(ARKIT_NAMES),
    }


def flame_arrays(rows: Rows, basis_hash: str) -> dict[str, npt.NDArray[Any]]:
    """FLAME parameters alone, and the hash of the basis they refer to."""
    named = {name: np.ascontiguousarray(rows[name]) for name in FLAME_NAMES}
    return named | {
        "time_s": np.ascontiguousarray(rows["time_s"]),
        "fps": np.array(FRAME_RATE_HZ),
        "basis_hash": np.array(basis_hash),
    }


def load_rows(path: Path) -> Rows:
    """Read what `t2s render` or a recording wrote.

    Raises:
        ConfigError: The file is missing, damaged, empty or something else.
    """
    advice = "Give an archive of `t2s render` or of a recording."
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            found = {key: file[key] for key in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, AttributeError) as problem:
        raise ConfigError(f"{path} cannot be read as a clip: {problem}.", advice) from problem
    missing = [name for name in ROW.names or () if name not in found]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing[:4])}.", advice)
    count = len(np.atleast_1d(found["time_s"]))
    rows = np.zeros(count, ROW)
    for name in ROW.names or ():
        wanted = (count, *ROW[name].shape)
        if found[name].shape != wanted:
            raise ConfigError(f"{path}: {name} should have the shape {wanted}, not {found[name].shape}.")
        if found[name].dtype.kind not in "fiub" or not np.isfinite(found[name]).all():
            raise ConfigError(f"{path}: {name} has values that are no finite numbers.")
        rows[name] = found[name]
    if not count:
        raise ConfigError(f"{path} holds no frame.", advice)
    return rows


def live_link_csv(rows: Rows) -> str:
    """The clip as Live Link Face's app writes takes: a timecode and 61 values a line."""
    retargeter = Retargeter(LIVE_LINK)
    order = [LIVE_LINK.names.index(name) for name in CSV_NAMES]
    values: FloatArray = np.zeros(len(LIVE_LINK.targets), np.float32)
    signals = Signals()
    lines = [",".join(("Timecode", "BlendShapeCount", *CSV_NAMES))]
    for i in range(len(rows)):
        signals.read(frame_of(rows, i))
        retargeter.step(signals.values, values)
        numbers = ",".join(f"{value:.6f}" for value in values[order].tolist())
        lines.append(f"{timecode(float(rows['time_s'][i]))},{len(CSV_NAMES)},{numbers}")
    return "\n".join(lines) + "\n"


def timecode(at_s: float) -> str:
    """``HH:MM:SS:FF.fff`` at 60 frames a second; the last part is the sub-frame in thousandths."""
    thousandths = round(at_s * FRAME_RATE_HZ * 1000)
    frames, part = divmod(thousandths, 1000)
    whole_s, frame = divmod(frames, FRAME_RATE_HZ)
    minutes, second = divmod(whole_s, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{frame:02d}.{part:03d}"
