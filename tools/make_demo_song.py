"""Makes the demo song: engine/demo/song.ogg and engine/demo/song.txt.

The tune is the traditional "Sakura Sakura" (public domain), arranged here as a solo with a soft first
phrase, a long pause, a loud climax and held notes. The singer is Sinsy with the HTS voice
nitech_jp_song070_f001 (Nagoya Institute of Technology, CC BY 3.0), which ships inside pysinsy.

A maintainer runs it when the song shall change; it is no part of t2s-rt and needs its own environment
(CMake and a C++ compiler build pysinsy and pyworld)::

    python3.11 -m venv /tmp/sinsy
    /tmp/sinsy/bin/pip install "setuptools<81" wheel six cython numpy soundfile
    /tmp/sinsy/bin/pip install --no-build-isolation pysinsy==0.0.5 pyworld==0.3.5
    /tmp/sinsy/bin/python -W ignore tools/make_demo_song.py

The voice is up to a semitone and a half out of tune where it was trained on few notes, has no vibrato
and one level, and hides its breaths in noise. WORLD puts the pitch right without moving anything in
time; gains do the rest. Sinsy keeps the score's times, so the UltraStar text comes from the score, each
note starting where its vowel does and ending where the voice ends.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pysinsy
import pyworld
import soundfile

FOLDER: Final = Path(__file__).resolve().parents[1] / "engine" / "demo"
SAMPLE_RATE_HZ: Final = 48_000
TEMPO_BPM: Final = 96
QUARTER_S: Final = 60.0 / TEMPO_BPM
MEASURE_QUARTERS: Final = 4.0
DIVISIONS: Final = 2
"""MusicXML time units in a quarter."""
LEAD_S: Final = 1.6
"""Before the first note: 1 s of silence and a breath."""
TAIL_S: Final = 1.0
ULTRASTAR_BPM: Final = 600
BEAT_S: Final = 60.0 / (4 * ULTRASTAR_BPM)
"""An UltraStar beat is a quarter of a beat: 25 ms."""
PERIOD_S: Final = 0.005
"""Time between WORLD's analysis frames."""
LONGEST_CLICK_S: Final = 0.03
"""A gap in the voice up to this long is an error of the analysis."""
SETTLED_S: Final = 0.15
"""A note's glide is over after this long; what is off then is put right."""
WOBBLE_LEFT: Final = 0.3
"""Share of a settled note's own wobble that stays."""
VIBRATO_HZ: Final = 5.4
VIBRATO_CENTS: Final = 45.0
VIBRATO_FROM_S: Final = 0.9
"""Notes at least this long get vibrato ..."""
VIBRATO_AFTER_S: Final = 0.35
"""... from here on, growing for as long again."""
SOUNDING: Final = 0.3
"""A note begins and ends where its level passes this share of its usual one."""
CONSONANT_S: Final = 0.2
"""Within this time of the score's beginning a consonant is over."""
BREATH_S: Final = 0.5
BREATH_GAP_S: Final = 0.07
"""Between a breath's end and the note."""
AFTER_NOTE_S: Final = 0.09
"""Between a note's end and a breath, so that the note's tail is none."""
BREATH_DBFS: Final = -44.0
QUICK_BREATH_DBFS: Final = -52.0
"""Level of breaths shorter than usual."""
BREATH_FROM_HZ: Final = 250.0
EVENNESS: Final = 0.7
"""Share of the voice's own differences in level between notes that is taken away."""
PEAK: Final = 0.7

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    """One note or rest. ``kana`` sings; an empty one holds the vowel before; None rests."""

    kana: str | None
    romaji: str
    pitch: str
    quarters: float


@dataclass(frozen=True)
class Phrase:
    """Notes under one breath, and its level in dB at the first and the last note."""

    notes: tuple[Note, ...]
    from_db: float
    to_db: float


def _sung(line: str) -> tuple[Note, ...]:
    """Notes written as ``kana/romaji/pitch/quarters``; a leading underscore joins romaji to its word."""
    notes = []
    for word in line.split():
        kana, romaji, pitch, quarters = word.split("/")
        notes.append(Note(None if kana == "-" else kana, romaji, pitch, float(quarters)))
    return tuple(notes)


