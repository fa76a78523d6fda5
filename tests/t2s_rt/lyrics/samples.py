"""Small songs of our own, one per format; the golden tests and the fuzz read the same ones."""

from __future__ import annotations

import io
import struct
import zipfile

from t2s_rt.lyrics import Song, Source, parse_song

LRC = """[ti:Harbour Light]
[ar:Ann Example]
[la:en]
[offset:+500]
# a remark
[00:10.00][00:30.00]Morning finds the water
[00:12.00]still and silver
[00:14.00]
[00:20.50]<00:20.50>Row, <00:21.00>my <00:21.25>brother <00:22.00>
[00:24.00]v2:<00:24.00>row <00:25.00>home<00:26.00>
[bg:<00:26.00>(row) <00:26.50>]
"""

ULTRASTAR = """#VERSION:1.1.0
#TITLE:Harbour Light
#ARTIST:Ann Example
#LANGUAGE:English
#AUDIO:sound/harbour.ogg
#MP3:ignored.mp3
#BPM:75,0
#GAP:1500
#P1:Ann
#P2:Ben
P1
: 0 4 0 Morn
: 4 4 2 ing
* 8 6 4  light
: 14 2 5 ~
- 17
R 20 4 0 Row
F 26 2 0  home
P2
G 30 4 7 hey
: 34 4 -2  you
E
ignored after E
"""

ASS = r"""[Script Info]
; a remark
Title: Harbour Light
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:05.00,0:00:07.00,Default,Ann,0,0,0,,{\k50}Mor{\K25}ning {\kf75\c&HFF&}light{\k50}
Dialogue: 0,0:00:08.00,0:00:09.00,Default,Ben,0,0,0,,{\k20}{\ko40}row{\k20} {\k20}home, \Nboys
Dialogue: 0,0:00:10.00,0:00:12.00,Default,Ann,0,0,0,,Silver water
Comment: 0,0:00:10.00,0:00:12.00,Default,Ann,0,0,0,,nobody sings this
"""

SRT = """1
00:00:01,000 --> 00:00:03,000
<i>Morning light</i>

2
00:00:04,500 --> 00:00:06,500
Row, my
brother
"""

VTT = """WEBVTT
Language: en

NOTE a remark
over two lines

STYLE
::cue { color: white }

1
00:01.000 --> 00:03.000 align:start
<v Ann>Morn<00:00:01.500>ing <00:00:02.000>light

00:04.500 --> 00:06.500
<v Ben><c.soft>Rock &amp; roll</c>
"""

TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:itunes="http://music.apple.com/itunes" '
    'xmlns:ttm="http://www.w3.org/ns/ttml#metadata" itunes:timing="Word" xml:lang="en-GB">'
    "<head><metadata>"
    "<ttm:title>Harbour Light</ttm:title>"
    '<ttm:agent type="person" xml:id="v1"><ttm:name type="full">Ann</ttm:name></ttm:agent>'
    '<ttm:agent type="person" xml:id="v2"/></metadata></head>\n'
    '<body dur="0:20.000"><div begin="5.000" end="9.000" itunes:song-part="Verse">'
    '<p begin="5.000" end="7.000" ttm:agent="v1"><span begin="5.000" end="5.500">Morn</span>'
    '<span begin="5.500" end="6.000">ing</span> <span begin="6.000" end="7.000">light</span>'
    '<span ttm:role="x-bg" begin="7.000" end="7.800"><span begin="7.000" end="7.400">(oh</span> '
    '<span begin="7.400" end="7.800">light)</span></span></p>'
    '<p begin="8.000" end="9.000" ttm:agent="v2"><span begin="8.000" end="9.000">Row</span>'
    '<span ttm:role="x-translation">Rudere</span></p></div>'
    '<div itunes:songPart="Chorus">'
    '<p begin="1:02.500" end="1:04.500" ttm:agent="v1">Silver water</p></div>'
    "</body></tt>"
)

