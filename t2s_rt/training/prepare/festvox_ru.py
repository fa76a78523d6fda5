"""festvox-ru: one man reads Russian, 620 sentences of 99.5 min, every sound with its end.

Source: Debian package festvox-ru, the voice msu_ru_nsh_clunits. Licence: BSD-like, copyright 2005
Nickolay V. Shmyrev (use and distribution free; changes to be marked; names not to be used as praise).
A sentence is ``wav/NAME.wav`` (16 kHz) beside ``lab/NAME.lab``, whose lines after ``#`` are ``end_s 125
phone``; the texts stand in ``etc/txt.done.data``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import soundfile

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder, obtain
from t2s_rt.training.prepare.xlabel import PAUSE, read_xlabels

VOICE: Final = "usr/share/festival/voices/russian/msu_ru_nsh_clunits"
PACKAGE: Final = Package(
    "festvox-ru",
    "0.5+dfsg-6",
    "21ef3f0f2978ecf2e2eddb367cb0ff4a72572196d28dc69feb84f4177af5e6c4",
    (f"{VOICE}/wav/*", f"{VOICE}/lab/*", f"{VOICE}/etc/txt.done.data", "usr/share/doc/*/copyright"),
)
SPEAKER: Final = "festvox-ru/nsh"
LICENCE: Final = "BSD-like, 2005 Nickolay V. Shmyrev"

_VOWELS: Final = {
    "aa": "a", "ee": "ɛ", "ii": "i", "oo": "o", "uu": "u", "yy": "ɨ",
    "a": "ɐ", "e": "e", "i": "ɪ", "u": "u", "y": "ᵻ",
    "ae": "ɪ", "ay": "ə", "ur": "ʊ",
}  # fmt: skip
"""Doubled letters are stressed. ``ae`` and ``ay`` are the weakest vowels; the package's own notes have
them the wrong way round: in its labels ``ae`` follows soft consonants and ``ay`` hard ones."""
_HARD: Final = {letter: letter for letter in "bdfkmnprstvz"} | {"g": "ɡ", "h": "x", "l": "ɫ"}
_SOFT: Final = {letter * 2: ipa.replace("ɫ", "l") + "ʲ" for letter, ipa in _HARD.items()}
_ALWAYS: Final = {"j": "j", "c": "ts", "ch": "tɕ", "sch": "ɕː", "sh": "ʂ", "zh": "ʐ"}
"""Hard or soft by themselves, without a counterpart."""
PHONES: Final[dict[str, str]] = {**_VOWELS, **_HARD, **_SOFT, **_ALWAYS}
"""IPA of each of the 50 phones; `PAUSE` is the 51st label."""

_TEXT_LINE: Final = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)')


def clips() -> Iterator[LabelledClip]:
    """Every sentence, after getting the package where it is not there yet.

    Raises:
        SetupError: It is not there and cannot be fetched on this system.
        CorpusError: It cannot be fetched, is damaged or not what it should be.
    """
    return load_clips(obtain(PACKAGE, corpus_folder()) / VOICE)


def load_clips(voice: Path) -> Iterator[LabelledClip]:
    """Every sentence of an unpacked voice, read as it is asked for, in the order of names.

    Args:
        voice: Folder with ``wav``, ``lab`` and ``etc``.

    Raises:
        CorpusError: There is no label file, a sentence has no recording, or a label cannot be read.
    """
    found = sorted((voice / "lab").glob("*.lab"))
    if not found:
        raise CorpusError(f"There are no label files in {voice / 'lab'}.")
    texts = _texts(voice / "etc" / "txt.done.data")
    for path in found:
        wav = voice / "wav" / f"{path.stem}.wav"
        try:
            samples, rate_hz = soundfile.read(wav, dtype="float32")
        except soundfile.LibsndfileError as problem:
            raise CorpusError(f"{wav} cannot be read: {problem.error_string}") from problem
        if rate_hz != RATE_HZ or samples.ndim != 1:
            raise CorpusError(f"{wav} should be mono at {RATE_HZ} Hz and has {rate_hz} Hz.")
        yield LabelledClip(
            name=path.stem,
            samples=samples,
            rate_hz=RATE_HZ,
            sounds=_sounds(path),
            text=texts.get(path.stem, ""),
            speaker=SPEAKER,
            language="ru",
            source=PACKAGE.name,
            licence=LICENCE,
            alignment_score=None,
        )


def _sounds(path: Path) -> tuple[tuple[str, float, float], ...]:
    return tuple(
        (PHONES[phone], start_s, end_s)
        for phone, start_s, end_s in read_xlabels(path, PHONES)
        if phone != PAUSE
    )


def _texts(path: Path) -> dict[str, str]:
    """Text by sentence, without the marks of stress."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise CorpusError(f"The sentences cannot be read from {path}: {problem}.") from problem
    rows = (_TEXT_LINE.match(line.strip()) for line in lines)
    return {row[1]: row[2].replace("+", "") for row in rows if row}
