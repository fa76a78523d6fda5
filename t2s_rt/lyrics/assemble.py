"""From what a format's file says to a `Song`: words, syllables and the times that the file lacks.

Every reader hands over drafts of lines made of fragments: stretches of text in which white space
separates words, with a start where the file gives one. What has no time of its own is spread evenly, one
share a syllable (`t2s_rt.lyrics.syllables`), between the times that are known. A line whose end is
unknown ends where the next one of its voice starts, but no later than 1.25 times the song's usual pace
would take: an instrumental break is not sung through.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

from t2s_rt.lyrics.song import LONGEST_SONG_S, Line, Song, Syllable, SyllableKind, Word
from t2s_rt.lyrics.source import Source, shown
from t2s_rt.lyrics.syllables import LONGEST_WORD, has_words, split_syllables

MOST_SYLLABLES: Final = 50_000
"""Some hours of rap; more is a broken file."""
MOST_CHARACTERS: Final = 8 * MOST_SYLLABLES
USUAL_PACE_S: Final = 0.4
"""Seconds a syllable where a song has too few lines to tell; moderate pop."""
SLOWEST_PACE_S: Final = 0.8
"""A slow ballad; slower lines are pauses."""
PACE_MARGIN: Final = 1.25
LINES_TELLING_PACE: Final = 4


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stretch of a line's text.

    Attributes:
        text: White space separates words, also at its edges.
        start_s: Seconds in the file's own time, None where unknown.
        end_s: Seconds, None where unknown.
        pitch_midi: MIDI note number, None where unknown.
        kind: How it is sung.
        held: True where it continues the syllable before.
        whole: True where it is one note, which is one syllable whatever its text.
    """

    text: str
    start_s: float | None = None
    end_s: float | None = None
    pitch_midi: float | None = None
    kind: SyllableKind = SyllableKind.NORMAL
    held: bool = False
    whole: bool = False


@dataclass(slots=True)
class LineDraft:
    """A line as its file gives it; `number` is the line in the file, for errors."""

    fragments: list[Fragment]
    start_s: float
    end_s: float | None = None
    voice: int = 0
    background: bool = False
    section: str = ""
    number: int | None = None


@dataclass(slots=True)
class Header:
    """What a file says about its song; times of the lines move by `shift_s`."""

    format: str
    title: str = ""
    artist: str = ""
    language: str = ""
    voices: list[str] = field(default_factory=lambda: [""])
    shift_s: float = 0.0
    audio: str = ""
    metadata: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Piece:
    """One syllable before it has its times."""

    text: str
    opens_word: bool
    fragment: Fragment
    start_s: float = 0.0
    end_s: float = 0.0
    estimated: bool = False


@dataclass(slots=True)
class _Span:
    """Pieces that share the time between two known ones."""

    start_s: float
    end_s: float | None
    pieces: list[_Piece]


def build_song(source: Source, header: Header, drafts: Sequence[LineDraft]) -> Song:
    """Complete the drafts and put them in order.

    Raises:
        LyricsError: If there is nothing to sing, times descend inside a line or are beyond a day, or
            there are more than `MOST_SYLLABLES` syllables.
    """
    spans_of = _spans_of_all(source, header, drafts)
    ordered = sorted(spans_of, key=lambda item: item[0].start_s)
    _check_times(source, ordered)
    pace_s = _pace(ordered)
    limits = _next_starts([draft for draft, _ in ordered])
    lines = [
        _line(draft, _settle(source, draft, spans, limit, pace_s), header.shift_s)
        for (draft, spans), limit in zip(ordered, limits, strict=True)
    ]
    if not lines:
        raise source.error("expected lyrics with times, found none.", "Is this the right file?")
    if any(draft.start_s + header.shift_s < 0 for draft, _ in ordered):
        source.warn("some times are before the start of the audio; they were moved to it.")
    return Song(
        title=header.title,
        artist=header.artist,
        language=header.language,
        lines=tuple(sorted(lines, key=lambda line: line.start_s)),
        voices=tuple(header.voices),
        offset_s=header.shift_s,
        audio=header.audio,
        metadata=tuple(header.metadata),
        warnings=tuple(source.warnings),
        format=header.format,
    )


