"""The mouth on stage: opens with the voice, rests in silence, lets lips win over the jaw."""

from __future__ import annotations

from typing import Final

from t2s_rt.intensity.actions import ACTION_INDEX, MOUTH_NAMES
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.hearing import Hearing
from t2s_rt.intensity.smoothing import Follower, OneEuro, clamp, ramp, smoothing_factor
from t2s_rt.intensity.standing import Standing
from t2s_rt.timebase import FRAME_S

_JAW: Final = ACTION_INDEX["jaw_open"]
_CLOSURE: Final = ACTION_INDEX["lip_closure"]
_CORNERS: Final = ACTION_INDEX["corner_pull"]
_CHEEKS: Final = ACTION_INDEX["cheek_raise"]
_SHAPED: Final = tuple(
    ACTION_INDEX[name] for name in MOUTH_NAMES if name not in ("corner_pull", "cheek_raise")
)
"""What words shape."""


class Mouth:
    """Gates, smooths, holds and completes the model's mouth. No chance in it: every seed has the same.

    The jaw needs a voice; lips also shape consonants that have none, such as the 'sh' before a vowel.

    Args:
        knows: Mouth actions that the model writes.
    """

    RELEASE_FACTOR: Final = 0.3
    """Of the gate's opening what is left a frame later: under 10 % after two frames, 33 ms."""
    SHUT_BELOW: Final = 0.01
    REST_HZ: Final = 12.0
    SPEED_GAIN_HZ: Final = 3.0
    """One-Euro constants: the model is steady by itself, so little is smoothed and little is late."""
    OPENING_S: Final = 0.08
    """Nothing is smoothed while the mouth opens: a late onset is seen before any jitter is."""
    OPENING_LEAD_FRAMES: Final = 0.25
    """While the mouth opens, the jaw is carried on along its rise by a quarter of a frame; half a frame
    opens it sooner, but for a moment too far."""
    LOUDNESS_S: Final = 0.15
    LOUDNESS_GAIN: Final = 0.3
    """How much of its opening the jaw gains from no effort to the singer's louder voice (Huber;
    Echternach 2016: opening follows level). Small, since the model hears loudness too."""
    PARTED_BELOW: Final = 0.03
    CLOSED_ABOVE: Final = 0.55
    """A model that is half sure of a p, b or m predicts half a closure, which no lips make: between
    these its prediction is stretched to the whole way."""
    JAW_LEFT_BY_LIPS: Final = 0.5
    """Share of its opening that the jaw keeps behind closed lips."""
    HELD_JAW: Final = 0.12
    """Least opening of a loud held note: nobody holds a vowel with a shut mouth."""
    BREATH_JAW: Final = 0.10
    BREATH_FROM: Final = 0.4
    BREATH_FROM_DBFS: Final = -50.0
    """Fainter breaths leave the mouth at rest."""
    WORDS_ATTACK: Final = 0.35
    """Share of its size that a mouth shaped by words gains in a frame when the voice begins."""
    WORDS_SOFT: Final = 0.55
    WORDS_LIPS_SOFT: Final = 0.8
    """Size of jaw and lips with no effort, of that at the singer's louder voice: words do not hear how
    loudly they are sung, the model does."""
    WORDS_SIZE_S: Final = 0.3
    """Size follows loudness and pitch over a note, not over a syllable's edges, which are the words'."""
    WORDS_EFFORT_FROM_S: Final = 0.1
    WORDS_USUAL_EFFORT: Final = 0.8
    """How loudly they are sung is known this long after a voice began; before, it is as it was last."""
    WORDS_CLOSURE: Final = 5.0
    """Lips that wait for a voice may be closed wholly: it is opening that has to wait."""
    WORDS_PITCH: Final = 0.05
    """What the jaw gains for each unit of pitch above the singer's middle (Sundberg and Skoog 1997: the
    jaw opens with pitch, most where the pitch nears the first formant)."""

    def __init__(self, knows: tuple[str, ...]) -> None:
        known = [ACTION_INDEX[name] for name in knows]
        self._filters = [(i, OneEuro(self.REST_HZ, self.SPEED_GAIN_HZ)) for i in known]
        self._standing = Standing(len(known), known.index(_JAW)) if _JAW in known else None
        self._gate = 0.0
        self._lips_gate = 0.0
        self._jaw = 0.0
        self._present_s = 0.0
        self._loudness_factor = smoothing_factor(self.LOUDNESS_S)
        self._loudness = 1.0
        self._words_gate = 0.0
        self._words_factor = smoothing_factor(self.WORDS_SIZE_S)
        self._effort = self.WORDS_USUAL_EFFORT
        self._pitch = 0.0
        self._breath = Follower(0.06, 0.04)
        self._corners = Follower(0.12, 0.045) if _CORNERS not in known else None
        self._cheeks = Follower(0.18, 0.045) if _CHEEKS not in known else None

    def step(
        self,
        heard: Hearing,
        motion: list[float],
        face: list[float],
        condition: Condition | None = None,
    ) -> None:
        """Write the mouth into ``face``: ``motion`` was heard, ``condition`` is what the song asks."""
        self._step_gate(present=heard.present)
        self._lips_gate = 1.0 if heard.sounding else self._lips_gate * self.RELEASE_FACTOR
        if self._lips_gate < self.SHUT_BELOW:
            self._lips_gate = 0.0
        for i, smooth in self._filters:
            if self._present_s < self.OPENING_S and (heard.present or self._gate == 0.0):
                rise = max(0.0, motion[i] - self._jaw) if i == _JAW else 0.0
                smooth.jump(motion[i] + self.OPENING_LEAD_FRAMES * rise)
            else:
                smooth.step(motion[i])
            face[i] = smooth.value
        self._stand(heard, face)
        for i, _ in self._filters:
            face[i] *= self._gate if i == _JAW else self._lips_gate
        face[_CLOSURE] = ramp(face[_CLOSURE], self.PARTED_BELOW, self.CLOSED_ABOVE)
        self._jaw = motion[_JAW]
        self._open_with_effort(heard, face)
        if condition is not None:
            self._shape_words(heard, condition, face)
        self._let_lips_win(face)
        self._breathe_in(heard, face)
        self._smile(heard, face)

    def _step_gate(self, *, present: bool) -> None:
        if present:
            self._present_s = self._present_s + FRAME_S if self._gate > 0.0 else 0.0
            self._gate = 1.0
        else:
            self._gate *= self.RELEASE_FACTOR
            if self._gate < self.SHUT_BELOW:
                self._gate = self._present_s = 0.0

    def _stand(self, heard: Hearing, face: list[float]) -> None:
        if self._standing is None:
            return
        shape = [smooth.value for _, smooth in self._filters]
        shown = self._standing.step(shape, heard.held_s, heard.level_dbfs)
        for (i, _), value in zip(self._filters, shown, strict=True):
            face[i] = value

    def _shape_words(self, heard: Hearing, condition: Condition, face: list[float]) -> None:
        """Blend in the words' shape: as large as the voice; without one as far as it is ready."""
        wanted = max(self._gate, condition.ready)
        self._words_gate = min(wanted, self._words_gate + self.WORDS_ATTACK)
        if self._present_s > self.WORDS_EFFORT_FROM_S:
            self._effort += (min(heard.effort, 1.1) - self._effort) * self._words_factor
            self._pitch += (heard.pitch - self._pitch) * self._words_factor
        effort = self._effort
        trust = condition.trust
        if trust <= 0.0:
            return
        shape = condition.shape.tolist()
        lips = self._words_gate * (self.WORDS_LIPS_SOFT + (1.0 - self.WORDS_LIPS_SOFT) * effort)
        jaw = self._words_gate * (self.WORDS_SOFT + (1.0 - self.WORDS_SOFT) * effort)
        jaw *= 1.0 + self.WORDS_PITCH * self._pitch
        closure = min(wanted * self.WORDS_CLOSURE, 1.0)
        for i in _SHAPED:
            size = jaw if i == _JAW else closure if i == _CLOSURE else lips
            face[i] += trust * (size * shape[i] - face[i])

    def _open_with_effort(self, heard: Hearing, face: list[float]) -> None:
        wanted = 1.0 + self.LOUDNESS_GAIN * (heard.effort - 1.0) if self._present_s > 0.0 else 1.0
        moves = 1.0 - self._standing.share if self._standing is not None else 1.0
        self._loudness += (wanted - self._loudness) * self._loudness_factor * moves
        jaw = face[_JAW] * self._loudness
        held = (
            self.HELD_JAW
            * self._gate
            * heard.effort
            * ramp(heard.held_s, 0.15, 0.4)
            * (1.0 - face[_CLOSURE])
        )
        face[_JAW] = max(jaw, held)

    def _let_lips_win(self, face: list[float]) -> None:
        """The jaw rises behind closed lips but not all the way; the rig keeps the lips shut."""
        closure = clamp(face[_CLOSURE], 0.0, 1.0)
        face[_JAW] *= 1.0 - (1.0 - self.JAW_LEFT_BY_LIPS) * closure

    def _breathe_in(self, heard: Hearing, face: list[float]) -> None:
        clear = heard.level_dbfs > self.BREATH_FROM_DBFS
        breath = self._breath.step(ramp(heard.breath, self.BREATH_FROM, 0.8) if clear else 0.0)
        if breath > self.SHUT_BELOW:
            face[_JAW] = max(face[_JAW], self.BREATH_JAW * breath)

    def _smile(self, heard: Hearing, face: list[float]) -> None:
        """Corners and cheeks rise a little with effort and pitch where the model leaves them alone."""
        lift = heard.effort * (0.10 + 0.06 * heard.pitch) if heard.present else 0.0
        if self._corners is not None:
            face[_CORNERS] = _rest_if_small(self._corners.step(lift))
        if self._cheeks is not None:
            face[_CHEEKS] = _rest_if_small(self._cheeks.step(max(0.0, 0.9 * lift)))


def _rest_if_small(value: float) -> float:
    return value if abs(value) > Mouth.SHUT_BELOW else 0.0


KNOWN_BY_MODEL: Final[tuple[str, ...]] = tuple(
    name for name in MOUTH_NAMES if name not in ("corner_pull", "cheek_raise")
)
"""What a model is taken to write where its manifest does not say."""
