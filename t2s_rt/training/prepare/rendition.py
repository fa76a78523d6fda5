"""A text as eSpeak NG says it: which sounds, and when in its own recording."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr

from t2s_rt.lyrics.espeak import USUAL_WPM, Speech, speak
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.types import FloatArray

_GAP_S: Final = 0.002
"""Zeros before a sound shorter than this are no closure."""
_STOPS: Final = frozenset("pbtdʈɖcɟkɡgqɢʔɓɗɠ")
_CARRIER_SHARE: Final = 2.0
"""How much longer the carrying vowel of a diphthong is than its glide."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sound of a rendition.

    Attributes:
        ipa: With marks, as `t2s_rt.lyrics.ipa.split_symbols` writes it.
        start_s: Its start.
        end_s: Its end.
        begins_word: Whether a speaker may pause before it.
    """

    ipa: str
    start_s: float
    end_s: float
    begins_word: bool


@dataclass(frozen=True, slots=True)
class Rendition:
    """A text said by eSpeak NG.

    Attributes:
        samples: ``(N,)`` at `RATE_HZ`.
        sounds: In order; between them are pauses.
    """

    samples: FloatArray
    sounds: tuple[Said, ...]


def render(text: str, language: str, wpm: int = USUAL_WPM) -> Rendition:
    """Let eSpeak NG say a text.

    A stop begins with its closure, which eSpeak counts to the sound before. A text of which nothing can
    be said has no sounds.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    speech = speak(text, language, wpm)
    sounds = tuple(_timed(speech))
    samples = (
        soxr.resample(speech.samples, speech.rate_hz, RATE_HZ) if len(speech.samples) else speech.samples
    )
    return Rendition(np.asarray(samples, np.float32), sounds)


def _timed(speech: Speech) -> list[Said]:
    words = np.asarray(speech.words)
    tokens = [(name, start) for name, start in speech.phonemes if not name.startswith("(")]
    tokens.append(("", len(speech.samples)))
    said: list[Said] = []
    starts = [_closure_start(speech, tokens, k) for k in range(len(tokens))]
    begins = True
    waiting: int | None = None
    word = -1
    for k, (name, marked) in enumerate(tokens[:-1]):
        start, end = starts[k], starts[k + 1]
        here = int(np.searchsorted(words, marked, side="right"))
        begins, word = begins or here != word, here
        pieces = split_symbols(name)
        if not pieces:
            if _is_mark(name) and said:  # softness of the consonant before; its glide goes to the vowel
                waiting = start
                said[-1] = Said(said[-1].ipa + _marks(name), said[-1].start_s, said[-1].end_s,
                                said[-1].begins_word)  # fmt: skip
            elif not name:
                begins = True
            continue
        start = start if waiting is None else waiting
        waiting = None
        shares = np.cumsum([0.0, *(_CARRIER_SHARE if piece.vowel else 1.0 for piece in pieces)])
        edges_s = (start + (end - start) * shares / shares[-1]) / speech.rate_hz
        for piece, start_s, end_s in zip(pieces, edges_s[:-1], edges_s[1:], strict=True):
            said.append(Said(piece.ipa, float(start_s), float(end_s), begins))
            begins = False
    return said


def _closure_start(speech: Speech, tokens: list[tuple[str, int]], k: int) -> int:
    """Start of a sound, with the silence before it where it is a stop."""
    name, start = tokens[k]
    letter = next((c for c in name if c not in "ˈˌ"), "")
    if k == 0 or letter not in _STOPS or not tokens[k - 1][0]:
        return start
    first = max(tokens[k - 1][1], 0)
    sounding = np.flatnonzero(np.abs(speech.samples[first:start]) > 1e-4)
    silent_from = first + (int(sounding[-1]) + 1 if len(sounding) else 0)
    return silent_from if start - silent_from > _GAP_S * speech.rate_hz else start


def _is_mark(name: str) -> bool:
    return bool(_marks(name))


def _marks(name: str) -> str:
    return "".join(c for c in name if c not in "ˈˌ" and unicodedata.category(c) in ("Lm", "Mn"))
