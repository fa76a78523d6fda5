"""Where in a phrase a face may do something: its stressed word, its held note, its peak, its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from t2s_rt.lyrics.song import Line
from t2s_rt.pregen.descriptors import held_spans
from t2s_rt.pregen.emotion import Reading
from t2s_rt.pregen.phrase import Phrase

HELD_S: Final = 0.55
"""A longer note is held; the face has time to do something on it."""
READY_S: Final = 0.12
"""A face is where it wants to be when the word sounds, so it starts that much before."""
ACCENT_S: Final = 0.45
"""An accent shorter than this is a twitch."""
PAD_S: Final = 0.15
LONG_NOTE_S: Final = 3.0
"""A note that long is a scene of its own: the face arrives, grows and lets go with the voice."""
HELD_ON_SMALL_S: Final = 1.0
"""A small word carries an accent only where it is sung that long."""


class Place(StrEnum):
    """A part of a phrase, by what is sung there."""

    WHOLE = "whole"
    """From before the first word to after the last."""
    STRESS = "stress"
    """The word that carries the meaning."""
    UNTIL = "until"
    """From the beginning to that word."""
    ONWARD = "onward"
    """From that word to the end and beyond."""
    HELD = "held"
    """The longest note."""
    PEAK = "peak"
    """The highest note."""
    FIRST_HALF = "first half"
    SECOND_HALF = "second half"
    END = "end"
    """The last word and what rings after it."""
    AFTER = "after"
    """The rest after the phrase."""
    BREATH = "breath"
    """The rest before it."""
    ARRIVAL = "arrival"
    """The first half of a very long note."""
    SWELL = "swell"
    """Its second half, until the voice lets go."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the song.

    Attributes:
        start_s: In seconds of the song.
        end_s: Later.
        word: What is sung there, for people to read.
    """

    start_s: float
    end_s: float
    word: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """The places of one phrase.

    Attributes:
        spans: A span for each place; AFTER and BREATH are missing where there is no rest, HELD and PEAK
            where no note stands out.
        word_of: ``(syllables,)`` the word each syllable belongs to, for people to read.
        syllables: ``(syllables,)`` when each is sung.
    """

    spans: dict[Place, Span]
    word_of: tuple[str, ...]
    syllables: tuple[tuple[float, float], ...]

    def word_span(self, first: int, last: int) -> Span:
        """The span of some syllables, long enough to be seen."""
        start_s = self.syllables[first][0] - READY_S
        end_s = max(self.syllables[last][1] + PAD_S, start_s + ACCENT_S)
        return Span(start_s, end_s, _joined(self.word_of[first : last + 1]))


def find_points(
    phrase: Phrase, reading: Reading, window: tuple[float, float], lead_s: float, tail_s: float
) -> Points:
    """Find the places of a phrase.

    Args:
        phrase: The phrase.
        reading: What its words say.
        window: Start and end in seconds of the time that is its own.
        lead_s: How long before the first word the face begins, where there is room.
        tail_s: How long after the last it lets go.
    """
    line = phrase.line
    times = tuple((one.start_s, one.end_s) for one in line.syllables)
    words = _words(line)
    points = Points({}, words, times)
    sung_from_s, sung_to_s = times[0][0], times[-1][1]
    start_s = max(window[0], sung_from_s - lead_s)
    end_s = min(window[1], sung_to_s + tail_s)
    first, last = stressed(phrase, reading)
    stress = points.word_span(first, last)
    spans = points.spans
    middle_s = 0.5 * (sung_from_s + sung_to_s)
    spans[Place.WHOLE] = Span(start_s, end_s, words[0])
    stress = points.word_span(sung_stress(line, first, last), last)
    spans[Place.STRESS] = stress
    spans[Place.UNTIL] = Span(start_s, max(stress.start_s, start_s), stress.word)
    spans[Place.ONWARD] = Span(stress.start_s, end_s, stress.word)
    spans[Place.FIRST_HALF] = Span(start_s, middle_s, words[0])
    spans[Place.SECOND_HALF] = Span(middle_s, end_s, words[-1])
    _add_notes(points, phrase, reading, end_s)
    final = _last_word(words, reading.light)
    spans[Place.END] = Span(times[final][0] - READY_S, end_s, words[final])
    if window[1] - sung_to_s > 0.35:
        spans[Place.AFTER] = Span(sung_to_s + 0.05, min(window[1], sung_to_s + 0.6), words[-1])
    if sung_from_s - window[0] > 0.3:
        spans[Place.BREATH] = Span(window[0], sung_from_s - 0.02, words[0])
    return points


def _last_word(words: Sequence[str], light: Sequence[bool]) -> int:
    """First syllable of the last word that carries meaning; of the last at all where none does."""
    begins = [i for i in range(len(words)) if i == 0 or words[i] != words[i - 1]]
    return max((i for i in begins if not light[i]), default=begins[-1])


def _add_notes(points: Points, phrase: Phrase, reading: Reading, end_s: float) -> None:
    """The longest and the highest note; small words have neither unless they are sung long."""
    line, words, spans = phrase.line, points.word_of, points.spans
    starts = [one.start_s for one in line.syllables]
    denied = _covered(reading.denied, len(words))
    notes = [
        (till_s - from_s, starts.index(from_s), from_s, till_s)
        for from_s, till_s in held_spans(line)
        if from_s in starts
    ]
    long_enough = [
        note
        for note in notes
        if note[0] >= (HELD_ON_SMALL_S if reading.light[note[1]] else HELD_S) and not denied[note[1]]
    ]
    if long_enough:
        length_s, index, from_s, till_s = max(long_enough)
        spans[Place.HELD] = Span(from_s + 0.06, min(end_s, till_s + 0.1), words[index])
        if length_s > LONG_NOTE_S:
            middle_s = from_s + 0.5 * length_s
            spans[Place.ARRIVAL] = Span(from_s + 0.06, middle_s, words[index])
            spans[Place.SWELL] = Span(middle_s, min(end_s, till_s + 0.1), words[index])
    pitched = [
        (one.pitch_midi, one.duration_s, index)
        for index, one in enumerate(line.syllables)
        if one.pitch_midi is not None
    ]
    carrying = [
        note
        for note in pitched
        if not (reading.light[note[2]] or denied[note[2]]) or note[1] >= HELD_ON_SMALL_S
    ]
    if len({pitch for pitch, _, _ in pitched}) > 1 and carrying:
        _, _, index = max(carrying)
        peak = line.syllables[index]
        end = max(peak.end_s + PAD_S, peak.start_s - READY_S + ACCENT_S)
        spans[Place.PEAK] = Span(peak.start_s - READY_S, end, words[index])


def _covered(ranges: Sequence[tuple[int, int]], count: int) -> list[bool]:
    return [any(first <= i <= last for first, last in ranges) for i in range(count)]


def sung_stress(line: Line, first: int, last: int) -> int:
    """The syllable of a word that is sung strongest: the longest, then the highest, then the first."""
    notes = line.syllables[first : last + 1]
    return first + max(
        range(len(notes)),
        key=lambda i: (round(notes[i].duration_s, 2), notes[i].pitch_midi or 0.0, -i),
    )


def stressed(phrase: Phrase, reading: Reading) -> tuple[int, int]:
    """First and last syllable of the word that carries the meaning.

    Words that name the feeling come first, then long and high notes; small words last.
    """
    line = phrase.line
    groups = _groups(line, reading)
    longest_s = max(one.duration_s for one in line.syllables) or 1.0
    pitches = [one.pitch_midi for one in line.syllables if one.pitch_midi is not None]
    low, high = (min(pitches), max(pitches)) if pitches else (0.0, 0.0)

    def worth(group: tuple[int, int]) -> float:
        first, last = group
        notes = line.syllables[first : last + 1]
        named = sum(one.weight for one in reading.named if one.first <= last and one.last >= first)
        length = max(one.duration_s for one in notes) / longest_s
        tops = [one.pitch_midi for one in notes if one.pitch_midi is not None]
        height = (max(tops) - low) / (high - low) if tops and high > low else 0.0
        small = all(reading.light[first : last + 1])
        denied = any(one <= last and other >= first for one, other in reading.denied)
        pictured = any(
            one.first <= last and one.last >= first and one.name not in ("you", "me")
            for one in reading.images
        )
        late = 0.15 * last / len(line.syllables)
        if denied:
            named = 0.0
        return (
            min(named, 3.0) * 0.5
            + 0.7 * length
            + 0.5 * height
            + 0.3 * pictured
            + late
            - 2.2 * small
            - 1.5 * denied
        )

    return max(groups, key=worth)


def _groups(line: Line, reading: Reading) -> list[tuple[int, int]]:
    """Words as ranges of syllables; in scripts without spaces what the lexicon found, else syllables."""
    groups: list[tuple[int, int]] = []
    index = 0
    for word in line.words:
        if word.text or not groups:
            groups.append((index, index + len(word.syllables) - 1))
        else:
            groups[-1] = (groups[-1][0], index + len(word.syllables) - 1)
        index += len(word.syllables)
    if len(groups) > 3 or index <= 6:
        return groups
    found = {(one.first, one.last) for one in reading.named}
    found |= {(one.first, one.last) for one in reading.images}
    return sorted(found) or [(i, min(i + 1, index - 1)) for i in range(index)]


def _words(line: Line) -> tuple[str, ...]:
    names: list[str] = []
    for word in line.words:
        long_word = len(word.syllables) > 4 and not word.text.isascii()
        for syllable in word.syllables:
            text = syllable.text if long_word else word.text
            bare = text.strip(" ,.;:!?\"'()\u2026\u3002\u3001~-")
            names.append(bare or (names[-1] if names else "~"))
    return tuple(names)


def _joined(words: Sequence[str]) -> str:
    """Words of neighbouring syllables, each once."""
    kept = [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]
    separator = "" if all(ord(character) >= 0x3040 for word in kept for character in word) else " "
    return separator.join(kept)
