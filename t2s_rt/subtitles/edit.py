"""Edits of a whole track at once: shift, scale, intensify, mute. Pure functions from track to track.

Whatever changes counts as changed by hand, so regeneration leaves it alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.cue import (
    SHORTEST_CUE_S,
    Cue,
    Deletion,
    SubtitleTrack,
    cue_order,
    describe_overlap,
    overlaps,
)
from t2s_rt.subtitles.ledger import deletion_of
from t2s_rt.subtitles.line import INTENSITY_DIGITS


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cues an edit means.

    Attributes:
        region: One lane, None for all.
        move: One move of that lane, None for all.
        from_s: Cues that start at this time or later, in seconds of the song ...
        to_s: ... and before this one. Muting cuts cues at these times instead.
    """

    region: Region | None = None
    move: str | None = None
    from_s: float = 0.0
    to_s: float = math.inf

    def asks(self, cue: Cue) -> bool:
        """Whether the cue is of the lane and move."""
        return self.region in (None, cue.region) and self.move in (None, cue.move)

    def has(self, cue: Cue) -> bool:
        """Whether the cue is meant."""
        return self.asks(cue) and self.from_s <= cue.start_s < self.to_s


EVERYTHING = Selection()


def shift(track: SubtitleTrack, by_s: float, where: Selection = EVERYTHING) -> SubtitleTrack:
    """Move cues in time.

    What would start before the song is cut; a cue that runs into one that stays is cut at its start.

    Args:
        track: The track.
        by_s: Seconds, later where positive.
        where: Which cues.

    Raises:
        SubtitleError: The shift is no number, or a cue would have no time left.
    """
    if not math.isfinite(by_s):
        raise SubtitleError(f"Times are shifted by seconds, not by {by_s}.")
    return _retime(track, lambda time_s: time_s + by_s, where)


def scale(
    track: SubtitleTrack, factor: float, where: Selection = EVERYTHING, around_s: float = 0.0
) -> SubtitleTrack:
    """Stretch or squeeze times, for a recording at another tempo.

    Args:
        track: The track.
        factor: More than 1 makes it slower.
        where: Which cues.
        around_s: The time that stays where it is.

    Raises:
        SubtitleError: The factor is not positive, or a cue would have no time left.
    """
    if not (math.isfinite(factor) and factor > 0.0 and math.isfinite(around_s)):
        raise SubtitleError(f"Times are scaled by a positive number, not by {factor} around {around_s}.")
    return _retime(track, lambda time_s: around_s + factor * (time_s - around_s), where)


def intensify(
    track: SubtitleTrack, factor: float, offset: float = 0.0, where: Selection = EVERYTHING
) -> SubtitleTrack:
    """Make cues stronger or weaker: intensity times factor plus offset, kept within 0 and 1.

    Raises:
        SubtitleError: Factor or offset is no number, or the factor is negative.
    """
    if not (math.isfinite(factor) and math.isfinite(offset) and factor >= 0.0):
        raise SubtitleError(f"Intensities are scaled by 0 or more, not by {factor} + {offset}.")

    def stronger(cue: Cue) -> Cue:
        intensity = min(max(cue.intensity * factor + offset, 0.0), 1.0)
        return replace(cue, intensity=round(intensity, INTENSITY_DIGITS))

    return _changed(track, [stronger(cue) if where.has(cue) else cue for cue in track.cues])


def mute(track: SubtitleTrack, where: Selection = EVERYTHING) -> SubtitleTrack:
    """Keep cues but do not play them; a cue that reaches over the span's border is cut there."""
    played: list[Cue] = []
    muted = list(track.muted)
    for cue in track.cues:
        inside = _within(cue, where.from_s, where.to_s) if where.asks(cue) else None
        if inside is None:
            played.append(cue)
            continue
        outside = (_within(cue, 0.0, inside.start_s), _within(cue, inside.end_s, math.inf))
        rest = [part for part in outside if part is not None]
        played += rest
        # what is too short to stand alone goes with the rest
        start_s = inside.start_s if outside[0] else cue.start_s
        end_s = inside.end_s if outside[1] else cue.end_s
        muted.append(replace(cue, start_s=start_s, end_s=end_s, by_hand=True))
    return _changed(track, played, muted)


