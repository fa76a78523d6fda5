"""MusicXML scores, plain and compressed (.mxl): lyrics with their notes.

Ties lengthen a note; notes that follow without a lyric or a rest are its melisma. Repeats with endings
are sung out, and verse n is sung the n-th time through, or verse 1 where there is no such verse. Jumps
(da capo, dal segno, coda) are refused: a score does not say in machine words how often they are taken.
Every part with lyrics is a voice.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from bisect import bisect_right
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.markup import Element, parse_xml
from t2s_rt.lyrics.score import Lyric, Measure, Note, Part, read_part, unroll
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import LARGEST_FILE_BYTES, Source

DEFAULT_TEMPO: Final = 120.0
"""Quarter notes a minute where the score has no tempo."""
PHRASE_REST_S: Final = 0.35
"""A rest this long between words ends a line: scores have no lines of lyrics."""
MOST_LINE_WORDS: Final = 16
TOUCHING_S: Final = 0.01
_ARCHIVE_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
)
"""What zipfile raises for broken archives, depending on where they are broken."""


class _Clock:
    """Seconds of the measures as they are played, with tempo changes inside them."""

    def __init__(self, played: list[tuple[int, int]], parts: list[Part]) -> None:
        self._tempo = DEFAULT_TEMPO
        self._second = 0.0
        self._measures: list[list[tuple[float, float, float]]] = []
        self.has_tempo = False
        for index, _ in played:
            self._play([part.measures[index] for part in parts if index < len(part.measures)])

    def _play(self, measures: list[Measure]) -> None:
        """Append one measure: (quarter, second, tempo) at its start and at each change."""
        changes = sorted(change for measure in measures for change in measure.tempos)
        length = max((measure.quarters for measure in measures), default=0.0)
        rows = [(0.0, self._second, self._tempo)]
        for quarter, tempo in changes:
            self.has_tempo = True
            before_quarter, before_s, before_tempo = rows[-1]
            rows.append((quarter, before_s + (quarter - before_quarter) * 60.0 / before_tempo, tempo))
        quarter, second, self._tempo = rows[-1]
        self._second = second + max(length - quarter, 0.0) * 60.0 / self._tempo
        self._measures.append(rows)

    def seconds(self, place: int, quarter: float) -> float:
        """Seconds of a position in the measure that is played at this place."""
        rows = self._measures[place]
        start, second, tempo = rows[bisect_right(rows, quarter, key=lambda row: row[0]) - 1]
        return second + (quarter - start) * 60.0 / tempo


class _Singer:
    """Turns one part's notes, in the order in which they are played, into lines."""

    def __init__(self, voice: int) -> None:
        self.voice = voice
        self.drafts: list[LineDraft] = []
        self._fragments: list[Fragment] = []
        self._words = 0
        self._end_s = 0.0
        self._number: int | None = None
        self._word_open = False

    def sing(self, note: Note, lyric: Lyric | None, start_s: float, end_s: float) -> None:
        if lyric is None:
            self._hold(note, start_s, end_s)
            return
        rests = start_s - self._end_s >= PHRASE_REST_S
        if self._fragments and not self._word_open and (rests or self._words >= MOST_LINE_WORDS):
            self.end_line()
        opens = lyric.syllabic in ("single", "begin") or not self._fragments
        text = (" " if opens else "") + lyric.text
        self._words += opens
        self._word_open = lyric.syllabic in ("begin", "middle")
        self._number = self._number or note.line
        self._fragments.append(Fragment(text, start_s, end_s, note.pitch_midi, whole=True))
        self._end_s = end_s

    def _hold(self, note: Note, start_s: float, end_s: float) -> None:
        """A tie or melisma, if it follows a sung note at once."""
        if not self._fragments or start_s - self._end_s > TOUCHING_S:
            return
        last = self._fragments[-1]
        if note.tied and last.pitch_midi == note.pitch_midi and last.start_s is not None:
            self._fragments[-1] = Fragment(
                last.text, last.start_s, end_s, last.pitch_midi, held=last.held, whole=True
            )
        else:
            self._fragments.append(Fragment("", start_s, end_s, note.pitch_midi, held=True, whole=True))
        self._end_s = end_s

    def end_line(self) -> None:
        if self._fragments and (start_s := self._fragments[0].start_s) is not None:
            line = LineDraft(self._fragments, start_s, self._end_s, self.voice, number=self._number)
            self.drafts.append(line)
        self._fragments, self._words, self._number, self._word_open = [], 0, None, False


