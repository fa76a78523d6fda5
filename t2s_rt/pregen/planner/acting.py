"""How each emotion is acted: for every region some ways to do it, of which a phrase takes one.

Read it as a director's notebook. An intensity is for a phrase sung at medium effort; `growth` says what
effort adds to it (1: half as much again when belted, half when whispered; negative: a whisper closes the
eyes more than a belt does). ``{word}`` is the word the beat lands on. `tilt`, `turn`, `aside` and
`one_brow` stand for the left or right move: the phrase decides which.

What is acted where follows Ekman and Friesen's (1978) units of the basic emotions and studies of singing
faces: raised brows for high notes and wide intervals (Thompson and Russo 2007), corners up for joy,
inner brows up for sorrow (Livingstone 2009, 2015); the rest is craft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from t2s_rt.intensity.actions import Region
from t2s_rt.pregen.phrase import Emotion
from t2s_rt.pregen.planner.points import Place

BASE: Final = 0
SHADE: Final = 1
ACCENT: Final = 2
STRONG: Final = 3

SIDED: Final[Mapping[str, tuple[str, str]]] = {
    "tilt": ("tilt_left", "tilt_right"),
    "turn": ("turn_left", "turn_right"),
    "aside": ("look_left", "look_right"),
    "one_brow": ("raise_left", "raise_right"),
    "wink": ("wink_left", "wink_right"),
}
"""Moves that have a left and a right one."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing to do somewhere in a phrase.

    Attributes:
        region: The lane.
        move: A word of the vocabulary or of `SIDED`.
        gain: Intensity at medium effort.
        place: Where.
        why: What a person reads; ``{word}`` is put in.
        rank: A higher one takes the time of a lower one on the same action.
        growth: What effort does to the intensity.
    """

    region: Region
    move: str
    gain: float
    place: Place
    why: str
    rank: int = BASE
    growth: float = 1.0


Option = tuple[Beat, ...]

_B, _E, _M, _N = Region.BROWS, Region.EYES, Region.MOUTH, Region.NECK
_P = Place


_JOY: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise", 0.34, _P.STRESS, 'brows dance up on "{word}"', ACCENT),),
        (Beat(_B, "raise", 0.28, _P.ONWARD, 'opens up from "{word}"', SHADE),),
        (
            Beat(_B, "raise", 0.2, _P.UNTIL, "bright before the word"),
            Beat(_B, "raise", 0.4, _P.PEAK, 'up with the melody on "{word}"', ACCENT),
        ),
    ),
    _E: (
        (Beat(_E, "squint", 0.3, _P.ONWARD, 'the smile reaches the eyes at "{word}"'),),
        (
            Beat(_E, "squint", 0.22, _P.WHOLE, "smiling eyes"),
            Beat(_E, "widen", 0.22, _P.STRESS, 'sparkles on "{word}"', ACCENT),
        ),
        (
            Beat(_E, "aside", 0.18, _P.SECOND_HALF, "shares it with the room"),
            Beat(_E, "squint", 0.28, _P.HELD, 'beams through "{word}"', SHADE),
        ),
    ),
    _M: (
        (
            Beat(_M, "smile", 0.36, _P.WHOLE, "a smile all through"),
            Beat(_M, "smile", 0.58, _P.STRESS, 'laughs on "{word}"', ACCENT),
        ),
        (
            Beat(_M, "smile", 0.32, _P.UNTIL, "a smile begins"),
            Beat(_M, "smile", 0.52, _P.ONWARD, 'and breaks open at "{word}"', SHADE),
        ),
        (
            Beat(_M, "smile", 0.42, _P.WHOLE, "sings it smiling"),
            Beat(_M, "smile", 0.56, _P.END, 'the joy stays after "{word}"', SHADE),
        ),
    ),
    _N: (
        (
            Beat(_N, "tilt", 0.2, _P.FIRST_HALF, "swings to one side"),
            Beat(_N, "lift", 0.26, _P.STRESS, 'head up on "{word}"', ACCENT),
        ),
        (
            Beat(_N, "turn", 0.18, _P.ONWARD, 'turns to the others at "{word}"'),
            Beat(_N, "lift", 0.22, _P.PEAK, "up with the melody", SHADE),
        ),
        (
            Beat(_N, "sway", 0.22, _P.WHOLE, "sways with it"),
            Beat(_N, "lift", 0.24, _P.END, 'lifts away after "{word}"', SHADE),
        ),
        (Beat(_N, "nod", 0.2, _P.WHOLE, "the beat in the neck"),),
    ),
}

_TENDERNESS: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise_inner", 0.16, _P.ONWARD, 'softens at "{word}"'),),
        (Beat(_B, "raise", 0.15, _P.STRESS, 'gently opens on "{word}"', SHADE),),
        (Beat(_B, "raise_inner", 0.18, _P.SECOND_HALF, "moved, without a frown"),),
    ),
    _E: (
        (
            Beat(_E, "look_down", 0.24, _P.UNTIL, "looks at the one it is for", growth=0.2),
            Beat(_E, "close", 0.24, _P.UNTIL, "soft lids", growth=-0.4),
            Beat(_E, "close", 0.5, _P.ONWARD, 'closes them on "{word}"', SHADE, growth=-0.4),
        ),
        (
            Beat(_E, "close", 0.22, _P.WHOLE, "soft lids all through", growth=-0.4),
            Beat(_E, "look_down", 0.22, _P.SECOND_HALF, "gaze sinks", growth=0.2),
        ),
        (
            Beat(_E, "close", 0.44, _P.END, 'shuts them over "{word}"', SHADE, growth=-0.4),
            Beat(_E, "aside", 0.12, _P.FIRST_HALF, "a glance aside, then home", growth=0.2),
        ),
    ),
    _M: (
        (Beat(_M, "smile", 0.16, _P.WHOLE, "the trace of a smile"),),
        (Beat(_M, "smile", 0.22, _P.ONWARD, 'warms at "{word}"'),),
        (
            Beat(_M, "smile", 0.12, _P.WHOLE, "warm corners"),
            Beat(_M, "smile", 0.24, _P.AFTER, "smiles when it is said", SHADE),
        ),
    ),
    _N: (
        (
            Beat(_N, "tilt", 0.28, _P.WHOLE, "leans to a shoulder"),
            Beat(_N, "lower", 0.14, _P.END, 'sinks with "{word}"', SHADE),
        ),
        (
            Beat(_N, "tilt", 0.16, _P.UNTIL, "listens"),
            Beat(_N, "tilt", 0.32, _P.ONWARD, 'leans in at "{word}"', SHADE),
        ),
        (
            Beat(_N, "sway", 0.18, _P.WHOLE, "rocks as one rocks a child"),
            Beat(_N, "lower", 0.18, _P.SECOND_HALF, "comes closer"),
        ),
    ),
}

_HOPE: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise", 0.34, _P.ONWARD, 'rises at "{word}" and stays'),),
        (
            Beat(_B, "raise", 0.2, _P.UNTIL, "expecting"),
            Beat(_B, "raise", 0.42, _P.STRESS, 'opens on "{word}"', ACCENT),
        ),
        (
            Beat(_B, "raise", 0.22, _P.WHOLE, "an open face"),
            Beat(_B, "raise", 0.38, _P.PEAK, 'up with the melody on "{word}"', ACCENT),
        ),
    ),
    _E: (
        (Beat(_E, "look_up", 0.32, _P.ONWARD, 'sees it coming at "{word}"'),),
        (
            Beat(_E, "look_up", 0.18, _P.UNTIL, "looks ahead"),
            Beat(_E, "look_up", 0.36, _P.STRESS, 'and up on "{word}"', ACCENT),
            Beat(_E, "widen", 0.18, _P.STRESS, "eyes brighten", SHADE),
        ),
        (Beat(_E, "look_up", 0.24, _P.SECOND_HALF, "gaze travels up"),),
    ),
    _M: (
        (Beat(_M, "smile", 0.26, _P.ONWARD, 'begins to smile at "{word}"'),),
        (
            Beat(_M, "smile", 0.16, _P.WHOLE, "corners ready to rise"),
            Beat(_M, "smile", 0.34, _P.END, 'believes it by "{word}"', SHADE),
        ),
        (Beat(_M, "smile", 0.22, _P.WHOLE, "a smile that is not sure yet"),),
    ),
    _N: (
        (
            Beat(_N, "lift", 0.14, _P.UNTIL, "lifts out of the line before"),
            Beat(_N, "lift", 0.34, _P.ONWARD, 'head rises with "{word}"', SHADE),
        ),
        (
            Beat(_N, "lift", 0.26, _P.WHOLE, "held high"),
            Beat(_N, "tilt", 0.14, _P.SECOND_HALF, "leans into it"),
        ),
        (
            Beat(_N, "turn", 0.16, _P.FIRST_HALF, "turns towards it"),
            Beat(_N, "lift", 0.36, _P.PEAK, 'up on "{word}"', ACCENT),
            Beat(_N, "lift", 0.2, _P.SECOND_HALF, "and stays up"),
        ),
    ),
}

_LONGING: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (
            Beat(_B, "raise_inner", 0.26, _P.UNTIL, "aching"),
            Beat(_B, "raise_inner", 0.44, _P.ONWARD, 'more at "{word}"', SHADE),
        ),
        (Beat(_B, "raise_inner", 0.36, _P.WHOLE, "asks for what is far"),),
        (
            Beat(_B, "raise_inner", 0.28, _P.WHOLE, "the ache stays"),
            Beat(_B, "raise_inner", 0.48, _P.PEAK, 'reaches for "{word}"', ACCENT),
        ),
    ),
    _E: (
        (
            Beat(_E, "aside", 0.28, _P.UNTIL, "looks into the distance", growth=0.4),
            Beat(
                _E, "close", 0.44, _P.HELD, 'sees it behind closed lids through "{word}"', ACCENT, -0.2
            ),
            Beat(_E, "look_down", 0.2, _P.END, "and comes back", SHADE, growth=0.3),
        ),
        (
            Beat(_E, "look_up", 0.26, _P.FIRST_HALF, "looks far over the heads", growth=0.4),
            Beat(_E, "look_down", 0.22, _P.SECOND_HALF, "and gives up the view", growth=0.3),
            Beat(_E, "close", 0.3, _P.HELD, 'narrows on "{word}"', SHADE, growth=-0.2),
        ),
        (
            Beat(_E, "close", 0.26, _P.ONWARD, 'remembers at "{word}"', growth=-0.2),
            Beat(_E, "aside", 0.3, _P.SECOND_HALF, "looks where it went", growth=0.4),
        ),
    ),
    _M: (
        (Beat(_M, "frown", 0.14, _P.SECOND_HALF, "corners give"),),
        (Beat(_M, "press", 0.22, _P.AFTER, "keeps the rest to itself", SHADE),),
        (Beat(_M, "frown", 0.16, _P.END, 'lets go on "{word}"'),),
    ),
    _N: (
        (
            Beat(_N, "turn", 0.26, _P.UNTIL, "turns to the far place"),
            Beat(_N, "tilt", 0.22, _P.ONWARD, 'leans at "{word}"'),
        ),
        (
            Beat(_N, "lift", 0.2, _P.PEAK, 'reaches up for "{word}"', SHADE),
            Beat(_N, "tilt", 0.24, _P.WHOLE, "leans to the side it came from"),
        ),
        (
            Beat(_N, "turn", 0.22, _P.SECOND_HALF, "turns after it"),
            Beat(_N, "lower", 0.16, _P.END, 'sinks with "{word}"', SHADE),
        ),
    ),
}

_SORROW: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (
            Beat(_B, "raise_inner", 0.36, _P.UNTIL, "grief in the inner brows"),
            Beat(_B, "raise_inner", 0.56, _P.ONWARD, 'it hurts at "{word}"', SHADE),
        ),
        (Beat(_B, "raise_inner", 0.46, _P.WHOLE, "grief, held"),),
        (
            Beat(_B, "raise_inner", 0.38, _P.WHOLE, "grief stays"),
            Beat(_B, "raise_inner", 0.62, _P.PEAK, 'breaks on "{word}"', ACCENT),
        ),
    ),
    _E: (
        (
            Beat(_E, "look_down", 0.3, _P.WHOLE, "gaze down", growth=0.3),
            Beat(_E, "close", 0.46, _P.HELD, 'shuts them through "{word}"', ACCENT, growth=0.3),
        ),
        (
            Beat(_E, "look_down", 0.22, _P.UNTIL, "cannot look up", growth=0.3),
            Beat(_E, "look_down", 0.4, _P.ONWARD, 'sinks at "{word}"', SHADE, growth=0.3),
            Beat(_E, "close", 0.26, _P.END, "lids heavy", growth=0.3),
        ),
        (
            Beat(_E, "close", 0.24, _P.UNTIL, "lids heavy", growth=0.3),
            Beat(_E, "close", 0.42, _P.ONWARD, 'closes over "{word}"', SHADE, growth=0.3),
            Beat(_E, "look_down", 0.34, _P.SECOND_HALF, "gaze falls", growth=0.3),
        ),
    ),
    _M: (
        (Beat(_M, "frown", 0.26, _P.ONWARD, 'corners fall at "{word}"'),),
        (
            Beat(_M, "frown", 0.2, _P.WHOLE, "no smile left"),
            Beat(_M, "press", 0.3, _P.AFTER, "holds it in", SHADE),
        ),
        (Beat(_M, "frown", 0.3, _P.SECOND_HALF, "the corners give way"),),
    ),
    _N: (
        (
            Beat(_N, "lower", 0.2, _P.UNTIL, "head low"),
            Beat(_N, "lower", 0.34, _P.ONWARD, 'sinks at "{word}"', SHADE),
        ),
        (
            Beat(_N, "lower", 0.24, _P.WHOLE, "bowed"),
            Beat(_N, "tilt", 0.2, _P.SECOND_HALF, "leans on nobody"),
        ),
        (
            Beat(_N, "turn", 0.18, _P.FIRST_HALF, "turns away"),
            Beat(_N, "lower", 0.3, _P.SECOND_HALF, "and down"),
        ),
    ),
}

_ANGER: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (
            Beat(_B, "furrow", 0.5, _P.WHOLE, "anger draws the brows"),
            Beat(_B, "furrow", 0.75, _P.STRESS, 'strikes on "{word}"', ACCENT),
        ),
        (
            Beat(_B, "furrow", 0.44, _P.UNTIL, "it gathers"),
            Beat(_B, "furrow", 0.66, _P.ONWARD, 'and breaks out at "{word}"', SHADE),
        ),
        (Beat(_B, "furrow", 0.6, _P.WHOLE, "does not let go"),),
    ),
    _E: (
        (
            Beat(_E, "squint", 0.38, _P.WHOLE, "hard eyes"),
            Beat(_E, "widen", 0.3, _P.STRESS, 'flashes on "{word}"', ACCENT),
        ),
        (Beat(_E, "squint", 0.46, _P.ONWARD, 'narrows at "{word}"'),),
        (
            Beat(_E, "aside", 0.16, _P.UNTIL, "a look past"),
            Beat(_E, "squint", 0.4, _P.ONWARD, 'then straight at it: "{word}"'),
        ),
    ),
    _M: (
        (
            Beat(_M, "snarl", 0.3, _P.STRESS, 'bites "{word}"', ACCENT),
            Beat(_M, "frown", 0.26, _P.WHOLE, "corners down"),
        ),
        (
            Beat(_M, "bare", 0.32, _P.STRESS, 'throws "{word}"', ACCENT),
            Beat(_M, "snarl", 0.22, _P.SECOND_HALF, "lip off the teeth"),
        ),
        (
            Beat(_M, "frown", 0.34, _P.ONWARD, 'disgust at "{word}"'),
            Beat(_M, "press", 0.45, _P.AFTER, "jaw set", SHADE),
        ),
    ),
    _N: (
        (
            Beat(_N, "lower", 0.24, _P.WHOLE, "head like a bull's"),
            Beat(_N, "turn", 0.18, _P.STRESS, 'throws it at "{word}"', ACCENT),
        ),
        (Beat(_N, "nod", 0.34, _P.WHOLE, "hammers it in"),),
        (
            Beat(_N, "turn", 0.22, _P.UNTIL, "sidelong"),
            Beat(_N, "lower", 0.26, _P.ONWARD, 'goes for "{word}"'),
        ),
        (
            Beat(_N, "shake", 0.3, _P.ONWARD, 'no more: "{word}"'),
            Beat(_N, "lower", 0.18, _P.WHOLE, "head low"),
        ),
    ),
}

_FEAR: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise_inner", 0.42, _P.WHOLE, "brows up and together in the middle"),),
        (
            Beat(_B, "raise_inner", 0.32, _P.UNTIL, "uneasy"),
            Beat(_B, "raise", 0.46, _P.STRESS, 'startles on "{word}"', ACCENT),
            Beat(_B, "raise_inner", 0.44, _P.SECOND_HALF, "and stays scared"),
        ),
        (
            Beat(_B, "raise_inner", 0.46, _P.ONWARD, 'scared by "{word}"'),
            Beat(_B, "raise_inner", 0.28, _P.UNTIL, "listens for it"),
        ),
    ),
    _E: (
        (
            Beat(_E, "widen", 0.34, _P.WHOLE, "eyes wide"),
            Beat(_E, "aside", 0.34, _P.STRESS, 'dart aside on "{word}"', ACCENT, growth=0.3),
        ),
        (
            Beat(_E, "widen", 0.28, _P.UNTIL, "watching"),
            Beat(_E, "widen", 0.5, _P.ONWARD, 'wider at "{word}"', SHADE),
            Beat(_E, "aside", 0.24, _P.UNTIL, "looks where it may be", growth=0.3),
        ),
        (
            Beat(_E, "widen", 0.4, _P.ONWARD, 'sees it: "{word}"'),
            Beat(_E, "widen", 0.24, _P.UNTIL, "alert"),
            Beat(_E, "aside", 0.28, _P.SECOND_HALF, "dare not look", growth=0.3),
        ),
    ),
    _M: (
        (Beat(_M, "spread", 0.22, _P.STRESS, 'lips drawn back on "{word}"', ACCENT),),
        (Beat(_M, "press", 0.35, _P.AFTER, "not a sound", SHADE),),
        (Beat(_M, "frown", 0.16, _P.SECOND_HALF, "the mouth trembles down"),),
    ),
    _N: (
        (
            Beat(_N, "lower", 0.18, _P.UNTIL, "ducks"),
            Beat(_N, "turn", 0.24, _P.ONWARD, 'shrinks from "{word}"'),
        ),
        (
            Beat(_N, "turn", 0.2, _P.FIRST_HALF, "turns an ear to it"),
            Beat(_N, "lower", 0.22, _P.SECOND_HALF, "makes itself small"),
        ),
        (
            Beat(_N, "tilt", 0.14, _P.UNTIL, "frozen, a little askew"),
            Beat(_N, "shake", 0.16, _P.ONWARD, 'no, not "{word}"'),
        ),
    ),
}

_PRIDE: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise", 0.3, _P.ONWARD, 'sure of "{word}"'),),
        (
            Beat(_B, "raise", 0.42, _P.STRESS, 'declares "{word}"', ACCENT),
            Beat(_B, "raise", 0.18, _P.WHOLE, "an open brow"),
        ),
        (Beat(_B, "raise", 0.38, _P.PEAK, 'shines on "{word}"', ACCENT),),
    ),
    _E: (
        (Beat(_E, "squint", 0.24, _P.WHOLE, "a steady look"),),
        (
            Beat(_E, "look_up", 0.14, _P.SECOND_HALF, "over all heads"),
            Beat(_E, "widen", 0.22, _P.STRESS, 'on "{word}"', ACCENT),
        ),
        (Beat(_E, "squint", 0.3, _P.ONWARD, 'let them come: "{word}"'),),
    ),
    _M: (
        (Beat(_M, "smile", 0.26, _P.ONWARD, 'a victor\'s smile at "{word}"'),),
        (
            Beat(_M, "smile", 0.16, _P.WHOLE, "firm corners"),
            Beat(_M, "smile", 0.34, _P.END, 'enjoys "{word}"', SHADE),
        ),
        (
            Beat(_M, "bare", 0.2, _P.STRESS, 'throws "{word}" out', ACCENT),
            Beat(_M, "smile", 0.24, _P.AFTER, "and means it", SHADE),
        ),
    ),
    _N: (
        (
            Beat(_N, "lift", 0.36, _P.WHOLE, "chin up"),
            Beat(_N, "lift", 0.5, _P.STRESS, 'higher on "{word}"', ACCENT),
        ),
        (
            Beat(_N, "lift", 0.3, _P.UNTIL, "stands tall"),
            Beat(_N, "lift", 0.48, _P.ONWARD, 'and taller at "{word}"', SHADE),
            Beat(_N, "turn", 0.14, _P.SECOND_HALF, "for all to see"),
        ),
        (
            Beat(_N, "lift", 0.42, _P.WHOLE, "head high"),
            Beat(_N, "turn", 0.2, _P.FIRST_HALF, "looks along the rows"),
        ),
    ),
}

_PLAY: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "one_brow", 0.5, _P.STRESS, 'one brow asks: "{word}"?', ACCENT),),
        (Beat(_B, "one_brow", 0.4, _P.ONWARD, 'one brow up from "{word}"'),),
        (
            Beat(_B, "one_brow", 0.32, _P.UNTIL, "a brow already knows"),
            Beat(_B, "raise", 0.36, _P.STRESS, 'feigned surprise at "{word}"', ACCENT),
            Beat(_B, "one_brow", 0.36, _P.END, "and doubts it"),
        ),
    ),
    _E: (
        (
            Beat(_E, "aside", 0.32, _P.STRESS, 'a look aside at "{word}"', ACCENT),
            Beat(_E, "squint", 0.2, _P.WHOLE, "laughing eyes"),
        ),
        (
            Beat(_E, "aside", 0.26, _P.SECOND_HALF, "looks away, innocent"),
            Beat(_E, "squint", 0.26, _P.ONWARD, 'knows better at "{word}"'),
        ),
        (
            Beat(_E, "squint", 0.24, _P.UNTIL, "up to something"),
            Beat(_E, "wink", 0.75, _P.AFTER, "winks when it is said", SHADE, growth=0.2),
            Beat(_E, "aside", 0.24, _P.FIRST_HALF, "sidelong"),
        ),
    ),
    _M: (
        (
            Beat(_M, "smile", 0.26, _P.WHOLE, "a smile it does not hide"),
            Beat(_M, "smile", 0.42, _P.END, 'grins after "{word}"', SHADE),
        ),
        (Beat(_M, "smile", 0.36, _P.ONWARD, 'smirks at "{word}"'),),
        (
            Beat(_M, "smile", 0.22, _P.WHOLE, "corners up"),
            Beat(_M, "pucker", 0.3, _P.AFTER, "a pout to finish", SHADE),
        ),
    ),
    _N: (
        (Beat(_N, "tilt", 0.32, _P.ONWARD, 'head cocked at "{word}"'),),
        (
            Beat(_N, "turn", 0.22, _P.WHOLE, "three-quarter face"),
            Beat(_N, "tilt", 0.24, _P.SECOND_HALF, "cocks the head"),
        ),
        (
            Beat(_N, "sway", 0.24, _P.WHOLE, "sways, teasing"),
            Beat(_N, "turn", 0.2, _P.SECOND_HALF, "over the shoulder"),
        ),
        (
            Beat(_N, "tilt", 0.26, _P.FIRST_HALF, "one shoulder"),
            Beat(_N, "nod", 0.2, _P.SECOND_HALF, "of course, of course"),
        ),
    ),
}

_CALM: Final[Mapping[Region, tuple[Option, ...]]] = {
    _B: (
        (Beat(_B, "raise", 0.1, _P.STRESS, 'notices "{word}"', SHADE, growth=0.5),),
        (Beat(_B, "raise", 0.08, _P.ONWARD, 'follows "{word}"', growth=0.5),),
        (),
    ),
    _E: (
        (Beat(_E, "aside", 0.14, _P.SECOND_HALF, "looks around", growth=0.3),),
        (Beat(_E, "close", 0.12, _P.HELD, 'rests on "{word}"', SHADE, growth=-0.3),),
        (Beat(_E, "aside", 0.12, _P.ONWARD, 'sees "{word}"', growth=0.3),),
    ),
    _M: (
        (Beat(_M, "smile", 0.09, _P.WHOLE, "at ease", growth=0.4),),
        (),
        (Beat(_M, "smile", 0.11, _P.END, 'content with "{word}"', growth=0.4),),
    ),
    _N: (
        (Beat(_N, "tilt", 0.14, _P.WHOLE, "an easy head", growth=0.6),),
        (Beat(_N, "sway", 0.13, _P.WHOLE, "sways a little", growth=0.6),),
        (Beat(_N, "turn", 0.14, _P.ONWARD, 'turns to "{word}"', growth=0.6),),
    ),
}

REPERTOIRE: Final[Mapping[Emotion, Mapping[Region, tuple[Option, ...]]]] = {
    Emotion.JOY: _JOY,
    Emotion.TENDERNESS: _TENDERNESS,
    Emotion.HOPE: _HOPE,
    Emotion.LONGING: _LONGING,
    Emotion.SORROW: _SORROW,
    Emotion.ANGER: _ANGER,
    Emotion.FEAR: _FEAR,
    Emotion.PRIDE: _PRIDE,
    Emotion.PLAY: _PLAY,
    Emotion.CALM: _CALM,
}

HELD_NOTES: Final[Mapping[Emotion, Option]] = {
    Emotion.JOY: (Beat(_E, "squint", 0.36, _P.HELD, 'beams through "{word}"', SHADE),),
    Emotion.TENDERNESS: (
        Beat(_E, "close", 0.54, _P.HELD, 'closes them through "{word}"', STRONG, growth=-0.3),
    ),
    Emotion.LONGING: (
        Beat(_E, "close", 0.46, _P.HELD, 'sees it inside, through "{word}"', SHADE, growth=-0.1),
    ),
    Emotion.SORROW: (Beat(_E, "close", 0.5, _P.HELD, 'shut through "{word}"', SHADE, growth=0.1),),
    Emotion.HOPE: (Beat(_N, "lift", 0.36, _P.HELD, 'lifts through "{word}"', SHADE),),
    Emotion.PRIDE: (Beat(_N, "lift", 0.46, _P.HELD, 'stands on "{word}"', SHADE),),
    Emotion.CALM: (Beat(_E, "close", 0.12, _P.HELD, 'rests on "{word}"', SHADE, growth=-0.3),),
}
"""What is done with a note held long, where the region's option leaves it free."""

