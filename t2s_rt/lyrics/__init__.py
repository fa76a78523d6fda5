"""Songs: lyrics with their times, from the formats that karaoke and music programs write."""

from t2s_rt.lyrics.load import detect_format, load_song, parse_song
from t2s_rt.lyrics.snap import snap_song
from t2s_rt.lyrics.song import Line, Song, Syllable, SyllableKind, Word
from t2s_rt.lyrics.source import Source
from t2s_rt.lyrics.syllables import split_syllables

__all__ = [
    "Line",
    "Song",
    "Source",
    "Syllable",
    "SyllableKind",
    "Word",
    "detect_format",
    "load_song",
    "parse_song",
    "snap_song",
    "split_syllables",
]
