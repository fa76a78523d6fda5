"""What is known of the song before it is sung: its words and its motion subtitles, read and checked."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

from t2s_rt.articulation.lead import Lead
from t2s_rt.conductor import Conductor
from t2s_rt.errors import ConfigError
from t2s_rt.following.follower import Follower
from t2s_rt.lyrics import load_song
from t2s_rt.lyrics.phonemes import Pronunciation, pronounce_song
from t2s_rt.lyrics.song import Line, Song
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.cursor import Cursor
from t2s_rt.subtitles.load import load_track
from t2s_rt.timebase import seconds


@dataclass(frozen=True, slots=True)
class Script:
    """A song's words and subtitles, either of which may be unknown.

    Attributes:
        song: Words and notes.
        pronunciation: What the words sound like; None exactly where the song is unknown.
        track: Motion subtitles.
        voice: Which of the song's voices the singer sings.
        follow: Whether the sung notes may correct the song's clock.
        audio: The recording that the song file names, where it lies beside it.
        subtitles: The file that `track` was read from.
        warnings: Sentences that a person should read.
    """

    song: Song | None = None
    pronunciation: Pronunciation | None = None
    track: SubtitleTrack | None = None
    voice: int = 0
    follow: bool = True
    audio: Path | None = None
    subtitles: Path | None = None
    warnings: tuple[str, ...] = ()

    def conductor(self, look_ahead_samples: int = 0) -> Conductor | None:
        """Somebody who conducts by this script; None where nothing is known.

        Args:
            look_ahead_samples: How much newer the newest features are than the moment of a frame.
        """
        if self.song is None and self.track is None:
            return None
        lead = Lead(self.pronunciation.phonemes) if self.pronunciation is not None else None
        return Conductor(
            self._follower(seconds(look_ahead_samples)),
            lead,
            Cursor(self.track or SubtitleTrack(()), self.song),
        )

    def _follower(self, features_ahead_s: float) -> Follower | None:
        if self.song is None or not self.follow:
            return None
        return Follower(self.song, self.voice, features_ahead_s=features_ahead_s)

    def as_json(self, track: SubtitleTrack | None = None) -> bytes:
        """What the page shows of it, as docs/protocol.md has `/script`.

        Args:
            track: Subtitles that have replaced the script's own.
        """
        track = track or self.track
        song, header = self.song, track.header if track is not None else None
        lines = [line for line in song.lines if line.voice == self.voice] if song is not None else []
        script = {
            "title": (song.title if song is not None else "") or (header.title if header else ""),
            "artist": (song.artist if song is not None else "") or (header.artist if header else ""),
            "lines": [_line_json(line) for line in lines if not line.background],
            "cues": [
                {
                    "start_s": cue.start_s,
                    "end_s": cue.end_s,
                    "region": str(cue.region),
                    "move": cue.move,
                    "intensity": cue.intensity,
                    "text": cue.text,
                }
                for cue in (track.cues if track is not None else ())
            ],
        }
        return json.dumps(script, ensure_ascii=False).encode(errors="replace")


def _line_json(line: Line) -> dict[str, object]:
    syllables = [
        {
            "text": syllable.text,
            "start_s": round(syllable.start_s, 3),
            "end_s": round(syllable.end_s, 3),
            "ends_word": syllable is word.syllables[-1] and bool(word.text),
        }
        for word in line.words
        for syllable in word.syllables
    ]
    return {"start_s": round(line.start_s, 3), "end_s": round(line.end_s, 3), "syllables": syllables}


def load_script(
    song: Path | None, subtitles: Path | None, *, voice: int = 0, follow: bool = True
) -> Script:
    """Read what is known of a song.

    Args:
        song: Lyrics in any format that `t2s_rt.lyrics` reads; None where unknown.
        subtitles: Motion subtitles; None where there are none.
        voice: Which of the song's voices is sung, from 0.
        follow: Whether the sung notes may correct the song's clock.

    Raises:
        LyricsError: The song cannot be read.
        SubtitleError: The subtitles cannot be read.
        ConfigError: The song has no such voice.
        SetupError: The words need eSpeak NG, which is not installed.
    """
    words = load_song(song) if song is not None else None
    if words is not None and not 0 <= voice < len(words.voices):
        named = ", ".join(f"{i} {name}".strip() for i, name in enumerate(words.voices))
        raise ConfigError(f"{song} has no voice {voice}.", f"It has: {named}.")
    pronunciation = pronounce_song(words, voice) if words is not None else None
    track = load_track(subtitles) if subtitles is not None else None
    warnings = itertools.chain(
        words.warnings if words is not None else (),
        pronunciation.warnings if pronunciation is not None else (),
        _mismatch(words, track, subtitles),
    )
    return Script(
        words,
        pronunciation,
        track,
        voice,
        follow,
        audio=_recording(song, words),
        subtitles=subtitles,
        warnings=tuple(warnings),
    )


def _recording(path: Path | None, song: Song | None) -> Path | None:
    """`Song.audio` never leaves the song's folder."""
    if path is None or song is None or not song.audio:
        return None
    audio = path.parent / song.audio
    return audio if audio.is_file() else None


def _mismatch(song: Song | None, track: SubtitleTrack | None, subtitles: Path | None) -> list[str]:
    if song is None or track is None or track.header.song_hash in ("", song.fingerprint()):
        return []
    return [
        f"{subtitles} was made for another version of this song, so cues may be misplaced: "
        "write it again with `t2s subtitles --keep-edits`."
    ]
