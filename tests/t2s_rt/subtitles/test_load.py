import contextlib
import stat

import pytest
from hypothesis import given, settings

from t2s_rt.errors import SubtitleError
from t2s_rt.lyrics import Source, parse_song
from t2s_rt.subtitles import format_track, load_track, parse_track, save_track
from t2s_rt.subtitles.load import SUFFIXES
from tests.t2s_rt.subtitles import samples


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, deadline=None)
@given(track=samples.track())
def test_every_format_keeps_every_track(suffix, track):
    text = format_track(track, suffix)
    assert parse_track(text, f"song{suffix}") == track
    assert format_track(parse_track(text, f"song{suffix}"), suffix) == text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_content_tells_the_format_where_the_name_does_not(suffix):
    assert parse_track(format_track(samples.PLANNED, suffix)) == samples.PLANNED


@settings(max_examples=60, deadline=None)
@given(track=samples.track())
def test_a_file_opens_in_the_reader_of_lyrics_too(track):
    """Our WebVTT is WebVTT: another reader of the format finds the same times."""
    if not track.cues:
        return
    song = parse_song(Source(format_track(track).encode(), "song.vtt"))
    spans = {(round(line.start_s, 3), round(line.end_s, 3)) for line in song.lines}
    assert spans <= {(c.start_s, c.end_s) for c in (*track.cues, *track.muted)}


def test_a_file_is_replaced_whole_and_keeps_its_rights(tmp_path):
    path = tmp_path / "song.vtt"
    path.write_text("old")
    path.chmod(0o640)
    save_track(samples.PLANNED, path)
    assert load_track(path) == samples.PLANNED
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_marks_and_line_ends_of_other_systems(tmp_path, end, mark, suffix):
    path = tmp_path / f"song{suffix}"
    path.write_bytes((mark + format_track(samples.PLANNED, suffix)).replace("\n", end).encode())
    assert load_track(path) == samples.PLANNED


def test_utf_16_as_windows_editors_write_it(tmp_path):
    path = tmp_path / "song.vtt"
    path.write_text(format_track(samples.PLANNED), encoding="utf-16")
    assert load_track(path) == samples.PLANNED


def test_what_is_no_file_is_said(tmp_path):
    for path in (tmp_path / "none.vtt", tmp_path):
        with pytest.raises(SubtitleError, match="no such file"):
            load_track(path)
    (tmp_path / "empty.vtt").write_text("\n")
    with pytest.raises(SubtitleError, match=r"empty\.vtt"):
        load_track(tmp_path / "empty.vtt")
    (tmp_path / "binary.vtt").write_bytes(b"WEBVTT\n\n\0\0\1")
    with pytest.raises(SubtitleError, match=r"binary\.vtt"):
        load_track(tmp_path / "binary.vtt")
    with pytest.raises(SubtitleError, match=r"not written as '\.txt'"):
        save_track(samples.PLANNED, tmp_path / "song.txt")
    with pytest.raises(SubtitleError, match="cannot be written"):
        save_track(samples.PLANNED, tmp_path / "none" / "song.vtt")


@settings(max_examples=60, deadline=None)
@given(track=samples.track(), data=samples.st.data())
def test_a_damaged_file_is_a_track_or_a_typed_error(track, data):
    suffix = data.draw(samples.st.sampled_from(SUFFIXES))
    text = format_track(track, suffix)
    for _ in range(data.draw(samples.st.integers(1, 4))):
        at = data.draw(samples.st.integers(0, len(text)))
        gone = data.draw(samples.st.integers(0, 20))
        text = text[:at] + data.draw(samples.TEXT) + text[at + gone :]
    with contextlib.suppress(SubtitleError):
        parse_track(text, f"song{suffix}")
