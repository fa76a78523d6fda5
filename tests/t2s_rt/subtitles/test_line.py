import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2s_rt.errors import SubtitleError
from t2s_rt.intensity.actions import Region
from t2s_rt.subtitles.line import begins_cue, format_intensity, format_line, parse_line
from tests.t2s_rt.subtitles import samples


@given(samples.cue())
def test_a_line_says_what_the_cue_asks(cue):
    wish = parse_line(format_line(cue))
    assert (wish.region, wish.move, wish.intensity, wish.text) == (
        cue.region,
        cue.move,
        cue.intensity,
        cue.text,
    )


@pytest.mark.parametrize(
    ("line", "intensity", "text"),
    [
        ("[eyes] look_down 0.7: far", 0.7, "far"),
        ("  [ EYES ]  LOOK DOWN  .7  far ", 0.7, "far"),
        ("[eyes] look-down 70%: far", 0.7, "far"),
        ("[eyes]look_down=0,7:far", 0.7, "far"),
        ("eyes: look down 1", 1.0, ""),
        ("[eyes] look_down 0: 5 more", 0.0, "5 more"),
    ],
)
def test_lenient_where_a_person_types(line, intensity, text):
    wish = parse_line(line)
    assert (wish.region, wish.move) == (Region.EYES, "look_down")
    assert (wish.intensity, wish.text) == (intensity, text)


def test_only_what_is_a_cue_begins_one():
    assert begins_cue("[anything]")
    assert begins_cue("eyes close 0.5")
    assert not begins_cue("eyes that close")
    assert not begins_cue("eyes look 5 times")


@given(st.text(max_size=80))
def test_any_line_is_a_wish_or_a_typed_error(line):
    with contextlib.suppress(SubtitleError):
        assert 0.0 <= parse_line(line).intensity <= 1.0


def test_hostile_lines_take_no_time():
    for line in ("[eyes] " + "_ -" * 5000, "[eyes] " + "a " * 5000, "[" * 9000, "eyes " + "a_" * 5000):
        with pytest.raises(SubtitleError):
            parse_line(line)


def test_intensities_are_short():
    assert [format_intensity(i) for i in (0.0, 1.0, 0.7, 0.12345, 1 / 3)] == [
        "0", "1", "0.7", "0.1235", "0.3333"
    ]  # fmt: skip
