"""One inventory for the sounds of all languages: what each asks of the mouth, and how firmly.

A symbol is its base letter with marks. The letter's features (height, rounding, place) give the posture,
marks change it, and a letter that is not listed is read by its base letter or as a neutral sound. So
every symbol that eSpeak NG writes has a posture.

Levels are those of a singer at full voice, in the vocabulary's scale. What they rest on:

- Jaw, rounding, pucker and spread of vowels: phonetics (height, rounding), in the relations that the
  bundled model was taught. A fit to captured Mandarin (`t2s_rt.training.fit_articulation`) gives about
  the same for rounding and pucker of o and u; it is too blurred to order the jaws of vowels.
- Upper and lower lip: drawn towards that fit, scaled so that a keeps its jaw. Captured faces bare the
  teeth in s, sh, j and hardly in a, where the jaw alone opens. Letters that are not Mandarin follow the
  nearest that is.
- Funnel of sh: between an assumption and the fit.
- Closures, labiodentals, jaws and all else: phonetics alone; the takes have too few sure p, m and f.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.lyrics.ipa import NON_SYLLABIC, VOWEL_OPENNESS

MOUTH_ACTIONS: Final = (
    "jaw_open", "lip_closure", "lip_rounding", "lip_pucker", "lip_funnel", "lip_spread",
    "upper_lip_raise", "lower_lip_depress",
)  # fmt: skip
"""The actions that sounds ask for, in the order of all rows here."""
MOUTH_COLUMNS: Final = tuple(ACTION_INDEX[name] for name in MOUTH_ACTIONS)
JAW, CLOSURE, ROUNDING, PUCKER, FUNNEL, SPREAD, UPPER, LOWER = range(len(MOUTH_ACTIONS))


@dataclass(frozen=True, slots=True)
class Posture:
    """What one sound asks of the mouth.

    Attributes:
        targets: An intensity for each of `MOUTH_ACTIONS`, at full voice.
        jaw_dominance: 0 to 1, how firmly it asks for its jaw against its neighbours.
        lip_dominance: 0 to 1, the same for its lips.
        closes: How far its lips close, 0 to 1; 1 for p, b and m.
        voiced: Whether the voice sounds in it.
        stops: Whether the breath is stopped in it, so that a voice may fall silent.
    """

    targets: tuple[float, ...]
    jaw_dominance: float
    lip_dominance: float
    closes: float = 0.0
    voiced: bool = True
    stops: bool = False


def _targets(**levels: float) -> tuple[float, ...]:
    row = [0.0] * len(MOUTH_ACTIONS)
    for name, level in levels.items():
        row[_SHORT[name]] = level
    return tuple(row)


_SHORT: Final = {
    "jaw": JAW, "closure": CLOSURE, "rounding": ROUNDING, "pucker": PUCKER, "funnel": FUNNEL,
    "spread": SPREAD, "upper": UPPER, "lower": LOWER,
}  # fmt: skip

_VOWELS: Final[dict[str, tuple[float, ...]]] = {
    **dict.fromkeys("aɑɐ", _targets(jaw=0.68, upper=0.04, lower=0.10)),
    "æ": _targets(jaw=0.62, spread=0.14, upper=0.06, lower=0.16),
    "ɒ": _targets(jaw=0.60, rounding=0.34, funnel=0.12),
    "ʌ": _targets(jaw=0.56, upper=0.04, lower=0.10),
    "ɶ": _targets(jaw=0.60, rounding=0.34, funnel=0.14),
    "ɛ": _targets(jaw=0.50, spread=0.20, upper=0.10, lower=0.28),
    "ɔ": _targets(jaw=0.52, rounding=0.52, funnel=0.20),
    "œ": _targets(jaw=0.46, rounding=0.42, funnel=0.26),
    **dict.fromkeys("ɜɝɞ", _targets(jaw=0.40, rounding=0.12, funnel=0.14, lower=0.10)),
    "e": _targets(jaw=0.42, spread=0.28, upper=0.10, lower=0.28),
    "o": _targets(jaw=0.44, rounding=0.68, pucker=0.10, funnel=0.22),
    **dict.fromkeys("øɵ", _targets(jaw=0.36, rounding=0.48, pucker=0.24, funnel=0.24)),
    **dict.fromkeys("əɘɤ", _targets(jaw=0.38, upper=0.03, lower=0.08)),
    "ɚ": _targets(jaw=0.36, rounding=0.14, funnel=0.16, lower=0.10),
    "i": _targets(jaw=0.22, spread=0.46, upper=0.08, lower=0.18),
    "ɪ": _targets(jaw=0.28, spread=0.34, upper=0.08, lower=0.18),
    "ᵻ": _targets(jaw=0.28, spread=0.26, upper=0.06, lower=0.18),
    "ɨ": _targets(jaw=0.24, spread=0.28, upper=0.06, lower=0.18),
    "ɯ": _targets(jaw=0.22, spread=0.14, lower=0.18),
    **dict.fromkeys("uʉ", _targets(jaw=0.20, rounding=0.44, pucker=0.66, funnel=0.20)),
    "ʊ": _targets(jaw=0.26, rounding=0.44, pucker=0.42, funnel=0.18),
    **dict.fromkeys("yʏ", _targets(jaw=0.20, rounding=0.38, pucker=0.60, funnel=0.26)),
}
_COMPRESSED_U: Final = _targets(jaw=0.22, rounding=0.42, pucker=0.40, funnel=0.10)
"""Japanese 'u' (``ɯᵝ``): lips drawn together; in song they round."""


def _consonants(letters: str, posture: Posture) -> dict[str, Posture]:
    return dict.fromkeys(letters, posture)


_LEAVES_LIPS: Final = 0.003
"""Lip dominance of sounds that leave rounding and spreading to the vowels around them."""
_M: Final = _targets(jaw=0.12, closure=1.0)
_F: Final = _targets(jaw=0.12, closure=0.30, upper=0.28)
_T: Final = _targets(jaw=0.18, spread=0.08, upper=0.06, lower=0.24)
_S: Final = _targets(jaw=0.12, spread=0.14, upper=0.14, lower=0.34)
_SH: Final = _targets(jaw=0.13, funnel=0.44, rounding=0.12, upper=0.14, lower=0.32)
_K: Final = _targets(jaw=0.24, upper=0.04, lower=0.14)

_CONSONANTS: Final[dict[str, Posture]] = {
    **_consonants("p", Posture(_M, 0.45, _LEAVES_LIPS, closes=1.0, voiced=False, stops=True)),
    **_consonants("bɓʙ", Posture(_M, 0.45, _LEAVES_LIPS, closes=1.0)),
    **_consonants("m", Posture(_M, 0.45, _LEAVES_LIPS, closes=1.0)),
    **_consonants("f", Posture(_F, 0.60, 0.60, closes=0.35, voiced=False)),
    **_consonants("vɱʋ", Posture(_F, 0.55, 0.55, closes=0.35)),
    **_consonants("ɸ", Posture(_targets(jaw=0.12, closure=0.4, rounding=0.2), 0.5, 0.35,
                               closes=0.4, voiced=False)),
    **_consonants("β", Posture(_targets(jaw=0.14, closure=0.4), 0.5, 0.2, closes=0.4)),
    **_consonants("tʈ", Posture(_T, 0.42, 0.06, voiced=False, stops=True)),
    **_consonants("dɖɗ", Posture(_T, 0.40, 0.06)),
    **_consonants("nɳɲ", Posture(_T, 0.35, 0.06)),
    **_consonants("lɫɭʎ", Posture(_targets(jaw=0.24, lower=0.20), 0.28, 0.10)),
    **_consonants("ɾɽ", Posture(_targets(jaw=0.24, lower=0.20), 0.22, 0.08)),
    **_consonants("rʀʁ", Posture(_targets(jaw=0.22, lower=0.16), 0.30, 0.10)),
    **_consonants("ɹɻ", Posture(_targets(jaw=0.20, rounding=0.26, funnel=0.26), 0.40, 0.40)),
    **_consonants("sɬ", Posture(_S, 0.75, 0.16, voiced=False)),
    **_consonants("zɮ", Posture(_S, 0.70, 0.16)),
    **_consonants("θ", Posture(_targets(jaw=0.16, upper=0.10, lower=0.28), 0.60, 0.25, voiced=False)),
    **_consonants("ð", Posture(_targets(jaw=0.16, upper=0.10, lower=0.28), 0.55, 0.25)),
    **_consonants("ʃʂ", Posture(_SH, 0.70, 0.70, voiced=False)),
    **_consonants("ʒʐ", Posture(_SH, 0.65, 0.65)),
    **_consonants("ɕ", Posture(_targets(jaw=0.13, funnel=0.34, upper=0.14, lower=0.34), 0.65, 0.40,
                               voiced=False)),
    **_consonants("ʑ", Posture(_targets(jaw=0.13, funnel=0.34, upper=0.14, lower=0.34), 0.60, 0.40)),
    **_consonants("kqc", Posture(_K, 0.25, 0.03, voiced=False, stops=True)),
    **_consonants("ɡgɟɢɠʄ", Posture(_K, 0.22, 0.03)),
    **_consonants("ŋɴ", Posture(_targets(jaw=0.22, lower=0.12), 0.28, 0.12)),
    **_consonants("xçχħɧ", Posture(_K, 0.22, 0.03, voiced=False)),
    **_consonants("ɣʕ", Posture(_K, 0.20, 0.03)),
    **_consonants("hɦ", Posture(_targets(jaw=0.30), 0.06, _LEAVES_LIPS, voiced=False)),
    **_consonants("ʔ", Posture(_targets(jaw=0.20), 0.04, _LEAVES_LIPS, voiced=False, stops=True)),
    **_consonants("jʝ", Posture(_targets(jaw=0.20, spread=0.36, upper=0.14, lower=0.32), 0.45, 0.45)),
    **_consonants("ɰ", Posture(_targets(jaw=0.22), 0.3, 0.15)),
    **_consonants("wʍ", Posture(_targets(jaw=0.16, rounding=0.44, pucker=0.74, funnel=0.16), 0.6, 0.85)),
    **_consonants("ɥ", Posture(_targets(jaw=0.16, rounding=0.40, pucker=0.64, funnel=0.22), 0.6, 0.85)),
}  # fmt: skip
_VOWEL_DOMINANCE: Final = 1.0
_GLIDE_DOMINANCE: Final = 0.7
_UNKNOWN: Final = Posture(_targets(jaw=0.22), 0.15, 0.08)
"""What no letter is known of: hardly anything, so that its neighbours decide."""
_ROUNDED_MARK: Final = "ʷ"


@lru_cache(maxsize=1024)
def posture(ipa: str) -> Posture:
    """What a sound asks of the mouth.

    Args:
        ipa: One IPA symbol with marks; affricates such as ``tʃ`` as one. Never fails: what is unknown is
            read by its base letter, else as hardly anything.
    """
    letters = [c for c in unicodedata.normalize("NFD", ipa.replace("ç", "\0")) if _is_known(c)]
    letters = ["ç" if letter == "\0" else letter for letter in letters]
    if not letters:
        return _UNKNOWN
    first = letters[0]
    if first in _VOWELS:
        return _vowel(first, ipa)
    found = _CONSONANTS[first]
    fricative = _CONSONANTS.get(letters[-1], found)
    if len(letters) > 1 and not found.closes:  # an affricate shows its fricative
        found = Posture(
            fricative.targets,
            fricative.jaw_dominance,
            fricative.lip_dominance,
            fricative.closes,
            voiced=found.voiced,
            stops=found.stops,
        )
    return _rounded(found) if _ROUNDED_MARK in ipa else found


def _is_known(character: str) -> bool:
    return character in _VOWELS or character in _CONSONANTS or character == "\0"


def _vowel(letter: str, ipa: str) -> Posture:
    targets = _COMPRESSED_U if letter == "ɯ" and "ᵝ" in ipa else _VOWELS[letter]
    dominance = _GLIDE_DOMINANCE if NON_SYLLABIC in ipa else _VOWEL_DOMINANCE
    return Posture(targets, dominance, dominance)


def _rounded(found: Posture) -> Posture:
    targets = list(found.targets)
    targets[ROUNDING] = max(targets[ROUNDING], 0.36)
    targets[PUCKER] = max(targets[PUCKER], 0.40)
    return Posture(
        tuple(targets),
        found.jaw_dominance,
        max(found.lip_dominance, 0.6),
        found.closes,
        voiced=found.voiced,
        stops=found.stops,
    )


if set(_VOWELS) != set(VOWEL_OPENNESS):
    raise RuntimeError("the inventory and the lyrics name the same vowels")
