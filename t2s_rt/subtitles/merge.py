"""Regeneration that leaves an artist's work alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from t2s_rt.subtitles.cue import Cue, Deletion, SubtitleTrack, TrackHeader, cue_order
from t2s_rt.subtitles.ledger import checksum
from t2s_rt.subtitles.moves import MOVE_INDEX

LEAST_LEFT_S: Final = 0.3
"""A trimmed cue shorter than this is a twitch."""
LEAST_LEFT: Final = 0.5
"""Share of its length that a trimmed cue keeps at least; less is not what was meant."""

_Span = tuple[float, float]


def merge_edits(old: SubtitleTrack, regenerated: SubtitleTrack) -> SubtitleTrack:
    """What an artist wrote, changed and deleted, with a new plan around it.

    Cues by hand stay to the letter, muted ones stay muted, deleted ones stay away. A regenerated cue
    that would drive an action of one of them at the same time is trimmed to the longest rest beside it,
    or dropped where less than half of it or less than `LEAST_LEFT_S` is left. A cue by hand that the
    planner writes to the letter is the planner's.

    Args:
        old: The track as the artist left it.
        regenerated: What the planner writes now.

    Returns:
        A track with the new header; further header entries and comments of the old one are kept.
    """
    planned = {checksum(cue) for cue in regenerated.cues}
    by_hand = {checksum(cue): cue for cue in old.cues if cue.by_hand}
    fixed: list[Cue | Deletion] = [cue for mark, cue in by_hand.items() if mark not in planned]
    fixed += [*old.muted, *old.deleted]
    kept: list[Cue] = []
    for new in regenerated.cues:
        cue = _beside(new, fixed)
        if cue is new:
            by_hand.pop(checksum(new), None)
        if cue is not None and checksum(new) not in by_hand:
            kept.append(cue)
    return SubtitleTrack(
        cues=tuple(sorted([*by_hand.values(), *kept], key=cue_order)),
        header=_header(old.header, regenerated.header),
        deleted=old.deleted,
        comments=old.comments,
        muted=old.muted,
    )


def trim(cue: Cue, taken: Iterable[_Span]) -> Cue | None:
    """The longest part of a cue beside the spans, None where too little is left."""
    free = [(cue.start_s, cue.end_s)]
    for start_s, end_s in taken:
        free = [
            part
            for left_s, right_s in free
            for part in ((left_s, min(right_s, start_s)), (max(left_s, end_s), right_s))
            if part[1] > part[0]
        ]
    start_s, end_s = max(free, key=lambda part: part[1] - part[0], default=(0.0, 0.0))
    if (start_s, end_s) == (cue.start_s, cue.end_s):
        return cue
    if end_s - start_s < max(LEAST_LEFT_S, LEAST_LEFT * cue.duration_s):
        return None
    return replace(cue, start_s=start_s, end_s=end_s)


def share_action(one: Cue | Deletion, other: Cue | Deletion) -> bool:
    """Whether two drive a common action, so that they cannot be at once."""
    first, second = (MOVE_INDEX[c.region, c.move].drives for c in (one, other))
    return bool({name for name, _ in first} & {name for name, _ in second})


def _beside(cue: Cue, fixed: list[Cue | Deletion]) -> Cue | None:
    return trim(cue, [(other.start_s, other.end_s) for other in fixed if share_action(cue, other)])


def _header(old: TrackHeader, new: TrackHeader) -> TrackHeader:
    written = {key for key, _ in new.further}
    return replace(new, further=new.further + tuple(e for e in old.further if e[0] not in written))
