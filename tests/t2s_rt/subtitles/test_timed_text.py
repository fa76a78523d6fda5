import pytest
from hypothesis import given
from hypothesis import strategies as st

from t2s_rt.subtitles.timed_text import escape, escape_note, format_time, plain, resolve


@given(st.text())
def test_escaped_text_reads_as_it_was(text):
    assert plain("x" + escape(text)) == "x" + text
    assert resolve(escape_note(text)) == text


@given(st.text("<>&-;ampgtl#x3", max_size=30))
def test_escaped_text_is_neither_times_nor_a_tag(text):
    assert "-->" not in escape(text)
    assert "<" not in escape(text)
    assert "-->" not in escape_note(text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("<b>[neck] nod 1</b>", "[neck] nod 1"),
        ("<v Ann><c.yellow>a</c> <00:01.000>b", "a b"),
        ("{\\an8}{\\i1}[neck] nod 1", "[neck] nod 1"),
        ("a < b > c", "a < b > c"),
        ("I <3 you &amp; you &unknown; &lt;b&gt;", "I <3 you & you &unknown; <b>"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_tags_go_and_text_stays(line, text):
    assert plain(line) == text


def test_times_are_written_in_full():
    assert format_time(3_723_004, ".") == "01:02:03.004"
    assert format_time(360_000_000, ",") == "100:00:00,000"