def unmute(track: SubtitleTrack, where: Selection = EVERYTHING) -> SubtitleTrack:
    """Play muted cues again.

    Raises:
        SubtitleError: Another cue drives the same action by now.
    """
    back = [cue for cue in track.muted if where.has(cue)]
    muted = [cue for cue in track.muted if not where.has(cue)]
    return _changed(track, [*track.cues, *back], muted)


def _retime(track: SubtitleTrack, moved: Callable[[float], float], where: Selection) -> SubtitleTrack:
    cues = [_moved(cue, moved) if where.has(cue) else cue for cue in track.cues]
    comments = track.comments
    if where == EVERYTHING:
        comments = tuple((max(0.0, _ms(moved(at_s))), text) for at_s, text in comments)
    muted = [_moved(cue, moved) if where.has(cue) else cue for cue in track.muted]
    return replace(_changed(track, _without_overlap(cues), muted), comments=comments)


def _moved(cue: Cue, moved: Callable[[float], float]) -> Cue:
    start_s, end_s = max(0.0, _ms(moved(cue.start_s))), _ms(moved(cue.end_s))
    if end_s - start_s < SHORTEST_CUE_S:
        raise SubtitleError(
            f"[{cue.region}] {cue.move} at {cue.start_s:.3f} s would be from {start_s:.3f} to "
            f"{end_s:.3f} s: a cue lasts at least {SHORTEST_CUE_S} s.",
            "Leave it out with --from, or delete it.",
        )
    return replace(cue, start_s=start_s, end_s=end_s)


def _without_overlap(cues: list[Cue]) -> list[Cue]:
    """Cut the earlier of two cues that drive a common action where the later one starts."""
    found = sorted(cues, key=cue_order)
    while clashes := list(overlaps(found)):
        for first, second, action in clashes:
            place = next((i for i, cue in enumerate(found) if cue is first), None)
            if place is None:
                continue  # cut already; what is left of it is looked at in the next round
            if second.start_s - first.start_s < SHORTEST_CUE_S:
                raise SubtitleError(describe_overlap(first, second, action), "Move both or delete one.")
            found[place] = replace(first, end_s=second.start_s)
    return found


def _within(cue: Cue, from_s: float, to_s: float) -> Cue | None:
    """The part of a cue in a span, None where it is too short to be one."""
    start_s, end_s = max(cue.start_s, from_s), min(cue.end_s, to_s)
    if end_s - start_s < SHORTEST_CUE_S:
        return None
    if (start_s, end_s) == (cue.start_s, cue.end_s):
        return cue
    return replace(cue, start_s=_ms(start_s), end_s=_ms(end_s))


def _changed(
    track: SubtitleTrack, cues: list[Cue], muted: list[Cue] | tuple[Cue, ...] | None = None
) -> SubtitleTrack:
    """The track with other cues: what differs is by hand, and what it replaces is noted as gone."""
    before, after = set(track.cues), set(cues)
    gone = [deletion_of(cue) for cue in track.cues if not cue.by_hand and cue not in after]
    told = [cue if cue in before else replace(cue, by_hand=True) for cue in cues]
    return replace(
        track,
        cues=tuple(sorted(told, key=cue_order)),
        deleted=_united(track.deleted, gone),
        muted=track.muted if muted is None else tuple(sorted(muted, key=cue_order)),
    )


def _united(old: tuple[Deletion, ...], new: list[Deletion]) -> tuple[Deletion, ...]:
    return tuple(sorted({*old, *new}, key=cue_order))


def _ms(time_s: float) -> float:
    return round(1000.0 * time_s) / 1000.0


def describe(track: SubtitleTrack) -> str:
    """How many cues a track has, by lane and by who wrote them, in one line."""
    lanes = ", ".join(f"{region} {len(track.lane(region))}" for region in Region)
    hand = sum(cue.by_hand for cue in track.cues)
    parts = [f"{len(track.cues)} cues ({lanes})", f"{hand} by hand"]
    if track.muted:
        parts.append(f"{len(track.muted)} muted")
    if track.deleted:
        parts.append(f"{len(track.deleted)} of the planner's changed or deleted")
    return ", ".join(parts)