SONG: Final = (
    Phrase(
        _sung("""さ/sa/A4/1 く/_ku/A4/1 ら/_ra/B4/2
                 さ/sa/A4/1 く/_ku/A4/1 ら/_ra/B4/1.5 -/-/-/0.5"""),
        from_db=-13,
        to_db=-10,
    ),
    Phrase(
        _sung("""や/ya/A4/1 よ/_yo/B4/1 い/_i/C5/1 の/no/B4/1
                 そ/so/A4/1 ら/_ra/B4/0.5 /~/A4/0.5 は/wa/F4/1.5 -/-/-/0.5"""),
        from_db=-7,
        to_db=-5,
    ),
    Phrase(
        _sung("""み/mi/E4/1 わ/_wa/C4/1 た/_ta/E4/1 す/_su/F4/1
                 か/ka/E4/1 ぎ/_gi/E4/0.5 /~/C4/0.5 り/_ri/B3/3 -/-/-/3"""),
        from_db=-6,
        to_db=-12,
    ),
    Phrase(
        _sung("""い/i/A4/1 ざ/_za/A4/1 や/_ya/B4/1.5 -/-/-/0.5
                 い/i/A4/1 ざ/_za/A4/1 や/_ya/B4/5 -/-/-/1"""),
        from_db=-3,
        to_db=0,
    ),
    Phrase(
        _sung("""み/mi/E4/1 に/_ni/F4/1 ゆ/yu/B4/0.5 /~/A4/0.5 か/_ka/F4/1 /~/E4/3 ん/_n/E4/1"""),
        from_db=-5,
        to_db=-9,
    ),
)
STEPS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
TRANSPOSE_SEMITONES: Final = 3
"""From where the tune is written to where this voice sings well; it has no notes below D4."""
LEAD_IN: Final = Note(None, "-", "-", MEASURE_QUARTERS)
LEAD_OUT: Final = Note(None, "-", "-", MEASURE_QUARTERS)


def midi(note: Note) -> int:
    """The note as it is sung, as a MIDI number."""
    return STEPS.index(note.pitch[0]) + 12 * (int(note.pitch[1]) + 1) + TRANSPOSE_SEMITONES


def musicxml(notes: list[Note]) -> bytes:
    """The score as MusicXML 2.0; notes that cross a bar are tied."""
    root = ElementTree.Element("score-partwise", version="2.0")
    parts = ElementTree.SubElement(root, "part-list")
    ElementTree.SubElement(
        ElementTree.SubElement(parts, "score-part", id="P1"), "part-name"
    ).text = "Voice"
    part = ElementTree.SubElement(root, "part", id="P1")
    left, number, measure = 0.0, 0, part
    for note in notes:
        remaining = note.quarters
        while remaining > 0.0:
            if left == 0.0:
                number, left = number + 1, MEASURE_QUARTERS
                measure = ElementTree.SubElement(part, "measure", number=str(number))
                if number == 1:
                    _write_attributes(measure)
            length = min(remaining, left)
            _write_note(
                measure, note, length, begins=remaining == note.quarters, ends=remaining == length
            )
            remaining -= length
            left -= length
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _write_attributes(measure: ElementTree.Element) -> None:
    attributes = ElementTree.SubElement(measure, "attributes")
    ElementTree.SubElement(attributes, "divisions").text = str(DIVISIONS)
    key = ElementTree.SubElement(attributes, "key")
    ElementTree.SubElement(key, "fifths").text = "0"
    time = ElementTree.SubElement(attributes, "time")
    ElementTree.SubElement(time, "beats").text = str(int(MEASURE_QUARTERS))
    ElementTree.SubElement(time, "beat-type").text = "4"
    direction = ElementTree.SubElement(measure, "direction")
    ElementTree.SubElement(direction, "sound", tempo=str(TEMPO_BPM))


