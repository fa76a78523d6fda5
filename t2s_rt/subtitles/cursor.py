"""The cursor: what the motion subtitles ask of each action at the song's position."""

from __future__ import annotations

from typing import Final

from t2s_rt.intensity.actions import ACTION_COUNT, ACTIONS
from t2s_rt.intensity.condition import Condition
from t2s_rt.intensity.smoothing import clamp
from t2s_rt.lyrics.song import Song
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.music import Music
from t2s_rt.subtitles.timeline import Timeline


class Cursor:
    """Player of a track, at frame rate: position in the song in, target and authority out.

    What it asks for depends on the position alone, so it may be played, paused, sought and sped up.
    Where the position or the track jumps, the wishes glide from what they were to what they have
    become. Causal, without chance, no latency.

    Args:
        track: The motion subtitles.
        song: The song they belong to; it shapes how fast the face moves and where it nods. None where
            unknown.
    """

    JUMP_S: Final = 0.06
    """Time advances by less in one frame at any rate up to 2, jitter included; more is a seek."""
    BACK_S: Final = 0.002
    """A clock that is corrected by less than this has not jumped back."""
    GLIDE: Final = 0.15
    """Share of what is left of a jump that is made up in a frame: 62 % in 100 ms, 95 % in 310 ms."""
    GLIDE_STEP: Final = 0.1
    """Most of an action's range that a glide moves in a frame, from shut to wide eyes in a third of a
    second."""
    SETTLED: Final = 1e-3
    """A smaller rest of a jump is forgotten."""

    __slots__ = ("_gliding", "_leap", "_music", "_rest", "_shown", "_song_s", "_timeline", "_wish")

    def __init__(self, track: SubtitleTrack, song: Song | None = None) -> None:
        self._music = Music(song)
        self._timeline = self.prepare(track)
        self.reset()

    @property
    def latency_samples(self) -> int:
        """0: it asks for what the present position needs."""
        return 0

    def reset(self) -> None:
        """Forget what was shown; the next step shows what the track asks at once."""
        self._song_s: float | None = None
        self._leap = False
        self._gliding = False
        self._wish = [0.0] * (2 * ACTION_COUNT)
        self._shown = [0.0] * (2 * ACTION_COUNT)
        self._rest = [0.0] * (2 * ACTION_COUNT)

    def prepare(self, track: SubtitleTrack) -> Timeline:
        """Make a track ready for `replace`; any thread may do this while the cursor plays."""
        return Timeline(track, self._music)

    def replace(self, track: SubtitleTrack | Timeline) -> None:
        """Play another track from the next step on; the face glides to what it asks.

        Args:
            track: The track, or what `prepare` made of it: then this takes no time.
        """
        self._timeline = track if isinstance(track, Timeline) else self.prepare(track)
        self._leap = True

    def step(self, song_s: float, out: Condition) -> None:
        """Say what is asked in this frame.

        Args:
            song_s: Position in the song in s; negative where no song plays.
            out: Receives ``target`` and ``authority``; the rest is left alone.
        """
        self._read(song_s)
        if self._leapt(song_s):
            self._leave_rest()
        if self._gliding:
            self._glide()
        else:
            self._shown, self._wish = self._wish, self._shown
        self._song_s = song_s
        self._write(out)

    def _read(self, song_s: float) -> None:
        """Authorities, then authorities times targets, as the track has them at this position."""
        wish = self._wish
        for i in range(2 * ACTION_COUNT):
            wish[i] = 0.0
        if song_s >= 0.0:
            for lane in self._timeline.lanes:
                wish[lane.action], wish[ACTION_COUNT + lane.action] = lane.at(song_s)

    def _leapt(self, song_s: float) -> bool:
        before_s, self_leap = self._song_s, self._leap
        self._leap = False
        if before_s is None:
            return False
        advance_s = song_s - before_s
        stopped = song_s < 0.0
        if stopped or before_s < 0.0:
            return self_leap or stopped != (before_s < 0.0)
        return self_leap or not -self.BACK_S <= advance_s <= self.JUMP_S

    def _leave_rest(self) -> None:
        """Note by how much what was shown differs from what is wished now."""
        self._rest = [shown - wish for shown, wish in zip(self._shown, self._wish, strict=True)]
        self._gliding = True

    def _glide(self) -> None:
        """Show the wishes plus a rest of the jump that fades."""
        largest = 0.0
        for i, before in enumerate(self._rest):
            after = before - clamp(self.GLIDE * before, -self.GLIDE_STEP, self.GLIDE_STEP)
            after = after if abs(after) > self.SETTLED else 0.0
            largest = max(largest, abs(after))
            self._rest[i] = after
            self._shown[i] = self._wish[i] + after
        self._gliding = largest > 0.0

    def _write(self, out: Condition) -> None:
        shown = self._shown
        target, authority = out.target, out.authority
        for i in range(ACTION_COUNT):
            share = clamp(shown[i], 0.0, 1.0)
            if share < self.SETTLED:
                target[i] = authority[i] = 0.0
            else:
                authority[i] = share
                target[i] = clamp(shown[ACTION_COUNT + i] / share, _LOWEST[i], 1.0)


_LOWEST: Final = tuple(action.minimum for action in ACTIONS)