LATER: Final = 4
"""The rank of what a very long note does: nothing else takes its time."""


def _long_note(brow: str, gain: float, first_eyes: Option, then_eyes: Option, lift: float) -> Option:
    """A note that develops: brows and head rise twice, the eyes open or close once."""
    return (
        Beat(_B, brow, 0.7 * gain, _P.ARRIVAL, 'arrives on "{word}"', LATER),
        Beat(_B, brow, 1.25 * gain, _P.SWELL, 'and grows until the voice lets go of "{word}"', LATER),
        *first_eyes,
        *then_eyes,
        Beat(_N, "lift", 0.6 * lift, _P.ARRIVAL, 'the head rises with "{word}"', LATER),
        Beat(_N, "lift", 1.2 * lift, _P.SWELL, "and higher, released with the voice", LATER),
    )


def _closing(gain: float) -> Option:
    return (Beat(_E, "close", gain, _P.ARRIVAL, 'closes the eyes into "{word}"', LATER, growth=-0.2),)


def _opening(gain: float) -> Option:
    return (Beat(_E, "widen", gain, _P.SWELL, 'opens the eyes: "{word}" is there', LATER),)


_BRIGHT_NOTE: Final = _long_note("raise", 0.36, _closing(0.4), _opening(0.26), 0.36)
_SOFT_NOTE: Final = _long_note("raise_inner", 0.2, _closing(0.5), (), 0.18)
LONG_NOTES: Final[Mapping[Emotion, Option]] = {
    Emotion.JOY: _BRIGHT_NOTE,
    Emotion.HOPE: _BRIGHT_NOTE,
    Emotion.PRIDE: _BRIGHT_NOTE,
    Emotion.PLAY: _BRIGHT_NOTE,
    Emotion.LONGING: _long_note("raise_inner", 0.42, _closing(0.46), _opening(0.14), 0.3),
    Emotion.TENDERNESS: _SOFT_NOTE,
    Emotion.CALM: _long_note("raise", 0.16, (), (), 0.16),
    Emotion.SORROW: (
        Beat(_B, "raise_inner", 0.36, _P.ARRIVAL, 'it comes up with "{word}"', LATER),
        Beat(_B, "raise_inner", 0.6, _P.SWELL, 'and breaks before "{word}" ends', LATER),
        Beat(_E, "close", 0.5, _P.SWELL, 'shut at the end of "{word}"', LATER, growth=0.2),
    ),
    Emotion.ANGER: (
        Beat(_B, "furrow", 0.46, _P.ARRIVAL, 'holds "{word}" against them', LATER),
        Beat(_B, "furrow", 0.66, _P.SWELL, "and does not let go", LATER),
        Beat(_E, "widen", 0.34, _P.SWELL, 'glares through "{word}"', LATER),
    ),
    Emotion.FEAR: (
        Beat(_B, "raise_inner", 0.4, _P.ARRIVAL, 'dread rises with "{word}"', LATER),
        Beat(_B, "raise_inner", 0.6, _P.SWELL, "terror", LATER),
        Beat(_E, "widen", 0.5, _P.SWELL, 'stares through "{word}"', LATER),
    ),
}
"""What happens on a note of more than three seconds: a face that freezes on it is a mask."""