def _write_note(
    measure: ElementTree.Element, note: Note, quarters: float, *, begins: bool, ends: bool
) -> None:
    element = ElementTree.SubElement(measure, "note")
    if note.kana is None:
        ElementTree.SubElement(element, "rest")
    else:
        pitch = ElementTree.SubElement(element, "pitch")
        octave, step = divmod(midi(note), 12)
        ElementTree.SubElement(pitch, "step").text = STEPS[step][0]
        ElementTree.SubElement(pitch, "alter").text = str(len(STEPS[step]) - 1)
        ElementTree.SubElement(pitch, "octave").text = str(octave - 1)
    ElementTree.SubElement(element, "duration").text = str(int(quarters * DIVISIONS))
    if note.kana is None:
        return
    ties = [kind for kind, wanted in (("stop", not begins), ("start", not ends)) if wanted]
    for kind in ties:
        ElementTree.SubElement(element, "tie", type=kind)
    if ties:
        notations = ElementTree.SubElement(element, "notations")
        for kind in ties:
            ElementTree.SubElement(notations, "tied", type=kind)
    if begins:
        lyric = ElementTree.SubElement(element, "lyric")
        ElementTree.SubElement(lyric, "syllabic").text = "single"
        ElementTree.SubElement(lyric, "text").text = note.kana or "ー"


def sing(notes: list[Note]) -> Samples:
    """What Sinsy makes of the score."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.xml"
        path.write_bytes(musicxml(notes))
        samples, rate = pysinsy.synthesize(str(path))
    if rate != SAMPLE_RATE_HZ:
        raise RuntimeError(f"Sinsy sang at {rate} Hz, expected {SAMPLE_RATE_HZ}")
    return np.asarray(samples, np.float64) / np.abs(samples).max()


@dataclass
class Sung:
    """A sung note's place in the recording; times in s."""

    note: Note
    start_s: float
    end_s: float
    voiced_from_s: float = 0.0
    voiced_to_s: float = 0.0


def place(notes: list[Note]) -> list[Sung]:
    """The score's time of every sung note."""
    placed, now_s = [], 0.0
    for note in notes:
        length_s = note.quarters * QUARTER_S
        if note.kana is not None:
            placed.append(Sung(note, now_s, now_s + length_s))
        now_s += length_s
    return placed


def tune(samples: Samples, placed: list[Sung]) -> Samples:
    """Put each note on its pitch, add vibrato to long ones."""
    f0_hz, times_s = pyworld.harvest(samples, SAMPLE_RATE_HZ, 130.0, 900.0, 1000.0 * PERIOD_S)
    f0_hz = _bridge(pyworld.stonemask(samples, f0_hz, times_s, SAMPLE_RATE_HZ))
    envelope = pyworld.cheaptrick(samples, f0_hz, times_s, SAMPLE_RATE_HZ)
    aperiodicity = pyworld.d4c(samples, f0_hz, times_s, SAMPLE_RATE_HZ)
    voiced = f0_hz > 0.0
    heard = np.where(voiced, 12.0 * np.log2(np.maximum(f0_hz, 1.0) / 440.0) + 69.0, 0.0)
    sung_pitch, wanted_pitch = np.zeros_like(heard), np.zeros_like(heard)
    wobble_left, vibrato = np.ones_like(heard), np.zeros_like(heard)
    print("note     start_s  sung  wanted")
    for sung in placed:
        here = (times_s >= sung.start_s) & (times_s < sung.end_s)
        settled = here & voiced & (times_s > sung.start_s + 0.1) & (times_s < sung.end_s - 0.05)
        middle = float(np.median(heard[settled]))
        sung_pitch[here], wanted_pitch[here] = middle, midi(sung.note)
        age_s = times_s - sung.start_s
        wobble_left[here & (age_s > SETTLED_S)] = WOBBLE_LEFT
        if sung.end_s - sung.start_s >= VIBRATO_FROM_S:
            depth = (
                np.clip((age_s - VIBRATO_AFTER_S) / VIBRATO_AFTER_S, 0.0, 1.0) * VIBRATO_CENTS / 100.0
            )
            vibrato[here] = (depth * np.sin(2.0 * np.pi * VIBRATO_HZ * (age_s - VIBRATO_AFTER_S)))[here]
        print(f"{sung.note.romaji:8s} {sung.start_s:7.3f} {middle:6.2f} {midi(sung.note):4d}")
    glide = np.hanning(round(0.08 / PERIOD_S) | 1)
    correction = _smooth(wanted_pitch - sung_pitch, glide)
    wobble = heard - _smooth(sung_pitch, glide)
    pitch = heard + correction - (1.0 - _smooth(wobble_left, glide)) * wobble + vibrato
    tuned_hz = np.where(voiced, 440.0 * 2.0 ** ((pitch - 69.0) / 12.0), 0.0)
    return pyworld.synthesize(tuned_hz, envelope, aperiodicity, SAMPLE_RATE_HZ, 1000.0 * PERIOD_S)[
        : samples.size
    ]


