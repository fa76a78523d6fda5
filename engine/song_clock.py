"""Where the song is: told by the source that plays it, or by a player elsewhere over the WebSocket.

The event loop hears the player and writes; the hot thread asks for each frame. What they share is one
reference to an immutable course, so neither ever waits for the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from t2s_rt.timebase import NO_SONG_S

LONGEST_SONG_S: Final = 24 * 3600.0
SLOWEST_RATE: Final = 0.25
FASTEST_RATE: Final = 4.0

JUMP_S: Final = 0.2
"""A player that is further off than this has been moved; a smaller difference is drift or jitter ..."""
GLIDE: Final = 0.04
"""... and made up for by running so much faster or slower, as a share of the player's own rate."""
HEARSAY: Final = 0.25
"""Share of a difference that is believed where the message has no time of its own: networks stutter."""
ORPHAN_S: Final = 30.0
"""A song whose player vanished plays on for so long: long enough for it to come back, not for ever."""
MOST_OFFSET_S: Final = 2.0


class SongState(StrEnum):
    """What the song is doing."""

    STOPPED = "stopped"
    """No song plays: free singing."""
    PLAYING = "playing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Course:
    """How the position runs from one message of the player to the next.

    Attributes:
        state: What the player does.
        from_ns: Since when, on the monotonic clock; before, `before` holds.
        position_s: The player's position then.
        rate: Its seconds of song per second; 0 unless playing.
        behind_s: How far the shown position was behind the player's then; it glides to 0.
        before: The course until then; it has no `before` itself.
        until_ns: When the course ends because the player vanished; None while it is there.
    """

    state: SongState
    from_ns: int
    position_s: float = 0.0
    rate: float = 0.0
    behind_s: float = 0.0
    before: Course | None = None
    until_ns: int | None = None

    def at_s(self, now_ns: int) -> float:
        """The shown position, `NO_SONG_S` where none is."""
        if now_ns < self.from_ns and self.before is not None:
            return self.before.at_s(now_ns)
        if self.state is SongState.STOPPED or (self.until_ns is not None and now_ns >= self.until_ns):
            return NO_SONG_S
        passed_s = (now_ns - self.from_ns) * 1e-9
        made_up_s = GLIDE * self.rate * max(0.0, passed_s)
        behind_s = math.copysign(max(0.0, abs(self.behind_s) - made_up_s), self.behind_s)
        shown_s = self.position_s + self.rate * passed_s - behind_s
        return shown_s if 0.0 <= shown_s <= LONGEST_SONG_S else NO_SONG_S


SILENCE: Final = Course(SongState.STOPPED, 0)


class SongClock:
    """The position in the song of each frame.

    Until a player speaks the source says where the song is: a file is its own song, others know none.
    A player's word is worth a jump where it starts, pauses or seeks, and a glide where it only drifts;
    while the song plays on, the position never runs backwards.

    Args:
        source_song_s: The source's own position in the song for a position in the stream.
        output_offset_s: How much later the singer hears the player than it says, in s, positive for the
            latency of loudspeakers or ear-phones; negative where the player's clock is late itself.
        microphone_offset_s: How much earlier a sample was sung than its capture time says, in s: the
            latency of microphone and driver that the operating system does not know of.

    Raises:
        ValueError: An offset is beyond `MOST_OFFSET_S`.
    """

    def __init__(
        self,
        source_song_s: Callable[[int], float],
        *,
        output_offset_s: float = 0.0,
        microphone_offset_s: float = 0.0,
    ) -> None:
        for name, value in (("output", output_offset_s), ("microphone", microphone_offset_s)):
            if not abs(value) <= MOST_OFFSET_S:
                raise ValueError(f"the {name} offset is at most {MOST_OFFSET_S} s, not {value}")
        self._source_song_s = source_song_s
        self._late_ns = round((output_offset_s + microphone_offset_s) * 1e9)
        self._course: Course | None = None

    # ---- the event loop

    def transport(
        self, state: SongState, position_s: float, rate: float, at_ns: int, *, timed: bool
    ) -> None:
        """Hear the player.

        Args:
            state: What it does.
            position_s: Where it is, 0 to `LONGEST_SONG_S`.
            rate: How fast it plays, `SLOWEST_RATE` to `FASTEST_RATE`.
            at_ns: When that was so, on the monotonic clock; a time to come is when it will be so.
            timed: Whether the player gave that time; else it is when its message came.
        """
        before = SILENCE if self._course is None else replace(self._course, before=None)
        rate = rate if state is SongState.PLAYING else 0.0
        new = Course(state, at_ns, position_s, rate, before=before)
        if before.state is SongState.PLAYING is state:
            shown_s = before.at_s(at_ns)
            behind_s = position_s - shown_s
            if shown_s >= 0.0 and abs(behind_s) <= JUMP_S:
                if not timed and rate == before.rate:
                    new = replace(new, position_s=position_s - (1.0 - HEARSAY) * behind_s)
                    behind_s *= HEARSAY
                new = replace(new, behind_s=behind_s)
        self._course = new

    def abandon(self, now_ns: int) -> None:
        """The player vanished without a word; a song that plays or waits goes on for `ORPHAN_S`."""
        if self._course is not None and self._course.state is not SongState.STOPPED:
            self._course = replace(self._course, until_ns=now_ns + round(ORPHAN_S * 1e9))

    # ---- any thread

    def state(self, now_ns: int) -> SongState:
        """What the player's song is doing; `STOPPED` where there is no player."""
        course = self._course
        if course is None or (course.until_ns is not None and now_ns >= course.until_ns):
            return SongState.STOPPED
        return course.state

    # ---- the hot thread

    def song_s(self, pts_samples: int, captured_ns: int) -> float:
        """Position in the song of a moment of the stream.

        Args:
            pts_samples: The moment, in samples at 48 kHz since the stream began.
            captured_ns: The same moment on the monotonic clock; 0 without a clock.

        Returns:
            Seconds of the song, `NO_SONG_S` where none plays.
        """
        course = self._course
        if course is None or captured_ns == 0:
            return self._source_song_s(pts_samples)
        return course.at_s(captured_ns - self._late_ns)
