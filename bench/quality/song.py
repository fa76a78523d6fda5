"""The real song, NIT SONG070: closures and vowel orders of a sung voice nobody trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench.lead import FOLDER, load_song
from bench.nit_song import LabelledSound
from bench.quality.closures import closed
from bench.quality.figures import Figure
from bench.quality.orders import SONG_ORDERS, Seen, share
from bench.quality.track import MouthTrack, Subject

VOWELS: Final = frozenset("aiueo")


def seen_vowels(track: MouthTrack, sounds: tuple[LabelledSound, ...]) -> list[Seen]:
    """Every sung vowel at its middle."""
    return [
        Seen(sound.name, track.middle(sound.start_s, sound.end_s))
        for sound in sounds
        if sound.kind == "v" and sound.name in VOWELS
    ]


def measure(subject: Subject, folder: Path = FOLDER) -> list[Figure]:
    """All rows of the song.

    Raises:
        SetupError: The song is not there.
    """
    samples, sounds = load_song(folder)
    track = subject.watch(samples)
    consonants = [(s.name, s.start_s, s.end_s) for s in sounds if s.kind == "c"]
    done, every = closed(track, consonants)
    vowels = seen_vowels(track, sounds)
    note = f"{len(vowels)} vowels"
    return [
        Figure("song.closures", done, f"of {every}"),
        *(Figure(f"song.{order.name}", share(vowels, order), note) for order in SONG_ORDERS),
    ]
