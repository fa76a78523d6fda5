r"""MIDI and KAR: lyric events, or KAR's text events, with the notes of the melody.

In KAR ``@T`` is a title, ``@L`` the language, ``\`` begins a paragraph and ``/`` a line. In lyric events
a carriage return or line feed ends a line; both use white space as word boundary. The melody is the
track and channel whose notes begin most often with a syllable; it gives pitches, lengths and melismas.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from t2s_rt.lyrics.assemble import Fragment, Header, LineDraft, build_song
from t2s_rt.lyrics.language import language_code
from t2s_rt.lyrics.smf import DRUM_CHANNEL, MidiFile, MidiNote, MidiText, read_midi
from t2s_rt.lyrics.song import Song
from t2s_rt.lyrics.source import Source, decode

MATCH_WITHIN_S: Final = 0.06
"""How far a syllable may be from the start of its note; sequencers place text by hand."""
MELODY_SHARE: Final = 0.5
"""A melody begins notes with at least this share of the syllables."""
MELISMA_GAP_S: Final = 0.1
"""A note that follows sooner without a syllable of its own continues the one before."""

_LINE_STARTS: Final = ("\\", "/")
_NO_TEXT: Final = ("@", "%")


@dataclass(slots=True)
class _Sung:
    """One syllable's text and time."""

    text: str
    start_s: float


