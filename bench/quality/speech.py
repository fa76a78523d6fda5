"""Labelled speech: closures and vowel orders of people whom training has not heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from bench.quality.closures import closed
from bench.quality.figures import Figure
from bench.quality.orders import SONG_ORDERS, Seen, class_of, mean_share
from bench.quality.sound import at_48k
from bench.quality.track import Subject
from t2s_rt.training.prepare.clip import LabelledClip

MINUTES: Final = 4.0
SHORTEST_S: Final = 0.06
"""Shorter vowels are no target of any mouth; they are passed by."""


def sample_of(clips: Iterable[LabelledClip], minutes: float = MINUTES) -> list[LabelledClip]:
    """Clips spread evenly over every speaker, of so many minutes in all."""
    by_speaker: defaultdict[str, list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker].append(clip)
    chosen = []
    for theirs in by_speaker.values():
        whole_s = sum(clip.duration_s for clip in theirs)
        share = min(1.0, 60.0 * minutes / len(by_speaker) / max(whole_s, 1e-9))
        steps = max(1, round(1.0 / share))
        chosen += theirs[steps // 2 :: steps]
    return chosen


def measure(subject: Subject, clips: Sequence[LabelledClip], family: str = "speech") -> list[Figure]:
    """All rows of speech; vowels are compared within a speaker.

    Args:
        subject: Who is judged.
        clips: Of speakers whom it has not heard, unless the family says so.
        family: Of the rows.
    """
    done = every = 0
    vowels: defaultdict[str, list[Seen]] = defaultdict(list)
    for clip in clips:
        track = subject.watch(at_48k(clip.samples, clip.rate_hz))
        closures = closed(track, clip.sounds)
        done, every = done + closures[0], every + closures[1]
        vowels[clip.speaker] += [
            Seen(name, track.middle(start_s, end_s))
            for ipa, start_s, end_s in clip.sounds
            if (name := class_of(ipa)) and end_s - start_s >= SHORTEST_S
        ]
    groups = list(vowels.values())
    count = sum(len(group) for group in groups)
    note = f"{count} vowels, {len(groups)} speakers: {' '.join(vowels)}"
    share = done / every if every else float("nan")
    return [
        Figure(f"{family}.closures", share, f"{done} of {every}"),
        *(Figure(f"{family}.{order.name}", mean_share(groups, order), note) for order in SONG_ORDERS),
    ]