def _bridge(f0_hz: Samples) -> Samples:
    """Pitch across gaps too short for a consonant, which would click."""
    voiced = np.flatnonzero(f0_hz > 0.0)
    filled = np.interp(np.arange(f0_hz.size), voiced, f0_hz[voiced])
    for before, after in itertools.pairwise(voiced):
        if 1 < after - before <= round(LONGEST_CLICK_S / PERIOD_S):
            f0_hz[before:after] = filled[before:after]
    return f0_hz


def _smooth(curve: Samples, window: Samples) -> Samples:
    return np.convolve(curve, window / window.sum(), mode="same")


def shape(samples: Samples, placed: list[Sung]) -> Samples:
    """Give phrases their level, silence the rests and let the breaths before the notes be heard."""
    times_s = np.arange(samples.size) / SAMPLE_RATE_HZ
    gain = 10.0 ** (np.interp(times_s, *_gain_db(samples, placed)) / 20.0)
    open_gate = np.zeros_like(samples)
    breaths = np.zeros_like(samples)
    air = _above(samples, BREATH_FROM_HZ)
    previous_end_s = 0.0
    for sung in placed:
        first, last = (
            round((sung.start_s - 0.02) * SAMPLE_RATE_HZ),
            round((sung.end_s + 0.06) * SAMPLE_RATE_HZ),
        )
        open_gate[first:last] = 1.0
        if sung.start_s - previous_end_s > 0.01:
            _add_breath(
                breaths,
                air,
                max(sung.start_s - BREATH_S - BREATH_GAP_S, previous_end_s + AFTER_NOTE_S),
                sung,
            )
        previous_end_s = sung.end_s
    fade = np.hanning(round(0.04 * SAMPLE_RATE_HZ))
    shaped = samples * gain * _smooth(open_gate, fade)
    shaped *= PEAK / np.abs(shaped).max()
    return shaped + breaths


def _gain_db(samples: Samples, placed: list[Sung]) -> tuple[list[float], list[float]]:
    """Times and gains: each phrase's swell, and notes that stick out brought nearer to it."""
    at_s, gain_db = [], []
    remaining = iter(placed)
    for phrase in SONG:
        own = [next(remaining) for note in phrase.notes if note.kana is not None]
        ends_s = [own[0].start_s, own[-1].end_s]
        for sung in own:
            first, last = round(sung.start_s * SAMPLE_RATE_HZ), round(sung.end_s * SAMPLE_RATE_HZ)
            level_db = 10.0 * np.log10(np.mean(samples[first:last] ** 2))
            for edge_s in (sung.start_s + 0.1, sung.end_s - 0.05):
                at_s.append(edge_s)
                swell_db = float(np.interp(edge_s, ends_s, [phrase.from_db, phrase.to_db]))
                gain_db.append(swell_db - EVENNESS * level_db)
    return at_s, gain_db


def _add_breath(breaths: Samples, air: Samples, from_s: float, sung: Sung) -> None:
    first, last = round(from_s * SAMPLE_RATE_HZ), round((sung.start_s - BREATH_GAP_S) * SAMPLE_RATE_HZ)
    breath = air[first:last] * np.hanning(last - first)
    level_dbfs = BREATH_DBFS if last - first >= round(BREATH_S * SAMPLE_RATE_HZ) else QUICK_BREATH_DBFS
    breaths[first:last] = breath * 10.0 ** (level_dbfs / 20.0) / np.sqrt(np.mean(breath**2))


