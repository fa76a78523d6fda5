"""Bands from nothing: drums, bass, chords, pads, organs, plucked strings and tunes.

A model has to tell from a singer what real albums have little of as well: bare synthesisers, steady or
bowed tones with vibrato, a lone drum kit. Tempo, key, players and their tones are drawn anew for each
piece. Nothing is shared with the band that models are judged on. Licence: the engine's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

PIECES: Final = 180
PIECE_S: Final = 20.0
SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 2, 4, 7, 9))
LICENCE: Final = "GPL-3.0-or-later"
_TOP_HZ: Final = 7600.0

_Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Tone:
    """How an instrument sounds.

    Attributes:
        partials: ``(P,)`` strength of each.
        attack_s: Rise.
        decay_s: Time constant of the fall while a key is held; large for organs and strings.
        release_s: Fall after it.
        detune: Share by which a second oscillator is higher; 0 for one oscillator.
        vibrato: In octaves, half of peak to peak.
    """

    partials: _Samples
    attack_s: float
    decay_s: float
    release_s: float
    detune: float
    vibrato: float


def pieces() -> Iterator[FloatArray]:
    """Every piece ``(N,)``, mono at `RATE_HZ`; the same in every process."""
    for number in range(PIECES):
        yield play(PIECE_S, np.random.default_rng((23, number)))


def play(duration_s: float, rng: np.random.Generator) -> FloatArray:
    """One piece of some of the players, at least one."""
    out = np.zeros(round(duration_s * RATE_HZ))
    step_s = 60.0 / float(rng.uniform(65.0, 175.0)) / 4.0
    steps = int(duration_s / step_s)
    key_hz = 110.0 * 2.0 ** float(rng.uniform(-0.5, 0.5))
    scale = SCALES[int(rng.integers(len(SCALES)))]
    chords = _chords(scale, rng)
    players = rng.random(5) < (0.7, 0.6, 0.6, 0.5, 0.6)
    if not players.any():
        players[int(rng.integers(5))] = True
    drums, bass, harmony, arpeggio, tune = (bool(player) for player in players)
    if drums:
        _drum(out, steps, step_s, rng)
    if bass:
        _bass(out, steps, step_s, key_hz, chords, rng)
    if harmony:
        _harmony(out, steps, step_s, key_hz, chords, rng)
    if arpeggio:
        _arpeggio(out, steps, step_s, key_hz, chords, rng)
    if tune:
        _tune(out, steps, step_s, key_hz, scale, rng)
    return (0.5 * out / max(float(np.abs(out).max()), 1e-9)).astype(np.float32)


def _chords(scale: tuple[int, ...], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Four chords of a bar each: every other note of the scale from a random one, in semitones."""
    size = int(rng.integers(2, 5))
    roots = rng.integers(0, len(scale), 4).tolist()
    return [tuple(_degree(scale, root + 2 * i) for i in range(size)) for root in roots]


def _degree(scale: tuple[int, ...], number: int) -> int:
    octave, place = divmod(number, len(scale))
    return 12 * octave + scale[place]


def _hz(key_hz: float, semitones: float) -> float:
    return float(key_hz * 2.0 ** (semitones / 12.0))


def _draw_tone(rng: np.random.Generator, *, sustained: bool) -> _Tone:
    """Partials that fall by a power, all or the odd ones, with a random bump or two."""
    count = int(rng.integers(1, 40))
    number = np.arange(1, count + 1, dtype=np.float64)
    partials: _Samples = number ** -float(rng.uniform(0.6, 2.2))
    if rng.random() < 0.3:
        partials = partials * (number % 2)
    if rng.random() < 0.5:
        bump = np.exp(-0.5 * ((number - rng.uniform(1, 12)) / rng.uniform(0.7, 3.0)) ** 2)
        partials = partials * (1.0 + float(rng.uniform(0.0, 6.0)) * bump)
    return _Tone(
        partials=partials,
        attack_s=float(rng.uniform(0.01, 0.25) if sustained else rng.uniform(0.001, 0.01)),
        decay_s=float(rng.uniform(2.0, 30.0) if sustained else np.exp(rng.uniform(-3.0, 0.2))),
        release_s=float(rng.uniform(0.02, 0.4)),
        detune=float(rng.choice([0.0, rng.uniform(0.001, 0.01)])),
        vibrato=float(rng.choice([0.0, rng.uniform(0.1, 0.5)])) / 12.0 if sustained else 0.0,
    )


def _add(out: _Samples, start_s: float, sound: _Samples) -> None:
    room = out[max(round(start_s * RATE_HZ), 0) :][: len(sound)]
    room += sound[: len(room)]


