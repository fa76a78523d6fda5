"""What a face does with a single word: up at the sky, away with the rain, a shake for never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Emotion

_BRIGHT: Final = frozenset({Emotion.JOY, Emotion.HOPE, Emotion.PRIDE, Emotion.PLAY})
_DARK: Final = frozenset({Emotion.SORROW, Emotion.LONGING, Emotion.FEAR, Emotion.ANGER})
_SOFT: Final = frozenset({Emotion.TENDERNESS, Emotion.LONGING, Emotion.SORROW})
_FIERCE: Final = frozenset({Emotion.ANGER, Emotion.FEAR})
_ALL: Final = frozenset(Emotion)
_NOT_CALM: Final = _ALL - {Emotion.CALM}

_B, _E, _M, _N = Region.BROWS, Region.EYES, Region.MOUTH, Region.NECK


@dataclass(frozen=True, slots=True)
class Gesture:
    """What an image does to the face, where the emotion allows it.

    Attributes:
        region: The lane.
        move: A word of the vocabulary or of `t2s_rt.pregen.planner.acting.SIDED`.
        gain: Intensity at medium effort.
        why: What a person reads; ``{word}`` is put in.
        emotions: In which it is done.
        worth: Which images a phrase takes when there are many: the greater ones.
        firm: Whether it wins over a held note and the emotion's own way: who looks far does not doze.
    """

    region: Region
    move: str
    gain: float
    why: str
    emotions: frozenset[Emotion]
    worth: float = 1.0
    firm: bool = False


GESTURES: Final[Mapping[str, tuple[Gesture, ...]]] = {
    "up": (
        Gesture(_E, "look_up", 0.34, 'up to "{word}"', _BRIGHT | {Emotion.LONGING, Emotion.CALM}, 1.3),
        Gesture(_N, "lift", 0.2, 'head after it: "{word}"', _BRIGHT),
    ),
    "rise": (Gesture(_N, "lift", 0.3, 'rises with "{word}"', _BRIGHT, 1.2),),
    "down": (
        Gesture(_E, "look_down", 0.34, 'down to "{word}"', _DARK | {Emotion.TENDERNESS}),
        Gesture(_N, "lower", 0.2, 'and the head: "{word}"', _DARK),
    ),
    "fall": (
        Gesture(_E, "look_down", 0.36, 'falls with "{word}"', _DARK, 1.1),
        Gesture(_N, "lower", 0.26, 'sinks with "{word}"', _DARK),
    ),
    "rain": (Gesture(_E, "close", 0.26, 'against the "{word}"', _SOFT | {Emotion.FEAR}),),
    "see": (Gesture(_E, "widen", 0.22, 'sees: "{word}"', _BRIGHT | {Emotion.FEAR}, 0.9),),
    "shut": (Gesture(_E, "close", 0.46, 'lids fall with "{word}"', _SOFT, 1.3),),
    "vast": (
        Gesture(_E, "widen", 0.34, 'eyes wide for all of it: "{word}"', _ALL - _FIERCE, 2.0, firm=True),
        Gesture(_E, "look_up", 0.2, 'far over "{word}"', _ALL - _FIERCE, firm=True),
        Gesture(_B, "raise", 0.34, 'wonders at "{word}"', _ALL - _FIERCE, firm=True),
    ),
    "invite": (
        Gesture(_N, "nod", 0.2, 'beckons: "{word}"', _BRIGHT | {Emotion.TENDERNESS, Emotion.CALM}, 1.4),
        Gesture(_B, "raise", 0.34, 'asks along: "{word}"', _BRIGHT | {Emotion.TENDERNESS}),
        Gesture(_M, "smile", 0.4, 'come: "{word}"', _BRIGHT | {Emotion.TENDERNESS}),
    ),
    "far": (
        Gesture(_E, "aside", 0.3, 'after it, "{word}"', _NOT_CALM - {Emotion.PRIDE}, 1.1),
        Gesture(_N, "turn", 0.2, 'turns towards "{word}"', _SOFT | {Emotion.HOPE, Emotion.JOY}),
    ),
    "heart": (Gesture(_N, "tilt", 0.24, 'leans to the "{word}"', _SOFT | _BRIGHT, 1.0),),
    "near": (Gesture(_N, "tilt", 0.22, 'comes near at "{word}"', _SOFT | {Emotion.JOY}, 0.8),),
    "you": (Gesture(_B, "raise", 0.2, 'to "{word}"', _BRIGHT | {Emotion.TENDERNESS}, 0.4),),
    "me": (Gesture(_N, "lower", 0.14, 'inward at "{word}"', _SOFT, 0.3),),
    "no": (Gesture(_N, "shake", 0.26, 'shakes off "{word}"', _NOT_CALM - {Emotion.TENDERNESS}, 0.9),),
    "yes": (Gesture(_N, "nod", 0.24, 'nods to "{word}"', _BRIGHT, 0.6),),
    "laugh": (
        Gesture(_M, "smile", 0.55, 'laughs at "{word}"', frozenset({Emotion.JOY, Emotion.PLAY}), 1.2),
    ),
    "tears": (
        Gesture(
            _E, "close", 0.44, 'tears at "{word}"', frozenset({Emotion.SORROW, Emotion.LONGING}), 1.3
        ),
    ),
    "fire": (
        Gesture(
            _E,
            "widen",
            0.28,
            '"{word}" in the eyes',
            frozenset({Emotion.ANGER, Emotion.PRIDE, Emotion.JOY}),
        ),
    ),
    "cold": (
        Gesture(
            _N, "shake", 0.1, 'a shiver at "{word}"', frozenset({Emotion.FEAR, Emotion.SORROW}), 0.7
        ),
    ),
    "dance": (
        Gesture(_N, "sway", 0.26, 'sways to "{word}"', frozenset({Emotion.JOY, Emotion.PLAY}), 1.0),
    ),
    "memory": (
        Gesture(
            _E,
            "aside",
            0.26,
            'looks for it: "{word}"',
            frozenset({Emotion.LONGING, Emotion.TENDERNESS}),
            1.1,
        ),
        Gesture(_N, "turn", 0.16, 'back to "{word}"', frozenset({Emotion.LONGING, Emotion.SORROW})),
    ),
    "cry_out": (Gesture(_B, "raise", 0.34, 'calls "{word}"', _BRIGHT, 1.0),),
    "lie": (
        Gesture(_E, "squint", 0.45, 'does not believe "{word}"', frozenset({Emotion.ANGER}), 1.1),
        Gesture(_E, "aside", 0.3, 'a look aside at "{word}"', frozenset({Emotion.PLAY}), 1.1),
    ),
    "light": (
        Gesture(_E, "look_up", 0.32, 'to the "{word}"', _BRIGHT | {Emotion.LONGING}, 1.3),
        Gesture(_B, "raise", 0.34, 'brightens at "{word}"', _BRIGHT),
    ),
    "dark": (Gesture(_E, "aside", 0.28, 'into the "{word}"', frozenset({Emotion.FEAR}), 0.9),),
    "listen": (Gesture(_N, "tilt", 0.22, 'listens to "{word}"', _NOT_CALM - {Emotion.ANGER}, 0.8),),
}