_OPEN_UP: Final[Option] = (
    Beat(_B, "raise", 0.4, _P.HELD, 'everything opens on "{word}"', STRONG),
    Beat(_E, "widen", 0.3, _P.HELD, "eyes open with it", STRONG),
    Beat(_M, "open", 0.34, _P.HELD, 'the jaw lets "{word}" out', STRONG),
    Beat(_N, "lift", 0.36, _P.HELD, 'head back on "{word}"', STRONG),
)

CLIMAX: Final[Mapping[Emotion, Option]] = {
    Emotion.JOY: _OPEN_UP,
    Emotion.HOPE: _OPEN_UP,
    Emotion.PRIDE: _OPEN_UP,
    Emotion.PLAY: _OPEN_UP,
    Emotion.CALM: (),
    Emotion.TENDERNESS: (Beat(_B, "raise", 0.24, _P.HELD, 'gives all on "{word}"', STRONG),),
    Emotion.LONGING: (
        Beat(_B, "raise_inner", 0.6, _P.HELD, 'cries out for "{word}"', STRONG),
        Beat(_M, "open", 0.3, _P.HELD, 'the jaw lets "{word}" out', STRONG),
        Beat(_N, "lift", 0.3, _P.HELD, 'head back on "{word}"', STRONG),
    ),
    Emotion.SORROW: (
        Beat(_B, "raise_inner", 0.66, _P.HELD, 'cries "{word}"', STRONG),
        Beat(_E, "close", 0.56, _P.HELD, 'shut against "{word}"', STRONG, growth=0.3),
        Beat(_M, "open", 0.32, _P.HELD, 'the jaw lets "{word}" out', STRONG),
        Beat(_N, "shake", 0.22, _P.HELD, "cannot take it", SHADE),
    ),
    Emotion.ANGER: (
        Beat(_E, "widen", 0.34, _P.HELD, 'glares through "{word}"', STRONG),
        Beat(_M, "open", 0.32, _P.HELD, 'shouts "{word}"', STRONG),
        Beat(_M, "bare", 0.32, _P.HELD, "teeth", STRONG),
    ),
    Emotion.FEAR: (
        Beat(_E, "widen", 0.5, _P.HELD, 'stares through "{word}"', STRONG),
        Beat(_M, "open", 0.3, _P.HELD, 'screams "{word}"', STRONG),
        Beat(_B, "raise_inner", 0.6, _P.HELD, "terror", STRONG),
    ),
}
"""What a phrase sung with all the voice there is adds, on its longest note."""

