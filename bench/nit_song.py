"""The NIT SONG070 take with its HTS full-context labels: sounds and notes as they were really sung.

Source: Nagoya Institute of Technology, CC BY 3.0. A label line is ``START END CONTEXT`` with times in
100 ns; the context holds the kind of sound before ``@``, the sound between ``-`` and ``+``, and its note
after ``/E:`` (the full-context labels of HTS for singing).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2s_rt.errors import LyricsError
from t2s_rt.lyrics.song import Line, Song, Syllable, Word

LABEL_UNITS_PER_S: Final = 10_000_000
_CONTEXT: Final = re.compile(r"(?P<kind>\w)@[^-]+-(?P<name>\w+)\+.*?/E:(?P<note>\w+?)\]")
_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class LabelledSound:
    """One line of the label file.

    Attributes:
        name: The sound in the labels' letters: ``a``, ``sh``, ``N``; ``cl`` a closure, ``pau`` a rest.
        start_s: Start in seconds of the recording.
        end_s: End.
        kind: ``c`` consonant, ``v`` vowel (``N`` is one), ``b`` closure, ``p`` rest, ``s`` silence.
        pitch_midi: The note, None in rests.
    """

    name: str
    start_s: float
    end_s: float
    kind: str
    pitch_midi: int | None


def load_labels(path: Path) -> tuple[LabelledSound, ...]:
    """Read a label file.

    Raises:
        LyricsError: A line is no full-context label of singing.
    """
    return tuple(
        _read(line, number, path)
        for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1)
        if line.strip()
    )


def song_of(sounds: tuple[LabelledSound, ...]) -> Song:
    """The song as a lyrics file would have it.

    A syllable lasts as long as its vowel; its text is consonants and vowel, its pitch the note's. A line
    ends at each rest.
    """
    lines: list[list[Syllable]] = [[]]
    onset = ""
    for sound in sounds:
        if sound.kind == "v":
            pitch = None if sound.pitch_midi is None else float(sound.pitch_midi)
            lines[-1].append(Syllable(onset + sound.name, sound.start_s, sound.end_s, pitch))
            onset = ""
        elif sound.kind == "c":
            onset += sound.name
        elif sound.kind in "ps" and lines[-1]:
            lines.append([])
    return Song(
        title="SONG070",
        artist="",
        language="ja",
        lines=tuple(
            Line((Word(tuple(line)),), line[0].start_s, line[-1].end_s) for line in lines if line
        ),
    )


def _read(line: str, number: int, path: Path) -> LabelledSound:
    start, _, rest = line.partition(" ")
    end, _, context = rest.partition(" ")
    found = _CONTEXT.match(context)
    if found is None or not (start.isdigit() and end.isdigit()):
        raise LyricsError(
            "A label line is START END CONTEXT with a note after /E:.", file=str(path), line=number
        )
    return LabelledSound(
        name=found["name"],
        start_s=int(start) / LABEL_UNITS_PER_S,
        end_s=int(end) / LABEL_UNITS_PER_S,
        kind=found["kind"],
        pitch_midi=_midi(found["note"]),
    )


def _midi(note: str) -> int | None:
    """``F4`` to 65, ``Bb3`` and ``A#3`` to 58; ``xx`` is none."""
    if note == "xx":
        return None
    alteration = note.count("#") - note.count("b")
    return 12 * (int(note[-1]) + 1) + _STEPS[note[0]] + alteration