MUSICXML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "partwise.dtd">
<score-partwise version="4.0">
  <work><work-title>Harbour Light</work-title></work>
  <identification><creator type="composer">Ann Example</creator></identification>
  <part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
  <part id="P1">
    <measure number="1">
      <attributes><divisions>2</divisions></attributes>
      <direction><sound tempo="60"/></direction>
      <note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration><voice>1</voice>
        <lyric number="1"><syllabic>begin</syllabic><text>Morn</text></lyric>
        <lyric number="2"><syllabic>begin</syllabic><text>Eve</text></lyric></note>
      <note><pitch><step>D</step><octave>4</octave></pitch><duration>2</duration><voice>1</voice>
        <lyric number="1"><syllabic>end</syllabic><text>ing</text></lyric>
        <lyric number="2"><syllabic>end</syllabic><text>ning</text></lyric></note>
      <note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>4</duration>
        <tie type="start"/><voice>1</voice>
        <lyric number="1"><syllabic>single</syllabic><text>light</text><extend/></lyric></note>
    </measure>
    <measure number="2">
      <note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>2</duration>
        <tie type="stop"/><voice>1</voice></note>
      <note><pitch><step>G</step><octave>4</octave></pitch><duration>2</duration><voice>1</voice></note>
      <note><rest/><duration>4</duration><voice>1</voice></note>
      <barline location="right"><repeat direction="backward"/></barline>
    </measure>
    <measure number="3">
      <direction><sound tempo="120"/></direction>
      <note><pitch><step>B</step><octave>3</octave></pitch><duration>8</duration><voice>1</voice>
        <lyric number="1"><syllabic>single</syllabic><text>home</text></lyric></note>
    </measure>
  </part>
</score-partwise>
"""


def mxl(score: str = MUSICXML, *, container: bool = True) -> bytes:
    """A compressed score."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        if container:
            archive.writestr(
                "META-INF/container.xml",
                '<container><rootfiles><rootfile full-path="score.musicxml"/></rootfiles></container>',
            )
        archive.writestr("score.musicxml", score)
    return packed.getvalue()


def variable(value: int) -> bytes:
    """A MIDI variable-length number."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def track(*events: tuple[int, bytes]) -> bytes:
    """A MIDI track of (tick, event), the end appended."""
    data = b""
    last = 0
    for tick, event in sorted(events, key=lambda event: event[0]):
        data += variable(tick - last) + event
        last = tick
    data += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(data)) + data


def meta(kind: int, data: bytes) -> bytes:
    """A MIDI meta event."""
    return bytes([0xFF, kind]) + variable(len(data)) + data


def midi(*tracks: bytes, file_format: int = 1, division: int = 100) -> bytes:
    """A MIDI file."""
    return b"MThd" + struct.pack(">IHHH", 6, file_format, len(tracks), division) + b"".join(tracks)


def note(start: int, end: int, pitch: int, channel: int = 0) -> list[tuple[int, bytes]]:
    """Note on and off."""
    return [(end, bytes([0x80 | channel, pitch, 0])), (start, bytes([0x90 | channel, pitch, 90]))]


def tempo(microseconds: int) -> bytes:
    """A tempo event."""
    return meta(0x51, microseconds.to_bytes(3, "big"))


# 100 ticks a quarter; 600,000 µs a quarter until tick 600, then 300,000: 6 ms and 3 ms a tick.
KAR = midi(
    track((0, tempo(600_000)), (600, tempo(300_000)), (0, meta(3, b"Soft Karaoke"))),
    track(
        (0, meta(1, b"@KMIDI KARAOKE FILE")),
        (0, meta(1, b"@LENGL")),
        (0, meta(1, b"@THarbour Light")),
        (0, meta(1, b"@TAnn Example")),
        (100, meta(1, b"\\Morn")),
        (200, meta(1, b"ing")),
        (300, meta(1, b" light")),
        (600, meta(1, b"/Caf\xe9")),
        (800, meta(1, b" home")),
    ),
    track(
        *note(100, 190, 60),
        *note(200, 300, 62),
        *note(300, 400, 64),
        *note(405, 500, 65),
        *note(600, 800, 67),
        *note(800, 900, 59),
    ),
    track(*[event for start in range(0, 900, 100) for event in note(start, start + 50, 38, 9)]),
)

SAMPLES: dict[str, bytes] = {
    "song.lrc": LRC.encode(),
    "song.txt": ULTRASTAR.encode(),
    "song.ass": ASS.encode(),
    "song.srt": SRT.encode(),
    "song.vtt": VTT.encode(),
    "song.ttml": TTML.encode(),
    "song.kar": KAR,
    "song.musicxml": MUSICXML.encode(),
    "song.mxl": mxl(),
}


def read(name: str, data: bytes | str) -> Song:
    """Parse bytes or text under this name."""
    return parse_song(Source(data.encode() if isinstance(data, str) else data, name))


def rows(song: Song) -> list[tuple[str, float, float, float | None]]:
    """Text, start, end (to the millisecond) and pitch of every syllable."""
    return [(s.text, round(s.start_s, 3), round(s.end_s, 3), s.pitch_midi) for s in song.syllables()]
