"""A song becomes phrases and sections: what is sung in one breath, and which of it belongs together."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

from t2s_rt.errors import PlanError
from t2s_rt.lyrics.song import Line, Song, Word
from t2s_rt.pregen.descriptors import note_descriptors
from t2s_rt.pregen.phrase import Phrase, PhrasedSong, Section
from t2s_rt.pregen.tongue import CURLY_APOSTROPHE, languages_of
from t2s_rt.pregen.vocal import hear_vocal, vocal_descriptors

LONG_LINE_S: Final = 7.0
"""A longer line is cut where it rests: few singers go on so long on one breath."""
LONGEST_LINE_S: Final = 14.0
"""A longer line is cut even where it does not rest."""
REST_S: Final = 0.35
"""A rest that separates phrases; half of it separates no words that belong together."""
FRAGMENT_SYLLABLES: Final = 2
FRAGMENT_S: Final = 0.9
"""A line as short as this on both counts is part of its neighbour, if it touches it."""
SECTION_REST_S: Final = 4.0
"""A rest that long, and three times the usual one, starts a new section."""
SHORTEST_CHORUS: Final = 2
"""Phrases; fewer that repeat are an echo."""
OFTEN: Final = 0.6
"""A chorus comes at least this part as often as what repeats usually does: a verse may come twice."""
ALIKE: Final = 0.6
"""Part of words in common at which two lines count as the same line."""


def phrase_song(song: Song, vocal: Path | None = None, voice: int = 0) -> PhrasedSong:
    """Cut one singer's part of a song into phrases and sections, and say how each phrase sounds.

    Args:
        song: As read.
        vocal: A recording of the singer that the song's times belong to, best without instruments.
        voice: Index of the singer; backing lines are left out unless there are no others.

    Returns:
        The phrases. What could not be relied on in the recording is among the song's warnings.

    Raises:
        PlanError: This singer sings nothing.
        AudioError: The recording cannot be read.
    """
    lines = phrase_lines(song, voice)
    warnings: tuple[str, ...] = ()
    if vocal is None:
        descriptors = note_descriptors(lines)
    else:
        descriptors, warnings = vocal_descriptors(lines, hear_vocal(vocal))
    languages = languages_of([line.text for line in lines], song.language)
    sections = find_sections(lines)
    section_of = {i: n for n, section in enumerate(sections) for i in section.phrases}
    phrases = tuple(
        Phrase(index, line, language, section_of[index], sound)
        for index, (line, language, sound) in enumerate(zip(lines, languages, descriptors, strict=True))
    )
    return PhrasedSong(replace(song, warnings=song.warnings + warnings), phrases, sections)


def phrase_lines(song: Song, voice: int = 0) -> list[Line]:
    """One singer's lines, overlong ones cut at rests and fragments joined to what they touch.

    Raises:
        PlanError: This singer sings nothing.
    """
    if not 0 <= voice < len(song.voices):
        raise PlanError(
            f"The song has {len(song.voices)} voices, numbered from 0, but voice {voice} was asked for."
        )
    own = [line for line in song.lines if line.voice == voice]
    own = [line for line in own if not line.background] or own
    lines: list[Line] = []
    for line in own:
        if lines and (not line.text or _is_fragment(lines[-1], line)):
            lines[-1] = _join(lines[-1], line)
        else:
            lines.append(line)
    if len(lines) > 1 and not lines[0].text:
        lines.pop(0)
    if not lines or not any(line.text for line in lines):
        raise PlanError(f"Voice {voice} of this song has no words.", "Choose another voice.")
    return [part for line in lines for part in _split(line)]


def _is_fragment(before: Line, line: Line) -> bool:
    """Whether two lines of which one is tiny follow each other without a rest, within a sentence."""
    tiny = any(
        len(one.syllables) <= FRAGMENT_SYLLABLES and one.end_s - one.start_s < FRAGMENT_S
        for one in (before, line)
    )
    touching = line.words[0].start_s - before.words[-1].end_s < 0.5 * REST_S
    return (
        tiny
        and touching
        and not line.text[0].isupper()
        and before.section == line.section
        and line.end_s - before.start_s <= LONG_LINE_S
    )


def _join(first: Line, second: Line) -> Line:
    words = first.words + second.words
    if second.words[0].start_s < first.words[-1].end_s:
        return first
    return replace(first, words=words, end_s=max(first.end_s, second.end_s))


def _split(line: Line) -> list[Line]:
    length_s = line.end_s - line.start_s
    if length_s <= LONG_LINE_S or len(line.words) < 2:
        return [line]
    cut = _best_cut(line.words, must=length_s > LONGEST_LINE_S)
    if cut is None:
        return [line]
    first, second = line.words[:cut], line.words[cut:]
    return [
        *_split(replace(line, words=first, end_s=first[-1].end_s)),
        *_split(replace(line, words=second, start_s=second[0].start_s)),
    ]


def _best_cut(words: tuple[Word, ...], *, must: bool) -> int | None:
    """Index of the word to cut before: the longest rest, punctuation and the middle preferred."""

    def worth(index: int) -> float:
        rest_s = words[index].start_s - words[index - 1].end_s
        stop = 0.3 if words[index - 1].text.endswith((",", ".", ";", ":", "!", "?", "、", "。")) else 0.0
        span_s = max(words[-1].end_s - words[0].start_s, 1e-6)
        off_centre = abs((words[index].start_s - words[0].start_s) / span_s - 0.5)
        return rest_s + stop - 0.5 * off_centre

    cuts = [
        index
        for index in range(1, len(words))
        if words[index].text and (must or words[index].start_s - words[index - 1].end_s >= REST_S)
    ]
    return max(cuts, key=worth, default=None)


def find_sections(lines: Sequence[Line]) -> tuple[Section, ...]:
    """Verses and choruses: as the file names them, else by repeated text and long rests.

    Args:
        lines: At least one.

    Returns:
        Sections that cover all lines, in order.
    """
    if any(line.section for line in lines):
        names = [line.section for line in lines]
        starts = [i for i in range(len(lines)) if i == 0 or names[i] != names[i - 1]]
        return _cut(starts, len(lines), [names[i] for i in starts])
    repeats = _repeated(lines)
    rests = [after.start_s - before.end_s for before, after in itertools.pairwise(lines)]
    long_s = max(SECTION_REST_S, 3.0 * median(rests)) if rests else SECTION_REST_S
    starts = [0]
    for index in range(1, len(lines)):
        if repeats[index] != repeats[index - 1] or rests[index - 1] > long_s:
            starts.append(index)
    names = ["Chorus" if repeats[i] else "Verse" for i in starts] if any(repeats) else [""] * len(starts)
    return _cut(starts, len(lines), _with_bridge(names))


def _cut(starts: list[int], count: int, names: list[str]) -> tuple[Section, ...]:
    ends = [*starts[1:], count]
    return tuple(
        Section(name, tuple(range(start, end)))
        for name, start, end in zip(names, starts, ends, strict=True)
    )


def _with_bridge(names: list[str]) -> list[str]:
    """The last verse between choruses is the bridge, if two verses came before."""
    verses = [index for index, name in enumerate(names) if name == "Verse"]
    if len(verses) >= 3 and "Chorus" in names[verses[-1] + 1 :] and "Chorus" in names[: verses[-1]]:
        return [*names[: verses[-1]], "Bridge", *names[verses[-1] + 1 :]]
    return names


def _repeated(lines: Sequence[Line]) -> list[bool]:
    """Whether each line belongs to a run of lines that comes again elsewhere in the song."""
    words = [_normal(line.text) for line in lines]
    counts = [
        sum(abs(i - j) != 1 and _alike(one, other) for j, other in enumerate(words))
        for i, one in enumerate(words)
    ]
    distinct = {frozenset(one.items()): count for one, count in zip(words, counts, strict=True)}
    usual = median([count for count in distinct.values() if count > 1] or [0])
    again = [count > 1 and count >= OFTEN * usual for count in counts]
    if all(again):  # nothing stands out
        again = [count > usual for count in counts]
    _turn_runs(again, value=True)
    _turn_runs(again, value=False)
    return again


def _turn_runs(again: list[bool], *, value: bool) -> None:
    """Turn single lines: one that repeats alone is an echo, a new one inside a chorus belongs to it."""
    runs = [
        [index for index, _ in group]
        for _, group in itertools.groupby(enumerate(again), key=lambda pair: pair[1])
    ]
    for before, run, after in zip([[], *runs[:-1]], runs, [*runs[1:], []], strict=True):
        if len(run) >= SHORTEST_CHORUS or again[run[0]] is not value:
            continue
        if value or min(len(before), len(after)) >= SHORTEST_CHORUS:
            again[run[0]] = not value


def _normal(text: str) -> Counter[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = re.findall(r"\w+(?:'\w+)?", folded.replace(CURLY_APOSTROPHE, "'"))
    if any(ord(character) >= 0x3040 for character in folded):  # no spaces between words: letters count
        words = [character for character in folded if character.isalnum()]
    return Counter(words)


def _alike(one: Counter[str], other: Counter[str]) -> bool:
    both = (one & other).total()
    return both > 0 and both >= ALIKE * (one | other).total()