QUESTION: Final[Option] = (Beat(_N, "tilt", 0.3, _P.SECOND_HALF, "the head asks", STRONG, growth=0.4),)
QUESTIONING_BROWS: Final[Mapping[Emotion, Beat]] = {
    Emotion.SORROW: Beat(_B, "raise_inner", 0.5, _P.END, 'pleads at "{word}"', SHADE),
    Emotion.LONGING: Beat(_B, "raise_inner", 0.44, _P.END, 'asks at "{word}"', SHADE),
    Emotion.FEAR: Beat(_B, "raise_inner", 0.46, _P.END, 'asks at "{word}"', SHADE),
    Emotion.TENDERNESS: Beat(_B, "raise", 0.2, _P.END, 'asks at "{word}"', SHADE, growth=0.5),
    Emotion.CALM: Beat(_B, "raise", 0.14, _P.END, 'asks at "{word}"', SHADE, growth=0.5),
    Emotion.JOY: Beat(_B, "raise", 0.32, _P.END, 'asks at "{word}"', SHADE),
    Emotion.HOPE: Beat(_B, "raise", 0.32, _P.END, 'asks at "{word}"', SHADE),
    Emotion.PLAY: Beat(_B, "one_brow", 0.46, _P.END, 'one brow asks at "{word}"', SHADE),
}

BREATH: Final[Mapping[Emotion, Option]] = {
    Emotion.SORROW: (Beat(_N, "lift", 0.09, _P.BREATH, "breathes in, heavily", growth=0.4),),
    Emotion.FEAR: (Beat(_E, "widen", 0.24, _P.BREATH, "holds its breath"),),
    Emotion.CALM: (Beat(_N, "lift", 0.07, _P.BREATH, "breathes in", growth=0.4),),
    Emotion.ANGER: (Beat(_N, "lift", 0.18, _P.BREATH, "draws breath for it"),),
}
USUAL_BREATH: Final[Option] = (Beat(_N, "lift", 0.14, _P.BREATH, "breathes in"),)