def _spans_of_all(
    source: Source, header: Header, drafts: Sequence[LineDraft]
) -> list[tuple[LineDraft, list[_Span]]]:
    built = []
    total = 0
    if sum(len(fragment.text) for draft in drafts for fragment in draft.fragments) > MOST_CHARACTERS:
        raise source.error(f"expected at most {MOST_CHARACTERS} characters of lyrics, found more.")
    for draft in drafts:
        spans = _spans(draft, header.language)
        total += sum(len(span.pieces) for span in spans)
        if total > MOST_SYLLABLES:
            raise source.error(
                f"expected at most {MOST_SYLLABLES} syllables, found more.", line=draft.number
            )
        if any(piece.fragment.held or has_words(piece.text) for span in spans for piece in span.pieces):
            built.append((draft, spans))
    return built


def _check_times(source: Source, ordered: list[tuple[LineDraft, list[_Span]]]) -> None:
    for draft, spans in ordered:
        times = [draft.start_s, draft.end_s or 0.0]
        times += [time for span in spans for time in (span.start_s, span.end_s or 0.0)]
        if not all(math.isfinite(time) and abs(time) < LONGEST_SONG_S for time in times):
            raise source.error(
                "expected times of less than a day, found a later one.", line=draft.number
            )


def _pieces(fragments: Sequence[Fragment], language: str) -> Iterator[_Piece]:
    """Syllables with their text; lone punctuation joins the syllable before, or the next."""
    opens = True
    pending = ""
    last: _Piece | None = None
    for fragment in fragments:
        text = fragment.text
        opens = opens or text[:1].isspace()
        tokens = text.split() or ([""] if fragment.held or fragment.whole else [])
        for token in tokens:
            if not (fragment.whole or fragment.held or has_words(token)):
                if len(pending if last is None else last.text) > LONGEST_WORD:
                    continue
                if last is None:
                    pending += token + " "
                else:
                    last.text = f"{last.text} {token}" if opens else last.text + token
                opens = True
                continue
            for part in _parts(fragment, token, language):
                last = _Piece(pending + part, opens and not (fragment.held and last), fragment)
                pending = ""
                opens = False
                yield last
            opens = True
        opens = text[-1:].isspace() if tokens else opens or bool(text)


def _parts(fragment: Fragment, token: str, language: str) -> tuple[str, ...]:
    if fragment.whole or fragment.held:
        return (token,)
    return split_syllables(token, language)


def _spans(draft: LineDraft, language: str) -> list[_Span]:
    """The line's pieces in groups that begin at a known time."""
    fragments = [_one_word(fragment) if fragment.whole else fragment for fragment in draft.fragments]
    spans: list[_Span] = []
    of_fragment: dict[int, list[_Piece]] = {}
    for piece in list(_pieces(fragments, language)):
        of_fragment.setdefault(id(piece.fragment), []).append(piece)
    for fragment in fragments:
        pieces = of_fragment.get(id(fragment), [])
        if fragment.start_s is not None:
            spans.append(_Span(fragment.start_s, fragment.end_s, pieces))
        elif not spans:
            spans.append(_Span(draft.start_s, fragment.end_s, pieces))
        elif (ended_s := spans[-1].end_s) is not None:
            spans.append(_Span(ended_s, fragment.end_s, pieces))
        else:
            spans[-1].pieces += pieces
    return spans


def _one_word(fragment: Fragment) -> Fragment:
    """A note's text without inner white space: it is one syllable."""
    inner = fragment.text.strip()
    if not inner:
        return fragment if fragment.held else replace(fragment, held=True)
    before = " " if fragment.text[:1].isspace() else ""
    after = " " if fragment.text[-1:].isspace() else ""
    held = fragment.held or not has_words(inner)
    return replace(fragment, text=before + "\N{NO-BREAK SPACE}".join(inner.split()) + after, held=held)


