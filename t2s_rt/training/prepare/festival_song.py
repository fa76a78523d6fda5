"""Two American voices of festival sing English words on random melodies, with the time of each sound.

The singing mode gives syllables the length and pitch of their notes; only words of one syllable are
sung, because it stretches the consonants of longer ones. Sources: Debian packages festvox-kallpc16k and
festvox-kdlpc16k (diphones of two men), festlex-cmu and festlex-poslex. Licences: BSD-like, 1998 Alan W
Black and Kevin Lenzo (kal), 1997 Centre for Speech Technology Research, Edinburgh (ked). Words and
melodies are made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder
from t2s_rt.training.prepare.festival import SHARE, assemble, kept_under, read_spoken

_KEPT: Final = (f"{SHARE}/*", "usr/share/doc/*/copyright")
LEXICONS: Final = (
    Package(
        "festlex-cmu", "2.4-2",
        "9c4ca30881e987998abd51bed538e08d960aa08e8f003461c8c246da97235bbb", _KEPT,
    ),
    Package(
        "festlex-poslex", "2.4-1",
        "bb0b51d8f99ee829ce43f4aa0983d5b63d50225dcbdd24a9b14d18e24fddc684", _KEPT,
    ),
)  # fmt: skip
VOICES: Final = {
    "kal": Package(
        "festvox-kallpc16k", "2.4-1",
        "bb21a90974a2754044c6dc11e4cf958aa8ba91ddb312e20ea7a114f3b73dadae", _KEPT,
    ),
    "ked": Package(
        "festvox-kdlpc16k", "1.4.0-6.1",
        "3c359e51b6c85d5f5e00368804c52a68f551b1961ee03a79dde5245bc1accb6c", _KEPT,
    ),
}  # fmt: skip
LICENCE: Final = "BSD-like, Alan W Black and Kevin Lenzo; Centre for Speech Technology Research"
SONGS: Final = 150
"""A voice sings so many, about 33 min."""
WORDS: Final = 16
"""In a song."""
RANGE_HZ: Final = (85.0, 440.0)
"""Festival crashes near 520 Hz."""
NOTE_S: Final = (0.45, 5.0)
"""In a shorter one the consonants, which keep their length, leave no time to the vowel."""
PHONES: Final = {
    "aa": "ɑ", "ae": "æ", "ah": "ʌ", "ao": "ɔ", "ax": "ə", "axr": "ɚ", "eh": "ɛ", "er": "ɝ", "ih": "ɪ",
    "iy": "i", "uh": "ʊ", "uw": "u", "aw": "aʊ", "ay": "aɪ", "ey": "eɪ", "ow": "oʊ", "oy": "ɔɪ",
    "b": "b", "ch": "tʃ", "d": "d", "dh": "ð", "dx": "ɾ", "f": "f", "g": "ɡ", "hh": "h", "hv": "ɦ",
    "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "nx": "n", "ng": "ŋ", "p": "p", "r": "ɹ",
    "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "v": "v", "w": "w", "y": "j", "z": "z", "zh": "ʒ",
    "el": "l̩", "em": "m̩", "en": "n̩",
}  # fmt: skip
PAUSES: Final = frozenset(("pau", "h#", "brth"))
_TAIL_S: Final = 0.3

_WORDS: Final = """
    moon bright home blow blue feel fire wave keep warm me you my boat pale light soft rain fall
    far free bird bees top map pool page peace hope beam move room flame thumb jump young voice choice
    south cloud loud house how now sky high time find why name way stay pain road low slow gold boy toy
    food spoon shoe true who look good foot book could put love sun come blood up cup heart dark star
    car arm calm dawn law tall song long lost red bed bread head them deep sea me leap sleep queen
    big ship lip sing ring wish sit man hand back black clap lamp girl bird world turn church earth hurt
    with bath both breath wash fish shine she mess four five save vine give have leave wolf win wind
    wood swim twice queen quick year yes yard jade bridge judge zoo rose buzz green grass glass grow kiss
    cat kite coat cake pop pump bump mop mob hum him hymn from form farm palm pope"""


def clips() -> Iterator[LabelledClip]:
    """Every song of both voices, sung once and then kept.

    Raises:
        SetupError: Festival is not there and does not run on this system.
        CorpusError: A package cannot be had, or festival fails.
    """
    folder = corpus_folder()
    festival = assemble((*LEXICONS, *VOICES.values()), folder)
    for voice in VOICES:
        sung = [song(voice, number) for number in range(SONGS)]
        into = kept_under(folder, f"song_{voice}", (score for _, score in sung))
        festival.sing(f"voice_{voice}_diphone", [score for _, score in sung], into)
        for number, (text, _) in enumerate(sung):
            yield read_song(into / f"{number:04d}", voice, text)


def song(voice: str, number: int) -> tuple[str, str]:
    """Text and score of a song: each voice has its own."""
    rng = np.random.default_rng((*voice.encode(), number))
    lowest, highest = np.log2(RANGE_HZ)
    root = float(rng.uniform(lowest, highest - 1.0))
    length_s = float(rng.choice([0.5, 0.8, 1.3]))
    words, lines = [], ['<REST SECONDS="0.4"></REST>']
    for _ in range(WORDS):
        words.append(str(rng.choice(_WORDS.split())))
        hz = 2.0 ** (root + int(rng.integers(0, 13)) / 12.0)
        note_s = float(np.clip(length_s * rng.lognormal(0.0, 0.5), *NOTE_S))
        lines.append(
            f'<PITCH FREQ="{hz:.1f}"><DURATION SECONDS="{note_s:.3f}">{words[-1]}</DURATION></PITCH>'
        )
        if rng.random() < 0.15:
            lines.append(f'<REST SECONDS="{rng.uniform(0.2, 1.0):.3f}"></REST>')
    return " ".join(words), "\n".join(lines)


def read_song(stem: Path, voice: str, text: str) -> LabelledClip:
    """The song that festival wrote, with silence behind it.

    Raises:
        CorpusError: A file cannot be read, or a phone is unknown.
    """
    samples, sounds = read_spoken(stem, PHONES, PAUSES)
    return LabelledClip(
        name=f"{voice}_{stem.name}",
        samples=np.pad(samples, (0, round(_TAIL_S * RATE_HZ))),
        rate_hz=RATE_HZ,
        sounds=sounds,
        text=text,
        speaker=f"festival/{voice}",
        language="en-us",
        source="festival-song",
        licence=LICENCE,
        alignment_score=None,
        sung=True,
    )
