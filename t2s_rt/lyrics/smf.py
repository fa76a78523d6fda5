"""Standard MIDI files as events with seconds: notes, text and lyrics; nothing else is kept.

Chunks, variable-length numbers, running status and the tempo map are those of the Standard MIDI File
specification 1.0. A small reader of our own keeps broken files to one typed error.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from t2s_rt.lyrics.source import Source, shown

DEFAULT_TEMPO_US: Final = 500_000
"""Microseconds a quarter note until the file says otherwise: 120 a minute."""
DRUM_CHANNEL: Final = 9

_TEXT: Final = 0x01
_TRACK_NAME: Final = 0x03
_LYRIC: Final = 0x05
_END: Final = 0x2F
_TEMPO: Final = 0x51
_DATA_BYTES: Final = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_LONGEST_TICKS: Final = 0x0FFFFFFF


@dataclass(frozen=True, slots=True)
class MidiText:
    """A text or lyric event; `lyric` is True for the latter."""

    tick: int
    data: bytes
    lyric: bool
    track: int


@dataclass(frozen=True, slots=True)
class MidiNote:
    """A note of one track and channel, pitch as MIDI number."""

    tick: int
    end_tick: int
    pitch: int
    track: int
    channel: int


@dataclass(slots=True)
class MidiFile:
    """What of a MIDI file songs need, events in the order of their ticks."""

    ticks_per_quarter: float
    seconds_per_tick: float | None = None
    """Fixed where the file counts film frames instead of quarters."""
    tempos: list[tuple[int, int]] = field(default_factory=list)
    texts: list[MidiText] = field(default_factory=list)
    notes: list[MidiNote] = field(default_factory=list)
    names: dict[int, bytes] = field(default_factory=dict)
    _tempo_ticks: list[int] = field(default_factory=list)
    _tempo_seconds: list[float] = field(default_factory=list)

    def settle(self) -> None:
        """Order the events and prepare the tempo map; once, after reading."""
        self.texts.sort(key=lambda text: text.tick)
        self.notes.sort(key=lambda note: (note.tick, note.pitch))
        self.tempos = sorted({0: DEFAULT_TEMPO_US, **dict(self.tempos)}.items())
        seconds = 0.0
        last_tick, last_tempo = 0, DEFAULT_TEMPO_US
        for tick, tempo_us in self.tempos:
            seconds += (tick - last_tick) * last_tempo / 1e6 / self.ticks_per_quarter
            self._tempo_ticks.append(tick)
            self._tempo_seconds.append(seconds)
            last_tick, last_tempo = tick, tempo_us

    def seconds(self, tick: int) -> float:
        """Seconds from the start of the file."""
        if self.seconds_per_tick is not None:
            return tick * self.seconds_per_tick
        index = bisect_right(self._tempo_ticks, tick) - 1
        since = tick - self._tempo_ticks[index]
        return self._tempo_seconds[index] + since * self.tempos[index][1] / 1e6 / self.ticks_per_quarter


class _Bytes:
    """Reads numbers from one chunk; running out of bytes is the file's error."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.position = start
        self.end = end

    def take(self, count: int) -> bytes:
        if self.position + count > self.end:
            raise self.source.error(
                f"expected {count} more bytes at byte {self.position}, found the end of the chunk."
            )
        data = self.source.data[self.position : self.position + count]
        self.position += count
        return data

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def variable(self) -> int:
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise self.source.error(
            f"expected a length of at most four bytes at byte {self.position - 4}, found a longer one."
        )


