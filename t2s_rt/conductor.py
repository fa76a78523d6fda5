"""The conductor: knows the song and tells the performer, frame by frame, what it asks for.

It brings together the three players that know the song: the follower says where in it the singer is, the
lead shapes the mouth for the words that come, the cursor reads the motion subtitles. Each is optional; a
conductor without any asks for nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from t2s_rt.intensity.condition import Condition
from t2s_rt.subtitles.cue import SubtitleTrack
from t2s_rt.subtitles.timeline import Timeline
from t2s_rt.timebase import NO_SONG_S
from t2s_rt.types import FloatArray


class FollowsSinger(Protocol):
    """Hears where in the song the singer is (`t2s_rt.following.follower.Follower`)."""

    def step(self, song_s: float, features: FloatArray) -> float:
        """Seconds to add to the song's clock."""
        ...

    def reset(self) -> None:
        """Forget the singer."""
        ...


class LeadsMouth(Protocol):
    """Knows the words that come (`t2s_rt.articulation.lead.Lead`)."""

    def step(self, song_s: float, features: FloatArray, motion: FloatArray, out: Condition) -> None:
        """Write ``out.shape`` and ``out.trust``."""
        ...

    def reset(self) -> None:
        """Forget the singer."""
        ...


class ReadsSubtitles(Protocol):
    """Reads the motion subtitles (`t2s_rt.subtitles.cursor.Cursor`)."""

    def step(self, song_s: float, out: Condition) -> None:
        """Write ``out.target`` and ``out.authority``."""
        ...

    def prepare(self, track: SubtitleTrack) -> Timeline:
        """Make other subtitles ready, on any thread."""
        ...

    def replace(self, track: Timeline) -> None:
        """Go on with what `prepare` made; the face glides."""
        ...

    def reset(self) -> None:
        """Start over with the newest track."""
        ...


class Conductor:
    """Streaming stage at frame rate: where the song is, what was heard and moved in; wishes out.

    Causal and without chance. It adds no latency: the words are known, so the mouth can be early.

    Args:
        follower: Corrects the song's clock by what is sung; None trusts the clock.
        lead: Shapes the mouth for the words; None where they are unknown.
        cursor: Reads the motion subtitles; None where there are none.
    """

    def __init__(
        self,
        follower: FollowsSinger | None = None,
        lead: LeadsMouth | None = None,
        cursor: ReadsSubtitles | None = None,
    ) -> None:
        self._follower = follower
        self._lead = lead
        self._cursor = cursor
        self._next_tracks: deque[Timeline] = deque(maxlen=1)

    @property
    def latency_samples(self) -> int:
        """0: it asks for what the present moment of the song needs."""
        return 0

    def reset(self) -> None:
        """Forget the singer; the song and the newest subtitles stay."""
        for player in (self._follower, self._lead, self._cursor):
            if player is not None:
                player.reset()

    def replace_track(self, track: SubtitleTrack) -> None:
        """Go on with other subtitles from the next frame; any thread may call it. The face glides.

        The caller's thread does the work (about 20 us a cue), the stage only swaps a reference.
        """
        if self._cursor is not None:
            self._next_tracks.append(self._cursor.prepare(track))

    def step(self, song_s: float, features: FloatArray, motion: FloatArray, out: Condition) -> float:
        """Say what the song asks for now.

        Args:
            song_s: Position in the song by its clock, in s; negative where no song plays.
            features: ``(HOPS_PER_FRAME, FEATURE_COUNT)`` feature rows of the frame, oldest first.
            motion: ``(ACTION_COUNT,)`` the mouth that the model heard.
            out: Receives the wishes.

        Returns:
            The position corrected by what was sung; `NO_SONG_S` where no song plays.
        """
        out.clear()
        position_s = song_s
        if self._follower is not None:
            position_s += self._follower.step(song_s, features)
        position_s = max(0.0, position_s) if song_s >= 0.0 else NO_SONG_S
        if self._cursor is not None:
            if self._next_tracks:
                self._cursor.replace(self._next_tracks.popleft())
            self._cursor.step(position_s, out)
        if self._lead is not None:
            self._lead.step(position_s, features, motion, out)
        return position_s
