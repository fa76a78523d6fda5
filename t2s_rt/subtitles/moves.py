"""What a cue may ask for: every move, the actions it drives and which way.

A move is an animator's word (``raise``, ``smile``, ``look_down``); an action is one control of the face
(`t2s_rt.intensity.actions`). A cue of intensity *i* asks each action that its move drives for
``gain * i``. Moves of one region that drive a common action exclude each other in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from t2s_rt.intensity.actions import Region


class Manner(StrEnum):
    """How a move spends its time."""

    HELD = "held"
    """It is reached, kept and let go."""
    REPEATED = "repeated"
    """It goes to and fro in time with the music; the intensity is how far."""


@dataclass(frozen=True, slots=True)
class Move:
    """One word of the subtitle vocabulary.

    Attributes:
        name: As it is written in a cue, lower case with underscores.
        region: The lane it belongs to.
        drives: Pairs of action and gain, -1 to 1; what intensity 1 asks for.
        meaning: What intensity 1 looks like, in a few words; artists and language models read it.
        manner: Held or repeated.
        cycle_beats: Beats of one to and fro, its extremes on beats; 0 for held moves.
        cycle_s: Shortest cycle that a neck can do with grace; music that is faster is halved.
    """

    name: str
    region: Region
    drives: tuple[tuple[str, float], ...]
    meaning: str
    manner: Manner = Manner.HELD
    cycle_beats: float = 0.0
    cycle_s: float = 0.0


MOVES: Final[tuple[Move, ...]] = (
    Move(
        "raise",
        Region.BROWS,
        (("brow_raise_inner", 1.0), ("brow_raise_outer_left", 1.0), ("brow_raise_outer_right", 1.0)),
        "both brows up: surprise, openness, a climax",
    ),
    Move("raise_inner", Region.BROWS, (("brow_raise_inner", 1.0),), "inner brows up: sorrow, pleading"),
    Move("raise_left", Region.BROWS, (("brow_raise_outer_left", 1.0),), "left brow up: doubt, mischief"),
    Move(
        "raise_right", Region.BROWS, (("brow_raise_outer_right", 1.0),), "right brow up: doubt, mischief"
    ),
    Move("furrow", Region.BROWS, (("brow_furrow", 1.0),), "brows down and together: anger, effort"),
    Move(
        "widen",
        Region.EYES,
        (("eye_openness_left", 1.0), ("eye_openness_right", 1.0)),
        "eyes wide: fear, wonder, a climax",
    ),
    Move(
        "close",
        Region.EYES,
        (("eye_openness_left", -1.0), ("eye_openness_right", -1.0)),
        "lids down, 1 shuts them, 0.4 narrows them: tenderness, pain, a held note",
    ),
    Move("wink_left", Region.EYES, (("eye_openness_left", -1.0),), "left eye shut"),
    Move("wink_right", Region.EYES, (("eye_openness_right", -1.0),), "right eye shut"),
    Move("squint", Region.EYES, (("eye_squint", 1.0),), "lower lids up: a smile, suspicion, anger"),
    Move("look_up", Region.EYES, (("gaze_y", 1.0),), "gaze up: hope, prayer, memory"),
    Move("look_down", Region.EYES, (("gaze_y", -1.0),), "gaze down: sorrow, shame, tenderness"),
    Move("look_left", Region.EYES, (("gaze_x", 1.0),), "gaze to the singer's left"),
    Move("look_right", Region.EYES, (("gaze_x", -1.0),), "gaze to the singer's right"),
    Move("open", Region.MOUTH, (("jaw_open", 1.0),), "jaw held open, whatever is sung: a climax, a cry"),
    Move("press", Region.MOUTH, (("lip_closure", 1.0),), "lips pressed shut: restraint"),
    Move("round", Region.MOUTH, (("lip_rounding", 1.0),), "lips rounded as in 'oh'"),
    Move("pucker", Region.MOUTH, (("lip_pucker", 1.0),), "lips forward as in 'oo': a kiss, a pout"),
    Move("spread", Region.MOUTH, (("lip_spread", 1.0),), "mouth widened as in 'ee'"),
    Move(
        "smile",
        Region.MOUTH,
        (("corner_pull", 1.0), ("cheek_raise", 0.6)),
        "mouth corners up and cheeks with them: joy",
    ),
    Move("frown", Region.MOUTH, (("corner_pull", -1.0),), "mouth corners down: sorrow, anger"),
    Move("snarl", Region.MOUTH, (("upper_lip_raise", 1.0),), "upper lip off the teeth: anger, disgust"),
    Move(
        "bare", Region.MOUTH, (("lower_lip_depress", 1.0),), "lower lip off the teeth: a shout, effort"
    ),
    Move("turn_left", Region.NECK, (("head_yaw", 1.0),), "head to the singer's left"),
    Move("turn_right", Region.NECK, (("head_yaw", -1.0),), "head to the singer's right"),
    Move("lift", Region.NECK, (("head_pitch", 1.0),), "head up: pride, hope, a high note"),
    Move("lower", Region.NECK, (("head_pitch", -1.0),), "head down: sorrow, intimacy, threat"),
    Move(
        "tilt_left",
        Region.NECK,
        (("head_roll", 1.0),),
        "head to the left shoulder: a question, tenderness",
    ),
    Move(
        "tilt_right",
        Region.NECK,
        (("head_roll", -1.0),),
        "head to the right shoulder: a question, tenderness",
    ),
    Move(
        "nod",
        Region.NECK,
        (("head_pitch", -1.0),),
        "nods, lowest on the beat",
        Manner.REPEATED,
        cycle_beats=1.0,
        cycle_s=0.45,
    ),
    Move(
        "shake",
        Region.NECK,
        (("head_yaw", 1.0),),
        "shakes the head, a side a beat: no, disbelief",
        Manner.REPEATED,
        cycle_beats=2.0,
        cycle_s=0.6,
    ),
    Move(
        "sway",
        Region.NECK,
        (("head_roll", 1.0),),
        "sways from side to side, a side a beat",
        Manner.REPEATED,
        cycle_beats=2.0,
        cycle_s=1.2,
    ),
)

MOVE_INDEX: Final[dict[tuple[Region, str], Move]] = {(m.region, m.name): m for m in MOVES}


def moves_of(region: Region) -> tuple[Move, ...]:
    """The words of one lane, in the order of the table."""
    return tuple(move for move in MOVES if move.region is region)