class _Track:
    """One track's events, read into the file."""

    def __init__(self, chunk: _Bytes, midi: MidiFile, index: int) -> None:
        self.chunk = chunk
        self.midi = midi
        self.index = index
        self.tick = 0
        self._status = 0
        self._sounding: dict[tuple[int, int], int] = {}

    def read(self) -> None:
        ended = False
        while self.chunk.position < self.chunk.end and not ended:
            self.tick += self.chunk.variable()
            if self.tick > _LONGEST_TICKS:
                raise self.chunk.source.error("expected times of less than a day, found a later one.")
            ended = self._event()
        for channel, pitch in list(self._sounding):
            self._end_note(channel, pitch)

    def _event(self) -> bool:
        """Read one event; True for the track's end."""
        first = self.chunk.byte()
        if first == 0xFF:
            return self._meta()
        if first in (0xF0, 0xF7):
            self.chunk.take(self.chunk.variable())
            return False
        if first >= 0xF0:
            raise self.chunk.source.error(
                f"expected a MIDI event at byte {self.chunk.position - 1}, found 0x{first:02X}."
            )
        if first >= 0x80:
            self._status = first
            data = self.chunk.take(_DATA_BYTES[first & 0xF0])
        elif self._status:
            data = bytes([first]) + self.chunk.take(_DATA_BYTES[self._status & 0xF0] - 1)
        else:
            raise self.chunk.source.error(
                f"expected a status byte at byte {self.chunk.position - 1}, found 0x{first:02X}."
            )
        self._channel_event(self._status & 0xF0, self._status & 0x0F, data)
        return False

    def _channel_event(self, kind: int, channel: int, data: bytes) -> None:
        if kind not in (0x80, 0x90):
            return
        pitch = data[0] & 0x7F
        self._end_note(channel, pitch)
        if kind == 0x90 and data[1]:
            self._sounding[channel, pitch] = self.tick

    def _end_note(self, channel: int, pitch: int) -> None:
        start = self._sounding.pop((channel, pitch), None)
        if start is not None:
            self.midi.notes.append(MidiNote(start, self.tick, pitch, self.index, channel))

    def _meta(self) -> bool:
        kind = self.chunk.byte()
        data = self.chunk.take(self.chunk.variable())
        if kind in (_TEXT, _LYRIC):
            self.midi.texts.append(MidiText(self.tick, data, kind == _LYRIC, self.index))
        elif kind == _TRACK_NAME:
            self.midi.names.setdefault(self.index, data)
        elif kind == _TEMPO:
            tempo_us = int.from_bytes(data, "big")
            if len(data) != 3 or not tempo_us:
                raise self.chunk.source.error(
                    f"expected a tempo of 3 bytes, above 0, before byte {self.chunk.position}."
                )
            self.midi.tempos.append((self.tick, tempo_us))
        return kind == _END


def read_midi(source: Source) -> MidiFile:
    """Read a Standard MIDI file, also inside RIFF.

    Raises:
        LyricsError: If it is none, of format 2, or broken; the message names the byte.
    """
    start = max(source.data.find(b"MThd", 0, 64), 0) if source.data.startswith(b"RIFF") else 0
    chunk = _Bytes(source, start, len(source.data))
    if (magic := chunk.take(4)) != b"MThd":
        raise source.expected("a MIDI file that begins with MThd", shown(magic.decode("latin-1")))
    header_length = chunk.number(4)
    header = _Bytes(source, chunk.position, min(chunk.position + header_length, chunk.end))
    file_format, _, division = header.number(2), header.number(2), header.number(2)
    if file_format > 1:
        raise source.error(
            f"expected MIDI format 0 or 1, found {file_format}: independent patterns are no song.",
            "Save it as format 1.",
        )
    chunk.take(header_length)
    midi = _with_division(source, division)
    index = 0
    while chunk.position + 8 <= chunk.end:
        name, length = chunk.take(4), chunk.number(4)
        if name == b"MTrk":
            if chunk.position + length > chunk.end:
                raise source.error(
                    f"expected a track of {length} bytes at byte {chunk.position}, found fewer."
                )
            _Track(_Bytes(source, chunk.position, chunk.position + length), midi, index).read()
            index += 1
        chunk.take(min(length, chunk.end - chunk.position))
    if not index:
        raise source.error("expected at least one track, found none.")
    midi.settle()
    return midi


def _with_division(source: Source, division: int) -> MidiFile:
    if not division & 0x8000:
        if not division:
            raise source.error("expected ticks a quarter above 0, found 0.")
        return MidiFile(division)
    frames, resolution = 256 - (division >> 8), division & 0xFF
    if frames not in (24, 25, 29, 30) or not resolution:
        raise source.error(f"expected 24, 25, 29 or 30 frames a second, found {frames} of {resolution}.")
    rate_hz = (30_000 / 1001 if frames == 29 else frames) * resolution
    return MidiFile(1.0, seconds_per_tick=1.0 / rate_hz)
