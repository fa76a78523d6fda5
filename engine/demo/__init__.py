"""The demo song, so that a face sings without a microphone; LICENSE.md says who made it."""

from __future__ import annotations

from pathlib import Path


def demo_song_path() -> Path:
    """The recording: 48 kHz mono OGG Vorbis, half a minute of solo singing."""
    return Path(__file__).with_name("song.ogg")


def demo_subtitles_path() -> Path:
    """Its motion subtitles, as the embedded planner wrote them."""
    return Path(__file__).with_name("song.vtt")


def demo_lyrics_path() -> Path:
    """Its lyrics and notes as UltraStar 1.1 text, UTF-8."""
    return Path(__file__).with_name("song.txt")
