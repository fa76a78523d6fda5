"""The vocabulary: every action of the face, its region and its range.

An action is one thing a region does, with a *motion intensity*. 1.0 is the strongest the region does in
song, not the loudest moment of one clip, so a value means the same live and offline. Signed actions have
two ways; their name says which way is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Region(StrEnum):
    """A lane of motion subtitles."""

    BROWS = "brows"
    EYES = "eyes"
    MOUTH = "mouth"
    NECK = "neck"


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the vocabulary.

    Attributes:
        name: The name on the wire, in subtitles and in models.
        region: The lane it belongs to.
        signed: Whether it ranges from -1 to 1 (else 0 to 1).
        meaning: What 1 (and -1) look like.
    """

    name: str
    region: Region
    signed: bool
    meaning: str

    @property
    def minimum(self) -> float:
        """Lowest intensity: -1 for signed actions, else 0."""
        return -1.0 if self.signed else 0.0


ACTIONS: Final[tuple[Action, ...]] = (
    Action("brow_raise_inner", Region.BROWS, False, "inner brows up"),
    Action("brow_raise_outer_left", Region.BROWS, False, "left outer brow up"),
    Action("brow_raise_outer_right", Region.BROWS, False, "right outer brow up"),
    Action("brow_furrow", Region.BROWS, False, "brows down and together"),
    Action("eye_openness_left", Region.EYES, True, "left eye wide; -1 shut; 0 natural"),
    Action("eye_openness_right", Region.EYES, True, "right eye wide; -1 shut; 0 natural"),
    Action("eye_squint", Region.EYES, False, "lower lids raised"),
    Action("gaze_x", Region.EYES, True, "looks to the singer's left; -1 to the right"),
    Action("gaze_y", Region.EYES, True, "looks up; -1 down"),
    Action("jaw_open", Region.MOUTH, False, "jaw dropped as far as song takes it"),
    Action("lip_closure", Region.MOUTH, False, "lips pressed together, whatever the jaw does"),
    Action("lip_rounding", Region.MOUTH, False, "lips rounded as in 'oh'"),
    Action("lip_pucker", Region.MOUTH, False, "lips pushed forward and narrowed as in 'oo'"),
    Action("lip_funnel", Region.MOUTH, False, "lips turned outwards as in 'sh'"),
    Action("lip_spread", Region.MOUTH, False, "mouth widened as in 'ee'"),
    Action("upper_lip_raise", Region.MOUTH, False, "upper lip lifted off the teeth"),
    Action("lower_lip_depress", Region.MOUTH, False, "lower lip drawn down"),
    Action("corner_pull", Region.MOUTH, True, "mouth corners up, a smile; -1 down"),
    Action("cheek_raise", Region.MOUTH, False, "cheeks lifted"),
    Action("head_yaw", Region.NECK, True, "head turned to the singer's left; -1 to the right"),
    Action("head_pitch", Region.NECK, True, "head raised; -1 lowered"),
    Action("head_roll", Region.NECK, True, "head tilted to the singer's left shoulder; -1 right"),
)

ACTION_COUNT: Final = len(ACTIONS)
ACTION_NAMES: Final[tuple[str, ...]] = tuple(action.name for action in ACTIONS)
ACTION_REGIONS: Final[tuple[str, ...]] = tuple(str(action.region) for action in ACTIONS)
ACTION_INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(ACTION_NAMES)}
MOUTH_NAMES: Final[tuple[str, ...]] = tuple(a.name for a in ACTIONS if a.region is Region.MOUTH)
