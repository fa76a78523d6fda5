"""A user's own exemplars: from a song and its motion subtitles, as an artist edited them, to a bank."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from t2s_rt.errors import SubtitleError
from t2s_rt.lyrics.song import Line
from t2s_rt.pregen.descriptors import delivery
from t2s_rt.pregen.exemplar import (
    Anchor,
    Exemplar,
    Note,
    RelativeCue,
    check,
    note_span_s,
    read_exemplars,
)
from t2s_rt.pregen.phrase import Delivery, Descriptors, Emotion, PhrasedSong
from t2s_rt.pregen.plan import window
from t2s_rt.subtitles.cue import Cue, SubtitleTrack

ON_NOTE_S: Final = 0.08
"""A cue that starts or ends this near to the start or end of the longest note belongs to it."""
LEAST_SHARE: Final = 0.5
"""A cue belongs to the phrase whose time has this much of it."""


def collect(
    song: PhrasedSong,
    track: SubtitleTrack,
    emotions: dict[int, Emotion],
    origin: str = "",
) -> tuple[Exemplar, ...]:
    """Make exemplars of phrases and their cues.

    Args:
        song: The song that the track belongs to.
        track: Its motion subtitles.
        emotions: What each wanted phrase feels, by index.
        origin: Where they come from, for people.

    Returns:
        One for each wanted phrase that has cues and words.

    Raises:
        SubtitleError: No wanted phrase has any cue.
    """
    found: list[Exemplar] = []
    for index, emotion in sorted(emotions.items()):
        phrase = song.phrases[index]
        cues = _cues_of(song, index, track)
        if not cues or not any(character.isalnum() for character in phrase.text):
            continue
        cues_on_notes = tuple(_relative(cue, song, index, on_notes=True) for cue in cues)
        exemplar = Exemplar(
            text=" ".join(phrase.text.split()),
            language=phrase.language or "und",
            emotion=emotion,
            delivery=delivery(phrase.descriptors),
            descriptors=phrase.descriptors,
            note="",
            cues=cues_on_notes,
            origin=origin,
        )
        if not _holds(exemplar):
            in_parts = tuple(_relative(cue, song, index, on_notes=False) for cue in cues)
            exemplar = replace(exemplar, cues=_long_enough(in_parts, exemplar))
        if exemplar.cues:
            found.append(exemplar)
    if not found:
        raise SubtitleError(
            "None of the wanted phrases has a cue in these subtitles.",
            "Check that song and subtitles belong together, and the numbers of --phrases.",
        )
    return tuple(found)


def _cues_of(song: PhrasedSong, index: int, track: SubtitleTrack) -> list[Cue]:
    start_s, end_s = window(song, index)
    return [
        cue
        for cue in track.cues
        if min(cue.end_s, end_s) - max(cue.start_s, start_s) > LEAST_SHARE * cue.duration_s
    ]


def _holds(exemplar: Exemplar) -> bool:
    try:
        check(exemplar)
    except SubtitleError:
        return False
    return True


def _long_enough(cues: tuple[RelativeCue, ...], exemplar: Exemplar) -> tuple[RelativeCue, ...]:
    """Without flashes that have no time left in a phrase of usual length."""
    return tuple(cue for cue in cues if _holds(replace(exemplar, cues=(cue,))))


def _relative(cue: Cue, song: PhrasedSong, index: int, *, on_notes: bool) -> RelativeCue:
    earliest_s, latest_s = window(song, index)
    line = song.phrases[index].line
    return RelativeCue(
        cue.region,
        cue.move,
        round(cue.intensity, 2),
        _anchor(max(cue.start_s, earliest_s), line, on_notes=on_notes),
        _anchor(min(cue.end_s, latest_s), line, on_notes=on_notes),
        cue.text,
    )


def _anchor(time_s: float, line: Line, *, on_notes: bool) -> Anchor:
    note_s = note_span_s(line, Note.HELD)
    if on_notes and note_s[1] - note_s[0] > 4.0 * ON_NOTE_S and len(line.syllables) > 1:
        for ends in (False, True):
            if abs(time_s - note_s[ends]) <= ON_NOTE_S:
                return Anchor(Note.HELD, ends=ends)
    if time_s < line.start_s:
        return Anchor(0.0, offset_s=round(time_s - line.start_s, 2))
    if time_s > line.end_s:
        return Anchor(1.0, offset_s=round(time_s - line.end_s, 2))
    return Anchor(round((time_s - line.start_s) / max(line.end_s - line.start_s, 1e-6), 2))


def as_toml(exemplar: Exemplar) -> str:
    """One ``[[phrase]]`` of a bank file; reading it again gives the same exemplar."""
    sung = sung_text(exemplar.language, exemplar.delivery, exemplar.descriptors)
    rows = "\n".join(cue_text(cue) for cue in exemplar.cues)
    return (
        f"[[phrase]]\n"
        f"emotion = {_quoted(exemplar.emotion)}\n"
        f"text = {_quoted(exemplar.text)}\n"
        f"sung = {_quoted(sung)}\n"
        f"note = {_quoted(exemplar.note)}\n"
        f"cues = '''\n{rows}\n'''\n"
    )


def sung_text(language: str, how: Delivery, descriptors: Descriptors) -> str:
    """The ``sung`` line of a phrase."""
    d = descriptors
    values = {
        "loud": d.loudness,
        "pitch": d.pitch,
        "range": d.pitch_range,
        "rate": d.rate,
        "held": d.held,
        "vibrato": d.vibrato,
    }
    known = [f"{name} {_short(value)}" for name, value in values.items() if value is not None]
    if d.contour is not None:
        known.append(str(d.contour))
    head = f"{language} {how}"
    return f"{head}, {' '.join(known)}" if known else head


def cue_text(cue: RelativeCue) -> str:
    """One row of a phrase's cues."""
    text = "".join(character for character in cue.text.replace("'''", "''") if character.isprintable())
    span = f"{_anchor_text(cue.start, ends=False)}..{_anchor_text(cue.end, ends=True)}"
    return f"{cue.region} {cue.move} {_short(cue.intensity)} {span} {text}".rstrip()


def _anchor_text(anchor: Anchor, *, ends: bool) -> str:
    offset = f"{anchor.offset_s:+.2f}s" if anchor.offset_s else ""
    if isinstance(anchor.at, Note):
        edge = "" if anchor.ends == ends else (">" if anchor.ends else "<")
        return f"{edge}{anchor.at}{offset}"
    return f"{_short(anchor.at)}{offset}"


def _short(value: float) -> str:
    return f"{round(value, 2):g}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def append(exemplars: Sequence[Exemplar], path: Path) -> None:
    """Add exemplars to a bank file, whole or not at all; made with its folder where missing.

    Raises:
        SubtitleError: An exemplar or the file as it stands is wrong, or it cannot be written.
    """
    for exemplar in exemplars:
        check(exemplar)
    if path.exists():
        read_exemplars(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8").rstrip() + "\n\n" if path.exists() else ""
        temporary = path.with_suffix(".part")
        temporary.write_text(before + "\n".join(map(as_toml, exemplars)), encoding="utf-8")
        temporary.replace(path)
    except OSError as problem:
        raise SubtitleError(f"It cannot be written ({problem.strerror}).", file=str(path)) from None