def parse_musicxml(source: Source) -> Song:
    """Read MusicXML, plain or compressed.

    Raises:
        LyricsError: If it is no score, is not well formed, has no lyrics, jumps, or its measures do not
            add up.
    """
    if source.data.startswith(b"PK"):
        source = _unpacked(source)
    root = parse_xml(source)
    if root.name not in ("score-partwise", "score-timewise"):
        raise source.expected("a score <score-partwise>", f"<{root.name}>", root.line)
    parts = [read_part(source, measures) for measures in _measures_by_part(root)]
    sung = [index for index, part in enumerate(parts) if part.has_lyrics]
    if not sung:
        raise source.error("expected <lyric> elements, found none.", "Choose a score with words.")
    played = unroll(source, parts)
    clock = _Clock(played, parts)
    if not clock.has_tempo:
        source.warn("no tempo; 120 quarter notes a minute are assumed.")
    header = _header(root)
    drafts: list[LineDraft] = []
    for voice, index in enumerate(sung):
        drafts += _perform(parts[index], played, clock, voice)
    names = [part.child_text("part-name") for part in root.descendants("score-part")]
    header.voices = [names[index] if index < len(names) and len(sung) > 1 else "" for index in sung]
    return build_song(source, header, drafts)


def _measures_by_part(root: Element) -> list[list[Element]]:
    if root.name == "score-partwise":
        return [part.children("measure") for part in root.children("part")]
    columns: dict[str, list[Element]] = {}
    for measure in root.children("measure"):
        for part in measure.children("part"):
            columns.setdefault(part.attributes.get("id", ""), []).append(part)
    return list(columns.values())


def _perform(part: Part, played: list[tuple[int, int]], clock: _Clock, voice: int) -> list[LineDraft]:
    """One part's lines; of several voices on its staff the one with most lyrics sings."""
    singer = _Singer(voice)
    for place, (index, time_through) in enumerate(played):
        if index >= len(part.measures):
            continue
        for note in part.measures[index].notes:
            if note.voice != part.singing_voice:
                continue
            start_s = clock.seconds(place, note.quarter)
            end_s = clock.seconds(place, note.quarter + note.quarters)
            singer.sing(note, note.verse(time_through), start_s, end_s)
    singer.end_line()
    return singer.drafts


def _header(root: Element) -> Header:
    header = Header("musicxml")
    work = root.child("work")
    header.title = (work.child_text("work-title") if work else "") or root.child_text("movement-title")
    for creator in root.descendants("creator"):
        role = creator.attributes.get("type", "creator")
        header.metadata.append((role, creator.text.strip()))
        if role in ("composer", "artist") and not header.artist:
            header.artist = creator.text.strip()
    for text in root.descendants("text"):
        header.language = language_code(text.attributes.get("lang", ""))
        break
    return header


def _unpacked(source: Source) -> Source:
    """The score inside a compressed file, as its container names it.

    Raises:
        LyricsError: If it is no such archive, or its score is larger than a song may be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = archive.namelist()
            if any(name.lower().endswith(".cdg") for name in names):
                raise source.error(
                    "CDG holds pictures of the words, no text.", "Find the song as LRC or KAR."
                )
            if "META-INF/container.xml" not in names:
                raise source.error(
                    "expected a compressed score, found an archive without META-INF/container.xml."
                )
            container = parse_xml(_member(source, archive, "META-INF/container.xml"))
            paths = [item.attributes.get("full-path", "") for item in container.descendants("rootfile")]
            if not paths or paths[0] not in names:
                raise source.error(
                    "expected the container to name a score inside the archive, found none."
                )
            return _member(source, archive, paths[0])
    except _ARCHIVE_ERRORS as error:
        raise source.error(f"expected a compressed score, found a damaged archive ({error}).") from error


def _member(source: Source, archive: zipfile.ZipFile, name: str) -> Source:
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise source.error("expected an archive that is stored or deflated, found another compression.")
    with archive.open(name) as member:
        data = member.read(LARGEST_FILE_BYTES + 1)
    if len(data) > LARGEST_FILE_BYTES:
        raise source.error(
            f"expected a score of at most {LARGEST_FILE_BYTES} bytes, found a larger one."
        )
    return Source(data, f"{source.name} ({name})", source.warnings)
