"""1,000 damaged files: each gives a track that every format keeps, or a typed error."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles import format_track, merge_edits, parse_track
from tests.t2s_rt.subtitles import samples

WHOLE = replace(
    samples.PLANNED,
    comments=((4.0, "softer here"),),
    muted=(replace(samples.PLANNED.cues[0], by_hand=True),),
)
FRAGMENTS = [
    "-->", "\n\n", "NOTE ", "STYLE\n", "[brows] raise 1", "#", "&amp;", "<b", "00:00:99.000", "\0",
    "\ufeff", "seed: x", "planner:", "{", "}", "[", '"', "9" * 400, "deleted 1.000 2.000 eyes close",
    "\r", "𝄞", "1e999", "NaN", "Infinity", ": ", "\u2028", "\x85", "comment 1.000 x",
]  # fmt: skip


def damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 6)):
        at, kind = chance.randrange(len(text) + 1), chance.random()
        if kind < 0.35:
            text = text[:at] + chance.choice(FRAGMENTS) + text[at + chance.randint(0, 3) :]
        elif kind < 0.6:
            text = text[:at] + text[at + chance.randint(1, 40) :]
        elif kind < 0.8:
            lines = text.split("\n")
            a, b = (chance.randrange(len(lines)) for _ in range(2))
            lines[a], lines[b] = lines[b], lines[a]
            text = "\n".join(lines)
        else:
            text = text[:at] + chr(chance.randrange(1, 0x2FFF)) + text[at + 1 :]
    return text


@pytest.mark.parametrize("suffix", [".vtt", ".srt", ".json"])
def test_damaged_files(suffix):
    chance = random.Random(suffix)
    whole, read, refusals = format_track(WHOLE, suffix), 0, []
    for _ in range(334):
        text = damaged(whole, chance)
        try:
            track = parse_track(text, f"song{suffix}")
        except SubtitleError as error:
            refusals.append(str(error))
            continue
        read += 1
        for other in (".vtt", ".srt", ".json"):
            again = parse_track(format_track(track, other), f"song{other}")
            assert replace(again, comments=()) == replace(track, comments=())
        merge_edits(track, samples.PLANNED)
    assert all(refusal.startswith(f"song{suffix}") for refusal in refusals)
    assert 20 < read < 300, "some survive, most do not"
