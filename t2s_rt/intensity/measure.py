"""Measures of motion: the paper's intensity, ours, and what the engine promises about the mouth.

All are pure functions over arrays, such as `t2s render` writes.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from t2s_rt.timebase import FRAME_RATE_HZ

Array: TypeAlias = npt.NDArray[np.floating]
"""float32 or float64."""
Mask: TypeAlias = npt.NDArray[np.bool_]

SETTLED_S: Final = 0.5
"""How long after a voice begins its opening counts as reached, and a held note as settled."""
RELEASED_S: Final = 0.25
"""A mouth that stays closed for this long after a voice has been released, whatever comes then."""
REST: Final = 0.01
"""An intensity below this is rest."""
SHUT: Final = -0.5
"""Lids below this openness count as shut."""


def clip_intensity(landmarks: Array, neutral: Array) -> Array:
    """Motion intensity as Think2Sing defines it (arXiv:2509.02278), for comparison with the paper.

    Per landmark, the distance from the neutral face, scaled so that the clip's least is -1 and its most
    is 1. It needs the whole clip, so it cannot run live, and a quiet clip looks as lively as a wild
    one; `reach_intensity` has neither fault.

    Args:
        landmarks: ``(T, L, 3)`` positions.
        neutral: ``(L, 3)`` positions of the face at rest.

    Returns:
        ``(T, L)``, -1 to 1. A landmark that never changes its distance is at its least: -1.
    """
    distance = np.linalg.norm(landmarks - neutral, axis=-1)
    least = distance.min(axis=0)
    span = distance.max(axis=0) - least
    moves = span > 0.0
    return np.where(moves, 2.0 * (distance - least) / np.where(moves, span, 1.0) - 1.0, -1.0)


def measure_reach(landmarks: Array, neutral: Array, quantile: float = 0.995) -> Array:
    """How far each landmark goes in song: the normaliser of `reach_intensity`, calibrated once.

    Args:
        landmarks: ``(T, L, 3)`` positions of a recording that shows the full range.
        neutral: ``(L, 3)`` positions of the face at rest.
        quantile: Share of frames within reach; below 1, so that one bad frame does not set it.

    Returns:
        ``(L,)`` distances in the unit of the positions.
    """
    return np.asarray(np.quantile(np.linalg.norm(landmarks - neutral, axis=-1), quantile, axis=0))


def reach_intensity(landmarks: Array, neutral: Array, reach: Array) -> Array:
    """Our motion intensity: distance from neutral as a share of a fixed reach.

    Frame by frame, so it is the same live and offline, and loud and quiet clips compare.

    Args:
        landmarks: ``(T, L, 3)`` positions, or ``(L, 3)`` of one frame.
        neutral: ``(L, 3)`` positions of the face at rest.
        reach: ``(L,)`` from `measure_reach`; 0 marks a landmark that does not move.

    Returns:
        ``(T, L)`` or ``(L,)``, 0 at rest to 1 at full reach and beyond.
    """
    distance = np.linalg.norm(landmarks - neutral, axis=-1)
    moves = reach > 0.0
    return np.where(moves, np.minimum(distance / np.where(moves, reach, 1.0), 1.0), 0.0)


def opening_delay_s(
    available_s: Array, jaw_open: Array, voice_begins_s: float, share: float = 0.5
) -> float:
    """From the first sound of a voice to the frame in which the mouth has opened, as one sees it live.

    Args:
        available_s: ``(T,)`` audio time at which each frame leaves the engine.
        jaw_open: ``(T,)`` opening.
        voice_begins_s: Audio time of the voice's first sound.
        share: Of the opening reached within `SETTLED_S` (its median over the second half of that time).

    Returns:
        Delay in s; negative where the mouth was open before, NaN where it does not open.
    """
    after = (available_s >= voice_begins_s) & (available_s < voice_begins_s + SETTLED_S)
    settled = after & (available_s >= voice_begins_s + 0.5 * SETTLED_S)
    if not settled.any():
        return float("nan")
    wanted = share * float(np.median(jaw_open[settled]))
    if wanted < REST:
        return float("nan")
    opened = np.flatnonzero(after & (jaw_open >= wanted))
    first = int(opened[0])
    while first > 0 and jaw_open[first - 1] >= wanted:
        first -= 1
    return float(available_s[first]) - voice_begins_s


def release_delay_s(
    available_s: Array, jaw_open: Array, voice_ends_s: float, share: float = 0.1
) -> float:
    """From the end of a voice to the frame from which the mouth stays closed, as one sees it live.

    Args:
        available_s: ``(T,)`` audio time at which each frame leaves the engine.
        jaw_open: ``(T,)`` opening.
        voice_ends_s: Audio time of the voice's last sound; `RELEASED_S` of silence follow.
        share: Of the opening before the end (median over the 0.2 s before it).

    Returns:
        Delay in s; NaN where the mouth was not open or does not close within `RELEASED_S`.
    """
    before = (available_s > voice_ends_s - 0.2) & (available_s <= voice_ends_s)
    after = np.flatnonzero((available_s > voice_ends_s) & (available_s < voice_ends_s + RELEASED_S))
    if not before.any() or after.size == 0:
        return float("nan")
    wanted = share * float(np.median(jaw_open[before]))
    still_open = np.flatnonzero(jaw_open[after] > wanted)
    if wanted < share * REST or (still_open.size and still_open[-1] == after.size - 1):
        return float("nan")
    closed = after[still_open[-1] + 1] if still_open.size else after[0]
    return float(available_s[closed]) - voice_ends_s


def flicker(time_s: Array, jaw_open: Array, note_begins_s: float, note_ends_s: float) -> float:
    """Standard deviation of the opening on a held note of constant loudness, once settled.

    Args:
        time_s: ``(T,)`` audio time that each frame depicts.
        jaw_open: ``(T,)`` opening.
        note_begins_s: Where the note begins; the first `SETTLED_S` are not counted.
        note_ends_s: Where it ends.

    Returns:
        Standard deviation in units of intensity; NaN where the note is too short.
    """
    held = (time_s >= note_begins_s + SETTLED_S) & (time_s < note_ends_s)
    return float(np.std(jaw_open[held])) if held.any() else float("nan")


def rest_share(mouth: Array, silent: Mask) -> float:
    """Share of silent frames in which the whole mouth rests.

    Args:
        mouth: ``(T, M)`` mouth actions.
        silent: ``(T,)`` whether the frame is silent.

    Returns:
        0 to 1; NaN without a silent frame.
    """
    return float(np.mean(np.abs(mouth[silent]).max(axis=1) < REST)) if silent.any() else float("nan")


def blinks_per_minute(openness: Array, frame_rate_hz: float = FRAME_RATE_HZ) -> float:
    """How often the lids shut.

    Args:
        openness: ``(T,)`` eye openness, -1 shut, 0 natural.
        frame_rate_hz: Frames a second.
    """
    shut = openness < SHUT
    return float(np.count_nonzero(shut[1:] & ~shut[:-1])) * 60.0 * frame_rate_hz / openness.size


def energy_share_below(motion: Array, cutoff_hz: float, frame_rate_hz: float = FRAME_RATE_HZ) -> float:
    """Share of a motion's energy (mean removed, Hann window) below a frequency.

    Args:
        motion: ``(T,)`` or ``(T, N)``, whose energies are added.
        cutoff_hz: The frequency.
        frame_rate_hz: Frames a second.

    Returns:
        0 to 1; NaN for a motion that stands still.
    """
    columns = motion.reshape(len(motion), -1)
    columns = (columns - columns.mean(axis=0)) * np.hanning(len(columns))[:, None]
    energy = np.square(np.abs(np.fft.rfft(columns, axis=0))).sum(axis=1)
    below = np.fft.rfftfreq(len(columns), 1.0 / frame_rate_hz) < cutoff_hz
    total = float(energy.sum())
    return float(energy[below].sum()) / total if total > 0.0 else float("nan")
