"""Data that crosses layers: feature rows, frames and their layouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
"""float32, C-contiguous. Docstrings give shape, unit and range."""

MEL_BANDS: Final = 48
MEL_MIN_HZ: Final = 60.0
MEL_MAX_HZ: Final = 7000.0
"""Below what a 16 kHz microphone still carries, so that every sample rate gives the same features."""


class Feature:
    """Columns of a feature row ``(FEATURE_COUNT,) float32``, one row a hop.

    The first ``MEL_BANDS`` columns are the log-mel spectrum (`Feature.MEL`); scalars follow. Each column
    describes the signal up to and including the hop's last sample.
    """

    MEL: Final = slice(0, MEL_BANDS)
    """Log-mel band powers in dBFS (full-scale sine = 0 dB), floor -100."""
    LOUDNESS_DBFS: Final = MEL_BANDS + 0
    """Level of the hop between 60 and 7,000 Hz in dBFS RMS, floor -100."""
    REFERENCE_DBFS: Final = MEL_BANDS + 1
    """Running level of this singer's louder voice in dBFS: what loudness is judged against."""
    F0_HZ: Final = MEL_BANDS + 2
    """Fundamental in Hz, 0 where unvoiced. Describes the signal about 15 ms before the hop's end."""
    PERIODICITY: Final = MEL_BANDS + 3
    """How periodic the signal is, 0 to 1."""
    VOICED: Final = MEL_BANDS + 4
    """1 where the voice has a pitch, else 0."""
    VOICE: Final = MEL_BANDS + 5
    """Presence of a voice, sung or spoken, voiced or not, 0 to 1 (energy and periodicity gate)."""
    ONSET: Final = MEL_BANDS + 6
    """Onset strength of this hop, 0 to 1; above 0 only in the hop that an onset was detected in."""
    CENTROID_HZ: Final = MEL_BANDS + 7
    """Spectral centroid between 60 and 7,000 Hz."""
    VIBRATO_HZ: Final = MEL_BANDS + 8
    """Vibrato rate, 0 where none."""
    VIBRATO_CENTS: Final = MEL_BANDS + 9
    """Vibrato depth as half of peak to peak, in cents, 0 where none."""
    HELD_S: Final = MEL_BANDS + 10
    """For how long the present note has been held, in s, 0 where none is."""
    BREATH: Final = MEL_BANDS + 11
    """Likelihood of an audible inhalation now, 0 to 1."""


FEATURE_COUNT: Final = MEL_BANDS + 12

EXPRESSION_COUNT: Final = 100
ARKIT_COUNT: Final = 52


@dataclass(frozen=True, slots=True)
class FlamePose:
    """FLAME parameters of one frame, float32; rotations are axis-angle in radians.

    Attributes:
        expression: ``(100,)`` coefficients of the basis that the hello message names by its hash.
        jaw_pose: ``(3,)``; +x opens.
        neck_pose: ``(3,)``.
        eyes_pose: ``(6,)``, left eye then right eye.
        global_pose: ``(3,)``.
    """

    expression: FloatArray
    jaw_pose: FloatArray
    neck_pose: FloatArray
    eyes_pose: FloatArray
    global_pose: FloatArray


@dataclass(frozen=True, slots=True)
class VoiceReading:
    """What was heard, for meters and for the wire.

    Attributes:
        f0_hz: Fundamental in Hz, 0 where unvoiced.
        voiced: Whether the voice has a pitch.
        loudness_dbfs: Level in dBFS RMS, at least -100.
        voice: Presence of a voice, 0 to 1.
    """

    f0_hz: float
    voiced: bool
    loudness_dbfs: float
    voice: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One face, 60 times a second: what leaves the engine. Arrays are float32 and never change again.

    Attributes:
        seq: Frame number, rising by one.
        pts_samples: Audio time that the frame depicts, in samples at 48 kHz since the stream began.
        available_samples: Audio time of the newest sample that the frame depends on.
        captured_ns: Monotonic clock when that newest sample was captured; 0 where there is no clock.
        song_s: Position in the song that the frame depicts, in s; negative where no song plays.
        actions: ``(K,)`` motion intensities in the order of `t2s_rt.intensity.actions.ACTIONS`.
        arkit: ``(52,)`` blend-shape weights 0 to 1 in the order of `t2s_rt.face.arkit.ARKIT_NAMES`.
        flame: FLAME parameters.
        voice: What was heard.
    """

    seq: int
    pts_samples: int
    available_samples: int
    captured_ns: int
    song_s: float
    actions: FloatArray
    arkit: FloatArray
    flame: FlamePose
    voice: VoiceReading