def _note(tone: _Tone, hz: float, held_s: float, rng: np.random.Generator) -> _Samples:
    length_s = held_s + tone.release_s
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    wave = tone.vibrato * np.sin(2.0 * np.pi * float(rng.uniform(4.5, 6.5)) * time_s)
    phase = 2.0 * np.pi * np.cumsum(hz * 2.0**wave) / RATE_HZ
    if not tone.vibrato:
        phase = 2.0 * np.pi * hz * time_s
    sound = np.zeros(len(time_s))
    for number, strength in enumerate(tone.partials, 1):
        if number * hz > _TOP_HZ:
            break
        if strength > 1e-4:
            turn = float(rng.uniform(0.0, 2.0 * np.pi))
            sound += strength * np.sin(number * phase + turn)
            if tone.detune:
                sound += strength * np.sin(number * (1.0 + tone.detune) * phase + 2.0 * turn)
    envelope = np.minimum(time_s / tone.attack_s, 1.0) * np.exp(-time_s / tone.decay_s)
    envelope *= np.clip((length_s - time_s) / tone.release_s, 0.0, 1.0)
    return np.asarray(sound * envelope / max(float(np.abs(tone.partials).sum()), 1e-9))


def _bass(
    out: _Samples, steps: int, step_s: float, key_hz: float, chords: list[tuple[int, ...]],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    tone = _draw_tone(rng, sustained=rng.random() < 0.4)
    strength, pattern = float(rng.uniform(0.4, 1.0)), rng.random(16) < 0.35
    pattern[0] = True
    for step in range(steps):
        if pattern[step % 16]:
            hz = _hz(0.5 * key_hz, chords[step // 16 % 4][0])
            _add(out, step * step_s, strength * _note(tone, hz, 3.0 * step_s, rng))


def _harmony(
    out: _Samples, steps: int, step_s: float, key_hz: float, chords: list[tuple[int, ...]],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    tone = _draw_tone(rng, sustained=rng.random() < 0.7)
    strength, every = float(rng.uniform(0.15, 0.6)), int(rng.choice([4, 8, 16]))
    octave = 2.0 ** int(rng.integers(0, 3))
    for step in range(0, steps, every):
        for semitones in chords[step // 16 % 4]:
            hz = _hz(octave * key_hz, semitones)
            _add(out, step * step_s, strength * _note(tone, hz, 0.95 * every * step_s, rng))


def _arpeggio(
    out: _Samples, steps: int, step_s: float, key_hz: float, chords: list[tuple[int, ...]],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    tone = _draw_tone(rng, sustained=False)
    strength, density = float(rng.uniform(0.2, 0.7)), float(rng.uniform(0.3, 1.0))
    octave = 2.0 ** int(rng.integers(1, 3))
    for step in range(steps):
        if rng.random() < density:
            chord = chords[step // 16 % 4]
            hz = _hz(octave * key_hz, chord[int(rng.integers(len(chord)))])
            _add(out, step * step_s, strength * _note(tone, hz, step_s, rng))


def _tune(
    out: _Samples, steps: int, step_s: float, key_hz: float, scale: tuple[int, ...],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """One voice where a singer's would lie, with a singer's vibrato: what is easiest to mistake."""
    tone = _draw_tone(rng, sustained=rng.random() < 0.7)
    strength, octave = float(rng.uniform(0.4, 1.2)), 2.0 ** int(rng.integers(1, 4))
    degree, step = int(rng.integers(0, len(scale))), 0
    while step < steps:
        length = int(rng.choice([1, 2, 2, 4, 4, 6, 8, 16]))
        if rng.random() < 0.85:
            hz = _hz(octave * key_hz, _degree(scale, degree))
            _add(out, step * step_s, strength * _note(tone, hz, 0.9 * length * step_s, rng))
        degree = int(np.clip(degree + rng.integers(-2, 3), -3, 9))
        step += length


def _drum(out: _Samples, steps: int, step_s: float, rng: np.random.Generator) -> None:
    """Kick, snare, hat and tom on patterns of a bar; each hit a little different."""
    chances = {"kick": 0.25, "snare": 0.15, "hat": 0.5, "tom": 0.07}
    patterns = {name: rng.random(16) < chance for name, chance in chances.items()}
    patterns["kick"][0] = patterns["snare"][4] = patterns["snare"][12] = True
    strengths = {name: float(rng.uniform(0.2, 1.2)) for name in chances}
    ring_s = float(np.exp(rng.uniform(-3.5, -1.6)))
    for step in range(steps):
        for name, pattern in patterns.items():
            if pattern[step % 16]:
                hit = float(rng.uniform(0.7, 1.0)) * strengths[name] * _hit(name, ring_s, rng)
                _add(out, step * step_s, hit)


def _hit(name: str, ring_s: float, rng: np.random.Generator) -> _Samples:
    time_s = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    noise = rng.standard_normal(len(time_s))
    if name == "kick":
        sweep = np.cumsum(48.0 + 140.0 * np.exp(-time_s / 0.02)) / RATE_HZ
        return np.asarray(np.sin(2.0 * np.pi * sweep) * np.exp(-time_s / 0.09))
    if name == "tom":
        sweep = np.cumsum(110.0 + 60.0 * np.exp(-time_s / 0.05)) / RATE_HZ
        return np.asarray(np.sin(2.0 * np.pi * sweep) * np.exp(-time_s / 0.12))
    if name == "snare":
        body = np.sin(2.0 * np.pi * 205.0 * time_s) + 0.5 * np.sin(2.0 * np.pi * 330.0 * time_s)
        return np.asarray((0.6 * body + 0.5 * noise) * np.exp(-time_s / ring_s))
    return np.asarray(np.diff(noise, prepend=0.0) * 0.4 * np.exp(-time_s / (0.3 * ring_s)))
