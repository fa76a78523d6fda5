from __future__ import annotations

import pytest

from bench.expectations import Asked, asked_of, parse_comparison, parse_expectation
from t2s_rt.errors import ConfigError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.cue import Cue, SubtitleTrack, cue_order


def asked(*cues: tuple[float, float, str, str, float], until_s: float = 2.0) -> Asked:
    track = tuple(Cue(a, b, Region(region), move, i) for a, b, region, move, i in cues)
    return asked_of(SubtitleTrack(tuple(sorted(track, key=cue_order))), 0.0, until_s)


SMILE = asked((0.5, 1.0, "mouth", "smile", 0.5))
SWAY = asked((0.0, 2.0, "neck", "sway", 0.4))
NOD = asked((0.0, 2.0, "neck", "nod", 0.4))
LOWERED = asked((0.0, 1.0, "eyes", "look_down", 0.3))
SAD_BROWS = asked((0.0, 1.0, "brows", "raise_inner", 0.4))
OPEN_BROWS = asked((0.0, 1.0, "brows", "raise", 0.4))
ONE_BROW = asked((0.0, 1.0, "brows", "raise_left", 0.4))
WINK = asked((0.0, 1.0, "eyes", "wink_left", 1.0))
BLANK = asked()


@pytest.mark.parametrize(
    ("text", "line", "met"),
    [
        ("corner_pull > 0.4", SMILE, True),
        ("corner_pull > 0.5", SMILE, False),
        ("never corner_pull > 0.4", SMILE, False),
        ("never corner_pull > 0.4", BLANK, True),
        ("gaze_y < -0.2 or head_pitch < -0.2", LOWERED, True),
        ("gaze_y > 0.2 or head_pitch > 0.2", LOWERED, False),
        ("|gaze_y| > 0.2", LOWERED, True),
        ("|head_roll| > 0.3", SWAY, True),
        ("head_roll > 0.1", SWAY, False),
        ("head_pitch < -0.1", NOD, False),
        ("never |head_pitch| > 0.3", NOD, False),
        ("brow_raise > 0.3", SAD_BROWS, True),
        ("brow_slant > 0.3", SAD_BROWS, True),
        ("brow_slant > 0.01", OPEN_BROWS, False),
        ("brow_asymmetry > 0.3", ONE_BROW, True),
        ("brow_asymmetry > 0.01", OPEN_BROWS, False),
        ("eye_asymmetry > 0.9", WINK, True),
        ("eye_openness < -0.4", WINK, True),
        ("everything > 0.7", SMILE, True),  # corners 0.5 and cheeks 0.3
        ("never everything > 0.85", SMILE, True),
        ("corner_pull > 0.1 or brow_furrow > 0.1", SMILE, True),
        ("never corner_pull > 0.1 or brow_furrow > 0.1", SMILE, False),
    ],
)
def test_an_expectation_holds_as_it_reads(text: str, line: Asked, met: bool) -> None:
    assert parse_expectation(text).met(line, BLANK) is met


def test_what_flashes_is_not_seen() -> None:
    flash = asked((0.5, 0.56, "mouth", "smile", 1.0))
    assert not parse_expectation("corner_pull > 0.1").met(flash, BLANK)
    assert parse_expectation("never corner_pull > 0.1").met(flash, BLANK)


def test_the_longest_note_is_judged_apart() -> None:
    narrowed = asked((0.0, 1.0, "eyes", "close", 0.5))
    expected = parse_expectation("eye_openness < -0.2 on held")
    assert expected.met(BLANK, narrowed)
    assert not expected.met(narrowed, BLANK)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("corner_pull: second > first by 0.4", True),
        ("corner_pull: second > first by 0.6", False),
        ("corner_pull: first > second by 0.1", False),
        ("corner_pull + cheek_raise: second > first by 0.7", True),
        ("-gaze_y: first > second by 0.2", True),
        ("gaze_y: first > second by 0.1", False),
        ("|gaze_y|: first > second by 0.2", True),
        ("everything: second > first by 0.4", True),
    ],
)
def test_a_comparison_holds_as_it_reads(text: str, met: bool) -> None:
    assert parse_comparison(text).met(LOWERED, SMILE) is met


@pytest.mark.parametrize(
    "text",
    [
        "corner_pull",
        "smile > 0.1",
        "corner_pull > 0.1 and jaw_open > 0.1",
        "corner_pull < 0.1",
        "corner_pull > -0.1",
        "|head_roll > 0.1",
        "|head_roll| < -0.1",
        "corner_pull > 0.1 on peak",
        "",
    ],
)
def test_another_sentence_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_expectation(text)


@pytest.mark.parametrize(
    "text",
    [
        "corner_pull: second > second by 0.1",
        "corner_pull: second < first by 0.1",
        "smile: second > first by 0.1",
        "+gaze_y: second > first by 0.1",
        "corner_pull > 0.1",
    ],
)
def test_another_comparison_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_comparison(text)