@dataclass(slots=True)
class _Lines:
    """Texts in lines, while they are read."""

    lines: list[list[_Sung]] = field(default_factory=lambda: [[]])

    def add(self, text: str, start_s: float) -> None:
        if text.startswith(_LINE_STARTS):
            self.lines.append([])
            text = text.lstrip("".join(_LINE_STARTS))
        body = text.rstrip("\r\n")
        for index, part in enumerate(body.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if index:
                self.lines.append([])
            if part:
                self.lines[-1].append(_Sung(part, start_s))
        if body != text:
            self.lines.append([])


def parse_midi(source: Source) -> Song:
    """Read MIDI or KAR.

    Raises:
        LyricsError: If the file is broken, of format 2, or has no lyrics.
    """
    midi = read_midi(source)
    events = _lyric_events(midi)
    if not events:
        raise source.error(
            "expected lyric or karaoke text events, found none.",
            "A MIDI file without words is no song to us.",
        )
    header = _header(midi, source)
    codec = "utf-8" if _is_utf8(events) else "cp1252"
    lines = _Lines()
    for event in events:
        text = decode(event.data, codec).replace("\0", "")
        if not text.startswith(_NO_TEXT):
            lines.add(text, midi.seconds(event.tick))
    _mark_words(lines.lines)
    sung = [syllable for line in lines.lines for syllable in line if syllable.text.strip()]
    melody = _melody(midi, [syllable.start_s for syllable in sung])
    if not melody:
        source.warn("no track has notes that begin with the syllables; pitches are unknown.")
    drafts = _drafts(lines.lines, _notes_of(sung, melody, midi))
    return build_song(source, header, drafts)


def _mark_words(lines: list[list[_Sung]]) -> None:
    """Take hyphens off; where Latin lyrics have no spaces, what does not end in a hyphen ends a word."""
    texts = [syllable.text for line in lines for syllable in line]
    spaced = any(character.isspace() for text in texts for character in text)
    latin = any("a" <= character <= "z" for text in texts for character in text.lower())
    for line in lines:
        for syllable in line:
            text = syllable.text.rstrip()
            if text.endswith("-") and len(text.strip()) > 1:
                syllable.text = text[:-1]
            elif latin and not spaced:
                syllable.text += " "


def _lyric_events(midi: MidiFile) -> list[MidiText]:
    """Lyric events, or text events where a file has more of them with KAR's marks."""
    lyrics = [text for text in midi.texts if text.lyric]
    texts: dict[int, list[MidiText]] = defaultdict(list)
    for text in midi.texts:
        if not text.lyric and text.data[:1] not in (b"@", b"%"):
            texts[text.track].append(text)
    is_karaoke = any(text.data.startswith((b"@K", b"@T", b"@L")) for text in midi.texts)
    candidates = [
        found
        for found in texts.values()
        if is_karaoke or any(text.data[:1] in (b"\\", b"/") for text in found)
    ]
    words = max(candidates, key=len, default=[])
    return words if len(words) > len(lyrics) else lyrics


def _is_utf8(events: list[MidiText]) -> bool:
    try:
        b"".join(event.data for event in events).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header(midi: MidiFile, source: Source) -> Header:
    header = Header("midi")
    titles = []
    for text in midi.texts:
        written = decode(text.data).strip()
        if written.startswith("@T") and written[2:].strip():
            titles.append(written[2:].strip())
        elif written.startswith("@L"):
            header.language = language_code(written[2:])
    if not titles and (name := midi.names.get(0)):
        titles.append(decode(name).replace("\0", "").strip())
    if titles:
        header.title = titles[0]
        header.metadata = [("title", title) for title in titles]
    if len(titles) > 1:
        header.artist = titles[1]
    if len(midi.texts) > 1 and not midi.tempos:
        source.warn("no tempo; 120 quarter notes a minute are assumed.")
    return header


def _melody(midi: MidiFile, starts_s: list[float]) -> list[MidiNote]:
    """Notes of the track and channel that fit the syllables best, empty where none does."""
    parts: dict[tuple[int, int], list[MidiNote]] = defaultdict(list)
    for note in midi.notes:
        if note.channel != DRUM_CHANNEL:
            parts[note.track, note.channel].append(note)
    best: list[MidiNote] = []
    best_score = 0.0
    for notes in parts.values():
        if len(notes) < MELODY_SHARE * len(starts_s) / 2:
            continue
        note_starts = sorted({midi.seconds(note.tick) for note in notes})
        matched = sum(_nearest(note_starts, start) is not None for start in starts_s)
        score = 2 * matched / (len(starts_s) + len(notes))
        if matched >= MELODY_SHARE * len(starts_s) and score > best_score:
            best, best_score = notes, score
    return best


def _nearest(times_s: list[float], time_s: float) -> int | None:
    """Index of the nearest time within `MATCH_WITHIN_S`."""
    index = bisect_left(times_s, time_s)
    near = [i for i in (index - 1, index) if 0 <= i < len(times_s)]
    nearest = min(near, key=lambda i: abs(times_s[i] - time_s), default=None)
    return nearest if nearest is not None and abs(times_s[nearest] - time_s) <= MATCH_WITHIN_S else None


def _notes_of(sung: list[_Sung], melody: list[MidiNote], midi: MidiFile) -> dict[int, list[Fragment]]:
    """By identity of the syllable, its note and those that hold it; without text."""
    highest: dict[int, MidiNote] = {}
    for note in melody:
        highest[note.tick] = max(note, highest.get(note.tick, note), key=lambda other: other.pitch)
    notes = [highest[tick] for tick in sorted(highest)]
    note_starts = [midi.seconds(note.tick) for note in notes]
    firsts = [_nearest(note_starts, syllable.start_s) for syllable in sung]
    taken = sorted({index for index in firsts if index is not None})
    found: dict[int, list[Fragment]] = {}
    for syllable, first in zip(sung, firsts, strict=True):
        if first is None:
            continue
        following = bisect_left(taken, first + 1)
        stop = taken[following] if following < len(taken) else len(notes)
        found[id(syllable)] = _held(notes[first:stop], midi, syllable.start_s)
    return found


def _held(notes: list[MidiNote], midi: MidiFile, start_s: float) -> list[Fragment]:
    fragments: list[Fragment] = []
    end_s = start_s
    for note in notes:
        note_start_s = midi.seconds(note.tick)
        if fragments and note_start_s - end_s > MELISMA_GAP_S:
            break
        end_s = max(midi.seconds(note.end_tick), start_s)
        begin_s = max(note_start_s, start_s) if fragments else start_s
        fragments.append(
            Fragment("", begin_s, max(end_s, begin_s), note.pitch, held=bool(fragments), whole=True)
        )
    return fragments


def _drafts(lines: list[list[_Sung]], notes: dict[int, list[Fragment]]) -> list[LineDraft]:
    drafts = []
    for line in lines:
        fragments: list[Fragment] = []
        for syllable in line:
            if not syllable.text.strip():
                fragments.append(Fragment(syllable.text))
                continue
            fragments += _syllable(syllable, notes.get(id(syllable), []))
        starts = [fragment.start_s for fragment in fragments if fragment.start_s is not None]
        if starts:
            drafts.append(LineDraft(fragments, starts[0]))
    return drafts


def _syllable(syllable: _Sung, notes: list[Fragment]) -> list[Fragment]:
    """The syllable's text on its first note; a boundary after it comes after the last one."""
    sung = syllable.text
    if not notes:
        return [Fragment(sung, syllable.start_s)]
    first = notes[0]
    after = " " if sung[-1:].isspace() else ""
    before = " " if sung[:1].isspace() else ""
    last = [Fragment(after)] if after else []
    head = Fragment(before + sung.strip(), first.start_s, first.end_s, first.pitch_midi, whole=True)
    return [head, *notes[1:], *last]