def _pace(ordered: list[tuple[LineDraft, list[_Span]]]) -> float:
    """Seconds a syllable from line start to line start, the song's median."""
    paces = []
    for (draft, spans), (following, _) in itertools.pairwise(ordered):
        syllables = sum(len(span.pieces) for span in spans)
        if following.start_s > draft.start_s and syllables:
            paces.append((following.start_s - draft.start_s) / syllables)
    return min(median(paces), SLOWEST_PACE_S) if len(paces) >= LINES_TELLING_PACE else USUAL_PACE_S


def _next_starts(drafts: list[LineDraft]) -> list[float]:
    """For each line where the next of its singer starts, infinity for the last."""
    limits: list[float] = []
    following: dict[tuple[int, bool], float] = {}
    later: dict[tuple[int, bool], float] = {}
    for draft in reversed(drafts):
        singer = (draft.voice, draft.background)
        if singer in following and following[singer] > draft.start_s:
            later[singer] = following[singer]
        limits.append(later.get(singer, math.inf))
        following[singer] = draft.start_s
    return limits[::-1]


def _settle(
    source: Source, draft: LineDraft, spans: list[_Span], limit_s: float, pace_s: float
) -> list[_Piece]:
    """Give every piece its times."""
    for before, after in itertools.pairwise(spans):
        if after.start_s < before.start_s:
            raise source.error(
                f"expected times that ascend inside the line, found {after.start_s:.3f} s after "
                f"{before.start_s:.3f} s.",
                line=draft.number,
            )
        before.end_s = after.start_s if before.end_s is None else min(before.end_s, after.start_s)
    last = spans[-1]
    if last.end_s is None:
        last.end_s = draft.end_s
    if last.end_s is None:
        last.end_s = min(limit_s, last.start_s + PACE_MARGIN * pace_s * len(last.pieces))
    for span in spans:
        end_s = max(span.start_s, span.end_s if span.end_s is not None else span.start_s)
        share_s = (end_s - span.start_s) / max(len(span.pieces), 1)
        for index, piece in enumerate(span.pieces):
            piece.start_s = span.start_s + index * share_s
            piece.end_s = (
                end_s if index + 1 == len(span.pieces) else span.start_s + (index + 1) * share_s
            )
            piece.estimated = index > 0
    return [piece for span in spans for piece in span.pieces]


def _line(draft: LineDraft, pieces: list[_Piece], shift_s: float) -> Line:
    words: list[list[Syllable]] = []
    for piece in pieces:
        text = piece.text.strip()
        syllable = Syllable(
            text=text,
            start_s=max(piece.start_s + shift_s, 0.0),
            end_s=max(piece.end_s + shift_s, 0.0),
            pitch_midi=piece.fragment.pitch_midi,
            kind=piece.fragment.kind,
            held=piece.fragment.held,
            estimated=piece.estimated,
        )
        if piece.opens_word or not words:
            words.append([syllable])
        else:
            words[-1].append(syllable)
    first, last = words[0][0], words[-1][-1]
    end_s = draft.end_s if draft.end_s is not None else -math.inf
    return Line(
        words=tuple(Word(tuple(word)) for word in words),
        start_s=min(max(draft.start_s + shift_s, 0.0), first.start_s),
        end_s=max(end_s + shift_s, last.end_s),
        voice=draft.voice,
        background=draft.background,
        section=draft.section,
    )


def checked_number(source: Source, text: str, what: str, line: int | None = None) -> float:
    """A decimal with point or comma.

    Raises:
        LyricsError: If it is none, or not finite.
    """
    written = text.strip().replace(",", ".")
    try:
        value = float(written) if len(written) <= 32 and "_" not in written else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise source.error(f"expected {what}, found {shown(text)}.", line=line)
    return value