def _above(samples: Samples, cutoff_hz: float) -> Samples:
    spectrum = np.fft.rfft(samples)
    frequency_hz = np.fft.rfftfreq(samples.size, 1.0 / SAMPLE_RATE_HZ)
    return np.fft.irfft(
        spectrum / (1.0 + (cutoff_hz / np.maximum(frequency_hz, 1.0)) ** 8), samples.size
    )


def locate(samples: Samples, placed: list[Sung]) -> None:
    """Find where each note's vowel stands out of the recording, by its level below 1 kHz."""
    spectrum = np.fft.rfft(samples)
    frequency_hz = np.fft.rfftfreq(samples.size, 1.0 / SAMPLE_RATE_HZ)
    low = np.fft.irfft(spectrum / (1.0 + (frequency_hz / 1000.0) ** 8), samples.size)
    step = round(PERIOD_S * SAMPLE_RATE_HZ)
    level = np.sqrt(np.mean(low[: low.size // step * step].reshape(-1, step) ** 2, axis=1))
    for sung in placed:
        first, last = round(sung.start_s / PERIOD_S), round(sung.end_s / PERIOD_S)
        usual = float(np.median(level[first:last]))
        sounding = level[first:last] > SOUNDING * usual
        hushed = np.flatnonzero(~sounding[: round(CONSONANT_S / PERIOD_S)])
        begins = int(hushed[-1]) + 1 if hushed.size else 0
        sung.voiced_from_s = (first + begins) * PERIOD_S
        sung.voiced_to_s = (first + int(np.flatnonzero(sounding)[-1]) + 1) * PERIOD_S


def ultrastar(placed: list[Sung], offset_s: float) -> str:
    """The lyrics with notes as UltraStar 1.1; ``offset_s`` is where the file begins in the recording."""
    gap_s = placed[0].voiced_from_s - offset_s
    lines = [
        "#VERSION:1.1.0",
        "#TITLE:Sakura Sakura",
        "#ARTIST:Traditional, sung by Sinsy (nitech_jp_song070_f001)",
        "#MP3:song.ogg",
        "#AUDIO:song.ogg",
        "#LANGUAGE:Japanese",
        "#CREATOR:t2s-rt contributors",
        f"#BPM:{ULTRASTAR_BPM}",
        f"#GAP:{round(1000.0 * gap_s)}",
    ]
    index = 0
    for phrase in SONG:
        if index:
            lines.append(f"- {_beat(placed[index - 1].voiced_to_s - offset_s - gap_s) + 1}")
        for note in phrase.notes:
            if note.kana is None:
                continue
            sung = placed[index]
            index += 1
            start = _beat(sung.voiced_from_s - offset_s - gap_s)
            length = max(1, _beat(sung.voiced_to_s - offset_s - gap_s) - start)
            text = note.romaji.lstrip("_") if note.romaji[0] in "_~" else f" {note.romaji}"
            lines.append(f": {start} {length} {midi(note) - 60} {text}")
    return "\n".join([*lines, "E", ""])


def _beat(time_s: float) -> int:
    return round(time_s / BEAT_S)


def main() -> None:
    """Make both files."""
    notes = [LEAD_IN, *(note for phrase in SONG for note in phrase.notes), LEAD_OUT]
    placed = place(notes)
    samples = shape(tune(sing(notes), placed), placed)
    locate(samples, placed)
    offset_s = placed[0].start_s - LEAD_S
    first, last = round(offset_s * SAMPLE_RATE_HZ), round((placed[-1].end_s + TAIL_S) * SAMPLE_RATE_HZ)
    FOLDER.mkdir(parents=True, exist_ok=True)
    soundfile.write(
        FOLDER / "song.ogg",
        samples[first:last].astype(np.float32),
        SAMPLE_RATE_HZ,
        format="OGG",
        subtype="VORBIS",
        compression_level=0.5,
    )
    (FOLDER / "song.txt").write_text(ultrastar(placed, offset_s), encoding="utf-8", newline="\n")
    for name in ("song.ogg", "song.txt"):
        print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
